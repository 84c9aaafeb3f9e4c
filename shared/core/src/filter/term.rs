//! One condition: a field, an operator, a value.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    Attributes, Value,
    literal::{Literal, fold},
};

/// What is asked of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Present,
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Present => "pr",
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Contains => "co",
            Self::StartsWith => "sw",
            Self::EndsWith => "ew",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// Whether it can be asked of such a value: RFC 7644 knows no order of booleans, and parts only of texts.
    pub(super) fn takes(self, literal: &Literal) -> bool {
        match (self, literal) {
            (Self::Present | Self::Equal | Self::NotEqual, _)
            | (_, Literal::Text { .. } | Literal::Blank(_)) => true,
            (Self::Contains | Self::StartsWith | Self::EndsWith, _)
            | (_, Literal::Null | Literal::Bool(_)) => false,
            (_, Literal::Number { .. }) => true,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Term {
    /// The field's name, folded.
    pub(super) field: String,
    /// The field's name, as it was written.
    pub(super) written: String,
    pub(super) operator: Operator,
    /// Not asked for [`Operator::Present`].
    pub(super) literal: Literal,
}

impl Term {
    /// The contact's value in the field, if it has one.
    pub(super) fn value<'a>(&self, contact: &'a dyn Attributes) -> Option<Cow<'a, str>> {
        contact.get(&self.field).and_then(Value::into_text)
    }

    /// Whether it holds of a value; none stands for no value.
    pub(super) fn holds(&self, value: Option<&str>) -> bool {
        let Some(value) = value else { return self.operator == Operator::Equal && self.asks_for_none() };
        match self.operator {
            Operator::Present => true,
            Operator::Equal => !self.asks_for_none() && self.literal.equals(value),
            Operator::NotEqual => self.asks_for_none() || !self.literal.equals(value),
            Operator::Contains => fold(value).contains(self.literal.folded()),
            Operator::StartsWith => fold(value).starts_with(self.literal.folded()),
            Operator::EndsWith => fold(value).ends_with(self.literal.folded()),
            Operator::Greater => self.literal.order(value) == Ordering::Greater,
            Operator::GreaterOrEqual => self.literal.order(value) != Ordering::Less,
            Operator::Less => self.literal.order(value) == Ordering::Less,
            Operator::LessOrEqual => self.literal.order(value) != Ordering::Greater,
        }
    }

    /// Whether it is compared with having no value.
    pub(super) fn asks_for_none(&self) -> bool {
        matches!(self.literal, Literal::Null | Literal::Blank(_))
    }
}
