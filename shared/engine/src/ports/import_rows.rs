//! What the rows of a file say.

use listsync_core::{address::Address, contact::ExternalId, list::NewContact};
use serde::{Deserialize, Serialize};

/// Whether a row says that somebody is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// They are.
    #[default]
    Present,
    /// They leave, whatever the mode: they were terminated, or their last day is past by our clock.
    Leaving,
}

impl Presence {
    /// Whether they leave.
    #[must_use]
    pub fn leaves(self) -> bool {
        match self {
            Self::Present => false,
            Self::Leaving => true,
        }
    }
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRow {
    /// Its number, as a spreadsheet shows it.
    pub row: u64,
    /// Who.
    pub contact: NewContact,
    /// Their key in the system that the file comes from. A known key with another address is a changed address: the
    /// contact keeps its id, places and decisions, and the former address becomes an alias.
    pub external_id: Option<ExternalId>,
    /// Further keys of theirs that are in force: of people who share a mailbox.
    pub further_ids: Vec<ExternalId>,
    /// Keys of theirs that are no more: of somebody who was hired anew under another.
    pub ended_ids: Vec<ExternalId>,
    /// Whether they are on the list.
    pub presence: Presence,
}

impl ImportRow {
    /// Their keys that are in force by this row.
    pub fn in_force(&self) -> impl Iterator<Item = &ExternalId> {
        let own = self.external_id.iter().chain(&self.further_ids);
        own.filter(|_| !self.presence.leaves())
    }

    /// Their keys that have ended by this row.
    pub fn ended(&self) -> impl Iterator<Item = &ExternalId> {
        let own = self.external_id.iter().chain(&self.further_ids);
        own.filter(|_| self.presence.leaves()).chain(&self.ended_ids)
    }

    /// The keys by which they are known: those in force, or of somebody who leaves all.
    pub fn keys(&self) -> impl Iterator<Item = &ExternalId> {
        let ended = self.ended().filter(|_| self.presence.leaves());
        self.in_force().chain(ended)
    }
}

impl From<NewContact> for ImportRow {
    /// A row of which nothing else is known.
    fn from(contact: NewContact) -> Self {
        Self {
            row: 0,
            contact,
            external_id: None,
            further_ids: Vec::new(),
            ended_ids: Vec::new(),
            presence: Presence::Present,
        }
    }
}

/// A row that was readable and was not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Its number, as a spreadsheet shows it.
    pub row: u64,
    /// Why: `opted_out`, or `external_id_conflict` (its address and its external id are of two contacts).
    pub code: String,
    /// Why, for people; without an address.
    pub message: String,
}

/// Whom a file names without saying anything of them that could be taken: they stay as they are, and do not count as missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// By their key.
    Key(ExternalId),
    /// By their address.
    Address(Address),
}
