//! API keys and event senders as documents. No secret is in them, but once, when it is made.

use std::collections::BTreeSet;

use listsync_core::{Timestamp, grant::Verb};
use listsync_engine::ports::{ApiKey, EventSource, Scopes, SourceKind};
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
    pub scopes: BTreeSet<Verb>,
    /// The ids of the lists that it is bound to; null: it is bound to none.
    pub lists: Option<Vec<String>>,
    /// Whether it was made before `link` and `approve` were scopes of their own: its `operate` holds both.
    pub before_scopes: bool,
    /// When it was made.
    pub made: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// From when on it is worth nothing by itself.
    pub expires: Option<Timestamp>,
    /// When it was used last, to the hour.
    pub last_used: Option<Timestamp>,
}

impl KeyDocument {
    /// Of a key, and when it was used last.
    #[must_use]
    pub fn of(key: ApiKey, last_used: Option<Timestamp>) -> Self {
        let lists = key.grant().bound_to().map(|lists| lists.iter().map(ToString::to_string).collect());
        let ApiKey { id, name, scopes, reading, lists: _, hash: _, made, revoked, expires } = key;
        let before_scopes = reading == Scopes::Three;
        Self { id, name, scopes, lists, before_scopes, made, revoked, expires, last_used }
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
