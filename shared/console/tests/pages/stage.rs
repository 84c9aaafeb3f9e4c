//! A deployment on one machine: the embedded store, a directory in memory, and API and console before them.

use std::{sync::Arc, time::Duration};

use axum::Router;
use listsync_console::Entrance;
use listsync_core::{
    Timestamp,
    id::{GroupId, ObjectId, RunId},
};
use listsync_engine::{
    Ports,
    ports::{Group, GroupKind, Membership},
    service::Service,
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_http::{Api, Limits, Options};
use listsync_sqlite::SqliteStore;
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock},
    faults::Faults,
    sample,
};

/// The id of the group that is there.
pub(crate) const STAFF: &str = "2f4d0c1e-0000-4000-8000-000000000001";

/// The stage.
pub(crate) struct Stage {
    pub(crate) service: Service,
    pub(crate) router: Router,
    pub(crate) clock: ManualClock,
    pub(crate) directory: FakeDirectory,
    /// What is asked of the ports.
    pub(crate) calls: Faults,
}

impl Stage {
    /// A stage whose directory has the group `staff` with Anna and Ben, and knows Cleo and Dora too.
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// The same with an entrance for whoever has an account in the directory.
    pub(crate) fn with(entrance: Option<Entrance>) -> Self {
        Self::built(entrance, Limits::default())
    }

    /// The same in a host that sends no more than so much at once.
    pub(crate) fn sending(answer: usize) -> Self {
        Self::built(None, Limits { answer, ..Limits::default() })
    }

    fn built(entrance: Option<Entrance>, limits: Limits) -> Self {
        let clock = ManualClock::default();
        let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(4));
        for name in ["anna", "ben", "cleo", "dora"] {
            directory.put_person(sample::person(name));
        }
        let members: Vec<ObjectId> = ["anna", "ben"].map(sample::object).into();
        let group = Group {
            id: GroupId::parse(STAFF).expect("an id"),
            name: "Staff".to_owned(),
            kind: GroupKind::Microsoft365,
            membership: Membership::Shown,
        };
        directory.put_group(group, members);
        directory.set_permissions(
            ["GroupMember.ReadWrite.All", "User.Read.All", "Group.Create"].map(str::to_owned),
        );
        let calls = Faults::none();
        let service = service(&clock, &directory, &calls);
        let mut options = Options { tenant: Some(sample::tenant()), limits, ..Options::default() };
        options.limits.callers.burst = 1_000_000;
        let api = Api::new(service.clone(), options);
        let router = api.router().merge(listsync_console::router_with(api.operations(), entrance));
        Self { service, router, clock, directory, calls }
    }

    /// The worker, until the queue is empty.
    pub(crate) async fn work(&self) {
        let ports = &self.service.ports;
        loop {
            let deliveries = ports.queue.receive(4, Duration::from_secs(60)).await.unwrap();
            if deliveries.is_empty() {
                return;
            }
            for delivery in deliveries {
                let until: Timestamp = ports.clock.now() + Duration::from_secs(60);
                let run = RunId::parse(&uuid::Uuid::now_v7().to_string()).unwrap();
                let context = RunContext { run, until, receive: Receive::Early };
                match handle(ports, &delivery.body, &context, &Unwatched).await {
                    Handled::Acknowledge(_) => ports.queue.acknowledge(&delivery.receipt).await.unwrap(),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

fn service(clock: &ManualClock, directory: &FakeDirectory, calls: &Faults) -> Service {
    let store =
        SqliteStore::open_in_memory().expect("a store in memory opens").with_clock(Arc::new(clock.clone()));
    let store = Arc::new(store);
    let ports = Ports {
        directory: Arc::new(directory.clone()),
        lists: store.clone(),
        links: store.clone(),
        runs: store.clone(),
        gate: store.clone(),
        queue: store.clone(),
        settings: store.clone(),
        clock: Arc::new(clock.clone()),
    };
    Service::over(&store, calls.over(&ports))
}
