//! A directory whose replicas lag and disagree, as Microsoft Entra ID's do.

mod people;
mod port;
mod replicas;
mod young;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Others, Principal},
};
use listsync_engine::ports::{Clock as _, Fault, Group, GroupKind, PortError, PortResult};

use super::ManualClock;
use crate::dice::Dice;
use people::{Fate, PeopleLog};
use replicas::History;
pub use replicas::{Actor, Event};

/// How far reads are behind writes.
#[derive(Debug, Clone, Copy)]
pub struct Lag {
    /// At the most.
    pub most: Duration,
    /// How many replicas there are, each with a lag of its own; a read is served by any of them.
    pub replicas: usize,
}

impl Lag {
    /// Every read shows every write.
    pub const NONE: Self = Self { most: Duration::ZERO, replicas: 1 };
}

/// A directory in memory. Clones are the same directory.
///
/// Writes are judged against the newest state. Each read is served by a replica that dice choose, so that two reads may
/// go back in time; a full read may even be put together from several. No read is older than [`Lag::most`]. A delta
/// cursor is a position in the history; the replica that serves it shows what it has beyond that, and may repeat some.
#[derive(Debug, Clone)]
pub struct FakeDirectory {
    state: Arc<Mutex<State>>,
    clock: ManualClock,
}

#[derive(Debug)]
struct State {
    lag: Lag,
    dice: Dice,
    people: BTreeMap<ObjectId, Principal>,
    people_log: PeopleLog,
    by_address: BTreeMap<Address, BTreeSet<ObjectId>>,
    groups: BTreeMap<GroupId, GroupRow>,
    refused: BTreeMap<GroupId, PortError>,
    unique_names: BTreeMap<String, GroupId>,
    rejected: BTreeSet<ObjectId>,
    short_reads: u32,
    short_read_percent: u64,
    domains: BTreeSet<String>,
    permissions: BTreeSet<String>,
    skew: i64,
    others: Others,
    shared: BTreeSet<ObjectId>,
    uninvitable: BTreeMap<Address, PortError>,
    invitations: Vec<Address>,
    /// Who is new, and from when on each replica finds them.
    late: BTreeMap<ObjectId, Vec<Timestamp>>,
    /// Old changes that the next read of a group's changes repeats.
    repeats: BTreeMap<GroupId, BTreeMap<ObjectId, Op>>,
    repeat_percent: u64,
    /// How many ids one write takes at the most.
    most_written: usize,
}

#[derive(Debug)]
struct GroupRow {
    group: Group,
    owners: BTreeSet<ObjectId>,
    history: History,
    epoch: u64,
}

