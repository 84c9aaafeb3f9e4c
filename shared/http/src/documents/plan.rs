//! The plan of a run, as its schema: the document is the core's `Plan`.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::{status::UnsettledSchema, words::ScopePart};

/// What a run would do.
#[derive(ToSchema)]
#[schema(as = Plan)]
pub struct PlanSchema {
    /// The link.
    pub link: String,
    /// Where the link leads, as `entra:` and the group's object id; null: its group is still to be created.
    pub place: Option<String>,
    /// Covers the link and all effects.
    pub digest: String,
    /// What is done to the list.
    pub list: SideEffects,
    /// What is done to the group.
    pub group: SideEffects,
    /// What is kept back.
    pub held: HeldEffects,
    /// How many changes it comes to.
    pub totals: PlanTotals,
    /// Who is left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// What the changes of the list, the held ones included, come to at the places of its other links.
    pub follow_ons: Vec<FollowOn>,
    /// Who stays out of step when it is done.
    pub unsettled: Vec<UnsettledSchema>,
}

/// What the changes of a list come to at another place that is filled from it.
#[derive(ToSchema)]
pub struct FollowOn {
    /// The link that carries them on.
    pub link: String,
    /// Where it leads; null: its group is still to be created.
    pub place: Option<String>,
    /// The name of its group.
    pub name: String,
    /// So many would join at most.
    pub additions: u64,
    /// So many would leave at most.
    pub removals: u64,
}

/// What is done to one side.
#[derive(ToSchema)]
pub struct SideEffects {
    /// Who is added.
    pub add: Vec<Effect>,
    /// Who is removed.
    pub remove: Vec<Effect>,
}

/// One addition or removal.
#[derive(ToSchema)]
pub struct Effect {
    /// Whose.
    pub address: Option<String>,
    /// Further addresses of theirs, under which they leave the list too.
    pub also: Vec<String>,
    /// Whose.
    pub object_id: Option<String>,
    /// A stable code for why.
    pub reason: String,
}

/// What a guard keeps back.
#[derive(ToSchema)]
pub struct HeldEffects {
    /// Removals from the list.
    pub list_removals: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// Additions to the list.
    pub list_additions: u64,
    /// Additions to the group.
    pub group_additions: u64,
    /// What an approval names; empty when nothing is held.
    pub digest: String,
    /// Pairs of a side and a reason.
    pub reasons: Vec<Vec<String>>,
    /// What changed of what the link looks at, where removals are held because of that (`scope`).
    pub scope: Vec<ScopePart>,
    /// Of the list.
    pub list: SideEffects,
    /// Of the group.
    pub group: SideEffects,
}

/// How many changes a plan comes to.
#[derive(ToSchema)]
pub struct PlanTotals {
    /// Additions to the list.
    pub list_additions: u64,
    /// Removals from the list.
    pub list_removals: u64,
    /// Additions to the group.
    pub group_additions: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// What is held of either side, which none of the others counts.
    pub held: u64,
}
