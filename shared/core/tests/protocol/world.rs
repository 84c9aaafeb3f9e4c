//! A link, who asks for runs of it, and the workers: what each of their steps does.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    id::LinkId,
    link::LinkStatus,
    protocol::{Generations, LeftBehind, Next},
    quiet::{Row, Way},
    schedule::{LEASE, is_leased, later},
    trigger::{Generation, Reason, Trigger},
};

/// The moment at which all is played; a lease that ran out is one that ends now.
pub(crate) const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Which misfortunes a world has, each at most so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Luck {
    /// A worker, or who asks, ends between two steps.
    pub(crate) crashes: u8,
    /// A message is delivered, and stays in the queue.
    pub(crate) duplicates: u8,
    /// A message is not there any more.
    pub(crate) losses: u8,
    /// A run ends early: out of time, or the directory is away.
    pub(crate) early_ends: u8,
    /// A lease runs out while its worker still goes.
    pub(crate) slow_workers: u8,
    /// The timer looks although nothing asks for it.
    pub(crate) beats: u8,
}

/// Somebody who changes the list and asks for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Asker {
    /// Has changed nothing yet.
    Before,
    /// The change is stored.
    Stored,
    /// And the link is raised.
    Raised(Generation),
    /// And the message is sent, if one was called for; or the asker is gone.
    Gone,
    /// Sent an event that precedes its change.
    Announced,
}

/// One worker, between two steps of one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    Idle,
    /// Has a message in hand, which comes again should the worker die.
    Took(Trigger),
    /// Has read the link's row, which is at rest, before it observes.
    Glimpsed(Trigger, Glimpse),
    /// And has observed so many changes, of which it knows none to be new.
    Unchanged(Trigger, Glimpse, u8),
    /// Has read the link.
    Looked(Trigger, Generation),
    /// Has the lease.
    Leased(Run),
    /// Has read what is requested.
    Read(Run, Generation),
    /// Has observed so many changes.
    Observed(Run, Generation, u8),
    /// The run has ended; what comes after it is not sent yet.
    Ended(Trigger, Generation, Next),
    /// All is done but to give the message back.
    Sent(Trigger),
}

/// A link's row as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Glimpse {
    generations: Generations,
    /// Whether the row was written since.
    is_stale: bool,
    /// How many changes the run that left it at rest had seen.
    rested: u8,
}

/// A run's message, the requested generation when the message was looked at, and the fencing token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    trigger: Trigger,
    found: Generation,
    token: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) generations: Generations,
    pub(crate) leased_until: Option<Timestamp>,
    pub(crate) token: u64,
    /// The token of the run that left the link at rest, and how many changes it had seen.
    pub(crate) at_rest: Option<(u64, u8)>,
    /// How many changes are stored, and how many a finished run has seen.
    pub(crate) changes: u8,
    pub(crate) seen: u8,
    /// What each request promises: once this generation is synced, so many changes were seen.
    pub(crate) promises: Vec<(Generation, u8)>,
    pub(crate) queue: Vec<Trigger>,
    pub(crate) askers: [Asker; 2],
    pub(crate) workers: [Worker; 2],
    pub(crate) luck: Luck,
    /// That the timer had to find what no message told of.
    pub(crate) was_found_by_timer: bool,
    /// That a look ended without a lease.
    pub(crate) was_quiet: bool,
}

fn link() -> LinkId {
    LinkId::parse("link").expect("an id")
}

impl World {
    pub(crate) fn raise(&mut self) -> Generation {
        self.generations = self.generations.raised();
        self.written();
        self.generations.requested
    }

    /// Whoever read the row before has read another.
    fn written(&mut self) {
        for worker in &mut self.workers {
            if let Worker::Glimpsed(_, glimpse) | Worker::Unchanged(_, glimpse, _) = worker {
                glimpse.is_stale = true;
            }
        }
    }

    /// Promises what is stored by now, if all who asked before can hold it.
    pub(crate) fn promise(&mut self, generation: Generation) {
        self.promises.push((generation, self.changes));
    }

    pub(crate) fn send(&mut self, reason: Reason, generation: Generation) {
        self.queue.push(Trigger::new(link(), reason, generation));
        self.queue.sort_by_key(|trigger| (trigger.generation, trigger.reason.to_string()));
    }

    /// Whether the timer finds the link, but for its own interval.
    pub(crate) fn is_due(&self) -> bool {
        self.generations.is_open() && !is_leased(self.leased_until, NOW)
    }

    /// Whether nobody would move any more without the timer.
    pub(crate) fn is_still(&self) -> bool {
        let asked = self.askers.iter().all(|asker| *asker == Asker::Gone);
        asked && self.queue.is_empty() && self.workers.iter().all(|worker| *worker == Worker::Idle)
    }

    fn holds(&self, run: &Run) -> bool {
        run.token == self.token && self.leased_until.is_some()
    }

    pub(crate) fn ask(&mut self, who: usize, precedes: bool) {
        self.askers[who] = match self.askers[who] {
            Asker::Before if precedes => {
                self.send(Reason::DelayedEvent, self.generations.requested);
                Asker::Announced
            }
            // The message is delayed for so long that the change is there when it comes.
            Asker::Announced => {
                self.changes += 1;
                Asker::Gone
            }
            Asker::Before => {
                self.changes += 1;
                Asker::Stored
            }
            Asker::Stored => {
                let raised = self.raise();
                self.promise(raised);
                Asker::Raised(raised)
            }
            Asker::Raised(raised) => {
                if self.generations.announces(raised) {
                    self.send(Reason::Event, raised);
                }
                Asker::Gone
            }
            Asker::Gone => Asker::Gone,
        };
    }

