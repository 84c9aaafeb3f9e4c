//! When something that failed is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long to wait after so many tries: 15 minutes, doubled with each try, a day at most.
#[must_use]
pub fn wait_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    LONGEST.min(FIRST * 2_u32.pow(doublings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day() {
        let minutes: Vec<u64> = (0..10).map(|tries| wait_after(tries).as_secs() / 60).collect();
        assert_eq!(minutes, [15, 15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(wait_after(u32::MAX), LONGEST);
    }
}
