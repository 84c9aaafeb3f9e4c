use super::*;

fn read(body: &str) -> String {
    told(&[mailchimp::read(body.as_bytes()).unwrap()]).remove(0)
}

#[test]
fn the_secret_in_the_url_decides() {
    let secrets = [secret("new-secret-0123456789abcd"), secret("old-secret-0123456789abcd")];
    assert_eq!(mailchimp::verify(&secrets, "old-secret-0123456789abcd"), Ok(()));
    assert_eq!(mailchimp::verify(&secrets, "old-secret-0123456789abce"), Err(NotVerified));
    assert_eq!(mailchimp::verify(&secrets, ""), Err(NotVerified));
    assert_eq!(mailchimp::verify(&[secret("")], ""), Err(NotVerified));
}

#[test]
fn each_type_is_mapped() {
    let person = "&fired_at=2027-01-15+09%3A29%3A58&data%5Bemail%5D=anna%40contoso.example&data[list_id]=a6";
    for (form, expected) in [
        ("type=subscribe", "anna@contoso.example subscribe"),
        ("type=unsubscribe&data[action]=unsub&data[reason]=manual", "anna@contoso.example unsubscribe"),
        ("type=unsubscribe&data[action]=delete&data[reason]=manual", "anna@contoso.example unsubscribe"),
        ("type=unsubscribe&data[action]=unsub&data[reason]=abuse", "anna@contoso.example complaint"),
        ("type=cleaned&data[reason]=hard", "anna@contoso.example bounce"),
        ("type=cleaned&data[reason]=abuse", "anna@contoso.example complaint"),
        ("type=profile", "ignored"),
        ("type=campaign", "ignored"),
        (
            "type=upemail&data[old_email]=anna@contoso.example&data[new_email]=anna.b@contoso.example",
            "anna@contoso.example now anna.b@contoso.example",
        ),
    ] {
        assert_eq!(read(&format!("{form}{person}")), expected, "{form}");
    }
}

#[test]
fn the_time_is_utc_and_a_missing_field_is_named() {
    let form = b"type=subscribe&fired_at=2027-01-15 09:29:58&data[email]=anna@contoso.example";
    let Reading::Event(event) = mailchimp::read(form).unwrap().reading else { panic!("an event") };
    assert_eq!(event.at, Some(at(SENT - 2)));
    let field = |form: &str| mailchimp::read(form.as_bytes()).unwrap_err().field;
    assert_eq!(field(""), "type");
    assert_eq!(field("type=subscribe"), "data[email]");
    assert_eq!(field("type=subscribe&data[email]=anna"), "data[email]");
    assert_eq!(field("type=upemail&data[old_email]=a@b.example"), "data[new_email]");
}

#[test]
fn a_repeat_has_the_name_of_the_first() {
    let name = |form: &[u8]| mailchimp::read(form).unwrap().name;
    assert_eq!(name(b"type=profile&a=1"), name(b"type=profile&a=1"));
    assert_ne!(name(b"type=profile&a=1"), name(b"type=profile&a=2"));
}
