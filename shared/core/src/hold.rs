//! What a guard keeps back, and what a person says of it.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    link::Side,
    member::HoldReason,
    scope::{self, ScopePart},
    summary::HeldCounts,
};

/// What a guard kept back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What an approval names: it covers the link and the held effects only.
    pub digest: String,
    /// Why, for each side where something is held.
    pub reasons: Vec<(Side, HoldReason)>,
    /// Removals from the list.
    pub list_removals: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// Additions to the list.
    #[serde(default)]
    pub list_additions: u64,
    /// Additions to the group.
    #[serde(default)]
    pub group_additions: u64,
    /// What changed of what the link looks at, where something is held because of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<ScopePart>,
    /// Since when.
    pub since: Timestamp,
}

impl Hold {
    /// Why, in words: where what the link looks at changed it names what.
    #[must_use]
    pub fn explained(&self, reason: HoldReason) -> String {
        match reason {
            HoldReason::Scope => scope::sentence(self.scope.iter().copied()),
            other => other.to_string(),
        }
    }

    /// Whether something is held because what the link looks at changed.
    #[must_use]
    pub fn is_of_scope(&self) -> bool {
        self.reasons.iter().any(|(_, reason)| *reason == HoldReason::Scope)
    }

    /// How many it keeps back, and under which digest.
    #[must_use]
    pub fn counts(&self) -> HeldCounts {
        let Self {
            digest,
            reasons: _,
            list_removals,
            group_removals,
            list_additions,
            group_additions,
            scope: _,
            since: _,
        } = self;
        HeldCounts {
            list_removals: *list_removals,
            group_removals: *group_removals,
            list_additions: *list_additions,
            group_additions: *group_additions,
            digest: digest.clone(),
        }
    }
}

/// What a person said of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulingKind {
    /// Do these, once.
    Approved,
    /// Do not: who was to be removed stays, and comes back to the other side; who was to be added stays on the one side alone.
    Discarded,
}

/// What a person said of a hold; it waits for the next run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// The digest that was named.
    pub digest: String,
    /// What was said.
    pub kind: RulingKind,
}

impl Ruling {
    /// Whether this ruling says `kind` of the hold with that digest.
    #[must_use]
    pub fn says(&self, kind: RulingKind, digest: &str) -> bool {
        self.kind == kind && self.is_of(digest)
    }

    /// Whether it was said of the hold with that digest, and so of none that came later.
    #[must_use]
    pub fn is_of(&self, digest: &str) -> bool {
        self.digest == digest
    }
}