impl FakeDirectory {
    /// An empty tenant.
    #[must_use]
    pub fn new(clock: &ManualClock, lag: Lag, dice: Dice) -> Self {
        let permissions = ["GroupMember.ReadWrite.All", "User.Read.All"].map(str::to_owned).into();
        let state = State {
            lag,
            dice,
            people: BTreeMap::new(),
            people_log: PeopleLog::default(),
            by_address: BTreeMap::new(),
            groups: BTreeMap::new(),
            refused: BTreeMap::new(),
            unique_names: BTreeMap::new(),
            rejected: BTreeSet::new(),
            short_reads: 0,
            short_read_percent: 0,
            domains: BTreeSet::new(),
            permissions,
            skew: 0,
            others: Others::new(),
            shared: BTreeSet::new(),
            uninvitable: BTreeMap::new(),
            invitations: Vec::new(),
            late: BTreeMap::new(),
            repeats: BTreeMap::new(),
            repeat_percent: 0,
            most_written: usize::MAX,
        };
        Self { state: Arc::new(Mutex::new(state)), clock: clock.clone() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a person into the tenant, or changes them.
    pub fn put_person(&self, person: Principal) {
        let mut state = self.lock();
        state.forget_addresses(&person.id);
        for address in person.addresses() {
            state.by_address.entry(address.clone()).or_default().insert(person.id.clone());
        }
        let shown_at = state.shown_at(self.clock.now());
        state.people_log.push(shown_at, &person.id, Fate::Changed(person.primary_address().cloned()));
        state.people.insert(person.id.clone(), person);
    }

    /// Deletes a person: they are gone from every group at once, and no group's changes tell; those of people do.
    pub fn delete_person(&self, id: &ObjectId) {
        let mut state = self.lock();
        state.forget_addresses(id);
        let shown_at = state.shown_at(self.clock.now());
        state.people_log.push(shown_at, id, Fate::Gone);
        state.people.remove(id);
    }

    /// Puts a group with these members into the tenant, known to every replica.
    pub fn put_group(&self, group: Group, members: impl IntoIterator<Item = ObjectId>) {
        let history = History::starting(members.into_iter().collect());
        let row = GroupRow { group: group.clone(), owners: BTreeSet::new(), history, epoch: 0 };
        self.lock().groups.insert(group.id, row);
    }

    /// Deletes a group.
    pub fn delete_group(&self, group: &GroupId) {
        self.lock().groups.remove(group);
    }

    /// Every read of the group fails so from now on; none: reads succeed again.
    pub fn refuse_reads(&self, group: &GroupId, error: Option<PortError>) {
        let mut state = self.lock();
        match error {
            Some(error) => state.refused.insert(group.clone(), error),
            None => state.refused.remove(group),
        };
    }

    /// Makes the group one of this kind.
    pub fn set_kind(&self, group: &GroupId, kind: GroupKind) {
        if let Some(row) = self.lock().groups.get_mut(group) {
            row.group.kind = kind;
        }
    }

    /// Makes these the group's owners.
    pub fn set_owners(&self, group: &GroupId, owners: impl IntoIterator<Item = ObjectId>) {
        if let Some(row) = self.lock().groups.get_mut(group) {
            row.owners = owners.into_iter().collect();
        }
    }

    /// Somebody else than listsync adds or removes a member. Whether that changed anything.
    pub fn edit(&self, group: &GroupId, op: Op, member: &ObjectId) -> bool {
        let now = self.clock.now();
        let mut state = self.lock();
        let State { groups, dice, lag, .. } = &mut *state;
        groups.get_mut(group).is_some_and(|row| {
            let event = Event { at: now, member: member.clone(), op, actor: Actor::Person };
            row.history.push(event, *lag, dice)
        })
    }

    /// Who is in the group, by the newest state.
    #[must_use]
    pub fn members(&self, group: &GroupId) -> BTreeSet<ObjectId> {
        let state = self.lock();
        let newest = state.groups.get(group).map(|row| row.history.newest());
        newest.into_iter().flatten().filter(|id| state.people.contains_key(*id)).cloned().collect()
    }

    /// All that happened to the group's members, oldest first.
    #[must_use]
    pub fn events(&self, group: &GroupId) -> Vec<Event> {
        self.lock().groups.get(group).map(|row| row.history.events().cloned().collect()).unwrap_or_default()
    }

    /// Every change cursor that was given out for the group is refused from now on.
    pub fn expire_cursors(&self, group: &GroupId) {
        if let Some(row) = self.lock().groups.get_mut(group) {
            row.epoch += 1;
        }
    }

    /// Every cursor for changes of people that was given out is refused from now on.
    pub fn expire_people_cursors(&self) {
        self.lock().people_log.expire();
    }

    /// The next so many full reads miss a row that their count counts.
    pub fn shorten_reads(&self, reads: u32) {
        self.lock().short_reads = reads;
    }

    /// From now on this share of all full reads, in percent, misses a row that its count counts.
    pub fn shorten_some_reads(&self, percent: u64) {
        self.lock().short_read_percent = percent;
    }

    /// From now on one write takes so many ids at its best, so that few people make several writes.
    pub fn take_few(&self, most: usize) {
        self.lock().most_written = most;
    }

    /// Every addition of this person is refused from now on.
    pub fn reject(&self, person: &ObjectId) {
        self.lock().rejected.insert(person.clone());
    }

    /// Additions of this person are taken again.
    pub fn accept(&self, person: &ObjectId) {
        self.lock().rejected.remove(person);
    }

    /// From now on reads lag like this; what was written before keeps its lag.
    pub fn set_lag(&self, lag: Lag) {
        self.lock().lag = lag;
    }

    /// Makes these the tenant's own domains.
    pub fn set_domains(&self, domains: impl IntoIterator<Item = String>) {
        self.lock().domains = domains.into_iter().collect();
    }

    /// Gives the credential these permissions, and no others.
    pub fn set_permissions(&self, permissions: impl IntoIterator<Item = String>) {
        self.lock().permissions = permissions.into_iter().collect();
    }

    /// From now on every group holds these members that are no people.
    pub fn set_others(&self, others: Others) {
        self.lock().others = others;
    }

    /// Behind this account stands no person.
    pub fn put_shared_mailbox(&self, person: Principal) {
        self.lock().shared.insert(person.id.clone());
        self.put_person(person);
    }

    /// Every invitation of this address is refused from now on.
    pub fn refuse_invitations(&self, address: &Address, error: PortError) {
        self.lock().uninvitable.insert(address.clone(), error);
    }

    /// Whom invitations went to, oldest first.
    #[must_use]
    pub fn invitations(&self) -> Vec<Address> {
        self.lock().invitations.clone()
    }

    /// Sets the directory's clock so many seconds ahead.
    pub fn set_skew(&self, seconds: i64) {
        self.lock().skew = seconds;
    }
}

impl State {
    fn forget_addresses(&mut self, id: &ObjectId) {
        if let Some(known) = self.people.get(id) {
            for address in known.addresses() {
                if let Some(ids) = self.by_address.get_mut(address) {
                    ids.remove(id);
                }
            }
        }
    }

    fn group(&self, group: &GroupId) -> PortResult<&GroupRow> {
        if let Some(error) = self.refused.get(group) {
            return Err(error.clone());
        }
        self.groups.get(group).ok_or_else(|| group_gone(group))
    }

    /// When changes of people of this moment are shown, at the latest.
    fn shown_at(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.lag.most).unwrap_or(Timestamp::MAX)
    }

    fn position(&mut self, group: &GroupId, now: Timestamp) -> PortResult<usize> {
        let replicas = self.lag.replicas;
        let replica = self.dice.index(replicas);
        Ok(self.group(group)?.history.position(replica, now))
    }
}

fn group_gone(group: &GroupId) -> PortError {
    PortError::new(Fault::Gone, "group_gone", format!("group {group} does not exist"))
}
