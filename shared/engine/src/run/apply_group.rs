//! Performing the effects on the group: intend, do, record, with several batches under way at a time.
//!
//! The intents of the batches that go next are saved ahead, in one write, and each batch is folded in a write of its own as it
//! is answered. So a run that dies between any two calls leaves intents open that may have been sent or not, which the next
//! run cannot tell apart and treats alike; what an earlier run left open stays so. How many there can be is bounded by two
//! windows, one that was sent and one that was only intended: a place is free again once its answers are recorded, not when
//! they arrive.

use std::{collections::VecDeque, time::Duration};

use listsync_core::{
    Timestamp,
    belief::Belief,
    case::failed_again,
    effects::Done,
    flight::{Strain, Window},
    link::Side,
    member::{Change, Intent, Member, Op, Open},
    plan::Effect,
    schedule::{LEASE, later},
};

use super::{
    again::{Batch, Sending, batches, not_sent, undecided},
    apply::{Apply, Stop, Tried, failure},
    decide::{Resolution, counts},
    flight::Flight,
    invite::AbsentGuest,
    look::Look,
    told::done_in_group,
};
use crate::ports::{Applied, Call, Fault, Fold, MemberChange, PortError, PortResult, code};

/// So much of a lease may be used before it is renewed for a batch whose intents are saved already.
const FRESH: Duration = Duration::from_secs(5);

/// A batch whose intents are saved.
struct Intended<'p> {
    effects: Vec<(&'p Effect, Member)>,
    sending: Sending,
    since: Timestamp,
}

/// A batch with one answer for each of its effects.
struct Answered<'p> {
    intended: Intended<'p>,
    answers: Vec<Applied>,
}

/// Effects of one kind on their way.
struct Course<'p> {
    op: Op,
    /// Whose intents are not saved yet.
    waiting: VecDeque<Batch<'p>>,
    /// Whose intents are saved, and that were not sent.
    ready: VecDeque<Intended<'p>>,
    flight: Flight<'p, Answered<'p>>,
    /// What was answered and is not recorded yet.
    unrecorded: VecDeque<GroupTally>,
    end: End,
}

/// Why nothing more begins, and what calls for another run.
#[derive(Default)]
struct End {
    stop: Option<Stop>,
    /// The store, which counts more than whatever the directory said.
    failed: Option<PortError>,
}

impl End {
    fn stop(&mut self, stop: Stop) {
        if stop.outweighs(self.stop.as_ref()) {
            self.stop = Some(stop);
        }
    }

    /// That somebody else has the lease counts more than any other failure: nothing can be saved any more.
    fn fail(&mut self, error: PortError) {
        if self.failed.is_none() || error.fault == Fault::LeaseLost {
            self.failed = Some(error);
        }
    }

    fn is_near(&self) -> bool {
        self.failed.is_some() || !matches!(self.stop, None | Some(Stop::GoOn))
    }

    fn has_lost_the_lease(&self) -> bool {
        self.failed.as_ref().is_some_and(|error| error.fault == Fault::LeaseLost)
    }
}

impl<'p> Course<'p> {
    fn new(op: Op, waiting: Vec<Batch<'p>>) -> Self {
        let (ready, unrecorded, end) = (VecDeque::new(), VecDeque::new(), End::default());
        Self { op, waiting: waiting.into(), ready, flight: Flight::new(), unrecorded, end }
    }

    fn has_room(&self, window: Window) -> bool {
        self.flight.len() + self.unrecorded.len() < window.size()
    }
}

impl<'a> Apply<'a> {
    /// Performs effects of one kind on the group.
    pub(super) async fn group_batches<'p>(
        &mut self,
        op: Op,
        effects: &[&'p Effect],
        resolution: &mut Resolution,
        tried: &mut Tried,
    ) -> PortResult<Option<Stop>>
    where
        'a: 'p,
    {
        let size = self.look.places().write_batch(op).max(1);
        let mut course = Course::new(op, batches(effects, size, resolution));
        loop {
            self.begin(&mut course, resolution).await;
            match course.unrecorded.pop_front() {
                Some(tally) => self.record(&mut course, tally, tried).await,
                None if course.flight.len() > 0 => self.hear(&mut course).await,
                None => break,
            }
        }
        self.give_back(&mut course).await;
        let End { stop, failed } = course.end;
        failed.map_or(Ok(stop), Err)
    }

