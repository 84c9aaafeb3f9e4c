//! Reads lag writes, and replicas disagree: what we hold true outranks a contradicting read for the settle window.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, schedule::later};

/// What we hold true of one member in the group, by our own write or a newly observed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belief {
    /// Whether the member is in the group. A belief of absence is a tombstone: a late read does not resurrect.
    pub present: bool,
    /// Since when.
    pub since: Timestamp,
}

impl Belief {
    /// The belief as it counts now: one of a later moment was set under a clock that ran ahead, and is held since now.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        Self { since: self.since.min(now), ..self }
    }

    /// When a contradicting observation starts to count.
    #[must_use]
    pub fn settles_at(self, window: Duration) -> Timestamp {
        self.since.checked_add(window).unwrap_or(Timestamp::MAX)
    }
}

/// What a read of the group said of one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is a member.
    Present,
    /// It is not.
    Absent,
    /// The read does not speak of it.
    Unmentioned,
    /// A feed of changes tells that it came, and a read of the member did not show it: a repeat of an old change, or a
    /// replica that lags.
    Rumoured,
}

/// Whether somebody whom a read of the group does not show left it of late: since the last run, or
/// within the settle window, in which another process may have seen them leave before it heard what
/// this read is made for.
#[must_use]
pub fn left_of_late(belief: Option<Belief>, seen: Seen, now: Timestamp, window: Duration) -> bool {
    seen == Seen::Absent && belief.is_some_and(|belief| belief.present || belief.settles_at(window) > now)
}

/// What follows from a belief and a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weighed {
    /// The belief from now on.
    pub belief: Option<Belief>,
    /// Until when the read is set aside, where it contradicts the belief within its window.
    pub set_aside_until: Option<Timestamp>,
}

impl Weighed {
    /// Whether the member counts as being in the group.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.belief.is_some_and(|belief| belief.present)
    }
}

/// Weighs a read against a belief.
///
/// Within the window a contradiction is neither believed nor lost. After it, a read that is at most as old as the lag
/// must contain our write, so the contradiction is somebody's change; it starts a window of its own, because another
/// replica may still show the old state.
#[must_use]
pub fn weigh(belief: Option<Belief>, seen: Seen, now: Timestamp, window: Duration) -> Weighed {
    let fresh = |present| Weighed { belief: Some(Belief { present, since: now }), set_aside_until: None };
    let keep = Weighed { belief, set_aside_until: None };
    match (belief, seen) {
        (_, Seen::Unmentioned) | (None, Seen::Absent) => keep,
        (Some(held), Seen::Rumoured) if held.present => keep,
        // Neither believed nor lost: once no replica lags any more, a read of the member tells.
        (held, Seen::Rumoured) => {
            let settles_at = held.map_or(now, |held| held.settles_at(window));
            let until = if settles_at > now { settles_at } else { later(now, window) };
            Weighed { belief, set_aside_until: Some(until) }
        }
        (None, Seen::Present) => fresh(true),
        (Some(held), seen) if held.present == (seen == Seen::Present) => keep,
        (Some(held), _) if now < held.settles_at(window) => {
            Weighed { belief, set_aside_until: Some(held.settles_at(window)) }
        }
        (Some(held), _) => fresh(!held.present),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn seen() -> impl Strategy<Value = Seen> {
        prop_oneof![Just(Seen::Present), Just(Seen::Absent), Just(Seen::Unmentioned), Just(Seen::Rumoured)]
    }

    proptest! {
        #[test]
        fn within_the_window_no_read_changes_a_belief(
            present: bool, since in 0..1_000_i64, age in 0..60_i64, seen in seen()
        ) {
            let held = Belief { present, since: at(since) };
            let got = weigh(Some(held), seen, at(since + age), Duration::from_secs(60));
            prop_assert_eq!(got.belief, Some(held));
            let contradicts = match seen {
                Seen::Unmentioned => false,
                Seen::Present | Seen::Rumoured => !present,
                Seen::Absent => present,
            };
            prop_assert_eq!(got.set_aside_until, contradicts.then(|| at(since + 60)));
        }

        #[test]
        fn after_the_window_the_read_is_believed(present: bool, since in 0..1_000_i64, age in 60..600_i64) {
            let seen = if present { Seen::Absent } else { Seen::Present };
            let now = at(since + age);
            let got = weigh(Some(Belief { present, since: at(since) }), seen, now, Duration::from_secs(60));
            prop_assert_eq!(got.belief, Some(Belief { present: !present, since: now }));
            prop_assert_eq!(got.set_aside_until, None);
        }
    }

    #[test]
    fn who_left_within_the_window_or_is_held_to_be_there_left_of_late() {
        let (now, window) = (at(100), Duration::from_secs(60));
        let held = |present, since| Some(Belief { present, since: at(since) });
        let cases = [(None, false), (held(true, 0), true), (held(false, 41), true), (held(false, 40), false)];
        for (belief, expected) in cases {
            assert_eq!(left_of_late(belief, Seen::Absent, now, window), expected, "{belief:?}");
            for seen in [Seen::Present, Seen::Unmentioned, Seen::Rumoured] {
                assert!(!left_of_late(belief, seen, now, window), "{belief:?} {seen:?}");
            }
        }
    }

    /// Law 4.
    #[test]
    fn a_first_sight_is_believed_and_a_first_absence_is_nothing() {
        let window = Duration::from_secs(60);
        assert!(weigh(None, Seen::Present, at(5), window).is_present());
        assert_eq!(weigh(None, Seen::Absent, at(5), window).belief, None);
    }

    #[test]
    fn a_rumour_of_somebody_who_is_not_held_to_be_there_waits_for_a_window_whatever_is_known() {
        let window = Duration::from_secs(60);
        let gone = Some(Belief { present: false, since: at(0) });
        for (held, now, until) in [(None, 500, 560), (gone, 500, 560), (gone, 20, 60)] {
            let got = weigh(held, Seen::Rumoured, at(now), window);
            assert_eq!((got.belief, got.set_aside_until), (held, Some(at(until))));
        }
        let here = Some(Belief { present: true, since: at(0) });
        assert_eq!(weigh(here, Seen::Rumoured, at(500), window).set_aside_until, None);
    }
}
