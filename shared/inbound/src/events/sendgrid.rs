//! `SendGrid`'s signed event webhook (Twilio `SendGrid` documentation, "Getting started with the Event Webhook security
//! features" and "Event Webhook reference").
//!
//! A request is an array of events. Its signature is ECDSA on P-256 with SHA-256 over the timestamp header and the raw
//! body; the source's secret is the verification key that `SendGrid` shows, a `SubjectPublicKeyInfo` in base64. The
//! timestamp is taken for as long as events are remembered, as `SendGrid` tries for a day.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use listsync_core::Timestamp;
use listsync_engine::ports::Secret;
use serde_json::Value;

use super::{Entry, Event, EventKind, Misread, NotVerified, Reading, address, digest, is_remembered, json};

/// The name of the header with the signature.
pub const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
/// The name of the header with the time, in seconds since 1970.
pub const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

/// The public key in a secret: base64, with or without the lines of PEM around it.
pub(super) fn key(secret: &Secret) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(&secret.0).ok()?;
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
    BASE64.decode(lines.collect::<String>()).ok()
}

/// Whether the signature is by one of the keys.
///
/// # Errors
/// When not, or when the time is too old or in the future.
pub fn verify(
    keys: &[Secret],
    (timestamp, signature): (&str, &str),
    body: &[u8],
    now: Timestamp,
) -> Result<(), NotVerified> {
    let seconds = timestamp.parse().map_err(|_| NotVerified)?;
    let sent = Timestamp::from_second(seconds).map_err(|_| NotVerified)?;
    if !is_remembered(sent, now) {
        return Err(NotVerified);
    }
    let signature = BASE64.decode(signature).map_err(|_| NotVerified)?;
    let signed = [timestamp.as_bytes(), body].concat();
    let is_by =
        |key| UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).verify(&signed, &signature).is_ok();
    if keys.iter().filter_map(key).any(is_by) { Ok(()) } else { Err(NotVerified) }
}

/// The events of a verified body. One that cannot be understood leaves the others as they are: `SendGrid` cannot mend it
/// and would send all of them again for a day.
///
/// # Errors
/// When the body is no array of objects.
pub fn read(body: &[u8]) -> Result<Vec<Entry>, Misread> {
    let Value::Array(events) = json(body)? else {
        return Err(Misread::new("", "must be an array of events"));
    };
    let request = digest(body);
    let events = events.iter().enumerate();
    Ok(events
        .map(|(index, event)| {
            let id = event["sg_event_id"].as_str().map(|id| format!("event {id}"));
            let name = id.unwrap_or_else(|| format!("body {request}#{index}"));
            Entry { name, reading: reading(index, event).unwrap_or_else(Reading::Unreadable) }
        })
        .collect())
}

fn reading(index: usize, event: &Value) -> Result<Reading, Misread> {
    let text = |name: &str| event[name].as_str().unwrap_or_default();
    let kind = match text("event") {
        "" => return Err(Misread::new(format!("/{index}/event"), "is missing")),
        "bounce" if text("type") == "blocked" => return Ok(Reading::Transient),
        "deferred" => return Ok(Reading::Transient),
        "bounce" => EventKind::HardBounce,
        "dropped" if ["Bounced Address", "Invalid"].contains(&text("reason")) => EventKind::HardBounce,
        "spamreport" => EventKind::Complaint,
        "unsubscribe" | "group_unsubscribe" => EventKind::Unsubscribe,
        "group_resubscribe" => EventKind::Subscribe,
        _ => return Ok(Reading::Ignored),
    };
    let address = address(&format!("/{index}/email"), text("email"))?;
    let at = event["timestamp"].as_i64().and_then(|at| Timestamp::from_second(at).ok());
    Ok(Reading::Event(Event { kind, address, list: None, at }))
}
