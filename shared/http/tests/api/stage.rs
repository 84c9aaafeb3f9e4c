//! A deployment on one machine, without a network: the embedded store, a directory in memory, and the API before them.

use std::{collections::BTreeSet, sync::Arc};

use axum::Router;
use listsync_core::id::ObjectId;
use listsync_engine::{
    Ports,
    ports::{AccessScope, Group, GroupKind, Membership},
    service::Service,
};
use listsync_http::{Options, keys, router};
use listsync_sqlite::SqliteStore;
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock},
    sample,
};

/// The stage.
pub(crate) struct Stage {
    pub(crate) service: Service,
    pub(crate) router: Router,
    pub(crate) clock: ManualClock,
    pub(crate) directory: FakeDirectory,
    /// A key of each scope.
    pub(crate) read: String,
    pub(crate) operate: String,
    pub(crate) admin: String,
}

impl Stage {
    /// A stage whose directory has the group `staff` with Anna and Ben, and knows Cleo too.
    pub(crate) async fn new(options: Options) -> Self {
        let clock = ManualClock::default();
        let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(4));
        for name in ["anna", "ben", "cleo"] {
            directory.put_person(sample::person(name));
        }
        let members: Vec<ObjectId> = ["anna", "ben"].map(sample::object).into();
        directory.put_group(group(), members);
        let service = service(&clock, &directory);
        let key = async |scope| {
            let made =
                keys::create(service.keys.as_ref(), "test", BTreeSet::from([scope]), sample::moment(0));
            made.await.expect("a key is made").text
        };
        let (read, operate, admin) =
            (key(AccessScope::Read).await, key(AccessScope::Operate).await, key(AccessScope::Admin).await);
        let router = router(service.clone(), options);
        Self { service, router, clock, directory, read, operate, admin }
    }
}

/// What a host says: bounds that no test reaches by itself.
pub(crate) fn options() -> Options {
    let mut options = Options {
        tenant: Some(sample::tenant()),
        public_url: Some("https://lists.contoso.example".to_owned()),
        ..Options::default()
    };
    options.limits.burst = 1_000_000;
    options
}

fn group() -> Group {
    Group {
        id: sample::group("staff"),
        name: "Staff".to_owned(),
        kind: GroupKind::Microsoft365,
        membership: Membership::Shown,
    }
}

fn service(clock: &ManualClock, directory: &FakeDirectory) -> Service {
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
    Service { ports, contacts: store.clone(), keys: store.clone(), seen: store }
}
