//! The plan as a document.

use serde::{Serialize, Serializer, ser::SerializeStruct as _};

use super::{Effect, Plan};
use crate::{
    link::Side,
    member::{Change, HoldReason, Op},
    scope::ScopePart,
};

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
    list_additions: u64,
    group_additions: u64,
    digest: &'a str,
    reasons: Vec<(Side, HoldReason)>,
    scope: &'a [ScopePart],
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
            list_additions: counts.list_additions,
            group_additions: counts.group_additions,
            digest: &self.held.digest,
            reasons: self.held.reasons(),
            scope: &self.held.scope,
            list: SideEffects::of(held.clone(), Side::List),
            group: SideEffects::of(held, Side::Group),
        };
        let mut plan = serializer.serialize_struct("Plan", 10)?;
        plan.serialize_field("link", &self.link)?;
        plan.serialize_field("place", &self.place)?;
        plan.serialize_field("digest", &self.digest)?;
        plan.serialize_field("list", &SideEffects::of(self.effects.iter(), Side::List))?;
        plan.serialize_field("group", &SideEffects::of(self.effects.iter(), Side::Group))?;
        plan.serialize_field("held", &held)?;
        plan.serialize_field("totals", &self.totals())?;
        plan.serialize_field("skipped", &self.skipped)?;
        plan.serialize_field("follow_ons", &self.follow_ons)?;
        plan.serialize_field("unsettled", &self.unsettled)?;
        plan.end()
    }
}
