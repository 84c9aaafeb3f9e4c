//! Events of the services that send to the lists, verified and read, and nothing stored yet.
//!
//! Every sender has a `verify`, which takes the raw request and the time, and a `read`, which may only be called on what
//! was verified. What an event means is one of five [`EventKind`]s, whoever sends it.

use listsync_core::{Timestamp, address::Address};
use sha2::{Digest as _, Sha256};

pub mod mailchimp;
pub mod sendgrid;
pub mod ses;
pub mod sns;
pub mod source;
pub mod standard;

/// How far a sender's clock may be off, in seconds (Standard Webhooks specification, "Verifying webhook authenticity").
pub const TOLERANCE_SECONDS: i64 = 300;

/// How long an event that was handled is remembered, in seconds: 7 days. A sender that stamps an event once and then
/// tries for hours is taken for no longer than that.
pub const MEMORY_SECONDS: i64 = 7 * 86_400;

/// The request is not from whom it says, or too old to tell. Which of it is nobody's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request could not be verified")]
pub struct NotVerified;

/// What happened to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// Whom.
    pub address: Address,
    /// The list that the event names: a name or an id of ours.
    pub list: Option<String>,
    /// When it happened, where the sender says so.
    pub at: Option<Timestamp>,
}

/// What an event means to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// They want to be on the list.
    Subscribe,
    /// They want to be off it.
    Unsubscribe,
    /// A mail system refused the address for good.
    HardBounce,
    /// They reported a message as spam: no list, ever, until an operator says otherwise.
    Complaint,
    /// They are reached under another address from now on.
    AddressChange {
        /// The new one.
        new: Address,
    },
}

/// One entry of a request, with what it is remembered by: the same entry sent again has the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name among the entries of its source.
    pub name: String,
    /// What it says.
    pub reading: Reading,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// An event to be applied.
    Event(Event),
    /// A message that may yet arrive: a bounce that is not for good.
    Transient,
    /// Nothing that concerns a list: an opened message, a delivery.
    Ignored,
    /// It should say something, and cannot be understood. Entries beside it can.
    Unreadable(Misread),
}

/// Which field could not be understood, and why. It does not hold the field's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Misread {
    /// The field, as a JSON pointer (RFC 6901) or the name in a form.
    pub field: String,
    /// Why.
    pub why: String,
}

impl Misread {
    /// A field and why it could not be understood.
    #[must_use]
    pub fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), why: why.into() }
    }
}

/// Parses a body as JSON; a misread one is named by line and column.
fn json(body: &[u8]) -> Result<serde_json::Value, Misread> {
    serde_json::from_slice(body).map_err(|error| {
        Misread::new("", format!("the body is not JSON: line {}, column {}", error.line(), error.column()))
    })
}

/// An address in a field.
fn address(field: &str, text: &str) -> Result<Address, Misread> {
    Address::parse(text).map_err(|why| Misread::new(field, why.to_string()))
}

/// A name for a body that has none of its own.
fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seconds by which `at` lies in the past; negative: in the future.
fn age(at: Timestamp, now: Timestamp) -> i64 {
    now.as_second() - at.as_second()
}

/// Whether an event that is stamped once, and sent again for hours, is of a time in which repeats are known.
fn is_remembered(at: Timestamp, now: Timestamp) -> bool {
    (-TOLERANCE_SECONDS..MEMORY_SECONDS).contains(&age(at, now))
}
