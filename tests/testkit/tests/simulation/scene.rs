//! One list, one group and one link, and the engine at work on them.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use listsync_core::{
    id::{GroupId, LinkId, ListId, RunId},
    list::{Origin, Standing},
    member::Member,
    settings::Settings,
};
use listsync_engine::{
    Ports,
    fan_out::tick,
    ports::{
        Clock as _, EntryQuery, Group, GroupKind, LinkState, Links as _, ListSide as _, ListStore as _,
        MemberQuery, Membership, PortResult, Queue as _, SettingsStore as _,
    },
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, MemoryStore},
    faults::{Crashed, Faults},
    sample::{contact, group, link, moment, object, person},
};
use tokio::task::coop::unconstrained;

/// Clones are the same scene.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
    pub(crate) directory: FakeDirectory,
    pub(crate) list: ListId,
    pub(crate) link: LinkId,
    pub(crate) group: GroupId,
    pub(crate) ports: Ports,
}

/// The result of a call to a fake, which never waits.
pub(crate) fn at_once<T>(call: impl Future<Output = PortResult<T>>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(value)) => value,
        Poll::Ready(Err(error)) => panic!("a fake refused a call of the test: {error}"),
        Poll::Pending => panic!("a fake never waits"),
    }
}

impl Scene {
    /// These people in the tenant, some of them on the list, some in the group.
    pub(crate) fn new((lag, dice): (Lag, Dice), settings: &Settings, people: &[String]) -> Self {
        let clock = ManualClock::at(moment(0));
        let store = MemoryStore::new(&clock);
        let directory = FakeDirectory::new(&clock, lag, dice);
        for name in people {
            directory.put_person(person(name));
        }
        let staff = Group {
            id: group("staff"),
            name: "Staff".to_owned(),
            kind: GroupKind::Microsoft365,
            membership: Membership::Shown,
        };
        directory.put_group(staff, []);
        let list = at_once(store.create_list("Staff", moment(0))).id;
        at_once(store.save_settings(settings));
        let ports = Ports {
            directory: Arc::new(directory.clone()),
            lists: Arc::new(store.clone()),
            links: Arc::new(store.clone()),
            runs: Arc::new(store.clone()),
            gate: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            settings: Arc::new(store.clone()),
            clock: Arc::new(clock.clone()),
        };
        let link = link("staff", &list, "staff");
        at_once(store.create(&link, moment(0)));
        Self { clock, store, directory, list, link: link.id, group: group("staff"), ports }
    }

    /// An operator puts somebody on the list.
    pub(crate) fn store_adds(&self, name: &str) {
        at_once(self.store.add(&self.list, &contact(name), Origin::Manual, self.clock.now()));
    }

    /// How each contact stands to the list, by the local part of its address.
    pub(crate) fn standings(&self) -> BTreeMap<String, Standing> {
        let entries = at_once(self.store.entries(&self.list, EntryQuery::All));
        let name = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
        entries.into_iter().map(|entry| (name(entry.address.as_str()), entry.standing)).collect()
    }

    pub(crate) fn listed(&self) -> BTreeSet<String> {
        let standings = self.standings().into_iter();
        standings.filter(|(_, standing)| *standing == Standing::Member).map(|(name, _)| name).collect()
    }

    pub(crate) fn grouped(&self) -> BTreeSet<String> {
        self.directory.members(&self.group).iter().map(ToString::to_string).collect()
    }

    pub(crate) fn state(&self) -> LinkState {
        at_once(self.store.load(&self.link)).expect("the link is there")
    }

    /// What the link remembers of a person.
    pub(crate) fn row(&self, name: &str) -> Option<Member> {
        let objects = [object(name)];
        at_once(self.store.members(&self.link, MemberQuery::Of { objects: &objects, contacts: &[] })).pop()
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// One beat of the timer.
    pub(crate) async fn tick(&self, faults: &Faults) {
        let ports = faults.over(&self.ports);
        // A tick that fails leaves its links due.
        drop(unconstrained(faults.process(tick(&ports))).await);
    }

    /// Handles one message; the process may die of it.
    pub(crate) async fn handle(
        &self,
        faults: &Faults,
        (run, seconds): (u64, u64),
        body: &str,
    ) -> Result<Handled, Crashed> {
        let ports = faults.over(&self.ports);
        let run = RunId::parse(&format!("run-{run}")).expect("a counted id is an id");
        let until = self.clock.now().checked_add(Duration::from_secs(seconds)).expect("in range");
        faults
            .process(handle(&ports, body, &RunContext { run, until, receive: Receive::Early }, &Unwatched))
            .await
    }

    /// Handles all visible messages without trouble, as a worker does; how many there were.
    pub(crate) async fn work(&self, runs: &mut u64) -> usize {
        let mut handled = 0;
        while let Some(delivery) = at_once(self.store.receive(1, Duration::from_secs(90))).pop() {
            *runs += 1;
            let result = self.handle(&Faults::none(), (*runs, 900), &delivery.body).await;
            if let Ok(Handled::Acknowledge(_)) = result {
                at_once(self.store.acknowledge(&delivery.receipt));
            }
            handled += 1;
            assert!(handled < 50, "messages breed messages");
        }
        handled
    }
}

/// Runs a test on a runtime of its own.
pub(crate) fn play(scenario: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().expect("a runtime").block_on(scenario);
}
