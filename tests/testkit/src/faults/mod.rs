//! Crashes and faults at port calls.
//!
//! A [`Faults`] stands between a run and its ports. It counts every call and says what becomes of it: nothing, a fault
//! before or after the call took effect, or the death of the process. A dead process is one whose future is dropped and
//! never polled again, as after SIGKILL: nothing unwinds, nothing is cleaned up by code that runs later.

mod directory;
mod ends;
mod import_changes;
mod people;
mod ports;

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::flight::Strain;
use listsync_engine::{
    Ports,
    ports::{
        Directory, Fault, Gate, Links, ListStore, Meter, PortError, PortResult, Queue, Runs, SettingsStore,
    },
};

use crate::fakes::ManualClock;

/// When, seen from the call's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The call has no effect.
    Before,
    /// The call has its effect, but nobody hears of it.
    After,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing special.
    Pass,
    /// The process dies.
    Crash(When),
    /// The call fails.
    Fail(Fault, When),
    /// The process stands still before the call until somebody polls it again, as a machine that was put to sleep.
    Stall,
}

/// Says what becomes of a call, from its name and how many calls came before it.
pub type Judge = Box<dyn FnMut(&'static str, u64) -> Fate + Send>;

/// The process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process died")]
pub struct Crashed;

/// What each request to the directory goes through before it is on its way, as a client's throttle.
#[async_trait]
pub trait Way: Send + Sync {
    /// Lets a request go out, or says why it does not.
    async fn begin(&self) -> PortResult<()>;
}

/// What becomes of a request that is under way beside others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OnItsWay {
    /// So often others have their turn before it takes effect.
    pub before: u64,
    /// So often before it is answered then.
    pub after: u64,
    /// What the directory says to how much comes at once.
    pub strain: Strain,
}

/// Says what becomes of each request that may be under way beside others.
pub type Order = Box<dyn FnMut() -> OnItsWay + Send>;

/// What stands between a run and its ports. Clones are the same.
#[derive(Clone)]
pub struct Faults {
    state: Arc<Mutex<State>>,
    clock: Option<ManualClock>,
    way: Option<Arc<dyn Way>>,
}

struct State {
    judge: Judge,
    calls: u64,
    dead: bool,
    pace: Box<dyn FnMut() -> Duration + Send>,
    order: Order,
    names: Vec<&'static str>,
    sleepers: Vec<Waker>,
    /// How often somebody outside let the process go on.
    turns: u64,
    /// Whether a request let others have their turn since the process was let go on.
    waited: bool,
    /// How many writes of the directory are under way. One that was dropped may still take effect.
    writing: u64,
    most_writing: u64,
}

