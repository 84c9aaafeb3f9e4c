//! What a person is told of a file.

use std::fmt::{self, Write as _};

use listsync_engine::ports::{Affected, FileReport, Import, ImportState, LeaveDay, ReadColumn, StatusWord};
use listsync_lists::{RowProblem, left_undone};

use crate::{output, view};

/// So many unreadable rows are told one by one to a person; a document has them all.
const TOLD: usize = 10;

/// What an import did.
pub(super) fn outline(import: &Import, list: &str) -> String {
    let Import {
        file,
        rows,
        added,
        updated,
        unchanged,
        removed,
        opted_out,
        repeated,
        rejected,
        unreachable,
        not_yet,
        ..
    } = import;
    if import.state == ImportState::Repeated {
        let at = view::moment(import.at);
        return format!(
            "{file} is the last file that was imported into '{list}' ({at}): nothing was done. '--again take-in' takes it in once more.\n"
        );
    }
    let mut text = format!(
        "Imported {file} into '{list}': {rows} rows.\n  {added} added, {updated} updated, {unchanged} unchanged, {removed} removed\n"
    );
    if opted_out + repeated + rejected > 0 {
        let _ = writeln!(text, "  {opted_out} opted out, {repeated} repeated, {rejected} not taken in");
    }
    if unreachable + not_yet > 0 {
        let _ = writeln!(
            text,
            "  {unreachable} known by their key and without an address (they stay as they are), {not_yet} not there yet"
        );
    }
    text.push_str(&understood(&import.report));
    if import.state == ImportState::Held {
        let _ = writeln!(text, "  {}", output::yellow("held:"));
    }
    for line in left_undone(import) {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// What a person should know of how the file was understood.
pub(super) fn understood(report: &FileReport) -> String {
    let mut text = String::new();
    if !report.passed_over.is_empty() {
        let rows: Vec<String> = report.passed_over.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "  passed over, as they name nobody: rows {}", rows.join(", "));
    }
    let told = |meaning: &str| {
        let words = report.status_words.iter().filter(|word| word.meaning == meaning);
        words.map(|word| format!("'{}'", word.word)).collect::<Vec<_>>().join(", ")
    };
    let own = told("employed");
    if !own.is_empty() {
        let _ = writeln!(text, "  status words of your own, read as being there: {own}");
    }
    let looked_for = ["status", "employment_status", "status_date"];
    let knows = report.columns.iter().any(|column| looked_for.contains(&column.what.as_str()));
    if !knows && !report.columns.is_empty() {
        text.push_str("  no column told who is gone\n");
    }
    text
}

/// How the file was understood, column by column and word by word.
pub(super) fn in_full(report: &FileReport) -> String {
    let FileReport { columns, status_words, leave_days, passed_over: _ } = report;
    let mut text = String::new();
    for ReadColumn { what, title } in columns {
        let _ = writeln!(text, "  column '{title}': {what}");
    }
    for StatusWord { word, meaning, rows } in status_words {
        let _ = writeln!(text, "  status '{word}': {meaning}, in {rows} rows");
    }
    for LeaveDay { row, day } in leave_days {
        let _ = writeln!(text, "  row {row}: the last day is {day}");
    }
    text
}

/// Whom a change is about, by name: not all of many.
pub(super) struct Named<'a> {
    /// What happens to them: `joins` or `leaves`.
    pub(super) what: &'a str,
    pub(super) people: &'a [Affected],
    /// So many are named.
    pub(super) most: usize,
    /// How the others are to be had.
    pub(super) others: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, people, most, others } = self;
        for Affected { address, name, .. } in people.iter().take(*most) {
            writeln!(f, "{}", format!("  {what}: {address} {name}").trim_end())?;
        }
        match people.len().saturating_sub(*most) {
            0 => Ok(()),
            left => writeln!(f, "  {what}: {left} more, see them all with {others}"),
        }
    }
}

/// The rows that were not taken in.
pub(super) fn problems(problems: &[RowProblem]) -> String {
    let mut text = String::new();
    for RowProblem { row, message, .. } in problems.iter().take(TOLD) {
        let _ = writeln!(text, "  {} row {row}: {message}", output::yellow("not taken in:"));
    }
    if problems.len() > TOLD {
        let _ = writeln!(text, "  and {} more rows: see them all with --json", problems.len() - TOLD);
    }
    text
}
