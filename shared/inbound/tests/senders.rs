//! Mailchimp, `SendGrid` and Amazon SES: verified as each of them allows, and read.
//!
//! The samples were signed with `OpenSSL`, so that our verification is held against another implementation.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use listsync_core::Timestamp;
use listsync_engine::ports::{EventSource, Secret, SourceKind};
use listsync_inbound::events::{
    Entry, EventKind, NotVerified, Reading, mailchimp, sendgrid, ses, sns,
    source::{self, SourceError},
};
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const SENT: i64 = 1_800_005_400;
const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:mail-events";
const CERTIFICATE: &[u8] = include_bytes!("samples/sns_certificate.pem");
const BOUNCE: &str = include_str!("samples/sns_bounce_v1.json");
const COMPLAINT: &str = include_str!("samples/sns_complaint_v2.json");
const CONFIRMATION: &str = include_str!("samples/sns_confirmation_v1.json");
const BATCH: &[u8] = include_bytes!("samples/sendgrid.json");

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret(text.as_bytes().to_vec())
}

/// Each entry as one word and an address.
fn told(entries: &[Entry]) -> Vec<String> {
    let told = |entry: &Entry| match &entry.reading {
        Reading::Event(event) => {
            let kind = match &event.kind {
                EventKind::Subscribe => "subscribe".to_owned(),
                EventKind::Unsubscribe => "unsubscribe".to_owned(),
                EventKind::HardBounce => "bounce".to_owned(),
                EventKind::Complaint => "complaint".to_owned(),
                EventKind::AddressChange { new } => format!("now {new}"),
            };
            let list = event.list.as_deref().map(|list| format!(" of {list}")).unwrap_or_default();
            format!("{} {kind}{list}", event.address)
        }
        Reading::Transient => "transient".to_owned(),
        Reading::Ignored => "ignored".to_owned(),
        Reading::Unreadable(misread) => misread.field.clone(),
    };
    entries.iter().map(told).collect()
}

mod of_mailchimp {
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
        let person =
            "&fired_at=2027-01-15+09%3A29%3A58&data%5Bemail%5D=anna%40contoso.example&data[list_id]=a6";
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
}

mod of_sendgrid {
    use super::*;

    fn headers() -> Value {
        serde_json::from_str(include_str!("samples/sendgrid_headers.json")).unwrap()
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
}

mod of_sns {
    use super::*;

    fn verified(body: &str) -> Result<sns::Envelope, NotVerified> {
        sns::claim(&[secret(TOPIC)], body.as_bytes(), at(SENT))?.verify(CERTIFICATE, at(SENT))
    }

    fn with(body: &str, name: &str, value: &str) -> String {
        let mut body: Value = serde_json::from_str(body).unwrap();
        body[name] = json!(value);
        body.to_string()
    }

    #[test]
    fn both_versions_of_the_signature_are_verified() {
        for body in [BOUNCE, COMPLAINT, CONFIRMATION] {
            assert!(verified(body).is_ok());
        }
    }

    #[test]
    fn a_change_to_any_signed_field_is_refused() {
        for (body, name) in [
            (BOUNCE, "Message"),
            (BOUNCE, "MessageId"),
            (BOUNCE, "Subject"),
            (BOUNCE, "Type"),
            (COMPLAINT, "Subject"),
            (COMPLAINT, "SignatureVersion"),
            (COMPLAINT, "Signature"),
            (CONFIRMATION, "Token"),
            (CONFIRMATION, "SubscribeURL"),
        ] {
            assert_eq!(verified(&with(body, name, "1")).unwrap_err(), NotVerified, "{name}");
        }
        let other_time = with(BOUNCE, "Timestamp", "2027-01-15T09:30:00.001Z");
        assert_eq!(verified(&other_time).unwrap_err(), NotVerified);
    }

    #[test]
    fn only_the_configured_topic_is_heard() {
        let claim = |topic: &str| sns::claim(&[secret(topic)], BOUNCE.as_bytes(), at(SENT));
        assert!(claim(TOPIC).is_ok());
        assert!(claim("arn:aws:sns:eu-central-1:123456789012:other").is_err());
        assert!(sns::claim(&[], BOUNCE.as_bytes(), at(SENT)).is_err());
    }

