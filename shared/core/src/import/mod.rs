//! Whether a file may take people off its list without a person, which keys are whose, and how it is taken back.

pub mod changes;
mod gone;
mod keys;
mod meaning;
pub mod undo;

pub use gone::Gone;
pub use keys::{Departure, Keys, ZerosDiffer, differs_by_zeros};
pub use meaning::Meaning;

/// What becomes of people whom a file would take off its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removals {
    /// They leave.
    Do,
    /// They stay: an unreadable row could be any of them.
    Skip,
    /// They stay until a person approves: they are too many.
    Hold,
}

/// Those who leave a list now, and those who left it lately or soon will.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leavers {
    /// How many leave now.
    pub leaving: u64,
    /// How many left in the 24 hours before ([`Gone`]).
    pub gone: u64,
    /// Members whose end is so near that it may be of whoever takes the others off.
    pub going: u64,
    /// Members before those leave who leave now.
    pub listed: u64,
}

/// Judges those who leave together with those of the last 24 hours: who sends a thousand requests, or ten files, says the same
/// as who sends one. More than five who are more than a fifth of those who were on the list wait.
#[must_use]
pub fn judge_leavers(Leavers { leaving, gone, going, listed }: Leavers) -> Removals {
    let all = leaving.saturating_add(gone).saturating_add(going);
    // One or two are a large share of a small list, and are nothing unusual.
    match all > 5 && is_above_a_fifth(all, listed.saturating_add(gone)) {
        true => Removals::Hold,
        false => Removals::Do,
    }
}

/// Those whom a file takes off its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLeavers {
    /// Members of whom it says that they leave, by a status word or by a last day that is past.
    pub told: u64,
    /// Members whom it does not name, where it is the whole truth; of any other file 0.
    pub missing: u64,
    /// Rows that do not even tell whom they name.
    pub unreadable: u64,
    /// How many left in the 24 hours before ([`Gone`]).
    pub gone: u64,
    /// Members before it.
    pub listed: u64,
}

/// What becomes of those whom a file takes off its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRemovals {
    /// Of those of whom it says that they leave.
    pub told: Removals,
    /// Of those whom it does not name.
    pub missing: Removals,
}

/// Judges those whom a file takes off its list.
///
/// All of them count together ([`judge_leavers`]), by whatever word they go: a wrong column calls everybody gone, and a clock
/// that runs ahead has all last days of a month past at once. So few as to be nothing unusual are let through, unless a full
/// file names fewer than 80 % of those who are on the list: then it looks like a part of itself, however short the list.
/// Newcomers do not make up for them: the wrong file may be as long as the right one. Under an unreadable row nobody is
/// missing for sure, so that those stay and do not count.
#[must_use]
pub fn judge_file(FileLeavers { told, missing, unreadable, gone, listed }: FileLeavers) -> FileRemovals {
    let is_sure = unreadable == 0;
    let leaving = told.saturating_add(if is_sure { missing } else { 0 });
    let together = judge_leavers(Leavers { leaving, gone, going: 0, listed });
    let missing = match is_sure {
        false => Removals::Skip,
        true if is_above_a_fifth(missing, listed) => Removals::Hold,
        true => together,
    };
    FileRemovals { told: together, missing }
}

fn is_above_a_fifth(leaving: u64, listed: u64) -> bool {
    u128::from(leaving) * 5 > u128::from(listed)
}

#[cfg(test)]
mod tests {
    use super::{Removals::*, *};

    /// Of these told, missing, unreadable, gone and listed, what becomes of the told and of the missing.
    fn judged([told, missing, unreadable, gone, listed]: [u64; 5]) -> (Removals, Removals) {
        let FileRemovals { told, missing } =
            judge_file(FileLeavers { told, missing, unreadable, gone, listed });
        (told, missing)
    }

    #[test]
    fn a_full_file_is_to_name_four_fifths_of_however_short_a_list() {
        for (missing, listed, expected) in [
            (0, 0, Do),
            (21, 100, Hold),
            (20, 100, Do),
            (1, 4, Hold),
            (1, 5, Do),
            (1, 1, Hold),
            (0, u64::MAX, Do),
        ] {
            assert_eq!(judged([0, missing, 0, 0, listed]).1, expected, "{missing} of {listed}");
        }
    }

