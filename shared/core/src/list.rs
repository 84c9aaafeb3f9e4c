//! Contacts and their standing on a list.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    id::{ContactId, ListId, ObjectId},
};

/// A contact list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Its id.
    pub id: ListId,
    /// Its name, unique without regard to case.
    pub name: String,
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
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Manual => "manual",
            Self::Csv => "csv",
            Self::Entra => "entra",
            Self::Own => "own",
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
