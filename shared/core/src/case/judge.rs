//! The decision about one member, with all that overlays the table.

use super::{Asked, Case, Decided, Identity, Policy, Reach, Retry, Verdict, release, skip};
use crate::{
    Timestamp,
    backoff::wait_after,
    belief::{Seen, Weighed, weigh},
    grace::Grace,
    hold::RulingKind,
    identity::{ListPresence, Unmatched},
    intent,
    link::{Externals, Phase, Side, Writes},
    member::{Change, HoldReason, Intent, Member, Op, Open},
    plan::{Cause, Effect, Release},
    reconcile::{Decision, Presence, Rule, decide},
    schedule::later,
};

/// Decides one member.
///
/// The overlays stand before the table, in the order of the house: identity, beliefs and intents, opt-outs, protection;
/// so the table itself stays eight rows.
#[must_use]
pub fn judge(case: &Case, policy: &Policy, now: Timestamp) -> Decided {
    // What the record holds under a clock that ran ahead would stand for as long as that clock was wrong.
    let present =
        case.record.as_of(now, policy.settling.window()).map(|record| Case { record, ..case.clone() });
    let case = present.as_ref().unwrap_or(case);
    let mut known = Known::of(case, policy, now);
    let verdict = known.verdict(case, policy, now);
    known.member.open = open_after(&verdict, &known, (case, policy), now);
    Decided { member: known.member, verdict }
}

/// What is taken for true before the table is asked.
struct Known {
    member: Member,
    presence: Presence,
    /// The open intent whose effect was not seen.
    unrecorded: Option<Op>,
    set_aside_until: Option<Timestamp>,
    rule: Rule,
}

impl Known {
    fn of(case: &Case, policy: &Policy, now: Timestamp) -> Self {
        // Whoever is called back to both sides, or out of both, waits for nothing any more.
        let mut member = Member { grace: None, ..case.record.clone() };
        let weighed = weigh(member.group, case.seen, now, policy.settling);
        let weighed = left_one_for_another(case, policy, now).unwrap_or(weighed);
        member.group = weighed.belief;
        let mut phase = policy.phase;
        if let Some(Open::Held { digest, reason, change: Change { op: Op::Remove, .. } }) = &case.record.open
        {
            let discarded = policy.ruling.as_ref().is_some_and(|r| r.says(RulingKind::Discarded, digest));
            if discarded {
                // Without a baseline the table unites: who was to be removed comes back to the other side.
                member.in_baseline = false;
                phase = Phase::Steady;
            } else if *reason == HoldReason::FirstMerge {
                // The first merge of this member is still to be decided, whenever the first run finished.
                phase = Phase::First;
            }
        }
        let mut presence = Presence {
            baseline: member.in_baseline,
            list: case.list == ListPresence::Member,
            group: weighed.is_present(),
        };
        let mut unrecorded = None;
        if let Some(intent) = member.intent {
            let settled = intent::settle(intent, case.seen, now);
            let lapsed = !settled.visible && is_lapsed(intent, policy, now);
            if !lapsed {
                presence.baseline = settled.belief.present;
                presence.group = settled.belief.present;
            }
            if settled.visible {
                member.group = Some(settled.belief);
                member.in_baseline = settled.belief.present;
                member.intent = None;
            } else if lapsed {
                member.intent = None;
            } else {
                unrecorded = Some(intent.op);
            }
        }
        let rule = Rule::of(policy.mode, policy.extras, (policy.first_merge, phase));
        Self { member, presence, unrecorded, set_aside_until: weighed.set_aside_until, rule }
    }

