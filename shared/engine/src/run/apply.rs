//! Performing a plan, batch by batch: intend, do, record. What it does to the group is in `apply_group`, what to the list in
//! `apply_list`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicU32,
    time::Duration,
};

use listsync_core::{
    Timestamp,
    effects::Done,
    flight::Window,
    id::ContactId,
    link::Side,
    member::{Change, MemberKey, Op},
    plan::{Effect, Naming, Release},
    schedule::LEASE,
    summary::{Failure, Summary},
};

use super::{decide::Resolution, invite::Handed, look::Look, onward, told::of_rows};
use crate::{
    ports::{Call, Cursor, Fault, Fold, Lease, ListOutcome, MemberChange, Moved, PortError, PortResult},
    watch::Step,
};

/// How many rows one write saves.
const ROWS: usize = 1_000;
/// How many effects on the list one write does.
const LIST_BATCH: usize = 500;

/// Why applying ended before the plan did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    OutOfTime,
    /// The plan was done, and what came of it calls for another run at once.
    GoOn,
    Failed(PortError),
}

impl Stop {
    /// What stops a run counts more than what calls for another, and a failure more than the time; of equals the first.
    pub(super) fn outweighs(&self, other: Option<&Self>) -> bool {
        let weight = |stop: &Self| match stop {
            Self::GoOn => 0,
            Self::OutOfTime => 1,
            Self::Failed(_) => 2,
        };
        other.is_none_or(|other| weight(self) > weight(other))
    }
}

/// How much of a plan was tried.
pub(super) struct Tried {
    done: usize,
    total: usize,
}

/// Performs a plan.
pub(crate) struct Apply<'a> {
    pub(crate) look: Look<'a>,
    pub(crate) lease: &'a mut Lease,
    pub(crate) summary: &'a mut Summary,
    /// Up to where the list was read.
    pub(crate) list_seen: Cursor,
    /// The contacts that this run matched: a match of an earlier one may be stale.
    pub(crate) matched: BTreeSet<ContactId>,
    /// How many batches of effects were kept.
    pub(crate) batches: AtomicU32,
    /// How many requests that write the group may be under way.
    pub(crate) window: Window,
}

impl<'a> Apply<'a> {
    /// For calls to the directory that write.
    pub(super) fn call(&self) -> Call<'a> {
        Call { until: self.lease.until.min(self.look.until), meter: self.look.meter }
    }
}

