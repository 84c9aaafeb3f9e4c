//! The ordered, printable effects of one run. It leaves no choices to apply.

use std::{collections::BTreeMap, fmt};

use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use sha2::{Digest as _, Sha256};

use crate::{
    address::Address,
    guard::{Judgement, Tally, judge},
    id::{ContactId, LinkId},
    link::{RemovalLimit, Side},
    member::{Change, HoldReason, MemberKey, Op},
    summary::HeldCounts,
};

/// Why an effect is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// New on the list.
    ListAdded,
    /// New in the group.
    GroupAdded,
    /// Gone from the list.
    ListRemoved,
    /// Gone from the group.
    GroupRemoved,
    /// The person opted out.
    OptedOut,
    /// The other side wins the first merge.
    FirstMerge,
    /// In a one-way mode only the following side has it.
    Extra,
    /// In a one-way mode the following side lost it.
    Restored,
    /// A crash left unrecorded whether it was done: it is done once more.
    Unrecorded,
}

impl Cause {
    /// The stable code that plans show.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ListAdded => "list_added",
            Self::GroupAdded => "group_added",
            Self::ListRemoved => "list_removed",
            Self::GroupRemoved => "group_removed",
            Self::OptedOut => "opted_out",
            Self::FirstMerge => "first_merge",
            Self::Extra => "extra",
            Self::Restored => "restored",
            Self::Unrecorded => "unrecorded",
        }
    }
}

/// By what right an effect goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nobody needs to be asked: additions, and removals that the person asked for.
    Free,
    /// The guard decides.
    Guarded,
    /// A person approved it.
    Approved,
    /// A person has to approve it, whatever the guard says.
    NeedsApproval(HoldReason),
}

/// One add or remove on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Whose.
    pub key: MemberKey,
    /// What and where.
    pub change: Change,
    /// Why.
    pub cause: Cause,
    /// By what right.
    pub release: Release,
    /// The address, as far as known.
    pub address: Option<Address>,
    /// The display name, possibly empty.
    pub name: String,
    /// The contact, as far as known.
    pub contact: Option<ContactId>,
}

impl Effect {
    /// Additions go first, so that no side is ever emptier than it has to be.
    fn rank(&self) -> (Op, Side, Option<&Address>, &MemberKey) {
        (self.change.op, self.change.side.other(), self.address.as_ref(), &self.key)
    }

    fn is_removal_from(&self, side: Side) -> bool {
        self.change == Change { side, op: Op::Remove }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, change: Change { side, op }, cause, release: _, address, name: _, contact: _ } = self;
        let sign = if *op == Op::Add { '+' } else { '-' };
        match address {
            Some(address) => write!(f, "{sign} {side:<5}  {address}  ({})", cause.code()),
            None => write!(f, "{sign} {side:<5}  {key}  ({})", cause.code()),
        }
    }
}

impl Serialize for Effect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_struct("Effect", 3)?;
        entry.serialize_field("address", &self.address)?;
        entry.serialize_field("object_id", &self.key.object_id())?;
        entry.serialize_field("reason", self.cause.code())?;
        entry.end()
    }
}

/// What the guard keeps back of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// What an approval names; empty when nothing is held.
    pub digest: String,
    /// The effects, ordered.
    pub effects: Vec<(Effect, HoldReason)>,
}

impl Held {
    /// The counters for the summary.
    #[must_use]
    pub fn counts(&self) -> HeldCounts {
        let of = |side| self.effects.iter().filter(|(effect, _)| effect.change.side == side).count() as u64;
        HeldCounts {
            list_removals: of(Side::List),
            group_removals: of(Side::Group),
            digest: self.digest.clone(),
        }
    }

    /// Why, for each side where something is held.
    #[must_use]
    pub fn reasons(&self) -> Vec<(Side, HoldReason)> {
        let mut reasons: Vec<_> =
            self.effects.iter().map(|(effect, reason)| (effect.change.side, *reason)).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons
    }
}

/// The ordered effects of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The link.
    pub link: LinkId,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
    /// What is kept back.
    pub held: Held,
    /// Who is left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Covers the link and all effects, the held ones included.
    pub digest: String,
}

/// What the guard needs to know of both sides beyond the plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    /// Of the list.
    pub list: SideStanding,
    /// Of the group.
    pub group: SideStanding,
}

/// What the guard needs to know of one side beyond the plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct SideStanding {
    /// Members now.
    pub members: u64,
    /// Removals in the last 24 hours.
    pub done: u64,
    /// Members when those 24 hours began.
    pub at_first: u64,
}

