use std::time::Duration;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    audit::{AuditEntry, AuditFilter, AuditPlace},
};

use super::PortResult;

/// Which part of the audit is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Which entries.
    pub filter: AuditFilter,
    /// Nothing that was done before.
    pub since: Timestamp,
    /// Only what stands before this place, as the page before ended there. None: the newest first.
    pub before: Option<AuditPlace>,
    /// How many at most, one at least.
    pub limit: usize,
}

/// A part of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditPage {
    /// Entries, the newest first.
    pub entries: Vec<AuditEntry>,
    /// Where to go on; none: there are no more. A page may have fewer entries than were asked for, even none, and go on: a
    /// store reads a bounded part at a time, however few of it are asked for.
    pub next: Option<AuditPlace>,
}

/// The audit: what was done is added, and nothing is ever changed. What is past its time goes by itself.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds an entry, to be kept for so long. Repeated with the same entry it changes nothing.
    async fn append(&self, entry: &AuditEntry, keep: Duration) -> PortResult<()>;
    /// Entries, the newest first.
    async fn page(&self, query: &AuditQuery) -> PortResult<AuditPage>;
}
