//! `$filter`: what it means, and which of it the default query engine takes.
//!
//! Limits from "Use the $filter query parameter" and the page on advanced query capabilities for directory objects.

use crate::errors::Refusal;
use crate::state::ObjectId;
use crate::state::directory::same;

/// How many alternatives the default engine takes.
const MAX_CLAUSES: usize = 15;
/// How deep the default engine lets expressions nest.
const MAX_HEIGHT: usize = 3;

/// A parsed `$filter`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    Test { property: String, test: Test },
    Any { property: String, test: Test },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Equal(Literal),
    Unequal(Literal),
    In(Vec<Literal>),
    StartsWith(String),
    EndsWith(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Flag(bool),
    Null,
}

/// The value of a property, as filters see it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    Id(ObjectId),
    Text(Option<&'a str>),
    Flag(bool),
    Many(&'a [String]),
}

/// Something that can be filtered.
pub(crate) trait Filterable {
    fn field(&self, name: &str) -> Field<'_>;
}

/// Which properties of a resource can be filtered, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filters {
    /// `eq` and `in`.
    pub(crate) equal: &'static [&'static str],
    /// `startsWith`.
    pub(crate) starts: &'static [&'static str],
    /// Booleans: `eq` and `in`.
    pub(crate) flags: &'static [&'static str],
    /// Collections: `any(x:x eq ..)`.
    pub(crate) any: &'static [&'static str],
}

pub(crate) const USER: Filters = Filters {
    equal: &[
        "id",
        "mail",
        "userPrincipalName",
        "displayName",
        "givenName",
        "surname",
        "userType",
        "externalUserState",
        "creationType",
    ],
    starts: &["mail", "userPrincipalName", "displayName", "givenName", "surname"],
    flags: &["accountEnabled"],
    any: &["otherMails", "proxyAddresses"],
};

pub(crate) const GROUP: Filters = Filters {
    equal: &["id", "displayName", "mail", "mailNickname", "uniqueName"],
    starts: &["displayName", "mail", "mailNickname"],
    flags: &[],
    any: &[],
};

pub(crate) const CONTACT: Filters = Filters {
    equal: &["id", "mail", "displayName"],
    starts: &["mail", "displayName"],
    flags: &[],
    any: &["proxyAddresses"],
};

/// Which engine a query goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Default,
    /// With `ConsistencyLevel: eventual` and `$count=true`.
    Advanced,
}

impl Filter {
    /// Refuses what the resource or the engine does not take.
    pub(crate) fn check(&self, filters: &Filters, engine: Engine) -> Result<(), Refusal> {
        if engine == Engine::Default {
            self.check_size()?;
        }
        self.check_tests(filters, engine)
    }

    fn check_size(&self) -> Result<(), Refusal> {
        let clauses = self.widest();
        if clauses > MAX_CLAUSES {
            return Err(Refusal::unsupported_query(format!(
                "Too many child clauses specified in search filter expression containing 'OR' operators: {clauses}. \
                 Max allowed: {MAX_CLAUSES}."
            )));
        }
        let height = self.height();
        if height > MAX_HEIGHT {
            return Err(Refusal::unsupported_query(format!(
                "The specified search filter expression has excessive height: {height}. Max allowed: {MAX_HEIGHT}."
            )));
        }
        Ok(())
    }

    /// The most alternatives that one `or` or `in` of the expression offers.
    fn widest(&self) -> usize {
        match self {
            Self::Or(parts) => parts.iter().map(Self::widest).sum(),
            Self::And(parts) => parts.iter().map(Self::widest).max().unwrap_or(1),
            Self::Not(inner) => inner.widest(),
            Self::Test { test: Test::In(values), .. } => values.len(),
            Self::Test { .. } | Self::Any { .. } => 1,
        }
    }

    fn height(&self) -> usize {
        match self {
            Self::Or(parts) | Self::And(parts) => 1 + parts.iter().map(Self::height).max().unwrap_or(0),
            Self::Not(inner) => 1 + inner.height(),
            Self::Test { .. } | Self::Any { .. } => 1,
        }
    }

