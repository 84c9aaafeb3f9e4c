//! The rows that were not taken, given back to be corrected.

use std::io::{self, Read, Write};

use listsync_core::csv::Shape;

use crate::{
    FileError, ParsedFile, RejectReason,
    columns::{OUR_OWN, Written},
    gauge::Gauge,
    parse::{Opened, Reading},
};

/// Why rejected rows could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RejectsError {
    /// The file cannot be read once more.
    #[error("could not read the file once more")]
    File(#[from] FileError),
    /// It is not the file that was read.
    #[error("the file has changed since it was read: import it anew")]
    Changed,
    /// The rows could not be written.
    #[error("could not write the rejected rows")]
    Write(#[source] io::Error),
}

/// Writes the rejected rows of a file, which is read once more, and says how many there are. They stand as the source
/// wrote them, in the same encoding (UTF-16 as UTF-8) and with the same delimiter, with two columns before: the row's number and the
/// reason. What a spreadsheet would take for a formula stands behind an apostrophe. Once corrected, the rows
/// can be imported as they are: the two columns and the apostrophes are known.
///
/// # Errors
/// When the file is another than was read, or a side fails; then some rows may have been written.
pub fn write_rejects(
    input: impl Read,
    reading: Reading<'_>,
    parsed: &ParsedFile,
    out: &mut dyn Write,
) -> Result<u64, RejectsError> {
    let mut gauge = Gauge::new(input);
    let mut file = Opened::open(&mut gauge, reading)?;
    let skipped = match file.rules.columns.written {
        Written::BySource => 0,
        Written::ByUs => OUR_OWN.len(),
    };
    let shape = Shape { delimiter: file.shape.delimiter, quote: file.shape.quote, ..Shape::COMMA };
    if file.shape.marked {
        out.write_all(b"\xef\xbb\xbf").map_err(RejectsError::Write)?;
    }
    let ours = OUR_OWN.map(str::as_bytes).into_iter();
    put(out, &shape.record(ours.chain(file.header.iter().skip(skipped))))?;
    let mut rejected = parsed.rejected.iter().peekable();
    let mut written = 0;
    while file.advance()? {
        let (row, record) = (file.records.row, &file.records.record);
        if let Some(reject) = rejected.next_if(|reject| reject.row == row) {
            let (number, reason) = (row.to_string(), told(&reject.reason));
            let ours = [number.as_bytes(), reason.as_bytes()].into_iter();
            put(out, &shape.record(ours.chain(record.iter().skip(skipped))))?;
            written += 1;
        }
    }
    drop(file);
    if gauge.digests("").0 != parsed.digest {
        return Err(RejectsError::Changed);
    }
    Ok(written)
}

fn told(reason: &RejectReason) -> String {
    format!("{}: {reason}", reason.code())
}

fn put(out: &mut dyn Write, line: &[u8]) -> Result<(), RejectsError> {
    out.write_all(line).map_err(RejectsError::Write)
}
