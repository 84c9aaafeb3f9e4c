//! The handlers, a file per noun, and what they share.

pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod contacts;
pub(crate) mod decisions;
pub(crate) mod filters;
pub(crate) mod groups;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod holds;
pub(crate) mod import_query;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod members;
pub(crate) mod newlink;
pub(crate) mod optout_links;
pub(crate) mod prune;
pub(crate) mod requests;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod sources;
pub(crate) mod status;
pub(crate) mod syncs;
pub(crate) mod undo;
pub(crate) mod upload;
pub(crate) mod why;

use axum::http::StatusCode;
use listsync_core::{address::Address, text::label};

use crate::problem::Problem;

/// What a field of the body names is not there.
pub(crate) fn in_field(field: &str) -> impl Fn(Problem) -> Problem + '_ {
    move |problem| if problem.status == StatusCode::NOT_FOUND { problem.field(field) } else { problem }
}

/// An address out of a body.
pub(crate) fn address(field: &str, text: &str) -> Result<Address, Problem> {
    Address::parse(text).map_err(|error| {
        Problem::invalid(field, error.to_string()).hint("give a bare address such as anna@contoso.com")
    })
}

/// A name out of a body: without outer space and what is not seen.
pub(crate) fn name(field: &str, text: &str) -> Result<String, Problem> {
    label(text).map_err(|error| Problem::invalid(field, error.to_string()))
}

/// A display name out of a body: as [`name`], or none.
pub(crate) fn display_name(field: &str, text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() { Ok(String::new()) } else { name(field, text) }
}

/// Ids as text.
pub(crate) fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
