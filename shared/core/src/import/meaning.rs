//! What the status words of HR systems mean for a list.

use serde::{Deserialize, Serialize};

/// What a status word means for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// At work.
    Active,
    /// Away for a while, and still employed.
    Leave,
    /// Gone, since the leave date where there is one.
    Terminated,
    /// Hired, and not there yet: neither joins nor leaves.
    NotYet,
}

impl Meaning {
    /// All of them, with the words for them on a command line and in a profile.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("active", Self::Active),
        ("leave", Self::Leave),
        ("terminated", Self::Terminated),
        ("not-yet", Self::NotYet),
    ];

    /// Reads the name of a meaning.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase().replace('_', "-");
        Self::NAMES.into_iter().find(|(own, _)| *own == name).map(|(_, meaning)| meaning)
    }

    /// The name of this meaning.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Leave => "leave",
            Self::Terminated => "terminated",
            Self::NotYet => "not-yet",
        }
    }
}
