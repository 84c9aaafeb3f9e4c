//! Contacts that are on no list any more.

use listsync_engine::prune::{Prunable, Pruned};
use serde::Serialize;
use utoipa::ToSchema;

/// How many contacts are on no list, and what of them stays.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Prunable)]
pub struct PrunableDocument {
    /// How many would be deleted.
    pub idle: u64,
    /// How many are on no list and said no to one, or to all: they stay.
    pub said_no: u64,
    /// How many are on no list for too short a time, or nobody knows since when: they stay for now.
    pub recent: u64,
}

impl PrunableDocument {
    /// Of whom was found.
    #[must_use]
    pub fn of(found: &Prunable) -> Self {
        Self { idle: found.idle.len() as u64, said_no: found.said_no, recent: found.recent }
    }
}

/// What deleting them came to.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = Pruned)]
pub struct PrunedDocument {
    /// How many contacts are deleted.
    pub deleted: u64,
    /// How many stay, as something of them changed meanwhile.
    pub changed: u64,
    /// How many the time did not suffice for: ask once more.
    pub left: u64,
    /// How many are on no list and said no to one, or to all: they stay.
    pub said_no: u64,
    /// How many are on no list for too short a time, or nobody knows since when: they stay for now.
    pub recent: u64,
}

impl PrunedDocument {
    /// Of what was found, and what was done.
    #[must_use]
    pub fn of(found: &Prunable, pruned: Pruned) -> Self {
        let Pruned { deleted, changed, left } = pruned;
        Self { deleted, changed, left, said_no: found.said_no, recent: found.recent }
    }
}
