//! Filters of lists.

use listsync_core::filter::Filter;

use crate::{app::App, problem::Problem};

/// A filter that may be saved.
pub(crate) async fn judged(_: &App, field: &str, text: &str) -> Result<String, Problem> {
    Filter::parse(text).map(String::from).map_err(|error| Problem::invalid(field, error.to_string()))
}
