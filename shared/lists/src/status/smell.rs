//! Columns that smell of status though no profile names them: to take a file without them could be to take who is gone, or who
//! opted out.

use std::collections::BTreeSet;

use super::{Flag, Meaning, Opts, flags::flag_that_smells, opted::says_no};
use crate::{
    columns::word_key,
    dates::{self, Day},
    known::{self, Known},
    profile::Dates,
    titles::words,
};

/// Words that say by themselves that somebody is gone, as they are compared.
const STRONG: &[&str] = &[
    "terminated",
    "resigned",
    "dismissed",
    "laidoff",
    "deceased",
    "formeremployee",
    "exemployee",
    "leftcompany",
    "terminatedvoluntary",
    "terminatedinvoluntary",
    "voluntarytermination",
    "involuntarytermination",
    "offboarded",
    "ausgetreten",
    "ausgeschieden",
    "gekündigt",
    "maderedundant",
];
/// Words that say so only in a column that holds nothing but such words and those of being there.
const WEAK: &[&str] = &[
    "inactive",
    "left",
    "former",
    "retired",
    "separated",
    "archived",
    "deactivated",
    "departed",
    "exited",
    "inaktiv",
];
const PRESENT: &[&str] = &[
    "active",
    "employed",
    "current",
    "leave",
    "onleave",
    "leaveofabsence",
    "loa",
    "suspended",
    "aktiv",
    "prehire",
];

/// Words beside *status* that still speak of the person's employment.
const BESIDE: &[&str] = &[
    "status",
    "emp",
    "employee",
    "employment",
    "worker",
    "work",
    "staff",
    "job",
    "position",
    "assignment",
    "person",
    "personnel",
    "people",
    "hr",
    "record",
    "user",
    "account",
    "contract",
    "payroll",
    "current",
    "active",
    "is",
    "code",
    "primary",
    "name",
    "description",
    "state",
    "lifecycle",
    "colleague",
    "associate",
    "member",
    "team",
    "flag",
    "indicator",
];
/// Words that speak of leaving in any title.
const LEAVING: &[&str] = &[
    "terminated",
    "termination",
    "resigned",
    "resignation",
    "leaver",
    "leavers",
    "dismissed",
    "dismissal",
    "separation",
    "offboarding",
    "offboarded",
    "inactive",
    "deactivated",
    "layoff",
    "austritt",
    "austrittsdatum",
];

/// What a column's title says of it where no profile looks for a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// Nothing of leaving: its values may.
    OfOther,
    /// Of leaving, as *Termination Date* does: whatever stands there may be of somebody who is gone, but for a no.
    OfLeaving,
    /// Of being there or not, by yes and no.
    ByFlag(Flag),
}

impl Speaks {
    pub(crate) fn of(title: &str) -> Self {
        let leaving = words(title).iter().any(|word| LEAVING.contains(&word.as_str()));
        match flag_that_smells(title) {
            Some(flag) => Self::ByFlag(flag),
            None if leaving || known::is_title_of(Known::StatusDate, title) => Self::OfLeaving,
            None => Self::OfOther,
        }
    }

    /// Whether a cell of such a column says that somebody is gone.
    fn tells(self, cell: &str) -> bool {
        let is_nothing = || {
            let is_blank = cell.trim().chars().all(|each| !each.is_alphanumeric());
            is_blank || matches!(dates::read(cell, Dates::Auto), Day::Never)
        };
        match self {
            Self::OfOther => false,
            Self::OfLeaving => !is_nothing() && Flag::Gone.meaning(cell) != Some(Meaning::Active),
            Self::ByFlag(flag) => flag.meaning(cell) == Some(Meaning::Terminated),
        }
    }
}

