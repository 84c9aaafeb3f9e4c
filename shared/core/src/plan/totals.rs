use std::fmt;

use serde::Serialize;

use super::{Effect, Plan, entries};
use crate::{
    link::Side,
    member::{Change, Op},
};

/// How many changes a plan comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Additions to the list.
    pub list_additions: u64,
    /// Removals from the list.
    pub list_removals: u64,
    /// Additions to the group.
    pub group_additions: u64,
    /// Removals from the group.
    pub group_removals: u64,
    /// What is held of either side, which none of the others counts.
    pub held: u64,
}

impl Plan {
    /// How many changes it comes to.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let of = |side, op| entries(&self.effects, |effect| effect.change == Change { side, op });
        Totals {
            list_additions: of(Side::List, Op::Add),
            list_removals: of(Side::List, Op::Remove),
            group_additions: of(Side::Group, Op::Add),
            group_removals: of(Side::Group, Op::Remove),
            held: self.held.effects.iter().map(|(effect, _)| Effect::entries(effect)).sum(),
        }
    }
}

impl fmt::Display for Totals {
    /// `List: 2 to add, 1 to remove. Group: 0 to add, 3 to remove. Held: 0.`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list_additions, list_removals, group_additions, group_removals, held } = self;
        write!(f, "List: {list_additions} to add, {list_removals} to remove. ")?;
        write!(f, "Group: {group_additions} to add, {group_removals} to remove. Held: {held}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_count_both_sides_and_what_is_held() {
        let totals = Totals { list_additions: 2, group_removals: 3, held: 4, ..Totals::default() };
        let text = "List: 2 to add, 0 to remove. Group: 0 to add, 3 to remove. Held: 4.";
        assert_eq!(totals.to_string(), text);
    }
}
