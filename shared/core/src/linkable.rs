//! Which groups may be linked, to write them or to read them out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::GroupId;

/// Who answers for it that a group is linked. A permission of the directory reaches every group of the tenant, so the one
/// who says which may be linked has to be somebody who may say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voucher {
    /// The operator: at the command line, by a key with `admin`, or by one that was made before keys told these apart.
    /// Links that were saved before this was kept count so.
    #[default]
    Operator,
    /// A key that may link, and names no group by itself.
    Key,
}

/// What is known of a group that is linked or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It was created for a list: nothing else depends on who is in it.
    Made,
    /// The operator answers for it, in this link or in another one of the same group.
    Vouched,
    /// Nobody does.
    Unvouched,
}

/// Whether a group may be linked. Where the operator named groups, nobody else's word counts any more: that is how one is
/// taken back. The group that was created for a list is the exception, as its id cannot be known before it is there.
#[must_use]
pub fn is_linkable(named: &BTreeSet<GroupId>, group: &GroupId, claim: Claim) -> bool {
    match claim {
        Claim::Made => true,
        Claim::Vouched => named.is_empty() || named.contains(group),
        Claim::Unvouched => named.contains(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_decides_and_without_it_the_operators_word_does() {
        let group = |name| GroupId::parse(name).expect("a plain name makes an id");
        let (none, this, other) =
            (BTreeSet::new(), BTreeSet::from([group("g")]), BTreeSet::from([group("h")]));
        for (claim, without, named, not_named) in [
            (Claim::Made, true, true, true),
            (Claim::Vouched, true, true, false),
            (Claim::Unvouched, false, true, false),
        ] {
            let judged = [&none, &this, &other].map(|set| is_linkable(set, &group("g"), claim));
            assert_eq!(judged, [without, named, not_named], "{claim:?}");
        }
    }
}