    fn verdict(&mut self, case: &Case, policy: &Policy, now: Timestamp) -> Verdict {
        match case.list {
            ListPresence::OptedOut
            | ListPresence::StillListed
            | ListPresence::Suppressed
            | ListPresence::Erased
                if self.presence.group
                    && policy.mode.writes(Side::Group)
                    && !leaves_the_list_first(case.list, policy) =>
            {
                self.remove(Side::Group, Cause::OptedOut, case, policy)
            }
            ListPresence::StillListed if policy.mode.writes(Side::List) => {
                self.remove(Side::List, Cause::OptedOut, case, policy)
            }
            ListPresence::StillListed => Verdict::Skip(skip::OPTED_OUT.into()),
            ListPresence::OptedOut if self.presence.group => Verdict::Skip(skip::OPTED_OUT.into()),
            // Of whom no contact tells is asked for anew, with backoff.
            ListPresence::Suppressed | ListPresence::Erased if self.presence.group => {
                Verdict::Skip(skip::SUPPRESSED.into())
            }
            ListPresence::OptedOut | ListPresence::Suppressed | ListPresence::Erased => {
                self.member.in_baseline = false;
                self.settled(case, policy, now)
            }
            ListPresence::Member | ListPresence::Absent => {
                self.contested(case).unwrap_or_else(|| self.by_table(case, policy, now))
            }
        }
    }

    /// A contact that people gave an address, which does not tell whose it is now: it keeps the object of its former
    /// address, as taking somebody out of a group on a misspelt address would be a guess too, and each run says so. Whoever
    /// leaves either side leaves the other as anybody.
    fn contested(&self, case: &Case) -> Option<Verdict> {
        let Identity::Unmatched(reason, _) = case.identity else { return None };
        let keeps = matches!(
            decide(self.presence, self.rule),
            Decision::Add(Side::Group) | Decision::Restore(Side::Group) | Decision::Adopt | Decision::Keep
        );
        (reason.is_contested() && keeps && self.unrecorded.is_none()).then_some(Verdict::Fail(reason))
    }

    fn by_table(&mut self, case: &Case, policy: &Policy, now: Timestamp) -> Verdict {
        match decide(self.presence, self.rule) {
            Decision::Add(Side::Group) => self.add(Side::Group, Cause::ListAdded, (case, policy, now)),
            Decision::Add(Side::List) => self.add(Side::List, Cause::GroupAdded, (case, policy, now)),
            Decision::Restore(side) => self.add(side, Cause::Restored, (case, policy, now)),
            Decision::Remove(Side::Group) => self.leave_the_group(case, policy, now),
            Decision::Remove(Side::List) => self.remove(Side::List, Cause::GroupRemoved, case, policy),
            Decision::Outvote(side) => self.remove(side, Cause::FirstMerge, case, policy),
            Decision::Expel(side) => self.remove(side, Cause::Extra, case, policy),
            Decision::Adopt | Decision::Keep => {
                self.member.in_baseline = self.unrecorded.is_none() || self.member.in_baseline;
                self.settled(case, policy, now)
            }
            Decision::Forget | Decision::Nothing => {
                self.member.in_baseline = self.unrecorded.is_some() && self.member.in_baseline;
                self.settled(case, policy, now)
            }
        }
    }

    /// Somebody left the list. A link may give them time to come back: then they stay in the group meanwhile.
    ///
    /// Only what the guard would let go of or not is made to wait. A removal that is held is before a person already, and one
    /// that is approved has been: to have it wait after that would be another thing than what the person said.
    fn leave_the_group(&mut self, case: &Case, policy: &Policy, now: Timestamp) -> Verdict {
        let verdict = self.remove(Side::Group, Cause::ListRemoved, case, policy);
        let Verdict::Do(Effect { release, .. }) = &verdict else { return verdict };
        self.member.grace.clone_from(&case.record.grace);
        if *release != Release::Guarded || policy.grace.is_zero() {
            return verdict;
        }
        let grace = Grace::of(case.record.grace.as_deref().copied(), policy.grace, now);
        self.member.grace = Some(Box::new(grace));
        if grace.waits(now) { Verdict::Skip(skip::GRACE.into()) } else { verdict }
    }

    /// Nothing is called for, unless a crash left unrecorded whether the group is already so.
    fn settled(&mut self, case: &Case, policy: &Policy, now: Timestamp) -> Verdict {
        if let Some(op) = self.unrecorded {
            // The directory said that some of those whom one request held are in the group: a read tells who.
            if let (Op::Add, Some(Open::SetAside { recheck_at })) = (op, &case.record.open)
                && *recheck_at > now
            {
                self.set_aside_until = Some(*recheck_at);
                return Verdict::SetAside;
            }
            // It passed the guard when it was saved.
            let counted = op == Op::Remove && !case.list.is_refusal();
            let release = if counted { Release::Approved } else { Release::Free };
            return self.effect(Change { side: Side::Group, op }, Cause::Unrecorded, release, case);
        }
        match &case.record.open {
            _ if self.set_aside_until.is_some() => Verdict::SetAside,
            Some(Open::SetAside { .. }) if case.seen == Seen::Unmentioned => Verdict::SetAside,
            Some(Open::SetAside { recheck_at }) if self.member.group == case.record.group => {
                self.confirmed(*recheck_at, policy, now)
            }
            _ => Verdict::Settled,
        }
    }

