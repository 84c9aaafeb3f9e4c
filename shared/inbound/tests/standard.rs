//! Standard Webhooks: signatures, and the body of our own events.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use listsync_core::Timestamp;
use listsync_engine::ports::Secret;
use listsync_inbound::events::{
    EventKind, NotVerified, Reading, TOLERANCE_SECONDS,
    standard::{Signed, read, secret_text, verify},
};
use proptest::prelude::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SIGNATURE: &str = "v1,x5lVgj0b/JJJaUYaa1+6I5J/EECcryrPlFN4VrkmI94=";
const AT: i64 = 1_700_000_000;

fn secret(text: &str) -> Secret {
    Secret(text.as_bytes().to_vec())
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn vector(signature: &str) -> Signed<'_> {
    Signed { id: "msg_1", timestamp: "1700000000", signature }
}

#[test]
fn the_published_vector_is_verified() {
    assert_eq!(verify(&[secret(SECRET)], vector(SIGNATURE), b"{}", at(AT)), Ok(()));
}

#[test]
fn one_good_signature_and_one_good_secret_suffice() {
    let secrets = [secret(&secret_text(&[1; 24])), secret(SECRET)];
    let several = format!("v1,AAAA v1a,{} {SIGNATURE}", &SIGNATURE[3..]);
    assert_eq!(verify(&secrets, vector(&several), b"{}", at(AT)), Ok(()));
}

#[test]
fn anything_else_is_refused_alike() {
    let refused = |signed, body: &[u8], second| {
        assert_eq!(verify(&[secret(SECRET)], signed, body, at(second)), Err(NotVerified));
    };
    refused(vector(SIGNATURE), b"{} ", AT);
    refused(vector(&SIGNATURE[3..]), b"{}", AT);
    let asymmetric = SIGNATURE.replace("v1,", "v1a,");
    refused(vector(&asymmetric), b"{}", AT);
    refused(vector(""), b"{}", AT);
    refused(Signed { id: "msg_2", ..vector(SIGNATURE) }, b"{}", AT);
    refused(Signed { timestamp: "1700000001", ..vector(SIGNATURE) }, b"{}", AT);
    refused(Signed { timestamp: "-9223372036854775808", ..vector(SIGNATURE) }, b"{}", AT);
    assert_eq!(verify(&[], vector(SIGNATURE), b"{}", at(AT)), Err(NotVerified), "no secret");
    assert_eq!(verify(&[secret("")], vector(SIGNATURE), b"{}", at(AT)), Err(NotVerified), "an empty secret");
}

#[test]
fn a_message_is_good_for_five_minutes_both_ways() {
    for off in [-TOLERANCE_SECONDS, 0, TOLERANCE_SECONDS] {
        assert_eq!(verify(&[secret(SECRET)], vector(SIGNATURE), b"{}", at(AT + off)), Ok(()), "{off}");
    }
    for off in [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1] {
        let refused = verify(&[secret(SECRET)], vector(SIGNATURE), b"{}", at(AT + off));
        assert_eq!(refused, Err(NotVerified), "{off}");
    }
}

proptest! {
    #[test]
    fn another_implementation_signs_what_we_verify(
        key in prop::collection::vec(any::<u8>(), 24..64), id in "[ -~&&[^ ]]{1,40}", body in "\\PC{0,200}"
    ) {
        let text = secret_text(&key);
        let signature = standardwebhooks::Webhook::new(&text).unwrap().sign(&id, AT, body.as_bytes()).unwrap();
        let signed = Signed { id: &id, timestamp: "1700000000", signature: &signature };
        prop_assert_eq!(verify(&[secret(&text)], signed, body.as_bytes(), at(AT)), Ok(()));
    }

    #[test]
    fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read("msg", &body);
    }
}

#[test]
fn one_event_is_read() {
    let body = br#"{"type": "address_change", "address": "Anna@contoso.example", "new_address": "anna.b@contoso.example",
        "list": "News", "at": "2026-03-01T12:00:00+01:00", "unknown": 1}"#;
    let entries = read("msg_1", body).unwrap();
    let [entry] = &entries[..] else { panic!("one entry") };
    let Reading::Event(event) = &entry.reading else { panic!("an event") };
    assert_eq!(entry.name, "message msg_1");
    assert_eq!(event.address.as_str(), "anna@contoso.example");
    assert!(
        matches!(&event.kind, EventKind::AddressChange { new } if new.as_str() == "anna.b@contoso.example")
    );
    assert_eq!(event.list.as_deref(), Some("News"));
    assert_eq!(event.at, Some("2026-03-01T11:00:00Z".parse().unwrap()));
}

