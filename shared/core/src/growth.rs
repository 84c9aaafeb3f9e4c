//! The check between decision and effect on the other hand: how many may join a side without a person.
//!
//! Whoever takes the wrong file, or the right one for the wrong list, adds people who are told what was not meant for them.
//! It cannot be taken back, as a removal can.

use crate::{Timestamp, limit::AdditionLimit, sizes::GUARDED};

/// The additions of one side. Those of people who subscribed themselves are in none of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Growth {
    /// Done in the last 24 hours, approved ones included.
    pub done: u64,
    /// Planned now.
    pub planned: u64,
    /// Members when those 24 hours began; 0: the side is being filled for the first time.
    pub at_first: u64,
}

/// Whether the additions of a side go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Additions {
    /// They do.
    Do,
    /// They wait for a person.
    Hold,
}

/// Judges the additions of one side.
#[must_use]
pub fn judge_additions(growth: Growth, limit: AdditionLimit) -> Additions {
    let Growth { done, planned, at_first } = growth;
    // A side that had nobody is being set up: any number is more than it had.
    if planned == 0 || at_first == 0 {
        return Additions::Do;
    }
    let joining = done.saturating_add(planned);
    let above_share = |percent: u64| u128::from(joining) * 100 > u128::from(percent) * u128::from(at_first);
    let too_many = match limit {
        // Either alone would stop what is usual: a small list that doubles, or a large one that takes a department in.
        AdditionLimit::Standard => joining > 50 && joining > at_first,
        AdditionLimit::Percent(percent) => above_share(u64::from(percent)),
        AdditionLimit::Count(count) => joining > count,
        AdditionLimit::Off => false,
    };
    if too_many { Additions::Hold } else { Additions::Do }
}

/// What an earlier file added to a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grown {
    /// When.
    pub at: Timestamp,
    /// Members before it.
    pub listed: u64,
    /// Put on the side, whenever: what was approved later counts with its file.
    pub added: u64,
}

impl Grown {
    /// Whether it was within the 24 hours before `now`.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.at > now.checked_sub(GUARDED).unwrap_or(Timestamp::MIN)
    }
}

impl Growth {
    /// Of a side that has `members` now, by the files that were taken in before, newest first or last; nothing is planned yet.
    ///
    /// Counts what the files of the last 24 hours added, over the members before the first of them. A file that found nobody
    /// filled the side, and counts for nothing.
    #[must_use]
    pub fn of_files(files: impl IntoIterator<Item = Grown>, now: Timestamp, members: u64) -> Self {
        let mut growth = Self { done: 0, planned: 0, at_first: members };
        let mut first = None;
        for file in files {
            let Grown { at, listed, added } = file;
            if !file.counts(now) || listed == 0 {
                continue;
            }
            growth.done = growth.done.saturating_add(added);
            if first.is_none_or(|first| at < first) {
                first = Some(at);
                growth.at_first = listed;
            }
        }
        growth
    }
}

/// Counts who joins by a file, row by row, for as long as it can change the judgement.
#[derive(Debug, Clone, Copy)]
pub struct Joining {
    growth: Growth,
    limit: AdditionLimit,
    left: u64,
}

impl Joining {
    /// Before the first of so many rows was looked at.
    #[must_use]
    pub fn new(growth: Growth, limit: AdditionLimit, rows: u64) -> Self {
        Self { growth, limit, left: rows }
    }

    /// The judgement, once those rows that are left cannot change it.
    #[must_use]
    pub fn judged(&self) -> Option<Additions> {
        let if_planned = |planned| judge_additions(Growth { planned, ..self.growth }, self.limit);
        let most = self.growth.planned.saturating_add(self.left);
        match (if_planned(self.growth.planned), if_planned(most)) {
            (Additions::Hold, _) => Some(Additions::Hold),
            (Additions::Do, Additions::Do) => Some(Additions::Do),
            (Additions::Do, Additions::Hold) => None,
        }
    }

