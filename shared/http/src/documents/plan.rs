//! The plan of a run, as its schema: the document is the core's `Plan`.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// What a run would do.
#[derive(ToSchema)]
#[schema(as = Plan)]
pub struct PlanSchema {
    /// The link.
    pub link: String,
    /// Covers the link and all effects.
    pub digest: String,
    /// What is done to the list.
    pub list: SideEffects,
    /// What is done to the group.
    pub group: SideEffects,
    /// What is kept back.
    pub held: HeldEffects,
    /// Who is left alone, by reason.
    pub skipped: BTreeMap<String, u64>,
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
    /// Of the list.
    pub list: SideEffects,
    /// Of the group.
    pub group: SideEffects,
}
