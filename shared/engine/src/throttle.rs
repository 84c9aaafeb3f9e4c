//! Going through the gate that keeps all workers of the app away while the tenant's directory wants rest: what each client of
//! a directory does before a request, and after one that is told to wait. Where writes were refused for their number, each takes
//! a place in their pace as well, which all workers of the app share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use listsync_core::{Timestamp, gate::granted, id::TenantId, pace, schedule::later};

use crate::{
    gate,
    ports::{Clock, Fault, Gate, PortError, PortResult},
};

/// A request that wants to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// When its caller has to be done.
    pub until: Timestamp,
    /// So much of that time it needs for itself.
    pub margin: Duration,
    /// How many writes it holds, as the directory counts them.
    pub writes: u32,
}

/// What a directory refused for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Requests of any kind.
    Any,
    /// Writes, of which there were too many.
    Writes,
}

/// The gate as this process goes through it. It is read anew before each request, and nothing of it is remembered: a
/// request costs one read of the store, and no process goes on for a while on what it knew.
pub struct Throttle {
    gate: Arc<dyn Gate>,
    tenant: TenantId,
    clock: Arc<dyn Clock>,
    /// A closing that the store did not take yet.
    untold: Mutex<Option<Timestamp>>,
}

impl Throttle {
    /// Of one process.
    #[must_use]
    pub fn new(gate: Arc<dyn Gate>, tenant: TenantId, clock: Arc<dyn Clock>) -> Self {
        Self { gate, tenant, clock, untold: Mutex::default() }
    }

    /// Whose directory it is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Waits until the gate is open and the request's place among the writes has come, if that leaves it its time.
    ///
    /// # Errors
    /// [`Fault::Throttled`] with the time that is left to wait; or when the store does not answer.
    pub async fn pass(&self, request: Request) -> PortResult<()> {
        let mut placed = None;
        loop {
            self.open(request).await?;
            // Who waited for a place looks at the gate once more, as it may have been closed meanwhile, and keeps the place.
            if placed.is_some() {
                return Ok(());
            }
            let Some(begins) = self.place(request).await? else { return Ok(()) };
            let wait = rest(self.clock.now(), begins);
            if wait.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(wait).await;
            placed = Some(begins);
        }
    }

    /// Waits until the gate is open.
    async fn open(&self, Request { until, margin, .. }: Request) -> PortResult<()> {
        let mut waited_for = None;
        loop {
            self.tell().await?;
            let closed = gate::closed_until(self.gate.as_ref(), &self.tenant, self.clock.as_ref()).await?;
            let now = self.clock.now();
            // What was waited for is over, even where the clock was set back meanwhile.
            let Some(opens) = closed.filter(|opens| Some(*opens) != waited_for) else { return Ok(()) };
            if later(opens, margin) > until {
                return Err(self.refusal(rest(now, opens)));
            }
            tokio::time::sleep(rest(now, opens)).await;
            waited_for = Some(opens);
        }
    }

    /// Takes the next place among the writes: when the request begins; none: at once, as writes are not spread.
    async fn place(&self, Request { until, margin, writes }: Request) -> PortResult<Option<Timestamp>> {
        if writes == 0 {
            return Ok(None);
        }
        loop {
            let read = self.gate.pace(&self.tenant).await?;
            let now = self.clock.now();
            let Some(place) = pace::place(read, now, writes) else { return Ok(None) };
            // Whoever has not the time to wait takes no place from others.
            if later(place.begins, margin) > until {
                return Err(self.refusal(rest(now, place.begins)));
            }
            if self.gate.keep_pace(&self.tenant, read, place.pace).await? {
                return Ok(Some(place.begins));
            }
        }
    }

    /// Closes the gate for everybody, as long as is granted, and has writes spread from then on where they were too many.
    ///
    /// # Errors
    /// When the store does not take it: no request of this process begins until it takes the closing.
    pub async fn close(&self, span: Duration, refused: Refused) -> PortResult<()> {
        let until = later(self.clock.now(), granted(span));
        {
            let mut untold = self.untold();
            *untold = (*untold).max(Some(until));
        }
        self.tell().await?;
        match refused {
            Refused::Any => Ok(()),
            Refused::Writes => self.spread(until).await,
        }
    }