    fn check_tests(&self, filters: &Filters, engine: Engine) -> Result<(), Refusal> {
        match self {
            Self::Or(parts) | Self::And(parts) => {
                parts.iter().try_for_each(|part| part.check_tests(filters, engine))
            }
            Self::Not(inner) => {
                advanced_only("The 'not' operator is not supported", engine)?;
                inner.check_tests(filters, engine)
            }
            Self::Any { property, test } => {
                let takes = filters.any.contains(&property.as_str())
                    && match test {
                        Test::Equal(Literal::Text(_)) => true,
                        Test::StartsWith(_) => property == "proxyAddresses",
                        _ => false,
                    };
                takes.then_some(()).ok_or_else(|| unsupported_property(property))
            }
            Self::Test { property, test } => check_test(property, test, filters, engine),
        }
    }

    pub(crate) fn matches(&self, object: &impl Filterable) -> bool {
        match self {
            Self::Or(parts) => parts.iter().any(|part| part.matches(object)),
            Self::And(parts) => parts.iter().all(|part| part.matches(object)),
            Self::Not(inner) => !inner.matches(object),
            Self::Test { property, test } => test.holds(object.field(property)),
            Self::Any { property, test } => match object.field(property) {
                Field::Many(values) => values.iter().any(|value| test.holds(Field::Text(Some(value)))),
                _ => false,
            },
        }
    }

    /// Texts of which at least one belongs to each object that matches, or `None` if there are no such texts.
    pub(crate) fn keys(&self, indexed: &[&str]) -> Option<Vec<String>> {
        match self {
            Self::Or(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(part.keys(indexed)?);
                }
                Some(all)
            }
            Self::And(parts) => parts.iter().find_map(|part| part.keys(indexed)),
            Self::Test { property, test } | Self::Any { property, test }
                if indexed.contains(&property.as_str()) =>
            {
                test.texts()
            }
            _ => None,
        }
    }
}

impl Test {
    fn holds(&self, field: Field<'_>) -> bool {
        match self {
            Self::Equal(literal) => literal.equals(field),
            Self::Unequal(literal) => !literal.equals(field),
            Self::In(literals) => literals.iter().any(|literal| literal.equals(field)),
            Self::StartsWith(start) => {
                text_of(field).is_some_and(|text| text.to_lowercase().starts_with(&start.to_lowercase()))
            }
            Self::EndsWith(end) => {
                text_of(field).is_some_and(|text| text.to_lowercase().ends_with(&end.to_lowercase()))
            }
        }
    }

    fn texts(&self) -> Option<Vec<String>> {
        let literals = match self {
            Self::Equal(literal) => std::slice::from_ref(literal),
            Self::In(literals) => literals.as_slice(),
            _ => return None,
        };
        literals
            .iter()
            .map(|literal| match literal {
                Literal::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect()
    }
}

impl Literal {
    fn equals(&self, field: Field<'_>) -> bool {
        match (self, field) {
            (Self::Text(text), Field::Id(id)) => text.parse() == Ok(id),
            (Self::Text(text), Field::Text(Some(value))) => same(text, value),
            (Self::Flag(flag), Field::Flag(value)) => *flag == value,
            (Self::Null, Field::Text(None)) => true,
            _ => false,
        }
    }
}

fn text_of(field: Field<'_>) -> Option<&str> {
    match field {
        Field::Text(text) => text,
        _ => None,
    }
}

fn check_test(property: &str, test: &Test, filters: &Filters, engine: Engine) -> Result<(), Refusal> {
    let texts = filters.equal.contains(&property);
    let flags = filters.flags.contains(&property);
    let fits = |literal: &Literal| match literal {
        Literal::Text(_) => texts,
        Literal::Flag(_) => flags,
        Literal::Null => texts && engine == Engine::Advanced,
    };
    let takes = match test {
        Test::Equal(literal) => fits(literal),
        Test::In(literals) => literals.iter().all(fits),
        Test::Unequal(literal) => {
            if texts || flags {
                advanced_only("The 'ne' operator is not supported", engine)?;
            }
            fits(literal)
        }
        Test::StartsWith(_) => filters.starts.contains(&property),
        Test::EndsWith(_) => {
            if texts {
                advanced_only("Operator: 'EndsWith' is not supported", engine)?;
            }
            ["mail", "userPrincipalName"].contains(&property) && texts
        }
    };
    takes.then_some(()).ok_or_else(|| unsupported_property(property))
}

fn advanced_only(what: &str, engine: Engine) -> Result<(), Refusal> {
    match engine {
        Engine::Advanced => Ok(()),
        Engine::Default => Err(Refusal::needs_advanced(what)),
    }
}

fn unsupported_property(property: &str) -> Refusal {
    Refusal::unsupported_query(format!(
        "Unsupported or invalid query filter clause specified for property '{property}' of resource."
    ))
}
