//! Whether a file that names everybody may take the others off its list, and which keys are whose.

mod keys;
mod meaning;

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

/// What becomes of those whom a full file does not name.
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
    } else if u128::from(present) * 5 < u128::from(listed) * 4 {
        Removals::Hold
    } else {
        Removals::Do
    }
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
    fn no_size_overflows() {
        assert_eq!(judged(u64::MAX, 0, u64::MAX), Removals::Do);
        assert_eq!(judged(0, 0, u64::MAX), Removals::Hold);
    }
}
