//! How many members a side had: kept from run to run, as the base of the guard's shares.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// So far back removals count for the guard, and so long ago the size was that they are counted over.
pub const GUARDED: Duration = Duration::from_secs(24 * 3600);

/// So many sizes of one side are kept at most: with a run every quarter of an hour, each that a day can have.
pub const KEPT: usize = 100;

/// How many members a side had from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, u64)", into = "(i64, u64)")]
struct Size {
    /// In seconds since 1970.
    since: i64,
    members: u64,
}

impl From<(i64, u64)> for Size {
    fn from((since, members): (i64, u64)) -> Self {
        Self { since, members }
    }
}

impl From<Size> for (i64, u64) {
    fn from(Size { since, members }: Size) -> Self {
        (since, members)
    }
}

/// The sizes of one side, oldest first: what it had when the last 24 hours began, or with what it began, and every change
/// since. At most [`KEPT`]; of more, neighbours in time become one that has the fewer members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sizes(Vec<Size>);

/// What a run found of a side's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// When.
    pub at: Timestamp,
    /// With how many members the side begins, where no size of it is kept yet.
    pub first: u64,
    /// How many members it has.
    pub members: u64,
}

impl Sizes {
    /// What is kept once a run has found this. The same as before where the size did not change, so that a side at rest
    /// is never written.
    #[must_use]
    pub fn after(kept: Option<&Self>, found: Found) -> Self {
        let Found { at, first, members } = found;
        let now = at.as_second();
        let mut sizes = match kept {
            Some(Self(sizes)) if !sizes.is_empty() => sizes.clone(),
            _ => vec![Size { since: now, members: first }],
        };
        // A clock that ran ahead for a while left sizes from the future behind: they were so before now.
        for size in &mut sizes {
            size.since = size.since.min(now);
        }
        if sizes.last().is_some_and(|last| last.members == members) {
            return Self(sizes);
        }
        sizes.push(Size { since: now, members });
        let began = sizes.iter().rposition(|size| size.since <= day_before(now));
        sizes.drain(..began.unwrap_or(0));
        while sizes.len() > KEPT {
            thin(&mut sizes);
        }
        Self(sizes)
    }

    /// How many members the side had 24 hours ago, or when the first size was kept, if that was later. Who joined since
    /// widens nothing.
    #[must_use]
    pub fn base(&self, now: Timestamp) -> u64 {
        let began = day_before(now.as_second());
        let Self(sizes) = self;
        let size = sizes.iter().rfind(|size| size.since <= began).or(sizes.first());
        size.map_or(0, |size| size.members)
    }
}

fn day_before(second: i64) -> i64 {
    second.saturating_sub_unsigned(GUARDED.as_secs())
}

/// Makes one of the two neighbours that are closest in time. The fewer members stand for both: a base may come out too
/// small by it, which asks a person once too often, and never too large.
fn thin(sizes: &mut Vec<Size>) {
    let gap = |at: usize| sizes[at + 1].since - sizes[at].since;
    let Some(closest) = (0..sizes.len().saturating_sub(1)).min_by_key(|at| gap(*at)) else { return };
    let gone = sizes.remove(closest + 1);
    sizes[closest].members = sizes[closest].members.min(gone.members);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn found(second: i64, members: u64) -> Found {
        Found { at: at(second), first: members, members }
    }

    fn history(of: &[(i64, u64)]) -> Sizes {
        let mut kept = None;
        for (second, members) in of {
            kept = Some(Sizes::after(kept.as_ref(), found(*second, *members)));
        }
        kept.expect("at least one")
    }

    #[test]
    fn the_base_is_the_size_of_a_day_ago_or_the_first_one() {
        let sizes = history(&[(0, 20), (10 * HOUR, 30), (30 * HOUR, 25)]);
        for (hour, base) in [(0, 20), (10, 20), (33, 20), (34, 30), (53, 30), (54, 25), (900, 25)] {
            assert_eq!(sizes.base(at(hour * HOUR)), base, "hour {hour}");
        }
    }

    #[test]
    fn where_nothing_is_kept_the_run_says_with_what_the_side_began() {
        let sizes = Sizes::after(None, Found { at: at(0), first: 20, members: 30 });
        assert_eq!(sizes.base(at(HOUR)), 20);
        assert_eq!(sizes.base(at(24 * HOUR)), 30);
        let later = Sizes::after(Some(&sizes), Found { at: at(HOUR), first: 500, members: 500 });
        assert_eq!(later.base(at(HOUR)), 20, "what is kept is not begun anew");
    }

    #[test]
    fn a_size_that_did_not_change_changes_nothing_that_is_kept() {
        let sizes = history(&[(0, 20), (HOUR, 30)]);
        assert_eq!(Sizes::after(Some(&sizes), found(90 * HOUR, 30)), sizes);
    }

    #[test]
    fn a_clock_that_ran_ahead_does_not_hide_the_sizes_found_after_it() {
        let sizes = history(&[(0, 20), (720 * HOUR, 900), (2 * HOUR, 21), (3 * HOUR, 22)]);
        assert_eq!(sizes.base(at(27 * HOUR)), 22);
    }

    #[test]
    fn what_is_stored_reads_back() {
        let sizes = history(&[(0, 20), (HOUR, 30)]);
        let text = serde_json::to_string(&sizes).expect("written");
        assert_eq!(text, "[[0,20],[3600,30]]");
        assert_eq!(serde_json::from_str::<Sizes>(&text).expect("read"), sizes);
    }

    proptest! {
        #[test]
        fn however_often_it_changes_it_stays_bounded_and_never_widens(
            steps in proptest::collection::vec((1..2_000_i64, 0..50_u64), 1..400)
        ) {
            let (mut second, mut all, mut kept) = (0, Vec::new(), None);
            for (gap, members) in steps {
                second += gap;
                all.push((second, members));
                let sizes = Sizes::after(kept.as_ref(), found(second, members));
                prop_assert!(sizes.0.len() <= KEPT);
                let began = second - 24 * HOUR;
                let exact = all.iter().rfind(|(at, _)| *at <= began).or(all.first()).expect("one").1;
                prop_assert!(sizes.base(at(second)) <= exact);
                if all.len() <= KEPT {
                    prop_assert_eq!(sizes.base(at(second)), exact);
                }
                kept = Some(sizes);
            }
        }
    }
}
