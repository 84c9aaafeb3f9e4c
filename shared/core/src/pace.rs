//! How writes are spread over time once the directory has refused some for their number: one rule, so that all workers of an
//! app together stay within what it grants, and each of them gets on.

use std::time::Duration;

use crate::{Timestamp, gate::LONGEST, schedule::later};

/// So many writes to one tenant an app is granted in [`WINDOW`] ("Microsoft Graph service-specific throttling limits").
pub const GRANTED: u32 = 3_000;
/// Over so much time they are counted.
pub const WINDOW: Duration = Duration::from_secs(150);
/// So many may go at once after a rest, so that a small change never waits. The rest of what is granted is spread over the
/// window: wherever a window begins, all that goes in it is within what is granted.
pub const BURST: u32 = 200;
/// So long writes are spread after they were refused last. A directory that never refuses is never held back; one that did
/// has told what its quota is, without an hour of refusals.
const LASTS: Duration = Duration::from_secs(24 * 3600);

/// The time that one write takes up.
const EACH: Duration = Duration::from_nanos(WINDOW.as_nanos() as u64 / (GRANTED - BURST) as u64 + 1);

/// Writes that are spread, as all workers of the app in one tenant know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// When writes were refused last.
    pub told_at: Timestamp,
    /// Until when what was given places takes up the time.
    pub taken_until: Timestamp,
}

/// A place for writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// They do not begin before.
    pub begins: Timestamp,
    /// The pace with them in it, to be stored before anybody relies on the place.
    pub pace: Pace,
}

/// The pace after writes were refused now and may go on then.
#[must_use]
pub fn told(before: Option<Pace>, now: Timestamp, opens: Timestamp) -> Pace {
    let taken_until = before.map_or(opens, |pace| taken(pace, now).max(opens));
    Pace { told_at: now, taken_until }
}

/// The next place for so many writes; none: they need none, as nothing was refused lately.
#[must_use]
pub fn place(pace: Option<Pace>, now: Timestamp, writes: u32) -> Option<Place> {
    let pace = pace.filter(|pace| is_in_force(*pace, now))?;
    let taken_until = later(taken(pace, now), EACH.saturating_mul(writes));
    let begins = taken_until.checked_sub(EACH.saturating_mul(BURST)).unwrap_or(now).max(now);
    Some(Place { begins, pace: Pace { taken_until, ..pace } })
}

/// Whether it still holds. One that was told more than ten minutes ahead is of a clock that ran ahead, and holds nobody.
fn is_in_force(pace: Pace, now: Timestamp) -> bool {
    now < later(pace.told_at, LASTS) && pace.told_at <= later(now, LONGEST)
}

