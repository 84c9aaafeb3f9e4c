//! What a person is told of a file, beside it in the inbox.

use std::fmt::Write as _;

use listsync_lists::{RowProblem, Taken, left_undone};

use crate::Refusal;

/// So many rows are told one by one.
const TOLD: usize = 1_000;

/// Why a file is not taken in.
pub(crate) fn refused(refusal: &Refusal) -> String {
    let Refusal { code, message } = refusal;
    format!(
        "Nothing was changed: this file was not taken in.\n\n{code}: {message}\n\nPut it right, and drop it again.\n"
    )
}

/// What a person has to see of a file that is taken in; none: nothing.
pub(crate) fn taken(taken: &Taken) -> Option<String> {
    let Taken { import, problems, gone_unknown, .. } = taken;
    let mut text = format!(
        "This file was taken in as import {}: {} added, {} updated, {} removed.\n",
        import.id, import.added, import.updated, import.removed
    );
    let undone = left_undone(import);
    if undone.is_empty() && import.rejected + gone_unknown == 0 {
        return None;
    }
    if !undone.is_empty() {
        let _ = writeln!(text, "\n{}", undone.join("\n"));
    }
    if *gone_unknown > 0 {
        let _ = writeln!(
            text,
            "\n{gone_unknown} leave by a key that nobody here has: nobody was removed for them."
        );
    }
    if !problems.is_empty() {
        text.push_str("\nNot taken in:\n");
    }
    for RowProblem { row, code, message } in problems.iter().take(TOLD) {
        let _ = writeln!(text, "row {row}: {code}: {message}");
    }
    if problems.len() > TOLD {
        let _ = writeln!(text, "and {} more rows", problems.len() - TOLD);
    }
    Some(text)
}
