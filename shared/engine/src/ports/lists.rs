use std::collections::BTreeMap;

use async_trait::async_trait;
pub use listsync_core::contact::Decision;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::ExternalId,
    id::{ContactId, ImportId, ListId, ObjectId},
    list::{Entry, List, ListKind, NewContact, OptOutRule, Origin},
};
use serde::{Deserialize, Serialize};

use super::{Contacts, Cursor, PortResult, Rows};

/// Which entries of a list are wanted.
#[derive(Debug, Clone, Copy)]
pub enum EntryQuery<'a> {
    /// Everybody who is a member, opted out or pending.
    All,
    /// These contacts, on the list or not.
    Contacts(&'a [ContactId]),
    /// The contacts that were matched to these objects, on the list or not.
    Objects(&'a [ObjectId]),
    /// The contacts of these addresses, on the list or not.
    Addresses(&'a [Address]),
}

/// What changed on a list since a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChanges {
    /// Whose standing, address or match changed.
    pub contacts: Vec<ContactId>,
    /// Where the next read goes on.
    pub cursor: Cursor,
}

/// A list as a run sees it.
#[async_trait]
pub trait ListSide: Send + Sync {
    /// The list; none: it is gone.
    async fn list(&self, list: &ListId) -> PortResult<Option<List>>;
    /// The cursor of this moment: to be taken before the entries are read.
    async fn cursor(&self, list: &ListId) -> PortResult<Cursor>;
    /// Entries, as they are now.
    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>>;
    /// How many are members.
    async fn size(&self, list: &ListId) -> PortResult<u64>;
    /// What changed since a cursor. [`super::Fault::Gone`] when the list does not know that far back.
    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges>;
    /// Remembers to which object each contact was matched, or that it is matched to none any more.
    async fn bind(&self, matches: &[(ContactId, Option<ObjectId>)]) -> PortResult<()>;
}

/// What an operator's addition came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddOutcome {
    /// On the list now.
    Added,
    /// Was on it already.
    Already,
    /// Opted out: only the person can undo that.
    OptedOut,
}

/// What an operator's removal came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoveOutcome {
    /// Off the list now.
    Removed,
    /// Was not on it.
    Absent,
}

/// What a file says of those whom it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// They leave.
    Full,
    /// Nothing.
    Incremental,
}

/// Whether an import's removals were done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// All of it is done.
    Done,
    /// Its removals wait for approval.
    Held,
    /// Its removals were left out, because rows could not be read.
    RemovalsSkipped,
    /// The file is the one that was taken in last: nothing was done.
    Repeated,
}

/// A file that was imported into a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// The list.
    pub list: ListId,
    /// The file's name, without folders.
    pub file: String,
    /// When.
    pub at: Timestamp,
    /// What it says of those whom it does not name.
    pub mode: ImportMode,
    /// What became of its removals.
    pub state: ImportState,
    /// Rows read, without the header.
    pub rows: u64,
    /// Put on the list.
    pub added: u64,
    /// Already on it, with another name or field now.
    pub updated: u64,
    /// Already on it, as they were.
    pub unchanged: u64,
    /// Taken off it.
    pub removed: u64,
    /// To be taken off it, once approved.
    pub held: u64,
    /// In the file, but opted out, so not put on the list.
    pub opted_out: u64,
    /// Rows that name somebody whom an earlier row named.
    pub repeated: u64,
    /// Rows that could not be read, or whose address and external id are of two contacts.
    pub rejected: u64,
    /// Rows that say of somebody that they leave.
    #[serde(default)]
    pub leaving: u64,
    /// SHA-256 of the file, in hexadecimal.
    #[serde(default)]
    pub digest: Option<String>,
    /// The name of the profile that its columns were read by.
    #[serde(default)]
    pub profile: String,
}

/// Whether a row says that somebody is on the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// They are.
    #[default]
    Present,
    /// They leave, whatever the mode: they were terminated.
    Leaving,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number, as a spreadsheet shows it.
    pub row: u64,
    /// Who.
    pub contact: NewContact,
    /// Their key in the system that the file comes from. A known key with another address is a changed address: the
    /// contact keeps its id, places and decisions, and the former address becomes an alias.
    pub external_id: Option<ExternalId>,
    /// Whether they are on the list.
    pub presence: Presence,
}

impl From<NewContact> for ImportRow {
    /// A row of which nothing else is known.
    fn from(contact: NewContact) -> Self {
        Self { row: 0, contact, external_id: None, presence: Presence::Present }
    }
}

