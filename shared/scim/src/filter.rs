//! Filters over resources (RFC 7644, section 3.4.2.2).

use std::borrow::Cow;

use scim_v2::filter::{AttrExp, AttrPath, CompValue, CompareOp, Filter as Tree, ValFilter};
use serde_json::Value;

use crate::{
    refusal::{Refusal, ScimType},
    schema::ENTERPRISE,
    values::{Object, get, truth},
};

/// The longest text, in bytes.
const LONGEST: usize = 8_192;

/// A condition that a resource meets or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Tree);

/// What tells at once whom a filter can admit at most, so that nobody else is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needle {
    /// Whoever has this `id`.
    Id(String),
    /// Whoever has this `externalId`.
    ExternalId(String),
    /// Whoever has this `userName`.
    UserName(String),
    /// Whoever has this address.
    Email(String),
    /// Whatever has this `displayName`.
    DisplayName(String),
}

impl Filter {
    /// Reads a filter. `emails[type eq "work"].value eq "…"`, which Entra sends and the grammar does not have, is read as
    /// `emails[type eq "work" and value eq "…"]`.
    ///
    /// # Errors
    /// [`ScimType::InvalidFilter`] when it cannot be read, or compares the order of truths.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |detail: String| Refusal::of(ScimType::InvalidFilter, detail);
        if text.len() > LONGEST {
            return Err(refuse(format!("the filter is longer than {LONGEST} bytes")));
        }
        let grammatical = within_brackets(text);
        let tree: Tree = grammatical.trim().parse().map_err(|_| {
            refuse(
                "the filter is none: see RFC 7644, section 3.4.2.2, such as userName eq \"anna\"".to_owned(),
            )
        })?;
        if any(&tree, &|term| matches!(term, AttrExp::Comparison(_, op, value) if orders_truths(op, value))) {
            return Err(refuse("true and false have no order".to_owned()));
        }
        Ok(Self(tree))
    }

    /// Whether a resource meets it.
    #[must_use]
    pub fn admits(&self, resource: &Value) -> bool {
        resource.as_object().is_some_and(|object| holds(&self.0, object))
    }

    /// What tells whom it can admit at most; none: anybody.
    #[must_use]
    pub fn needle(&self) -> Option<Needle> {
        needle(&self.0)
    }
}

fn orders_truths(op: &CompareOp, value: &CompValue) -> bool {
    matches!(op, CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le)
        && matches!(value, CompValue::True | CompValue::False)
}

fn any(tree: &Tree, meets: &impl Fn(&AttrExp) -> bool) -> bool {
    fn within(filter: &ValFilter, meets: &impl Fn(&AttrExp) -> bool) -> bool {
        match filter {
            ValFilter::Attr(term) => meets(term),
            ValFilter::Not(part) => within(part, meets),
            ValFilter::And(parts) | ValFilter::Or(parts) => parts.iter().any(|part| within(part, meets)),
        }
    }
    match tree {
        Tree::Attr(term) => meets(term),
        Tree::ValuePath(path) => within(&path.filter, meets),
        Tree::Not(part) => any(part, meets),
        Tree::And(parts) | Tree::Or(parts) => parts.iter().any(|part| any(part, meets)),
    }
}

fn needle(tree: &Tree) -> Option<Needle> {
    match tree {
        Tree::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text))) => {
            let name = match &path.sub_attr {
                Some(part) => format!("{}.{part}", path.name),
                None => path.name.clone(),
            };
            of_name(&name, text)
        }
        Tree::ValuePath(path) if path.attr.name.eq_ignore_ascii_case("emails") => address(&path.filter),
        // Whoever meets all parts is among those who meet one of them.
        Tree::And(parts) => parts.iter().find_map(needle),
        _ => None,
    }
}

fn of_name(name: &str, text: &str) -> Option<Needle> {
    let text = text.to_owned();
    match name.to_ascii_lowercase().as_str() {
        "id" => Some(Needle::Id(text)),
        "externalid" => Some(Needle::ExternalId(text)),
        "username" => Some(Needle::UserName(text)),
        "displayname" => Some(Needle::DisplayName(text)),
        "emails" | "emails.value" => Some(Needle::Email(text)),
        _ => None,
    }
}

fn address(filter: &ValFilter) -> Option<Needle> {
    match filter {
        ValFilter::Attr(AttrExp::Comparison(path, CompareOp::Eq, CompValue::Str(text)))
            if path.name.eq_ignore_ascii_case("value") =>
        {
            Some(Needle::Email(text.clone()))
        }
        ValFilter::And(parts) => parts.iter().find_map(address),
        _ => None,
    }
}

/// Moves what is asked of a sub-attribute behind brackets into them.
fn within_brackets(text: &str) -> Cow<'_, str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !is_escaped => is_quoted = !is_quoted,
            ']' if !is_quoted && text[at + 1..].starts_with('.') => {
                let rest = &text[at + 2..];
                let end = end_of_term(rest);
                let moved = format!("{} and {}]{}", &text[..at], &rest[..end], &rest[end..]);
                return Cow::Owned(within_brackets(&moved).into_owned());
            }
            _ => {}
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    Cow::Borrowed(text)
}

