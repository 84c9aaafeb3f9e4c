//! A wake-up: it says look, never what changed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::LinkId;

/// Why a link is to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It fell due.
    Schedule,
    /// A person asked.
    OnDemand,
    /// Somebody subscribed, unsubscribed, an import came in, or the directory told of a change.
    Event,
    /// The same, by a sender whose event precedes the change: the generation is raised when the message comes.
    DelayedEvent,
    /// A run ended early and left work.
    Continuation,
    /// Something asked while a run was going.
    FollowUp,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Schedule => "schedule",
            Self::OnDemand => "on-demand",
            Self::Event => "event",
            Self::DelayedEvent => "delayed-event",
            Self::Continuation => "continuation",
            Self::FollowUp => "follow-up",
        })
    }
}

/// Counts the requests to sync a link: *requested* is raised by each trigger, *synced* by each finished run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Generation(pub u64);

/// The body of a queue message, versioned by its `schema`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The version of this shape: 1.
    pub schema: Schema,
    /// The link to look at.
    pub link: LinkId,
    /// Why.
    pub reason: Reason,
    /// The generation that the sender raised the link to.
    pub generation: Generation,
}

/// The version of a stored or queued shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum Schema {
    /// The first.
    V1,
}

/// A version that this build does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("schema {0} is not known to this version: update listsync")]
pub struct SchemaError(u32);

impl TryFrom<u32> for Schema {
    type Error = SchemaError;
    fn try_from(version: u32) -> Result<Self, SchemaError> {
        if version == 1 { Ok(Self::V1) } else { Err(SchemaError(version)) }
    }
}

impl From<Schema> for u32 {
    fn from(Schema::V1: Schema) -> Self {
        1
    }
}

impl Trigger {
    /// A wake-up for a link.
    #[must_use]
    pub fn new(link: LinkId, reason: Reason, generation: Generation) -> Self {
        Self { schema: Schema::V1, link, reason, generation }
    }
}
