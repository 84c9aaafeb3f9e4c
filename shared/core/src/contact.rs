//! A person as the list service knows them, on however many lists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Origin, Standing},
    matched::Grounds,
};

/// Counts the edits of something that people edit: an edit that names an older one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Version(pub u64);

/// A contact with all that is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Their id, for ever.
    pub id: ContactId,
    /// Their address: what lists and directory know them by.
    pub address: Address,
    /// Further addresses of theirs, former ones among them. An address is of one contact only.
    #[serde(default)]
    pub aliases: BTreeSet<Address>,
    /// Their display name, possibly empty.
    pub name: String,
    /// Their key in the system that files come from: it stays when the address changes.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// Further keys of theirs: of somebody who was hired anew, or of people who share a mailbox.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub further_ids: BTreeSet<ExternalId>,
    /// Further columns, by name: HR fields and custom fields.
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
    /// The directory object they were matched to.
    #[serde(default)]
    pub object_id: Option<ObjectId>,
    /// On what the match rests; none: there is none, or it was made before this was kept.
    #[serde(default)]
    pub grounds: Option<Grounds>,
    /// Why messages do not reach them.
    #[serde(default)]
    pub undeliverable: Option<Undeliverable>,
    /// That they want no list at all, present or future.
    #[serde(default)]
    pub opted_out: Option<OptOut>,
    /// The lists that they said yes to since: their no to all does not hold there. Empty without such a no.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepts: BTreeSet<ListId>,
    /// Of the last edit.
    #[serde(default)]
    pub version: Version,
}

impl Contact {
    /// Of whom nothing is known but an address.
    #[must_use]
    pub fn new(id: ContactId, address: Address) -> Self {
        Self {
            id,
            address,
            aliases: BTreeSet::new(),
            name: String::new(),
            external_id: None,
            further_ids: BTreeSet::new(),
            fields: BTreeMap::new(),
            object_id: None,
            grounds: None,
            undeliverable: None,
            opted_out: None,
            accepts: BTreeSet::new(),
            version: Version::default(),
        }
    }
}

/// The key of a person in an HR system, such as an employee number: up to 128 characters, compared as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExternalId(String);

/// Why a text is no [`ExternalId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExternalIdError {
    /// Nothing was given.
    #[error("the external id is empty")]
    Empty,
    /// Longer than 128 characters, or with a control character.
    #[error("the external id is longer than 128 characters or holds a control character")]
    Odd,
}

impl ExternalId {
    /// Takes a text, without space around it.
    ///
    /// # Errors
    /// When it is empty, longer than 128 characters, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, ExternalIdError> {
        match text.trim() {
            "" => Err(ExternalIdError::Empty),
            odd if odd.chars().count() > 128 || odd.chars().any(char::is_control) => {
                Err(ExternalIdError::Odd)
            }
            good => Ok(Self(good.to_owned())),
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(…)")
    }
}

impl FromStr for ExternalId {
    type Err = ExternalIdError;
    fn from_str(text: &str) -> Result<Self, ExternalIdError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ExternalId {
    type Error = ExternalIdError;
    fn try_from(text: String) -> Result<Self, ExternalIdError> {
        Self::parse(&text)
    }
}

impl From<ExternalId> for String {
    fn from(id: ExternalId) -> Self {
        id.0
    }
}

/// One field of a contact, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its value, never empty.
    pub value: String,
    /// Who set it.
    pub source: Origin,
    /// When.
    pub at: Timestamp,
}

/// That messages do not reach a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undeliverable {
    /// Why.
    pub reason: UndeliverableReason,
    /// Since when.
    pub at: Timestamp,
}

/// Why messages do not reach a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndeliverableReason {
    /// A mail system refused the address for good (RFC 3463, class 5).
    HardBounce,
    /// The address is on a domain of the tenant, and nobody there answers to it.
    NoSuchUser,
    /// An operator said so.
    Manual,
}

/// What a person says of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Wants to be on it.
    Subscribed,
    /// Never again, until they say otherwise themselves.
    OptedOut,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One list.
    List(ListId),
    /// Every list, present or future.
    All,
}

/// The way that a decision came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// An operator recorded it.
    Operator,
    /// A call of the HTTP API.
    Api,
    /// The button of the page behind a signed link.
    Page,
    /// The one-click request of a mail program (RFC 8058).
    OneClick,
    /// An event of the service that sends the messages.
    Event,
}

/// Why a person is on no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutReason {
    /// They said so. They can take it back.
    Own,
    /// They reported a message as spam. Only an operator takes it back.
    Complaint,
    /// They were erased. They can subscribe anew.
    Erased,
}

/// A no to every list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// Why.
    pub reason: OptOutReason,
    /// Since when.
    pub at: Timestamp,
    /// The way it came.
    pub via: Via,
}

/// A person's decision, to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saying {
    /// Who says it.
    pub address: Address,
    /// What.
    pub decision: Decision,
    /// About what.
    pub scope: Scope,
    /// Why, where it is an opt-out.
    pub reason: OptOutReason,
    /// The way it came.
    pub via: Via,
    /// When.
    pub at: Timestamp,
}

/// A decision that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// What.
    pub decision: Decision,
    /// About what.
    pub scope: Scope,
    /// The way it came.
    pub via: Via,
    /// When.
    pub at: Timestamp,
}

/// How a contact stands to one of their lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The list.
    pub list: ListId,
    /// How they stand to it.
    pub standing: Standing,
    /// Who brought them there.
    pub origin: Origin,
    /// Since when.
    pub since: Timestamp,
    /// Until when they are on it; none: until somebody takes them off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}
