//! For how long everybody stays away from a directory that asked for rest: one rule for what is told, and for what an
//! earlier release or a clock that ran ahead has stored.

use std::time::Duration;

use crate::{Timestamp, schedule::later};

/// The longest that a directory is left alone for one request of its own. Microsoft Graph counts over ten seconds and
/// over 150 ("Microsoft Graph service-specific throttling limits"), so ten minutes outlast any true wish; a longer one is
/// a mistake, and would keep every opt-out waiting for as long.
pub const LONGEST: Duration = Duration::from_secs(600);

/// The rest that is granted to a directory that asked for so much.
#[must_use]
pub fn granted(told: Duration) -> Duration {
    told.min(LONGEST)
}

/// What a stored closing means now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Calls may begin.
    Open,
    /// No call begins before then.
    Closed(Timestamp),
    /// It lies further ahead than any closing of now can: it is to be replaced by this one, and stands until then.
    Overlong(Timestamp),
}

/// Judges what is stored of the gate: until when it is closed; none: it never was.
#[must_use]
pub fn standing(closed_until: Option<Timestamp>, now: Timestamp) -> Standing {
    let end = later(now, LONGEST);
    match closed_until {
        None => Standing::Open,
        Some(until) if until <= now => Standing::Open,
        Some(until) if until <= end => Standing::Closed(until),
        // No clock that agrees with ours wrote this under the bound. That it be open at once would be wrong as well: a
        // neighbour's clock may be seconds ahead of ours. Taken as told now it ends, but only if the moment is kept: judged
        // anew at each read it would recede for ever.
        Some(_) => Standing::Overlong(end),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    proptest! {
        #[test]
        fn whatever_is_stored_the_gate_is_open_ten_minutes_later(stored in 0_i64..200_000_000_000, now in 0_i64..2_000_000_000) {
            let until = match standing(Some(at(stored)), at(now)) {
                Standing::Open => at(now),
                Standing::Closed(until) | Standing::Overlong(until) => until,
            };
            prop_assert!(until <= later(at(now), LONGEST));
            prop_assert_eq!(standing(Some(until), later(at(now), LONGEST)), Standing::Open);
        }

        #[test]
        fn no_call_begins_before_what_was_told_or_ten_minutes(told in 0_u64..100_000, after in 0_i64..600) {
            let until = later(at(0), granted(Duration::from_secs(told)));
            let is_open = standing(Some(until), at(after)) == Standing::Open;
            prop_assert_eq!(is_open, after >= i64::try_from(told.min(600)).expect("small"));
        }
    }

    #[test]
    fn what_is_told_for_ever_is_granted_for_ten_minutes() {
        assert_eq!(granted(Duration::MAX), LONGEST);
        assert_eq!(standing(Some(Timestamp::MAX), at(0)), Standing::Overlong(at(600)));
        assert_eq!(standing(None, at(0)), Standing::Open);
    }
}
