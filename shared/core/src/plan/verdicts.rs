//! The guard over all effects of a plan.

use super::{Effect, Limits, Release, SideStanding, Standing, entries};
use crate::{
    growth::{Additions, Growth, judge_additions},
    guard::{Judgement, Tally, judge},
    link::Side,
    member::{Change, HoldReason, Op},
    scope::Scoped,
};

/// What the guard says of each kind of change.
pub(super) struct Verdicts {
    list: SideVerdicts,
    group: SideVerdicts,
}

struct SideVerdicts {
    removals: Judgement,
    additions: Judgement,
}

impl Verdicts {
    pub(super) fn over(effects: &[Effect], standing: &Standing, limits: Limits) -> Self {
        let on = |side, now| SideVerdicts::of(effects, (side, now), limits);
        Self { list: on(Side::List, standing.list), group: on(Side::Group, standing.group) }
    }

    /// Why an effect is held; none: it goes on.
    pub(super) fn kept_back(&self, effect: &Effect) -> Option<HoldReason> {
        match (effect.release, self.of(effect.change)) {
            // What the guard held stays the guard's, so that it is not let go when a change is taken back.
            (Release::Held(reason), Judgement::Hold(HoldReason::Scope))
            | (Release::NeedsApproval(reason), _)
            | (Release::Guarded | Release::Held(_), Judgement::Hold(reason)) => Some(reason),
            // Who joined meanwhile, or a day that went by, takes a removal below the limit without anybody having looked at
            // it. So what is held is let go by a person alone.
            (Release::Held(reason), Judgement::Proceed) => Some(reason),
            (Release::Free | Release::Approved, _) | (Release::Guarded, Judgement::Proceed) => None,
        }
    }

    fn of(&self, Change { side, op }: Change) -> Judgement {
        let side = match side {
            Side::List => &self.list,
            Side::Group => &self.group,
        };
        match op {
            Op::Remove => side.removals,
            Op::Add => side.additions,
        }
    }
}

impl SideVerdicts {
    fn of(effects: &[Effect], (side, now): (Side, SideStanding), limits: Limits) -> Self {
        let counted = |op| entries(effects, |e| e.change == Change { side, op } && e.release.counts());
        let leaves = |e: &Effect| e.change == Change { side, op: Op::Remove } && e.release == Release::Free;
        let removals = Tally {
            done: now.removed,
            planned: counted(Op::Remove),
            at_first: now.at_first,
            members: now.members,
            leaving: entries(effects, leaves),
        };
        let additions = Growth { done: now.added, planned: counted(Op::Add), at_first: now.at_first };
        Self {
            removals: match limits.scope {
                // However few they are: a filter that is mistyped may take out the three who matter.
                Scoped::Changed => Judgement::Hold(HoldReason::Scope),
                Scoped::Known => judge(&removals, limits.removals),
            },
            additions: match judge_additions(additions, limits.additions) {
                Additions::Do => Judgement::Proceed,
                Additions::Hold => Judgement::Hold(HoldReason::Growth),
            },
        }
    }
}
