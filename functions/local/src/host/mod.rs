//! What `serve` and `work` go on with until they are stopped: loops that no failure ends.

use std::time::Duration;

pub(crate) mod crew;
mod failures;
mod loops;
mod signals;

use failures::Failures;
pub(crate) use loops::{Loop, keep_going};
pub(crate) use signals::{stop_signal, stopped};

/// How often each loop looks at least: the timer for due links, which is one query of the store.
pub(crate) const BEAT: Duration = Duration::from_secs(10);