impl Plan {
    /// A plan that does nothing.
    #[must_use]
    pub fn empty(link: LinkId) -> Self {
        Self::assemble(link, Vec::new(), &Standing::default(), RemovalLimit::Standard)
    }

    /// Orders the effects and lets the guard keep back what it must.
    #[must_use]
    pub fn assemble(
        link: LinkId,
        mut effects: Vec<Effect>,
        standing: &Standing,
        limit: RemovalLimit,
    ) -> Self {
        effects.sort_by(|a, b| a.rank().cmp(&b.rank()));
        let digest = digest_of(&link, &effects);
        let verdicts = [Side::List, Side::Group].map(|side| judge(&tally(&effects, side, standing), limit));
        let (mut go, mut held) = (Vec::new(), Vec::new());
        for effect in effects {
            let verdict = verdicts[usize::from(effect.change.side == Side::Group)];
            match (effect.release, verdict) {
                (Release::NeedsApproval(reason), _) | (Release::Guarded, Judgement::Hold(reason)) => {
                    held.push((effect, reason));
                }
                (Release::Free | Release::Approved, _) | (Release::Guarded, Judgement::Proceed) => {
                    go.push(effect)
                }
            }
        }
        let held_digest = match held.is_empty() {
            true => String::new(),
            false => digest_of(&link, held.iter().map(|(effect, _)| effect)),
        };
        let held = Held { digest: held_digest, effects: held };
        Self { link, effects: go, held, skipped: BTreeMap::new(), digest }
    }

    /// Whether a run of it would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }
}

fn tally(effects: &[Effect], side: Side, standing: &Standing) -> Tally {
    let base = match side {
        Side::List => standing.list,
        Side::Group => standing.group,
    };
    let count =
        |wanted: &dyn Fn(&Effect) -> bool| effects.iter().filter(|effect| wanted(effect)).count() as u64;
    let removal = |effect: &Effect| effect.is_removal_from(side);
    Tally {
        done: base.done,
        planned: count(&|e| removal(e) && matches!(e.release, Release::Guarded | Release::Approved)),
        at_first: base.at_first,
        members: base.members,
        leaving: count(&|e| removal(e) && e.release == Release::Free),
    }
}

fn digest_of<'a>(link: &LinkId, effects: impl IntoIterator<Item = &'a Effect>) -> String {
    let mut hash = Sha256::new();
    hash.update(link.as_str());
    for effect in effects {
        hash.update(format!("\n{} {}", effect.change, effect.key));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link: _, effects, held, skipped, digest } = self;
        for effect in effects {
            writeln!(f, "{effect}")?;
        }
        for (effect, reason) in &held.effects {
            writeln!(f, "{effect}  held: {reason}")?;
        }
        for (reason, count) in skipped {
            writeln!(f, "  skipped: {count} ({reason})")?;
        }
        if effects.is_empty() && held.effects.is_empty() {
            writeln!(f, "Nothing to do.")?;
        }
        if !held.effects.is_empty() {
            writeln!(f, "Release just the held ones: listsync links approve {}", held.digest)?;
        }
        writeln!(f, "plan {digest}")
    }
}

#[derive(Serialize)]
struct SideEffects<'a> {
    add: Vec<&'a Effect>,
    remove: Vec<&'a Effect>,
}

impl<'a> SideEffects<'a> {
    fn of(effects: impl Iterator<Item = &'a Effect> + Clone, side: Side) -> Self {
        let pick = |op| effects.clone().filter(move |effect| effect.change == Change { side, op }).collect();
        Self { add: pick(Op::Add), remove: pick(Op::Remove) }
    }
}

