//! By what right an effect goes on, before the guard looks at all of them together.

use super::{Arrival, Case, ExtrasRelease, Onward, Policy, Protection, Reach, skip};
use crate::{
    hold::RulingKind,
    link::{Phase, Side},
    member::{Change, HoldReason, Op, Open},
    plan::{Cause, Release},
};

/// By what right a member is added to a side; an error is the reason for which it is left alone.
pub(super) fn of_addition(
    (side, cause): (Side, Cause),
    case: &Case,
    policy: &Policy,
) -> Result<Release, &'static str> {
    let held = Held::of(case, policy, Change { side, op: Op::Add });
    let is_declined = matches!(case.record.open, Some(Open::Declined { side: no }) if no == side);
    // The record of before the decision tells who was in step: a discarded removal has taken the baseline away, and whom it
    // brings back was there already.
    let was_there = case.record.in_baseline || cause == Cause::Restored;
    match held {
        // To ask again at the next run would be to ask for ever: nothing but the person's own move ends it.
        _ if is_declined => Err(skip::ADDITION_DECLINED),
        Some(Held { ruling: Some(RulingKind::Discarded), .. }) => Err(skip::ADDITION_DECLINED),
        Some(Held { ruling: Some(RulingKind::Approved), .. }) => Ok(Release::Approved),
        Some(Held { reason, ruling: None }) => Ok(Release::Held(reason)),
        None if was_there => Ok(Release::Free),
        // Until a link's first run has finished its sides were never in step, and that they meet is no growth of theirs. But
        // where the list leads on, whoever it gets so joins places that were in step with it, and those ask nobody about
        // what a run put on it. To ask there would be later: with the list full of people whom nobody wanted on it, and once
        // for each place. So the one question is asked here.
        None if policy.phase == Phase::First
            && !(side == Side::List && policy.onward == Onward::Elsewhere) =>
        {
            Ok(Release::Free)
        }
        // Who comes to the list by another way is judged there; who comes to the group, nowhere else.
        None if side == Side::Group && case.arrival == Arrival::Judged => Ok(Release::Free),
        None => Ok(Release::Guarded),
    }
}

/// By what right a member is removed from a side; an error is the reason for which it is left alone.
pub(super) fn of_removal(
    (side, cause): (Side, Cause),
    case: &Case,
    policy: &Policy,
) -> Result<Release, &'static str> {
    let held = Held::of(case, policy, Change { side, op: Op::Remove });
    match cause {
        _ if case.protection == Protection::Protected => Err(skip::PROTECTED),
        Cause::OptedOut => Ok(Release::Free),
        _ if policy.reach == Reach::NotAll => Err(skip::SOURCE_UNREAD),
        _ if held.is_some_and(|held| held.ruling == Some(RulingKind::Approved)) => Ok(Release::Approved),
        Cause::FirstMerge => Ok(Release::NeedsApproval(HoldReason::FirstMerge)),
        Cause::Extra if policy.extras_release == ExtrasRelease::Unapproved => {
            Ok(Release::NeedsApproval(HoldReason::Extras))
        }
        _ if policy.phase == Phase::First => Err(skip::FIRST_RUN),
        // Extras and first merges are judged anew, above; what the guard held is not.
        _ => Ok(match held {
            Some(Held { reason, .. }) if reason.is_of_guard() => Release::Held(reason),
            _ => Release::Guarded,
        }),
    }
}

/// A change of a member that an earlier run held.
#[derive(Clone, Copy)]
struct Held {
    reason: HoldReason,
    /// What a person said of the hold that it is part of.
    ruling: Option<RulingKind>,
}

impl Held {
    fn of(case: &Case, policy: &Policy, change: Change) -> Option<Self> {
        let (digest, reason) = case.record.held(change)?;
        let ruling = policy.ruling.as_ref().filter(|ruling| ruling.is_of(digest));
        Some(Self { reason, ruling: ruling.map(|ruling| ruling.kind) })
    }
}
