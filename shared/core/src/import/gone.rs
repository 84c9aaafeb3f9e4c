//! Who left a list lately, as its log tells.

use std::collections::BTreeSet;

use crate::{
    Timestamp,
    history::Shift,
    id::ContactId,
    list::{Origin, Standing},
    sizes::GUARDED,
};

/// Counts who left a list within the 24 hours before a moment and did not come back: by hand, by date, or by a file. A run, a
/// filter and people themselves have judgements of their own. The log is read from the newest change on, as far as it matters.
#[derive(Debug)]
pub struct Gone {
    since: Timestamp,
    enough: u64,
    count: u64,
    /// Whose newest change was looked at.
    seen: BTreeSet<ContactId>,
    reading: Reading,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Within,
    /// A change was met that is older than the 24 hours.
    Beyond,
}

impl Gone {
    /// Before any change was looked at, of a list that has `listed` members now.
    #[must_use]
    pub fn before(now: Timestamp, listed: u64) -> Self {
        Self {
            since: now.checked_sub(GUARDED).unwrap_or(Timestamp::MIN),
            // Above that many anybody who leaves waits.
            enough: listed / 4 + 6,
            count: 0,
            seen: BTreeSet::new(),
            reading: Reading::Within,
        }
    }

    /// Looks at the next changes, which are older than those before. Of those who left it gives back whom a file took off:
    /// those of them whom a person approved are to be [spared](Self::spare).
    #[must_use]
    pub fn saw<'a>(&mut self, shifts: impl IntoIterator<Item = &'a Shift>) -> Vec<ContactId> {
        let mut by_file = Vec::new();
        for shift in shifts {
            if shift.at <= self.since {
                self.reading = Reading::Beyond;
            }
            // Whoever came back after they had left is not gone.
            if self.reading == Reading::Beyond || !self.seen.insert(shift.contact.clone()) {
                continue;
            }
            match (shift.standing, shift.origin) {
                (Standing::Absent, Origin::Manual | Origin::EndDate) => self.count += 1,
                (Standing::Absent, Origin::Csv) => {
                    self.count += 1;
                    by_file.push(shift.contact.clone());
                }
                _ => {}
            }
        }
        by_file
    }

    /// So many of those whom a file took off left by a person's word: a next file is not to answer for them.
    pub fn spare(&mut self, approved: u64) {
        self.count = self.count.saturating_sub(approved);
    }

    /// Whether older changes can change no judgement any more.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.reading == Reading::Beyond || self.count >= self.enough
    }

    /// How many are gone; at least so many where reading ended as there are enough of them.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::ListId,
        import::{Leavers, Removals, judge_leavers},
    };

    const HOUR: i64 = 3_600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn shift(who: &str, standing: Standing, origin: Origin, second: i64) -> Shift {
        let contact = ContactId::parse(who).expect("an id");
        Shift { list: ListId::parse("l1").expect("an id"), contact, standing, origin, at: at(second) }
    }

    fn left(who: &str, origin: Origin, hour: i64) -> Shift {
        shift(who, Standing::Absent, origin, hour * HOUR)
    }

    #[test]
    fn who_left_by_hand_by_date_or_by_a_file_within_the_day_is_gone_until_they_come_back() {
        let mut gone = Gone::before(at(48 * HOUR), 100);
        let by_file = gone.saw(&[
            left("a", Origin::Manual, 47),
            left("b", Origin::EndDate, 46),
            left("c", Origin::Csv, 45),
            left("d", Origin::Csv, 45),
            left("e", Origin::Entra, 44),
            left("f", Origin::Filter, 43),
            left("g", Origin::Own, 42),
            shift("h", Standing::OptedOut, Origin::Own, 41 * HOUR),
            shift("i", Standing::Member, Origin::Csv, 40 * HOUR),
            left("i", Origin::Csv, 39),
            left("a", Origin::Csv, 38),
        ]);
        let names: Vec<_> = by_file.iter().map(ContactId::as_str).collect();
        assert_eq!((names, gone.count(), gone.is_known()), (vec!["c", "d"], 4, false));
        gone.spare(1);
        assert_eq!(gone.count(), 3);
        let older = gone.saw(&[
            shift("j", Standing::Absent, Origin::Csv, 24 * HOUR + 1),
            shift("k", Standing::Absent, Origin::Csv, 24 * HOUR),
            left("l", Origin::Manual, 30),
        ]);
        assert_eq!((older.len(), gone.count(), gone.is_known()), (1, 4, true));
    }

    #[test]
    fn reading_ends_where_anybody_who_leaves_would_wait() {
        for listed in 0..200 {
            let mut gone = Gone::before(at(48 * HOUR), listed);
            let mut number = 0;
            while !gone.is_known() {
                number += 1;
                let _ = gone.saw(&[left(&format!("p{number}"), Origin::Manual, 47)]);
            }
            let leavers = Leavers { leaving: 1, gone: gone.count(), going: 0, listed };
            assert_eq!(judge_leavers(leavers), Removals::Hold, "{listed}");
        }
    }
}
