//! How links that all fall due at once are spread over time: at the first start, or after a clock jumped.

use std::time::Duration;

/// So many messages of one beat go out at once.
const AT_ONCE: u64 = 100;
/// So many of the others become visible each second.
const PER_SECOND: u64 = 25;
/// A message can wait 15 minutes at most (Amazon SQS API, `DelaySeconds`): what comes later shares the seconds again.
const SECONDS: u64 = 900;

/// How long the message of the link at this position of one beat waits. Its next time is to be put off as much, so that
/// the crowd does not meet again.
#[must_use]
pub fn wait_of(position: u64) -> Duration {
    let second = position.saturating_sub(AT_ONCE - 1).div_ceil(PER_SECOND);
    Duration::from_secs(second % SECONDS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_beat_of_ordinary_size_waits_for_nothing() {
        assert!((0..AT_ONCE).all(|position| wait_of(position).is_zero()));
    }

    #[test]
    fn a_crowd_is_spread_evenly() {
        let mut each_second: BTreeMap<u64, u64> = BTreeMap::new();
        for position in 0..10_000 {
            *each_second.entry(wait_of(position).as_secs()).or_default() += 1;
        }
        assert_eq!(each_second.remove(&0), Some(AT_ONCE));
        assert!(each_second.values().all(|messages| *messages == PER_SECOND), "{each_second:?}");
        assert_eq!(each_second.len() as u64, (10_000 - AT_ONCE) / PER_SECOND);
    }

    #[test]
    fn no_message_waits_longer_than_a_queue_can_delay_it() {
        for position in [22_574, 22_575, 22_600, 1_000_000, u64::MAX] {
            assert!(wait_of(position) < Duration::from_secs(900), "{position}");
        }
    }
}
