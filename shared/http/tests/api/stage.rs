//! A deployment on one machine, without a network: the embedded store, a directory in memory, and the API before them.

use std::sync::Arc;

use axum::Router;
use listsync_core::{
    grant::{Grant, Lists, Verb},
    id::ObjectId,
};
use listsync_engine::{
    Ports,
    ports::{Group, GroupKind, Membership},
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
    /// A key that operates, and one that may all.
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
        let key = async |verb| key_of(&service, &[verb], Lists::All).await;
        let (operate, admin) = (key(Verb::Operate).await, key(Verb::Admin).await);
        let router = router(service.clone(), options);
        Self { service, router, clock, directory, operate, admin }
    }
}

/// The text of a new key.
pub(crate) async fn key_of(service: &Service, verbs: &[Verb], lists: Lists) -> String {
    let grant = Grant { verbs: verbs.iter().copied().collect(), lists };
    let wish = keys::Wish { name: "test".to_owned(), grant, expires: None };
    let made = keys::create(service.keys.as_ref(), wish, sample::moment(0)).await;
    made.expect("a key is made").text
}

/// What a host says: bounds that no test reaches by itself.
pub(crate) fn options() -> Options {
    let mut options = Options {
        tenant: Some(sample::tenant()),
        public_url: Some("https://lists.contoso.example".to_owned()),
        ..Options::default()
    };
    options.limits.callers.burst = 1_000_000;
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
    Service::over(&store, ports)
}
