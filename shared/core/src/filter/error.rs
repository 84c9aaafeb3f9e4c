use std::fmt;

use super::Filter;

/// Why a text is no filter, or not one that can be saved. Positions are counted in characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Nothing was given.
    #[error("the filter is empty: write a condition such as department eq \"Sales\"")]
    Empty,
    /// It is too long.
    #[error("the filter has {bytes} bytes, more than {}: shorten it", Filter::MAX_BYTES)]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Something stands where it cannot.
    #[error("{} cannot stand at character {position} of the filter: {expected}", Shown(.found))]
    Unexpected {
        /// Where.
        position: usize,
        /// What.
        found: String,
        /// What could.
        expected: Expected,
    },
    /// It ends too early.
    #[error("the filter is not complete: {expected}")]
    Incomplete {
        /// What is missing.
        expected: Expected,
    },
    /// It nests too deep.
    #[error("the filter nests more than {limit} levels deep: take parentheses out")]
    TooDeep {
        /// So many levels are allowed.
        limit: usize,
    },
    /// A condition on one of several values of a field.
    #[error("{field}[…] is not supported, as a contact has one value per field: write {field} eq \"…\"")]
    ValuePath {
        /// The field.
        field: String,
    },
    /// What stands for a field's name is none.
    #[error(
        "'{name}' is no name of a field: it is letters, digits, - and _, with at most one dot and without a schema"
    )]
    FieldName {
        /// What was given.
        name: String,
    },
    /// A text with a wrong escape, or a number beyond all bounds.
    #[error(
        "a value cannot be read: after a backslash only \" \\ / b f n r t or uXXXX may stand, and a number must be finite"
    )]
    Value,
    /// A value is compared as it cannot be.
    #[error("{field} {operator} {value} compares nothing: {}", remedy(.operator, .value))]
    Operator {
        /// The field.
        field: String,
        /// The operator.
        operator: &'static str,
        /// The value.
        value: String,
    },
    /// There is no such field.
    #[error("there is no field '{field}': see which fields the contacts have")]
    UnknownField {
        /// Its name, as it was written.
        field: String,
    },
}

impl FilterError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "filter_empty",
            Self::TooLong { .. } => "filter_too_long",
            Self::Unexpected { .. } | Self::Incomplete { .. } => "filter_syntax",
            Self::TooDeep { .. } => "filter_too_deep",
            Self::ValuePath { .. } => "filter_value_path",
            Self::FieldName { .. } => "filter_field_name",
            Self::Value => "filter_value",
            Self::Operator { .. } => "filter_operator",
            Self::UnknownField { .. } => "filter_unknown_field",
        }
    }
}

/// What could stand where something else stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A condition.
    Condition,
    /// An operator.
    Operator,
    /// A value.
    Value,
    /// A word between two conditions, or the end.
    Link,
    /// A space after `not`.
    SpaceAfterNot,
    /// Anything else that the grammar has.
    Token,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Condition => "a condition belongs here, such as department eq \"Sales\"",
            Self::Operator => "an operator belongs here: eq, ne, co, sw, ew, gt, ge, lt, le or pr, and after it a value (pr has none)",
            Self::Value => "a value belongs here: a text in double quotes, a number, true, false or null",
            Self::Link => "and, or, a closing parenthesis or the end belongs here",
            Self::SpaceAfterNot => "write a space between not and the parenthesis",
            Self::Token => "texts stand in double quotes, equality is eq, and names are of the letters a to z",
        })
    }
}

struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.escape_debug())
    }
}

fn remedy(operator: &str, value: &str) -> &'static str {
    match (operator, value) {
        ("co" | "sw" | "ew", value) if value.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            "write the number in double quotes"
        }
        _ => "true, false and null can only be compared by eq and ne",
    }
}