    #[test]
    fn a_certificate_is_fetched_from_the_topics_own_endpoint_only() {
        let file = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
        let good = format!("https://sns.eu-central-1.amazonaws.com/{file}");
        assert!(
            sns::claim(&[secret(TOPIC)], with(BOUNCE, "SigningCertURL", &good).as_bytes(), at(SENT)).is_ok()
        );
        for bad in [
            format!("http://sns.eu-central-1.amazonaws.com/{file}"),
            format!("https://sns.us-east-1.amazonaws.com/{file}"),
            format!("https://sns.eu-central-1.amazonaws.com.cn/{file}"),
            format!("https://sns.eu-central-1.amazonaws.com.evil.example/{file}"),
            format!("https://evil.example/sns.eu-central-1.amazonaws.com/{file}"),
            format!("https://sns.eu-central-1.amazonaws.com@evil.example/{file}"),
            format!("https://a:b@sns.eu-central-1.amazonaws.com/{file}"),
            format!("https://sns.eu-central-1.amazonaws.com:8443/{file}"),
            format!("https://sns.eu-central-1.amazonaws.com/{file}?Action=Publish"),
            "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription".to_owned(),
            "https://169.254.169.254/latest".to_owned(),
            "file:///etc/passwd".to_owned(),
        ] {
            let body = with(BOUNCE, "SigningCertURL", &bad);
            let claim = sns::claim(&[secret(TOPIC)], body.as_bytes(), at(SENT));
            assert_eq!(claim.map(|_| ()), Err(NotVerified), "{bad}");
        }
    }

    #[test]
    fn a_certificate_out_of_date_or_of_somebody_else_is_refused() {
        let claim = || sns::claim(&[secret(TOPIC)], BOUNCE.as_bytes(), at(SENT)).unwrap();
        assert!(claim().verify(CERTIFICATE, at(SENT)).is_ok());
        assert!(claim().verify(CERTIFICATE, at(SENT + 200 * 365 * DAY)).is_err());
        assert!(claim().verify(CERTIFICATE, at(1_700_000_000)).is_err());
        assert!(claim().verify(b"no certificate", at(SENT)).is_err());
        let key =
            rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let other = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
        assert!(claim().verify(other.as_bytes(), at(SENT)).is_err());
    }

    #[test]
    fn a_confirmation_is_visited_on_the_topics_own_endpoint_only() {
        let url = verified(CONFIRMATION).unwrap().confirmation().unwrap();
        assert_eq!(url.host_str(), Some("sns.eu-central-1.amazonaws.com"));
        let mut elsewhere = verified(CONFIRMATION).unwrap();
        elsewhere.subscribe_url = Some("https://evil.example/".to_owned());
        assert_eq!(elsewhere.confirmation(), Err(NotVerified));
    }

    #[test]
    fn a_message_is_good_for_as_long_as_repeats_are_known() {
        let claim = |second| sns::claim(&[secret(TOPIC)], BOUNCE.as_bytes(), at(second)).map(|_| ());
        assert_eq!(claim(SENT + 7 * DAY - 1), Ok(()));
        assert_eq!(claim(SENT + 7 * DAY), Err(NotVerified));
        assert_eq!(claim(SENT - 301), Err(NotVerified));
    }
}

mod of_ses {
    use super::*;

    fn read(notice: &Value) -> Vec<String> {
        told(&ses::read("m-1", &notice.to_string()))
    }

    #[test]
    fn every_recipient_of_a_notification_is_told() {
        let envelope: Value = serde_json::from_str(BOUNCE).unwrap();
        let entries = ses::read("m-1", envelope["Message"].as_str().unwrap());
        assert_eq!(told(&entries), ["anna@contoso.example bounce", "bert@contoso.example bounce"]);
        assert_eq!(entries[1].name, "message m-1#1");
    }

    #[test]
    fn both_shapes_say_the_same() {
        let complaint = json!({"complainedRecipients": [{"emailAddress": "a@b.example"}]});
        for name in ["notificationType", "eventType"] {
            let notice = json!({name: "Complaint", "complaint": complaint});
            assert_eq!(read(&notice), ["a@b.example complaint"]);
        }
    }

