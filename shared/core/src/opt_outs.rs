//! How many people opt out: each of them goes at once, whatever the guard says of others. Where more go within a day than the
//! guard lets go of its own accord, people are told, as many opt-outs may be a fault of somebody else's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, guard::is_too_many, limit::RemovalLimit, sizes::GUARDED};

const HOUR: i64 = 3_600;

/// Opt-outs that a run carried out on the side that it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// How many people it took off.
    pub people: u64,
    /// Members when the last 24 hours began; none: the run had no reason to count.
    pub at_first: Option<u64>,
}

/// More opt-outs within 24 hours than the guard lets other removals through without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surge {
    /// How many people were taken off within those hours.
    pub people: u64,
    /// Members when those hours began.
    pub of: u64,
    /// Since when it has been so: one surge stays one, whoever joins it.
    pub since: Timestamp,
}

/// The opt-outs of a link that runs carried out lately, by the hour: at most one number for each of a day's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OptOuts {
    /// By the hour since 1970. An hour counts until a whole day after its end.
    hours: BTreeMap<i64, u64>,
    /// Members when the day began, by the last run that counted.
    at_first: u64,
    /// Since when they have been more than the guard's share.
    above_since: Option<Timestamp>,
}

impl OptOuts {
    /// After a run carried out some.
    #[must_use]
    pub fn after(&self, carried: Carried, limit: RemovalLimit, now: Timestamp) -> Self {
        let Carried { people, at_first } = carried;
        let hour = now.as_second().div_euclid(HOUR);
        let mut hours: BTreeMap<i64, u64> = BTreeMap::new();
        for (of, known) in self.hours.range(first_hour(now)..) {
            // What is from the future was counted under a clock that ran ahead: it was before now.
            *hours.entry((*of).min(hour)).or_default() += known;
        }
        if people > 0 {
            *hours.entry(hour).or_default() += people;
        }
        let at_first = at_first.unwrap_or(self.at_first);
        let today = hours.values().sum();
        let above_since = match today > 0 && is_too_many(today, at_first, limit) {
            true => Some(self.surge(now).map_or(now, |surge| surge.since.min(now))),
            false => None,
        };
        Self { hours, at_first, above_since }
    }

    /// Whether they are more than the guard's share now. It ends with its day, also where no run looks.
    #[must_use]
    pub fn surge(&self, now: Timestamp) -> Option<Surge> {
        let since = self.above_since?;
        let people: u64 = self.hours.range(first_hour(now)..).map(|(_, people)| people).sum();
        (people > 0).then_some(Surge { people, of: self.at_first, since })
    }
}

fn first_hour(now: Timestamp) -> i64 {
    now.as_second().saturating_sub_unsigned(GUARDED.as_secs()).div_euclid(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * HOUR).expect("in range")
    }

    fn carried(people: u64, of: u64) -> Carried {
        Carried { people, at_first: Some(of) }
    }

    const NONE: Carried = Carried { people: 0, at_first: None };

    #[test]
    fn they_are_a_surge_just_where_the_guard_would_hold_as_many_removals() {
        for (limit, of, people, is_surge) in [
            (RemovalLimit::Standard, 30, 6, false), // six are just a fifth
            (RemovalLimit::Standard, 29, 6, true),
            (RemovalLimit::Standard, 10, 5, false),
            (RemovalLimit::Standard, 9_000, 501, true),
            (RemovalLimit::Percent(10), 100, 10, false),
            (RemovalLimit::Percent(10), 100, 11, true),
            (RemovalLimit::Count(0), 100, 1, true),
            (RemovalLimit::Count(0), 100, 0, false), // nobody did
            (RemovalLimit::Off, 3, 3, false),
        ] {
            let surge = OptOuts::default().after(carried(people, of), limit, at(1)).surge(at(1));
            let expected = is_surge.then_some(Surge { people, of, since: at(1) });
            assert_eq!(surge, expected, "{limit}: {people} of {of}");
        }
    }

    #[test]
    fn those_of_a_day_count_together_and_one_surge_stays_one_until_its_day_is_over() {
        let standard = RemovalLimit::Standard;
        let few = OptOuts::default().after(carried(4, 20), standard, at(0));
        assert_eq!(few.surge(at(0)), None);
        let many = few.after(carried(3, 20), standard, at(20));
        let surge = Surge { people: 7, of: 20, since: at(20) };
        assert_eq!(many.surge(at(20)), Some(surge));
        let more = many.after(carried(1, 20), standard, at(22)).after(NONE, standard, at(23));
        assert_eq!(more.surge(at(23)), Some(Surge { people: 8, ..surge }), "others join it");
        assert_eq!(more.after(NONE, standard, at(30)).surge(at(30)), None, "four of twenty are a fifth");
        assert_eq!(more.surge(at(47)), None, "nobody of the day, and no run looked");
        let again = more.after(NONE, standard, at(48)).after(carried(9, 20), standard, at(50));
        assert_eq!(again.surge(at(50)), Some(Surge { people: 9, of: 20, since: at(50) }), "another one");
    }

    #[test]
    fn what_was_counted_under_a_clock_that_ran_ahead_is_over_a_day_from_now() {
        let ahead = OptOuts::default().after(carried(9, 20), RemovalLimit::Standard, at(9_000));
        let back = ahead.after(NONE, RemovalLimit::Standard, at(10));
        assert_eq!(back.surge(at(10)), Some(Surge { people: 9, of: 20, since: at(10) }));
        assert_eq!(back.after(NONE, RemovalLimit::Standard, at(36)).surge(at(36)), None);
    }

    proptest! {
        #[test]
        fn what_is_kept_stays_small_and_misses_nobody_of_the_last_day(
            steps in proptest::collection::vec((0..4_i64, 0..20_u64), 1..200)
        ) {
            let (mut hour, mut all, mut kept) = (0, Vec::new(), OptOuts::default());
            for (gap, people) in steps {
                hour += gap;
                all.push((hour, people));
                kept = kept.after(carried(people, 1_000), RemovalLimit::Count(50), at(hour));
                prop_assert!(kept.hours.len() <= 25);
                let today: u64 = all.iter().filter(|(of, _)| *of >= hour - 24).map(|(_, people)| people).sum();
                prop_assert_eq!(kept.surge(at(hour)).map(|surge| surge.people), (today > 50).then_some(today));
            }
        }
    }
}
