//! The ordered, printable effects of one run. It leaves no choices to apply.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    Timestamp,
    id::LinkId,
    limit::{AdditionLimit, RemovalLimit},
    link::Side,
    member::{Change, HoldReason, Op},
    place::Place,
    scope::{self, ScopePart, Scoped},
    summary::HeldCounts,
    unsettled::{self, Prospect, Unsettled},
};

mod document;
mod effect;
mod shown;
mod totals;
mod verdicts;

pub use effect::{Alias, Cause, Effect, Naming, Release};
pub use shown::{Difference, More, SHOWN_FOR, Shown, ShownChange};
pub use totals::Totals;
use verdicts::Verdicts;

/// What the guard keeps back of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// What an approval names; empty when nothing is held.
    pub digest: String,
    /// The effects, ordered.
    pub effects: Vec<(Effect, HoldReason)>,
    /// What changed of what the link looks at, where some are held because of that.
    pub scope: Vec<ScopePart>,
}

impl Held {
    /// The counters for the summary.
    #[must_use]
    pub fn counts(&self) -> HeldCounts {
        let of = |op, side| {
            entries(self.effects.iter().map(|(effect, _)| effect), |e| e.change == Change { side, op })
        };
        HeldCounts {
            list_removals: of(Op::Remove, Side::List),
            group_removals: of(Op::Remove, Side::Group),
            list_additions: of(Op::Add, Side::List),
            group_additions: of(Op::Add, Side::Group),
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
    /// Where the link leads, where that was asked.
    pub place: Option<Place>,
    /// What is to be done, in this order.
    pub effects: Vec<Effect>,
    /// What is kept back.
    pub held: Held,
    /// Who is left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// What its changes of the list come to at other places, where that was asked.
    pub follow_ons: Vec<FollowOn>,
    /// Who stays out of step when it is done, by name: only in a preview, which is shown to people.
    pub unsettled: Vec<Unsettled>,
    /// Covers the link and all effects, the held ones included.
    pub digest: String,
}

/// What the changes of a list come to at another place that is filled from it, once they are done: their own link's guard may
/// still ask about them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FollowOn {
    /// The link that carries them on.
    pub link: LinkId,
    /// Where it leads; none: its group is still to be made.
    pub place: Option<Place>,
    /// The place's name, for people.
    pub name: String,
    /// So many would join at most: who cannot be found, or is not to be added by that link, does not.
    pub additions: u64,
    /// So many would leave at most.
    pub removals: u64,
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
    pub removed: u64,
    /// Additions in the last 24 hours that the guard counts.
    pub added: u64,
    /// Members when those 24 hours began, or when the first run finished, if that was later.
    pub at_first: u64,
}

/// How many changes of a side go on within 24 hours without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Removals.
    pub removals: RemovalLimit,
    /// Additions.
    pub additions: AdditionLimit,
    /// Whether removals go on at all, as far as what the link looks at says.
    pub scope: Scoped,
}

impl Plan {
    /// A plan that does nothing.
    #[must_use]
    pub fn empty(link: LinkId) -> Self {
        Self::assemble(link, Vec::new(), &Standing::default(), Limits::default())
    }

    /// Orders the effects and lets the guard keep back what it must.
    #[must_use]
    pub fn assemble(link: LinkId, mut effects: Vec<Effect>, standing: &Standing, limits: Limits) -> Self {
        // At most one of a kind for each member, so none have the same rank.
        effects.sort_unstable_by(|a, b| a.rank().cmp(&b.rank()));
        let digest = digest_of(&link, &effects);
        let verdicts = Verdicts::over(&effects, standing, limits);
        // Taken out in place: of a large plan all effects are in memory at once.
        let held: Vec<(Effect, HoldReason)> = effects
            .extract_if(.., |effect| verdicts.kept_back(effect).is_some())
            .filter_map(|effect| verdicts.kept_back(&effect).map(|reason| (effect, reason)))
            .collect();
        let held_digest = match held.is_empty() {
            true => String::new(),
            false => digest_of(&link, held.iter().map(|(effect, _)| effect)),
        };
        let held = Held { digest: held_digest, effects: held, scope: Vec::new() };
        Self {
            link,
            place: None,
            effects,
            held,
            skipped: BTreeMap::new(),
            follow_ons: Vec::new(),
            unsettled: Vec::new(),
            digest,
        }
    }

    /// Whether somebody is out of step who is not left out by a rule: something is done or read again later.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.unsettled.iter().any(|one| one.prospect != Prospect::LeftOut)
    }

    /// Whether a run of it would change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty()
    }
}

/// How many entries of their side these effects are about.
fn entries<'a>(effects: impl IntoIterator<Item = &'a Effect>, wanted: impl Fn(&Effect) -> bool) -> u64 {
    effects.into_iter().filter(|effect| wanted(effect)).map(Effect::entries).sum()
}

fn digest_of<'a>(link: &LinkId, effects: impl IntoIterator<Item = &'a Effect>) -> String {
    let mut hash = Sha256::new();
    hash.update(link.as_str());
    for effect in effects {
        hash.update(format!("\n{} {}", effect.change, effect.key));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// As text. Its moments are in UTC, as nothing here knows where it is read.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(&|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string(), f)
    }
}

