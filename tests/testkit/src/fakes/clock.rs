use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use listsync_core::Timestamp;
use listsync_engine::ports::Clock;

/// A clock that stands still until a test moves it. Clones are the same clock. It counts milliseconds.
#[derive(Debug, Clone)]
pub struct ManualClock {
    milliseconds: Arc<AtomicI64>,
}

impl ManualClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { milliseconds: Arc::new(AtomicI64::new(now.as_millisecond())) }
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.milliseconds.fetch_add(by, Ordering::Relaxed);
    }

    /// Sets it; to go back is possible, as with a real one.
    pub fn set(&self, now: Timestamp) {
        self.milliseconds.store(now.as_millisecond(), Ordering::Relaxed);
    }
}

impl Default for ManualClock {
    /// Some day.
    fn default() -> Self {
        Self { milliseconds: Arc::new(AtomicI64::new(1_767_225_600_000)) }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.milliseconds.load(Ordering::Relaxed)).unwrap_or(Timestamp::MAX)
    }
}
