//! What failed in a run, as CSV for a spreadsheet.

use listsync_core::{
    csv::{Shape, row},
    summary::{Failure, Summary},
};

/// The failures of a run, a row each, under a header.
#[must_use]
pub fn csv(summary: &Summary) -> String {
    let header =
        ["run", "link", "side", "op", "address", "object_id", "code", "message", "hint", "retryable"];
    let header = row(header, Shape::LINES);
    summary.failures.iter().fold(header, |text, failure| text + &record(summary, failure))
}

fn record(summary: &Summary, failure: &Failure) -> String {
    let Failure { side, op, address, object_id, code, message, hint, retryable } = failure;
    let (side, op, retryable) = (side.to_string(), op.to_string(), retryable.to_string());
    let cells = [
        summary.run.as_str(),
        summary.link.as_str(),
        side.as_str(),
        op.as_str(),
        address.as_ref().map_or("", |address| address.as_str()),
        object_id.as_ref().map_or("", |id| id.as_str()),
        code,
        message,
        hint,
        retryable.as_str(),
    ];
    row(cells, Shape::LINES)
}