    #[test]
    fn only_what_is_for_good_counts() {
        let bounce = |kind: &str| {
            let recipients = json!([{"emailAddress": "a@b.example"}]);
            read(
                &json!({"eventType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}}),
            )
        };
        assert_eq!(bounce("Permanent"), ["a@b.example bounce"]);
        assert_eq!(bounce("Transient"), ["transient"]);
        assert_eq!(bounce("Undetermined"), ["transient"]);
        let recipients = json!([{"emailAddress": "a@b.example"}]);
        let complaint = json!({"complainedRecipients": recipients, "complaintFeedbackType": "not-spam"});
        assert_eq!(read(&json!({"eventType": "Complaint", "complaint": complaint})), ["ignored"]);
    }

    #[test]
    fn what_concerns_no_list_or_is_no_json_is_ignored() {
        assert_eq!(read(&json!({"eventType": "Delivery"})), ["ignored"]);
        assert_eq!(told(&ses::read("m", "Successfully validated SNS topic.")), ["ignored"]);
        assert_eq!(
            read(&json!({"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}})),
            ["/bounce/bouncedRecipients"]
        );
    }

    #[test]
    fn a_change_of_preferences_names_its_topics() {
        let status = |topics: &[(&str, &str)]| {
            let one =
                |(name, status): &(&str, &str)| json!({"topicName": name, "subscriptionStatus": status});
            Value::from(topics.iter().map(one).collect::<Vec<_>>())
        };
        let change = |all: bool, new: Value| {
            let old = json!({"unsubscribeAll": false, "topicDefaultSubscriptionStatus": status(&[("News", "OptIn")]),
                "topicSubscriptionStatus": status(&[("Jobs", "OptOut")])});
            let new = json!({"unsubscribeAll": all, "topicSubscriptionStatus": new});
            read(&json!({"eventType": "Subscription", "mail": {"destination": ["Anna <a@b.example>"]},
                "subscription": {"newTopicPreferences": new, "oldTopicPreferences": old}}))
        };
        assert_eq!(change(true, json!([])), ["a@b.example unsubscribe"]);
        assert_eq!(
            change(false, status(&[("News", "OptOut"), ("Jobs", "OptOut")])),
            ["a@b.example unsubscribe of News"]
        );
        assert_eq!(
            change(false, status(&[("News", "OptIn"), ("Jobs", "OptIn")])),
            ["a@b.example subscribe of Jobs"]
        );
        assert_eq!(change(false, status(&[("News", "OptIn")])), ["ignored"]);
    }
}

#[test]
fn a_sender_that_could_not_be_verified_is_not_saved() {
    let public_key = serde_json::from_str::<Value>(include_str!("samples/sendgrid_headers.json")).unwrap();
    let source = |kind, text: &str| EventSource {
        id: "mail-1".to_owned(),
        name: "Mail".to_owned(),
        kind,
        list: None,
        secrets: vec![secret(text)],
        delay_seconds: 900,
        made: at(SENT),
    };
    for (kind, good, bad) in [
        (SourceKind::Standard, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ"),
        (SourceKind::Mailchimp, "0123456789abcdefghij_-KL", "0123456789abcdefghij/-KL"),
        (SourceKind::Sendgrid, public_key["public_key"].as_str().unwrap(), "MFkwEwYHKoZIzj0CAQ=="),
        (SourceKind::Ses, TOPIC, "arn:aws:sqs:eu-central-1:123456789012:mail-events"),
    ] {
        assert_eq!(source::check(&source(kind, good)), Ok(()), "{kind:?}");
        assert_eq!(source::check(&source(kind, bad)).map_err(SourceError::field), Err("secrets"), "{kind:?}");
        assert_eq!(source::check(&source(kind, "")).map_err(SourceError::field), Err("secrets"), "{kind:?}");
    }
    let good = source(SourceKind::Ses, TOPIC);
    let nameless = EventSource { id: "a/b".to_owned(), ..good.clone() };
    assert_eq!(source::check(&nameless), Err(SourceError::Id));
    let late = EventSource { delay_seconds: 901, ..good.clone() };
    assert_eq!(source::check(&late), Err(SourceError::Delay));
    assert_eq!(source::check(&EventSource { secrets: vec![], ..good }), Err(SourceError::NoSecret));
}
