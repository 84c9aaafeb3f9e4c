use std::{
    collections::BTreeSet,
    io::{self, BufReader, Cursor, Read},
};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use listsync_core::list::NewContact;

use crate::{
    FileError, Mapping,
    columns::Columns,
    rows::{self, RejectedRow},
    sniff::{self, Beginning},
};

/// A file of contacts, read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedFile {
    /// Who is in it, each once, in the file's order.
    pub contacts: Vec<NewContact>,
    /// Rows, without the header and blank ones: each is a contact, a repeat, or rejected.
    pub rows: u64,
    /// Rows that name somebody whom an earlier row named; the earlier one counts.
    pub repeated: u64,
    /// Rows that could not be read.
    pub rejected: Vec<RejectedRow>,
}

/// How far a file has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Rows, without the header.
    pub rows: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Rows between two reports of progress.
const STRIDE: u64 = 1_000;

/// Reads a CSV file: UTF-8, a header row, commas, semicolons or tabs between the fields. Only the contacts are held in
/// memory. `progress` is told every thousand rows and at the end.
///
/// # Errors
/// When the file as a whole cannot be read: it is empty, no text, has no header row or no e-mail column, or breaks off.
pub fn parse(
    input: impl Read,
    mapping: &Mapping,
    mut progress: impl FnMut(Position),
) -> Result<ParsedFile, FileError> {
    let mut input = BufReader::new(input);
    let Beginning { line, blank_lines, delimiter } = sniff::sniff(&mut input)?;
    let mut records = Records::new(Cursor::new(line).chain(input), delimiter, blank_lines);
    if !records.advance()? {
        return Err(FileError::Empty);
    }
    let columns = Columns::find(&header(&records.record)?, mapping)?;
    let mut file = ParsedFile::default();
    let mut seen = BTreeSet::new();
    while records.advance()? {
        if rows::is_blank(&records.record) {
            continue;
        }
        file.rows += 1;
        match rows::contact(&records.record, &columns, delimiter) {
            Ok(contact) if seen.insert(contact.address.clone()) => file.contacts.push(contact),
            Ok(_) => file.repeated += 1,
            Err(reason) => file.rejected.push(RejectedRow { row: records.row, reason }),
        }
        if file.rows.is_multiple_of(STRIDE) {
            progress(records.position(file.rows));
        }
    }
    progress(records.position(file.rows));
    Ok(file)
}

fn header(record: &ByteRecord) -> Result<Vec<String>, FileError> {
    let text = |field| std::str::from_utf8(field).map(|text: &str| text.trim().to_owned());
    record.iter().map(text).collect::<Result<_, _>>().map_err(|_| FileError::HeaderNotUtf8)
}

/// The records of a file, numbered as a spreadsheet numbers its rows.
struct Records<R> {
    reader: Reader<R>,
    record: ByteRecord,
    row: u64,
    /// Line ends that belong to records: those of the reader's count beyond them ended blank lines.
    own_lines: u64,
    blank_lines: u64,
}

impl<R: Read> Records<R> {
    fn new(input: R, delimiter: u8, blank_lines: u64) -> Self {
        // With the line feed as the only line end, the reader's line count is exact, also with carriage returns.
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .terminator(Terminator::Any(b'\n'))
            .from_reader(input);
        Self { reader, record: ByteRecord::new(), row: blank_lines, own_lines: 0, blank_lines: 0 }
    }

    /// Goes to the next record; false at the end.
    fn advance(&mut self) -> Result<bool, FileError> {
        let more = self.reader.read_byte_record(&mut self.record).map_err(broken)?;
        let inner = self.record.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        self.own_lines += inner + 1;
        // The reader passes over blank lines, which a spreadsheet counts.
        let ended = self.reader.position().line().saturating_sub(1);
        let blank_lines = ended.saturating_sub(self.own_lines).max(self.blank_lines);
        self.row += 1 + blank_lines - self.blank_lines;
        self.blank_lines = blank_lines;
        Ok(more)
    }

    fn position(&self, rows: u64) -> Position {
        Position { rows, bytes: self.reader.position().byte() }
    }
}

fn broken(error: csv::Error) -> FileError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => FileError::Read(error),
        _ => FileError::Read(io::Error::from(io::ErrorKind::InvalidData)),
    }
}
