//! Status words, as a profile knows them.

use std::collections::HashMap;

use super::{Flag, Meaning};
use crate::{
    columns::{StatusColumn, StatusKind, word_key},
    profile::StatusWords,
};

/// What one cell of a status column tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing: it is blank.
    Nothing,
    /// This.
    Meaning(Meaning),
    /// A word of the company's own that is none of leaving: they are employed.
    Employed,
    /// A word that is not understood, or that vendors use both ways.
    Unsure,
}

/// The words of a profile, as they are compared.
pub(crate) struct Words(HashMap<String, Meaning>);

/// What stands between the parts of a status such as *Terminated - Voluntary* or *Active (Regular)*.
const BETWEEN: &[char] = &['-', '–', '—', ':', '/', '(', ')', ',', ';', '|'];

impl Words {
    pub(crate) fn of(words: &StatusWords) -> Self {
        let StatusWords { active, leave, terminated, not_yet } = words;
        let groups = [
            (active, Meaning::Active),
            (leave, Meaning::Leave),
            (terminated, Meaning::Terminated),
            (not_yet, Meaning::NotYet),
        ];
        let keyed = |(words, meaning): (&Vec<String>, Meaning)| {
            words.iter().map(|word| (word_key(word), meaning)).collect::<Vec<_>>()
        };
        Self(groups.into_iter().flat_map(keyed).collect())
    }

    /// What a cell tells in its column.
    pub(crate) fn tell(&self, column: &StatusColumn, text: &str) -> Told {
        if text.is_empty() {
            return Told::Nothing;
        }
        match (column.kind, column.flag) {
            (StatusKind::OwnWords, _) => self.tell_own(text),
            (StatusKind::Words, Some(flag)) => self.tell_flag(flag, text),
            (StatusKind::Words, None) => self.tell_word(text).map_or(Told::Unsure, Told::Meaning),
        }
    }

    fn tell_flag(&self, flag: Flag, text: &str) -> Told {
        // A one-letter code such as T would be a word elsewhere; here it is the answer to the title's question.
        flag.meaning(text).or_else(|| self.tell_word(text)).map_or(Told::Unsure, Told::Meaning)
    }

    /// In a column of the company's own words, such as Full-Time and Contractor, only words of leaving mean something.
    fn tell_own(&self, text: &str) -> Told {
        let gone = |part: &str| self.whole(part) == Some(Meaning::Terminated);
        let spelt_out = |part: &&str| word_key(part).chars().count() > 1;
        match self.tell_word(text) {
            Some(_) if word_key(text).chars().count() == 1 => Told::Employed,
            Some(meaning) => Told::Meaning(meaning),
            None if parts(text).filter(spelt_out).any(gone) => Told::Meaning(Meaning::Terminated),
            None => Told::Employed,
        }
    }

    fn whole(&self, text: &str) -> Option<Meaning> {
        self.0.get(&word_key(text)).copied()
    }

    /// The whole word; else its first part, unless a later part contradicts it: then nobody knows. A code before the
    /// word, such as `3 - Terminated`, is passed over.
    fn tell_word(&self, text: &str) -> Option<Meaning> {
        if let Some(meaning) = self.whole(text) {
            return Some(meaning);
        }
        let mut parts = parts(text);
        let first = parts.next()?;
        let head = match self.whole(first) {
            None if is_code(first) => self.whole(parts.next()?)?,
            known => known?,
        };
        let agrees = |part: &str| self.whole(part).is_none_or(|other| class(other) == class(head));
        parts.all(agrees).then_some(head)
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty())
}

fn is_code(part: &str) -> bool {
    part.chars().all(|each| each.is_ascii_digit()) || (part.chars().count() <= 2 && part.is_ascii())
}

/// Whether somebody is there, whatever they do.
fn class(meaning: Meaning) -> u8 {
    match meaning {
        Meaning::Active | Meaning::Leave => 0,
        Meaning::Terminated => 1,
        Meaning::NotYet => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(title: &str, kind: StatusKind, text: &str) -> Told {
        let column = StatusColumn { column: 0, kind, flag: super::super::flag(title) };
        Words::of(&StatusWords::default()).tell(&column, text)
    }

    #[test]
    fn a_status_of_several_parts_is_read_by_its_first_unless_another_contradicts() {
        let gone = Told::Meaning(Meaning::Terminated);
        let (active, leave) = (Told::Meaning(Meaning::Active), Told::Meaning(Meaning::Leave));
        for (text, expected) in [
            ("Terminated - Voluntary", gone),
            ("TERMINATED (Involuntary)", gone),
            ("Terminated: Retired", gone),
            ("Retired", gone),
            ("Laid-Off", gone),
            ("Inactive - Payroll Eligible", gone),
            ("T - Terminated", gone),
            ("3 - Terminated", gone),
            ("Active - Payroll Eligible", active),
            ("Active/On Leave", active),
            ("A", active),
            ("Leave", leave),
            ("Leave (Unpaid)", leave),
            ("Furloughed", leave),
            ("Pre-hire", Told::Meaning(Meaning::NotYet)),
            ("", Told::Nothing),
        ] {
            assert_eq!(told("Worker Status", StatusKind::Words, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_used_both_ways_or_contradicts_itself_is_not_guessed() {
        for text in [
            "Inactive",
            "I",
            "Not Active",
            "Not on payroll",
            "Non-Active",
            "Disabled",
            "Yes",
            "No",
            "N",
            "1",
            "Active - Terminated",
            "Terminated - Rehired",
            "Sleeping",
            "-",
        ] {
            assert_eq!(told("Worker Status", StatusKind::Words, text), Told::Unsure, "{text}");
        }
    }

    #[test]
    fn yes_and_no_are_read_by_the_title_alone() {
        for (title, text, expected) in [
            ("Active", "T", Meaning::Active),
            ("Active", "0", Meaning::Terminated),
            ("Terminated", "T", Meaning::Terminated),
            ("Terminated", "No", Meaning::Active),
            ("Active Status", "On Leave", Meaning::Leave),
        ] {
            assert_eq!(told(title, StatusKind::Words, text), Told::Meaning(expected), "{title} {text}");
        }
    }

    #[test]
    fn among_a_companys_own_words_only_those_of_leaving_mean_that_somebody_is_gone() {
        for text in ["Full-Time", "Contractor", "T", "Part-Time", "Seasonal - 1"] {
            assert_eq!(told("Employment Status", StatusKind::OwnWords, text), Told::Employed, "{text}");
        }
        for text in ["Terminated", "Terminated (Voluntary)", "Contractor - Terminated", "Retired"] {
            let gone = Told::Meaning(Meaning::Terminated);
            assert_eq!(told("Employment Status", StatusKind::OwnWords, text), gone, "{text}");
        }
    }
}
