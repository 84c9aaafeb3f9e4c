//! What a query asks for.

use super::{
    op::Condition,
    schema::{Index, PARTITION_KEY, SORT_KEY},
};

/// A part of a partition, in the order of its sort keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Span {
    pk: String,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) index: Option<Index>,
    pub(super) limit: Option<usize>,
    pub(super) newest_first: bool,
    pub(super) filter: Option<Condition>,
    pub(super) lately: bool,
}

/// All of a partition.
pub(crate) fn span(pk: impl Into<String>) -> Span {
    Span { pk: pk.into(), ..Span::default() }
}

impl Span {
    /// From this sort key on, itself included.
    pub(crate) fn from(mut self, from: impl Into<String>) -> Self {
        self.from = Some(from.into());
        self
    }

    /// What comes after this sort key.
    pub(crate) fn after(self, last: impl Into<String>) -> Self {
        // No key lies between a text and the same with the smallest character behind it.
        self.from(format!("{}\u{0}", last.into()))
    }

    /// Up to this sort key, itself included.
    pub(crate) fn to(mut self, to: impl Into<String>) -> Self {
        self.to = Some(to.into());
        self
    }

    /// What begins so.
    pub(crate) fn beginning(self, start: &str) -> Self {
        self.from(start).to(format!("{start}\u{10ffff}"))
    }

    /// In this index, which may lag behind.
    pub(crate) fn of(mut self, index: Index) -> Self {
        self.index = Some(index);
        self
    }

    /// As it was a moment ago at most, at half the price.
    pub(crate) fn lately(mut self) -> Self {
        self.lately = true;
        self
    }

    /// At most so many.
    pub(crate) fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// Only these. The condition names no key of the table or of the index: DynamoDB refuses a filter on one
    /// ("Filter expressions for the Query operation" in the developer guide).
    pub(crate) fn only(mut self, filter: Condition) -> Self {
        self.filter = Some(filter);
        self
    }

    pub(super) fn condition(&self) -> Condition {
        let (partition, sort) =
            self.index.map_or((PARTITION_KEY, SORT_KEY), |index| (index.partition_key, index.sort_key));
        let range = match (&self.from, &self.to) {
            (None, None) => String::new(),
            (Some(_), None) => format!(" AND #{sort} >= :from"),
            (None, Some(_)) => format!(" AND #{sort} <= :to"),
            (Some(_), Some(_)) => format!(" AND #{sort} BETWEEN :from AND :to"),
        };
        let mut condition = Condition::new(format!("#{partition} = :pk{range}")).with_text("pk", &self.pk);
        for (name, bound) in [("from", &self.from), ("to", &self.to)] {
            if let Some(bound) = bound {
                condition = condition.with_text(name, bound);
            }
        }
        condition
    }
}
