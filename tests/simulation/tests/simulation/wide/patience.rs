//! A directory that asks for patience now and then, and whether every process keeps it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::{Timestamp, id::TenantId, pace::Pace};
use listsync_engine::{
    ports::{Clock as _, Gate, PeopleWatch, PortResult},
    throttle::{Refused, Request, Throttle},
};
use listsync_testkit::{
    dice::Dice,
    fakes::ManualClock,
    faults::{Faults, Way},
    sample::tenant,
};

use crate::plant::Plant;

/// The longest that anybody has to wait, whatever the directory says.
const LONGEST: Duration = Duration::from_secs(600);
/// What it says, in seconds: moments, minutes, more than is granted, a year.
const TOLD: [u64; 6] = [1, 8, 60, 300, 900, 31_536_000];

/// What the directory asked for, as far as any process could know. Clones are the same.
#[derive(Clone)]
pub(crate) struct Patience {
    state: Arc<Mutex<State>>,
    gate: Arc<dyn Gate>,
    clock: ManualClock,
}

struct State {
    dice: Dice,
    /// Of a thousand requests so many are told to wait.
    per_mille: u64,
    /// Counts reads and writes of the gate.
    steps: u64,
    told: Vec<Told>,
    /// How often it asked.
    asked: u64,
}

/// Until when no request is to begin, and since which step the store can tell.
#[derive(Debug, Clone, Copy)]
struct Told {
    until: Timestamp,
    stored: u64,
}

/// What one process knows.
#[derive(Default)]
struct Known {
    /// When it read the gate for the request that it is about to make.
    read: Option<u64>,
    /// What it was told and has not stored yet.
    told: Option<Timestamp>,
}

impl Patience {
    pub(crate) fn new(plant: &Plant, mut dice: Dice) -> Self {
        let per_mille = 20 + dice.below(80);
        let state = State { dice, per_mille, steps: 0, told: Vec::new(), asked: 0 };
        let (gate, clock) = (plant.ports.gate.clone(), plant.clock.clone());
        Self { state: Arc::new(Mutex::new(state)), gate, clock }
    }

    /// These faults, of a process that goes through the gate before each request.
    pub(crate) fn kept_by(&self, faults: Faults) -> Faults {
        let known = Arc::new(Mutex::new(Known::default()));
        let watched: Arc<dyn Gate> = Arc::new(Watched { patience: self.clone(), known: known.clone() });
        let throttle = Throttle::new(faults.over_gate(&watched), tenant(), Arc::new(self.clock.clone()));
        faults.by_way_of(Arc::new(Client { throttle, patience: self.clone(), known }))
    }

    /// It asks for nothing any more.
    pub(crate) fn rests(&self) {
        lock(&self.state).per_mille = 0;
    }

    /// How often it asked.
    pub(crate) fn asked(&self) -> u64 {
        lock(&self.state).asked
    }

    /// A request arrives, of a process that read the gate then. How long the process is told to wait; none: it is answered.
    ///
    /// # Panics
    /// When it arrives before its time although the gate told so, or was not read.
    fn arrives(&self, read: Option<u64>) -> Option<Duration> {
        let (mut state, now) = (lock(&self.state), self.clock.now());
        state.told.retain(|told| now < told.until);
        for told in &state.told {
            let early = told.until.duration_since(now).as_secs();
            let knew_no_better = read.is_some_and(|read| read < told.stored);
            assert!(knew_no_better, "a request begins {early} s before its time, as {read:?} after {told:?}");
        }
        let left = state.told.iter().map(|told| told.until.duration_since(now).unsigned_abs()).max();
        let per_mille = state.per_mille;
        let wait = match left {
            Some(left) => left,
            None if state.dice.per_mille(per_mille) => {
                Duration::from_secs(*state.dice.pick(&TOLD).expect("several to pick from"))
            }
            None => return None,
        };
        state.asked += 1;
        Some(wait)
    }

    fn step(&self) -> u64 {
        let mut state = lock(&self.state);
        state.steps += 1;
        state.steps
    }
}

/// A process on its way to the directory.
struct Client {
    throttle: Throttle,
    patience: Patience,
    known: Arc<Mutex<Known>>,
}

#[async_trait]
impl Way for Client {
    async fn begin(&self) -> PortResult<()> {
        let now = self.patience.clock.now();
        self.throttle.pass(Request { until: now, margin: Duration::ZERO, writes: 0 }).await?;
        let read = lock(&self.known).read.take();
        let Some(wait) = self.patience.arrives(read) else { return Ok(()) };
        lock(&self.known).told = now.checked_add(wait.min(LONGEST)).ok();
        self.throttle.close(wait, Refused::Any).await?;
        Err(self.throttle.refusal(wait))
    }
}

/// The gate of the store, as one process reads and closes it.
struct Watched {
    patience: Patience,
    known: Arc<Mutex<Known>>,
}

#[async_trait]
impl Gate for Watched {
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>> {
        lock(&self.known).read = Some(self.patience.step());
        self.patience.gate.closed_until(tenant).await
    }

    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()> {
        self.patience.gate.close(tenant, until).await?;
        if let Some(until) = lock(&self.known).told.take() {
            let stored = self.patience.step();
            lock(&self.patience.state).told.push(Told { until, stored });
        }
        Ok(())
    }

    async fn replace(&self, tenant: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
        self.patience.gate.replace(tenant, read, until).await
    }

    async fn pace(&self, tenant: &TenantId) -> PortResult<Option<Pace>> {
        self.patience.gate.pace(tenant).await
    }

    async fn keep_pace(&self, tenant: &TenantId, read: Option<Pace>, pace: Pace) -> PortResult<bool> {
        self.patience.gate.keep_pace(tenant, read, pace).await
    }

    async fn people_watch(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        self.patience.gate.people_watch(tenant).await
    }

    async fn keep_people_watch(&self, tenant: &TenantId, watch: &PeopleWatch) -> PortResult<()> {
        self.patience.gate.keep_people_watch(tenant, watch).await
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
