//! How many may be moved on one side within 24 hours without a person.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A limit whose share is at most `MOST` percent of the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit<const MOST: u16> {
    /// What the guard holds where nobody says anything else: [`crate::guard`], [`crate::growth`].
    #[default]
    Standard,
    /// More than this share of the members, in percent, is held.
    Percent(u16),
    /// More than this number is held.
    Count(u64),
    /// No number is held.
    Off,
}

/// Of removals. The removal of everybody is held whatever it says.
pub type RemovalLimit = Limit<100>;

/// Of additions. A side can grow to many times what it was.
pub type AdditionLimit = Limit<10_000>;

/// A text that is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no limit: give a share such as 20%, a number such as 500, or off")]
pub struct LimitError(String);

impl<const MOST: u16> std::str::FromStr for Limit<MOST> {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || LimitError(text.to_owned());
        match text.trim() {
            "standard" => Ok(Self::Standard),
            "off" => Ok(Self::Off),
            share if share.ends_with('%') => match share.trim_end_matches('%').trim().parse::<u16>() {
                Ok(percent) if percent <= MOST => Ok(Self::Percent(percent)),
                _ => Err(refuse()),
            },
            number => number.parse().map(Self::Count).map_err(|_| refuse()),
        }
    }
}

impl<const MOST: u16> TryFrom<String> for Limit<MOST> {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl<const MOST: u16> From<Limit<MOST>> for String {
    fn from(limit: Limit<MOST>) -> Self {
        limit.to_string()
    }
}

impl<const MOST: u16> fmt::Display for Limit<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => f.write_str("standard"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Off => f.write_str("off"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_back_as_written() {
        for text in ["standard", "off", "20%", "0%", "100%", "0", "500"] {
            let limit: RemovalLimit = text.parse().expect("a limit");
            assert_eq!(limit.to_string(), text);
        }
        for text in ["", "101%", "-1", "many", "%"] {
            assert!(text.parse::<RemovalLimit>().is_err(), "{text}");
        }
        assert_eq!("300%".parse(), Ok(AdditionLimit::Percent(300)));
        assert!("10001%".parse::<AdditionLimit>().is_err());
    }
}
