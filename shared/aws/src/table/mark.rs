//! A value of one write's own, by which it knows itself again.
//!
//! The answer to a write may be lost on its way. The client then sends the write once more, and its condition does not
//! hold any more: by the write itself. What is there now is returned with the refusal
//! (`ReturnValuesOnConditionCheckFailure` of `PutItem` and `UpdateItem`), and tells by this value whose write it was. A
//! transaction needs none: all its tries have one client request token.

use super::{
    item::{Item, Stored},
    op::Condition,
};

/// The attribute with the marks of the last writes of an item as a whole, newest first.
pub(crate) const TRAIL: &str = "trail";
/// The attribute with the mark of the last change of single attributes.
const CHANGE: &str = "change";
/// How many marks an item keeps. So many others may write between two tries of one request, which takes some seconds.
const KEPT: usize = 8;

/// What tells a write from every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark(String);

impl Mark {
    pub(super) fn fresh() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()))
    }

    /// An item as this write leaves it. Who read the item and writes it over hands its trail on, so that the write before
    /// is still known.
    pub(super) fn on(&self, stored: Stored) -> Stored {
        let before = stored.find(TRAIL).unwrap_or_default().split_whitespace().take(KEPT - 1);
        let trail: Vec<&str> = std::iter::once(self.0.as_str()).chain(before).collect();
        let trail = trail.join(" ");
        stored.text(TRAIL, trail)
    }

    /// Whether this write was done, as what is there now tells.
    pub(super) fn wrote(&self, there: &Item) -> bool {
        self.is_in(there, TRAIL)
    }

    /// A change of single attributes that leaves this mark. The keyword `SET` stands once in an expression.
    pub(super) fn within(&self, update: Condition) -> Condition {
        let text = match update.text().strip_prefix("SET ") {
            Some(more) => format!("SET #{CHANGE} = :{CHANGE}, {more}"),
            None => format!("SET #{CHANGE} = :{CHANGE} {}", update.text()),
        };
        update.saying(text).with_text(CHANGE, &self.0)
    }

    /// A condition that also refuses to do the same change a second time.
    pub(super) fn unless_done(&self, condition: Condition) -> Condition {
        let text =
            format!("({}) AND (attribute_not_exists(#{CHANGE}) OR #{CHANGE} <> :{CHANGE})", condition.text());
        condition.saying(text)
    }

    /// Whether this change was done, as what is there now tells.
    pub(super) fn changed(&self, there: &Item) -> bool {
        self.is_in(there, CHANGE)
    }

    fn is_in(&self, there: &Item, name: &str) -> bool {
        let text = there.get(name).and_then(|value| value.as_s().ok());
        text.is_some_and(|text| text.split_whitespace().any(|mark| mark == self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Key;

    #[test]
    fn a_write_knows_itself_after_seven_others_and_the_trail_stays_short() {
        let mark = Mark::fresh();
        let mut there = mark.on(Stored::new(&Key::head("x")));
        for _ in 1..KEPT {
            assert!(mark.wrote(&there.0));
            there = Mark::fresh().on(there);
        }
        assert!(mark.wrote(&there.0) && !Mark::fresh().wrote(&there.0));
        for _ in 0..100 {
            there = Mark::fresh().on(there);
        }
        assert!(!mark.wrote(&there.0));
        assert_eq!(there.find(TRAIL).map(|trail| trail.split(' ').count()), Some(KEPT));
    }

    #[test]
    fn a_change_that_only_removes_leaves_its_mark_too() {
        let mark = Mark::fresh();
        let text = |update: &str| mark.within(Condition::new(update)).text().to_owned();
        assert_eq!(text("SET #a = :a REMOVE #b"), "SET #change = :change, #a = :a REMOVE #b");
        assert_eq!(text("REMOVE #b"), "SET #change = :change REMOVE #b");
    }
}