/// Whether the title of a column that is not understood speaks of status or leaving.
pub(crate) fn smells_by_title(title: &str) -> bool {
    let words = words(title);
    let among = |list: &[&str], word: &String| list.contains(&word.as_str());
    if words.is_empty() {
        return false;
    }
    let status = words.iter().any(|word| word == "status" || word == "lifecycle") || is_state(&words);
    let about = words.iter().all(|word| among(BESIDE, word));
    // Of an interview, or a door, where nothing else speaks of status.
    let leaving = words.iter().any(|word| among(LEAVING, word) || word == "exit");
    (status && about) || leaving || super::flag(title).is_some()
}

/// *Employment State* is one of employment; a bare *State* is one of the fifty.
fn is_state(words: &[String]) -> bool {
    let of_work = ["employee", "employment", "worker", "staff", "assignment"];
    words.iter().any(|word| word == "state") && words.iter().any(|word| of_work.contains(&word.as_str()))
}

/// How many different values a column may have and still be looked at: a status has few.
const FEW: usize = 60;
/// The longest value that is looked at, in bytes.
const SHORT: usize = 48;

/// What a column is looked at for while the file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) column: usize,
    /// What its title says of leaving; none: it is not looked at for that.
    pub(crate) leaving: Option<Speaks>,
    /// What its title says of opting out; none: it is not looked at for that.
    pub(crate) opting: Option<Opts>,
}

/// A column that is looked at.
#[derive(Debug)]
pub(crate) struct Watch {
    watched: Watched,
    /// Whether a cell said, by the title, that somebody is gone.
    told_gone: bool,
    /// Whether one said, by the title, that somebody opted out.
    told_no: bool,
    /// Different values so far; none: it has too many for a status.
    values: Option<BTreeSet<Box<[u8]>>>,
}

/// Of what a column smells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Smells {
    /// Not at all.
    Not,
    /// A cell says that somebody is gone.
    OfLeaving,
    /// A cell says that somebody opted out.
    OfOptOut,
}

impl Watch {
    pub(crate) fn new(watched: Watched) -> Self {
        Self { watched, told_gone: false, told_no: false, values: Some(BTreeSet::new()) }
    }

    pub(crate) fn column(&self) -> usize {
        self.watched.column
    }

    /// Looks at a cell. A column that has shown too many values is looked at no more, so that this costs next to nothing.
    pub(crate) fn look(&mut self, cell: &[u8]) {
        let text = || String::from_utf8_lossy(cell);
        let Watched { leaving, opting, .. } = self.watched;
        self.told_gone |= leaving.is_some_and(|speaks| speaks != Speaks::OfOther && speaks.tells(&text()));
        self.told_no |= opting.is_some_and(|opts| opts != Opts::OfOther && opts.tells(&text()));
        let Some(values) = &mut self.values else { return };
        if cell.is_empty() || values.contains(cell) {
            return;
        }
        if cell.len() > SHORT || values.len() == FEW {
            self.values = None;
        } else {
            values.insert(cell.into());
        }
    }

