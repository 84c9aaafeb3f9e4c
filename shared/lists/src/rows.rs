//! One row of a file: what it says of a person, or the reason why it cannot be read.

use std::{borrow::Cow, sync::Arc};

use jiff::{ToSpan as _, civil::Date};
use listsync_core::{
    address::Address,
    contact::{ExternalId, ExternalIdError},
    csv,
    text::judge_person,
};

use crate::{
    RejectReason,
    addresses::{self, Cell},
    columns::{Found, Written, word_key},
    dates::{self, Day},
    names,
    parse::Reading,
    people::Values,
    profile::Dates,
    records::Record,
    report::Notes,
    status::{Meaning, Told, Words},
    text::Decoder,
};

/// What a row says of a person.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) address: Option<Address>,
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) values: Values,
    pub(crate) state: RowState,
    /// The first day on which it says something else.
    pub(crate) until: Option<Date>,
}

/// What a row says of whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    Present,
    /// They are gone, or their last day and the days of grace are over.
    Leaving,
    NotYet,
    /// Their leave date is one of two days; which, the whole column tells.
    LeavesOn {
        day_first: Date,
        month_first: Date,
    },
}

/// Whom a row names that says nothing that can be taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mentioned {
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) addresses: Vec<Address>,
}

/// What a row comes to by itself.
pub(crate) enum RowRead {
    Said(Said),
    /// It names nobody.
    Nobody,
    /// It cannot be taken; whom it names stays as they are.
    Refused(RejectReason, Mentioned),
}

/// What rows are read by.
pub(crate) struct Rules<'a> {
    pub(crate) reading: Reading<'a>,
    pub(crate) columns: Found,
    pub(crate) delimiter: u8,
    words: Words,
}

/// What rows are counted in.
const COUNTED: &[&str] = &[
    "row",
    "rows",
    "record",
    "records",
    "employees",
    "people",
    "persons",
    "workers",
    "lines",
    "entries",
    "results",
    "items",
];
/// Words of a row below the last person that sums up.
const TOTALS: &[&str] = &[
    "total",
    "totals",
    "grandtotal",
    "subtotal",
    "sum",
    "count",
    "totalcount",
    "rowcount",
    "summe",
    "gesamt",
    "gesamtsumme",
    "anzahl",
    "endofreport",
    "endoffile",
    "eof",
];

impl<'a> Rules<'a> {
    pub(crate) fn new(reading: Reading<'a>, columns: Found, delimiter: u8) -> Self {
        Self { reading, columns, delimiter, words: Words::of(&reading.profile.status_words) }
    }

    /// Reads a row.
    pub(crate) fn read(&self, record: &Record, decoder: &mut Decoder, notes: &mut Notes) -> RowRead {
        let readable = self
            .refuse_overlong(record)
            .and_then(|()| self.refuse_open_quote(record))
            .and_then(|()| decoder.look(record));
        if let Err(reason) = readable {
            return RowRead::Refused(reason, Mentioned::default());
        }
        let row = Row { record, decoder, written: self.columns.written };
        let cell = row.text(self.columns.email);
        let (address, display, odd) = match addresses::read(&cell) {
            Cell::Empty => (None, None, None),
            Cell::One(address, display) => (Some(address), display, None),
            Cell::Odd(reason, several) => (None, None, Some((reason, several))),
        };
        let key = self.key(&row);
        if address.is_none() && self.is_nobody(&row, addresses::trimmed(&cell)) {
            return RowRead::Nobody;
        }
        let mut mentioned = Mentioned {
            external_id: key.as_ref().ok().cloned().flatten(),
            addresses: address.iter().cloned().collect(),
        };
        let refused = match (odd, key, address.is_some()) {
            (Some((reason, several)), ..) => {
                mentioned.addresses = several;
                Some(reason)
            }
            (None, Err(reason), _) => Some(reason),
            (None, Ok(None), false) => Some(RejectReason::NoAddress),
            _ => None,
        };
        let state = self.state(&row, notes);
        let (state, until) = match (refused, state) {
            (Some(reason), _) | (None, Err(reason)) => return RowRead::Refused(reason, mentioned),
            (None, Ok(state)) => state,
        };
        let name = names::name(&self.columns.names, self.reading.profile.names, |column| row.text(column));
        let name = if name.is_empty() { display.unwrap_or_default().to_owned() } else { name };
        let fields = self.columns.fields.iter().take_while(|(column, _)| *column < record.len());
        let fields: Vec<_> = fields.map(|(column, name)| (name.as_str(), row.text(*column))).collect();
        let pairs = fields.iter().map(|(name, value)| (*name, value.as_ref()));
        if let Err(error) = judge_person(&name, pairs) {
            return RowRead::Refused(RejectReason::TooLong(error), mentioned);
        }
        let values = Values::of(&name, fields.into_iter().map(|(_, value)| value));
        RowRead::Said(Said { address, external_id: mentioned.external_id, values, state, until })
    }

