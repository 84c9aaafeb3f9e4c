//! One row of a file: what it says of a person, or the reason why it cannot be read.

use std::borrow::Cow;

use jiff::{ToSpan as _, civil::Date};
use listsync_core::{
    address::{Address, AddressError},
    contact::{ExternalId, ExternalIdError},
};
use listsync_engine::ports::Presence;

use crate::{
    RejectReason,
    columns::{Found, NameColumns, Written, key},
    dates,
    parse::Reading,
    people::Values,
    records::Record,
    rejects,
    text::Decoder,
};

/// What a row says of a person.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) address: Option<Address>,
    pub(crate) external_id: Option<ExternalId>,
    pub(crate) values: Values,
    pub(crate) presence: Presence,
    /// The first day on which it says something else.
    pub(crate) until: Option<Date>,
}

/// What rows are read by.
pub(crate) struct Rules<'a> {
    pub(crate) reading: Reading<'a>,
    pub(crate) columns: Found,
    pub(crate) delimiter: u8,
    words: Words,
}

/// The status words, as they are compared.
struct Words {
    present: Vec<String>,
    terminated: Vec<String>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(reading: Reading<'a>, columns: Found, delimiter: u8) -> Self {
        let words = &reading.profile.status_words;
        let present = words.active.iter().chain(&words.leave).map(|word| key(word)).collect();
        let terminated = words.terminated.iter().map(|word| key(word)).collect();
        Self { reading, columns, delimiter, words: Words { present, terminated } }
    }

    /// Reads a row.
    pub(crate) fn read(&self, record: &Record, decoder: &mut Decoder) -> Result<Said, RejectReason> {
        self.refuse_overlong(record)?;
        self.refuse_open_quote(record)?;
        decoder.look(record)?;
        let row = Row { record, decoder, written: self.columns.written };
        let address = match Address::parse(&row.text(self.columns.email)) {
            Ok(address) => Some(address),
            Err(AddressError::Empty) => None,
            Err(error) => return Err(RejectReason::Address(error)),
        };
        let external_id = match self.columns.external_id.map(|column| ExternalId::parse(&row.text(column))) {
            Some(Ok(id)) => Some(id),
            None | Some(Err(ExternalIdError::Empty)) => None,
            Some(Err(ExternalIdError::Odd)) => return Err(RejectReason::ExternalId),
        };
        if address.is_none() && external_id.is_none() {
            return Err(RejectReason::NoAddress);
        }
        let (presence, until) = self.presence(&row)?;
        let fields = self.columns.fields.iter().map(|(column, _)| *column);
        let fields = fields.take_while(|column| *column < record.len()).map(|column| row.text(column));
        let values = Values::of(&self.name(&row), fields);
        Ok(Said { address, external_id, values, presence, until })
    }

    fn name(&self, row: &Row<'_>) -> String {
        match self.columns.name {
            NameColumns::None => String::new(),
            NameColumns::One(column) => row.text(column).into_owned(),
            NameColumns::Two(given, family) => {
                format!("{} {}", row.text(given), row.text(family)).trim().to_owned()
            }
        }
    }

    /// Who was terminated leaves once the leave date and the days of grace are over, at once where there is no date. A
    /// leave date without a status is that of somebody who goes.
    fn presence(&self, row: &Row<'_>) -> Result<(Presence, Option<Date>), RejectReason> {
        let text = |column: Option<usize>| column.map(|column| row.text(column)).unwrap_or_default();
        let (word, date) = (key(&text(self.columns.status)), text(self.columns.status_date));
        let present = Ok((Presence::Present, None));
        if word.is_empty() && !text(self.columns.status).is_empty() {
            return Err(RejectReason::UnknownStatus);
        }
        if self.words.present.contains(&word) || (word.is_empty() && date.is_empty()) {
            return present;
        }
        if !word.is_empty() && !self.words.terminated.contains(&word) {
            return Err(RejectReason::UnknownStatus);
        }
        if date.is_empty() {
            return Ok((Presence::Leaving, None));
        }
        let Reading { profile, today } = self.reading;
        let last = dates::read(&date, profile.dates)?;
        let gone = last.saturating_add(i64::from(profile.grace_days).saturating_add(1).days());
        Ok(if today >= gone { (Presence::Leaving, None) } else { (Presence::Present, Some(gone)) })
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

struct Row<'a> {
    record: &'a Record,
    decoder: &'a Decoder,
    written: Written,
}

impl<'a> Row<'a> {
    /// A field without outer space; empty where the row is too short for it.
    fn text(&self, column: usize) -> Cow<'a, str> {
        let field = self.record.get(column).unwrap_or_default();
        let field = match self.written {
            Written::BySource => field,
            Written::ByUs => rejects::unescaped(field),
        };
        match self.decoder.decode(field) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}
