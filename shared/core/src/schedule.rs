//! When a link is due again, and how it is read then.

use std::time::Duration;

use crate::Timestamp;

/// Adds a duration, staying in range.
#[must_use]
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// How long a count that agreed stands: a missed change is found within the hour, at the price of no extra request.
pub const COUNT_EVERY: Duration = Duration::from_secs(3600);

/// Why the group was read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FullRead {
    /// There was no usable cursor; one was minted before the read.
    FreshCursor,
    /// The cursor stays as it is.
    Check,
    /// Rows and count never agreed.
    Mismatch,
}

/// When both sides are to be read in full again.
///
/// A cursor may be minted by a replica that is ahead of the one that served the full read; what lies between would
/// never be seen. One settle window later every replica has it, so the read is repeated then.
#[must_use]
pub fn next_full_read(read: FullRead, now: Timestamp, window: Duration, every: Duration) -> Timestamp {
    match read {
        FullRead::Mismatch => now,
        FullRead::FreshCursor if !window.is_zero() => later(now, window),
        FullRead::FreshCursor | FullRead::Check => later(now, every),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_with_a_fresh_cursor_is_repeated_one_window_later() {
        let (minute, day) = (Duration::from_secs(60), Duration::from_secs(86_400));
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(next_full_read(FullRead::FreshCursor, now, minute, day), later(now, minute));
        assert_eq!(next_full_read(FullRead::FreshCursor, now, Duration::ZERO, day), later(now, day));
        assert_eq!(next_full_read(FullRead::Check, now, minute, day), later(now, day));
        assert_eq!(next_full_read(FullRead::Mismatch, now, minute, day), now);
    }
}
