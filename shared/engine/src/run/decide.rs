//! From evidence to a plan: everything here is settled before anything is written.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    address::Address,
    belief::Belief,
    case::{Case, Decided, Onward, Policy, Reach, Verdict, judge, skip},
    effects::Done,
    gather::{Evidence, Sight},
    identity::{ListPresence, Unmatched},
    link::{Side, Writes},
    member::{Change, HoldReason, Intent, Member, MemberKey, Op, Open},
    plan::{Effect, Limits, Plan, Release, Standing},
    scope::Scoped,
    shield::Shield,
    snapshot::{Others, Principal},
    summary::Remark,
    unsettled::{Prospect, Unsettled},
};

use super::{
    look::{Look, Matches},
    observe::retry,
    onward, remarks,
    renames::Renamed,
    scope,
    sizes::{self, Members},
    told,
};
use crate::ports::{MemberChange, Moved, PortResult};

const LEAVE_GROUP: Change = Change { side: Side::Group, op: Op::Remove };

/// A run, decided: what is to be done, and what is to be remembered whatever comes of it.
pub(crate) struct Resolution {
    pub(crate) plan: Plan,
    /// Effects on the group that a person carries out.
    pub(crate) by_hand: Vec<Effect>,
    /// The primary addresses of members that were read: a contact that is made of one remembers it.
    pub(crate) primaries: BTreeMap<MemberKey, Address>,
    /// What each member with an effect is to be remembered as, effects aside.
    pub(crate) pending: BTreeMap<MemberKey, Member>,
    /// Rows that changed, without those of members with an effect.
    pub(crate) changes: Vec<MemberChange>,
    /// Rows of contacts that are known by their directory object since. What such a row leaves open is told by nothing else
    /// (a first match is no change of the list), so it is dropped once the plan was done, not before.
    pub(crate) outlived: Vec<MemberChange>,
    /// Contacts that cannot be added to the group, found for the first time, or that stand in it for somebody else.
    pub(crate) unmatched: Vec<(Member, Unmatched)>,
    /// What was found about people that the operator may want to put right.
    pub(crate) remarks: Vec<Remark>,
    /// What counts for the guard that an earlier run did but could not record.
    pub(crate) unrecorded: Vec<Moved>,
    /// How many an earlier run took out of the group because they opted out, and could not record.
    pub(crate) opted_out: u64,
    /// The effects of killed runs that are seen to be done, by whose they are.
    pub(crate) settled: BTreeMap<MemberKey, Done>,
    /// The members whose reads are set aside: when each is to be read again.
    pub(crate) set_aside: Vec<Timestamp>,
    /// When the first of those leaves the group who left the list and have time to come back.
    pub(crate) grace_ends: Option<Timestamp>,
    /// Who opted out and leaves one side first, and the other in another run.
    pub(crate) still_listed: BTreeSet<MemberKey>,
    /// Whether the group was newly seen to have changed.
    pub(crate) news: bool,
    /// How both sides stand, where that matters.
    pub(crate) standing: Option<Standing>,
    /// Whether additions were left for another run, which is to begin at once.
    pub(crate) unfinished: bool,
}

impl Resolution {
    /// Counts as skipped who is in the group and no person, and whose new address is another contact's.
    pub(crate) fn note(&mut self, others: &Others, renamed: Renamed) {
        let counts = others.iter().map(|(kind, count)| (kind.code().to_owned(), *count));
        self.plan.skipped.extend(counts);
        if renamed.taken > 0 {
            self.plan.skipped.insert(skip::ADDRESS_TAKEN.to_owned(), renamed.taken);
        }
    }
}

/// Decides every member and lets the guard look at the whole.
pub(crate) async fn decide(look: Look<'_>, evidence: &Evidence, shield: &Shield) -> PortResult<Resolution> {
    let now = look.now();
    let grace = grace(look).await?;
    let policy = Policy { onward: onward::leads(look).await?, grace, ..policy(look, evidence.reach) };
    let mut sorting = Sorting::new(look, evidence, now);
    for case in evidence.cases(shield) {
        let decided = judge(&case, &policy, now);
        sorting.take(&case, decided);
    }
    sorting.leave_agents_alone().await?;
    sorting.leave_out_mailboxes().await?;
    sorting.release_approved().await?;
    sorting.keep_away(shield).await?;
    let planned = |op| sorting.effects.iter().any(|effect| effect.change.op == op && counts(effect));
    let adding = planned(Op::Add);
    // Removals that are free make a side smaller: what is left of it tells whether it counts as emptied.
    let removing = sorting.effects.iter().any(|effect| effect.change.op == Op::Remove);
    let standing = match adding || removing || sizes::begins(look) {
        true => Some(standing(look, &sorting).await?),
        false => None,
    };
    // Nothing of the list matters where nothing is planned.
    let list = if adding || removing { look.ports.lists.list(&look.link().list).await? } else { None };
    let changed = if removing { scope::changed(look, list.as_ref()) } else { BTreeSet::new() };
    let limits = Limits {
        removals: look.link().max_removals.unwrap_or(look.settings.max_removals),
        additions: look.settings.additions_to(list.as_ref()),
        scope: scope::scoped(look, &changed),
    };
    let mut resolution = sorting.under_guard(standing, limits);
    if resolution.plan.held.reasons().iter().any(|(_, reason)| *reason == HoldReason::Scope) {
        resolution.plan.held.scope = changed.into_iter().collect();
    }
    Ok(resolution)
}

