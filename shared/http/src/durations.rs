//! Times as people write them: `30s`, `15m`, `1h30m`.

use std::time::Duration;

use jiff::{
    SignedDuration,
    fmt::friendly::{Designator, Spacing, SpanPrinter},
};

/// A text that is no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a time: write one such as 30s, 15m, 24h or 1h30m")]
pub struct DurationError(String);

/// Reads a time.
///
/// # Errors
/// When it is none, or negative.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let refuse = || DurationError(text.to_owned());
    let time: SignedDuration = text.trim().parse().map_err(|_| refuse())?;
    Duration::try_from(time).map_err(|_| refuse())
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
        for text in ["", "15", "soon", "-5m", "5 apples"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