    fn key(&self, row: &Row<'_>) -> Result<Option<ExternalId>, RejectReason> {
        let Some(column) = self.columns.external_id else { return Ok(None) };
        let text = row.text(column);
        if text.chars().any(char::is_whitespace) {
            return Err(RejectReason::SpacedExternalId);
        }
        match ExternalId::parse(&text) {
            Ok(id) => Ok(Some(id)),
            Err(ExternalIdError::Empty) => Ok(None),
            Err(ExternalIdError::Odd) => Err(RejectReason::ExternalId),
        }
    }

    /// A row without key, name and address is no person; nor is one that sums up, in whichever column it says so. Where a
    /// file has neither key nor name, a row without address may be anybody's.
    fn is_nobody(&self, row: &Row<'_>, cell: &str) -> bool {
        let key = self.columns.external_id.map(|column| row.text(column)).unwrap_or_default();
        let name = names::name(&self.columns.names, self.reading.profile.names, |column| row.text(column));
        let sums_up = || sums_up(&key) || sums_up(&name) || sums_up(cell);
        match (key.is_empty(), name.is_empty(), cell.is_empty()) {
            (true, true, true) => {
                self.columns.external_id.is_some() || self.columns.names.knows_any() || row.sums_up()
            }
            // A footer that stands in the column of the key: no key has spaces.
            (false, true, true) => sums_up() || (key.contains(' ') && row.filled() == 1),
            (true, false, true) | (true, true, false) => sums_up(),
            _ => false,
        }
    }

    /// What the status columns and the leave date say. Who is gone in any column is gone; a word that is not understood is
    /// not guessed, unless another column says that they are gone; who was terminated leaves once the leave date and the
    /// days of grace are over, at once where there is no date. A leave date without a status is that of somebody who goes.
    fn state(&self, row: &Row<'_>, notes: &mut Notes) -> Result<(RowState, Option<Date>), RejectReason> {
        let mut unsure: Option<Arc<str>> = None;
        let (mut gone, mut not_yet, mut said) = (false, false, false);
        for column in &self.columns.status {
            let text = row.text(column.column);
            let told = self.words.tell(column, &text);
            notes.word(&text, told);
            match told {
                Told::Nothing => continue,
                Told::Meaning(Meaning::Terminated) => gone = true,
                Told::Meaning(Meaning::NotYet) => not_yet = true,
                Told::Meaning(Meaning::Active | Meaning::Leave) | Told::Employed => {}
                Told::Unsure => unsure = unsure.or_else(|| Some(beginning(&text))),
            }
            said = true;
        }
        let date = self.columns.status_date.map(|column| row.text(column)).unwrap_or_default();
        match (gone, unsure, not_yet) {
            (false, Some(word), _) => Err(RejectReason::UnknownStatus { word }),
            (false, None, true) => Ok((RowState::NotYet, None)),
            (false, None, false) if said => {
                self.note_order(&date, notes);
                Ok((RowState::Present, None))
            }
            (false, None, false) => self.leaves_on(&date, RowState::Present, notes),
            (true, ..) => self.leaves_on(&date, RowState::Leaving, notes),
        }
    }

    /// The leave date of somebody who is there says nothing of them, but it may tell how the others are written.
    fn note_order(&self, date: &str, notes: &mut Notes) {
        if !date.is_empty() && self.reading.profile.dates == Dates::Auto {
            notes.order.note(dates::read(date, Dates::Auto));
        }
    }

