//! What taking a file in would do.

use std::fmt::Write as _;

use listsync_core::list::List;
use listsync_engine::{
    ports::{Affected, ImportMode},
    service::Service,
};
use listsync_lists::{ParsedFile, Preview};
use serde_json::json;

use super::told::{Named, in_full, problems, understood};
use crate::output::{self, Outcome, Reply};

/// So many of those who join or leave are named to a person; a document has them all.
const NAMED: usize = 50;

/// Tells what taking a file in would do. The document is that of a dry run over HTTP, and the exit code that of the import.
pub(super) async fn look(
    service: &Service,
    list: &List,
    (parsed, mode): (ParsedFile, ImportMode),
) -> Outcome {
    let preview = listsync_lists::preview(service, list, (&parsed, mode)).await?;
    let exit = match (preview.held + preview.held_additions, preview.problems.is_empty()) {
        (0, true) => 0,
        (0, false) => 3,
        _ => 4,
    };
    let mut document = json!(preview);
    document["rows"] = json!(parsed.rows);
    document["report"] = json!(parsed.report);
    let text = [
        totals(&preview, &parsed, list),
        understood(&parsed.report),
        in_full(&parsed.report),
        named("joins", &preview.joins).to_string(),
        named("leaves", &preview.leaves).to_string(),
        problems(&preview.problems),
    ];
    Ok(Reply::done(document, text.concat().trim_end()).exiting(exit))
}

fn totals(preview: &Preview, parsed: &ParsedFile, list: &List) -> String {
    let Preview { joins, leaves, held, held_additions, kept_back, already, opted_out, problems } = preview;
    let mut text = format!(
        "Nothing is changed. The file has {} rows for '{}'.\n  {} would join, {} would leave, {already} are on it already, {opted_out} opted out, {} rows not taken in\n",
        parsed.rows,
        list.name,
        joins.len(),
        leaves.len(),
        problems.len(),
    );
    if *held > 0 {
        let _ = writeln!(
            text,
            "  {} {held} of those who leave would wait for approval, because more than a fifth of the list would leave within 24 hours.",
            output::yellow("held:")
        );
    }
    if *held_additions > 0 {
        let _ = writeln!(
            text,
            "  {} {held_additions} who join would wait for approval, because more would join within 24 hours than the setting max-additions lets through.",
            output::yellow("held:")
        );
    }
    if *kept_back > 0 {
        let _ = writeln!(
            text,
            "  {kept_back} who are missing from the file would stay, because rows do not tell whom they name."
        );
    }
    text
}

fn named<'a>(what: &'a str, people: &'a [Affected]) -> Named<'a> {
    Named { what, people, most: NAMED, others: "--json" }
}
