//! Reads lag writes, and replicas disagree: what counts as evidence against what we hold true, and when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, member::Op, schedule::later};

/// What we hold true of one member in the group, by our own write or a newly observed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belief {
    /// Whether the member is in the group. A belief of absence is a tombstone: a late read does not resurrect.
    pub present: bool,
    /// Since when.
    pub since: Timestamp,
    /// How it came about.
    #[serde(default)]
    pub origin: BeliefOrigin,
}

/// How a belief came about. A feed alone makes none: of whoever it tells something new, a read is asked as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BeliefOrigin {
    /// We wrote it. So counts what was stored before origins were, as nothing tells how it came about.
    #[default]
    Written,
    /// A read showed it, or a feed told it and a read agreed.
    Observed,
}

/// How long what is seen of a place may be behind what was done there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling {
    window: Duration,
    lag: Duration,
}

impl Settling {
    /// Of a place whose reads are behind by `lag` at the most ([`Scheme::lag`](crate::place::Scheme::lag)), under a settle
    /// window that people set. Where reads are exact there is nothing to wait for, whatever was set; and whoever set a window
    /// shorter than the lag has said that they know of a shorter one.
    #[must_use]
    pub fn new(lag: Duration, window: Duration) -> Self {
        let window = if lag.is_zero() { Duration::ZERO } else { window };
        Self { window, lag: lag.min(window) }
    }

    /// How long a belief outranks whatever contradicts it, but for what two witnesses agree on.
    #[must_use]
    pub fn window(self) -> Duration {
        self.window
    }
}

/// How old a belief is, by what can still be behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// Some replica may not show it yet.
    Young,
    /// Every replica shows it by what is known of their lag; the margin that people set is not over.
    Replicated,
    /// The settle window is over.
    Settled,
}

impl Belief {
    /// What we wrote.
    #[must_use]
    pub fn written(present: bool, since: Timestamp) -> Self {
        Self { present, since, origin: BeliefOrigin::Written }
    }

    /// What was seen.
    #[must_use]
    pub fn observed(present: bool, since: Timestamp) -> Self {
        Self { present, since, origin: BeliefOrigin::Observed }
    }

    /// The belief as it counts now: one of a later moment was set under a clock that ran ahead, and is held since now.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        Self { since: self.since.min(now), ..self }
    }

    /// When a contradicting observation starts to count, whatever it is.
    #[must_use]
    pub fn settles_at(self, window: Duration) -> Timestamp {
        later(self.since, window)
    }

    /// Whether a read of the member that agrees would make a feed's word that they left count at once. Where it would not,
    /// the read can be spared.
    #[must_use]
    pub fn is_open_to_leave(self, now: Timestamp, settling: Settling) -> bool {
        self.present && !weigh(Some(self.as_of(now)), Seen::Left, now, settling).is_present()
    }

    fn age(self, now: Timestamp, Settling { window, lag }: Settling) -> Age {
        match () {
            () if self.settles_at(window) <= now => Age::Settled,
            () if later(self.since, lag) <= now => Age::Replicated,
            () => Age::Young,
        }
    }
}

/// What the reads and the feed of a run said of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is a member: a read says so, and no feed otherwise.
    Present,
    /// It is not, says a read alone.
    Absent,
    /// It left, says a feed of changes, and a read of the member does not show it either.
    Left,
    /// Nothing speaks of it.
    Unmentioned,
    /// A feed of changes tells that it came (`Add`) or left (`Remove`), and no read of the member says the same: a repeat of
    /// an old change, or a replica that lags.
    Rumoured(Op),
}

impl Seen {
    /// What a feed of changes and a read of the member say together, where the feed tells anything of them. `held` is whether
    /// we hold them to be there.
    ///
    /// Where the two disagree one of them is behind, or the feed repeats what is long past, and nothing tells which: so what
    /// contradicts the belief stays a rumour. To go by the read would lose a change that the feed does not tell again; to go
    /// by the feed would have it done again however long ago it was.
    #[must_use]
    pub fn together(told: Option<Op>, found: bool, held: bool) -> Self {
        match (told, found) {
            (None | Some(Op::Add), true) => Self::Present,
            (None, false) => Self::Absent,
            (Some(Op::Remove), false) => Self::Left,
            (Some(Op::Add), false) | (Some(Op::Remove), true) => {
                Self::Rumoured(if held { Op::Remove } else { Op::Add })
            }
        }
    }

