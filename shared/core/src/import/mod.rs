//! Whether a file may take people off its list without a person, which keys are whose, and how it is taken back.

pub mod changes;
mod keys;
mod meaning;
pub mod undo;

pub use keys::{Departure, Keys, ZerosDiffer, differs_by_zeros};
pub use meaning::Meaning;

/// The rows of a file, as far as its removals depend on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRows {
    /// Of those who are on the list, how many it names.
    pub present: u64,
    /// Rows that do not even tell whom they name.
    pub unreadable: u64,
}

/// What becomes of people whom a file would take off its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removals {
    /// They leave.
    Do,
    /// They stay: an unreadable row could be any of them.
    Skip,
    /// They stay until a person approves: the file looks like a part of itself.
    Hold,
}

/// Judges the removals of a full import onto a list of `listed` members.
///
/// A file with an unreadable row removes nobody; one that names fewer than 80 % of those who are on the list has its
/// removals held. Newcomers do not make up for them: the wrong file may be as long as the right one.
#[must_use]
pub fn judge_removals(file: FileRows, listed: u64) -> Removals {
    let FileRows { present, unreadable } = file;
    if unreadable > 0 {
        Removals::Skip
    } else if is_above_a_fifth(listed.saturating_sub(present), listed) {
        Removals::Hold
    } else {
        Removals::Do
    }
}

/// Judges the removals of `ended` people of a list of `listed` members whose last day is past.
///
/// No other word of a file depends on a clock: under one that ran ahead by a month all leave dates of that month are past at
/// once, and those people are still there. So more than five of them who are more than a fifth of the list wait. A row that
/// tells without a date that somebody left is not counted: it says the same under any clock.
#[must_use]
pub fn judge_ended(ended: u64, listed: u64) -> Removals {
    // One or two are a large share of a small list, and are nothing unusual.
    if ended > 5 && is_above_a_fifth(ended, listed) { Removals::Hold } else { Removals::Do }
}

/// Those whom a provisioning system takes off a list, one by one or together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    /// How many it takes off now.
    pub leaving: u64,
    /// How many left by hand or by date in the 24 hours before.
    pub gone: u64,
    /// Members whose end is so near that it may be this system's.
    pub going: u64,
    /// Members now.
    pub listed: u64,
}

/// Judges them as [`judge_ended`] judges those of a file: taken together with those of the last 24 hours, as who sends a
/// thousand requests says the same as who sends one.
#[must_use]
pub fn judge_pushed(Pushed { leaving, gone, going, listed }: Pushed) -> Removals {
    let all = leaving.saturating_add(gone).saturating_add(going);
    judge_ended(all, listed.saturating_add(gone))
}

fn is_above_a_fifth(leaving: u64, listed: u64) -> bool {
    u128::from(leaving) * 5 > u128::from(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(present: u64, unreadable: u64, listed: u64) -> Removals {
        judge_removals(FileRows { present, unreadable }, listed)
    }

    #[test]
    fn four_fifths_of_the_list_are_enough_and_one_less_is_held() {
        assert_eq!(judged(79, 0, 100), Removals::Hold);
        assert_eq!(judged(80, 0, 100), Removals::Do);
        assert_eq!(judged(81, 0, 100), Removals::Do);
        assert_eq!(judged(3, 0, 4), Removals::Hold);
        assert_eq!(judged(4, 0, 5), Removals::Do);
    }

    #[test]
    fn one_unreadable_row_keeps_everybody() {
        assert_eq!(judged(100, 1, 100), Removals::Skip);
        assert_eq!(judged(1, 1, 100), Removals::Skip);
        assert_eq!(judged(0, 1, 0), Removals::Skip);
    }

    #[test]
    fn an_empty_file_empties_no_list() {
        assert_eq!(judged(0, 0, 1), Removals::Hold);
        assert_eq!(judged(0, 0, 0), Removals::Do);
    }

    #[test]
    fn more_than_five_last_days_that_are_a_fifth_and_one_more_wait() {
        for (ended, listed, judged) in [
            (0, 0, Removals::Do),
            (5, 5, Removals::Do),
            (6, 6, Removals::Hold),
            (6, 29, Removals::Hold),
            (6, 30, Removals::Do),
            (7, 30, Removals::Hold),
            (20_000, 100_000, Removals::Do),
            (20_001, 100_000, Removals::Hold),
            (u64::MAX, u64::MAX, Removals::Hold),
        ] {
            assert_eq!(judge_ended(ended, listed), judged, "{ended} of {listed}");
        }
    }

    #[test]
    fn a_crowd_that_is_pushed_off_one_by_one_waits_as_one_that_is_pushed_off_together() {
        let judged = |leaving, gone, going, listed| judge_pushed(Pushed { leaving, gone, going, listed });
        for (leaving, gone, going, listed, expected) in [
            (5, 0, 0, 5, Removals::Do),
            (6, 0, 0, 29, Removals::Hold),
            (6, 0, 0, 30, Removals::Do),
            (1, 5, 0, 24, Removals::Hold),
            (1, 5, 0, 25, Removals::Do),
            (1, 0, 5, 29, Removals::Hold),
            (1, 3, 2, 26, Removals::Hold),
            (u64::MAX, u64::MAX, u64::MAX, 0, Removals::Hold),
        ] {
            assert_eq!(judged(leaving, gone, going, listed), expected, "{leaving} {gone} {going} {listed}");
        }
    }

    #[test]
    fn no_size_overflows() {
        assert_eq!(judged(u64::MAX, 0, u64::MAX), Removals::Do);
        assert_eq!(judged(0, 0, u64::MAX), Removals::Hold);
    }
}
