use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Depth, Nesting, Principal, Reading},
};
use listsync_engine::ports::{
    Applied, Call, Changes, Clock as _, CountCheck, Cursor, Directory, Fault, Grant, Granted, Group,
    GroupKind, GroupQuery, Guest, Invited, KindRefusal, Lookup, Membership, Need, NewGroup, NewGroupKind,
    PeopleChanges, PeoplePage, Places, PortError, PortResult, ProofLife, code,
};

use super::{Actor, Event, FakeDirectory, State, group_gone};

const LOOK_UPS: usize = 300;
const ADDS: usize = 100;
const REMOVES: usize = 20;
const INVITES: usize = 20;
const LINKS_IN_ONE_WRITE: usize = 20;

impl State {
    fn find_group(&self, query: &GroupQuery) -> PortResult<Group> {
        let missing = || PortError::new(Fault::Gone, "group_gone", "there is no such group");
        match query {
            GroupQuery::Id(id) => self.group(id).map(|row| row.group.clone()),
            GroupQuery::Name(name) => {
                if let Some(id) = self.unique_names.get(name) {
                    return self.group(id).map(|row| row.group.clone());
                }
                let mut named = self.groups.values().filter(|row| row.group.name == *name);
                match (named.next(), named.next()) {
                    (Some(row), None) => Ok(row.group.clone()),
                    (None, _) => Err(missing()),
                    (Some(_), Some(_)) => {
                        Err(PortError::new(Fault::Rejected, "ambiguous", "several groups have this name"))
                    }
                }
            }
        }
    }

    /// The members as a read shows them now: of one replica, or of several at once.
    fn shown(&mut self, group: &GroupId, now: Timestamp) -> PortResult<BTreeSet<ObjectId>> {
        let one = self.position(group, now)?;
        let other = self.position(group, now)?;
        let mixed = one != other && self.dice.chance(50);
        let row = self.group(group)?;
        let mut shown = row.history.state(one);
        if mixed {
            let contested =
                shown.symmetric_difference(&row.history.state(other)).cloned().collect::<Vec<_>>();
            for id in contested {
                if self.dice.chance(50) && !shown.remove(&id) {
                    shown.insert(id);
                }
            }
        }
        shown.retain(|id| self.people.contains_key(id));
        Ok(shown)
    }

    fn read(&mut self, group: &GroupId, now: Timestamp) -> PortResult<Reading> {
        let replicas = self.lag.replicas;
        self.groups.get_mut(group).ok_or_else(|| group_gone(group))?.history.settle(replicas, now);
        let mut rows = self.shown(group, now)?;
        let mut count = self.shown(group, now)?.len() as u64;
        let percent = self.short_read_percent;
        if self.short_reads > 0 || self.dice.chance(percent) {
            self.short_reads = self.short_reads.saturating_sub(1);
            count = rows.len() as u64;
            rows.pop_first();
        }
        let (others, nesting) = (self.others.clone(), Nesting::Flat);
        Ok(Reading { rows: self.principals(rows), count: Some(count), others, nesting })
    }

    fn changes(&mut self, group: &GroupId, since: &Cursor, now: Timestamp) -> PortResult<Changes> {
        let shown = self.position(group, now)?;
        let (repeat, go_back) = (self.dice.chance(20), self.dice.chance(50));
        let repeated = self.repeated(group);
        let row = self.group(group)?;
        let gone = || PortError::new(Fault::Gone, "cursor_expired", "the change cursor is too old");
        let (epoch, from) = since.0.split_once(':').ok_or_else(gone)?;
        let from: usize = from.parse().map_err(|_| gone())?;
        if epoch != row.epoch.to_string() {
            return Err(gone());
        }
        let start = if repeat && self.lag.replicas > 1 { from.saturating_sub(2) } else { from };
        let merged = row.history.between(start, shown);
        let next = if go_back { shown } else { shown.max(from) };
        let cursor = Cursor(format!("{}:{next}", row.epoch));
        let of = |wanted| merged.iter().filter(move |(_, op)| **op == wanted).map(|(id, _)| id.clone());
        let mut added: BTreeSet<ObjectId> = of(Op::Add).filter(|id| self.people.contains_key(id)).collect();
        let mut removed: BTreeSet<ObjectId> = of(Op::Remove).collect();
        for (id, op) in repeated.into_iter().filter(|(id, _)| !merged.contains_key(id)) {
            match op {
                Op::Add => added.insert(id),
                Op::Remove => removed.insert(id),
            };
        }
        Ok(Changes { added, removed, nested: BTreeSet::new(), cursor, count: None })
    }

    fn has_any(&self, group: &GroupId, ids: &[ObjectId]) -> bool {
        let newest = self.groups.get(group).map(|row| row.history.newest());
        newest.is_some_and(|newest| ids.iter().any(|id| newest.contains(id)))
    }

