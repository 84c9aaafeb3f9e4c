//! The eight counters of a summary, as on the product's own page.

use listsync_core::{
    link::Side,
    member::Op,
    summary::{SideCounts, Summary},
};

/// One of the eight counters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Counter {
    pub(super) side: Side,
    pub(super) op: Op,
    /// Of what could not be done.
    pub(super) failed: bool,
}

impl Counter {
    /// By its name in an address.
    pub(super) fn named(text: &str) -> Option<Self> {
        ALL.into_iter().find(|one| one.name() == text)
    }

    /// How an address names it.
    pub(super) fn name(self) -> &'static str {
        match (self.side, self.op, self.failed) {
            (Side::List, Op::Add, false) => "list-added",
            (Side::List, Op::Remove, false) => "list-removed",
            (Side::List, Op::Add, true) => "list-add-failed",
            (Side::List, Op::Remove, true) => "list-remove-failed",
            (Side::Group, Op::Add, false) => "group-added",
            (Side::Group, Op::Remove, false) => "group-removed",
            (Side::Group, Op::Add, true) => "group-add-failed",
            (Side::Group, Op::Remove, true) => "group-remove-failed",
        }
    }

    /// What a run says of it.
    pub(super) fn of(self, run: &Summary) -> u64 {
        let SideCounts { added, removed, add_failed, remove_failed, .. } = match self.side {
            Side::List => &run.list,
            Side::Group => &run.group,
        };
        match (self.op, self.failed) {
            (Op::Add, false) => *added,
            (Op::Remove, false) => *removed,
            (Op::Add, true) => *add_failed,
            (Op::Remove, true) => *remove_failed,
        }
    }

    /// What it counts, on either side.
    pub(super) fn words(self) -> &'static str {
        match (self.op, self.failed) {
            (Op::Add, false) => "Contacts added",
            (Op::Remove, false) => "Contacts removed",
            (Op::Add, true) => "Failures adding members",
            (Op::Remove, true) => "Failures removing members",
        }
    }
}

const fn counter(side: Side, op: Op, failed: bool) -> Counter {
    Counter { side, op, failed }
}

/// They, as a table has them: by kind, and of each the list's before the group's.
pub(super) const ALL: [Counter; 8] = [
    counter(Side::List, Op::Add, false),
    counter(Side::Group, Op::Add, false),
    counter(Side::List, Op::Remove, false),
    counter(Side::Group, Op::Remove, false),
    counter(Side::List, Op::Add, true),
    counter(Side::Group, Op::Add, true),
    counter(Side::List, Op::Remove, true),
    counter(Side::Group, Op::Remove, true),
];
