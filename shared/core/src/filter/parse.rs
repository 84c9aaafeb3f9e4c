//! From the text to the tree.

use scim_v2::filter::{
    AttrExp, AttrPath, CompValue, CompareOp, Filter as Tree, FilterActionError, MAX_FILTER_DEPTH, ParseError,
};

use super::{
    Filter, Node,
    error::{Expected, FilterError},
    fold_name,
    literal::Literal,
    term::{Operator, Term},
};

/// So many characters of what stands at a wrong place are shown.
const SHOWN: usize = 20;

pub(super) fn parse(text: &str) -> Result<Node, FilterError> {
    if text.len() > Filter::MAX_BYTES {
        return Err(FilterError::TooLong { bytes: text.len() });
    }
    if text.trim().is_empty() {
        return Err(FilterError::Empty);
    }
    match text.trim().parse::<Tree>() {
        Ok(tree) => node(tree),
        Err(error) => Err(refusal(text, error)),
    }
}

fn node(tree: Tree) -> Result<Node, FilterError> {
    Ok(match tree {
        Tree::And(parts) => Node::All(parts.iter().cloned().map(node).collect::<Result<_, _>>()?),
        Tree::Or(parts) => Node::Any(parts.iter().cloned().map(node).collect::<Result<_, _>>()?),
        Tree::Not(part) => Node::Not(Box::new(node(*part)?)),
        Tree::Attr(condition) => Node::Term(Box::new(term(condition)?)),
        Tree::ValuePath(path) => return Err(FilterError::ValuePath { field: path.attr.to_string() }),
    })
}

fn term(condition: AttrExp) -> Result<Term, FilterError> {
    match condition {
        AttrExp::Present(path) => {
            let written = name(path)?;
            Ok(Term {
                field: fold_name(&written),
                written,
                operator: Operator::Present,
                literal: Literal::Null,
            })
        }
        AttrExp::Comparison(path, operator, value) => {
            let (written, operator, shown) = (name(path)?, op(&operator), value.to_string());
            let literal = literal(value);
            if !operator.takes(&literal) {
                let operator = operator.word();
                return Err(FilterError::Operator { field: written, operator, value: shown });
            }
            Ok(Term { field: fold_name(&written), written, operator, literal })
        }
    }
}

fn name(path: AttrPath) -> Result<String, FilterError> {
    let written = path.to_string();
    match path.uri {
        None => Ok(written),
        Some(_) => Err(FilterError::FieldName { name: written }),
    }
}

fn op(operator: &CompareOp) -> Operator {
    match operator {
        CompareOp::Eq => Operator::Equal,
        CompareOp::Ne => Operator::NotEqual,
        CompareOp::Co => Operator::Contains,
        CompareOp::Sw => Operator::StartsWith,
        CompareOp::Ew => Operator::EndsWith,
        CompareOp::Gt => Operator::Greater,
        CompareOp::Lt => Operator::Less,
        CompareOp::Ge => Operator::GreaterOrEqual,
        CompareOp::Le => Operator::LessOrEqual,
    }
}

fn literal(value: CompValue) -> Literal {
    match value {
        CompValue::True => Literal::Bool(true),
        CompValue::False => Literal::Bool(false),
        CompValue::Null => Literal::Null,
        CompValue::Number(number) => Literal::number(number.to_string()),
        CompValue::Str(text) if text.trim().is_empty() => Literal::Blank(text),
        CompValue::Str(text) => Literal::text(text),
    }
}

/// What is wrong with a text that the grammar refuses.
fn refusal(text: &str, error: ParseError) -> FilterError {
    let start = text.len() - text.trim_start().len();
    match error {
        ParseError::InvalidToken { location } => unexpected(text, start + location, Expected::Token),
        ParseError::UnrecognizedEof { expected, .. } => {
            FilterError::Incomplete { expected: missing(&expected) }
        }
        ParseError::UnrecognizedToken { token: (at, _, _), expected } => {
            let at = start + at;
            let after_not = text[..at].to_ascii_lowercase().ends_with("not") && text[at..].starts_with('(');
            let expected = if after_not { Expected::SpaceAfterNot } else { missing(&expected) };
            unexpected(text, at, expected)
        }
        ParseError::ExtraToken { token: (at, _, _) } => unexpected(text, start + at, Expected::Link),
        ParseError::User { error } => match error {
            FilterActionError::InvalidAttrPath(name) | FilterActionError::InvalidAttrName(name) => {
                FilterError::FieldName { name }
            }
            FilterActionError::DepthExceeded(_) => FilterError::TooDeep { limit: MAX_FILTER_DEPTH },
            FilterActionError::TooManyTerms(_) => FilterError::TooLong { bytes: text.len() },
            _ => FilterError::Value,
        },
    }
}

/// Tokens may begin with the space before them; what is shown is what stands after it.
fn unexpected(text: &str, at: usize, expected: Expected) -> FilterError {
    let rest = text[at..].trim_start();
    let at = text.len() - rest.len();
    let word = rest.split(char::is_whitespace).next().unwrap_or_default();
    match word.is_empty() {
        true => FilterError::Incomplete { expected },
        false => FilterError::Unexpected {
            position: text[..at].chars().count() + 1,
            found: word.chars().take(SHOWN).collect(),
            expected,
        },
    }
}

fn missing(expected: &[String]) -> Expected {
    let may = |token: &str| expected.iter().any(|each| each.trim_matches('"') == token);
    if may("StringLit") {
        Expected::Value
    } else if may("eq") {
        Expected::Operator
    } else if may("AttrNameTok") {
        Expected::Condition
    } else {
        Expected::Link
    }
}
