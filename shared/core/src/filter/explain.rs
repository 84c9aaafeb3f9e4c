//! Why a contact meets a filter or not.

use std::fmt;

use serde::{Serialize, Serializer};

use super::{
    Attributes, Node,
    literal::Literal,
    term::{Operator, Term},
};

/// Why a contact meets a filter or not: the facts that decided it.
///
/// Where all parts of an `and` hold, each is a fact; where it fails, just those that do not hold. Where an `or` holds,
/// the parts that hold; where it fails, all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Whether it meets it.
    pub matches: bool,
    /// What decided.
    pub because: Vec<Fact>,
}

/// What one condition found. Its `Display` is a sentence such as `department is "Sales"`; it holds the contact's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The field, as the filter writes it.
    pub field: String,
    /// The contact's value, if it has one.
    pub value: Option<String>,
    /// Whether the condition holds.
    pub holds: bool,
    relation: Option<String>,
}

pub(super) fn explain(root: &Node, contact: &dyn Attributes) -> Explanation {
    match root {
        Node::Not(part) => {
            let Explanation { matches, because } = explain(part, contact);
            Explanation { matches: !matches, because }
        }
        Node::All(parts) => together(parts, contact, true),
        Node::Any(parts) => together(parts, contact, false),
        Node::Term(term) => {
            let fact = Fact::of(term, contact);
            Explanation { matches: fact.holds, because: vec![fact] }
        }
    }
}

/// Of several parts: the outcome is `unanimous` where all parts have it, and then all decided; else those that differ.
fn together(parts: &[Node], contact: &dyn Attributes, unanimous: bool) -> Explanation {
    let mut parts: Vec<_> = parts.iter().map(|part| explain(part, contact)).collect();
    let matches = match parts.iter().all(|part| part.matches == unanimous) {
        true => unanimous,
        false => !unanimous,
    };
    parts.retain(|part| part.matches == matches);
    Explanation { matches, because: parts.into_iter().flat_map(|part| part.because).collect() }
}

impl Fact {
    fn of(term: &Term, contact: &dyn Attributes) -> Self {
        let value = term.value(contact);
        let holds = term.holds(value.as_deref());
        let relation = match value {
            Some(_) => relation(term, holds),
            None => None,
        };
        Self { field: term.written.clone(), value: value.map(|value| value.into_owned()), holds, relation }
    }
}

/// What follows after `department is "Sales"`, where that does not say it all.
fn relation(term: &Term, holds: bool) -> Option<String> {
    let shown = match &term.literal {
        Literal::Null => "null".to_owned(),
        Literal::Blank(written) | Literal::Text { written, .. } => format!("\"{written}\""),
        Literal::Bool(yes) => yes.to_string(),
        Literal::Number { written, .. } => written.clone(),
    };
    let (does, does_not) = match term.operator {
        Operator::Present => return None,
        Operator::Equal | Operator::NotEqual => {
            let equal = holds == (term.operator == Operator::Equal);
            let says_it_all = equal || term.asks_for_none();
            return (!says_it_all).then(|| format!(", not {shown}"));
        }
        Operator::Contains => ("contains", "does not contain"),
        Operator::StartsWith => ("starts with", "does not start with"),
        Operator::EndsWith => ("ends with", "does not end with"),
        Operator::Greater => ("is more than", "is not more than"),
        Operator::GreaterOrEqual => ("is at least", "is not at least"),
        Operator::Less => ("is less than", "is not less than"),
        Operator::LessOrEqual => ("is at most", "is not at most"),
    };
    Some(format!(", which {} {shown}", if holds { does } else { does_not }))
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, holds: _, relation } = self;
        match value {
            None => write!(f, "{field} has no value"),
            Some(value) => write!(f, "{field} is \"{value}\"{}", relation.as_deref().unwrap_or_default()),
        }
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { matches, because } = self;
        f.write_str(if *matches { "matches: " } else { "does not match: " })?;
        for (number, fact) in because.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(f, "{between}{fact}")?;
        }
        Ok(())
    }
}
