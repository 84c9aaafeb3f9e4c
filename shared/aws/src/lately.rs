//! What one process of a worker need not read again for each link that it looks at: the settings, how far changes of people
//! were read, and that it noted lately that it looks at all.

use std::{collections::HashMap, time::Duration};

use listsync_core::{Timestamp, id::TenantId, settings::Settings};
use listsync_engine::ports::{PeopleWatch, PortResult, SettingsStore as _};

use crate::{
    DynamoStore,
    table::{Key, Stored},
};

/// For so long something is what it was a moment ago.
const MOMENT: Duration = Duration::from_secs(60);

/// What was read, and when.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    settings: Option<(Timestamp, Settings)>,
    people: HashMap<TenantId, PeopleWatch>,
    pulse: Option<Timestamp>,
}

/// Whether that was less than a moment ago. A clock that was set back has no moment.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.duration_since(at).unsigned_abs() < MOMENT
}

/// Where it stands when a look found nothing last. No run has an id in capitals.
fn pulse_key() -> Key {
    Key::new("RUN#LAST", "PULSE")
}

impl DynamoStore {
    pub(crate) async fn settings_of_a_moment(&self) -> PortResult<Settings> {
        let now = self.clock.now();
        let mut lately = self.lately.lock().await;
        if let Some((at, settings)) = &lately.settings
            && is_recent(*at, now)
        {
            return Ok(settings.clone());
        }
        // Others wait for this read rather than ask as well.
        let settings = self.settings().await?;
        lately.settings = Some((now, settings.clone()));
        Ok(settings)
    }

    /// Others are in force from now on.
    pub(crate) async fn forget_settings(&self) {
        self.lately.lock().await.settings = None;
    }

    /// How far changes of people were read, where this process knows that the next read is not due.
    pub(crate) async fn known_people_watch(&self, tenant: &TenantId) -> Option<PeopleWatch> {
        let now = self.clock.now();
        self.lately.lock().await.people.get(tenant).filter(|watch| watch.due_at > now).cloned()
    }

    pub(crate) async fn note_people_watch(&self, tenant: &TenantId, watch: Option<&PeopleWatch>) {
        let people = &mut self.lately.lock().await.people;
        match watch {
            Some(watch) => drop(people.insert(tenant.clone(), watch.clone())),
            None => drop(people.remove(tenant)),
        }
    }

    /// Notes that a look found nothing at this moment, unless that was noted a moment ago.
    pub(crate) async fn beat_pulse(&self, at: Timestamp) -> PortResult<()> {
        let mut lately = self.lately.lock().await;
        if lately.pulse.is_some_and(|before| is_recent(before, at)) {
            return Ok(());
        }
        let pulse = Stored::new(&pulse_key()).at("at", at);
        self.table.put("note that a run ended", pulse, None).await?;
        lately.pulse = Some(at);
        Ok(())
    }

    /// When a look of any link found nothing, by a moment too early at most.
    pub(crate) async fn last_pulse(&self) -> PortResult<Option<Timestamp>> {
        let found = self.table.get("read when a run ended last", &pulse_key()).await?;
        found.map(|stored| stored.instant("at")).transpose()
    }
}
