use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
pub use listsync_core::contact::Decision;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{OptOutReason, Saying, Scope, Via},
    expected::{Expect, Expected},
    grant::Lists,
    history::Shift,
    id::{ContactId, ImportId, ListId, ObjectId},
    import::Meaning,
    limit::AdditionLimit,
    list::{Entry, List, ListKind, NewContact, OptOutRule, Origin, Standing},
    matched::Binding,
    own::Own,
    register::{Keeper, KeptOff},
};

use super::{
    Contacts, Cursor, Ends, HeldPeople, ImportChanges, PortResult,
    imports::{Import, Imported, NewImport},
};

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

/// What becomes of an entry as it is read.
pub type TakeEntry = Box<dyn Fn(Entry) -> Entry + Send + Sync>;

/// What changed on a list since a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListChanges {
    /// Whose standing, address or match changed.
    pub contacts: Vec<ContactId>,
    /// Where the next read goes on.
    pub cursor: Cursor,
}

/// A page of who is on lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Where the next page begins; none: this is the last one.
    pub next: Option<Cursor>,
}

/// How many stand to a list in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCounts {
    /// Members.
    pub members: u64,
    /// Who opted out.
    pub opted_out: u64,
    /// Who has yet to confirm.
    pub pending: u64,
    /// Members whose membership has an end.
    pub ending: u64,
    /// The first of those ends.
    pub next_end: Option<Timestamp>,
}

/// How large a list is, and who decides who is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSize {
    /// Who decides.
    pub keeper: Keeper,
    /// How many are members.
    pub members: u64,
}

impl ListCounts {
    /// Counts one more who stands to the list like this.
    pub fn count(&mut self, standing: Standing, until: Option<Timestamp>) {
        match standing {
            Standing::Member => self.members += 1,
            Standing::OptedOut => self.opted_out += 1,
            Standing::Pending => self.pending += 1,
            Standing::Absent => {}
        }
        if let (Standing::Member, Some(until)) = (standing, until) {
            self.ending += 1;
            self.next_end = Some(self.next_end.map_or(until, |next| next.min(until)));
        }
    }
}

/// Where a change stands in a list's log: its number, and which of those that share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// The number.
    pub seq: u64,
    /// Which of the changes of that number, from 0.
    pub index: u32,
}

/// Which part of a list's log is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// The list.
    pub list: ListId,
    /// Of this contact only.
    pub contact: Option<ContactId>,
    /// Begins with this change, or the newest that is older. None: with the newest.
    pub from: Option<LogPlace>,
    /// How many changes at most, one at least.
    pub limit: usize,
}

/// A change of standing in a list's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Where it stands.
    pub place: LogPlace,
    /// What changed.
    pub shift: Shift,
}

/// A part of a list's log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogPage {
    /// Changes, the newest first.
    pub entries: Vec<Logged>,
    /// The change with which the next page begins; none: there are no more. A page may have fewer than were asked for, even
    /// none, and go on.
    pub next: Option<LogPlace>,
}

/// A list at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glance {
    /// The list.
    pub list: List,
    /// How far its changes have come.
    pub cursor: Cursor,
}

