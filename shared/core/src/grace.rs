//! How long somebody who left the list stays in the group all the same: a link may give them time to come back.
//!
//! It is for what the list asks of the group alone. Whom an owner takes out of the group leaves the list as before, as a list
//! that went on to name them would put them back. Whoever opted out, was erased or is suppressed waits for nothing.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, schedule::later};

/// Since when and until when somebody's removal from the group waits. It is kept until the removal is done, or not called for
/// any more, so that no refusal, hold or crash in between begins it anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grace {
    /// When a run first found that they left the list.
    pub since: Timestamp,
    /// When they leave the group.
    pub until: Timestamp,
}

impl Grace {
    /// Of somebody who is found to have left the list; of whom it was found before, since then.
    #[must_use]
    pub fn of(before: Option<Self>, time: Duration, now: Timestamp) -> Self {
        let since = before.map_or(now, |grace| grace.since.min(now));
        // By the time that the link gives today: whoever makes it shorter means those who wait, too.
        Self { since, until: later(since, time) }
    }

    /// Whether they stay in the group for now.
    #[must_use]
    pub fn waits(&self, now: Timestamp) -> bool {
        self.until > now
    }

    /// The same as it counts now: what began under a clock that ran ahead begins now.
    #[must_use]
    pub fn as_of(self, now: Timestamp) -> Self {
        let Self { since, until } = self;
        match since > now {
            true => Self { since: now, until: later(now, until.duration_since(since).unsigned_abs()) },
            false => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn it_lasts_from_the_first_find_on_by_the_time_that_is_given_today() {
        let day = Duration::from_secs(100);
        let first = Grace::of(None, day, at(50));
        assert_eq!(first, Grace { since: at(50), until: at(150) });
        assert_eq!(Grace::of(Some(first), day, at(149)), first);
        assert_eq!((first.waits(at(149)), first.waits(at(150))), (true, false));
        assert_eq!(Grace::of(Some(first), 2 * day, at(149)).until, at(250));
        assert!(!Grace::of(Some(first), Duration::ZERO, at(60)).waits(at(60)));
    }

    #[test]
    fn what_began_under_a_clock_that_ran_ahead_begins_now() {
        let ahead = Grace { since: at(9_000), until: at(9_100) };
        assert_eq!(ahead.as_of(at(50)), Grace { since: at(50), until: at(150) });
        assert_eq!(ahead.as_of(at(9_050)), ahead);
    }
}