/// What is done with a file of the same digest and mode as the list's last import, where that one was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Again {
    /// Nothing: it is answered with that import in the state [`ImportState::Repeated`].
    #[default]
    Skip,
    /// It is taken in once more.
    TakeIn,
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

/// What taking a file in came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The import, as it is kept.
    pub import: Import,
    /// The rows that were not taken in, in the file's order.
    pub refused: Vec<RefusedRow>,
}

/// An edit of a list: what it does not name stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListEdit {
    /// A new name.
    pub name: Option<String>,
    /// Who decides who is on it; a filter was checked before.
    pub kind: Option<ListKind>,
    /// Whether its members may leave it by themselves.
    pub opt_out: Option<OptOutRule>,
}

/// A file, read and judged, to be taken into a list.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// The file's name, without folders.
    pub file: String,
    /// What it says of those whom it does not name.
    pub mode: ImportMode,
    /// SHA-256 of the file, in hexadecimal; none: it is nobody's repeat.
    pub digest: Option<String>,
    /// The name of the profile that its columns were read by.
    pub profile: String,
    /// What is done if it is the list's last import once more.
    pub again: Again,
    /// Who is in it, each once.
    pub people: Rows,
    /// Rows read, without the header.
    pub rows: u64,
    /// Rows that name somebody whom an earlier row named.
    pub repeated: u64,
    /// Rows that could not be read: then nobody leaves.
    pub rejected: u64,
    /// When.
    pub at: Timestamp,
}

impl NewImport {
    /// A file of which nothing else is known: each row could be read, and it is nobody's repeat.
    #[must_use]
    pub fn new(file: &str, mode: ImportMode, people: Vec<ImportRow>, at: Timestamp) -> Self {
        Self {
            file: file.to_owned(),
            mode,
            digest: None,
            profile: String::new(),
            again: Again::Skip,
            rows: people.len() as u64,
            people: people.into(),
            repeated: 0,
            rejected: 0,
            at,
        }
    }
}

/// What the list service keeps: contacts, lists, decisions, imports. Each call is one transaction that also writes the
/// list's change log.
///
/// Nobody but its filter puts people on a filtered list or takes them off: [`ListStore::add`], [`ListStore::remove`] and
/// [`ListStore::import`] are [`super::Fault::Rejected`] there (`list_filtered`).
#[async_trait]
pub trait ListStore: ListSide + Contacts {
    /// Creates a list. [`super::Fault::Rejected`] when the name is taken.
    async fn create_list(&self, name: &str, now: Timestamp) -> PortResult<List>;
    /// Every list, by name.
    async fn lists(&self) -> PortResult<Vec<List>>;
    /// A list by name (without regard to case) or id.
    async fn find_list(&self, name: &str) -> PortResult<Option<List>>;
    /// Deletes a list, not its contacts. [`super::Fault::Rejected`] while a link stands on it.
    async fn delete_list(&self, list: &ListId) -> PortResult<()>;
    /// An operator puts a contact on a list.
    async fn add(
        &self,
        list: &ListId,
        contact: &NewContact,
        origin: Origin,
        now: Timestamp,
    ) -> PortResult<AddOutcome>;
    /// An operator takes a contact off a list.
    async fn remove(&self, list: &ListId, address: &Address, now: Timestamp) -> PortResult<RemoveOutcome>;
    /// A person's own decision about one list, as an operator records it: see [`super::Contacts::say`].
    async fn decide(
        &self,
        list: &ListId,
        address: &Address,
        decision: Decision,
        now: Timestamp,
    ) -> PortResult<()>;
    /// Takes a file in, whole or not at all. Removals of a full import are left out when a row could not be read, and
    /// held when the file has fewer than 80 % of the rows that are on the list. A row that says of somebody that they
    /// leave takes them off in either mode, and is as good as a row that names them.
    async fn import(&self, list: &ListId, import: &NewImport) -> PortResult<Imported>;
    /// Imports, newest first.
    async fn imports(&self, limit: usize) -> PortResult<Vec<Import>>;
    /// Does the held removals of an import: of those who are still on the list and were not put there since.
    async fn approve_import(&self, import: &ImportId, now: Timestamp) -> PortResult<Import>;
    /// A contact's fields beyond address and name.
    async fn fields(&self, contact: &ContactId) -> PortResult<BTreeMap<String, String>>;
}
