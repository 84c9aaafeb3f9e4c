//! When a link is due again, and how it is read then.

use std::time::Duration;

use crate::Timestamp;

/// Adds a duration, staying in range.
#[must_use]
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// How long a lease is taken for.
pub const LEASE: Duration = Duration::from_secs(60);
/// By so much, at most, the clocks of two machines that work on one store are taken to differ.
pub const SKEW: Duration = Duration::from_secs(60);
/// By so much, at most, a message is delayed, as SQS takes no more (Amazon SQS API, `DelaySeconds`); and so much, at most,
/// the next time of a link is put off to spread a crowd (`spread`).
pub const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// A moment that was set for at most `term` ahead, as it counts now. What lies further ahead was set under a clock that ran
/// ahead: it is taken as of now, so that it is over. To wait for it would have a link stand still for as long as the clock
/// was wrong, and nothing tells the two apart but that no honest one lies so far ahead.
#[must_use]
pub fn as_of(at: Timestamp, now: Timestamp, term: Duration) -> Timestamp {
    if at > later(now, term) { now } else { at }
}

/// Whether a lease that was taken until then is live. One of a clock that ran ahead is not.
#[must_use]
pub fn is_leased(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| as_of(until, now, LEASE + SKEW) > now)
}

/// When a link is due by the clock that is due so often.
#[must_use]
pub fn due_as_of(due_at: Timestamp, now: Timestamp, every: Duration) -> Timestamp {
    as_of(due_at, now, every.saturating_add(LONGEST_DELAY + SKEW))
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
    fn what_lies_further_ahead_than_its_term_is_over() {
        let (now, term) = (Timestamp::UNIX_EPOCH, Duration::from_secs(60));
        let at = |seconds| Timestamp::from_second(seconds).expect("a moment");
        for (set, counts) in [(-5, -5), (0, 0), (59, 59), (60, 60), (61, 0), (30 * 86_400, 0)] {
            assert_eq!(as_of(at(set), now, term), at(counts), "{set}");
        }
        assert_eq!(as_of(Timestamp::MAX, now, term), now);
        assert!(
            is_leased(Some(at(60)), now) && is_leased(Some(at(120)), now),
            "another clock may be a little ahead"
        );
        assert!(!is_leased(None, now) && !is_leased(Some(at(0)), now) && !is_leased(Some(at(121)), now));
        let every = Duration::from_secs(86_400);
        assert_eq!(due_as_of(at(86_400 + 900), now, every), at(86_400 + 900), "a crowd was spread");
        assert_eq!(due_as_of(at(2 * 86_400), now, every), now);
        assert_eq!(due_as_of(at(2 * 86_400), now, Duration::MAX), at(2 * 86_400));
    }

    /// Law 5.
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
