//! The ways by which people are told of trouble, as documents.

use listsync_core::Timestamp;
use listsync_engine::alerts::{ChannelState, Trouble};
use serde::Serialize;
use utoipa::ToSchema;

/// A channel of alerts, and how it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AlertChannel)]
pub struct ChannelDocument {
    /// Its name: `webhook` or `teams`.
    pub name: String,
    /// When it sent something last; null: it never did.
    pub sent_at: Option<Timestamp>,
    /// Why its last try failed; null: it did not.
    pub trouble: Option<TroubleDocument>,
}

/// Why a channel sends nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AlertChannelTrouble)]
pub struct TroubleDocument {
    /// A stable code.
    pub code: String,
    /// What failed.
    pub message: String,
    /// What the operator can do.
    pub hint: String,
    /// Since when: the first of the failures in a row.
    pub since: Timestamp,
    /// When it is tried again, if there is something to send.
    pub next_at: Timestamp,
}

impl ChannelDocument {
    /// Of a channel by its name.
    #[must_use]
    pub fn of(name: String, state: ChannelState) -> Self {
        let ChannelState { sent_at, trouble } = state;
        let trouble = trouble.map(|Trouble { code, message, hint, since, tries: _, next_at }| {
            TroubleDocument { code, message, hint, since, next_at }
        });
        Self { name, sent_at, trouble }
    }
}