    async fn spread(&self, opens: Timestamp) -> PortResult<()> {
        loop {
            let read = self.gate.pace(&self.tenant).await?;
            let told = pace::told(read, self.clock.now(), opens);
            if self.gate.keep_pace(&self.tenant, read, told).await? {
                return Ok(());
            }
        }
    }

    /// Stores a closing that is not stored yet. Until the store takes it no request of this process begins.
    async fn tell(&self) -> PortResult<()> {
        let Some(until) = *self.untold() else { return Ok(()) };
        self.gate.close(&self.tenant, until).await?;
        self.untold().take_if(|untold| *untold <= until);
        Ok(())
    }

    fn untold(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a caller gets who has not the time to wait.
    #[must_use]
    pub fn refusal(&self, rest: Duration) -> PortError {
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

/// The time that is left until then.
fn rest(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

    use listsync_core::pace::Pace;

    use super::*;
    use crate::ports::PeopleWatch;

    /// A store whose first writes fail, so many of them.
    #[derive(Default)]
    struct Store {
        until: Mutex<Option<Timestamp>>,
        pace: Mutex<Option<Pace>>,
        failing: AtomicU32,
        /// What happens before the next read is answered.
        meanwhile: Mutex<Option<Meanwhile>>,
    }

    type Meanwhile = Box<dyn FnOnce() -> Timestamp + Send>;

    #[async_trait::async_trait]
    impl Gate for Store {
        async fn closed_until(&self, _: &TenantId) -> PortResult<Option<Timestamp>> {
            let mut until = self.until.lock().expect("unpoisoned");
            if let Some(happens) = self.meanwhile.lock().expect("unpoisoned").take() {
                *until = Some(happens());
            }
            Ok(*until)
        }

        async fn close(&self, _: &TenantId, until: Timestamp) -> PortResult<()> {
            let fails = |left: u32| left.checked_sub(1);
            if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
                return Err(PortError::new(Fault::Unavailable, "store_busy", "the store does not answer"));
            }
            let mut present = self.until.lock().expect("unpoisoned");
            *present = (*present).max(Some(until));
            Ok(())
        }

        async fn replace(&self, _: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
            let mut present = self.until.lock().expect("unpoisoned");
            if *present == Some(read) {
                *present = Some(until);
            }
            Ok(())
        }

        async fn pace(&self, _: &TenantId) -> PortResult<Option<Pace>> {
            Ok(*self.pace.lock().expect("unpoisoned"))
        }

        async fn keep_pace(&self, _: &TenantId, read: Option<Pace>, pace: Pace) -> PortResult<bool> {
            let mut present = self.pace.lock().expect("unpoisoned");
            let is_so = *present == read;
            if is_so {
                *present = Some(pace);
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

    /// A clock that stands still until it is put on: a test of a year takes no time.
    #[derive(Default)]
    struct Hand(AtomicU64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            later(Timestamp::UNIX_EPOCH, Duration::from_secs(self.0.load(Ordering::SeqCst)))
        }
    }

    /// Two processes with one store.
    struct Two {
        told: Throttle,
        other: Throttle,
        store: Arc<Store>,
        clock: Arc<Hand>,
    }

    impl Two {
        fn new() -> Self {
            let (store, clock) = (Arc::new(Store::default()), Arc::new(Hand::default()));
            let tenant = TenantId::parse("t1").expect("an id");
            let process = || Throttle::new(store.clone(), tenant.clone(), clock.clone());
            Self { told: process(), other: process(), store: store.clone(), clock: clock.clone() }
        }

        fn go_on(&self, seconds: u64) {
            self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        }

        /// For how many seconds one who cannot wait is sent away; none: it may call.
        async fn closed_for(&self, throttle: &Throttle) -> Option<u64> {
            self.sent_away(throttle, 0).await
        }

        /// The same of a request with so many writes.
        async fn sent_away(&self, throttle: &Throttle, writes: u32) -> Option<u64> {
            let request = Request { until: self.clock.now(), margin: Duration::ZERO, writes };
            match throttle.pass(request).await {
                Ok(()) => None,
                Err(PortError { fault: Fault::Throttled(rest), .. }) => Some(rest.as_secs()),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    const YEAR: Duration = Duration::from_secs(31_536_000);

    #[tokio::test]
    async fn what_one_process_is_told_keeps_away_another_that_knew_the_gate_open() {
        let two = Two::new();
        assert_eq!(two.closed_for(&two.other).await, None);
        two.told.close(Duration::from_secs(8), Refused::Any).await.expect("a store");
        for second in 0..8 {
            assert_eq!(two.closed_for(&two.other).await, Some(8 - second));
            assert_eq!(two.closed_for(&two.told).await, Some(8 - second));
            two.go_on(1);
        }
        assert_eq!(two.closed_for(&two.other).await, None);
    }

    #[tokio::test]
    async fn a_year_is_over_after_ten_minutes_for_everybody() {
        let two = Two::new();
        two.told.close(YEAR, Refused::Any).await.expect("a store");
        two.go_on(599);
        assert_eq!(two.closed_for(&two.other).await, Some(1));
        two.go_on(1);
        assert_eq!((two.closed_for(&two.told).await, two.closed_for(&two.other).await), (None, None));
    }

    #[tokio::test]
    async fn a_year_that_was_stored_before_is_over_after_ten_minutes_too_however_often_it_is_read() {
        let two = Two::new();
        *two.store.until.lock().expect("unpoisoned") = Some(later(Timestamp::UNIX_EPOCH, YEAR));
        for hundred in 0..6 {
            assert_eq!(two.closed_for(&two.told).await, Some(600 - hundred * 100));
            two.go_on(100);
        }
        assert_eq!(two.closed_for(&two.other).await, None);
    }

    #[tokio::test]
    async fn ten_minutes_that_another_was_told_while_a_process_stood_still_are_not_cut_short() {
        let two = Two::new();
        let clock = two.clock.clone();
        *two.store.meanwhile.lock().expect("unpoisoned") = Some(Box::new(move || {
            clock.0.fetch_add(30, Ordering::SeqCst);
            later(clock.now(), Duration::from_secs(600))
        }));
        assert_eq!(two.closed_for(&two.other).await, Some(600));
        assert_eq!(two.closed_for(&two.told).await, Some(600));
    }

    #[tokio::test]
    async fn a_closing_that_the_store_did_not_take_is_told_before_anything_is_sent() {
        let two = Two::new();
        two.store.failing.store(2, Ordering::SeqCst);
        two.told.close(Duration::from_secs(30), Refused::Any).await.expect_err("the store is away");
        two.told
            .pass(Request { until: Timestamp::MAX, margin: Duration::ZERO, writes: 0 })
            .await
            .expect_err("the store is away");
        assert_eq!(two.closed_for(&two.told).await, Some(30));
        assert_eq!(two.closed_for(&two.other).await, Some(30));
    }
    #[tokio::test]
    async fn after_writes_were_too_many_all_processes_share_one_pace_and_reads_go_on() {
        let two = Two::new();
        assert_eq!(two.sent_away(&two.told, pace::BURST).await, None, "nothing was refused");
        two.told.close(Duration::from_secs(8), Refused::Writes).await.expect("a store");
        assert_eq!(two.sent_away(&two.other, 1).await, Some(8));
        two.go_on(8);
        let half = pace::BURST / 2;
        assert_eq!(
            (two.sent_away(&two.told, half).await, two.sent_away(&two.other, half).await),
            (None, None)
        );
        let taken = *two.store.pace.lock().expect("unpoisoned");
        assert_eq!(two.sent_away(&two.told, 20).await, Some(1), "it would have to wait for a place");
        assert_eq!(*two.store.pace.lock().expect("unpoisoned"), taken, "and takes none");
        assert_eq!(two.closed_for(&two.told).await, None, "a read goes on");
        two.go_on(2);
        assert_eq!(two.sent_away(&two.other, 20).await, None);
    }

    #[tokio::test]
    async fn who_waits_for_a_place_keeps_to_a_closing_that_came_meanwhile() {
        let two = Two::new();
        two.told.close(Duration::ZERO, Refused::Writes).await.expect("a store");
        assert_eq!(two.sent_away(&two.told, pace::BURST).await, None);
        let until = later(two.clock.now(), Duration::from_secs(20));
        let request = Request { until, margin: Duration::ZERO, writes: 1 };
        let (passed, ()) = tokio::join!(two.other.pass(request), async {
            tokio::task::yield_now().await;
            two.told.close(Duration::from_secs(60), Refused::Any).await.expect("a store");
        });
        assert!(matches!(passed, Err(PortError { fault: Fault::Throttled(_), .. })), "{passed:?}");
    }
}