    fn write(&mut self, group: &GroupId, op: Op, (id, now): (&ObjectId, Timestamp)) -> Applied {
        let missing = || PortError::new(Fault::Rejected, code::NO_SUCH_USER, format!("{id} does not exist"));
        let is_known = self.is_known(id, now);
        let Self { groups, rejected, lag, dice, .. } = self;
        let Some(row) = groups.get_mut(group) else {
            return Applied::Rejected(group_gone(group));
        };
        if let Some(KindRefusal { code, why, .. }) = row.group.kind.refusal() {
            return Applied::Rejected(PortError::new(Fault::Denied, code, why));
        }
        match op {
            Op::Remove if !row.history.newest().contains(id) => return Applied::AlreadySo,
            Op::Add if !is_known => return Applied::Rejected(missing()),
            Op::Add if row.history.newest().contains(id) => return Applied::AlreadySo,
            Op::Add if rejected.contains(id) => {
                let message = format!("{id} may not join the group");
                return Applied::Rejected(PortError::new(Fault::Rejected, "Request_BadRequest", message));
            }
            Op::Add | Op::Remove => {}
        }
        row.history.push(Event { at: now, member: id.clone(), op, actor: Actor::Listsync }, *lag, dice);
        Applied::Done
    }
}

impl FakeDirectory {
    /// Counts a request that goes out, unless its time is over.
    fn start(&self, call: Call<'_>) -> PortResult<()> {
        if self.clock.now() >= call.until {
            return Err(PortError::new(Fault::Unavailable, "out_of_time", "no time is left for the request"));
        }
        call.meter.count(0);
        Ok(())
    }
}

/// The names are those of the real directory, for who reads a test.
fn least(need: Need) -> &'static str {
    match need {
        Need::ReadMembers | Need::WriteMembers => "GroupMember.ReadWrite.All",
        Need::ReadPeople => "User.Read.All",
        Need::CreateGroups => "Group.Create",
        Need::InviteGuests => "User.Invite.All",
        Need::ReadHiddenMembers => "Member.Read.Hidden",
        Need::ReadMailboxes => "MailboxSettings.Read",
        Need::HearChanges => "Group.Read.All",
        Need::SendMail => "Mail.Send",
    }
}

#[async_trait]
impl Places for FakeDirectory {
    async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group> {
        self.start(call)?;
        self.lock().find_group(query)
    }

    async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor> {
        self.start(call)?;
        let mut state = self.lock();
        let position = state.position(group, self.clock.now())?;
        Ok(Cursor(format!("{}:{position}", state.group(group)?.epoch)))
    }

    async fn read(&self, call: Call<'_>, group: &GroupId, _: Depth) -> PortResult<Reading> {
        self.start(call)?;
        self.lock().read(group, self.clock.now())
    }

    async fn changes(
        &self,
        call: Call<'_>,
        group: &GroupId,
        since: &Cursor,
        count: CountCheck,
    ) -> PortResult<Changes> {
        self.start(call)?;
        let now = self.clock.now();
        let mut state = self.lock();
        let mut changes = state.changes(group, since, now)?;
        if count == CountCheck::Due {
            changes.count = Some(state.shown(group, now)?.len() as u64);
        }
        Ok(changes)
    }

