use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    sync::Arc,
};

use jiff::civil::Date;
use listsync_core::contact::ExternalId;
use listsync_engine::ports::{FileReport, ImportMode, Kept};

use crate::{
    FileError, Mapping, PassedRow, People, Profile, RejectedRow, RowVerdict, Verdict,
    gather::{Gathered, Gathering},
    gauge::Gauge,
    head::{self, Header, Passed},
    records::{LineEnd, Record, Records},
    report::Notes,
    rows::{RowRead, Rules},
    sniff::{self, Shape},
    status::{Smells, Watch},
    text::Decoder,
    transcode::{self, Transcoded},
};

/// How a file is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// What its columns mean.
    pub profile: &'a Profile,
    /// The day against which leave dates are held.
    pub today: Date,
}

/// A file of contacts, read to its end. Each row has one verdict: it is that of one of `people` or `gone`, or one that is
/// `repeated`, `unreachable`, `not_yet` or `rejected`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParsedFile {
    /// Who is in it, each once, in the file's order, those who leave among them.
    pub people: People,
    /// Who leaves, but has no address in the file: their keys.
    pub gone: Vec<ExternalId>,
    /// Whom it names of whom nothing can be taken: they stay as they are.
    pub kept: Vec<Kept>,
    /// Rows, without the header, blank ones and those that are passed over.
    pub rows: u64,
    /// Rows that name somebody by their key who is there and has no address in the file.
    pub unreachable: u64,
    /// Rows of somebody who is hired and not there yet.
    pub not_yet: u64,
    /// Rejected rows that do not even tell whom they name.
    pub unreadable: u64,
    /// Rows that are no rows of people.
    pub passed: Vec<PassedRow>,
    /// How it was understood.
    pub report: FileReport,
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
/// Bytes that are read at a time.
const BUFFER: usize = 64 * 1024;

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
/// When the file as a whole cannot be read: it is empty, no text, has no header row, no e-mail column or no row, breaks
/// off, or has a column that may tell who is gone, or who opted out, and is not understood.
pub fn read(
    input: impl Read,
    reading: Reading<'_>,
    mut progress: impl FnMut(Position),
) -> Result<ParsedFile, FileError> {
    let mut gauge = Gauge::new(input);
    let mut file = Opened::open(&mut gauge, reading)?;
    file.refuse_smelling_titles()?;
    let mut gathering = Gathering::default();
    let mut watches = file.rules.columns.watches();
    let mut notes = Notes::default();
    let (mut rows, mut until) = (0, None);
    while file.advance()? {
        watches
            .iter_mut()
            .for_each(|watch| watch.look(file.records.record.get(watch.column()).unwrap_or_default()));
        let row = file.records.row;
        notes.row = row;
        match file.read_row(&mut notes) {
            RowRead::Said(said) => {
                until = earlier(until, said.until);
                gathering.take(row, said);
            }
            RowRead::Refused(reason, mentioned) => gathering.reject(row, reason, mentioned),
            RowRead::Nobody => {
                file.passed.push(PassedRow { row, why: Passed::NoPerson });
                continue;
            }
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
    file.refuse_smelling_values(&watches)?;
    let order = notes.order;
    let settled = gathering.settle_dates(
        |day_first, month_first| order.choose(day_first, month_first),
        |row, day| {
            notes.left_in(row, day);
            reading.dated(day)
        },
    );
    until = earlier(until, settled);
    let fields = file.rules.columns.fields.iter().map(|(_, name)| name.clone()).collect();
    let passed = std::mem::take(&mut file.passed);
    let report = notes.finish(&file.titles, (&file.rules.columns, &passed));
    drop(file);
    let (digest, fingerprint) = gauge.digests(&written(reading.profile)?);
    let gathered = gathering.finish();
    let parsed = ParsedFile { rows, passed, report, digest, fingerprint, until, ..ParsedFile::default() };
    Ok(parsed.with(gathered, fields, reading.profile))
}

impl ParsedFile {
    fn with(self, gathered: Gathered, fields: Arc<[String]>, profile: &Profile) -> Self {
        let Gathered { people, gone, kept, unreadable, verdicts } = gathered;
        let count = |verdict: Verdict| verdicts.iter().filter(|row| row.verdict == verdict).count() as u64;
        Self {
            people: People { fields, people },
            gone,
            kept,
            unreadable,
            repeated: count(Verdict::Repeated),
            unreachable: count(Verdict::Unreachable),
            not_yet: count(Verdict::NotYet),
            rejected: rejected(&verdicts),
            verdicts,
            profile: profile.name.clone(),
            mode: profile.mode,
            ..self
        }
    }
}

fn earlier(one: Option<Date>, two: Option<Date>) -> Option<Date> {
    one.into_iter().chain(two).min()
}

fn rejected(verdicts: &[RowVerdict]) -> Vec<RejectedRow> {
    let rejected = verdicts.iter().filter_map(|row| match &row.verdict {
        Verdict::Rejected(reason) => Some(RejectedRow { row: row.row, reason: reason.clone() }),
        _ => None,
    });
    rejected.collect()
}

fn written(profile: &Profile) -> Result<String, FileError> {
    serde_json::to_string(profile).map_err(|error| FileError::Read(io::Error::other(error)))
}

/// A file whose header has been read.
pub(crate) struct Opened<'a, 'i> {
    pub(crate) shape: Shape,
    pub(crate) header: Record,
    pub(crate) titles: Vec<String>,
    pub(crate) records: Records<Box<dyn BufRead + 'i>>,
    pub(crate) rules: Rules<'a>,
    pub(crate) decoder: Decoder,
    /// Rows that are passed over.
    passed: Vec<PassedRow>,
    second_header: Option<u64>,
    examples: Examples,
}

/// Whether the first row below the header may be a template's example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Examples {
    None,
    MayFollow,
}

impl<'a, 'i> Opened<'a, 'i> {
    /// Reads up to the header row.
    pub(crate) fn open(input: impl Read + 'i, reading: Reading<'a>) -> Result<Self, FileError> {
        let (mut input, marked) = as_utf8(input)?;
        let mut beginning = sniff::begin(&mut input)?;
        beginning.marked |= marked;
        let Header { shape, record, titles, columns, row, passed, is_template } =
            head::find(&beginning, reading.profile)?;
        let input: Box<dyn BufRead + 'i> = Box::new(Cursor::new(beginning.bytes).chain(input));
        let mut records = Records::new(input, &shape);
        while records.row < row && records.advance()? {}
        let mut decoder = Decoder::new(reading.profile.encoding, shape.marked);
        decoder.look(&record).map_err(|_| FileError::HeaderNotUtf8)?;
        let rules = Rules::new(reading, columns, shape.delimiter);
        let examples = if is_template { Examples::MayFollow } else { Examples::None };
        let second = passed.iter().find(|passed| passed.why == Passed::SecondHeader);
        let second_header = second.map(|passed| passed.row);
        Ok(Self { shape, header: record, titles, records, rules, decoder, passed, second_header, examples })
    }

    /// Goes to the next row that is neither blank nor passed over; false at the end.
    pub(crate) fn advance(&mut self) -> Result<bool, FileError> {
        while self.records.advance()? {
            if self.records.record.is_blank() {
                continue;
            }
            self.refuse_broken_off()?;
            if !self.is_passed_over() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_passed_over(&mut self) -> bool {
        let row = self.records.row;
        let example = self.examples == Examples::MayFollow
            && self
                .records
                .record
                .get(0)
                .is_some_and(|cell| cell.to_ascii_lowercase().starts_with(b"example:"));
        self.examples = Examples::None;
        if example {
            self.passed.push(PassedRow { row, why: Passed::Example });
        }
        example || self.second_header == Some(row)
    }

    fn read_row(&mut self, notes: &mut Notes) -> RowRead {
        self.rules.read(&self.records.record, &mut self.decoder, notes)
    }

    fn refuse_smelling_titles(&self) -> Result<(), FileError> {
        self.refuse_smelling(&self.rules.columns.smelling)
    }

    fn refuse_smelling_values(&self, watches: &[Watch]) -> Result<(), FileError> {
        let of = |what: Smells| {
            let smelling = watches.iter().filter(|watch| watch.smells() == what);
            smelling.map(Watch::column).collect::<Vec<_>>()
        };
        let opt_outs = of(Smells::OfOptOut);
        if !opt_outs.is_empty() {
            return Err(FileError::TellsOptOuts { columns: self.titles_of(&opt_outs) });
        }
        self.refuse_smelling(&of(Smells::OfLeaving))
    }

    fn refuse_smelling(&self, columns: &[usize]) -> Result<(), FileError> {
        if columns.is_empty() {
            return Ok(());
        }
        let expected = Box::new(self.rules.reading.profile.expected());
        Err(FileError::StatusNotUnderstood { columns: self.titles_of(columns), expected })
    }

    fn titles_of(&self, columns: &[usize]) -> Vec<String> {
        columns.iter().filter_map(|column| self.titles.get(*column).cloned()).collect()
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

/// UTF-16 with its mark is read as UTF-8 with one; anything else is left as it is.
fn as_utf8<'i>(input: impl Read + 'i) -> Result<(Box<dyn BufRead + 'i>, bool), FileError> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut head = Vec::new();
    input.by_ref().take(2).read_to_end(&mut head).map_err(FileError::Read)?;
    let whole = Cursor::new(head.clone()).chain(input);
    Ok(match transcode::is_marked(&head) {
        true => (Box::new(BufReader::with_capacity(BUFFER, Transcoded::new(whole, &head))), true),
        false => (Box::new(whole), false),
    })
}
