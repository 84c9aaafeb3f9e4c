use super::*;

fn headers() -> Value {
    serde_json::from_str(include_str!("../samples/sendgrid_headers.json")).unwrap()
}

fn verify(body: &[u8], now: i64) -> Result<(), NotVerified> {
    let headers = headers();
    let text = |name: &str| headers[name].as_str().unwrap_or_default();
    let key = secret(text("public_key"));
    sendgrid::verify(&[key], (text("timestamp"), text("signature")), body, at(now))
}

#[test]
fn the_signature_is_over_time_and_raw_body() {
    assert_eq!(verify(BATCH, SENT), Ok(()));
    assert_eq!(verify(&[BATCH, b"\n"].concat(), SENT), Err(NotVerified));
    let headers = headers();
    let signature = headers["signature"].as_str().unwrap();
    let key = secret(headers["public_key"].as_str().unwrap());
    let later = sendgrid::verify(std::slice::from_ref(&key), ("1800005401", signature), BATCH, at(SENT));
    assert_eq!(later, Err(NotVerified));
    assert_eq!(sendgrid::verify(&[], ("1800005400", signature), BATCH, at(SENT)), Err(NotVerified));
    let pem = secret(&format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        headers["public_key"].as_str().unwrap()
    ));
    assert_eq!(sendgrid::verify(&[pem], ("1800005400", signature), BATCH, at(SENT)), Ok(()));
}

#[test]
fn it_is_good_for_as_long_as_repeats_are_known() {
    assert_eq!(verify(BATCH, SENT + 7 * DAY - 1), Ok(()));
    assert_eq!(verify(BATCH, SENT + 7 * DAY), Err(NotVerified));
    assert_eq!(verify(BATCH, SENT - 300), Ok(()));
    assert_eq!(verify(BATCH, SENT - 301), Err(NotVerified));
}

#[test]
fn each_event_is_mapped_and_a_bad_one_stops_only_itself() {
    let entries = sendgrid::read(BATCH).unwrap();
    assert_eq!(
        told(&entries),
        [
            "anna@contoso.example bounce",
            "transient",
            "cora@contoso.example unsubscribe",
            "dora@contoso.example complaint",
            "ignored",
            "/5/email",
        ]
    );
    assert_eq!(entries[0].name, "event sg-1");
}

#[test]
fn dropped_messages_tell_of_addresses_that_are_dead() {
    let reading = |reason: &str| {
        let event = json!([{"event": "dropped", "reason": reason, "email": "a@b.example"}]);
        told(&sendgrid::read(event.to_string().as_bytes()).unwrap()).remove(0)
    };
    assert_eq!(reading("Bounced Address"), "a@b.example bounce");
    assert_eq!(reading("Invalid"), "a@b.example bounce");
    assert_eq!(reading("Unsubscribed Address"), "ignored");
    assert_eq!(sendgrid::read(b"{}").unwrap_err().why, "must be an array of events");
}