    /// Judges what was answered and sends what there is room for, unless the end is near: then what is under way is heard and
    /// recorded, and nothing begins.
    async fn begin<'p>(&mut self, course: &mut Course<'p>, resolution: &mut Resolution)
    where
        'a: 'p,
    {
        loop {
            self.judge_all(course, resolution);
            // What a request that is tried again was told counts before it is answered.
            match self.look.meter.take_strain() {
                Strain::None => {}
                strain => self.window = self.window.after(strain),
            }
            let nothing_left = course.ready.is_empty() && course.waiting.is_empty();
            if nothing_left || course.end.is_near() || !course.has_room(self.window) {
                return;
            }
            if self.look.is_out_of_time() {
                return course.end.stop(Stop::OutOfTime);
            }
            let done = match course.ready.is_empty() {
                true => self.intend(course, resolution).await,
                false => self.send(course, resolution).await,
            };
            if let Err(error) = done {
                return course.end.fail(error);
            }
        }
    }

    /// Sends one batch whose intents are saved, under a lease that lasts for all its tries.
    async fn send<'p>(&mut self, course: &mut Course<'p>, resolution: &mut Resolution) -> PortResult<()>
    where
        'a: 'p,
    {
        if self.lease.until < later(self.look.now(), LEASE.saturating_sub(FRESH)) {
            course.flight.beside(self.renew()).await?;
            // Time went by, and answers may have come: what ends a run counts before anything more begins.
            self.judge_all(course, resolution);
            if course.end.is_near() || self.look.is_out_of_time() || !course.has_room(self.window) {
                return Ok(());
            }
        }
        if let Some(next) = course.ready.pop_front() {
            course.flight.begin(sent(self.look, self.call(), course.op, next));
        }
        Ok(())
    }

    /// Saves the intents of as many batches as may be under way.
    async fn intend<'p>(&mut self, course: &mut Course<'p>, resolution: &Resolution) -> PortResult<()> {
        course.flight.beside(self.renew()).await?;
        let (op, since) = (course.op, self.look.now());
        let ahead = self.window.size().min(course.waiting.len());
        let of = |Batch { effects, sending }: Batch<'p>| Intended {
            effects: with_rows(&effects, resolution),
            sending,
            since,
        };
        let batches: Vec<Intended<'p>> = course.waiting.drain(..ahead).map(of).collect();
        let intend = |row: &Member| Member { intent: Some(Intent { op, since }), ..row.clone() };
        let rows = batches.iter().flat_map(|batch| &batch.effects).map(|(_, row)| intend(row));
        let fold = Fold { members: rows.map(MemberChange::Put).collect(), ..Fold::default() };
        // Whether or not the store says that it took them, they are to be sent or taken back.
        course.ready.extend(batches);
        course.flight.beside(self.fold(fold)).await.map(drop)
    }

    /// Waits for an answer, and keeps the lease meanwhile.
    async fn hear(&mut self, course: &mut Course<'_>) {
        let is_time = tokio::select! {
            biased;
            () = course.flight.wait() => false,
            () = tokio::time::sleep(self.until_renewal()) => true,
        };
        if is_time
            && !course.end.has_lost_the_lease()
            && let Err(error) = course.flight.beside(self.renew()).await
        {
            course.end.fail(error);
        }
    }

    /// How long until a third of the lease is used; a moment where it is, so that a store that does not answer is not pressed.
    fn until_renewal(&self) -> Duration {
        let left = Duration::try_from(self.lease.until.duration_since(self.look.now())).unwrap_or_default();
        left.saturating_sub(LEASE * 2 / 3).max(Duration::from_secs(1))
    }

    /// Records what came of one batch. A store that failed may be back for the next one, and what it does not take is settled
    /// by another run; only who lost the lease has nothing to record.
    async fn record(&mut self, course: &mut Course<'_>, tally: GroupTally, tried: &mut Tried) {
        if course.end.has_lost_the_lease() {
            return;
        }
        let effects = self.batch(tally.done);
        let fold = Fold { effects, ..tally.fold };
        match course.flight.beside(self.fold(fold)).await {
            Ok(_) => self.tell(tried, tally.size),
            Err(error) => course.end.fail(error),
        }
    }

    /// Takes back the intents of what was not sent.
    async fn give_back(&mut self, course: &mut Course<'_>) {
        let unsent = course.ready.drain(..).flat_map(|batch| batch.effects);
        let rows: Vec<MemberChange> =
            unsent.map(|(effect, row)| MemberChange::Put(not_sent(effect, row))).collect();
        if rows.is_empty() || course.end.has_lost_the_lease() {
            return;
        }
        if let Err(error) = self.fold(Fold { members: rows, ..Fold::default() }).await {
            course.end.fail(error);
        }
    }

    fn judge_all(&mut self, course: &mut Course<'_>, resolution: &mut Resolution) {
        while let Some(answered) = course.flight.heard() {
            let tally = self.judge(course.op, answered, resolution);
            if let Some(stop) = tally.stop.clone() {
                course.end.stop(stop);
            }
            course.unrecorded.push_back(tally);
        }
    }

    /// What came of one batch, effect by effect.
    fn judge(&mut self, op: Op, answered: Answered<'_>, resolution: &mut Resolution) -> GroupTally {
        self.window = self.window.after(self.look.meter.take_strain());
        let Answered { intended: Intended { effects, since, .. }, answers } = answered;
        let mut tally = GroupTally { size: effects.len(), ..GroupTally::default() };
        for ((effect, row), answer) in effects.into_iter().zip(answers) {
            let listed = resolution.still_listed.contains(&effect.key);
            if listed && matches!(answer, Applied::Done | Applied::AlreadySo) {
                tally.end(Stop::GoOn);
            }
            let intended = row.intent.filter(|intent| intent.op == op).map_or(since, |intent| intent.since);
            tally.done.extend(done_in_group(effect, &answer, intended));
            self.judge_one(&mut tally, effect, row, answer);
        }
        tally.fold.moved.extend(self.moved(Change { side: Side::Group, op }, tally.counted, resolution));
        self.summary.set_aside += tally.set_aside.len() as u64;
        resolution.set_aside.append(&mut tally.set_aside);
        tally
    }

    fn judge_one(&mut self, tally: &mut GroupTally, effect: &Effect, row: Member, answer: Applied) {
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
            tally.end(Stop::GoOn);
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
}

