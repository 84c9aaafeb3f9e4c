use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{LinkId, RunId, TenantId},
    settings::Settings,
    summary::Summary,
};

use super::PortResult;

/// The summaries of finished runs.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Keeps one; a repeat replaces it.
    async fn save(&self, summary: &Summary) -> PortResult<()>;
    /// One.
    async fn load(&self, run: &RunId) -> PortResult<Option<Summary>>;
    /// Newest first, of one link or of all.
    async fn latest(&self, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>>;
}

/// Until when all workers of an app in a tenant stay away from the directory.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Until when it is closed; none: it is open.
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>>;
    /// Closes it; an earlier moment than the present one changes nothing.
    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()>;
}

/// Where the List Service settings are kept.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// What is in force: defaults for all that was never set.
    async fn settings(&self) -> PortResult<Settings>;
    /// Replaces them.
    async fn save_settings(&self, settings: &Settings) -> PortResult<()>;
}
