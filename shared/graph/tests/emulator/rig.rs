use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId, TenantId},
    pace::Pace,
};
use listsync_engine::ports::{Call, Clock, Gate, Meter, PeopleWatch, PortResult, SystemClock};
use listsync_graph::{Credential, Graph, GraphSettings};
use listsync_graph_emulator::{Emulator, Group, GroupKind, Running, Settings, Tenant, User};
use tempfile::TempDir;

pub type EmulatorId = listsync_graph_emulator::ObjectId;

/// A running tenant and a client of it.
pub struct Rig {
    pub running: Running,
    pub tenant: Tenant,
    pub graph: Graph,
    pub gate: Arc<SharedGate>,
    pub meter: Meter,
    dir: TempDir,
}

/// The system's clock, and so many seconds more.
#[derive(Default)]
pub struct Ahead(AtomicU64);

impl Ahead {
    pub fn go_on(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_secs(self.0.load(Ordering::SeqCst));
        SystemClock.now().checked_add(ahead).unwrap()
    }
}

/// A gate in memory that counts how often it is asked.
#[derive(Default)]
pub struct SharedGate {
    until: Mutex<Option<Timestamp>>,
    pace: Mutex<Option<Pace>>,
    pub asked: AtomicU64,
}

#[async_trait::async_trait]
impl Gate for SharedGate {
    async fn closed_until(&self, _: &TenantId) -> PortResult<Option<Timestamp>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(*self.until.lock().unwrap())
    }

    async fn close(&self, _: &TenantId, until: Timestamp) -> PortResult<()> {
        let mut known = self.until.lock().unwrap();
        *known = (*known).max(Some(until));
        Ok(())
    }

    async fn replace(&self, _: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
        let mut known = self.until.lock().unwrap();
        if *known == Some(read) {
            *known = Some(until);
        }
        Ok(())
    }

    async fn pace(&self, _: &TenantId) -> PortResult<Option<Pace>> {
        Ok(*self.pace.lock().unwrap())
    }

    async fn keep_pace(&self, _: &TenantId, read: Option<Pace>, pace: Pace) -> PortResult<bool> {
        let mut known = self.pace.lock().unwrap();
        let is_so = *known == read;
        if is_so {
            *known = Some(pace);
        }
        Ok(is_so)
    }

    async fn people_watch(&self, _: &TenantId) -> PortResult<Option<PeopleWatch>> {
        Ok(None)
    }

    async fn keep_people_watch(&self, _: &TenantId, _: &PeopleWatch) -> PortResult<()> {
        Ok(())
    }
}

impl SharedGate {
    pub fn until(&self) -> Option<Timestamp> {
        *self.until.lock().unwrap()
    }
}

impl Rig {
    pub async fn new() -> Self {
        Self::of(Emulator::builder()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::of(Emulator::builder().settings(settings)).await
    }

    pub async fn of(emulator: Emulator) -> Self {
        let running = emulator.start().await.unwrap();
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("ca.pem"), &running.ca_pem).unwrap();
        let gate = Arc::new(SharedGate::default());
        let secret = Credential::Secret(running.client_secret.clone());
        let settings = settings(&running, &dir, secret);
        let graph = Graph::connect(settings, gate.clone(), Arc::new(SystemClock)).unwrap();
        Self { tenant: running.tenant(), running, graph, gate, meter: Meter::default(), dir }
    }

    /// Another client of the same tenant, with its own ideas of where and who it is.
    pub fn client(&self, change: impl FnOnce(&mut GraphSettings)) -> Graph {
        self.client_by(Arc::new(SystemClock), change)
    }

    /// The same by another clock.
    pub fn client_by(&self, clock: Arc<dyn Clock>, change: impl FnOnce(&mut GraphSettings)) -> Graph {
        let secret = Credential::Secret(self.running.client_secret.clone());
        let mut settings = settings(&self.running, &self.dir, secret);
        change(&mut settings);
        Graph::connect(settings, self.gate.clone(), clock).unwrap()
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn call(&self) -> Call<'_> {
        self.call_for(Duration::from_secs(120))
    }

    pub fn call_for(&self, span: Duration) -> Call<'_> {
        Call { until: SystemClock.now().checked_add(span).unwrap(), meter: &self.meter }
    }

    pub fn people(&self, count: usize) -> Vec<ObjectId> {
        (0..count).map(|number| self.person(&format!("p{number}@{}", self.tenant.domain()))).collect()
    }

    pub fn person(&self, address: &str) -> ObjectId {
        ours(self.tenant.add_user(User::member("Somebody", address)))
    }

    pub fn group(&self, kind: GroupKind, members: &[ObjectId]) -> GroupId {
        let id = self.tenant.add_group(Group::new(kind, "Everybody"));
        for member in members {
            assert!(self.tenant.add_member(id, theirs(member)));
        }
        self.tenant.settle();
        GroupId::parse(&id.to_string()).unwrap()
    }

    pub fn members(&self, group: &GroupId) -> Vec<ObjectId> {
        self.tenant.members(group.as_str().parse().unwrap()).into_iter().map(ours).collect()
    }

    /// Forgets what was sent so far.
    pub fn fresh_meter(&mut self) {
        self.meter = Meter::default();
        self.tenant.clear_journal();
    }
}

fn settings(running: &Running, dir: &TempDir, credential: Credential) -> GraphSettings {
    GraphSettings {
        graph_url: running.graph_url.clone(),
        tenant: running.tenant_id.clone(),
        client_id: running.client_id.clone(),
        credential,
        authority_host: Some(running.authority_host.clone()),
        ca_pem: Some(dir.path().join("ca.pem")),
    }
}

pub fn ours(id: EmulatorId) -> ObjectId {
    ObjectId::parse(&id.to_string()).unwrap()
}

pub fn theirs(id: &ObjectId) -> EmulatorId {
    id.as_str().parse().unwrap()
}

pub fn group_id(group: &GroupId) -> EmulatorId {
    group.as_str().parse().unwrap()
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn nowhere() -> ObjectId {
    ObjectId::parse("99999999-9999-4999-8999-999999999999").unwrap()
}