fn policy(look: Look<'_>, reach: Reach) -> Policy {
    let (link, progress) = (look.link(), look.progress());
    Policy {
        mode: link.mode,
        extras: link.extras,
        extras_release: progress.extras_release,
        first_merge: link.first_merge,
        externals: link.externals,
        phase: progress.phase,
        settling: look.settling(),
        ruling: look.state.ruling.clone(),
        retry: retry(look.reason),
        writes: link.writes,
        reach,
        onward: Onward::Nowhere,
        grace: Duration::ZERO,
    }
}

/// How long whoever left the list stays in the group. Where what the link looks at changed, a person is to look at all who
/// leave, and at once: to give time first would have them asked about a change that is long known by then.
async fn grace(look: Look<'_>) -> PortResult<Duration> {
    let grace = look.link().grace;
    if grace.is_zero() {
        return Ok(grace);
    }
    let list = look.ports.lists.list(&look.link().list).await?;
    let changed = scope::changed(look, list.as_ref());
    Ok(match scope::scoped(look, &changed) {
        Scoped::Known => grace,
        Scoped::Changed => Duration::ZERO,
    })
}

async fn standing(look: Look<'_>, sorting: &Sorting<'_>) -> PortResult<Standing> {
    // The members after what was newly seen, which a full read and an incremental one count alike.
    let group = match &sorting.evidence.sight {
        Sight::All(..) => sorting.present,
        Sight::Some(_) => {
            let known = look.ports.links.group_size(&look.link().id).await?;
            (known + sorting.came).saturating_sub(sorting.went)
        }
    };
    sizes::standing(look, Members { list: look.list_size().await?, group }).await
}

/// Sorts decided members by what is done about them, one at a time.
pub(super) struct Sorting<'a> {
    pub(super) look: Look<'a>,
    pub(super) evidence: &'a Evidence,
    pub(super) now: Timestamp,
    pub(super) effects: Vec<Effect>,
    pub(super) skipped: BTreeMap<String, u64>,
    /// Members that are held to be in the group now; of them, those that were newly seen; and those newly seen to be gone.
    present: u64,
    came: u64,
    went: u64,
    pub(super) resolution: Resolution,
    /// Who is left alone, by name, in a preview: a run keeps them in their rows.
    unsettled: Vec<Unsettled>,
}

impl<'a> Sorting<'a> {
    fn new(look: Look<'a>, evidence: &'a Evidence, now: Timestamp) -> Self {
        let outlived = evidence.obsolete().into_iter().map(MemberChange::Delete).collect();
        let resolution = Resolution {
            plan: Plan::empty(look.link().id.clone()),
            by_hand: Vec::new(),
            primaries: BTreeMap::new(),
            pending: BTreeMap::new(),
            changes: Vec::new(),
            outlived,
            unmatched: Vec::new(),
            unrecorded: Vec::new(),
            opted_out: 0,
            settled: BTreeMap::new(),
            set_aside: Vec::new(),
            grace_ends: None,
            still_listed: BTreeSet::new(),
            remarks: Vec::new(),
            news: false,
            standing: None,
            unfinished: false,
        };
        Self {
            look,
            evidence,
            now,
            effects: Vec::new(),
            skipped: BTreeMap::new(),
            present: 0,
            came: 0,
            went: 0,
            resolution,
            unsettled: Vec::new(),
        }
    }

    fn take(&mut self, case: &Case, Decided { member, verdict }: Decided) {
        self.resolution.news |= member.group != case.record.group;
        let is_present = |group: Option<Belief>| u64::from(group.is_some_and(|belief| belief.present));
        let (before, after) = (is_present(case.record.group), is_present(member.group));
        self.present += after;
        self.came += after.saturating_sub(before);
        self.went += before.saturating_sub(after);
        match unrecorded(case, &member) {
            Some(ListPresence::Member | ListPresence::Absent) => {
                let one = Moved { change: LEAVE_GROUP, at: self.now, count: 1, members_before: 1 };
                self.resolution.unrecorded.push(one);
            }
            Some(_) => self.resolution.opted_out += 1,
            None => {}
        }
        let settled = told::settled(case, &member).map(|done| (member.key.clone(), done));
        self.resolution.settled.extend(settled);
        self.resolution.remarks.extend(remarks::same_person(case));
        match verdict {
            Verdict::Do(effect) => {
                let other = match self.look.link().writes {
                    Writes::Direct => Side::Group,
                    Writes::ByHand => Side::List,
                };
                if case.list == ListPresence::StillListed && effect.change.side == other {
                    self.resolution.still_listed.insert(effect.key.clone());
                }
                let read = effect.key.object_id().and_then(|id| self.evidence.principals.get(id));
                if let Some(address) = read.and_then(Principal::primary_address)
                    && effect.change == (Change { side: Side::List, op: Op::Add })
                {
                    self.resolution.primaries.insert(effect.key.clone(), address.clone());
                }
                self.effects.push(effect);
                self.resolution.pending.insert(member.key.clone(), member);
                return;
            }
            Verdict::Skip(code) => {
                let ends = member.grace.as_ref().filter(|_| code == skip::GRACE).map(|grace| grace.until);
                let first = &mut self.resolution.grace_ends;
                *first = first.iter().copied().chain(ends).min();
                self.name(&member, Some(&code));
                *self.skipped.entry(code).or_default() += 1;
                return self.keep(member);
            }
            Verdict::Fail(reason) => self.resolution.unmatched.push((member.clone(), reason)),
            Verdict::SetAside => self.resolution.set_aside.extend(recheck_of(&member)),
            Verdict::Settled => {}
        }
        self.name(&member, None);
        self.keep(member);
    }

