use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::{Link, LinkStatus, Side},
    member::{Member, MemberKey},
    new_group::MadeGroup,
    schedule,
    sizes::{Found, Sizes},
    trigger::Generation,
};
use listsync_engine::ports::{
    Acquired, Clock as _, DueLink, Failing, Fault, Finish, Finished, Fold, Lease, LinkEdit, LinkState, Links,
    ListOutcome, MemberQuery, Moved, PortError, PortResult, Progress,
};

use super::{MemoryStore, State, rejected};

/// A link's row and all that hangs on it.
#[derive(Debug)]
pub(super) struct LinkRow {
    pub(super) state: LinkState,
    pub(super) token: u64,
    /// A resync was asked for while a run was going: what that run hands on must not undo it.
    pub(super) resync: bool,
    pub(super) members: BTreeMap<MemberKey, Member>,
    /// From its group; those from its list are the list's.
    pub(super) moved: Vec<Moved>,
}

/// What the links of a list keep of it for the guard.
#[derive(Debug, Default)]
pub(super) struct ListCounts {
    pub(super) moved: Vec<Moved>,
    sizes: Option<Sizes>,
}

impl LinkRow {
    pub(super) fn is_leased(&self, now: Timestamp) -> bool {
        schedule::is_leased(self.state.leased_until, now)
    }

    pub(super) fn holds(&self, lease: &Lease) -> PortResult<()> {
        if self.token == lease.token { Ok(()) } else { Err(lost()) }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.state.link.status == LinkStatus::Active
            && (self.state.due_at <= now
                || (self.state.requested > self.state.synced && !self.is_leased(now)))
    }

    fn edit(&mut self, edit: &LinkEdit, now: Timestamp) -> PortResult<()> {
        let progress = &mut self.state.progress;
        match edit {
            LinkEdit::Status(status) => {
                self.state.link.status = *status;
                if *status == LinkStatus::Active {
                    self.state.due_at = now;
                }
            }
            LinkEdit::Rule(ruling) => match &progress.hold {
                Some(hold) if hold.digest == ruling.digest => self.state.ruling = Some(ruling.clone()),
                _ => return Err(rejected("no_such_hold", "nothing is held under this digest")),
            },
            LinkEdit::Change(patch) => {
                let change =
                    self.state.progress.change((&self.state.link, patch), (self.state.leased_until, now));
                if let Some((link, progress)) = change? {
                    (self.state.link, self.state.progress) = (link, progress);
                    self.state.due_at = self.state.due_at.min(now);
                }
            }
            LinkEdit::Resync => {
                forget_cursors(progress);
                self.resync = self.is_leased(now);
            }
            LinkEdit::Relink if self.is_leased(now) => {
                return Err(PortError::new(Fault::Busy, "link_busy", "a run of the link is going"));
            }
            LinkEdit::Relink => {
                self.token += 1;
                self.state.progress = self.state.progress.relinked();
                self.state.link.made_at = None;
                self.state.ruling = None;
                self.members.clear();
                self.moved.clear();
            }
            LinkEdit::Failing(reason) => {
                self.state.progress.failing = Some(Failing { reason: reason.clone(), since: now });
            }
        }
        Ok(())
    }
}

pub(super) fn forget_cursors(progress: &mut Progress) {
    progress.group_cursor = None;
    progress.list_cursor = None;
    progress.full_read_at = None;
}