    /// Some more rows were looked at, of which so many say of somebody that they join.
    pub fn saw(&mut self, rows: u64, joining: u64) {
        self.left = self.left.saturating_sub(rows);
        self.growth.planned = self.growth.planned.saturating_add(joining);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holds(at_first: u64, done: u64, planned: u64, limit: AdditionLimit) -> bool {
        judge_additions(Growth { done, planned, at_first }, limit) == Additions::Hold
    }

    #[test]
    fn the_standard_limit_holds_above_fifty_and_above_what_the_side_had() {
        for (at_first, done, planned, held) in [
            (4, 0, 294, true),
            (4, 0, 50, false),
            (4, 0, 51, true),
            (50, 0, 51, true),
            (51, 0, 51, false),
            (51, 0, 52, true),
            (300, 0, 300, false),
            (300, 0, 301, true),
            (4, 30, 20, false),
            (4, 30, 21, true), // what went before counts
            (4, 294, 1, true),
            (4, 294, 0, false), // nobody joins
            (0, 0, 10_000, false),
            (0, 500, 10_000, false), // it is being filled
        ] {
            assert_eq!(
                holds(at_first, done, planned, AdditionLimit::Standard),
                held,
                "{at_first} {done} {planned}"
            );
        }
    }

    #[test]
    fn an_own_limit_replaces_the_standard_one() {
        for (limit, planned, held) in [
            (AdditionLimit::Percent(10), 10, false),
            (AdditionLimit::Percent(10), 11, true),
            (AdditionLimit::Percent(300), 300, false),
            (AdditionLimit::Percent(300), 301, true),
            (AdditionLimit::Percent(0), 1, true),
            (AdditionLimit::Count(3), 3, false),
            (AdditionLimit::Count(3), 4, true),
            (AdditionLimit::Off, u64::MAX, false),
        ] {
            assert_eq!(holds(100, 0, planned, limit), held, "{limit} {planned}");
        }
    }

    fn file(hour: i64, listed: u64, added: u64) -> Grown {
        Grown { at: Timestamp::from_second(hour * 3_600).expect("in range"), listed, added }
    }

    #[test]
    fn files_of_a_day_count_together_over_what_the_side_had_before_them() {
        let now = file(100, 0, 0).at;
        for (files, done, at_first) in [
            (vec![], 0, 9),
            (vec![file(76, 4, 30)], 0, 9),
            (vec![file(77, 4, 30)], 30, 4),
            (vec![file(98, 30, 5), file(80, 4, 26), file(70, 1, 3)], 31, 4),
            (vec![file(80, 4, 26), file(98, 30, 5)], 31, 4),
            (vec![file(90, 0, 4)], 0, 9),
            (vec![file(95, 4, 2), file(90, 0, 4)], 2, 4),
        ] {
            let growth = Growth::of_files(files.clone(), now, 9);
            assert_eq!(growth, Growth { done, planned: 0, at_first }, "{files:?}");
        }
    }

    proptest! {
        #[test]
        fn one_more_who_joins_never_turns_a_hold_into_a_go(at_first in 0..500_u64, done in 0..300_u64, planned in 1..900_u64) {
            for limit in [AdditionLimit::Standard, AdditionLimit::Percent(150), AdditionLimit::Count(40)] {
                if holds(at_first, done, planned, limit) {
                    prop_assert!(holds(at_first, done, planned + 1, limit));
                    prop_assert!(holds(at_first, done + 1, planned, limit));
                }
            }
        }

        #[test]
        fn however_early_it_stops_counting_it_judges_as_if_it_had_counted_all(
            rows in proptest::collection::vec(proptest::bool::ANY, 0..300),
            at_first in 0..200_u64,
            done in 0..60_u64,
        ) {
            let growth = Growth { done, planned: 0, at_first };
            for limit in [AdditionLimit::Standard, AdditionLimit::Percent(50), AdditionLimit::Off] {
                let mut joining = Joining::new(growth, limit, rows.len() as u64);
                let mut left = rows.iter();
                let judged = loop {
                    if let Some(judged) = joining.judged() {
                        break judged;
                    }
                    let joins = left.next().expect("with no row left it is judged");
                    joining.saw(1, u64::from(*joins));
                };
                let planned = rows.iter().filter(|joins| **joins).count() as u64;
                prop_assert_eq!(judged, judge_additions(Growth { planned, ..growth }, limit));
            }
        }
    }
}
