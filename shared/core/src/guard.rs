//! The check between decision and effect: how many may be removed without a person.

use crate::{link::RemovalLimit, member::HoldReason};

/// The removals of one side. Those of people who opted out are in none of the numbers but `leaving`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Done in the last 24 hours.
    pub done: u64,
    /// Planned now, with those that are held already.
    pub planned: u64,
    /// Members when those 24 hours began, or when the first run finished, if that was later ([`crate::sizes`]).
    pub at_first: u64,
    /// Members now.
    pub members: u64,
    /// Removals planned now of people who opted out.
    pub leaving: u64,
}

/// Whether the removals of a side go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// They do.
    Proceed,
    /// They wait for a person.
    Hold(HoldReason),
}

/// Judges the removals of one side.
#[must_use]
pub fn judge(tally: &Tally, limit: RemovalLimit) -> Judgement {
    if tally.planned == 0 {
        return Judgement::Proceed;
    }
    // Who joins does not count: an addition may fail, and the side would be empty after all.
    let left = tally.members.saturating_sub(tally.planned + tally.leaving);
    if left == 0 && tally.at_first.max(tally.members) >= 2 {
        return Judgement::Hold(HoldReason::Emptied);
    }
    match is_too_many(tally.done + tally.planned, tally.at_first, limit) {
        true => Judgement::Hold(HoldReason::Limit),
        false => Judgement::Proceed,
    }
}

/// Whether so many removals within 24 hours, of a side that had so many members, are more than go on without a person.
pub(crate) fn is_too_many(removals: u64, at_first: u64, limit: RemovalLimit) -> bool {
    let above_share = |percent: u64| removals * 100 > percent * at_first;
    match limit {
        RemovalLimit::Standard => (removals > 5 && above_share(20)) || removals > 500,
        RemovalLimit::Percent(percent) => above_share(u64::from(percent)),
        RemovalLimit::Count(count) => removals > count,
        RemovalLimit::Off => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(members: u64, done: u64, planned: u64) -> Tally {
        Tally { done, planned, at_first: members, members: members - done, leaving: 0 }
    }

    fn holds(members: u64, done: u64, planned: u64, limit: RemovalLimit) -> bool {
        judge(&tally(members, done, planned), limit) != Judgement::Proceed
    }

    #[test]
    fn the_standard_limit_holds_above_five_and_a_fifth_or_above_five_hundred() {
        let standard = RemovalLimit::Standard;
        for (members, done, planned, held) in [
            (10, 0, 5, false), // half, but only five
            (10, 0, 6, true),  // six of ten
            (30, 0, 6, false), // six are just a fifth
            (29, 0, 6, true),  // and here a little more
            (10_000, 0, 500, false),
            (10_000, 0, 501, true),
            (10_000, 300, 200, false),
            (10_000, 300, 201, true), // what went before counts
            (10, 5, 1, true),
        ] {
            assert_eq!(holds(members, done, planned, standard), held, "{members} {done} {planned}");
        }
    }

    #[test]
    fn an_own_limit_replaces_the_standard_one() {
        for (limit, planned, held) in [
            (RemovalLimit::Percent(10), 10, false),
            (RemovalLimit::Percent(10), 11, true),
            (RemovalLimit::Percent(0), 1, true),
            (RemovalLimit::Count(3), 3, false),
            (RemovalLimit::Count(3), 4, true),
            (RemovalLimit::Count(0), 1, true),
            (RemovalLimit::Off, 99, false),
        ] {
            assert_eq!(holds(100, 0, planned, limit), held, "{limit} {planned}");
        }
    }

    #[test]
    fn an_emptied_side_is_held_whatever_the_limit_unless_it_had_one_member() {
        for limit in [RemovalLimit::Off, RemovalLimit::Standard, RemovalLimit::Percent(100)] {
            assert_eq!(judge(&tally(2, 0, 2), limit), Judgement::Hold(HoldReason::Emptied));
            assert_eq!(judge(&tally(3, 2, 1), limit), Judgement::Hold(HoldReason::Emptied));
        }
        assert_eq!(judge(&tally(1, 0, 1), RemovalLimit::Standard), Judgement::Proceed);
        let with_opt_out = Tally { leaving: 1, ..tally(2, 0, 1) };
        assert_eq!(judge(&with_opt_out, RemovalLimit::Off), Judgement::Hold(HoldReason::Emptied));
    }

    #[test]
    fn a_side_that_grew_today_or_shrank_is_emptied_as_any_other() {
        let grew = Tally { at_first: 0, ..tally(9, 0, 9) };
        let shrank = Tally { at_first: 9, ..tally(1, 0, 1) };
        for tally in [grew, shrank] {
            assert_eq!(judge(&tally, RemovalLimit::Off), Judgement::Hold(HoldReason::Emptied));
        }
    }

    #[test]
    fn opt_outs_alone_are_never_held() {
        let all_opted_out = Tally { leaving: 10, ..tally(10, 0, 0) };
        assert_eq!(judge(&all_opted_out, RemovalLimit::Count(0)), Judgement::Proceed);
    }

    proptest! {
        #[test]
        fn removing_one_more_never_turns_a_hold_into_a_go(members in 1..2_000_u64, done in 0..500_u64, planned in 1..1_000_u64) {
            prop_assume!(done + planned < members);
            for limit in [RemovalLimit::Standard, RemovalLimit::Percent(30), RemovalLimit::Count(40)] {
                if holds(members, done, planned, limit) {
                    prop_assert!(holds(members, done, planned + 1, limit));
                }
            }
        }
    }
}
