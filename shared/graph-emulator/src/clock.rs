//! The emulator's time: the machine's, or one that a test moves by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

/// A clock that many holders share; clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    base: Base,
    offset_ms: Arc<AtomicI64>,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    System,
    Fixed(i64),
}

impl Clock {
    /// The machine's time; [`Clock::advance`] shifts it.
    #[must_use]
    pub fn system() -> Self {
        Self { base: Base::System, offset_ms: Arc::default() }
    }

    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self { base: Base::Fixed(start.as_millisecond()), offset_ms: Arc::default() }
    }

    /// The time now, in whole milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or(Timestamp::MAX)
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        self.offset_ms.fetch_add(millis(by), Ordering::SeqCst);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        let base = match self.base {
            Base::System => Timestamp::now().as_millisecond(),
            Base::Fixed(start) => start,
        };
        base.saturating_add(self.offset_ms.load(Ordering::SeqCst))
    }
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
