//! The table: the whole policy of presence, on one screen.

use crate::link::{Extras, FirstMerge, Mode, Phase, Side};

/// Where a member is, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Both sides were last known to share it.
    pub baseline: bool,
    /// It is on the list.
    pub list: bool,
    /// It is in the group.
    pub group: bool,
}

/// Which table is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Each side takes the other's changes.
    TwoWay,
    /// One side leads, the other follows; extras are members that only the follower has.
    Follow {
        /// The side that is right.
        leader: Side,
        /// What becomes of the others.
        extras: Extras,
    },
    /// A first merge in which this side is right.
    Wins(Side),
}

impl Rule {
    /// The rule for a link's member. `undecided` says that a first merge of the member still waits for approval.
    #[must_use]
    pub fn of(mode: Mode, extras: Extras, merge: (FirstMerge, Phase)) -> Self {
        match (mode, merge) {
            (Mode::ListToGroup, _) => Self::Follow { leader: Side::List, extras },
            (Mode::GroupToList, _) => Self::Follow { leader: Side::Group, extras },
            (Mode::TwoWay, (FirstMerge::List, Phase::First)) => Self::Wins(Side::List),
            (Mode::TwoWay, (FirstMerge::Group, Phase::First)) => Self::Wins(Side::Group),
            (Mode::TwoWay, (FirstMerge::Union, _) | (_, Phase::Steady)) => Self::TwoWay,
        }
    }
}

/// What presence alone calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It becomes a member of that side, where the other has it newly.
    Add(Side),
    /// It becomes a member of the following side again, which lost it.
    Restore(Side),
    /// It leaves that side, because the other lost it.
    Remove(Side),
    /// It leaves that side, because the other side wins the first merge.
    Outvote(Side),
    /// It leaves that side, because it is an extra there.
    Expel(Side),
    /// Both have it: the baseline takes it in.
    Adopt,
    /// Both have it, as before.
    Keep,
    /// Neither has it any more: the baseline drops it.
    Forget,
    /// Nothing is known and nothing is done; an extra that stays is left alone, too.
    Nothing,
}

/// Decides one member by presence alone.
#[must_use]
pub fn decide(presence: Presence, rule: Rule) -> Decision {
    match rule {
        Rule::TwoWay => two_way(presence),
        Rule::Wins(winner) => first_merge(presence, winner),
        Rule::Follow { leader, extras } => one_way(presence, leader, extras),
    }
}

fn two_way(Presence { baseline, list, group }: Presence) -> Decision {
    match (baseline, list, group) {
        (false, true, false) => Decision::Add(Side::Group), // list added
        (false, false, true) => Decision::Add(Side::List),  // group added
        (false, true, true) => Decision::Adopt,             // both added
        (true, true, true) => Decision::Keep,               // unchanged
        (true, true, false) => Decision::Remove(Side::List), // group removed
        (true, false, true) => Decision::Remove(Side::Group), // list removed
        (true, false, false) => Decision::Forget,           // both removed
        (false, false, false) => Decision::Nothing,         // nobody
    }
}

fn first_merge(presence: Presence, winner: Side) -> Decision {
    match (two_way(presence), winner) {
        (Decision::Add(Side::Group), Side::Group) => Decision::Outvote(Side::List), // only the list has it
        (Decision::Add(Side::List), Side::List) => Decision::Outvote(Side::Group),  // only the group has it
        (other, _) => other,
    }
}

