//! Groups of the tenant, for whoever looks for one to link, as documents.

use listsync_engine::{
    Ports,
    groups::{CanLink, Found},
    ports::PortResult,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Named;

/// Groups of the tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Groups)]
pub struct GroupsDocument {
    /// Those that were found, by name: 50 at most.
    pub items: Vec<GroupDocument>,
}

/// A group of the tenant, with whether it can be linked and to which lists it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupDocument {
    /// Its object id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it can be linked.
    pub can_be_linked: CanBeLinked,
    /// Why not, or not both ways: a stable code.
    pub code: Option<String>,
    /// The same for a person.
    pub why: Option<String>,
    /// What the person can do about it.
    pub hint: Option<String>,
    /// The lists that are linked to it.
    pub lists: Vec<Named>,
}

/// How a group can be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CanBeLinked {
    /// Both ways, and either way.
    BothWays,
    /// A list can follow it: its members cannot be written.
    GroupToList,
    /// Not by whoever asks.
    No,
}

impl GroupsDocument {
    /// With the names of the lists.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(ports: &Ports, found: Vec<Found>) -> PortResult<Self> {
        let mut items = Vec::with_capacity(found.len());
        for Found { group, can, lists } in found {
            let mut names = Vec::with_capacity(lists.len());
            for list in &lists {
                names.push(Named::list(ports, list).await?);
            }
            let can_be_linked = match can {
                CanLink::BothWays => CanBeLinked::BothWays,
                CanLink::OneWay(_) => CanBeLinked::GroupToList,
                CanLink::No(_) => CanBeLinked::No,
            };
            let [code, why, hint] = match can {
                CanLink::BothWays => [None, None, None],
                CanLink::OneWay(refusal) => {
                    [refusal.code, refusal.why, refusal.instead].map(|text| Some(text.into()))
                }
                CanLink::No(error) => [error.code, error.message, error.hint].map(Some),
            };
            let (id, name) = (group.id.to_string(), group.name);
            items.push(GroupDocument { id, name, can_be_linked, code, why, hint, lists: names });
        }
        Ok(Self { items })
    }
}
