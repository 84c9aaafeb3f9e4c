//! Whether the loops of the host still look at what they are for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After so many beats without a look a loop counts as standing still.
const BEATS: u32 = 3;

/// What one loop of the host tells of itself: when it last looked, which is when the store or the queue last answered it.
/// Clones are the same. Measured by the monotonic clock, so that no change of the time of day makes a loop look dead or alive.
#[derive(Debug, Clone)]
pub struct Pulse {
    name: &'static str,
    beat: Duration,
    looked: Arc<Mutex<Instant>>,
}

/// How a loop stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What the loop is.
    pub(crate) name: &'static str,
    /// How long ago it last looked.
    pub(crate) age: Duration,
    pub(crate) health: Health,
}

/// Whether a loop looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It does.
    Looking,
    /// Not for three beats.
    Still,
}

impl Pulse {
    /// The pulse of a loop that starts now and is to look once per `beat`.
    #[must_use]
    pub fn new(name: &'static str, beat: Duration) -> Self {
        Self { name, beat, looked: Arc::new(Mutex::new(Instant::now())) }
    }

    /// The loop looked, and what it looked at answered.
    pub fn looked(&self) {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(crate) fn standing(&self) -> Standing {
        let age = self.looked.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
        Standing { name: self.name, age, health: health(age, self.beat) }
    }
}

fn health(age: Duration, beat: Duration) -> Health {
    if age > beat * BEATS { Health::Still } else { Health::Looking }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_may_miss_three_beats_and_no_more() {
        let beat = Duration::from_secs(10);
        for (age, expected) in [(0, Health::Looking), (30, Health::Looking), (31, Health::Still)] {
            assert_eq!(health(Duration::from_secs(age), beat), expected, "{age}");
        }
    }

    #[test]
    fn a_look_starts_the_time_anew() {
        let pulse = Pulse::new("worker", Duration::ZERO);
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(pulse.standing().health, Health::Still);
        let before = pulse.standing().age;
        pulse.looked();
        assert!(pulse.standing().age < before);
    }
}
