use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    effects::{Batch, BatchPlace},
    id::{LinkId, ListId, RunId, TenantId},
    pace::Pace,
    settings::Settings,
    summary::Summary,
};

use super::{Cursor, PortResult};

/// Which effects are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectsQuery {
    /// Of the runs of this list's links, deleted ones included.
    pub list: ListId,
    /// Of this run only.
    pub run: Option<RunId>,
    /// Nothing that was kept before.
    pub since: Timestamp,
    /// Nothing that was kept after.
    pub until: Timestamp,
    /// Begins with this batch, or the newest that is older. None: with the newest.
    pub from: Option<BatchPlace>,
    /// How many batches at most, one at least.
    pub limit: usize,
}

/// A part of the effects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectsPage {
    /// Batches, the newest first.
    pub batches: Vec<Batch>,
    /// The batch with which the next page begins; none: there are no more.
    pub next: Option<BatchPlace>,
}

/// The summaries of finished runs, and whom runs added and removed.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Keeps one; a repeat replaces it.
    async fn save(&self, summary: &Summary) -> PortResult<()>;
    /// One.
    async fn load(&self, run: &RunId) -> PortResult<Option<Summary>>;
    /// Newest first, of one link or of all. A run that found nothing ([`super::Links::note_quiet`]) is among those of its link,
    /// until the next one, and not among those of all.
    async fn latest(&self, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>>;
    /// Those that finished before this one, newest first, of one link or of all. [`super::Fault::Gone`] (`no_such_run`) when it
    /// is not kept any more.
    async fn earlier(&self, run: &RunId, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>>;
    /// When a run of any link finished last, one that found nothing included; a minute too early at most. None: none has.
    async fn last_finished(&self) -> PortResult<Option<Timestamp>>;
    /// Whom runs added and removed, as [`super::Links::fold`] kept it, until its time is over. Of somebody who was erased the
    /// address is gone.
    async fn effects(&self, query: &EffectsQuery) -> PortResult<EffectsPage>;
}

/// How far the changes of a tenant's people were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleWatch {
    /// Where the next read goes on; none: the next one begins anew.
    pub cursor: Option<Cursor>,
    /// Not before then.
    pub due_at: Timestamp,
}

/// What all workers of an app share about a tenant: above all until when they stay away from the directory.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Until when it was closed, as it is stored now: never out of a cache, and what that means is judged by
    /// [`crate::gate::closed_until`]. None: it never was.
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>>;
    /// Closes it; an earlier moment than the present one changes nothing.
    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()>;
    /// Puts `until` in the place of the moment that was read; nothing where that is not the stored one any more.
    async fn replace(&self, tenant: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()>;
    /// How writes to it are spread; none: they never were.
    async fn pace(&self, tenant: &TenantId) -> PortResult<Option<Pace>>;
    /// Puts `pace` in the place of the one that was read. `false`: that is not the stored one any more, and nothing was changed.
    async fn keep_pace(&self, tenant: &TenantId, read: Option<Pace>, pace: Pace) -> PortResult<bool>;
    /// How far the changes of its people were read; none: they never were.
    async fn people_watch(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>>;
    /// How far they were read; where the next read is not due yet, as it was when this process read it last.
    async fn people_watch_lately(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        self.people_watch(tenant).await
    }
    /// Says how far they were read.
    async fn keep_people_watch(&self, tenant: &TenantId, watch: &PeopleWatch) -> PortResult<()>;
}

/// Where the List Service settings are kept.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// What is in force: defaults for all that was never set.
    async fn settings(&self) -> PortResult<Settings>;
    /// What was in force a minute ago at most, where that is cheaper: for who decides on nothing that cannot wait so long.
    async fn settings_lately(&self) -> PortResult<Settings> {
        self.settings().await
    }
    /// Replaces those that were read by others, in one step. [`super::Fault::Rejected`], code `version`, where others are in
    /// force by now: nothing is changed then.
    async fn save_settings(&self, before: &Settings, after: &Settings) -> PortResult<()>;
}
