//! How long a loop pauses after failures.

use std::time::Duration;

use listsync_core::backoff::pause_after;
use uuid::Uuid;

/// How often in a row a loop has failed.
#[derive(Debug, Default)]
pub(crate) struct Failures(u32);

impl Failures {
    /// One more failure: how long the loop pauses now.
    pub(crate) fn pause(&mut self) -> Duration {
        self.0 = self.0.saturating_add(1);
        let [dice, ..] = *Uuid::new_v4().as_bytes();
        pause_after(self.0, dice)
    }

    /// It went well again.
    pub(crate) fn forget(&mut self) {
        self.0 = 0;
    }
}
