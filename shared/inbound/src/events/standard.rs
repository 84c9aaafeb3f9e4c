//! Events signed as Standard Webhooks has it, in a body of our own.
//!
//! The body is one event or an array of them:
//!
//! ```json
//! {"type": "unsubscribe", "address": "anna@contoso.example", "list": "News", "at": "2026-03-01T12:00:00Z", "id": "e-1"}
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `type` | `subscribe`, `unsubscribe`, `hard_bounce`, `complaint` or `address_change` |
//! | `address` | the person's address; at an `address_change` the former one |
//! | `new_address` | at an `address_change`, and only there: the new one |
//! | `list` | a list's name or id; without it the source's list is meant, and without that every list |
//! | `at` | when it happened (RFC 3339); without it: now |
//! | `id` | the event's own id, by which a repeat is known in another message too |
//!
//! Or it is wrapped, as Standard Webhooks advises: `type` and `timestamp`, the time of the event, stand beside `data`, which
//! has the other fields. A `list` beside `data` counts where `data` names none. What is called `id` in there is the thing's own
//! and says nothing of repeats: the message's id does.
//!
//! Fields beyond these are ignored. An array is read whole or not at all.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use listsync_core::Timestamp;
use listsync_engine::ports::Secret;
use serde_json::{Map, Value};
use sha2::Sha256;

use super::{Entry, Event, EventKind, Misread, NotVerified, Reading, TOLERANCE_SECONDS, address, json};

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// The three headers of a message.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `webhook-id`, or `svix-id`: the same at each try.
    pub id: &'a str,
    /// `webhook-timestamp`, or `svix-timestamp`: seconds since 1970, another at each try.
    pub timestamp: &'a str,
    /// `webhook-signature`, or `svix-signature`: signatures with a space between, each `v1,` and base64.
    pub signature: &'a str,
}

/// A secret of at least 24 random bytes, as the sender is told it.
#[must_use]
pub fn secret_text(random: &[u8]) -> String {
    format!("{PREFIX}{}", BASE64.encode(random))
}

/// The key in a secret: base64 after `whsec_`, or, without that, the bytes as they are.
pub(super) fn key(secret: &Secret) -> Option<Vec<u8>> {
    match std::str::from_utf8(&secret.0).ok().and_then(|text| text.trim().strip_prefix(PREFIX)) {
        Some(encoded) => BASE64.decode(encoded).ok(),
        None => Some(secret.0.clone()),
    }
}

/// Whether one of the signatures is by one of the secrets, and the time within [`TOLERANCE_SECONDS`] of now.
///
/// # Errors
/// When not.
pub fn verify(
    secrets: &[Secret],
    signed: Signed<'_>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), NotVerified> {
    let sent: i64 = signed.timestamp.parse().map_err(|_| NotVerified)?;
    let off = now.as_second().checked_sub(sent).ok_or(NotVerified)?;
    if signed.id.is_empty() || !(-TOLERANCE_SECONDS..=TOLERANCE_SECONDS).contains(&off) {
        return Err(NotVerified);
    }
    let given: Vec<Vec<u8>> = signed
        .signature
        .split_ascii_whitespace()
        .filter_map(|one| BASE64.decode(one.strip_prefix("v1,")?).ok())
        .collect();
    let is_by = |key: Vec<u8>| given.iter().any(|tag| mac(&key, signed, body).verify_slice(tag).is_ok());
    let mut keys = secrets.iter().filter_map(key).filter(|key| !key.is_empty());
    if keys.any(is_by) { Ok(()) } else { Err(NotVerified) }
}

fn mac(key: &[u8], signed: Signed<'_>, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(format!("{}.{}.", signed.id, signed.timestamp).as_bytes());
    mac.update(body);
    mac
}

/// The events of a verified body; `message` is its `webhook-id`.
///
/// # Errors
/// The first field that cannot be understood: then no event is taken.
pub fn read(message: &str, body: &[u8]) -> Result<Vec<Entry>, Misread> {
    match json(body)? {
        Value::Array(events) => {
            let events = events.iter().enumerate();
            events
                .map(|(index, event)| entry(&format!("/{index}"), &format!("{message}#{index}"), event))
                .collect()
        }
        event => Ok(vec![entry("", message, &event)?]),
    }
}

fn entry(pointer: &str, message: &str, event: &Value) -> Result<Entry, Misread> {
    let Value::Object(fields) = event else {
        return Err(Misread::new(pointer, "must be an object with the fields type and address"));
    };
    let outer = Fields { pointer, fields };
    let inner_pointer = format!("{pointer}/data");
    // What has an address is an event of its own, whatever it carries beside.
    let wrapped = match fields.get("data") {
        Some(Value::Object(data)) if !fields.contains_key("address") => {
            Some(Fields { pointer: &inner_pointer, fields: data })
        }
        _ => None,
    };
    let event = match &wrapped {
        Some(data) => event_of(&outer, data, "timestamp")?,
        None => event_of(&outer, &outer, "at")?,
    };
    // An id in the data may be the contact's: taken for the event's, their second opt-out would pass for a repeat.
    let name = match outer.text("id")? {
        Some(id) => format!("event {id}"),
        None => format!("message {message}"),
    };
    Ok(Entry { name, reading: Reading::Event(event) })
}

struct Fields<'a> {
    pointer: &'a str,
    fields: &'a Map<String, Value>,
}

/// An event whose type and time, under this name, stand in `head`, and whatever else in `data`.
fn event_of(head: &Fields<'_>, data: &Fields<'_>, time: &str) -> Result<Event, Misread> {
    let kind = match head.required("type")? {
        "subscribe" => EventKind::Subscribe,
        "unsubscribe" => EventKind::Unsubscribe,
        "hard_bounce" => EventKind::HardBounce,
        "complaint" => EventKind::Complaint,
        "address_change" => {
            let new = data.required("new_address")?;
            EventKind::AddressChange { new: address(&data.at("new_address"), new)? }
        }
        _ => {
            let why = "must be subscribe, unsubscribe, hard_bounce, complaint or address_change";
            return Err(Misread::new(head.at("type"), why));
        }
    };
    // Passed over, a list that stands beside the data would make of one list's opt-out every list's.
    let list = match data.text("list")? {
        Some(list) => Some(list),
        None => head.text("list")?,
    };
    Ok(Event {
        kind,
        address: address(&data.at("address"), data.required("address")?)?,
        list: list.map(str::to_owned),
        at: head.time(time)?,
    })
}

impl Fields<'_> {
    fn time(&self, name: &str) -> Result<Option<Timestamp>, Misread> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let why = "must be a time as RFC 3339 has it, such as 2026-03-01T12:00:00Z";
        text.parse().map(Some).map_err(|_| Misread::new(self.at(name), why))
    }

    fn required(&self, name: &str) -> Result<&str, Misread> {
        self.text(name)?.ok_or_else(|| Misread::new(self.at(name), "is missing"))
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Misread> {
        match self.fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => {
                Err(Misread::new(self.at(name), "is empty"))
            }
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Misread::new(self.at(name), "must be a text")),
        }
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }
}
