//! Performing a plan, batch by batch: intend, do, record. What it does to the list is in `apply_list`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicU32,
    time::Duration,
};

use listsync_core::{
    Timestamp,
    belief::Belief,
    case::failed_again,
    effects::Done,
    id::ContactId,
    link::Side,
    member::{Change, Intent, Member, MemberKey, Op, Open},
    plan::{Effect, Release},
    schedule::LEASE,
    summary::{Failure, Summary},
};

use super::{
    again::{Batch, Sending, batches, not_sent, undecided},
    decide::{Resolution, counts},
    invite::{AbsentGuest, Handed},
    look::Look,
    onward,
    told::{done_in_group, of_rows},
};
use crate::{
    ports::{
        Applied, Call, Cursor, Fault, Fold, Lease, ListOutcome, MemberChange, Moved, PortError, PortResult,
        code,
    },
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
        let (mut done, total) = (0, effects.len());
        let mut goes_on = resolution.unfinished;
        for change in in_order(&effects) {
            let mine: Vec<&Effect> = effects.iter().filter(|effect| effect.change == change).collect();
            let size = match change.side {
                Side::Group => self.look.ports.directory.write_batch(change.op).max(1),
                Side::List => LIST_BATCH,
            };
            for batch in batches(&mine, size, resolution) {
                if self.look.is_out_of_time() {
                    return Ok(Some(Stop::OutOfTime));
                }
                self.renew().await?;
                let stop = match change.side {
                    Side::Group => self.group_batch(change.op, &batch, resolution).await?,
                    Side::List => self.list_batch(&batch.effects, resolution).await?,
                };
                done += batch.effects.len();
                self.look.watch.step(Step::Applied { done, total });
                match stop {
                    Some(Stop::GoOn) => goes_on = true,
                    None => {}
                    stop => return Ok(stop),
                }
            }
        }
        self.save(std::mem::take(&mut resolution.outlived), Vec::new()).await?;
        Ok(goes_on.then_some(Stop::GoOn))
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

    /// For calls to the directory that write.
    pub(super) fn call(&self) -> Call<'_> {
        Call { until: self.lease.until.min(self.look.until), meter: self.look.meter }
    }

    pub(super) async fn fold(&self, fold: Fold) -> PortResult<Vec<ListOutcome>> {
        self.look.ports.links.fold(self.lease, &fold).await
    }

    async fn group_batch(
        &mut self,
        op: Op,
        Batch { effects: batch, sending }: &Batch<'_>,
        resolution: &mut Resolution,
    ) -> PortResult<Option<Stop>> {
        let rows: Vec<Member> =
            batch.iter().filter_map(|effect| resolution.pending.get(&effect.key)).cloned().collect();
        let since = self.look.now();
        let intents = rows.iter().map(|row| Member { intent: Some(Intent { op, since }), ..row.clone() });
        self.fold(Fold { members: intents.map(MemberChange::Put).collect(), ..Fold::default() }).await?;
        let ids: Vec<_> = batch.iter().filter_map(|effect| effect.key.object_id().cloned()).collect();
        let group = &self.look.link().group;
        let directory = &self.look.ports.directory;
        let answers = match sending {
            Sending::Anew => directory.write(self.call(), group, op, &ids).await,
            Sending::Again => directory.write_again(self.call(), group, &ids).await,
        };
        let mut tally = GroupTally::default();
        for ((effect, row), answer) in batch.iter().zip(rows).zip(answers) {
            let listed = resolution.still_listed.contains(&effect.key);
            if listed && matches!(answer, Applied::Done | Applied::AlreadySo) {
                tally.stop.get_or_insert(Stop::GoOn);
            }
            let intended = row.intent.filter(|intent| intent.op == op).map_or(since, |intent| intent.since);
            tally.done.extend(done_in_group(effect, &answer, intended));
            self.fold_answer(&mut tally, effect, row, answer);
        }
        tally.fold.moved.extend(self.moved(Change { side: Side::Group, op }, tally.counted, resolution));
        self.summary.set_aside += tally.set_aside.len() as u64;
        resolution.set_aside.append(&mut tally.set_aside);
        tally.fold.effects = self.batch(tally.done);
        self.fold(tally.fold).await?;
        Ok(tally.stop)
    }

    fn fold_answer(&mut self, tally: &mut GroupTally, effect: &Effect, row: Member, answer: Applied) {
        let now = self.look.now();
        match answer {
            Applied::Done | Applied::AlreadySo => {
                let present = effect.change.op == Op::Add;
                let counts_here = counts(effect) && answer == Applied::Done;
                tally.counted += u64::from(counts_here);
                if answer == Applied::Done {
                    self.count(effect);
                }
                let group = Some(Belief::written(present, now));
                let row =
                    Member { in_baseline: present, group, intent: None, open: None, grace: None, ..row };
                tally.fold.members.push(MemberChange::Put(row));
            }
            Applied::Rejected(error) if error.fault == Fault::Gone => {
                tally.keep(not_sent(effect, row));
                tally.end(Stop::Failed(error));
            }
            Applied::Rejected(error) => self.rejected(tally, effect, row, error),
            Applied::Unknown(error) => {
                let intent = Some(Intent { op: effect.change.op, since: now });
                tally.keep(Member { intent, open: Some(Open::Due), ..row });
                self.summary.fail(failure(effect, &error));
                tally.end(Stop::Failed(error));
            }
            Applied::Undecided => {
                let (row, recheck_at) = undecided(row, now, self.look.settings.settle_window);
                tally.set_aside.push(recheck_at);
                tally.keep(row);
            }
            Applied::NotSent => {
                tally.keep(not_sent(effect, row));
                tally.end(Stop::OutOfTime);
            }
        }
    }

    fn rejected(&mut self, tally: &mut GroupTally, effect: &Effect, row: Member, error: PortError) {
        match error.fault {
            Fault::Throttled(_) | Fault::Unavailable | Fault::Busy => {
                tally.keep(not_sent(effect, row));
                tally.end(Stop::Failed(error));
                return;
            }
            Fault::Gone | Fault::Denied | Fault::Rejected | Fault::LeaseLost => {}
        }
        let gone = error.code == code::NO_SUCH_USER && effect.change.op == Op::Add;
        let absent = if gone { self.absent_guest(effect, row) } else { AbsentGuest::NotInvited(row) };
        let row = match absent {
            AbsentGuest::NotInvited(row) => row,
            AbsentGuest::Waits(row) => return tally.keep(row),
            AbsentGuest::GivenUp(row, open) => {
                return tally.keep(Member { intent: None, open: Some(open), ..row });
            }
        };
        // The match stays, whatever this link met: not every replica knows a new account, and other links' groups may have
        // it. That the directory did not find it is this link's memory (`core::matched::Doubt`).
        if gone && self.is_first_miss(&row) {
            let now = self.look.now();
            let open = Open::Failed { code: error.code, attempts: 0, retry_at: now };
            tally.keep(Member { intent: None, open: Some(open), ..row });
            tally.stop.get_or_insert(Stop::GoOn);
            return;
        }
        let open = failed_again(row.open.as_ref(), &error.code, self.look.now());
        tally.keep(Member { intent: None, open: Some(open), ..row });
        self.summary.fail(failure(effect, &error));
    }

    /// Whether a match of an earlier run met nobody for the first time: it may be of an account that was made anew since, so
    /// that the contact is looked up again at once, in another run.
    fn is_first_miss(&self, row: &Member) -> bool {
        let is_known = matches!(&row.open, Some(Open::Failed { code, .. }) if code == code::NO_SUCH_USER);
        !is_known && row.contact.as_ref().is_some_and(|contact| !self.matched.contains(contact))
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

#[derive(Default)]
struct GroupTally {
    stop: Option<Stop>,
    fold: Fold,
    counted: u64,
    /// What was done, to be kept.
    done: Vec<Done>,
    /// When those whom the directory did not decide on are to be read.
    set_aside: Vec<Timestamp>,
}

impl GroupTally {
    /// Ends the run; what stops it counts more than what calls for another.
    fn end(&mut self, stop: Stop) {
        if matches!(self.stop, None | Some(Stop::GoOn)) {
            self.stop = Some(stop);
        }
    }

    fn keep(&mut self, row: Member) {
        self.fold.members.push(MemberChange::Put(row));
    }
}

/// The distinct changes of a plan, in the plan's order.
fn in_order(effects: &[Effect]) -> Vec<Change> {
    let mut changes: Vec<Change> = effects.iter().map(|effect| effect.change).collect();
    changes.dedup();
    changes
}

pub(super) fn failure(effect: &Effect, error: &PortError) -> Failure {
    Failure {
        side: effect.change.side,
        op: effect.change.op,
        address: effect.address.clone(),
        object_id: effect.key.object_id().cloned(),
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