#[test]
fn a_wrapped_event_is_read_as_the_same_event() {
    let body = br#"[{"type": "unsubscribe", "timestamp": "2026-03-01T11:00:00Z",
        "data": {"id": "contact-7", "address": "anna@contoso.example", "list": "News", "at": "noon"}},
        {"type": "subscribe", "address": "anna@contoso.example", "data": {"address": "bea@contoso.example"}}]"#;
    let entries = read("msg_1", body).unwrap();
    let [wrapped, plain] = &entries[..] else { panic!("two entries") };
    let (Reading::Event(wrapped_event), Reading::Event(plain_event)) = (&wrapped.reading, &plain.reading)
    else {
        panic!("events")
    };
    assert_eq!(wrapped.name, "message msg_1#0", "a contact's id is no event's");
    assert_eq!(wrapped_event.kind, EventKind::Unsubscribe);
    assert_eq!(wrapped_event.address.as_str(), "anna@contoso.example");
    assert_eq!(wrapped_event.list.as_deref(), Some("News"));
    assert_eq!(wrapped_event.at, Some("2026-03-01T11:00:00Z".parse().unwrap()));
    assert_eq!(
        plain_event.address.as_str(),
        "anna@contoso.example",
        "an event of its own carries what it likes"
    );
}

#[test]
fn a_list_beside_the_data_counts_where_the_data_names_none() {
    let body = br#"[{"type": "unsubscribe", "list": "News", "data": {"address": "anna@contoso.example"}},
        {"type": "unsubscribe", "list": "News", "data": {"address": "anna@contoso.example", "list": "Jobs"}}]"#;
    let lists = read("msg_1", body).unwrap().into_iter().map(|entry| match entry.reading {
        Reading::Event(event) => event.list,
        other => panic!("{other:?}"),
    });
    let lists: Vec<Option<String>> = lists.collect();
    assert_eq!(lists, [Some("News".to_owned()), Some("Jobs".to_owned())]);
    let misread = read("m", br#"{"type": "unsubscribe", "list": 7, "data": {"address": "a@b.example"}}"#);
    assert_eq!(misread.unwrap_err().field, "/list");
}

#[test]
fn events_of_a_message_have_names_of_their_own() {
    let body = br#"[{"type": "subscribe", "address": "a@b.example", "id": "e-1"},
        {"type": "unsubscribe", "address": "a@b.example"}, {"type": "unsubscribe", "address": "c@b.example"}]"#;
    let names: Vec<_> = read("msg_1", body).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["event e-1", "message msg_1#1", "message msg_1#2"]);
}

#[test]
fn a_misread_body_names_its_field() {
    for (body, field, why) in [
        ("", "", "the body is not JSON: line 1, column 0"),
        ("\"a\"", "", "must be an object with the fields type and address"),
        ("[{\"type\": \"subscribe\", \"address\": \"a@b.example\"}, 1]", "/1", "must be an object"),
        ("{\"address\": \"a@b.example\"}", "/type", "is missing"),
        ("{\"type\": \"leave\", \"address\": \"a@b.example\"}", "/type", "must be subscribe, unsubscribe"),
        ("{\"type\": \"subscribe\"}", "/address", "is missing"),
        ("{\"type\": \"subscribe\", \"data\": {}}", "/data/address", "is missing"),
        ("{\"data\": {\"type\": \"subscribe\", \"address\": \"a@b.example\"}}", "/type", "is missing"),
        ("{\"type\": \"subscribe\", \"data\": 7}", "/address", "is missing"),
        ("{\"type\": \"subscribe\", \"address\": 7}", "/address", "must be a text"),
        ("{\"type\": \"subscribe\", \"address\": \"anna\"}", "/address", "not an e-mail address"),
        ("{\"type\": \"subscribe\", \"address\": \"a@b.example\", \"list\": \" \"}", "/list", "is empty"),
        ("{\"type\": \"address_change\", \"address\": \"a@b.example\"}", "/new_address", "is missing"),
        ("{\"type\": \"subscribe\", \"address\": \"a@b.example\", \"at\": \"noon\"}", "/at", "RFC 3339"),
    ] {
        let misread = read("m", body.as_bytes()).unwrap_err();
        assert_eq!(misread.field, field, "{body}");
        assert!(misread.why.contains(why), "{body}: {misread}");
        assert!(!misread.to_string().contains("anna"), "the value is not told");
    }
}