impl Plan {
    /// As text, with its moments in the words of whoever reads it.
    #[must_use]
    pub fn text(&self, moment: impl Fn(Timestamp) -> String) -> String {
        fmt::from_fn(|f| self.write(&moment, f)).to_string()
    }

    fn write(&self, moment: &dyn Fn(Timestamp) -> String, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link: _, place: _, effects, held, skipped, follow_ons, unsettled, digest } = self;
        for effect in effects {
            writeln!(f, "{effect}")?;
        }
        for (effect, reason) in &held.effects {
            writeln!(f, "{effect}  held: {reason}")?;
        }
        for (reason, count) in skipped {
            writeln!(f, "  skipped: {count} ({reason})")?;
        }
        for follow_on in follow_ons {
            writeln!(f, "  {follow_on}")?;
        }
        f.write_str(&unsettled::lines(unsettled, moment))?;
        if effects.is_empty() && held.effects.is_empty() {
            writeln!(f, "{}", if self.waits() { "Nothing to do now." } else { "Nothing to do." })?;
        }
        if !held.scope.is_empty() {
            writeln!(f, "Held: {}.", scope::sentence(held.scope.iter().copied()))?;
        }
        if !held.effects.is_empty() {
            writeln!(f, "Release just the held ones: listsync links approve {}", held.digest)?;
        }
        writeln!(f, "{}", self.totals())?;
        writeln!(f, "plan {digest}")
    }
}

