use std::io::{self, BufRead, BufReader, Cursor, Read};

use jiff::civil::Date;
use listsync_core::contact::ExternalId;
use listsync_engine::ports::ImportMode;

use crate::{
    FileError, Mapping, People, Profile, RejectedRow, RowVerdict, Verdict,
    columns::Found,
    gather::{Gathered, Gathering},
    gauge::Gauge,
    records::{LineEnd, Record, Records},
    rows::Rules,
    sniff::{self, Shape},
    text::Decoder,
};

/// How a file is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// What its columns mean.
    pub profile: &'a Profile,
    /// The day against which leave dates are held.
    pub today: Date,
}

/// A file of contacts, read to its end. Each row is counted once: as one of `people`, `gone`, `repeated` or `rejected`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedFile {
    /// Who is in it, each once, in the file's order, those who leave among them.
    pub people: People,
    /// Who leaves, but has no address in the file: their keys.
    pub gone: Vec<ExternalId>,
    /// Rows, without the header and blank ones.
    pub rows: u64,
    /// Rows that name somebody whom an earlier row named; they fill what that left blank.
    pub repeated: u64,
    /// Rows that could not be read, in the file's order.
    pub rejected: Vec<RejectedRow>,
    /// What became of each row, in the file's order.
    pub verdicts: Vec<RowVerdict>,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    /// SHA-256 of the file and of the profile: it is the same where the same file was read the same way.
    pub fingerprint: String,
    /// The name of the profile.
    pub profile: String,
    /// What the profile says of those whom the file does not name.
    pub mode: Option<ImportMode>,
    /// The first day on which the same file says something else, as a leave date has passed.
    pub until: Option<Date>,
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

/// Reads a CSV file by the usual names of its columns: see [`read()`] with [`Profile::generic`].
///
/// # Errors
/// As [`read()`].
pub fn parse(
    input: impl Read,
    mapping: &Mapping,
    progress: impl FnMut(Position),
) -> Result<ParsedFile, FileError> {
    let profile = Profile::generic().mapped(mapping);
    // Without a status column no day matters.
    read(input, Reading { profile: &profile, today: Date::default() }, progress)
}

/// Reads a CSV file of people: a header row, then one or several rows for each. Only the people are held in memory.
/// `progress` is told every thousand rows and at the end.
///
/// # Errors
/// When the file as a whole cannot be read: it is empty, no text, has no header row, no e-mail column or no row, or
/// breaks off.
pub fn read(
    input: impl Read,
    reading: Reading<'_>,
    mut progress: impl FnMut(Position),
) -> Result<ParsedFile, FileError> {
    let mut gauge = Gauge::new(input);
    let mut file = Opened::open(&mut gauge, reading)?;
    let mut gathering = Gathering::default();
    let (mut rows, mut until) = (0, None);
    while file.advance()? {
        match file.rules.read(&file.records.record, &mut file.decoder) {
            Ok(said) => {
                until = earlier(until, said.until);
                gathering.take(file.records.row, said);
            }
            Err(reason) => gathering.reject(file.records.row, reason),
        }
        rows += 1;
        if rows % STRIDE == 0 {
            progress(Position { rows, bytes: file.records.bytes });
        }
    }
    progress(Position { rows, bytes: file.records.bytes });
    if rows == 0 {
        return Err(FileError::HeaderOnly);
    }
    let fields = file.rules.columns.fields.iter().map(|(_, name)| name.clone()).collect();
    drop(file);
    let (digest, fingerprint) = gauge.digests(&written(reading.profile)?);
    let Gathered { people, gone, verdicts } = gathering.finish();
    Ok(ParsedFile {
        people: People { fields, people },
        gone,
        rows,
        repeated: verdicts.iter().filter(|row| row.verdict == Verdict::Repeated).count() as u64,
        rejected: rejected(&verdicts),
        verdicts,
        digest,
        fingerprint,
        profile: reading.profile.name.clone(),
        mode: reading.profile.mode,
        until,
    })
}

fn earlier(one: Option<Date>, two: Option<Date>) -> Option<Date> {
    one.into_iter().chain(two).min()
}

fn rejected(verdicts: &[RowVerdict]) -> Vec<RejectedRow> {
    let rejected = verdicts.iter().filter_map(|row| match row.verdict {
        Verdict::Rejected(reason) => Some(RejectedRow { row: row.row, reason }),
        _ => None,
    });
    rejected.collect()
}

fn written(profile: &Profile) -> Result<String, FileError> {
    serde_json::to_string(profile).map_err(|error| FileError::Read(io::Error::other(error)))
}

/// A file whose header has been read.
pub(crate) struct Opened<'a, R> {
    pub(crate) shape: Shape,
    pub(crate) header: Record,
    pub(crate) records: Records<R>,
    pub(crate) rules: Rules<'a>,
    pub(crate) decoder: Decoder,
}

impl<'a> Opened<'a, ()> {
    /// Reads the header.
    pub(crate) fn open<'i>(
        input: impl Read + 'i,
        reading: Reading<'a>,
    ) -> Result<Opened<'a, impl BufRead + 'i>, FileError> {
        let mut input = BufReader::with_capacity(64 * 1024, input);
        let (shape, head) = sniff::sniff(&mut input, reading.profile)?;
        let mut records = Records::new(Cursor::new(head).chain(input), &shape);
        let mut decoder = Decoder::new(reading.profile.encoding, shape.marked);
        loop {
            if !records.advance()? {
                return Err(FileError::Empty);
            }
            if !records.record.is_blank() {
                break;
            }
        }
        let header = std::mem::take(&mut records.record);
        decoder.look(&header).map_err(|_| FileError::HeaderNotUtf8)?;
        let titles: Vec<_> = header.iter().map(|field| decoder.decode(field).trim().to_owned()).collect();
        let columns = Found::find(&titles, reading.profile)?;
        let rules = Rules::new(reading, columns, shape.delimiter);
        Ok(Opened { shape, header, records, rules, decoder })
    }
}

impl<R: BufRead> Opened<'_, R> {
    /// Goes to the next row that is not blank; false at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, FileError> {
        while self.records.advance()? {
            if !self.records.record.is_blank() {
                self.refuse_broken_off()?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Many a file's last row has no line end; but then it has all its fields, or it was not written to its end.
    fn refuse_broken_off(&self) -> Result<(), FileError> {
        let Records { record, row, line_end, .. } = &self.records;
        let (expected, found) = (self.rules.columns.count, record.len());
        match line_end {
            LineEnd::Missing if found < expected => {
                Err(FileError::HalfWritten { row: *row, expected, found })
            }
            _ => Ok(()),
        }
    }
}
