//! Several groups that feed one list: which of them hold whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{GroupId, ObjectId};

/// Which of several groups hold whom, by one read of each.
#[derive(Debug, Clone, Default)]
pub struct Holders {
    seen: BTreeMap<ObjectId, BTreeSet<GroupId>>,
    unread: BTreeSet<GroupId>,
}

impl Holders {
    /// Takes in that a group holds somebody.
    pub fn saw(&mut self, group: &GroupId, id: &ObjectId) {
        self.seen.entry(id.clone()).or_default().insert(group.clone());
    }

    /// Takes in that a group was not read completely, so that whom it held before it may hold still.
    pub fn missed(&mut self, group: &GroupId) {
        self.unread.insert(group.clone());
    }

    /// The groups that hold one object, of which those were remembered before.
    #[must_use]
    pub fn of(&self, id: &ObjectId, before: &BTreeSet<GroupId>) -> BTreeSet<GroupId> {
        let seen = self.seen.get(id).into_iter().flatten();
        seen.chain(before.intersection(&self.unread)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str) -> GroupId {
        GroupId::parse(name).expect("an id")
    }

    #[test]
    fn a_group_that_was_not_read_keeps_whom_it_held_and_one_that_was_read_does_not() {
        let ann = ObjectId::parse("ann").expect("an id");
        let mut holders = Holders::default();
        holders.saw(&group("a"), &ann);
        let before = [group("b"), group("c")].into();
        assert_eq!(holders.of(&ann, &before), [group("a")].into());
        holders.missed(&group("c"));
        assert_eq!(holders.of(&ann, &before), [group("a"), group("c")].into());
    }
}
