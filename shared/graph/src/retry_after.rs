//! `Retry-After` in both forms of RFC 9110, section 10.2.3, and whatever else stands there.

use std::time::{Duration, SystemTime};

use listsync_core::{
    Timestamp,
    gate::{LONGEST, granted},
};

use crate::clockwork::rest;

/// For how long to stay away, never longer than anybody does. None: it says neither a number nor a date. A date is
/// compared with `now`, which is the answer's own date where it has one: this machine's clock may differ from it.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    match value.parse::<f64>() {
        Ok(seconds) if seconds.is_nan() => None,
        // What does not fit a span is longer than any that is granted.
        Ok(seconds) => Some(granted(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(LONGEST))),
        Err(_) => Some(granted(rest(now, http_date(value)?))),
    }
}

/// An HTTP date in any of its three forms.
pub(crate) fn http_date(value: &str) -> Option<Timestamp> {
    let time: SystemTime = httpdate::parse_http_date(value.trim()).ok()?;
    Timestamp::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "1994-11-06T08:49:00Z".parse().expect("a time")
    }

    #[test]
    fn each_form_is_read_and_nothing_keeps_anybody_away_for_more_than_ten_minutes() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (text, wait) in [
            ("10", seconds(10)),
            (" 7 ", seconds(7)),
            ("1.5", Some(Duration::from_millis(1_500))),
            ("0", seconds(0)),
            ("-5", seconds(0)),
            ("599", seconds(599)),
            ("31536000", seconds(600)),
            ("1e18", seconds(600)),
            ("1e400", seconds(600)),
            ("18446744073709551616", seconds(600)),
            ("NaN", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT", seconds(37)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", seconds(37)),
            ("Sun Nov  6 08:49:37 1994", seconds(37)),
            ("Sun, 06 Nov 1994 08:48:37 GMT", seconds(0)),
            ("Fri, 06 Nov 2093 08:49:37 GMT", seconds(600)),
            ("soon", None),
            ("", None),
            ("5 seconds", None),
        ] {
            assert_eq!(retry_after(text, now()), wait, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_bounded(text in "\\PC{0,40}", number in any::<f64>()) {
            for text in [text, number.to_string(), format!("{number:e}")] {
                prop_assert!(retry_after(&text, now()).is_none_or(|wait| wait <= LONGEST), "{}", text);
            }
        }
    }
}
