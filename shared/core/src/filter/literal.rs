//! Values, and how two of them compare.

use std::{borrow::Cow, cmp::Ordering};

use jiff::{Timestamp, civil, tz::TimeZone};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// The right side of a comparison, made ready once.
#[derive(Debug, Clone)]
pub(super) enum Literal {
    /// `null`: no value.
    Null,
    /// A text of nothing, or of space alone.
    Blank(String),
    Bool(bool),
    /// A number without quotes.
    Number {
        written: String,
        number: Option<Number>,
    },
    Text {
        written: String,
        folded: String,
        instant: Option<Timestamp>,
        number: Option<Number>,
    },
}

impl Literal {
    pub(super) fn number(written: String) -> Self {
        let number = Number::read(&written);
        Self::Number { written, number }
    }

    pub(super) fn text(written: String) -> Self {
        let (folded, instant, number) =
            (fold(&written).into_owned(), instant(&written), Number::read(&written));
        Self::Text { written, folded, instant, number }
    }

    /// As a text of the same case and form as folded values.
    pub(super) fn folded(&self) -> &str {
        match self {
            Self::Null => "",
            Self::Blank(text) => text,
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number { written, .. } => written,
            Self::Text { folded, .. } => folded,
        }
    }

    /// Whether a value is equal to it.
    pub(super) fn equals(&self, value: &str) -> bool {
        match self {
            Self::Number { number: Some(number), .. } if Number::read(value).is_some() => {
                Number::read(value).is_some_and(|value| value.compare(*number) == Ordering::Equal)
            }
            Self::Text { instant: Some(own), .. } if instant(value).is_some() => instant(value) == Some(*own),
            other => fold(value) == other.folded(),
        }
    }

    /// How a value stands to it.
    pub(super) fn order(&self, value: &str) -> Ordering {
        match self {
            Self::Text { instant: Some(own), .. } if let Some(value) = instant(value) => value.cmp(own),
            Self::Number { number: Some(own), .. } | Self::Text { number: Some(own), .. }
                if let Some(value) = Number::read(value) =>
            {
                value.compare(*own)
            }
            other => fold(value).as_ref().cmp(other.folded()),
        }
    }
}

/// Lower case, normal form C: what texts are compared in.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Cow::Borrowed(text);
    }
    let lower = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_lowercase(),
        _ => text.nfc().collect::<String>().to_lowercase(),
    };
    Cow::Owned(if lower.is_ascii() { lower } else { lower.nfc().collect() })
}

/// A number as JSON writes it: exact where it is whole, else the nearest that 64 bits hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(i128),
    Fraction(f64),
}

impl Number {
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        if !plain || !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            return None;
        }
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Fraction)
    }

    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Whole(one), Self::Whole(two)) => one.cmp(&two),
            (one, two) => one.nearest().partial_cmp(&two.nearest()).unwrap_or(Ordering::Equal),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a fraction is compared as near as 64 bits hold")]
    fn nearest(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Fraction(number) => number,
        }
    }
}

/// The instant that a date or date-time of RFC 3339 names; without an offset it is UTC, without a time midnight.
fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let dated = bytes.len() >= 10
        && bytes[..4].iter().all(u8::is_ascii_digit)
        && bytes[4] == b'-'
        && bytes[7] == b'-';
    if !dated {
        return None;
    }
    if bytes.len() == 10 {
        let date: civil::Date = text.parse().ok()?;
        return date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    if !b"Tt ".contains(&bytes[10]) {
        return None;
    }
    text.parse().ok().or_else(|| {
        let moment: civil::DateTime = text.parse().ok()?;
        moment.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}
