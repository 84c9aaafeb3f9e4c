//! From evidence to a plan: everything here is settled before anything is written.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    Timestamp,
    case::{Case, Decided, Policy, Verdict, judge},
    gather::{Evidence, Shield, Sight},
    identity::{ListPresence, Unmatched},
    link::Side,
    member::{Intent, Member, MemberKey, Op, Open},
    plan::{Effect, Plan, Release, SideStanding, Standing},
    settings::Owners,
    snapshot::Completeness,
};

use super::{look::Look, observe::retry};
use crate::ports::{MemberChange, PortResult, Removal};

/// How far back removals count for the guard.
const GUARDED: Duration = Duration::from_secs(24 * 3600);

/// A run, decided: what is to be done, and what is to be remembered whatever comes of it.
pub(crate) struct Resolution {
    pub(crate) plan: Plan,
    /// What each member with an effect is to be remembered as, effects aside.
    pub(crate) pending: BTreeMap<MemberKey, Member>,
    /// Rows that changed, without those of members with an effect.
    pub(crate) changes: Vec<MemberChange>,
    /// Contacts that cannot be added to the group, found for the first time.
    pub(crate) unmatched: Vec<(Member, Unmatched)>,
    /// Removals that an earlier run did but could not record.
    pub(crate) unrecorded: Vec<Removal>,
    /// The members whose reads are set aside: when each is to be read again.
    pub(crate) set_aside: Vec<Timestamp>,
    /// Whether the group was newly seen to have changed.
    pub(crate) news: bool,
    pub(crate) standing: Standing,
}

/// Decides every member and lets the guard look at the whole.
pub(crate) async fn decide(look: Look<'_>, evidence: &Evidence, shield: &Shield) -> PortResult<Resolution> {
    let now = look.now();
    let policy = policy(look);
    let cases = evidence.cases(shield);
    let decided: Vec<(Case, Decided)> = cases
        .into_iter()
        .map(|case| {
            let decided = judge(&case, &policy, now);
            (case, decided)
        })
        .collect();
    let effects: Vec<Effect> = decided.iter().filter_map(|(_, one)| effect_of(one)).cloned().collect();
    let removing = effects.iter().any(|effect| effect.change.op == Op::Remove);
    let standing = if removing { standing(look, evidence, now).await? } else { Standing::default() };
    let limit = look.link().max_removals.unwrap_or(look.settings.max_removals);
    let plan = Plan::assemble(look.link().id.clone(), effects, &standing, limit);
    let obsolete = evidence.obsolete().into_iter().map(MemberChange::Delete).collect();
    Ok(collect(Sorting { look, evidence, now, standing }, decided, plan, obsolete))
}

fn effect_of(decided: &Decided) -> Option<&Effect> {
    match &decided.verdict {
        Verdict::Do(effect) => Some(effect),
        Verdict::Settled | Verdict::Skip(_) | Verdict::Fail(_) | Verdict::SetAside => None,
    }
}

fn policy(look: Look<'_>) -> Policy {
    let (link, progress) = (look.link(), look.progress());
    Policy {
        mode: link.mode,
        extras: link.extras,
        extras_release: progress.extras_release,
        first_merge: link.first_merge,
        phase: progress.phase,
        window: look.settings.settle_window,
        ruling: look.state.ruling.clone(),
        retry: retry(look.reason),
    }
}

async fn standing(look: Look<'_>, evidence: &Evidence, now: Timestamp) -> PortResult<Standing> {
    let since = now.checked_sub(GUARDED).unwrap_or(Timestamp::MIN);
    let removals = look.ports.links.removals(&look.link().id, since).await?;
    let of = |side: Side, members: u64| {
        let mine = removals.iter().filter(|removal| removal.side == side);
        SideStanding {
            members,
            done: mine.clone().map(|removal| removal.count).sum(),
            at_first: mine.map(|removal| removal.members_before).next().unwrap_or(members),
        }
    };
    let group_size = match &evidence.sight {
        Sight::All(members, Completeness::Complete) => members.len() as u64,
        _ => look.ports.links.group_size(&look.link().id).await?,
    };
    Ok(Standing { list: of(Side::List, look.list_size().await?), group: of(Side::Group, group_size) })
}

struct Sorting<'a> {
    look: Look<'a>,
    evidence: &'a Evidence,
    now: Timestamp,
    standing: Standing,
}

fn collect(
    sorting: Sorting<'_>,
    decided: Vec<(Case, Decided)>,
    mut plan: Plan,
    changes: Vec<MemberChange>,
) -> Resolution {
    let held: BTreeMap<MemberKey, Open> = plan
        .held
        .effects
        .iter()
        .map(|(effect, reason)| {
            let digest = plan.held.digest.clone();
            (effect.key.clone(), Open::Held { digest, change: effect.change, reason: *reason })
        })
        .collect();
    let mut resolution = Resolution {
        pending: BTreeMap::new(),
        changes,
        unmatched: Vec::new(),
        unrecorded: Vec::new(),
        set_aside: Vec::new(),
        news: false,
        standing: sorting.standing,
        plan: Plan { skipped: BTreeMap::new(), ..plan.clone() },
    };
    for (case, Decided { mut member, verdict }) in decided {
        resolution.news |= member.group != case.record.group;
        resolution.unrecorded.extend(sorting.unrecorded(&case, &member));
        match verdict {
            Verdict::Do(_) if !held.contains_key(&member.key) => {
                resolution.pending.insert(member.key.clone(), member);
                continue;
            }
            Verdict::Do(_) => member.open = held.get(&member.key).cloned(),
            Verdict::Skip(code) => *plan.skipped.entry(code).or_default() += 1,
            Verdict::Fail(reason) => resolution.unmatched.push((member.clone(), reason)),
            Verdict::SetAside => resolution.set_aside.extend(recheck_of(&member)),
            Verdict::Settled => {}
        }
        resolution.changes.extend(sorting.change(member));
    }
    resolution.plan.skipped = plan.skipped;
    resolution
}

impl Sorting<'_> {
    /// What is to be written for a member, if anything.
    fn change(&self, member: Member) -> Option<MemberChange> {
        let before = self.evidence.records.get(&member.key);
        match (before, member.is_forgettable(self.now, self.look.settings.settle_window)) {
            (None, true) => None,
            (Some(_), true) => Some(MemberChange::Delete(member.key)),
            (Some(before), false) if *before == member => None,
            (_, false) => Some(MemberChange::Put(member)),
        }
    }

    /// A removal that was sent before a crash and is seen to have taken effect counts for the guard from now on.
    fn unrecorded(&self, case: &Case, member: &Member) -> Option<Removal> {
        let removed =
            matches!(case.record.intent, Some(Intent { op: Op::Remove, .. })) && member.intent.is_none();
        let opted_out = case.list == ListPresence::OptedOut;
        (removed && !opted_out && !member.group.is_some_and(|belief| belief.present)).then_some(Removal {
            side: Side::Group,
            at: self.now,
            count: 1,
            members_before: self.standing.group.members + 1,
        })
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
    effect.change.op == Op::Remove && effect.release != Release::Free
}

/// Who is never removed from this link's sides.
pub(crate) async fn shield(look: Look<'_>) -> PortResult<Shield> {
    let protected = &look.settings.protected;
    let mut object_ids = protected.object_ids.clone();
    if protected.owners == Owners::Protected {
        object_ids.extend(look.ports.directory.owners(look.call(), &look.link().group).await?);
    }
    Ok(Shield { object_ids, addresses: protected.addresses.clone() })
}