    async fn present(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>> {
        self.start(call)?;
        let shown = self.lock().shown(group, self.clock.now())?;
        Ok(ids.iter().filter(|id| shown.contains(*id)).cloned().collect())
    }

    async fn owners(&self, call: Call<'_>, group: &GroupId) -> PortResult<BTreeSet<ObjectId>> {
        self.start(call)?;
        self.lock().group(group).map(|row| row.owners.clone())
    }

    async fn look_up(&self, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>> {
        for _ in addresses.chunks(LOOK_UPS) {
            self.start(call)?;
        }
        let (mut state, now) = (self.lock(), self.clock.now());
        Ok(addresses.iter().map(|address| state.look_up(address, now)).collect())
    }

    async fn head_count(&self, call: Call<'_>) -> PortResult<u64> {
        self.start(call)?;
        Ok(self.lock().people.len() as u64)
    }

    async fn people(&self, call: Call<'_>, page: Option<&Cursor>) -> PortResult<PeoplePage> {
        self.start(call)?;
        Ok(self.lock().page(page, self.clock.now()))
    }

    async fn by_id(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<Vec<Principal>> {
        self.start(call)?;
        Ok(self.lock().known(ids.iter().cloned(), self.clock.now()))
    }

    async fn write(&self, call: Call<'_>, group: &GroupId, op: Op, ids: &[ObjectId]) -> Vec<Applied> {
        if self.clock.now() >= call.until {
            return vec![Applied::NotSent; ids.len()];
        }
        for batch in ids.chunks(self.write_batch(op)) {
            let writes = match op {
                Op::Add => batch.len().div_ceil(LINKS_IN_ONE_WRITE),
                Op::Remove => batch.len(),
            };
            call.meter.count(writes as u64);
        }
        let now = self.clock.now();
        let mut state = self.lock();
        ids.iter().map(|id| state.write(group, op, (id, now))).collect()
    }

    async fn write_again(&self, call: Call<'_>, group: &GroupId, ids: &[ObjectId]) -> Vec<Applied> {
        let mut applied = Vec::with_capacity(ids.len());
        for some in ids.chunks(LINKS_IN_ONE_WRITE) {
            if self.lock().has_any(group, some) {
                call.meter.count(1);
                applied.extend(vec![Applied::Undecided; some.len()]);
                if applied.len() == some.len() {
                    return vec![Applied::Undecided; ids.len()];
                }
            } else {
                applied.extend(self.write(call, group, Op::Add, some).await);
            }
        }
        applied
    }

    fn look_up_batch(&self) -> usize {
        LOOK_UPS
    }

    fn write_batch(&self, op: Op) -> usize {
        let most = match op {
            Op::Add => ADDS,
            Op::Remove => REMOVES,
        };
        most.min(self.lock().most_written)
    }

    fn people_page(&self) -> usize {
        999
    }
}

#[async_trait]
impl Directory for FakeDirectory {
    async fn groups(&self, call: Call<'_>, begins: &str, most: usize) -> PortResult<Vec<Group>> {
        self.start(call)?;
        let begins = begins.to_lowercase();
        let state = self.lock();
        let named = state.groups.values().map(|row| &row.group);
        let fitting = named.filter(|group| group.name.to_lowercase().starts_with(&begins));
        Ok(fitting.take(most).cloned().collect())
    }

    async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group> {
        self.start(call)?;
        let known = self.lock().unique_names.get(&new.unique_name).cloned();
        if let Some(id) = known {
            return self.lock().group(&id).map(|row| row.group.clone());
        }
        let id = GroupId::parse(&format!("made-{}", new.unique_name))
            .map_err(|error| PortError::new(Fault::Rejected, "Request_BadRequest", error.to_string()))?;
        let kind = match new.kind {
            NewGroupKind::Microsoft365 => GroupKind::Microsoft365,
            NewGroupKind::Security => GroupKind::Security,
        };
        let group = Group { id: id.clone(), name: new.name.clone(), kind, membership: Membership::Shown };
        self.put_group(group.clone(), []);
        self.lock().unique_names.insert(new.unique_name.clone(), id);
        Ok(group)
    }

    async fn owners_of_each(
        &self,
        call: Call<'_>,
        groups: &[GroupId],
    ) -> PortResult<BTreeMap<GroupId, BTreeSet<ObjectId>>> {
        self.start(call)?;
        let state = self.lock();
        if let Some(error) = groups.iter().find_map(|group| state.refused.get(group)) {
            return Err(error.clone());
        }
        let owners = |group: &GroupId| Some((group.clone(), state.group(group).ok()?.owners.clone()));
        Ok(groups.iter().filter_map(owners).collect())
    }

    async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor> {
        self.start(call)?;
        let state = self.lock();
        state.may_read_people()?;
        Ok(state.people_log.cursor(self.clock.now()))
    }

    async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges> {
        self.start(call)?;
        let state = self.lock();
        state.may_read_people()?;
        state.people_log.since(since, self.clock.now())
    }

    async fn invite(&self, call: Call<'_>, guests: &[Guest]) -> Vec<Invited> {
        if self.clock.now() >= call.until {
            return vec![Invited::NotSent; guests.len()];
        }
        call.meter.count(guests.len() as u64);
        let (mut state, now) = (self.lock(), self.clock.now());
        guests.iter().map(|guest| state.invite(guest, now)).collect()
    }

    async fn shared_mailboxes(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<BTreeSet<ObjectId>> {
        self.start(call)?;
        let state = self.lock();
        Ok(ids.iter().filter(|id| state.shared.contains(*id)).cloned().collect())
    }

    async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        self.start(call)?;
        Ok(self.lock().domains.clone())
    }

    async fn permissions(&self, _call: Call<'_>) -> PortResult<BTreeSet<String>> {
        Ok(self.lock().permissions.clone())
    }

    async fn grants(&self, _call: Call<'_>, needs: &[Need]) -> PortResult<Vec<Grant>> {
        let state = self.lock();
        let grant = |need: &Need| {
            let least = least(*need);
            let by = if state.permissions.contains(least) { Granted::Least } else { Granted::Missing };
            Grant { need: *need, least, by }
        };
        Ok(needs.iter().map(grant).collect())
    }

    async fn proof_life(&self, _call: Call<'_>) -> PortResult<ProofLife> {
        Ok(ProofLife::Endless("nobody has to prove anything to a fake"))
    }

    async fn clock_skew(&self, call: Call<'_>, _now: Timestamp) -> PortResult<i64> {
        self.start(call)?;
        Ok(self.lock().skew)
    }

    fn invite_batch(&self) -> usize {
        INVITES
    }
}