fn one_way(Presence { baseline, list, group }: Presence, leader: Side, extras: Extras) -> Decision {
    let follower = leader.other();
    let (leads, follows) = match leader {
        Side::List => (list, group),
        Side::Group => (group, list),
    };
    match (baseline, leads, follows) {
        (false, true, false) => Decision::Add(follower), // leader added
        (true, true, false) => Decision::Restore(follower), // follower lost it: not carried back
        (false, true, true) => Decision::Adopt,          // both have it
        (true, true, true) => Decision::Keep,            // unchanged
        (true, false, true) => Decision::Remove(follower), // leader removed
        (true, false, false) => Decision::Forget,        // both removed
        (false, false, false) => Decision::Nothing,      // nobody
        (false, false, true) => match extras {
            // only the follower has it, and not by us
            Extras::Keep => Decision::Nothing,
            Extras::Remove => Decision::Expel(follower),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(bool, bool, bool); 8] = [
        (false, false, false),
        (false, false, true),
        (false, true, false),
        (false, true, true),
        (true, false, false),
        (true, false, true),
        (true, true, false),
        (true, true, true),
    ];

    fn column(rule: Rule) -> Vec<Decision> {
        ALL.iter().map(|&(baseline, list, group)| decide(Presence { baseline, list, group }, rule)).collect()
    }

    #[test]
    fn every_row_of_every_table_is_as_designed() {
        use Decision::{Add, Adopt, Expel, Forget, Keep, Nothing, Outvote, Remove, Restore};
        use Side::{Group, List};
        let follow = |leader, extras| Rule::Follow { leader, extras };
        assert_eq!(
            column(Rule::TwoWay),
            [Nothing, Add(List), Add(Group), Adopt, Forget, Remove(Group), Remove(List), Keep]
        );
        assert_eq!(
            column(Rule::Wins(List)),
            [Nothing, Outvote(Group), Add(Group), Adopt, Forget, Remove(Group), Remove(List), Keep]
        );
        assert_eq!(
            column(Rule::Wins(Group)),
            [Nothing, Add(List), Outvote(List), Adopt, Forget, Remove(Group), Remove(List), Keep]
        );
        assert_eq!(
            column(follow(List, Extras::Keep)),
            [Nothing, Nothing, Add(Group), Adopt, Forget, Remove(Group), Restore(Group), Keep]
        );
        assert_eq!(
            column(follow(List, Extras::Remove)),
            [Nothing, Expel(Group), Add(Group), Adopt, Forget, Remove(Group), Restore(Group), Keep]
        );
        assert_eq!(
            column(follow(Group, Extras::Keep)),
            [Nothing, Add(List), Nothing, Adopt, Forget, Restore(List), Remove(List), Keep]
        );
        assert_eq!(
            column(follow(Group, Extras::Remove)),
            [Nothing, Add(List), Expel(List), Adopt, Forget, Restore(List), Remove(List), Keep]
        );
    }

    #[test]
    fn without_a_baseline_two_way_never_removes() {
        for (_, list, group) in ALL {
            let decision = decide(Presence { baseline: false, list, group }, Rule::TwoWay);
            assert!(!matches!(decision, Decision::Remove(_) | Decision::Outvote(_) | Decision::Expel(_)));
        }
    }

    #[test]
    fn carrying_out_a_decision_leaves_nothing_to_decide() {
        let rules = [
            Rule::TwoWay,
            Rule::Wins(Side::List),
            Rule::Wins(Side::Group),
            Rule::Follow { leader: Side::List, extras: Extras::Remove },
            Rule::Follow { leader: Side::Group, extras: Extras::Keep },
        ];
        for rule in rules {
            for (baseline, list, group) in ALL {
                let before = Presence { baseline, list, group };
                let after = carried_out(before, decide(before, rule));
                assert!(
                    matches!(decide(after, rule), Decision::Keep | Decision::Nothing),
                    "{rule:?} {before:?} {after:?}"
                );
            }
        }
    }

    fn carried_out(before: Presence, decision: Decision) -> Presence {
        match decision {
            Decision::Add(_) | Decision::Restore(_) | Decision::Adopt => {
                Presence { baseline: true, list: true, group: true }
            }
            Decision::Remove(_) | Decision::Outvote(_) | Decision::Expel(_) | Decision::Forget => {
                Presence { baseline: false, list: false, group: false }
            }
            Decision::Keep | Decision::Nothing => before,
        }
    }
}
