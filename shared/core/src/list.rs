//! Contacts and their standing on a list.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    address::Address,
    contact::{UndeliverableReason, Version},
    id::{ContactId, ListId, ObjectId},
    import::Meaning,
    limit::AdditionLimit,
    matched::Grounds,
    register::Refusal,
};

/// What a list's name may take: stores keep it as a key.
const MOST_NAME_BYTES: usize = 1_000;

/// A contact list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// Its name, unique without regard to case.
    pub name: String,
    /// Who decides who is on it.
    #[serde(default)]
    pub kind: ListKind,
    /// Whether its members may leave it by themselves.
    #[serde(default)]
    pub opt_out: OptOutRule,
    /// Status words of its files that have a meaning of their own, by the word.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub status_words: BTreeMap<String, Meaning>,
    /// How many additions by files and runs go on without a person; none: as the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_additions: Option<AdditionLimit>,
    /// Within which time a file should come; none: nobody waits for one ([`crate::expected`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect_every: Option<Duration>,
    /// Deleted lists whose name it has: who had said no to one of them said no to it, where the store does not write that
    /// down for each person.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub formerly: BTreeSet<ListId>,
    /// Of the last edit.
    #[serde(default)]
    pub version: Version,
}

impl List {
    /// A new list, kept by hand and by imports.
    #[must_use]
    pub fn new(id: ListId, name: String) -> Self {
        Self {
            id,
            name,
            kind: ListKind::Static,
            opt_out: OptOutRule::Allowed,
            status_words: BTreeMap::new(),
            max_additions: None,
            expect_every: None,
            formerly: BTreeSet::new(),
            version: Version(1),
        }
    }

    /// A name that a list may have, without space around it: up to 1,000 bytes in lower case.
    ///
    /// # Errors
    /// [`Refusal::ListName`].
    pub fn good_name(name: &str) -> Result<&str, Refusal> {
        let name = name.trim();
        let is_odd = name.is_empty() || name.chars().any(char::is_control);
        match is_odd || name.to_lowercase().len() > MOST_NAME_BYTES {
            true => Err(Refusal::ListName),
            false => Ok(name),
        }
    }

    /// That it has a name that another is to have.
    #[must_use]
    pub fn has_the_name(&self) -> Refusal {
        Refusal::ListExists { name: self.name.clone(), id: self.id.clone() }
    }

    /// The ids under which people may have said no to it.
    pub fn ids(&self) -> impl Iterator<Item = &ListId> {
        std::iter::once(&self.id).chain(&self.formerly)
    }
}

/// Who decides who is on a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ListKind {
    /// People: by hand, by imports, by subscribing, by the linked group.
    #[default]
    Static,
    /// A filter over all contacts: who matches is on it, unless they opted out.
    Filtered {
        /// The filter's text, as RFC 7644 section 3.4.2.2 has it; it was checked when it was saved.
        filter: String,
    },
}

/// Whether a list's members may leave it by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptOutRule {
    /// They may.
    #[default]
    Allowed,
    /// They may not: the list is mandatory, and no opt-out, not even of all lists, takes anybody off it.
    NotAllowed,
}

/// How a contact stands to one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// On the list.
    Member,
    /// Said no to the list: never put on it by anyone else.
    OptedOut,
    /// Awaits a confirmation; not on the list yet.
    Pending,
    /// Known, but not on the list.
    Absent,
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Member => "member",
            Self::OptedOut => "opted_out",
            Self::Pending => "pending",
            Self::Absent => "absent",
        })
    }
}

/// Who brought a contact onto a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An operator's edit.
    Manual,
    /// A CSV import.
    Csv,
    /// A run: the person is in the linked group.
    Entra,
    /// The person's own decision.
    Own,
    /// The list's filter.
    Filter,
    /// The end of the membership, whose date has come. Nobody is brought by it: changes alone have it.
    EndDate,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manual => "manual",
            Self::Csv => "csv",
            Self::Entra => "entra",
            Self::Own => "own",
            Self::Filter => "filter",
            Self::EndDate => "end_date",
        })
    }
}

/// One contact as one list sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The contact.
    pub contact: ContactId,
    /// Its address.
    pub address: Address,
    /// Its display name, possibly empty.
    pub name: String,
    /// The directory object it was matched to, once it was.
    pub object_id: Option<ObjectId>,
    /// How it stands to the list.
    pub standing: Standing,
    /// Who brought it there.
    pub origin: Origin,
    /// Why messages do not reach it.
    #[serde(default)]
    pub undeliverable: Option<UndeliverableReason>,
    /// On what the match rests; none: there is none, or it was made before this was kept.
    #[serde(default)]
    pub grounds: Option<Grounds>,
    /// Until when it is on the list; none: until somebody takes it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A contact to be put on a list, as a directory object or an import row shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewContact {
    /// Its address.
    pub address: Address,
    /// Its display name, possibly empty.
    pub name: String,
    /// Further columns, by name.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}