    /// Whether a read says that it is no member.
    #[must_use]
    pub fn is_absence(self) -> bool {
        matches!(self, Self::Absent | Self::Left)
    }
}

/// Whether somebody whom a read of the group does not show left it of late: since the last run, or
/// within the settle window, in which another process may have seen them leave before it heard what
/// this read is made for.
#[must_use]
pub fn left_of_late(belief: Option<Belief>, seen: Seen, now: Timestamp, window: Duration) -> bool {
    seen.is_absence() && belief.is_some_and(|belief| belief.present || belief.settles_at(window) > now)
}

/// What follows from a belief and what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed {
    /// The belief from now on.
    pub belief: Option<Belief>,
    /// Until when what was seen is set aside, where it contradicts the belief and does not count yet.
    pub set_aside_until: Option<Timestamp>,
}

impl Weighed {
    /// Whether the member counts as being in the group.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.belief.is_some_and(|belief| belief.present)
    }
}

/// Weighs what was seen against a belief: the table of evidence, by what was seen, how the belief came about and how old it
/// is. What does not count is neither believed nor lost: the member is read again once no replica can be behind.
///
/// A read is behind by the lag at the most, so one that is made later than that after a belief must contain what the belief
/// rests on: what contradicts it there is somebody's change. What counts starts a window of its own, because another replica
/// may still show the old state.
#[must_use]
pub fn weigh(belief: Option<Belief>, seen: Seen, now: Timestamp, settling: Settling) -> Weighed {
    use {Age::*, BeliefOrigin::*, Op::*, Seen::*};
    let window = settling.window;
    let keep = Weighed { belief, set_aside_until: None };
    let aside = |until| Weighed { belief, set_aside_until: Some(until) };
    let now_is = |present| Weighed { belief: Some(Belief::observed(present, now)), set_aside_until: None };
    let Some(held) = belief else {
        return match seen {
            Present => now_is(true),
            Rumoured(Add) => aside(later(now, window)),
            Absent | Left | Rumoured(Remove) | Unmentioned => keep,
        };
    };
    match (held.present, seen, held.origin, held.age(now, settling)) {
        (_, Unmentioned, _, _) => keep,
        (true, Present | Rumoured(Add), _, _) | (false, Absent | Left | Rumoured(Remove), _, _) => keep,
        // The margin of the window covers what is not known of the lag. Two witnesses of one leave need none, unless they
        // speak against a write of ours: that is a minute old where the belief is, while who was found there has mostly been
        // there for long, and a person who takes them out waits for the list to follow.
        (true, Left, Observed, Replicated | Settled) | (true, Left, Written, Settled) => now_is(false),
        (true, Left, Observed, Young) | (true, Left, Written, Young | Replicated) => {
            aside(held.settles_at(window))
        }
        // One read alone may miss a row.
        (true, Absent, _, Settled) => now_is(false),
        (false, Present, _, Settled) => now_is(true),
        (true, Absent, _, Young | Replicated) | (false, Present, _, Young | Replicated) => {
            aside(held.settles_at(window))
        }
        // A feed repeats what is long past, however old the belief is: its word alone is nobody's leave and nobody's joining.
        (true, Rumoured(Remove), _, Settled) | (false, Rumoured(Add), _, Settled) => {
            aside(later(now, window))
        }
        (true, Rumoured(Remove), _, Young | Replicated) | (false, Rumoured(Add), _, Young | Replicated) => {
            aside(held.settles_at(window))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn who_left_within_the_window_or_is_held_to_be_there_left_of_late() {
        let (now, window) = (at(100), Duration::from_secs(60));
        let held = |present, since| Some(Belief::observed(present, at(since)));
        let cases = [(None, false), (held(true, 0), true), (held(false, 41), true), (held(false, 40), false)];
        for (belief, expected) in cases {
            for seen in [Seen::Absent, Seen::Left] {
                assert_eq!(left_of_late(belief, seen, now, window), expected, "{belief:?}");
            }
            for seen in
                [Seen::Present, Seen::Unmentioned, Seen::Rumoured(Op::Add), Seen::Rumoured(Op::Remove)]
            {
                assert!(!left_of_late(belief, seen, now, window), "{belief:?} {seen:?}");
            }
        }
    }
}
