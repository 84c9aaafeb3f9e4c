//! Going through the gate that keeps all workers of the app away while the tenant's directory wants rest: what each client of
//! a directory does before a request, and after one that is told to wait.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use listsync_core::{Timestamp, gate::granted, id::TenantId, schedule::later};

use crate::{
    gate,
    ports::{Clock, Fault, Gate, PortError, PortResult},
};

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

    /// Waits until the gate is open, if that leaves `margin` before `until`.
    ///
    /// # Errors
    /// [`Fault::Throttled`] with the time that is left to wait; or when the store does not answer.
    pub async fn pass(&self, until: Timestamp, margin: Duration) -> PortResult<()> {
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

    /// Closes the gate for everybody, as long as is granted.
    ///
    /// # Errors
    /// When the store does not take it: no request of this process begins until it does.
    pub async fn close(&self, span: Duration) -> PortResult<()> {
        let until = later(self.clock.now(), granted(span));
        {
            let mut untold = self.untold();
            *untold = (*untold).max(Some(until));
        }
        self.tell().await
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

    use super::*;
    use crate::ports::PeopleWatch;

    /// A store whose first writes fail, so many of them.
    #[derive(Default)]
    struct Store {
        until: Mutex<Option<Timestamp>>,
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
            match throttle.pass(self.clock.now(), Duration::ZERO).await {
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
        two.told.close(Duration::from_secs(8)).await.expect("a store");
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
        two.told.close(YEAR).await.expect("a store");
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
        two.told.close(Duration::from_secs(30)).await.expect_err("the store is away");
        two.told.pass(Timestamp::MAX, Duration::ZERO).await.expect_err("the store is away");
        assert_eq!(two.closed_for(&two.told).await, Some(30));
        assert_eq!(two.closed_for(&two.other).await, Some(30));
    }
}
