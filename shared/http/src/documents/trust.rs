//! API keys and event senders as documents. No secret is in them, but once, when it is made.

use std::collections::BTreeSet;

use listsync_core::Timestamp;
use listsync_engine::ports::{AccessScope, ApiKey, EventSource, SourceKind};
use serde::Serialize;
use utoipa::ToSchema;

use super::words;

/// A key of the API, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyDocument {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    #[schema(value_type = Vec<words::Scope>)]
    pub scopes: BTreeSet<AccessScope>,
    /// When it was made.
    pub made: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

impl KeyDocument {
    /// Of a key.
    #[must_use]
    pub fn of(key: ApiKey) -> Self {
        let ApiKey { id, name, scopes, hash: _, made, revoked } = key;
        Self { id, name, scopes, made, revoked }
    }
}

/// A key that was made just now.
#[derive(Serialize, ToSchema)]
pub struct NewKeyDocument {
    #[serde(flatten)]
    #[schema(inline)]
    /// The key.
    pub key: KeyDocument,
    /// What the caller sends as `Authorization: Bearer …`. It is shown this once.
    pub secret: String,
}

/// A sender of events, without its secrets.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceDocument {
    /// Its id.
    pub id: String,
    /// What it is.
    pub name: String,
    /// Who sends.
    #[schema(value_type = words::SourceKind)]
    pub kind: SourceKind,
    /// The list that its subscriptions are about.
    pub list: Option<String>,
    /// How many seconds a sync waits after an event.
    pub delay_seconds: u32,
    /// When it was made.
    pub made: Timestamp,
}

impl SourceDocument {
    /// Of a sender.
    #[must_use]
    pub fn of(source: EventSource) -> Self {
        let EventSource { id, name, kind, list, secrets: _, delay_seconds, made } = source;
        Self { id, name, kind, list: list.map(String::from), delay_seconds, made }
    }
}

/// A sender that was made just now.
#[derive(Serialize, ToSchema)]
pub struct NewSourceDocument {
    #[serde(flatten)]
    #[schema(inline)]
    /// The sender.
    pub source: SourceDocument,
    /// Where it sends its events to.
    pub url: String,
    /// The secret that was made for it, as the sender wants it. It is shown this once.
    pub secret: Option<String>,
}
