//! The engine at work on the embedded store in memory and a directory that lags.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use listsync_core::{id::RunId, settings::Settings};
use listsync_engine::{
    Ports,
    fan_out::tick,
    ports::{Clock as _, PortResult, Queue as _, SettingsStore as _},
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    faults::{Crashed, Faults},
    sample::moment,
};
use tokio::task::coop::unconstrained;

/// Clones are the same.
#[derive(Clone)]
pub(crate) struct Plant {
    pub(crate) clock: ManualClock,
    pub(crate) store: TestStore,
    pub(crate) directory: FakeDirectory,
    pub(crate) ports: Ports,
}

/// The result of a call to something in memory, which never waits.
pub(crate) fn at_once<T>(call: impl Future<Output = PortResult<T>>) -> T {
    tried(call).unwrap_or_else(|error| panic!("a call of the test was refused: {error}"))
}

/// The same of a call that may be refused.
pub(crate) fn tried<T>(call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("what is in memory never waits"),
    }
}

/// Polls once; none: it is not ready.
pub(crate) async fn poll_once<T>(mut process: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    std::future::poll_fn(|context| match process.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Runs a test on a runtime of its own.
pub(crate) fn play(scenario: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().expect("a runtime").block_on(scenario);
}

impl Plant {
    /// A tenant in which nobody is, and a store without lists.
    pub(crate) fn new((lag, dice): (Lag, Dice), settings: &Settings) -> Self {
        let clock = ManualClock::at(moment(0));
        let store = TestStore::new(&clock);
        let directory = FakeDirectory::new(&clock, lag, dice);
        at_once(store.save_settings(&Settings::default(), settings));
        let ports = store.beside(directory.clone());
        Self { clock, store, directory, ports }
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

    /// Handles all visible messages without trouble; how many there were.
    pub(crate) async fn work(&self, runs: &mut u64) -> usize {
        self.work_as(runs, &Faults::none).await
    }

    /// The same, each in a process of this kind.
    pub(crate) async fn work_as(&self, runs: &mut u64, process: &dyn Fn() -> Faults) -> usize {
        let mut handled = 0;
        while let Some(delivery) = at_once(self.store.receive(1, Duration::from_secs(90))).pop() {
            *runs += 1;
            let result = self.handle(&process(), (*runs, 900), &delivery.body).await;
            if let Ok(Handled::Acknowledge(_)) = result {
                at_once(self.store.acknowledge(&delivery.receipt));
            }
            handled += 1;
            assert!(handled < 200, "messages breed messages");
        }
        handled
    }
}