    /// What its values come to. A no goes first: who says that nobody here is gone must still hear of it.
    pub(crate) fn smells(&self) -> Smells {
        let keys: Vec<String> =
            self.values.iter().flatten().map(|value| word_key(&String::from_utf8_lossy(value))).collect();
        let any = |words: &[&str]| keys.iter().any(|key| words.contains(&key.as_str()));
        let only =
            keys.iter().all(|key| [STRONG, WEAK, PRESENT].iter().any(|words| words.contains(&key.as_str())));
        let says_no = self.told_no || keys.iter().any(|key| says_no(key));
        let says_gone = self.told_gone || any(STRONG) || (only && any(WEAK));
        match self.watched {
            Watched { opting: Some(_), .. } if says_no => Smells::OfOptOut,
            Watched { leaving: Some(_), .. } if says_gone => Smells::OfLeaving,
            _ => Smells::Not,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_status_and_of_leaving_smell() {
        for title in [
            "Status",
            "Employment Status",
            "Job_Status",
            "empStatus",
            "Termination Reason",
            "Resignation Date",
            "Exit Date",
            "Active?",
            "Account Enabled",
            "Worker State",
            "Is Terminated",
            "Position Status (Employment Profile)",
        ] {
            let bare = title.split(" (").next().unwrap_or_default();
            assert!(smells_by_title(bare), "{title}");
        }
        for title in [
            "Marital Status",
            "FLSA Status",
            "State",
            "Visa Status",
            "Current Salary",
            "Active Directory ID",
            "Department",
            "",
            "Hire Date",
        ] {
            assert!(!smells_by_title(title), "{title}");
        }
    }

    fn smell(title: &str, values: &[&str]) -> Smells {
        let watched = Watched { column: 0, leaving: Some(Speaks::of(title)), opting: Some(Opts::of(title)) };
        let mut watch = Watch::new(watched);
        values.iter().for_each(|value| watch.look(value.as_bytes()));
        watch.smells()
    }

    fn smells(values: &[&str]) -> bool {
        smell("", values) == Smells::OfLeaving
    }

    #[test]
    fn what_stands_under_a_title_of_leaving_smells_unless_it_says_no() {
        let told = |title: &str, cell: &str| smell(title, &[cell]) == Smells::OfLeaving;
        for (title, cell) in [
            ("Terminated", "Yes"),
            ("Termination Date", "2020-01-01"),
            ("Austritt", "01.01.2020"),
            ("Date de départ", "01/01/2020"),
            ("Leaver?", "x"),
            ("Active", "No"),
            ("Termination Reason", "moved away"),
            ("accountEnabled", "False"),
            ("Account Disabled", "Yes"),
        ] {
            assert!(told(title, cell), "{title}: {cell}");
        }
        for (title, cell) in [
            ("Terminated", "No"),
            ("Terminated", ""),
            ("Termination Date", "-"),
            ("Termination Date", "N/A"),
            ("Termination Date", "0000-00-00"),
            ("Termination Date", "9999-12-31"),
            ("Exit interview", "2020-01-01"),
            ("Active", "Yes"),
            ("Status", "Gold"),
            ("Hire Date", "2020-01-01"),
            ("Disabled", "Yes"),
            ("accountEnabled", "True"),
        ] {
            assert!(!told(title, cell), "{title}: {cell}");
        }
    }

    #[test]
    fn a_column_of_opt_outs_smells_of_them_whatever_else_it_is_looked_at_for() {
        assert_eq!(smell("Email Opt Out", &["0", "1"]), Smells::OfOptOut);
        assert_eq!(smell("Email Opt Out", &["0", "", "No"]), Smells::Not);
        assert_eq!(smell("Email status", &["Active", "Unsubscribed"]), Smells::OfOptOut);
        assert_eq!(smell("Situation", &["Terminated", "Opted-out"]), Smells::OfOptOut);
        let of = |leaving, opting| {
            let mut watch = Watch::new(Watched { column: 0, leaving, opting });
            ["Terminated", "Unsubscribed"].iter().for_each(|value| watch.look(value.as_bytes()));
            watch.smells()
        };
        assert_eq!(of(Some(Speaks::OfOther), None), Smells::OfLeaving);
        assert_eq!(of(None, Some(Opts::OfOther)), Smells::OfOptOut);
        assert_eq!(of(None, None), Smells::Not);
    }

    #[test]
    fn values_of_leaving_smell() {
        assert!(smells(&["aktiv", "ausgeschieden"]));
        assert!(smells(&["Full-Time", "Terminated", "Part-Time"]));
        assert!(smells(&["Active", "Inactive", ""]));
        assert!(!smells(&["Active", "Active"]), "nobody is gone");
        assert!(!smells(&["Married", "Separated", "Single"]));
        assert!(!smells(&["left", "right"]));
        let many: Vec<String> =
            (0..100).map(|number| format!("p{number}")).chain(["Terminated".to_owned()]).collect();
        assert!(
            !smells(&many.iter().map(String::as_str).collect::<Vec<_>>()),
            "no status has so many values"
        );
    }
}