impl Apply<'_> {
    /// Saves what is known whatever comes of the plan, then performs it; none: to its end.
    pub(crate) async fn run(&mut self, resolution: &mut Resolution) -> PortResult<Option<Stop>> {
        self.renew().await?;
        let moved = std::mem::take(&mut resolution.unrecorded);
        let settled = std::mem::take(&mut resolution.settled);
        self.save_settled(std::mem::take(&mut resolution.changes), moved, settled).await?;
        let effects = std::mem::take(&mut resolution.plan.effects);
        let Handed { effects, stop } = self.invite(effects, resolution).await?;
        if stop.is_some() {
            return Ok(stop);
        }
        if effects.iter().any(|effect| effect.change.side == Side::List) {
            onward::will_change(self.look).await?;
        }
        let mut tried = Tried { done: 0, total: effects.len() };
        let mut goes_on = resolution.unfinished;
        for change in in_order(&effects) {
            let mine: Vec<&Effect> = effects.iter().filter(|effect| effect.change == change).collect();
            let stop = match change.side {
                Side::Group => self.group_batches(change.op, &mine, resolution, &mut tried).await?,
                Side::List => self.list_batches(&mine, resolution, &mut tried).await?,
            };
            match stop {
                Some(Stop::GoOn) => goes_on = true,
                None => {}
                stop => return Ok(stop),
            }
        }
        self.save(std::mem::take(&mut resolution.outlived), Vec::new()).await?;
        Ok(goes_on.then_some(Stop::GoOn))
    }

    async fn list_batches(
        &mut self,
        effects: &[&Effect],
        resolution: &Resolution,
        tried: &mut Tried,
    ) -> PortResult<Option<Stop>> {
        let mut goes_on = None;
        for batch in effects.chunks(LIST_BATCH) {
            if self.look.is_out_of_time() {
                return Ok(Some(Stop::OutOfTime));
            }
            self.renew().await?;
            let stop = self.list_batch(batch, resolution).await?;
            self.tell(tried, batch.len());
            match stop {
                Some(Stop::GoOn) => goes_on = stop,
                None => {}
                stop => return Ok(stop),
            }
        }
        Ok(goes_on)
    }

    /// Tells who watches of so many more effects.
    pub(super) fn tell(&self, tried: &mut Tried, more: usize) {
        tried.done += more;
        self.look.watch.step(Step::Applied { done: tried.done, total: tried.total });
    }

    pub(super) async fn renew(&mut self) -> PortResult<()> {
        *self.lease = self.look.ports.links.renew(self.lease, self.look.now(), LEASE).await?;
        Ok(())
    }

    /// Saves rows, in writes of bounded size.
    pub(crate) async fn save(&mut self, rows: Vec<MemberChange>, moved: Vec<Moved>) -> PortResult<()> {
        self.save_settled(rows, moved, BTreeMap::new()).await
    }

    /// The same, with effects of killed runs by whose they are, each in the write that has its row. Whose row is saved with an
    /// effect of this run comes last: until then the intent is open, and says the same to the next run.
    async fn save_settled(
        &mut self,
        rows: Vec<MemberChange>,
        moved: Vec<Moved>,
        mut settled: BTreeMap<MemberKey, Done>,
    ) -> PortResult<()> {
        let mut moved = Some(moved).filter(|moved| !moved.is_empty());
        for (number, members) in rows.chunks(ROWS).enumerate() {
            if number % 20 == 19 {
                self.renew().await?;
            }
            let moved = moved.take().unwrap_or_default();
            let effects = self.batch(of_rows(&mut settled, members));
            self.fold(Fold { members: members.to_vec(), moved, effects, ..Fold::default() }).await?;
        }
        let (moved, effects) = (moved.unwrap_or_default(), self.batch(settled.into_values().collect()));
        if moved.is_empty() && effects.is_none() {
            return Ok(());
        }
        self.fold(Fold { moved, effects, ..Fold::default() }).await.map(drop)
    }

    pub(super) async fn fold(&self, fold: Fold) -> PortResult<Vec<ListOutcome>> {
        self.look.ports.links.fold(self.lease, &fold).await
    }

    pub(super) fn moved(&self, change: Change, count: u64, resolution: &Resolution) -> Option<Moved> {
        let standing = resolution.standing.unwrap_or_default();
        let before = match change.side {
            Side::List => standing.list.members,
            Side::Group => standing.group.members,
        };
        (count > 0).then(|| Moved { change, at: self.look.now(), count, members_before: before })
    }

    pub(super) fn count(&mut self, effect: &Effect) {
        let is_external =
            effect.address.as_ref().is_some_and(|address| self.look.settings.is_external(address));
        match effect.change.op {
            Op::Add => self.summary.external.added += u64::from(is_external),
            Op::Remove => self.summary.external.removed += u64::from(is_external),
        }
        let opted_out = effect.change.op == Op::Remove && effect.release == Release::Free;
        if opted_out && effect.change.side == self.look.side_of_opt_outs() {
            self.summary.opt_outs.carried_out += 1;
        }
        let counts = self.summary.side_mut(effect.change.side);
        match effect.change.op {
            Op::Add => counts.added += 1,
            Op::Remove => counts.removed += 1,
        }
    }
}

/// The distinct changes of a plan, in the plan's order.
fn in_order(effects: &[Effect]) -> Vec<Change> {
    let mut changes: Vec<Change> = effects.iter().map(|effect| effect.change).collect();
    changes.dedup();
    changes
}

/// That an effect failed. Of somebody who was erased it is told as what is done is: without a name.
pub(super) fn failure(effect: &Effect, error: &PortError) -> Failure {
    let object_id = effect.key.object_id().cloned();
    let (address, object_id) = match effect.naming {
        Naming::Named => (effect.address.clone(), object_id),
        Naming::Nameless => (None, None),
    };
    Failure {
        side: effect.change.side,
        op: effect.change.op,
        address,
        object_id,
        code: error.code.clone(),
        message: error.message.clone(),
        hint: error.hint.clone(),
        retryable: matches!(error.fault, Fault::Throttled(_) | Fault::Unavailable),
    }
}

/// The moment until which nothing may be counted, after what was written or newly seen.
pub(crate) fn settles_at(before: Option<Timestamp>, now: Timestamp, window: Duration) -> Option<Timestamp> {
    Some(listsync_core::schedule::later(now, window)).max(before)
}