    fn keep(&mut self, member: Member) {
        let change = self.change(member);
        self.resolution.changes.extend(change);
    }

    /// Names somebody in a preview who stays out of step; for whose skip the row keeps nothing, by its code.
    pub(super) fn name(&mut self, member: &Member, skipped: Option<&str>) {
        if self.look.matches == Matches::Saved {
            return;
        }
        let of_skip = |code: &str| {
            let Member { key, contact, address, .. } = member.clone();
            Unsettled { key, contact, address, code: code.to_owned(), prospect: Prospect::LeftOut }
        };
        let named = Unsettled::of(member, self.look.link().writes).or_else(|| skipped.map(of_skip));
        self.unsettled.extend(named);
    }

    /// Lets the guard look at all effects, and remembers of each held member what holds it.
    fn under_guard(self, standing: Option<Standing>, limits: Limits) -> Resolution {
        let (look, evidence, now) = (self.look, self.evidence, self.now);
        let Self { effects, skipped, unsettled, mut resolution, .. } = self;
        let known = standing.unwrap_or_default();
        let plan = Plan::assemble(look.link().id.clone(), effects, &known, limits);
        for (effect, reason) in &plan.held.effects {
            let open =
                Open::Held { digest: plan.held.digest.clone(), change: effect.change, reason: *reason };
            if let Some(member) = resolution.pending.remove(&effect.key) {
                let member = Member { open: Some(open), ..member };
                resolution.changes.extend(change(look, evidence, (member, now)));
            }
        }
        if look.link().writes == Writes::ByHand {
            for effect in plan.effects.iter().filter(|effect| effect.change.side == Side::Group) {
                if let Some(member) = resolution.pending.remove(&effect.key) {
                    resolution.set_aside.extend(recheck_of(&member));
                    resolution.changes.extend(change(look, evidence, (member, now)));
                }
            }
        }
        for moved in &mut resolution.unrecorded {
            moved.members_before = known.group.members + 1;
        }
        Resolution { plan: Plan { skipped, unsettled, ..plan }, standing, ..resolution }
    }

    pub(super) fn change(&self, member: Member) -> Option<MemberChange> {
        change(self.look, self.evidence, (member, self.now))
    }
}

impl Resolution {
    /// Takes out of the plan what a person carries out: nothing of it is sent or recorded as done.
    pub(crate) fn leave_to_hand(&mut self) {
        let is_by_hand = |effect: &mut Effect| effect.change.side == Side::Group;
        self.by_hand = self.plan.effects.extract_if(.., is_by_hand).collect();
    }
}

/// How somebody stands to the list whose removal from the group was sent before a crash and is seen to have taken effect: it
/// counts from now on, for the guard or as an opt-out.
fn unrecorded(case: &Case, member: &Member) -> Option<ListPresence> {
    let removed =
        matches!(case.record.intent, Some(Intent { op: Op::Remove, .. })) && member.intent.is_none();
    (removed && !member.group.is_some_and(|belief| belief.present)).then_some(case.list)
}

/// What is to be written for a member, if anything.
fn change(look: Look<'_>, evidence: &Evidence, (member, now): (Member, Timestamp)) -> Option<MemberChange> {
    let before = evidence.records.get(&member.key);
    match (before, member.is_forgettable(now, look.settings.settle_window)) {
        (None, true) => None,
        (Some(_), true) => Some(MemberChange::Delete(member.key)),
        (Some(before), false) if *before == member => None,
        (_, false) => Some(MemberChange::Put(member)),
    }
}

fn recheck_of(member: &Member) -> Option<Timestamp> {
    match member.open {
        Some(Open::SetAside { recheck_at }) => Some(recheck_at),
        _ => None,
    }
}

/// Whether the guard counts an effect.
pub(crate) fn counts(effect: &Effect) -> bool {
    effect.release != Release::Free
}