/// A list as a run sees it.
#[async_trait]
pub trait ListSide: Send + Sync {
    /// The list; none: it is gone.
    async fn list(&self, list: &ListId) -> PortResult<Option<List>>;
    /// The cursor of this moment: to be taken before the entries are read.
    async fn cursor(&self, list: &ListId) -> PortResult<Cursor>;
    /// The list and its cursor of this moment; none: it is gone.
    async fn glance(&self, list: &ListId) -> PortResult<Option<Glance>> {
        // The cursor comes first: what changes in between is told by it.
        let cursor = match self.cursor(list).await {
            Err(error) if error.fault == super::Fault::Gone => return Ok(None),
            cursor => cursor?,
        };
        Ok(self.list(list).await?.map(|list| Glance { list, cursor }))
    }
    /// Entries, as they are now.
    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>>;
    /// The same as [`EntryQuery::All`], each as `taken` gives it back. It is called for each as it is read, so that of a large
    /// list nothing is held that whoever reads it has no use for.
    async fn all_entries(&self, list: &ListId, taken: TakeEntry) -> PortResult<Vec<Entry>>;
    /// A page of whoever is a member of one of these lists, opted out or pending, at most `limit`: each contact once, as they
    /// stand to one of the lists, in an order that is the store's own. Walking the pages shows everybody who is there all the
    /// while, once, at a price that does not grow with how many there are. [`super::Fault::Rejected`] (`bad_cursor`) when the
    /// cursor is none that a page gave.
    async fn entries_page(
        &self,
        lists: &[ListId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<EntryPage>;
    /// How many stand to the list in which way.
    async fn counts(&self, list: &ListId) -> PortResult<ListCounts>;
    /// How many are members.
    async fn size(&self, list: &ListId) -> PortResult<u64>;
    /// The same of each of these that is there, in few reads.
    async fn sizes(&self, lists: &[ListId]) -> PortResult<BTreeMap<ListId, ListSize>>;
    /// What changed since a cursor. [`super::Fault::Gone`] when the list does not know that far back.
    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges>;
    /// Which of these addresses a no keeps off the list, and whether their people were erased: those that are suppressed for
    /// it, and those (aliases included) of contacts that opted out of it, or of all.
    async fn refused(&self, list: &ListId, addresses: &[Address]) -> PortResult<BTreeMap<Address, KeptOff>>;
    /// The same of these objects, to which no contact is matched: it was said by somebody who was matched to one of them and is
    /// kept no more.
    async fn refused_objects(
        &self,
        list: &ListId,
        objects: &[ObjectId],
    ) -> PortResult<BTreeMap<ObjectId, KeptOff>>;
    /// Of these contacts, who left the list by an import that a person approved, and did not come back since; with when
    /// they left.
    async fn approved_leavers(
        &self,
        list: &ListId,
        contacts: &[ContactId],
    ) -> PortResult<BTreeMap<ContactId, Timestamp>>;
    /// Remembers to which object each contact is matched, and on what that rests. Who was deleted meanwhile is passed over.
    ///
    /// A match is replaced and never dropped. A first match, and other grounds of the same, are no change of any list; a
    /// match to another object is one on each list that the contact stands on.
    ///
    /// A contact that comes to have an object takes over what was said by who was matched to it and is kept no more. It answers
    /// with the contacts to which a no came so: how they stand to lists may be another than before.
    async fn bind(&self, matches: &[Binding]) -> PortResult<BTreeSet<ContactId>>;
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

/// An edit of a list: what it does not name stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListEdit {
    /// A new name.
    pub name: Option<String>,
    /// Who decides who is on it; a filter was checked before.
    pub kind: Option<ListKind>,
    /// Whether its members may leave it by themselves.
    pub opt_out: Option<OptOutRule>,
    /// All status words of its files that have a meaning of their own.
    pub status_words: Option<BTreeMap<String, Meaning>>,
    /// How many additions by files and runs go on without a person.
    pub max_additions: Option<Own<AdditionLimit>>,
    /// Within which time a file should come. From when that is first said on, files are waited for.
    pub expect_every: Option<Expect>,
}

/// What the list service keeps: contacts, lists, decisions, imports. Each call is one transaction that also writes the
/// list's change log.
///
/// Nobody but its filter puts people on a filtered list or takes them off: [`ListStore::add`], [`ListStore::remove`] and
/// [`ListStore::import`] are [`super::Fault::Rejected`] there (`list_filtered`).
#[async_trait]
pub trait ListStore: ListSide + Contacts + ImportChanges + Ends {
    /// Creates a list. [`super::Fault::Rejected`] when the name is taken.
    async fn create_list(&self, name: &str, now: Timestamp) -> PortResult<List>;
    /// Every list, by name.
    async fn lists(&self) -> PortResult<Vec<List>>;
    /// The name of every list, for whoever shows many links: a store that keeps names by themselves answers out of these.
    async fn list_names(&self) -> PortResult<BTreeMap<ListId, String>> {
        Ok(self.lists().await?.into_iter().map(|list| (list.id, list.name)).collect())
    }
    /// The lists whose files should come, in any order: of all lists it reads these alone.
    async fn expected(&self) -> PortResult<Vec<Expected>>;
    /// A file of the list came then, be it the one that came before. Nothing where nobody waits for one.
    async fn heard(&self, list: &ListId, at: Timestamp) -> PortResult<()>;
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
    ) -> PortResult<()> {
        let saying = Saying {
            address: address.clone(),
            decision,
            scope: Scope::List(list.clone()),
            reason: OptOutReason::Own,
            via: Via::Operator,
            at: now,
        };
        self.say(&saying).await.map(drop)
    }
    /// Takes a file in, whole or not at all. Removals of a full import are left out when a row could not be read, and
    /// held when the file has fewer than 80 % of the rows that are on the list. A row that says of somebody that they
    /// leave takes them off in either mode, and is as good as a row that names them. All whom it takes off are held where
    /// they are too many, together with those of the 24 hours before it ([`listsync_core::import::judge_file`]). Whose people
    /// would be more newcomers than its limit lets through ([`listsync_core::growth`]) has all of them held, as the rows that
    /// they are: nothing is stored of them elsewhere until they are approved.
    async fn import(&self, list: &ListId, import: &NewImport) -> PortResult<Imported>;
    /// Imports into any list, newest first.
    async fn imports(&self, limit: usize) -> PortResult<Vec<Import>> {
        self.imports_of(&Lists::All, None, limit).await
    }
    /// Imports into these lists, newest first, at most `limit`: those before this one, or from the newest on.
    /// [`super::Fault::Gone`] (`no_such_import`) when it is not known any more what was before it.
    async fn imports_of(
        &self,
        lists: &Lists,
        before: Option<&ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>>;
    /// One of them.
    async fn find_import(&self, id: &ImportId) -> PortResult<Option<Import>>;
    /// Whom [`Self::approve_import`] would move now; nobody where the import holds nothing.
    async fn held_people(&self, import: &ImportId) -> PortResult<HeldPeople>;
    /// Does what an import holds: takes off the list who is still on it and was not put there since, and puts on it whom it
    /// would still put there and who did not leave since.
    async fn approve_import(&self, import: &ImportId, now: Timestamp) -> PortResult<Import>;
    /// Drops what an import holds: everybody stays as they are.
    async fn discard_import(&self, import: &ImportId) -> PortResult<Import>;
    /// Who came to stand otherwise to a list, and by whom, for the last 90 days at least. Of a contact that is deleted it may
    /// tell nothing. [`super::Fault::Gone`] when there is no such list.
    async fn log(&self, query: &LogQuery) -> PortResult<LogPage>;
    /// How many left a list within the 24 hours before `now` and did not come back ([`listsync_core::import::Gone`]): by hand,
    /// by date, or by a file, but for those whom a person approved. [`super::Fault::Gone`] when there is no such list.
    async fn gone(&self, list: &ListId, now: Timestamp) -> PortResult<u64>;
    /// A contact's fields beyond address and name.
    async fn fields(&self, contact: &ContactId) -> PortResult<BTreeMap<String, String>>;
}