#[derive(Serialize)]
struct HeldDocument<'a> {
    list_removals: u64,
    group_removals: u64,
    digest: &'a str,
    reasons: Vec<(Side, HoldReason)>,
    list: SideEffects<'a>,
    group: SideEffects<'a>,
}

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.held.counts();
        let held = self.held.effects.iter().map(|(effect, _)| effect);
        let held = HeldDocument {
            list_removals: counts.list_removals,
            group_removals: counts.group_removals,
            digest: &self.held.digest,
            reasons: self.held.reasons(),
            list: SideEffects::of(held.clone(), Side::List),
            group: SideEffects::of(held, Side::Group),
        };
        let mut plan = serializer.serialize_struct("Plan", 6)?;
        plan.serialize_field("link", &self.link)?;
        plan.serialize_field("digest", &self.digest)?;
        plan.serialize_field("list", &SideEffects::of(self.effects.iter(), Side::List))?;
        plan.serialize_field("group", &SideEffects::of(self.effects.iter(), Side::Group))?;
        plan.serialize_field("held", &held)?;
        plan.serialize_field("skipped", &self.skipped)?;
        plan.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ObjectId;
    use proptest::prelude::*;

    fn effect(number: usize, change: Change, release: Release) -> Effect {
        let key = MemberKey::Principal(ObjectId::parse(&format!("u{number:03}")).expect("an id"));
        let name = String::new();
        Effect { key, change, cause: Cause::ListRemoved, release, address: None, name, contact: None }
    }

    fn link() -> LinkId {
        LinkId::parse("link").expect("an id")
    }

    fn standing(members: u64) -> Standing {
        let side = SideStanding { members, done: 0, at_first: members };
        Standing { list: side, group: side }
    }

    const LEAVE_GROUP: Change = Change { side: Side::Group, op: Op::Remove };
    const JOIN_GROUP: Change = Change { side: Side::Group, op: Op::Add };
    const LEAVE_LIST: Change = Change { side: Side::List, op: Op::Remove };

    fn many(count: usize, change: Change, release: Release) -> Vec<Effect> {
        (0..count).map(|number| effect(number, change, release)).collect()
    }

    #[test]
    fn additions_and_the_other_side_go_on_while_removals_are_held() {
        let mut effects = many(30, LEAVE_GROUP, Release::Guarded);
        effects.extend(many(2, LEAVE_LIST, Release::Guarded));
        effects.push(effect(900, JOIN_GROUP, Release::Free));
        effects.push(effect(901, LEAVE_GROUP, Release::Free));
        let plan = Plan::assemble(link(), effects, &standing(100), RemovalLimit::Standard);
        assert_eq!(plan.held.counts().group_removals, 30);
        assert_eq!(plan.held.counts().list_removals, 0);
        assert_eq!(plan.effects.len(), 4);
        assert_eq!(plan.effects[0].change, JOIN_GROUP);
    }

    #[test]
    fn an_approval_releases_just_what_it_names_and_others_ask_again() {
        let mut effects = many(30, LEAVE_GROUP, Release::Approved);
        effects.push(effect(800, LEAVE_GROUP, Release::Guarded));
        let plan = Plan::assemble(link(), effects, &standing(100), RemovalLimit::Standard);
        assert_eq!(plan.effects.len(), 30);
        assert_eq!(plan.held.counts().group_removals, 1);
    }

    #[test]
    fn what_needs_approval_is_held_however_small() {
        let needs = Release::NeedsApproval(HoldReason::FirstMerge);
        let plan = Plan::assemble(link(), many(1, LEAVE_GROUP, needs), &standing(100), RemovalLimit::Off);
        assert_eq!(plan.held.reasons(), [(Side::Group, HoldReason::FirstMerge)]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_changes_nothing(mut numbers in proptest::collection::vec(0..50_usize, 0..20)) {
            numbers.sort_unstable();
            numbers.dedup();
            let of = |numbers: &[usize]| {
                let effects = numbers.iter().map(|&n| effect(n, LEAVE_GROUP, Release::Guarded)).collect();
                Plan::assemble(link(), effects, &standing(40), RemovalLimit::Standard)
            };
            let there = of(&numbers);
            numbers.reverse();
            let back = of(&numbers);
            prop_assert_eq!(there.to_string(), back.to_string());
            prop_assert_eq!(there, back);
        }

        #[test]
        fn the_held_digest_ignores_what_goes_on(joining in 0..20_usize) {
            let mut effects = many(30, LEAVE_GROUP, Release::Guarded);
            let alone = Plan::assemble(link(), effects.clone(), &standing(100), RemovalLimit::Standard);
            effects.extend((0..joining).map(|n| effect(500 + n, JOIN_GROUP, Release::Free)));
            let joined = Plan::assemble(link(), effects, &standing(100), RemovalLimit::Standard);
            prop_assert_eq!(alone.held.digest, joined.held.digest);
        }

        #[test]
        fn every_effect_is_either_done_or_held(guarded in 0..60_usize, free in 0..20_usize, members in 0..200_u64) {
            let mut effects = many(guarded, LEAVE_GROUP, Release::Guarded);
            effects.extend((0..free).map(|n| effect(500 + n, JOIN_GROUP, Release::Free)));
            let plan = Plan::assemble(link(), effects, &standing(members), RemovalLimit::Standard);
            prop_assert_eq!(plan.effects.len() + plan.held.effects.len(), guarded + free);
        }
    }
}