    /// A read confirms what we hold true, against an earlier one. It may come from a replica that is behind the one which
    /// served the other: only what still holds a window after the first recheck is taken for settled.
    fn confirmed(&mut self, recheck_at: Timestamp, policy: &Policy, now: Timestamp) -> Verdict {
        let first =
            self.member.group.is_some_and(|belief| belief.settles_at(policy.settling.window()) == recheck_at);
        if now >= recheck_at && (!first || policy.settling.window().is_zero()) {
            return Verdict::Settled;
        }
        self.set_aside_until = (now >= recheck_at).then(|| later(now, policy.settling.window()));
        Verdict::SetAside
    }

    fn add(&self, side: Side, cause: Cause, (case, policy, now): (&Case, &Policy, Timestamp)) -> Verdict {
        if let (Side::Group, Identity::Unmatched(reason, asked)) = (side, case.identity) {
            // A first miss that was not told yet is counted as no try (`engine/run/apply.rs`).
            let first = !matches!(&case.record.open, Some(Open::Failed { code, attempts: 1.., .. })
                if code == reason.code());
            let invites = policy.externals == Externals::Invite;
            return match (reason, asked, &case.record.open) {
                (Unmatched::GuestNotInvited, Asked::Now, _) if invites => {
                    self.added(side, Cause::Invited, case, policy)
                }
                // What came of an earlier invitation says more than that there is no guest.
                (Unmatched::GuestNotInvited, Asked::Earlier, Some(Open::Failed { code, .. })) => {
                    Verdict::Skip(code.clone())
                }
                (Unmatched::NoSuchUser | Unmatched::NotInvitable, Asked::Now, _) if first => {
                    Verdict::Fail(reason)
                }
                _ => Verdict::Skip(reason.code().into()),
            };
        }
        if side == Side::List && case.record.address.is_none() {
            return Verdict::Skip(skip::NO_ADDRESS.into());
        }
        match &case.record.open {
            Some(Open::Failed { code, retry_at, .. })
                if (policy.retry == Retry::WhenDue || code == skip::SUPPRESSED) && *retry_at > now =>
            {
                Verdict::Skip(code.clone())
            }
            _ => self.added(side, cause, case, policy),
        }
    }

    fn added(&self, side: Side, cause: Cause, case: &Case, policy: &Policy) -> Verdict {
        match release::of_addition((side, cause), case, policy) {
            Ok(release) => self.effect(Change { side, op: Op::Add }, cause, release, case),
            Err(code) => Verdict::Skip(code.into()),
        }
    }

    fn remove(&self, side: Side, cause: Cause, case: &Case, policy: &Policy) -> Verdict {
        match release::of_removal((side, cause), case, policy) {
            Ok(release) => self.effect(Change { side, op: Op::Remove }, cause, release, case),
            Err(code) => Verdict::Skip(code.into()),
        }
    }

    fn effect(&self, change: Change, cause: Cause, release: Release, case: &Case) -> Verdict {
        let Member { key, contact, address, .. } = &case.record;
        // Whoever leaves the list leaves it under each of their addresses; in the group they are one member.
        let leaves_the_list = change == (Change { side: Side::List, op: Op::Remove });
        let also = if leaves_the_list { case.also.clone() } else { Vec::new() };
        Verdict::Do(Effect {
            key: key.clone(),
            change,
            cause,
            release,
            address: address.clone(),
            name: case.name.clone(),
            contact: contact.clone(),
            also,
            naming: case.list.naming(),
        })
    }
}

