//! Columns that say yes or no, which mean something by their title alone.

use super::Meaning;
use crate::titles::words;

/// What a column's yes means; its no is the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flag {
    /// *Active*, *Current*, *Enabled*: yes is at work.
    Active,
    /// *Terminated*, *Left*, *Disabled*: yes is gone.
    Gone,
}

impl Flag {
    /// What a yes or no means; none: it is neither.
    pub(crate) fn meaning(self, text: &str) -> Option<Meaning> {
        let yes = is_yes(text)?;
        Some(if yes == (self == Self::Active) { Meaning::Active } else { Meaning::Terminated })
    }
}

/// Whether a cell says yes or no; none: it says neither.
pub(crate) fn is_yes(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "t" | "1" | "x" | "ja" | "oui" | "si" | "sí" => Some(true),
        "n" | "no" | "false" | "f" | "0" | "nein" | "nee" | "non" => Some(false),
        _ => None,
    }
}

const ACTIVE: &[&str] = &["active", "current", "currently", "enabled", "employed"];
const GONE: &[&str] = &[
    "terminated",
    "left",
    "disabled",
    "inactive",
    "leaver",
    "departed",
    "resigned",
    "deactivated",
    "archived",
];
/// Words beside which such a word still speaks of the whole person.
const BESIDE: &[&str] = &[
    "is",
    "has",
    "status",
    "flag",
    "indicator",
    "y",
    "n",
    "yes",
    "no",
    "employee",
    "employment",
    "worker",
    "work",
    "staff",
    "person",
    "company",
    "the",
    "user",
    "account",
    "in",
    "hr",
];

/// Words that may be of an account, and of something else.
const OF_AN_ACCOUNT: &[&str] = &["disabled", "enabled", "archived"];

/// Whether a title is that of a column of yes and no about the person, and what its yes means.
pub(crate) fn flag(title: &str) -> Option<Flag> {
    let words = words(title);
    let other = |word: &&String| !BESIDE.contains(&word.as_str());
    let telling: Vec<&String> = words.iter().filter(other).collect();
    let all =
        |among: &[&str]| !telling.is_empty() && telling.iter().all(|word| among.contains(&word.as_str()));
    match (all(ACTIVE), all(GONE)) {
        (true, _) => Some(Flag::Active),
        (_, true) => Some(Flag::Gone),
        _ => None,
    }
}

/// As [`flag`], of a column that may be taken without being named: *Disabled* by itself may speak of a person's health, and who
/// has no account may well work here.
pub(crate) fn flag_of_own_column(title: &str) -> Option<Flag> {
    flag(title).filter(|_| !words(title).iter().any(|word| OF_AN_ACCOUNT.contains(&word.as_str())))
}

/// As [`flag`], of a column that smells where nobody has named it: an account that is *Disabled* may be that of somebody who left.
pub(crate) fn flag_that_smells(title: &str) -> Option<Flag> {
    let words = words(title);
    let alone = words.iter().any(|word| OF_AN_ACCOUNT.contains(&word.as_str()));
    let account = words.iter().any(|word| word == "account" || word == "user");
    flag(title).filter(|_| !alone || account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_means_what_the_title_says() {
        for title in ["Active", "Active Status", "isActive", "Currently Employed", "Enabled", "Active (Y/N)"]
        {
            assert_eq!(flag(title), Some(Flag::Active), "{title}");
        }
        for title in ["Terminated", "Left", "Left company", "Account Disabled", "Is Inactive", "Leaver?"] {
            assert_eq!(flag(title), Some(Flag::Gone), "{title}");
        }
        for title in [
            "Worker Status",
            "Not Active",
            "Active Directory ID",
            "Days left",
            "Current Salary",
            "Status",
            "",
        ] {
            assert_eq!(flag(title), None, "{title}");
        }
        assert_eq!(flag_of_own_column("Disabled"), None);
        assert_eq!(Flag::Active.meaning("N"), Some(Meaning::Terminated));
        assert_eq!(Flag::Gone.meaning("no"), Some(Meaning::Active));
        assert_eq!(Flag::Gone.meaning("perhaps"), None);
    }
}
