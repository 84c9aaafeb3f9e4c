use std::{collections::BTreeSet, fmt};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    grant::{Grant, Lists, Verb},
    id::ListId,
};
use serde::{Deserialize, Serialize};

use super::PortResult;

/// Bytes that nobody may see.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A key that signs the links of opt-out pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    /// Its name in the links: up to 16 letters and digits.
    pub id: String,
    /// 32 random bytes.
    pub secret: Secret,
    /// When it was made.
    pub made: Timestamp,
    /// From when on its links are worth nothing; none: they are good.
    pub retired: Option<Timestamp>,
}

/// What the scopes of a key stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scopes {
    /// As there were three of them: `operate` holds what `link` and `approve` are today. Keys that were saved before this
    /// was kept are read so, and keep what they had.
    #[default]
    Three,
    /// Each verb is a scope of its own.
    Verbs,
}

/// A key of the HTTP API. Its secret is shown once; what is kept is its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: String,
    /// What it is for, for people.
    pub name: String,
    /// What it may do, as its maker wrote it: [`ApiKey::grant`] reads it.
    pub scopes: BTreeSet<Verb>,
    /// How the scopes are read.
    #[serde(default)]
    pub reading: Scopes,
    /// On which lists.
    #[serde(default)]
    pub lists: Lists,
    /// SHA-256 of its secret, in hexadecimal.
    pub hash: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    /// From when on it is worth nothing by itself; none: it has no end.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

impl ApiKey {
    /// What it may do, and where.
    #[must_use]
    pub fn grant(&self) -> Grant {
        let mut verbs = self.scopes.clone();
        if self.reading == Scopes::Three && verbs.contains(&Verb::Operate) {
            verbs.extend([Verb::Link, Verb::Approve]);
        }
        Grant { verbs, lists: self.lists.clone() }
    }

    /// Whether it opens anything now.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| now < end)
    }
}

/// Who sends events, and how they are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Standard Webhooks.
    Standard,
    /// Mailchimp, by a secret in the URL.
    Mailchimp,
    /// `SendGrid`, by its public key.
    Sendgrid,
    /// Amazon SES through SNS, by the topic's ARN and the signature.
    Ses,
}

/// A sender of events about a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSource {
    /// Its id, a part of its URL.
    pub id: String,
    /// What it is, for people.
    pub name: String,
    /// Who sends.
    pub kind: SourceKind,
    /// The list that its subscriptions are about; none: its events name one, or are about all lists.
    pub list: Option<ListId>,
    /// What its events are verified by, the newest first: shared secrets, a public key, or a topic's ARN.
    pub secrets: Vec<Secret>,
    /// How many seconds a sync waits after an event, for senders whose event precedes the change.
    pub delay_seconds: u32,
    /// When it was made.
    pub made: Timestamp,
}

/// Keys and senders that the list service trusts.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The keys for links, newest first. There is always one: it is made at the first call.
    async fn signing_keys(&self, now: Timestamp) -> PortResult<Vec<SigningKey>>;
    /// Makes a new key for links; the others go on to be good.
    async fn rotate_signing_key(&self, now: Timestamp) -> PortResult<SigningKey>;
    /// Makes a key's links worth nothing from now on. [`super::Fault::Rejected`] for the newest one.
    async fn retire_signing_key(&self, id: &str, now: Timestamp) -> PortResult<()>;
    /// Every API key, revoked ones too.
    async fn api_keys(&self) -> PortResult<Vec<ApiKey>>;
    /// The API key of this hash.
    async fn find_api_key(&self, hash: &str) -> PortResult<Option<ApiKey>>;
    /// Saves a new API key, or one over.
    async fn save_api_key(&self, key: &ApiKey) -> PortResult<()>;
    /// Every sender.
    async fn sources(&self) -> PortResult<Vec<EventSource>>;
    /// One sender.
    async fn source(&self, id: &str) -> PortResult<Option<EventSource>>;
    /// Adds a sender. [`super::Fault::Rejected`], code `source_exists`, where there is one of its id: of two who add the same
    /// id at once, one is told.
    async fn add_source(&self, source: &EventSource) -> PortResult<()>;
    /// Forgets a sender.
    async fn delete_source(&self, id: &str) -> PortResult<()>;
}

/// Whether something was remembered before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// It is new, and remembered from now on.
    New,
    /// It was remembered with this.
    Known(Vec<u8>),
}

/// Remembers for a time what was handled: ids of events, and answers under idempotency keys.
#[async_trait]
pub trait Seen: Send + Sync {
    /// What is remembered under a name (at most 512 bytes) and not past its time.
    async fn recall(&self, name: &str, now: Timestamp) -> PortResult<Option<Vec<u8>>>;
    /// Remembers a value (at most 300 KiB) under a name until then, unless there is one already.
    async fn remember(
        &self,
        name: &str,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> PortResult<Memory>;
    /// Remembers a value under a name until then, in the place of what there was.
    async fn replace(&self, name: &str, value: &[u8], until: Timestamp) -> PortResult<()>;
    /// Forgets it.
    async fn forget(&self, name: &str) -> PortResult<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As f97bd83 saved one.
    const BEFORE: &str = r#"{"id":"a1","name":"tool","scopes":["read","operate"],"hash":"00",
        "made":"2026-01-01T00:00:00Z","revoked":null}"#;

    #[test]
    fn a_key_made_before_keeps_what_it_had_and_gets_nothing_more() {
        let key: ApiKey = serde_json::from_str(BEFORE).expect("a key");
        assert_eq!(key.reading, Scopes::Three);
        let grant = key.grant();
        assert_eq!(grant.verbs, [Verb::Read, Verb::Operate, Verb::Link, Verb::Approve].into());
        assert_eq!(grant.lists, Lists::All);
        assert!(key.is_good(Timestamp::MAX), "it had no end");
    }

    #[test]
    fn operate_of_a_new_key_neither_links_nor_approves() {
        let mut key: ApiKey = serde_json::from_str(BEFORE).expect("a key");
        key.reading = Scopes::Verbs;
        assert_eq!(key.grant().verbs, [Verb::Read, Verb::Operate].into());
    }

    #[test]
    fn a_key_is_good_until_it_is_revoked_and_before_its_end() {
        let mut key: ApiKey = serde_json::from_str(BEFORE).expect("a key");
        let at = |second| Timestamp::from_second(second).expect("a moment");
        key.expires = Some(at(100));
        assert_eq!([99, 100, 101].map(|second| key.is_good(at(second))), [true, false, false]);
        key.revoked = Some(at(50));
        assert!(!key.is_good(at(60)));
    }
}
