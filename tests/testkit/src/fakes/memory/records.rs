use std::cmp::Reverse;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{LinkId, RunId, TenantId},
    settings::Settings,
    summary::Summary,
};
use listsync_engine::ports::{Gate, PeopleWatch, PortError, PortResult, Runs, SettingsStore};

use super::MemoryStore;

#[async_trait]
impl Runs for MemoryStore {
    async fn save(&self, summary: &Summary) -> PortResult<()> {
        let mut state = self.lock();
        state.writes.runs += 1;
        state.runs.insert(summary.run.clone(), summary.clone());
        Ok(())
    }

    async fn load(&self, run: &RunId) -> PortResult<Option<Summary>> {
        Ok(self.lock().runs.get(run).cloned())
    }

    async fn latest(&self, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        let state = self.lock();
        let mut runs: Vec<_> =
            state.runs.values().filter(|run| link.is_none_or(|link| run.link == *link)).collect();
        runs.sort_by_key(|run| Reverse((run.started_at, &run.run)));
        Ok(runs.into_iter().take(limit).cloned().collect())
    }
}

#[async_trait]
impl Gate for MemoryStore {
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>> {
        Ok(self.lock().gates.get(tenant).copied())
    }

    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()> {
        let mut state = self.lock();
        let present = state.gates.entry(tenant.clone()).or_insert(until);
        *present = until.max(*present);
        Ok(())
    }

    async fn replace(&self, tenant: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
        match self.lock().gates.get_mut(tenant) {
            Some(present) if *present == read => *present = until,
            _ => {}
        }
        Ok(())
    }

    async fn people_watch(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        Ok(self.lock().people_watches.get(tenant).cloned())
    }

    async fn keep_people_watch(&self, tenant: &TenantId, watch: &PeopleWatch) -> PortResult<()> {
        self.lock().people_watches.insert(tenant.clone(), watch.clone());
        Ok(())
    }
}

#[async_trait]
impl SettingsStore for MemoryStore {
    async fn settings(&self) -> PortResult<Settings> {
        Ok(self.lock().settings.clone())
    }

    async fn save_settings(&self, before: &Settings, after: &Settings) -> PortResult<()> {
        let mut state = self.lock();
        if state.settings != *before {
            return Err(PortError::settings_changed());
        }
        state.settings = after.clone();
        Ok(())
    }
}
