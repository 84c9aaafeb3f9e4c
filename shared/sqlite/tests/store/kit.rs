use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    address::Address,
    effects::{Batch, BatchPlace, Because, Certainty, Done},
    id::{ContactId, GroupId, LinkId, ListId, ObjectId, RunId, TenantId},
    link::{Externals, Extras, FirstMerge, Link, LinkStatus, MemberRules, Mode, Side, Writes},
    linkable::Voucher,
    list::{Entry, List, NewContact, Origin, Standing},
    matched::{Binding, Grounds},
    member::{Change, Member, MemberKey, Op},
    plan::Cause,
    trigger::Generation,
};
use listsync_engine::ports::{
    Acquired, Clock, Cursor, EntryQuery, Finish, Fold, FoldEffects, Lease, Links, ListEffect, ListSide,
    ListStep, ListStore, Progress,
};
use listsync_sqlite::SqliteStore;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// An instant this many seconds after the tests' beginning.
pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// A clock that a test moves.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<Timestamp>);

impl Hands {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(at(0))))
    }

    pub(crate) fn advance(&self, span: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.checked_add(span).unwrap();
    }

    pub(crate) fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) fn store() -> SqliteStore {
    SqliteStore::open_in_memory().unwrap().with_clock(Hands::new())
}

pub(crate) fn address(local: &str) -> Address {
    Address::parse(&format!("{local}@b.example")).unwrap()
}

pub(crate) fn object(id: &str) -> ObjectId {
    ObjectId::parse(id).unwrap()
}

pub(crate) fn person(local: &str) -> NewContact {
    NewContact { address: address(local), name: String::new(), fields: BTreeMap::new() }
}

pub(crate) async fn list(store: &SqliteStore, name: &str) -> List {
    store.create_list(name, at(0)).await.unwrap()
}

pub(crate) async fn add(store: &SqliteStore, list: &ListId, local: &str) {
    store.add(list, &person(local), Origin::Manual, at(0)).await.unwrap();
}

pub(crate) async fn entry(store: &SqliteStore, list: &ListId, local: &str) -> Option<Entry> {
    let wanted = [address(local)];
    store.entries(list, EntryQuery::Addresses(&wanted)).await.unwrap().pop()
}

pub(crate) async fn standing(store: &SqliteStore, list: &ListId, local: &str) -> Standing {
    entry(store, list, local).await.map_or(Standing::Absent, |entry| entry.standing)
}

pub(crate) async fn cursor(store: &SqliteStore, list: &ListId) -> Cursor {
    store.cursor(list).await.unwrap()
}

pub(crate) fn link(id: &str, list: &ListId, group: &str, mode: Mode) -> Link {
    Link {
        id: LinkId::parse(id).unwrap(),
        list: list.clone(),
        group: GroupId::parse(group).unwrap(),
        group_name: format!("Group {group}"),
        to_make: None,
        tenant: TenantId::parse("tenant").unwrap(),
        mode,
        extras: Extras::Keep,
        first_merge: FirstMerge::Union,
        every: None,
        settle_window: None,
        externals: Externals::Match,
        max_removals: None,
        grace: Duration::ZERO,
        members: MemberRules::default(),
        more: Vec::new(),
        group_made_at: None,
        made_at: None,
        writes: Writes::Direct,
        voucher: Voucher::Operator,
        status: LinkStatus::Active,
    }
}

/// A store with one list, linked in both directions, and the lease of its link.
pub(crate) async fn linked() -> (SqliteStore, List, Lease) {
    let store = store();
    let list = list(&store, "Staff").await;
    store.create(&link("l1", &list.id, "g1", Mode::TwoWay), at(0)).await.unwrap();
    let lease = lease(&store, "l1", at(0)).await;
    (store, list, lease)
}

pub(crate) async fn lease(store: &SqliteStore, link: &str, now: Timestamp) -> Lease {
    match store.acquire(&LinkId::parse(link).unwrap(), now, MINUTE).await.unwrap() {
        Acquired::Lease(lease) => lease,
        Acquired::Busy(until) => panic!("busy until {until}"),
    }
}

pub(crate) fn finish(synced: Option<u64>, now: Timestamp) -> Finish {
    Finish {
        progress: Progress::default(),
        status: None,
        synced: synced.map(Generation),
        due_at: now.checked_add(15 * MINUTE).unwrap(),
        ruling_done: None,
        members: Vec::new(),
        at: now,
    }
}

pub(crate) fn member(id: &str) -> Member {
    Member { in_baseline: true, ..Member::unknown(MemberKey::Principal(object(id))) }
}

pub(crate) fn add_step(local: &str, id: &str) -> ListStep {
    let effect = ListEffect::Add { contact: person(local), object_id: object(id), primary: None };
    ListStep { effect, then: member(id) }
}

pub(crate) fn list_fold(steps: Vec<ListStep>, seen: Option<Cursor>) -> Fold {
    Fold { list: steps, list_seen: seen, ..Fold::default() }
}

/// The match of a contact to an object.
pub(crate) fn bound(contact: &ContactId, to: &str) -> Binding {
    Binding {
        contact: contact.clone(),
        object: object(to),
        grounds: Grounds::new(address("matched"), None, at(0)),
    }
}

/// That a run put somebody into the group.
pub(crate) fn told(local: &str, contact: Option<&ContactId>) -> Done {
    Done {
        change: Change { side: Side::Group, op: Op::Add },
        because: Because::Known(Cause::ListAdded),
        object: None,
        contact: contact.cloned(),
        address: Some(address(local)),
        at: at(3),
    }
}

/// A run's first batch.
pub(crate) fn effects(list: &ListId, done: Vec<Done>) -> FoldEffects {
    let place = BatchPlace { at: at(3), run: RunId::parse("r1").unwrap(), number: 0 };
    let (link, certainty) = (LinkId::parse("l1").unwrap(), Certainty::Certain);
    let batch = Batch { list: list.clone(), link, place, certainty, done };
    FoldEffects { batch, keep: 36_500 * DAY }
}
