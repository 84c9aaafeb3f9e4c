//! What failed in a run, as CSV for a spreadsheet.

use listsync_core::summary::{Failure, Summary};

/// The failures of a run, a row each, under a header.
///
/// # Errors
/// Never in memory.
pub fn csv(summary: &Summary) -> Result<String, csv::Error> {
    let header =
        ["run", "link", "side", "op", "address", "object_id", "code", "message", "hint", "retryable"];
    table(header, summary.failures.iter().map(|failure| record(summary, failure)))
}

fn table<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row.map(|cell| harmless(&cell)))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn record(summary: &Summary, failure: &Failure) -> [String; 10] {
    let Failure { side, op, address, object_id, code, message, hint, retryable } = failure;
    [
        summary.run.to_string(),
        summary.link.to_string(),
        side.to_string(),
        op.to_string(),
        address.as_ref().map(ToString::to_string).unwrap_or_default(),
        object_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        code.clone(),
        message.clone(),
        hint.clone(),
        retryable.to_string(),
    ]
}

/// A cell that a spreadsheet would read as a formula gets an apostrophe before it (OWASP ASVS 5.0, 1.2.10).
#[must_use]
pub fn harmless(cell: &str) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_be_a_formula_is_escaped() {
        for start in ["=", "+", "-", "@", "\t", "\r", "\0"] {
            assert_eq!(harmless(&format!("{start}1")), format!("'{start}1"));
        }
        assert_eq!(harmless("a=1"), "a=1");
        assert_eq!(harmless(""), "");
    }
}
