//! The gate that keeps all workers of the app away while the tenant's directory wants rest.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use listsync_core::{Timestamp, id::TenantId};
use listsync_engine::ports::{Clock, Fault, Gate, PortError, PortResult};

use crate::clockwork::{later, rest};

/// For how long what the store said of the gate is taken as true.
const FRESH: Duration = Duration::from_secs(10);

/// The gate as this process knows it.
pub(crate) struct Throttle {
    gate: Arc<dyn Gate>,
    tenant: TenantId,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    read_at: Option<Timestamp>,
    closed_until: Option<Timestamp>,
}

impl Throttle {
    pub(crate) fn new(gate: Arc<dyn Gate>, tenant: TenantId, clock: Arc<dyn Clock>) -> Self {
        Self { gate, tenant, clock, known: Mutex::default() }
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Waits until the gate is open, if that leaves `margin` before `until`.
    pub(crate) async fn pass(&self, until: Timestamp, margin: Duration) -> PortResult<()> {
        let mut waited_for = None;
        loop {
            let now = self.clock.now();
            let closed = self.closed_until(now).await?;
            let Some(opens) = closed.filter(|opens| *opens > now && Some(*opens) != waited_for) else {
                return Ok(());
            };
            if later(opens, margin) > until {
                return Err(self.refusal(rest(now, opens)));
            }
            tokio::time::sleep(rest(now, opens)).await;
            waited_for = Some(opens);
            self.known().read_at = None;
        }
    }

    /// Closes the gate for everybody.
    pub(crate) async fn close(&self, span: Duration) -> PortResult<()> {
        let until = later(self.clock.now(), span);
        {
            let mut known = self.known();
            known.closed_until = known.closed_until.max(Some(until));
        }
        self.gate.close(&self.tenant, until).await
    }

    async fn closed_until(&self, now: Timestamp) -> PortResult<Option<Timestamp>> {
        let known = *self.known();
        if known.read_at.is_some_and(|at| at <= now && now < later(at, FRESH)) {
            return Ok(known.closed_until);
        }
        let stored = self.gate.closed_until(&self.tenant).await?;
        let mut known = self.known();
        known.closed_until = known.closed_until.max(stored);
        known.read_at = Some(now);
        Ok(known.closed_until)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a caller gets who has not the time to wait.
    pub(crate) fn refusal(&self, rest: Duration) -> PortError {
        PortError::new(
            Fault::Throttled(rest),
            "throttled",
            format!(
                "the directory of tenant {} asked for a pause of {} s",
                self.tenant,
                rest.as_secs().max(1)
            ),
        )
    }
}
