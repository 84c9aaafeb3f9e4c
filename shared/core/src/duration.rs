//! Times as people write them: `30s`, `15m`, `1h30m`. In whole seconds, as they are shown so.

use std::time::Duration;

use jiff::{
    SignedDuration,
    fmt::friendly::{Designator, Spacing, SpanPrinter},
};

/// A text that is no time, or not one that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It cannot be read.
    #[error("'{0}' is not a time: write one such as 30s, 15m, 24h or 1h30m")]
    Unreadable(String),
    /// Less than a second, where something is done over and over.
    #[error("'{0}' would be all the time: write one second or more, such as 15m")]
    TooShort(String),
    /// No number of days.
    #[error("'{0}' is no number of days from 1d to 3650d, such as 400d")]
    NoDays(String),
}

/// In seconds.
const DAY: u64 = 24 * 3600;
const MOST_DAYS: u64 = 3650;

/// Reads a time of zero or more whole seconds.
///
/// # Errors
/// When it is none, negative, or not of whole seconds: what is shown of it would be another one.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let refuse = || DurationError::Unreadable(text.to_owned());
    let time: SignedDuration = text.trim().parse().map_err(|_| refuse())?;
    let time = Duration::try_from(time).map_err(|_| refuse())?;
    match time.subsec_nanos() {
        0 => Ok(time),
        _ if time.as_secs() == 0 => Err(DurationError::TooShort(text.to_owned())),
        _ => Err(refuse()),
    }
}

/// Reads how often something is done: a time of at least a second.
///
/// # Errors
/// As [`parse`], and for less than a second.
pub fn parse_interval(text: &str) -> Result<Duration, DurationError> {
    match parse(text)? {
        Duration::ZERO => Err(DurationError::TooShort(text.to_owned())),
        time => Ok(time),
    }
}

/// Reads a number of whole days, such as `400d`: 1 to 3650.
///
/// # Errors
/// When it is none of these.
pub fn parse_days(text: &str) -> Result<Duration, DurationError> {
    let days = text.trim().strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    match days {
        Some(days @ 1..=MOST_DAYS) => Ok(Duration::from_secs(days * DAY)),
        _ => Err(DurationError::NoDays(text.to_owned())),
    }
}

/// A time as [`parse_days`] reads it; what is over of a day is left out.
#[must_use]
pub fn format_days(time: Duration) -> String {
    format!("{}d", time.as_secs() / DAY)
}

/// Reads a longer time: days such as `8d`, or as [`parse_interval`].
///
/// # Errors
/// As these.
pub fn parse_term(text: &str) -> Result<Duration, DurationError> {
    if text.trim().ends_with('d') { parse_days(text) } else { parse_interval(text) }
}

/// Reads for how long something waits: `off`, or as [`parse_term`].
///
/// # Errors
/// As that.
pub fn parse_wait(text: &str) -> Result<Duration, DurationError> {
    if text.trim() == "off" { Ok(Duration::ZERO) } else { parse_term(text) }
}

/// A time as [`parse_wait`] reads it.
#[must_use]
pub fn format_wait(time: Duration) -> String {
    if time.is_zero() { "off".to_owned() } else { format_term(time) }
}

/// A time as [`parse_term`] reads it: in days where it is whole days.
#[must_use]
pub fn format_term(time: Duration) -> String {
    if time.as_secs() > 0 && time.as_secs().is_multiple_of(DAY) { format_days(time) } else { format(time) }
}

/// A time as [`parse`] reads it, in whole seconds.
#[must_use]
pub fn format(time: Duration) -> String {
    let whole = SignedDuration::from_secs(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    SpanPrinter::new().designator(Designator::Compact).spacing(Spacing::None).duration_to_string(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_as_written() {
        for text in ["0s", "30s", "15m", "1h30m", "24h", "1h1m1s"] {
            assert_eq!(parse(text).map(format).as_deref(), Ok(text));
        }
        assert_eq!(parse(" 90s ").map(format).as_deref(), Ok("1m30s"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "15", "soon", "-5m", "5 apples", "500ms", "0.5s", "1.5s", "1ns"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_read_back_as_written_from_one_to_ten_years_of_them() {
        for text in ["1d", "400d", "3650d"] {
            assert_eq!(parse_days(text).map(format_days).as_deref(), Ok(text));
        }
        for text in ["", "d", "0d", "3651d", "-1d", "24h", "400", "1.5d", "400 days", "99999999999999999999d"]
        {
            assert!(parse_days(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_longer_time_is_in_days_or_as_any_other() {
        for text in ["8d", "36h", "15m"] {
            assert_eq!(parse_term(text).map(format_term).as_deref(), Ok(text));
        }
        assert_eq!(parse_term("48h").map(format_term).as_deref(), Ok("2d"));
        for text in ["", "0d", "0s", "soon", "off"] {
            assert!(parse_term(text).is_err(), "{text}");
        }
        for text in ["off", "7d", "36h"] {
            assert_eq!(parse_wait(text).map(format_wait).as_deref(), Ok(text));
        }
        assert!(parse_wait("0d").is_err() && parse_wait("").is_err());
    }

    #[test]
    fn an_interval_is_a_second_or_more() {
        for text in ["0s", "0.5s", "999ms", "1ns", "1us", "-1s", ""] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
        assert_eq!(parse_interval("1s"), Ok(Duration::from_secs(1)));
    }
}
