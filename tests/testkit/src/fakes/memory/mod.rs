//! The store in memory: every store port, and the queue.

mod cards;
mod fold;
mod imports;
mod keys;
mod links;
mod lists;
mod people;
mod queue;
mod records;
mod rules;
mod rulings;
mod say;
mod sides;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use listsync_core::{
    Timestamp,
    id::{LinkId, ListId, RunId, TenantId},
    member::MemberKey,
    settings::Settings,
    summary::Summary,
};
use listsync_engine::{
    Ports,
    ports::{Cursor, Directory, Fault, PeopleWatch, PortError, PortResult},
};

use super::ManualClock;
use links::LinkRow;
use queue::Messages;
use sides::Book;

/// Every store port in memory. Clones are the same store. Ids are counted, so the same calls give the same ids.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: ManualClock,
}

/// How many rows were written since the store was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowWrites {
    /// Rows of what links remember of members.
    pub members: u64,
    /// Rows of links, each write of one counted.
    pub links: u64,
    /// Standings on a list, and matches.
    pub entries: u64,
    /// Summaries.
    pub runs: u64,
    /// Sizes of lists.
    pub sizes: u64,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    book: Book,
    imports: Vec<imports::Taken>,
    links: BTreeMap<LinkId, LinkRow>,
    counts: BTreeMap<ListId, links::ListCounts>,
    runs: BTreeMap<RunId, Summary>,
    gates: BTreeMap<TenantId, Timestamp>,
    people_watches: BTreeMap<TenantId, PeopleWatch>,
    settings: Settings,
    messages: Messages,
    trusted: keys::Trusted,
    writes: RowWrites,
}

impl MemoryStore {
    /// An empty store whose queue goes by this clock.
    #[must_use]
    pub fn new(clock: &ManualClock) -> Self {
        Self { state: Arc::default(), clock: clock.clone() }
    }

    /// The ports of an engine: this store, a directory, and the store's clock.
    #[must_use]
    pub fn beside(&self, directory: impl Directory + 'static) -> Ports {
        Ports {
            directory: Arc::new(directory),
            lists: Arc::new(self.clone()),
            links: Arc::new(self.clone()),
            runs: Arc::new(self.clone()),
            gate: Arc::new(self.clone()),
            queue: Arc::new(self.clone()),
            settings: Arc::new(self.clone()),
            clock: Arc::new(self.clock.clone()),
        }
    }

    /// How many rows were written so far.
    #[must_use]
    pub fn writes(&self) -> RowWrites {
        self.lock().writes
    }

    /// How many messages are on the queue, visible or not.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.lock().messages.len()
    }

    /// Makes the store one of a version that did not keep what matches rest on: the primary addresses that were read are
    /// with the links' rows.
    pub fn forget_grounds(&self) {
        let mut state = self.lock();
        let State { book, links, .. } = &mut *state;
        for person in book.contacts.values_mut() {
            let named = person.contact.grounds.take().and_then(|grounds| grounds.named);
            let Some(object) = person.contact.object_id.clone() else { continue };
            for link in links.values_mut() {
                if let Some(row) = link.members.get_mut(&MemberKey::Principal(object.clone())) {
                    row.named.clone_from(&named);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count_up(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn link(&mut self, link: &LinkId) -> PortResult<&mut LinkRow> {
        self.links.get_mut(link).ok_or_else(|| gone("link"))
    }
}

fn gone(what: &str) -> PortError {
    PortError::new(Fault::Gone, "not_found", format!("there is no such {what}"))
}

fn rejected(code: &str, message: &str) -> PortError {
    PortError::new(Fault::Rejected, code, message)
}

fn sequence(cursor: &Cursor) -> PortResult<u64> {
    cursor.0.parse().map_err(|_| gone("cursor"))
}