/// Until when the time is taken up. What lies further ahead than anybody waits was stored under a clock that ran ahead, or by
/// workers that are gone: nobody is held off by it for longer.
fn taken(pace: Pace, now: Timestamp) -> Timestamp {
    pace.taken_until.clamp(now, later(now, LONGEST))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).expect("a moment")
    }

    const OPENS: i64 = 60_000;

    /// Workers that ask for places again and again, each as soon as its place has come and the answer took its time.
    struct Crowd {
        pace: Pace,
        /// Of each of their requests: when it asks again, whose it is, how many writes it has.
        asking: Vec<(Timestamp, usize, u32)>,
        /// How much began when, and whose it was.
        begun: Vec<(Timestamp, usize, u32)>,
    }

    impl Crowd {
        fn new(requests: impl IntoIterator<Item = (usize, u32)>) -> Self {
            let asking = requests.into_iter().map(|(worker, writes)| (at(OPENS), worker, writes)).collect();
            Self { pace: told(None, at(0), at(OPENS)), asking, begun: Vec::new() }
        }

        /// Until so many seconds after writes may go on.
        fn go_on(&mut self, seconds: i64, latency: Duration) {
            loop {
                self.asking.sort_unstable();
                let Some(first) =
                    self.asking.first_mut().filter(|first| first.0 < at(OPENS + seconds * 1_000))
                else {
                    return;
                };
                let (now, worker, writes) = *first;
                let place = place(Some(self.pace), now, writes).expect("writes were refused");
                self.pace = place.pace;
                first.0 = later(place.begins, latency);
                self.begun.push((place.begins, worker, writes));
            }
        }

        fn shares(&self) -> BTreeMap<usize, u32> {
            let mut shares = BTreeMap::new();
            for (_, worker, writes) in &self.begun {
                *shares.entry(*worker).or_default() += writes;
            }
            shares
        }
    }

    proptest! {
        #[test]
        fn wherever_a_window_begins_all_that_begins_in_it_is_granted(
            requests in proptest::collection::vec((0_usize..6, 1_u32..=20), 1..40), latency in 0_u64..5_000
        ) {
            let mut crowd = Crowd::new(requests);
            crowd.go_on(320, Duration::from_millis(latency));
            crowd.begun.sort_unstable();
            let (mut from, mut writes) = (0, 0);
            for (begins, _, more) in &crowd.begun {
                writes += more;
                while later(crowd.begun[from].0, WINDOW) <= *begins {
                    writes -= crowd.begun[from].2;
                    from += 1;
                }
                prop_assert!(writes <= GRANTED, "{writes} in the window before {begins}");
            }
        }
    }

    #[test]
    fn nine_tenths_of_what_is_granted_are_used_and_two_workers_have_the_same_of_it() {
        // Each has as many batches of removals under way as a run has at most.
        let eight = |worker| std::iter::repeat_n((worker, 20), crate::flight::MOST);
        let mut crowd = Crowd::new(eight(0).chain(eight(1)));
        crowd.go_on(1_500, Duration::from_millis(50));
        let shares = crowd.shares();
        let used: u32 = shares.values().sum();
        assert!(used >= GRANTED * 10 * 9 / 10, "{used} in ten windows");
        let (less, more) = (shares[&0].min(shares[&1]), shares[&0].max(shares[&1]));
        assert!(more * 10 <= less * 11, "{shares:?}");
    }

    #[test]
    fn a_small_change_beside_large_ones_waits_for_what_asked_before_it() {
        let large = (0..4).flat_map(|worker| std::iter::repeat_n((worker, 20), crate::flight::MOST));
        let mut crowd = Crowd::new(large);
        crowd.go_on(300, Duration::from_millis(50));
        let now = at(OPENS + 300_000);
        let place = place(Some(crowd.pace), now, 5).expect("writes were refused");
        // Four workers with eight batches of twenty: 640 writes at some nineteen a second.
        assert!(place.begins <= later(now, Duration::from_secs(36)), "{}", place.begins);
    }

    #[test]
    fn where_nothing_was_refused_or_not_for_a_day_there_is_no_place_to_wait_for() {
        assert_eq!(place(None, at(0), 20), None);
        let pace = told(None, at(0), at(OPENS));
        let day = later(at(0), LASTS);
        assert_eq!(place(Some(pace), day, 20), None);
        assert!(place(Some(pace), day.checked_sub(EACH).expect("a moment"), 20).is_some());
    }

    #[test]
    fn after_a_rest_a_burst_goes_at_once_and_the_next_write_waits() {
        let mut pace = told(None, at(0), at(OPENS));
        for _ in 0..BURST / 20 {
            let place = place(Some(pace), at(OPENS), 20).expect("writes were refused");
            assert_eq!(place.begins, at(OPENS));
            pace = place.pace;
        }
        let next = place(Some(pace), at(OPENS), 1).expect("writes were refused");
        assert_eq!(next.begins, later(at(OPENS), EACH));
        // What is refused again goes on when it may, and what was given a place before keeps its time.
        let again = told(Some(next.pace), at(OPENS), at(OPENS + 1_000));
        assert_eq!(again.taken_until, next.pace.taken_until);
    }

    #[test]
    fn a_clock_that_ran_ahead_holds_nobody_off_for_longer_than_ten_minutes() {
        let ahead = Pace { told_at: at(0), taken_until: Timestamp::MAX };
        let place = place(Some(ahead), at(0), 1).expect("writes were refused");
        assert!(place.begins <= later(at(0), LONGEST));
        let told_ahead = Pace { told_at: at(3_600_000), taken_until: at(3_600_000) };
        assert_eq!(super::place(Some(told_ahead), at(0), 1), None);
    }
}
