//! The List Service settings: what holds for every link that says nothing else.

mod written;

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    address::Address,
    audit, effects,
    id::{GroupId, ObjectId},
    limit::{AdditionLimit, RemovalLimit},
    list::List,
};

pub use written::{
    DomainError, GroupIdError, OwnerError, ProtectedError, is_almost_guid, parse_domain, parse_group_id,
    parse_owner,
};

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// How often a link is due.
    pub every: Duration,
    /// How often both sides are read in full.
    pub full_check_every: Duration,
    /// How long what we wrote or newly saw outranks one read that contradicts it.
    pub settle_window: Duration,
    /// How many removals go on without a person.
    pub max_removals: RemovalLimit,
    /// How many additions by files and runs go on without a person.
    #[serde(default)]
    pub max_additions: AdditionLimit,
    /// The domains of the tenant's own people; empty: every address counts as internal.
    pub internal_domains: BTreeSet<String>,
    /// Who is never removed.
    pub protected: Protected,
    /// The groups that may be linked; empty: those that were created for a list, and those that the operator linked.
    #[serde(default)]
    pub linkable_groups: BTreeSet<GroupId>,
    /// How long the audit keeps what is recorded from now on.
    #[serde(default = "audit_keep")]
    pub audit_keep: Duration,
    /// How long it is kept whom each run added and removed, of runs from now on.
    #[serde(default = "effects_keep")]
    pub effects_keep: Duration,
}

fn audit_keep() -> Duration {
    audit::KEPT
}

fn effects_keep() -> Duration {
    effects::KEPT
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(15 * 60),
            full_check_every: Duration::from_secs(24 * 3600),
            settle_window: Duration::from_secs(30 * 60),
            max_removals: RemovalLimit::Standard,
            max_additions: AdditionLimit::Standard,
            internal_domains: BTreeSet::new(),
            protected: Protected::default(),
            linkable_groups: BTreeSet::new(),
            audit_keep: audit_keep(),
            effects_keep: effects_keep(),
        }
    }
}

impl Settings {
    /// How many may join a list, or a group that follows it, within 24 hours: a list may have a limit of its own.
    #[must_use]
    pub fn additions_to(&self, list: Option<&List>) -> AdditionLimit {
        list.and_then(|list| list.max_additions).unwrap_or(self.max_additions)
    }

    /// Whether an address is of somebody outside.
    #[must_use]
    pub fn is_external(&self, address: &Address) -> bool {
        !self.internal_domains.is_empty() && !self.internal_domains.contains(address.domain())
    }
}

/// Whether a group's owners are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owners {
    /// As anybody.
    #[default]
    Ordinary,
    /// Never removed.
    Protected,
}

/// Who is never removed from either side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Protected {
    /// By object id.
    pub object_ids: BTreeSet<ObjectId>,
    /// By address.
    pub addresses: BTreeSet<Address>,
    /// The group's owners.
    pub owners: Owners,
}