/// Sends one batch.
async fn sent<'p>(look: Look<'p>, call: Call<'p>, op: Op, intended: Intended<'p>) -> Answered<'p> {
    let ids: Vec<_> =
        intended.effects.iter().filter_map(|(effect, _)| effect.key.object_id().cloned()).collect();
    let (places, group) = (look.places(), &look.link().group);
    let answers = match intended.sending {
        Sending::Anew => places.write(call, group, op, &ids).await,
        Sending::Again => places.write_again(call, group, &ids).await,
    };
    Answered { intended, answers }
}

/// Each effect on somebody of the directory, with what is remembered of them.
fn with_rows<'p>(effects: &[&'p Effect], resolution: &Resolution) -> Vec<(&'p Effect, Member)> {
    let of = |effect: &&'p Effect| {
        effect.key.object_id()?;
        Some((*effect, resolution.pending.get(&effect.key)?.clone()))
    };
    effects.iter().filter_map(of).collect()
}

#[derive(Default)]
struct GroupTally {
    /// How many effects were tried.
    size: usize,
    stop: Option<Stop>,
    fold: Fold,
    counted: u64,
    /// What was done, to be kept.
    done: Vec<Done>,
    /// When those whom the directory did not decide on are to be read.
    set_aside: Vec<Timestamp>,
}

impl GroupTally {
    fn end(&mut self, stop: Stop) {
        if stop.outweighs(self.stop.as_ref()) {
            self.stop = Some(stop);
        }
    }

    fn keep(&mut self, row: Member) {
        self.fold.members.push(MemberChange::Put(row));
    }
}
