//! What a plan asks of the group, for a person who carries it out.
//!
//! Nothing that people can choose becomes code or a formula: only ids of the form of a GUID go into code, and every cell of
//! a table is made harmless.

use serde::Serialize;

use crate::{
    address::Address,
    guid::{Guid, GuidError},
    id::LinkId,
    link::{Link, Side},
    member::Op,
    plan::{Effect, Plan},
};

mod csv;
mod powershell;

/// The part of a plan that a person carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handout {
    /// The link.
    pub link: LinkId,
    /// The digest of the plan that it is of.
    pub digest: String,
    /// The group.
    pub group: HandoutGroup,
    /// Who is to be added, in the order of the plan.
    pub add: Vec<Line>,
    /// Who is to be removed, in the order of the plan.
    pub remove: Vec<Line>,
    /// How many removals from the group wait for an approval, and are not in it.
    pub held: u64,
    /// How many members are not in it because their object id is no GUID.
    pub left_out: u64,
}

/// The group that a handout is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandoutGroup {
    /// Its object id.
    pub id: Guid,
    /// Its name, for people.
    pub name: String,
}

/// One member of a handout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The object id.
    pub object_id: Guid,
    /// The address, as far as known.
    pub address: Option<Address>,
    /// The display name, possibly empty.
    pub name: String,
    /// Why, as plans say it.
    pub reason: &'static str,
}

/// Why there is no handout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the id of group {group} is not of the form of an object id")]
pub struct HandoutError {
    group: String,
    #[source]
    source: GuidError,
}

impl Handout {
    /// What this plan asks of the link's group.
    ///
    /// # Errors
    /// When the group's id is no GUID.
    pub fn of(link: &Link, plan: &Plan) -> Result<Self, HandoutError> {
        let id = Guid::parse(link.group.as_str())
            .map_err(|source| HandoutError { group: link.group.to_string(), source })?;
        let (mut add, mut remove, mut left_out) = (Vec::new(), Vec::new(), 0);
        for effect in plan.effects.iter().filter(|effect| effect.change.side == Side::Group) {
            match (Line::of(effect), effect.change.op) {
                (Some(line), Op::Add) => add.push(line),
                (Some(line), Op::Remove) => remove.push(line),
                (None, _) => left_out += 1,
            }
        }
        Ok(Self {
            link: plan.link.clone(),
            digest: plan.digest.clone(),
            group: HandoutGroup { id, name: link.group_name.clone() },
            add,
            remove,
            held: plan.held.counts().group_removals,
            left_out,
        })
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

impl Line {
    fn of(effect: &Effect) -> Option<Self> {
        let object_id = Guid::parse(effect.key.object_id()?.as_str()).ok()?;
        let (address, name) = (effect.address.clone(), effect.name.clone());
        Some(Self { object_id, address, name, reason: effect.cause.code() })
    }
}
