//! What a person is told of a file.

use std::fmt::Write as _;

use listsync_engine::ports::{FileReport, Import, ImportState, LeaveDay, ReadColumn, StatusWord};
use listsync_lists::RowProblem;

use crate::{output, view};

/// So many unreadable rows are told one by one to a person; a document has them all.
const TOLD: usize = 10;

/// What an import did.
pub(super) fn outline(import: &Import, list: &str) -> String {
    let Import {
        id,
        file,
        rows,
        added,
        updated,
        unchanged,
        removed,
        held,
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
    match import.state {
        ImportState::Done | ImportState::Repeated => {}
        ImportState::RemovalsSkipped => {
            text.push_str(
                "  Nobody who is missing from the file was removed, because rows do not tell whom they name: correct them and import again.\n",
            );
        }
        ImportState::Held => {
            let _ = writeln!(
                text,
                "  {} {held} removals, because the file names fewer than 80 % of those on the list.\n  Do them: listsync imports approve {id}",
                output::yellow("held:")
            );
        }
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