fn lost() -> PortError {
    PortError::new(Fault::LeaseLost, "lease_lost", "another worker has the link")
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

impl State {
    fn create(&mut self, link: &Link, now: Timestamp) -> PortResult<()> {
        if self.links.contains_key(&link.id) {
            return Err(rejected("link_exists", "there is such a link already"));
        }
        self.check_group_free(link)?;
        for other in self.links.values().map(|row| &row.state.link) {
            let both = |side| link.mode.writes(side) && other.mode.writes(side);
            if other.list == link.list && both(Side::List) {
                let message = format!("the list takes changes already, by link {}", other.id);
                return Err(rejected("list_taken", &message));
            }
        }
        let state = LinkState {
            link: link.clone(),
            progress: Progress::default(),
            ruling: None,
            requested: Generation::default(),
            synced: Generation::default(),
            due_at: now,
            leased_until: None,
            finished_at: None,
        };
        let row = LinkRow { state, token: 0, resync: false, members: BTreeMap::new(), moved: Vec::new() };
        self.links.insert(link.id.clone(), row);
        Ok(())
    }
}

impl State {
    /// That no other link writes the group of this one, where it does.
    fn check_group_free(&self, link: &Link) -> PortResult<()> {
        let writes = |one: &Link| one.mode.writes(Side::Group) && one.group == link.group;
        let mut others = self.links.values().map(|row| &row.state.link).filter(|other| other.id != link.id);
        let Some(other) = others.find(|other| writes(other)).filter(|_| link.mode.writes(Side::Group)) else {
            return Ok(());
        };
        let list = self.book.lists.get(&other.list).map(|row| row.list.name.clone()).unwrap_or_default();
        let message = format!("the group is written already, from list '{list}' by link {}", other.id);
        Err(rejected("group_taken", &message))
    }

    fn settle_group(&mut self, lease: &Lease, made: &MadeGroup) -> PortResult<()> {
        let row = self.links.get(&lease.link).ok_or_else(lost)?;
        row.holds(lease)?;
        if !row.state.link.is_pending() {
            return Ok(());
        }
        let link = row.state.link.clone().with_group(made.clone());
        self.check_group_free(&link)?;
        self.link(&lease.link)?.state.link = link;
        self.writes.links += 1;
        Ok(())
    }
}

impl MemoryStore {
    /// As if a link's runs had been before sizes were kept, those of its list as well.
    ///
    /// # Panics
    /// When there is no such link.
    pub fn forget_sizes(&self, link: &LinkId) {
        let mut state = self.lock();
        let row = state.links.get_mut(link).expect("the link is there");
        row.state.progress.group_sizes = None;
        let list = row.state.link.list.clone();
        state.counts.entry(list).or_default().sizes = None;
    }
}

fn wanted(row: &LinkRow, query: MemberQuery<'_>) -> Vec<Member> {
    let of = |test: &dyn Fn(&Member) -> bool| row.members.values().filter(|m| test(m)).cloned().collect();
    match query {
        MemberQuery::All => of(&|_| true),
        MemberQuery::Open => of(&|member| member.open.is_some() || member.intent.is_some()),
        MemberQuery::Of { objects, contacts } => {
            let (objects, contacts): (BTreeSet<_>, BTreeSet<_>) =
                (objects.iter().collect(), contacts.iter().collect());
            of(&|member| {
                member.key.object_id().is_some_and(|id| objects.contains(id))
                    || member.contact.as_ref().is_some_and(|id| contacts.contains(id))
                    || matches!(&member.key, MemberKey::Contact(id) if contacts.contains(id))
            })
        }
    }
}

#[async_trait]
impl Links for MemoryStore {
    async fn create(&self, link: &Link, now: Timestamp) -> PortResult<()> {
        self.lock().create(link, now)
    }

    async fn page(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.lock();
        let rows = state.links.range::<LinkId, _>((from, Bound::Unbounded));
        Ok(rows.take(limit).map(|(_, row)| row.state.clone()).collect())
    }

    async fn of_list(&self, list: &ListId) -> PortResult<Vec<LinkState>> {
        let state = self.lock();
        let states = state.links.values().map(|row| &row.state);
        Ok(states.filter(|state| state.link.list == *list).cloned().collect())
    }

    async fn of_group(&self, tenant: &TenantId, group: &GroupId) -> PortResult<Vec<LinkState>> {
        let state = self.lock();
        let states = state.links.values().map(|row| &row.state);
        let is_of = |link: &Link| link.tenant == *tenant && link.groups().any(|one| one == group);
        Ok(states.filter(|state| is_of(&state.link)).cloned().collect())
    }

    async fn load(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        Ok(self.lock().links.get(link).map(|row| row.state.clone()))
    }

    async fn edit(&self, link: &LinkId, edit: &LinkEdit, now: Timestamp) -> PortResult<()> {
        let mut state = self.lock();
        state.link(link)?.edit(edit, now)?;
        state.writes.links += 1;
        Ok(())
    }

    async fn delete(&self, link: &LinkId) -> PortResult<()> {
        let mut state = self.lock();
        let Some(gone) = state.links.remove(link) else { return Ok(()) };
        let list = &gone.state.link.list;
        if state.links.values().all(|row| row.state.link.list != *list) {
            state.counts.entry(list.clone()).or_default().sizes = None;
        }
        Ok(())
    }

    async fn due(&self, now: Timestamp, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<DueLink>> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.lock();
        let rows = state.links.range::<LinkId, _>((from, Bound::Unbounded));
        let due = rows.filter(|(_, row)| row.is_due(now)).take(limit);
        Ok(due.map(|(id, row)| DueLink { link: id.clone(), every: row.state.link.every }).collect())
    }

    async fn request(&self, link: &LinkId, next_due: Option<Timestamp>) -> PortResult<Generation> {
        let mut state = self.lock();
        state.writes.links += 1;
        let row = state.link(link)?;
        row.state.requested.0 += 1;
        row.state.due_at = next_due.unwrap_or(row.state.due_at);
        Ok(row.state.requested)
    }

    async fn acquire(&self, link: &LinkId, now: Timestamp, ttl: Duration) -> PortResult<Acquired> {
        let mut state = self.lock();
        let row = state.link(link)?;
        if let Some(until) = row.state.leased_until.filter(|_| row.is_leased(now)) {
            return Ok(Acquired::Busy(until));
        }
        row.token += 1;
        let until = later(now, ttl);
        row.state.leased_until = Some(until);
        let token = row.token;
        state.writes.links += 1;
        Ok(Acquired::Lease(Lease { link: link.clone(), token, until }))
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> PortResult<Lease> {
        let mut state = self.lock();
        let row = state.links.get_mut(&lease.link).ok_or_else(lost)?;
        row.holds(lease)?;
        let until = later(now, ttl);
        row.state.leased_until = Some(until);
        state.writes.links += 1;
        Ok(Lease { until, ..lease.clone() })
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        let mut state = self.lock();
        if let Some(row) = state.links.get_mut(&lease.link)
            && row.token == lease.token
        {
            row.state.leased_until = None;
            state.writes.links += 1;
        }
        Ok(())
    }

    async fn settle_group(&self, lease: &Lease, made: &MadeGroup) -> PortResult<()> {
        self.lock().settle_group(lease, made)
    }

    async fn members(&self, link: &LinkId, query: MemberQuery<'_>) -> PortResult<Vec<Member>> {
        self.lock().link(link).map(|row| wanted(row, query))
    }

    async fn group_size(&self, link: &LinkId) -> PortResult<u64> {
        let mut state = self.lock();
        let members = state.link(link)?.members.values();
        Ok(members.filter(|member| member.group.is_some_and(|belief| belief.present)).count() as u64)
    }

    async fn moved(&self, link: &LinkId, since: Timestamp) -> PortResult<Vec<Moved>> {
        let mut state = self.lock();
        let row = state.link(link)?;
        let (list, mut moved) = (row.state.link.list.clone(), row.moved.clone());
        moved.extend(state.counts.get(&list).into_iter().flat_map(|counts| &counts.moved));
        moved.retain(|moved| moved.at >= since);
        moved.sort_by_key(|moved| moved.at);
        Ok(moved)
    }

    async fn list_sizes(&self, list: &ListId) -> PortResult<Option<Sizes>> {
        Ok(self.lock().counts.get(list).and_then(|counts| counts.sizes.clone()))
    }

    async fn note_list_size(&self, list: &ListId, found: Found) -> PortResult<()> {
        let mut state = self.lock();
        let kept = &mut state.counts.entry(list.clone()).or_default().sizes;
        let after = Sizes::after(kept.as_ref(), found);
        if kept.replace(after.clone()) != Some(after) {
            state.writes.sizes += 1;
        }
        Ok(())
    }

    async fn fold(&self, lease: &Lease, fold: &Fold) -> PortResult<Vec<ListOutcome>> {
        let mut state = self.lock();
        state.book.now = self.clock.now();
        let outcomes = state.fold(lease, fold);
        state.tally();
        outcomes
    }

    async fn finish(&self, lease: &Lease, finish: &Finish) -> PortResult<Finished> {
        self.lock().finish(lease, finish)
    }
}