impl Faults {
    /// Lets a judge decide on each call.
    #[must_use]
    pub fn judged(judge: Judge) -> Self {
        let pace = Box::new(|| Duration::ZERO);
        let state = State {
            judge,
            calls: 0,
            dead: false,
            pace,
            order: Box::new(OnItsWay::default),
            names: Vec::new(),
            sleepers: Vec::new(),
            turns: 0,
            waited: false,
            writing: 0,
            most_writing: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), clock: None, way: None }
    }

    /// Lets everything pass and counts.
    #[must_use]
    pub fn none() -> Self {
        Self::judged(Box::new(|_, _| Fate::Pass))
    }

    /// Kills the process at the call of this number, counted from 0.
    #[must_use]
    pub fn crash_at(call: u64, when: When) -> Self {
        Self::judged(Box::new(move |_, number| if number == call { Fate::Crash(when) } else { Fate::Pass }))
    }

    /// Lets each call take this much time on a clock.
    #[must_use]
    pub fn paced(self, clock: &ManualClock, pace: Box<dyn FnMut() -> Duration + Send>) -> Self {
        self.lock().pace = pace;
        Self { clock: Some(clock.clone()), ..self }
    }

    /// Lets requests that are under way at the same time take effect and be answered in this order.
    pub fn order(&self, order: Order) {
        self.lock().order = order;
    }

    /// The most writes of the directory that were under way at a time.
    #[must_use]
    pub fn most_writing(&self) -> u64 {
        self.lock().most_writing
    }

    /// Lets each request to the directory that its fate lets through go this way.
    #[must_use]
    pub fn by_way_of(self, way: Arc<dyn Way>) -> Self {
        Self { way: Some(way), ..self }
    }

    /// A gate with the faults before it.
    #[must_use]
    pub fn over_gate(&self, gate: &Arc<dyn Gate>) -> Arc<dyn Gate> {
        Arc::new(self.wrap::<dyn Gate>(gate))
    }

    /// How many calls were made.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// The names of all calls that were made, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.lock().names.clone()
    }

    /// These ports, with the faults before them.
    #[must_use]
    pub fn over(&self, ports: &Ports) -> Ports {
        Ports {
            directory: Arc::new(self.wrap::<dyn Directory>(&ports.directory)),
            lists: Arc::new(self.wrap::<dyn ListStore>(&ports.lists)),
            links: Arc::new(self.wrap::<dyn Links>(&ports.links)),
            runs: Arc::new(self.wrap::<dyn Runs>(&ports.runs)),
            gate: Arc::new(self.wrap::<dyn Gate>(&ports.gate)),
            queue: Arc::new(self.wrap::<dyn Queue>(&ports.queue)),
            settings: Arc::new(self.wrap::<dyn SettingsStore>(&ports.settings)),
            clock: ports.clock.clone(),
        }
    }

    fn wrap<P: ?Sized>(&self, port: &Arc<P>) -> Faulty<P> {
        Faulty { port: port.clone(), faults: self.clone() }
    }

    /// Runs a process until it ends or dies.
    ///
    /// # Errors
    /// [`Crashed`] when a fate was to crash: the process is dropped where it stood.
    pub async fn process<T>(&self, process: impl Future<Output = T>) -> Result<T, Crashed> {
        let mut process = pin!(process);
        poll_fn(|context| {
            let sleepers = {
                let mut state = self.lock();
                state.turns += 1;
                std::mem::take(&mut state.sleepers)
            };
            sleepers.into_iter().for_each(Waker::wake);
            loop {
                self.lock().waited = false;
                let polled = process.as_mut().poll(context);
                let (dead, waited) = {
                    let state = self.lock();
                    (state.dead, state.waited)
                };
                match polled {
                    _ if dead => return Poll::Ready(Err(Crashed)),
                    Poll::Ready(value) => return Poll::Ready(Ok(value)),
                    // It stands still only once nothing that is under way goes on by itself.
                    Poll::Pending if waited => {}
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }

    /// Is not ready, and wakes nobody, until somebody outside lets the process go on.
    async fn stand_still(&self) {
        let began = self.lock().turns;
        poll_fn(|context| {
            let mut state = self.lock();
            if state.turns > began {
                return Poll::Ready(());
            }
            state.sleepers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets others have their turn so often.
    async fn wait_for_others(&self, turns: u64) {
        let mut left = turns;
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            self.lock().waited = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// A write of the directory, under way beside others.
    async fn on_its_way<T>(&self, meter: &Meter, write: impl Future<Output = T>) -> T {
        let OnItsWay { before, after, strain } = {
            let mut state = self.lock();
            state.writing += 1;
            state.most_writing = state.most_writing.max(state.writing);
            (state.order)()
        };
        self.wait_for_others(before).await;
        let answers = write.await;
        self.wait_for_others(after).await;
        meter.note(strain);
        self.lock().writing -= 1;
        answers
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate(&self, name: &'static str) -> Fate {
        let mut state = self.lock();
        if state.dead {
            return Fate::Crash(When::Before);
        }
        let number = state.calls;
        state.calls += 1;
        state.names.push(name);
        let took = (state.pace)();
        if let Some(clock) = &self.clock {
            clock.advance(took);
        }
        let frees_the_lease = ["links.release", "links.finish"].contains(&name);
        assert!(
            !frees_the_lease || state.writing == 0,
            "{} writes are under way as the lease is freed by {name}",
            state.writing
        );
        (state.judge)(name, number)
    }

    /// What a request to the directory goes through.
    async fn begin(&self) -> PortResult<()> {
        match &self.way {
            Some(way) => way.begin().await,
            None => Ok(()),
        }
    }

    /// Makes a call as its fate wants it: `Ok` is what it gave, `Err` the fault that the caller hears of.
    async fn call<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = T>,
    ) -> Result<T, (PortError, When)> {
        match self.fate(name) {
            Fate::Pass => Ok(call.await),
            Fate::Stall => {
                self.stand_still().await;
                Ok(call.await)
            }
            Fate::Fail(fault, When::Before) => Err((failed(fault), When::Before)),
            Fate::Fail(fault, When::After) => {
                call.await;
                Err((failed(fault), When::After))
            }
            Fate::Crash(when) => {
                if when == When::After && !self.lock().dead {
                    call.await;
                }
                self.lock().dead = true;
                pending().await
            }
        }
    }
}

fn failed(fault: Fault) -> PortError {
    PortError::new(fault, "injected", "a test made this call fail")
}

/// A port with faults before it.
struct Faulty<P: ?Sized> {
    port: Arc<P>,
    faults: Faults,
}
