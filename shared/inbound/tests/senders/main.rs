//! Mailchimp, `SendGrid` and Amazon SES: verified as each of them allows, and read.
//!
//! The samples were signed with `OpenSSL`, so that our verification is held against another implementation.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod of_mailchimp;
mod of_sendgrid;
mod of_ses;
mod of_sns;

use listsync_core::Timestamp;
use listsync_engine::ports::{EventSource, Secret, SourceKind};
use listsync_inbound::events::{
    Entry, EventKind, NotVerified, Reading, mailchimp, sendgrid, ses, sns,
    source::{self, SourceError},
};
use proptest::prelude::*;
use serde_json::{Value, json};

const DAY: i64 = 86_400;
const SENT: i64 = 1_800_005_400;
const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:mail-events";
const CERTIFICATE: &[u8] = include_bytes!("../samples/sns_certificate.pem");
const BOUNCE: &str = include_str!("../samples/sns_bounce_v1.json");
const COMPLAINT: &str = include_str!("../samples/sns_complaint_v2.json");
const CONFIRMATION: &str = include_str!("../samples/sns_confirmation_v1.json");
const BATCH: &[u8] = include_bytes!("../samples/sendgrid.json");

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

#[test]
fn a_sender_that_could_not_be_verified_is_not_saved() {
    let public_key = serde_json::from_str::<Value>(include_str!("../samples/sendgrid_headers.json")).unwrap();
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

proptest! {
    #[test]
    fn no_body_makes_a_reader_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200), key in "[a-zA-Z]{1,12}", index in 0..4usize
    ) {
        let samples = [BOUNCE.as_bytes(), COMPLAINT.as_bytes(), CONFIRMATION.as_bytes(), BATCH];
        let broken = String::from_utf8_lossy(samples[index]).replace(&key, &String::from_utf8_lossy(&bytes));
        for body in [bytes.as_slice(), broken.as_bytes()] {
            let _ = mailchimp::read(body);
            let _ = sendgrid::read(body);
            let _ = ses::read("m", &String::from_utf8_lossy(body));
            let claim = sns::claim(&[secret(TOPIC)], body, at(SENT));
            let _ = claim.map(|claim| claim.verify(&bytes, at(SENT)).is_err());
        }
    }
}