    /// One step of a worker; a run that goes on to its end finishes.
    pub(crate) fn work(&mut self, who: usize) {
        self.workers[who] = match self.workers[who].clone() {
            Worker::Idle => Worker::Idle,
            Worker::Took(trigger) => {
                if trigger.reason == Reason::DelayedEvent {
                    let raised = self.raise();
                    self.promise(raised);
                }
                match self.generations.answers(&trigger) {
                    true => Worker::Sent(trigger),
                    false => match self.row(&trigger).way() {
                        Way::Quiet => {
                            let rested = self.at_rest.map_or(0, |(_, seen)| seen);
                            let glimpse = Glimpse { generations: self.generations, is_stale: false, rested };
                            Worker::Glimpsed(trigger, glimpse)
                        }
                        Way::Run => self.looked(trigger),
                    },
                }
            }
            Worker::Glimpsed(trigger, glimpse) => Worker::Unchanged(trigger, glimpse, self.changes),
            Worker::Unchanged(trigger, glimpse, seen) => self.note(trigger, glimpse, seen),
            Worker::Looked(trigger, found) => match self.leased_until {
                Some(until) if is_leased(Some(until), NOW) => {
                    Worker::Ended(trigger, found, Next::Busy(until))
                }
                _ => {
                    self.written();
                    (self.token, self.leased_until) = (self.token + 1, Some(later(NOW, LEASE)));
                    Worker::Leased(Run { trigger, found, token: self.token })
                }
            },
            Worker::Leased(run) => Worker::Read(run, self.generations.requested),
            Worker::Read(run, read) => Worker::Observed(run, read, self.changes),
            Worker::Observed(run, read, seen) => self.finish(run, Some((read, seen)), Next::Done),
            Worker::Ended(trigger, found, next) => {
                if let Some(LeftBehind { reason, generation, .. }) = next.leaves(found) {
                    self.send(reason, generation);
                }
                Worker::Sent(trigger)
            }
            Worker::Sent(_) => Worker::Idle,
        };
    }

    /// What the product judges by. Full reads are never due here: they are runs.
    fn row(&self, trigger: &Trigger) -> Row {
        Row {
            reason: trigger.reason,
            asked: trigger.generation,
            generations: self.generations,
            status: LinkStatus::Active,
            leased_until: self.leased_until,
            token: self.token,
            at_rest: self.at_rest.map(|(token, _)| token),
            full_read_at: Some(later(NOW, LEASE)),
            now: NOW,
        }
    }

    /// A message of the timer raised nothing: before a run it is made up for.
    fn looked(&mut self, trigger: Trigger) -> Worker {
        if self.generations.requested < trigger.generation {
            self.generations = self.generations.reached(trigger.generation);
            self.written();
            self.promise(trigger.generation);
        }
        Worker::Looked(trigger, self.generations.requested)
    }

    /// The only write of a look without a lease: void where the row is another by now. Who meets changes goes on as a run.
    fn note(&mut self, trigger: Trigger, glimpse: Glimpse, seen: u8) -> Worker {
        if seen != glimpse.rested || glimpse.is_stale {
            return self.looked(trigger);
        }
        self.generations = glimpse.generations.looked(trigger.generation);
        self.written();
        self.was_quiet = true;
        Worker::Sent(trigger)
    }

    /// A run's last write: refused to whoever has lost the lease.
    fn finish(&mut self, run: Run, observed: Option<(Generation, u8)>, next: Next) -> Worker {
        if !self.holds(&run) {
            return Worker::Ended(run.trigger, run.found, Next::Busy(later(NOW, LEASE)));
        }
        let (after, finished) = self.generations.finished(observed.map(|(read, _)| read));
        self.generations = after;
        self.leased_until = None;
        self.written();
        self.at_rest = observed.map(|(_, seen)| (run.token, seen));
        self.seen = self.seen.max(observed.map_or(0, |(_, seen)| seen));
        Worker::Ended(run.trigger, run.found, next.after(finished))
    }

    pub(crate) fn end_early(&mut self, who: usize, away: bool) {
        if let Worker::Observed(run, read, _) = self.workers[who].clone() {
            let next = match away {
                true => Next::RetryAfter(Duration::from_secs(60)),
                false => Next::Continue(read),
            };
            self.workers[who] = self.finish(run, None, next);
        }
    }

    /// A dead worker's message comes again; its lease ends when its time is over.
    pub(crate) fn die(&mut self, who: usize) {
        let message = match std::mem::replace(&mut self.workers[who], Worker::Idle) {
            Worker::Idle => return,
            Worker::Took(trigger)
            | Worker::Glimpsed(trigger, _)
            | Worker::Unchanged(trigger, ..)
            | Worker::Looked(trigger, _)
            | Worker::Ended(trigger, ..)
            | Worker::Sent(trigger) => trigger,
            Worker::Leased(run) | Worker::Read(run, _) | Worker::Observed(run, ..) => run.trigger,
        };
        self.send(message.reason, message.generation);
    }

    /// Whether the lease is live, and nobody goes under it any more.
    pub(crate) fn is_orphaned(&self) -> bool {
        let goes = |worker: &Worker| match worker {
            Worker::Leased(run) | Worker::Read(run, _) | Worker::Observed(run, ..) => self.holds(run),
            _ => false,
        };
        is_leased(self.leased_until, NOW) && !self.workers.iter().any(goes)
    }
}
