//! How a request to look at a link is never lost, however messages, workers and the timer fail.
//!
//! A change is stored first; then the link's *requested* generation is raised; then a message is sent that says look. A run
//! reads *requested* under its lease and before it observes anything, and its last write sets *synced* to what it read. So
//! `synced >= g` says that every change whose request raised the link to `g` has been seen, and `requested > synced` says that
//! something may not have been: the timer finds that, whatever became of the messages.
//!
//! These functions are what the stores, the worker and the triggers decide by. `tests/protocol` plays every order of a few
//! requests, two workers, a queue that repeats and loses, and crashes between any two steps, against them.

use std::time::Duration;

use crate::{
    Timestamp,
    schedule::LONGEST_DELAY,
    trigger::{Generation, Reason, Trigger},
};

/// How far a link's requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Generations {
    /// Raised by each request.
    pub requested: Generation,
    /// Set by each run that finished.
    pub synced: Generation,
}

/// Whether somebody asked again while a run was going.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finished {
    /// Nothing is left to do.
    Quiet,
    /// Requested moved during the run to this: a follow-up is needed. The lease is free.
    Moved(Generation),
}

/// What the timer does for a link that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Beat {
    /// Sends a message for this generation, and writes nothing: the link is due until somebody has looked.
    Look(Generation),
    /// Raises the link, and sends a message for what that comes to.
    Raise,
}

/// What is to happen after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Next {
    /// Nothing.
    Done,
    /// Somebody asked while it was going: another run, for this generation.
    FollowUp(Generation),
    /// It ended early with its progress saved: another run, at once.
    Continue(Generation),
    /// The directory is not to be had: another run after this time.
    RetryAfter(Duration),
    /// Another run of the link is going, until then at the latest.
    Busy(Timestamp),
}

/// The message that a run leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeftBehind {
    /// Why the link is to be looked at once more.
    pub reason: Reason,
    /// For which generation.
    pub generation: Generation,
    /// Not before this time; at most [`LONGEST_DELAY`].
    pub delay: Duration,
}

impl Generations {
    /// After one more request.
    #[must_use]
    pub fn raised(self) -> Self {
        Self { requested: Generation(self.requested.0 + 1), ..self }
    }

    /// Whether some request may not have been taken in: the timer has such a link looked at as soon as it has no lease.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.requested > self.synced
    }

    /// What the timer does for a link that is due and stands so.
    ///
    /// A link that is due by its clock alone needs no write to stay due: a message that is lost is sent again at the next beat.
    /// It asks for the generation that a request would raise the link to, so that a second delivery finds it answered. An
    /// open one is raised as by anybody else who asks: so continuations from before are dropped, which would else be joined
    /// by another chain of retries at each beat while the directory is away.
    #[must_use]
    pub fn beat(self) -> Beat {
        match self.is_open() {
            true => Beat::Raise,
            false => Beat::Look(self.raised().requested),
        }
    }

    /// After a look that found nothing, for a message that asked for this generation: its one write requests and answers it.
    #[must_use]
    pub fn looked(self, asked: Generation) -> Self {
        Self { requested: self.requested.max(asked), synced: self.synced.max(asked) }
    }

    /// After a message that the timer sent without raising the link, where a run is to answer it.
    #[must_use]
    pub fn reached(self, asked: Generation) -> Self {
        Self { requested: self.requested.max(asked), ..self }
    }

    /// Whether the request that raised the link to this generation sends a message. It does not while an earlier one is open:
    /// the run that finishes that one either sees this one too, or learns at its end that requested moved, and sends a
    /// follow-up. So a burst of a thousand changes makes one or two messages.
    ///
    /// `self` is read after the link was raised. Read before, it may show an earlier request as open that a run finishes in
    /// between without having seen this one, and nobody would send anything.
    #[must_use]
    pub fn announces(self, raised: Generation) -> bool {
        self.synced.0 + 1 >= raised.0
    }

    /// Whether a message asks for nothing that is not done, or asked for anew.
    ///
    /// - A delayed event is never answered before it comes: it precedes its change, so a run of before has not seen that.
    /// - A continuation whose link was requested again is dropped: the newer request has a message of its own, or the timer
    ///   sends one. Else each beat of the timer would start another chain of retries while the directory is away.
    #[must_use]
    pub fn answers(self, trigger: &Trigger) -> bool {
        match trigger.reason {
            Reason::DelayedEvent => false,
            Reason::Continuation => self.synced >= trigger.generation || trigger.generation < self.requested,
            Reason::Schedule | Reason::OnDemand | Reason::Event | Reason::FollowUp => {
                self.synced >= trigger.generation
            }
        }
    }

    /// After a run's last write; `read` is the requested generation that it read before it observed, or none where the run
    /// leaves it open. Synced never falls: a later run may have finished before a slower one.
    #[must_use]
    pub fn finished(self, read: Option<Generation>) -> (Self, Finished) {
        let synced = read.map_or(self.synced, |read| self.synced.max(read));
        let moved = match read {
            Some(read) if self.requested > read => Finished::Moved(self.requested),
            _ => Finished::Quiet,
        };
        (Self { synced, ..self }, moved)
    }
}

impl Next {
    /// The same once the run's last write told whether somebody asked meanwhile. What ends early comes again by itself.
    #[must_use]
    pub fn after(self, finished: Finished) -> Self {
        match (self, finished) {
            (Self::Done, Finished::Moved(generation)) => Self::FollowUp(generation),
            (next, _) => next,
        }
    }

    /// What is sent after a run whose message found the link at this requested generation; none: nothing.
    ///
    /// A message that finds a run going leaves nothing behind: its request was raised before it was sent, so the run that is
    /// going sees that at its end, and where it dies, the timer does.
    #[must_use]
    pub fn leaves(self, requested: Generation) -> Option<LeftBehind> {
        let (reason, generation, delay) = match self {
            Self::Done | Self::Busy(_) => return None,
            Self::FollowUp(generation) => (Reason::FollowUp, generation, Duration::ZERO),
            Self::Continue(generation) => (Reason::Continuation, generation, Duration::ZERO),
            Self::RetryAfter(wait) => (Reason::Continuation, requested, wait.min(LONGEST_DELAY)),
        };
        Some(LeftBehind { reason, generation, delay })
    }
}
