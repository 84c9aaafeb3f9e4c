//! When something that failed is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(15 * 60);
/// The longest that anything that failed waits for its next try.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long to wait after so many tries: 15 minutes, doubled with each try, a day at most.
#[must_use]
pub fn wait_after(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    LONGEST.min(FIRST * 2_u32.pow(doublings))
}

const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A beat of the timer on one machine: whoever asks for something once the store is back waits no longer for it than for a
/// link that falls due.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long a loop pauses after so many failures in a row: half a second, doubled with each failure, ten seconds at most; of
/// that at least half, and the rest by the dice, so that processes that lost the same server do not come back in step.
#[must_use]
pub fn pause_after(failures: u32, dice: u8) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let longest = LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.pow(doublings));
    longest / 2 + (longest / 2) * u32::from(dice) / u32::from(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_beat_and_the_dice_take_away_half_at_most() {
        let longest: Vec<u128> = (0..8).map(|failures| pause_after(failures, u8::MAX).as_millis()).collect();
        assert_eq!(longest, [500, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        for failures in [0, 1, 2, 5, 100, u32::MAX] {
            assert_eq!(pause_after(failures, 0) * 2, pause_after(failures, u8::MAX), "{failures}");
        }
    }

    #[test]
    fn waits_double_up_to_a_day() {
        let minutes: Vec<u64> = (0..10).map(|tries| wait_after(tries).as_secs() / 60).collect();
        assert_eq!(minutes, [15, 15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
        assert_eq!(wait_after(u32::MAX), LONGEST);
    }
}
