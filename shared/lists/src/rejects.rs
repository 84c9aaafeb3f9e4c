//! The rows that were not taken, given back to be corrected.

use std::io::{self, Read, Write};

use crate::{
    FileError, ParsedFile, RejectReason,
    columns::{OUR_OWN, Written},
    gauge::Gauge,
    parse::{Opened, Reading},
    records::Record,
};

/// What a spreadsheet takes for the beginning of a formula ("CSV Injection" of OWASP).
const FORMULA: &[u8] = b"=+-@\t\r\0";

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
/// reason. A cell that a spreadsheet would take for a formula stands behind an apostrophe. Once corrected, the rows
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
    let mut line = Line { bytes: Vec::new(), quote: file.shape.quote, delimiter: file.shape.delimiter };
    if file.shape.marked {
        out.write_all(b"\xef\xbb\xbf").map_err(RejectsError::Write)?;
    }
    line.record(OUR_OWN.map(str::as_bytes), &file.header, skipped);
    line.end(out)?;
    let mut rejected = parsed.rejected.iter().peekable();
    let mut written = 0;
    while file.advance()? {
        let (row, record) = (file.records.row, &file.records.record);
        if let Some(reject) = rejected.next_if(|reject| reject.row == row) {
            let (number, reason) = (row.to_string(), told(&reject.reason));
            line.record([number.as_bytes(), reason.as_bytes()], record, skipped);
            line.end(out)?;
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

struct Line {
    bytes: Vec<u8>,
    quote: u8,
    delimiter: u8,
}

impl Line {
    fn record(&mut self, ours: [&[u8]; 2], record: &Record, skipped: usize) {
        for (column, cell) in ours.into_iter().chain(record.iter().skip(skipped)).enumerate() {
            if column > 0 {
                self.bytes.push(self.delimiter);
            }
            self.cell(cell);
        }
    }

    fn cell(&mut self, cell: &[u8]) {
        self.bytes.push(self.quote);
        if cell.first().is_some_and(|first| FORMULA.contains(first)) {
            self.doubled(b'\'');
        }
        for byte in cell {
            self.doubled(*byte);
        }
        self.bytes.push(self.quote);
    }

    fn doubled(&mut self, byte: u8) {
        if byte == self.quote {
            self.bytes.push(byte);
        }
        self.bytes.push(byte);
    }

    fn end(&mut self, out: &mut dyn Write) -> Result<(), RejectsError> {
        self.bytes.extend_from_slice(b"\r\n");
        out.write_all(&self.bytes).map_err(RejectsError::Write)?;
        self.bytes.clear();
        Ok(())
    }
}

/// A cell without the apostrophe that [`write_rejects`] put before it.
pub(crate) fn unescaped(cell: &[u8]) -> &[u8] {
    match cell {
        [b'\'', rest @ ..] if rest.first().is_some_and(|first| FORMULA.contains(first)) => rest,
        _ => cell,
    }
}
