//! The records of a file, one at a time.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};

use crate::{FileError, sniff::Shape};

/// The longest row, in bytes: an open quotation mark must not take the rest of a file into memory.
const LONGEST_ROW: usize = 1024 * 1024;

/// One record, with its quotation marks taken away.
#[derive(Debug)]
pub(crate) struct Record {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    length: usize,
}

impl Default for Record {
    fn default() -> Self {
        Self { bytes: vec![0; 1024], ends: vec![0; 64], length: 0 }
    }
}

impl Record {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn get(&self, field: usize) -> Option<&[u8]> {
        let end = *self.ends[..self.length].get(field)?;
        let start = if field == 0 { 0 } else { self.ends[field - 1] };
        Some(&self.bytes[start..end])
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.length).map(|field| self.get(field).unwrap_or_default())
    }

    /// Whether it holds nothing at all: spreadsheets leave such rows behind.
    pub(crate) fn is_blank(&self) -> bool {
        self.iter().all(|field| field.trim_ascii().is_empty())
    }

    fn all(&self) -> &[u8] {
        let end = self.length.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.bytes[..end]
    }

    /// A carriage return before the line feed belongs to the line end.
    fn drop_carriage_return(&mut self) {
        let last = self.length - 1;
        if self.get(last).is_some_and(|field| field.ends_with(b"\r")) {
            self.ends[last] -= 1;
        }
    }
}

/// How a record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnd {
    There,
    /// The file ends where the line end should be.
    Missing,
}

/// Reads records and numbers them as a spreadsheet numbers its rows.
pub(crate) struct Records<R> {
    input: R,
    reader: Reader,
    pub(crate) record: Record,
    pub(crate) row: u64,
    pub(crate) line_end: LineEnd,
    /// Bytes read.
    pub(crate) bytes: u64,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(input: R, shape: &Shape) -> Self {
        // With the line feed as the only line end, the reader's line count is exact, also with carriage returns.
        let reader = ReaderBuilder::new()
            .delimiter(shape.delimiter)
            .quote(shape.quote)
            .terminator(Terminator::Any(b'\n'))
            .build();
        let bytes = if shape.marked { 3 } else { 0 };
        Self { input, reader, record: Record::default(), row: 0, line_end: LineEnd::There, bytes }
    }

    /// Goes to the next record; false at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, FileError> {
        let before = self.reader.line();
        if !self.fill()? {
            return Ok(false);
        }
        if self.record.all().contains(&0) {
            return Err(FileError::NotCsv { found: "binary data" });
        }
        // The reader passes over blank lines, which a spreadsheet counts.
        let inner = self.record.all().iter().filter(|byte| **byte == b'\n').count() as u64;
        let blank = (self.reader.line() - before).saturating_sub(inner + 1);
        self.row += 1 + blank;
        self.record.drop_carriage_return();
        Ok(true)
    }

    fn fill(&mut self) -> Result<bool, FileError> {
        let (mut filled, mut fields) = (0, 0);
        loop {
            self.make_room(filled, fields)?;
            let chunk = loop {
                match self.input.fill_buf() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other.map_err(FileError::Read)?,
                }
            };
            let at_end = chunk.is_empty();
            // A last line without an end is given one; an open quotation mark takes it for text.
            let chunk = if at_end { b"\n" } else { chunk };
            let Record { bytes, ends, .. } = &mut self.record;
            let (result, read, written, ended) =
                self.reader.read_record(chunk, &mut bytes[filled..], &mut ends[fields..]);
            filled += written;
            fields += ended;
            if !at_end {
                self.input.consume(read);
                self.bytes += read as u64;
            }
            match result {
                ReadRecordResult::Record => {
                    self.record.length = fields;
                    self.line_end = if at_end { LineEnd::Missing } else { LineEnd::There };
                    return Ok(true);
                }
                _ if at_end && written > 0 => return Err(FileError::OpenQuote { row: self.row + 1 }),
                _ if at_end && read > 0 => return Ok(false),
                _ => {}
            }
        }
    }

    /// The reader must never stop for want of room in the midst of what it was given last.
    fn make_room(&mut self, filled: usize, fields: usize) -> Result<(), FileError> {
        let Record { bytes, ends, .. } = &mut self.record;
        if filled + 1 >= bytes.len() {
            if bytes.len() >= LONGEST_ROW {
                return Err(FileError::LongRow { row: self.row + 1, limit: LONGEST_ROW });
            }
            bytes.resize(bytes.len() * 2, 0);
        }
        if fields + 1 >= ends.len() {
            ends.resize(ends.len() * 2, 0);
        }
        Ok(())
    }
}