/// Where `value eq "…"` ends: behind its literal, or its `pr`.
fn end_of_term(text: &str) -> usize {
    let mut words = 0;
    let (mut is_quoted, mut is_escaped, mut is_word) = (false, false, false);
    for (at, letter) in text.char_indices() {
        if letter == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        let parts = !is_quoted && (letter.is_whitespace() || letter == ')');
        if parts && is_word {
            words += 1;
            let is_presence = text[..at].to_ascii_lowercase().ends_with(" pr");
            if words == 3 || (words == 2 && is_presence) {
                return at;
            }
        }
        is_word = !parts;
        is_escaped = letter == '\\' && !is_escaped;
    }
    text.len()
}

fn holds(tree: &Tree, object: &Object) -> bool {
    match tree {
        Tree::And(parts) => parts.iter().all(|part| holds(part, object)),
        Tree::Or(parts) => parts.iter().any(|part| holds(part, object)),
        Tree::Not(part) => !holds(part, object),
        Tree::Attr(term) => term_holds(term, object, None),
        Tree::ValuePath(path) => {
            let found = home(object, path.attr.uri.as_deref()).and_then(|home| get(home, &path.attr.name));
            elements(found).iter().any(|element| chooses(&path.filter, element, &path.attr.name))
        }
    }
}

/// Whether a value of a multi-valued attribute is one of those that a filter in brackets chooses.
pub(crate) fn chooses(filter: &ValFilter, element: &Value, of: &str) -> bool {
    match filter {
        ValFilter::And(parts) => parts.iter().all(|part| chooses(part, element, of)),
        ValFilter::Or(parts) => parts.iter().any(|part| chooses(part, element, of)),
        ValFilter::Not(part) => !chooses(part, element, of),
        ValFilter::Attr(term) => element.as_object().is_some_and(|object| term_holds(term, object, Some(of))),
    }
}

fn home<'a>(object: &'a Object, uri: Option<&str>) -> Option<&'a Object> {
    match uri {
        Some(uri) if uri.eq_ignore_ascii_case(ENTERPRISE) => get(object, ENTERPRISE)?.as_object(),
        _ => Some(object),
    }
}

fn elements(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
    }
}

/// What a path leads to: of a complex value without a part that is named, its `value`.
fn found<'a>(object: &'a Object, path: &AttrPath) -> Vec<&'a Value> {
    let values = elements(home(object, path.uri.as_deref()).and_then(|home| get(home, &path.name)));
    let part = path.sub_attr.as_deref();
    values
        .into_iter()
        .filter_map(|value| match (value, part) {
            (Value::Object(fields), part) => get(fields, part.unwrap_or("value")),
            (value, None) => Some(value),
            (_, Some(_)) => None,
        })
        .collect()
}

fn term_holds(term: &AttrExp, object: &Object, of: Option<&str>) -> bool {
    match term {
        AttrExp::Present(path) => match home(object, path.uri.as_deref()) {
            Some(home) if path.sub_attr.is_none() => get(home, &path.name).is_some(),
            _ => !found(object, path).is_empty(),
        },
        AttrExp::Comparison(path, op, wanted) => {
            let values = found(object, path);
            let is_exact = is_exact(path, of);
            let equal = || values.iter().any(|value| compares(&CompareOp::Eq, value, wanted, is_exact));
            match (op, wanted) {
                (CompareOp::Eq, CompValue::Null) => values.is_empty(),
                (CompareOp::Ne, CompValue::Null) => !values.is_empty(),
                (CompareOp::Eq, _) => equal(),
                (CompareOp::Ne, _) => !equal(),
                (op, _) => values.iter().any(|value| compares(op, value, wanted, is_exact)),
            }
        }
    }
}

/// Whether texts are compared letter by letter: ids and keys are, names and addresses are not.
fn is_exact(path: &AttrPath, of: Option<&str>) -> bool {
    let outer = of.unwrap_or(&path.name).to_ascii_lowercase();
    let inner = path.sub_attr.as_deref().or(of.map(|_| path.name.as_str())).map(str::to_ascii_lowercase);
    matches!(
        (outer.as_str(), inner.as_deref()),
        ("id" | "externalid" | "meta", _) | ("members" | "groups", None | Some("value" | "$ref"))
    )
}

fn compares(op: &CompareOp, value: &Value, wanted: &CompValue, is_exact: bool) -> bool {
    let fold = |text: &str| if is_exact { text.to_owned() } else { text.to_lowercase() };
    match (value, wanted) {
        (Value::Bool(own), CompValue::True) => *op == CompareOp::Eq && *own,
        (Value::Bool(own), CompValue::False) => *op == CompareOp::Eq && !*own,
        (Value::Bool(own), CompValue::Str(text)) => {
            *op == CompareOp::Eq && truth(&Value::String(text.clone())) == Some(*own)
        }
        (Value::Number(own), CompValue::Number(wanted)) => match (own.as_f64(), wanted.as_f64()) {
            (Some(own), Some(wanted)) => ordered(op, own.partial_cmp(&wanted)),
            _ => false,
        },
        (Value::String(own), CompValue::Str(wanted)) => {
            let (own, wanted) = (fold(own), fold(wanted));
            match op {
                CompareOp::Co => own.contains(&wanted),
                CompareOp::Sw => own.starts_with(&wanted),
                CompareOp::Ew => own.ends_with(&wanted),
                op => ordered(op, Some(own.cmp(&wanted))),
            }
        }
        _ => false,
    }
}

fn ordered(op: &CompareOp, order: Option<std::cmp::Ordering>) -> bool {
    let Some(order) = order else { return false };
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => order.is_ge(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => order.is_le(),
        CompareOp::Ne | CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