impl fmt::Display for FollowOn {
    /// `then, in group 'Sales' (entra:…): up to 40 to add, 2 to remove`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { link: _, place, name, additions, removals } = self;
        write!(f, "then, in group '{name}'")?;
        if let Some(place) = place {
            write!(f, " ({place})")?;
        }
        write!(f, ": up to {additions} to add, {removals} to remove")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        address::Address,
        id::{ContactId, ObjectId},
        member::MemberKey,
    };
    use proptest::prelude::*;

    fn effect(number: usize, change: Change, release: Release) -> Effect {
        let key = MemberKey::Principal(ObjectId::parse(&format!("u{number:03}")).expect("an id"));
        let (name, also) = (String::new(), Vec::new());
        let (cause, naming) = (Cause::ListRemoved, Naming::Named);
        Effect { key, change, cause, release, address: None, name, contact: None, also, naming }
    }

    fn link() -> LinkId {
        LinkId::parse("link").expect("an id")
    }

    fn standing(members: u64) -> Standing {
        let side = SideStanding { members, removed: 0, added: 0, at_first: members };
        Standing { list: side, group: side }
    }

    const LEAVE_GROUP: Change = Change { side: Side::Group, op: Op::Remove };
    const JOIN_GROUP: Change = Change { side: Side::Group, op: Op::Add };
    const JOIN_LIST: Change = Change { side: Side::List, op: Op::Add };
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
        let plan = Plan::assemble(link(), effects, &standing(100), Limits::default());
        assert_eq!(plan.held.counts().group_removals, 30);
        assert_eq!(plan.held.counts().list_removals, 0);
        assert_eq!(plan.effects.len(), 4);
        assert_eq!(plan.effects[0].change, JOIN_GROUP);
    }

    #[test]
    fn who_is_on_the_list_under_several_addresses_counts_for_each() {
        let alias = |number: usize| Alias {
            contact: ContactId::parse(&format!("c{number}")).expect("an id"),
            address: Address::parse(&format!("a{number}@x.example")).expect("an address"),
        };
        for (aliases, held) in [(0, 0), (2, 6)] {
            let mut effects = many(4, LEAVE_LIST, Release::Guarded);
            effects[0].also = (0..aliases).map(alias).collect();
            let plan = Plan::assemble(link(), effects, &standing(20), Limits::default());
            assert_eq!(plan.held.counts().list_removals, held, "{aliases}");
        }
    }

    #[test]
    fn an_approval_releases_just_what_it_names_and_others_ask_again() {
        let mut effects = many(30, LEAVE_GROUP, Release::Approved);
        effects.push(effect(800, LEAVE_GROUP, Release::Guarded));
        let plan = Plan::assemble(link(), effects, &standing(100), Limits::default());
        assert_eq!(plan.effects.len(), 30);
        assert_eq!(plan.held.counts().group_removals, 1);
    }

    #[test]
    fn what_is_held_stays_held_when_it_is_below_the_limit_and_counts_for_what_comes_new() {
        for (held, fresh, members, go) in
            [(6, 1, 100, 1), (6, 0, 7, 0), (1, 0, 100, 0), (6, 1, 30, 0), (0, 2, 100, 2)]
        {
            let mut effects = many(held, LEAVE_GROUP, Release::Held(HoldReason::Emptied));
            effects.extend((0..fresh).map(|n| effect(800 + n, LEAVE_GROUP, Release::Guarded)));
            let plan = Plan::assemble(link(), effects, &standing(members), Limits::default());
            assert_eq!(plan.effects.len(), go, "{held} held and {fresh} new of {members}");
            assert_eq!(plan.held.effects.len(), held + fresh - go);
        }
    }

    #[test]
    fn more_than_fifty_and_more_than_the_side_had_wait_and_the_rest_of_the_plan_does_not() {
        for (fresh, free, members, held) in
            [(50, 0, 4, 0), (51, 0, 4, 51), (51, 0, 51, 0), (52, 0, 51, 52), (50, 90, 4, 0), (60, 0, 0, 0)]
        {
            let mut effects = many(fresh, JOIN_GROUP, Release::Guarded);
            effects.extend((0..free).map(|n| effect(200 + n, JOIN_GROUP, Release::Free)));
            effects.push(effect(900, LEAVE_GROUP, Release::Guarded));
            effects.push(effect(901, JOIN_LIST, Release::Guarded));
            let plan = Plan::assemble(link(), effects, &standing(members), Limits::default());
            let counts = plan.held.counts();
            assert_eq!((counts.group_additions, counts.list_additions), (held, 0), "{fresh} to {members}");
            assert_eq!(plan.effects.len() as u64, (fresh + free) as u64 + 2 - held);
        }
    }

    #[test]
    fn additions_of_the_day_count_and_what_was_held_waits_for_a_person_however_large_the_side_has_become() {
        let grown = SideStanding { members: 34, removed: 0, added: 30, at_first: 4 };
        for (release, planned, held) in [
            (Release::Guarded, 20, 0),
            (Release::Guarded, 21, 21),
            (Release::Held(HoldReason::Growth), 1, 1),
            (Release::Approved, 300, 0),
        ] {
            let effects = many(planned, JOIN_GROUP, release);
            let standing = Standing { group: grown, ..Standing::default() };
            let plan = Plan::assemble(link(), effects, &standing, Limits::default());
            assert_eq!(plan.held.effects.len(), held, "{release:?} {planned}");
        }
    }

    #[test]
    fn where_the_scope_changed_every_removal_waits_but_those_that_somebody_said_yes_to() {
        use HoldReason::{Limit, Scope};
        let limits = |scope| Limits { removals: RemovalLimit::Off, additions: AdditionLimit::Off, scope };
        for (change, release, scope, held) in [
            (LEAVE_GROUP, Release::Guarded, Scoped::Changed, Some(Scope)),
            (LEAVE_LIST, Release::Guarded, Scoped::Changed, Some(Scope)),
            (LEAVE_GROUP, Release::Guarded, Scoped::Known, None),
            (LEAVE_GROUP, Release::Free, Scoped::Changed, None), // opted out
            (LEAVE_GROUP, Release::Approved, Scoped::Changed, None),
            (LEAVE_GROUP, Release::Held(Limit), Scoped::Changed, Some(Limit)), // stays the guard's
            (LEAVE_GROUP, Release::Held(Limit), Scoped::Known, Some(Limit)),
            (JOIN_GROUP, Release::Guarded, Scoped::Changed, None),
            (JOIN_LIST, Release::Guarded, Scoped::Changed, None),
        ] {
            let plan = Plan::assemble(link(), many(1, change, release), &standing(100), limits(scope));
            let reason = plan.held.effects.first().map(|(_, reason)| *reason);
            assert_eq!(
                (reason, plan.effects.len()),
                (held, usize::from(held.is_none())),
                "{change} {release:?}"
            );
        }
    }

    #[test]
    fn what_needs_approval_is_held_however_small() {
        let needs = Release::NeedsApproval(HoldReason::FirstMerge);
        let limits =
            Limits { removals: RemovalLimit::Off, additions: AdditionLimit::Off, ..Limits::default() };
        let plan = Plan::assemble(link(), many(1, LEAVE_GROUP, needs), &standing(100), limits);
        assert_eq!(plan.held.reasons(), [(Side::Group, HoldReason::FirstMerge)]);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_changes_nothing(mut numbers in proptest::collection::vec(0..50_usize, 0..20)) {
            numbers.sort_unstable();
            numbers.dedup();
            let of = |numbers: &[usize]| {
                let effects = numbers.iter().map(|&n| effect(n, LEAVE_GROUP, Release::Guarded)).collect();
                Plan::assemble(link(), effects, &standing(40), Limits::default())
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
            let alone = Plan::assemble(link(), effects.clone(), &standing(100), Limits::default());
            effects.extend((0..joining).map(|n| effect(500 + n, JOIN_GROUP, Release::Free)));
            let joined = Plan::assemble(link(), effects, &standing(100), Limits::default());
            prop_assert_eq!(alone.held.digest, joined.held.digest);
        }

        #[test]
        fn every_effect_is_either_done_or_held(guarded in 0..60_usize, free in 0..20_usize, members in 0..200_u64) {
            let mut effects = many(guarded, LEAVE_GROUP, Release::Guarded);
            effects.extend((0..free).map(|n| effect(500 + n, JOIN_GROUP, Release::Free)));
            let plan = Plan::assemble(link(), effects, &standing(members), Limits::default());
            prop_assert_eq!(plan.effects.len() + plan.held.effects.len(), guarded + free);
        }
    }
}