    fn leaves_on(
        &self,
        date: &str,
        undated: RowState,
        notes: &mut Notes,
    ) -> Result<(RowState, Option<Date>), RejectReason> {
        let day = dates::read(date, self.reading.profile.dates);
        notes.order.note(day);
        match day {
            Day::Never => Ok((undated, None)),
            Day::On(last) | Day::Told(last, _) => {
                notes.left(last);
                Ok(self.reading.dated(last))
            }
            Day::Either { day_first, month_first } => {
                Ok((RowState::LeavesOn { day_first, month_first }, None))
            }
            Day::Odd => Err(RejectReason::BadDate),
        }
    }

    /// Empty fields beyond the header do no harm: spreadsheets write them.
    fn refuse_overlong(&self, record: &Record) -> Result<(), RejectReason> {
        let (expected, found) = (self.columns.count, record.len());
        if record.iter().skip(expected).all(|field| field.trim_ascii().is_empty()) {
            return Ok(());
        }
        Err(RejectReason::TooManyFields { expected, found })
    }

    /// A field may hold several lines, but one that holds what looks like further rows has swallowed them: to take
    /// the row would be to lose people unnoticed.
    fn refuse_open_quote(&self, record: &Record) -> Result<(), RejectReason> {
        let swallows = |field: &[u8]| {
            let mut lines = field.split(|byte| *byte == b'\n').skip(1);
            lines.any(|line| {
                line.contains(&b'@') && (line.contains(&self.delimiter) || self.columns.count == 1)
            })
        };
        if record.iter().any(swallows) { Err(RejectReason::OpenQuote) } else { Ok(()) }
    }
}

impl Reading<'_> {
    /// What a last day comes to today, and the first day on which it comes to something else.
    pub(crate) fn dated(&self, last: Date) -> (RowState, Option<Date>) {
        let gone = last.saturating_add(i64::from(self.profile.grace_days).saturating_add(1).days());
        if self.today >= gone { (RowState::Leaving, None) } else { (RowState::Present, Some(gone)) }
    }
}

/// So many characters of a word that is not understood are told.
const TOLD: usize = 40;

fn beginning(word: &str) -> Arc<str> {
    word.chars().filter(|each| !each.is_control()).take(TOLD).collect::<String>().into()
}

struct Row<'a> {
    record: &'a Record,
    decoder: &'a Decoder,
    written: Written,
}

impl<'a> Row<'a> {
    /// A field without outer space, and without the apostrophe that keeps a spreadsheet from taking it for a formula: an export
    /// of a list has it, too, and would otherwise have one more each time that it is imported again. Empty where the row is too
    /// short for it.
    fn text(&self, column: usize) -> Cow<'a, str> {
        let field = self.record.get(column).unwrap_or_default();
        let field = match self.written {
            Written::BySource => csv::unescaped(field),
            // The source's own apostrophe stands behind ours.
            Written::ByUs => Cow::Owned(csv::unescaped(&csv::unescaped(field)).into_owned()),
        };
        let text = match &field {
            Cow::Borrowed(field) => self.decoder.decode(field),
            Cow::Owned(field) => Cow::Owned(self.decoder.decode(field).into_owned()),
        };
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    fn filled(&self) -> usize {
        self.record.iter().filter(|cell| !cell.trim_ascii().is_empty()).count()
    }

    /// Whether its first cell that is not blank sums up.
    fn sums_up(&self) -> bool {
        let first = (0..self.record.len()).map(|column| self.text(column)).find(|text| !text.is_empty());
        first.is_some_and(|text| sums_up(&text))
    }
}

/// Whether a text is that of a row that sums up: `Total`, `Total: 3 employees`, `3 rows`, `End of report`.
fn sums_up(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(word_key).collect();
    let total = |word: &String| TOTALS.contains(&word.as_str());
    let number = |word: &String| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let counted = matches!(words.as_slice(), [first, second, ..] if number(first) && COUNTED.contains(&second.as_str()));
    words.first().is_some_and(total) && !text.contains('@')
        || counted
        || TOTALS.contains(&words.concat().as_str())
}
