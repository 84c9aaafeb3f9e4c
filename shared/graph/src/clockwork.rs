//! Sums of instants and spans that cannot fail.

use std::time::Duration;

use listsync_core::Timestamp;

/// The moment that much later.
pub(crate) fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// The time from one moment to a later one; nothing if it is not later.
pub(crate) fn rest(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}
