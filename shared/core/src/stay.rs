//! How long a membership lasts: an operator may give it an end.
//!
//! Who is on a list until a moment leaves it then by date, which is no word of theirs: a file, a group or an operator puts them
//! on it again. The group follows as it follows any other leave, guard and grace included. Only the present time is
//! compared with the end, each time anew and with no memory of when that was last done: so a clock that goes back passes over
//! nobody, and one that stood still catches up. Whoever left by a clock that ran ahead is back once it is put right.

use std::fmt;

use jiff::{civil, tz::TimeZone};

use crate::{
    Timestamp,
    id::{ContactId, ListId},
    list::{Origin, Standing},
};

/// What an operator says of the end of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stay {
    /// Nothing: a member keeps the end that they have, a newcomer has none.
    #[default]
    AsItIs,
    /// They are on the list until then.
    Until(Timestamp),
    /// They stay until somebody takes them off.
    ForGood,
}

/// The word that takes an end away.
const NEVER: &str = "never";

/// Why a text says nothing of the end of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StayError {
    /// It is no date.
    #[error("it is no date, no moment and not 'never'")]
    Odd,
    /// The end is past.
    #[error("{0} is past")]
    Past(Timestamp),
}

impl Stay {
    /// Reads a last day such as `2026-12-31`, which is on the list to its end (UTC), a moment as RFC 3339 has it, or `never`.
    ///
    /// # Errors
    /// When it is none of them, or past.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, StayError> {
        let text = text.trim();
        if text == NEVER {
            return Ok(Self::ForGood);
        }
        let until = match text.parse::<Timestamp>() {
            Ok(moment) => moment,
            Err(_) => end_of(text.parse().map_err(|_| StayError::Odd)?)?,
        };
        if until <= now { Err(StayError::Past(until)) } else { Ok(Self::Until(until)) }
    }

    /// The end that it gives to a membership that had this one.
    #[must_use]
    pub fn end(self, before: Option<Timestamp>) -> Option<Timestamp> {
        match self {
            Self::AsItIs => before,
            Self::Until(until) => Some(until),
            Self::ForGood => None,
        }
    }
}

impl fmt::Display for Stay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsItIs => Ok(()),
            Self::Until(until) => write!(f, "{until}"),
            Self::ForGood => f.write_str(NEVER),
        }
    }
}

fn end_of(day: civil::Date) -> Result<Timestamp, StayError> {
    let next = day.tomorrow().map_err(|_| StayError::Odd)?;
    let midnight = next.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).map_err(|_| StayError::Odd)?;
    Ok(midnight.timestamp())
}

/// The end of somebody's membership of a list. The earliest comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct End {
    /// Until when they are on it.
    pub until: Timestamp,
    /// The list.
    pub list: ListId,
    /// Whose it is.
    pub contact: ContactId,
}

/// The end that a membership has, and the one that it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dates {
    /// Until when they are on the list; none: until somebody takes them off.
    pub until: Option<Timestamp>,
    /// By which end they left it; none: they are on it, or left it in another way.
    pub lapsed: Option<Timestamp>,
}

impl Dates {
    /// Whether somebody who stands to a list like this leaves it by date. Who has left it, be it by their word, has no end there.
    #[must_use]
    pub fn are_over(self, standing: Standing, now: Timestamp) -> bool {
        standing == Standing::Member && self.until.is_some_and(|until| until <= now)
    }

    /// Whether they left it by an end that is still to come: the clock ran ahead when they did.
    #[must_use]
    pub fn are_early(self, standing: Standing, now: Timestamp) -> bool {
        standing == Standing::Absent && self.lapsed.is_some_and(|lapsed| lapsed > now)
    }

    /// Those of somebody who comes to stand like that, and by whom. Nothing but a date leaves a trace of one.
    #[must_use]
    pub fn after(self, to: Standing, by: Origin) -> Self {
        match (by, to) {
            (Origin::EndDate, Standing::Absent) => Self { until: None, lapsed: self.until },
            (Origin::EndDate, Standing::Member) => Self { until: self.lapsed, lapsed: None },
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_last_day_is_one_to_its_end_and_a_moment_is_taken_as_it_is() {
        let now = at("2026-12-31T09:00:00Z");
        let read = |text| Stay::parse(text, now);
        assert_eq!(read("2026-12-31"), Ok(Stay::Until(at("2027-01-01T00:00:00Z"))));
        assert_eq!(read(" 2026-12-31T10:00:00+01:00 "), Err(StayError::Past(now)));
        assert_eq!(read("2026-12-31T10:00:01+01:00"), Ok(Stay::Until(at("2026-12-31T09:00:01Z"))));
        assert_eq!(read("2026-12-30"), Err(StayError::Past(at("2026-12-31T00:00:00Z"))));
        assert_eq!(read("never"), Ok(Stay::ForGood));
        for odd in ["", "tomorrow", "31.12.2026", "2026-02-30", "9999-12-31"] {
            assert_eq!(read(odd), Err(StayError::Odd), "{odd}");
        }
    }

    #[test]
    fn what_says_nothing_leaves_an_end_as_it_is() {
        let (one, other) = (Some(at("2027-01-01T00:00:00Z")), at("2028-01-01T00:00:00Z"));
        assert_eq!(Stay::AsItIs.end(one), one);
        assert_eq!(Stay::Until(other).end(one), Some(other));
        assert_eq!(Stay::ForGood.end(one), None);
    }

    #[test]
    fn only_a_member_whose_end_has_come_leaves_by_it() {
        let end = at("2027-01-01T00:00:00Z");
        let before = end.checked_sub(jiff::SignedDuration::from_nanos(1)).expect("in range");
        let dates = Dates { until: Some(end), lapsed: None };
        assert!(dates.are_over(Standing::Member, end));
        assert!(!dates.are_over(Standing::Member, before));
        assert!(!Dates::default().are_over(Standing::Member, Timestamp::MAX));
        for standing in [Standing::OptedOut, Standing::Pending, Standing::Absent] {
            assert!(!dates.are_over(standing, end), "{standing}");
        }
    }

    #[test]
    fn who_left_by_a_date_that_is_still_to_come_is_early_and_has_it_again_when_they_are_back() {
        let end = at("2027-01-01T00:00:00Z");
        let before = end.checked_sub(jiff::SignedDuration::from_nanos(1)).expect("in range");
        let dates = Dates { until: Some(end), lapsed: None };
        let left = dates.after(Standing::Absent, Origin::EndDate);
        assert_eq!(left, Dates { until: None, lapsed: Some(end) });
        assert!(left.are_early(Standing::Absent, before));
        assert!(!left.are_early(Standing::Absent, end), "the date has come");
        assert!(!left.are_early(Standing::OptedOut, before), "they said no since");
        assert_eq!(left.after(Standing::Member, Origin::EndDate), dates);
        for by in [Origin::Manual, Origin::Csv, Origin::Entra, Origin::Own, Origin::Filter] {
            for (from, to) in
                [(dates, Standing::Absent), (left, Standing::Member), (left, Standing::OptedOut)]
            {
                assert_eq!(from.after(to, by), Dates::default(), "{by} leaves no end");
            }
        }
    }
}