/// Whoever goes from one of several groups to another may for a while show in neither, as the groups are read one after
/// another and their replicas lag each on its own. So an absence is believed once it has been seen for a settle window.
fn left_one_for_another(case: &Case, policy: &Policy, now: Timestamp) -> Option<Weighed> {
    let believed = case.record.group.filter(|belief| belief.present)?;
    let may_leave = case.list == ListPresence::Member && case.seen.is_absence();
    if policy.reach != Reach::All || !may_leave {
        return None;
    }
    let recheck_at = match case.record.open {
        Some(Open::SetAside { recheck_at }) => recheck_at,
        _ => later(now, policy.settling.window()),
    };
    (recheck_at > now).then_some(Weighed { belief: Some(believed), set_aside_until: Some(recheck_at) })
}

/// What stays open after the decision. Effects write theirs when they were tried; until then it stays as it was.
fn open_after(
    verdict: &Verdict,
    known: &Known,
    (case, policy): (&Case, &Policy),
    now: Timestamp,
) -> Option<Open> {
    let before = case.record.open.as_ref();
    match verdict {
        Verdict::Settled => None,
        Verdict::Do(effect) if policy.writes == Writes::ByHand && effect.change.side == Side::Group => {
            Some(left_to_hand(effect, known, before))
        }
        Verdict::Do(_) => before.cloned(),
        Verdict::SetAside => {
            known.set_aside_until.map(|recheck_at| Open::SetAside { recheck_at }).or_else(|| before.cloned())
        }
        Verdict::Fail(_) if matches!(case.identity, Identity::Unmatched(_, Asked::Earlier)) => {
            before.cloned()
        }
        Verdict::Fail(reason) => Some(failed_again(before, reason.code(), now)),
        Verdict::Skip(code) => match case.identity {
            Identity::Unmatched(reason, Asked::Now) if reason.code() == code => {
                Some(failed_again(before, code, now))
            }
            _ if matches!(before, Some(Open::Failed { code: known, retry_at, .. }) if known == code && *retry_at > now) => {
                before.cloned()
            }
            // What a person said of it stands until it can be done.
            _ if code == skip::SOURCE_UNREAD && matches!(before, Some(Open::Held { .. })) => before.cloned(),
            _ if [skip::NO_ADDRESS, skip::SUPPRESSED].contains(&code.as_str()) => {
                Some(failed_again(before, code, now))
            }
            _ if code == skip::OPTED_OUT => None,
            _ if code == skip::ADDITION_DECLINED => declined(before),
            _ => Some(Open::Skipped { code: code.clone() }),
        },
    }
}

fn declined(before: Option<&Open>) -> Option<Open> {
    match before {
        Some(Open::Held { change, .. }) => Some(Open::Declined { side: change.side }),
        before => before.cloned(),
    }
}

/// What stays open of an effect that a person carries out, whenever that may be: a read that contradicts what we hold true
/// is looked at again, an approval holds until the effect is seen, and anything else is due in every run.
fn left_to_hand(effect: &Effect, known: &Known, before: Option<&Open>) -> Open {
    match (known.set_aside_until, before) {
        (Some(recheck_at), _) => Open::SetAside { recheck_at },
        (None, Some(waiting @ Open::SetAside { .. })) => waiting.clone(),
        (None, Some(held @ Open::Held { .. })) if effect.release == Release::Approved => held.clone(),
        (None, _) => Open::Due,
    }
}

/// An opt-out that waits for a person in the group must not wait on the list as well.
fn leaves_the_list_first(list: ListPresence, policy: &Policy) -> bool {
    list == ListPresence::StillListed && policy.writes == Writes::ByHand && policy.mode.writes(Side::List)
}

/// Where no run writes the group, nobody repeats what a crash left unrecorded: once it would have been seen, it was not done.
fn is_lapsed(intent: Intent, policy: &Policy, now: Timestamp) -> bool {
    policy.writes == Writes::ByHand && later(intent.since, policy.settling.window()) <= now
}

/// One more failure of that kind.
#[must_use]
pub fn failed_again(before: Option<&Open>, code: &str, now: Timestamp) -> Open {
    let attempts = match before {
        Some(Open::Failed { code: known, attempts, .. }) if known == code => attempts + 1,
        _ => 1,
    };
    Open::Failed { code: code.to_owned(), attempts, retry_at: later(now, wait_after(attempts)) }
}