    #[test]
    fn who_is_called_gone_counts_with_who_is_not_named_and_with_who_left_before() {
        for (case, expected) in [
            ([0, 0, 0, 0, 0], (Do, Do)),
            ([5, 0, 0, 0, 5], (Do, Do)),
            ([6, 0, 0, 0, 6], (Hold, Hold)),
            ([6, 0, 0, 0, 29], (Hold, Hold)),
            ([6, 0, 0, 0, 30], (Do, Do)),
            ([7, 0, 0, 0, 30], (Hold, Hold)),
            // Those of the file together, each of whom alone would go.
            ([10, 10, 0, 0, 100], (Do, Do)),
            ([10, 11, 0, 0, 100], (Hold, Hold)),
            ([20, 16, 0, 0, 100], (Hold, Hold)),
            ([2, 2, 0, 0, 10], (Do, Do)),
            // A part of a short list is one all the same, and takes nobody along of whom it says something.
            ([1, 3, 0, 0, 10], (Do, Hold)),
            // Whoever left before counts, over the list as it was then.
            ([0, 14, 0, 18, 82], (Hold, Hold)),
            ([0, 2, 0, 18, 82], (Do, Do)),
            ([0, 3, 0, 18, 82], (Hold, Hold)),
            ([3, 0, 0, 18, 82], (Hold, Hold)),
            ([1, 0, 0, 5, 24], (Hold, Hold)),
            ([1, 0, 0, 5, 25], (Do, Do)),
            // Who may be anybody's row keeps those who are not named, and they do not count.
            ([0, 99, 1, 0, 100], (Do, Skip)),
            ([20, 80, 1, 0, 100], (Do, Skip)),
            ([21, 0, 1, 0, 100], (Hold, Skip)),
            ([20_000, 0, 0, 0, 100_000], (Do, Do)),
            ([20_001, 0, 0, 0, 100_000], (Hold, Hold)),
            ([u64::MAX, u64::MAX, 0, u64::MAX, u64::MAX], (Hold, Hold)),
        ] {
            assert_eq!(judged(case), expected, "{case:?}");
        }
    }

    #[test]
    fn one_more_who_leaves_or_left_never_lets_anybody_go_who_waited() {
        let few = || 0..9_u64;
        for (told, missing, gone) in
            few().flat_map(|told| few().flat_map(move |missing| few().map(move |gone| (told, missing, gone))))
        {
            for listed in told + missing..50 {
                let (of_told, of_missing) = judged([told, missing, 0, gone, listed]);
                let more = [
                    judged([told + 1, missing, 0, gone, listed.max(told + missing + 1)]),
                    judged([told, missing + 1, 0, gone, listed.max(told + missing + 1)]),
                    // Whoever left before is off the list by now.
                    judged([told, missing, 0, gone + 1, listed.saturating_sub(1).max(told + missing)]),
                ];
                if told + missing < listed {
                    assert!(of_told != Hold || more.iter().all(|(told, _)| *told == Hold));
                    assert!(of_missing != Hold || more[..2].iter().all(|(_, missing)| *missing == Hold));
                }
            }
        }
    }

    /// However a day's leavers are spread over files, and by whatever word each goes.
    #[test]
    fn no_row_of_files_takes_more_than_five_and_a_fifth_of_a_list_in_a_day() {
        for first in 0..60_u64 {
            for step in 1..=first {
                for by_word in [0, step / 2, step] {
                    let (mut listed, mut gone) = (first, 0);
                    while listed >= step && judged([by_word, step - by_word, 0, gone, listed]) == (Do, Do) {
                        (listed, gone) = (listed - step, gone + step);
                    }
                    assert!(gone <= 5.max(first / 5), "{gone} of {first} by {step}");
                }
            }
        }
    }

    #[test]
    fn a_crowd_that_is_pushed_off_one_by_one_waits_as_one_that_is_pushed_off_together() {
        let judged = |leaving, gone, going, listed| judge_leavers(Leavers { leaving, gone, going, listed });
        for (leaving, gone, going, listed, expected) in [
            (5, 0, 0, 5, Do),
            (6, 0, 0, 29, Hold),
            (6, 0, 0, 30, Do),
            (1, 5, 0, 24, Hold),
            (1, 5, 0, 25, Do),
            (1, 0, 5, 29, Hold),
            (1, 3, 2, 26, Hold),
            (u64::MAX, u64::MAX, u64::MAX, 0, Hold),
        ] {
            assert_eq!(judged(leaving, gone, going, listed), expected, "{leaving} {gone} {going} {listed}");
        }
    }
}
