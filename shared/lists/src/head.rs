//! Where the header row of a file is, and what stands above it.

use std::io::Cursor;

use crate::{
    FileError,
    columns::Found,
    known::{self, Known},
    profile::{AddressBy, ColumnNames, Profile},
    records::{Record, Records},
    sniff::{self, Beginning, LINES, Shape},
    text::Decoder,
    titles,
};

/// A row that is no row of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct PassedRow {
    /// Its number as a spreadsheet shows it: the first row of the file is row 1.
    pub row: u64,
    /// Why it is passed over.
    pub why: Passed,
}

/// Why a row is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Passed {
    /// It stands above the header row: a title, a date, what a program says to another.
    AboveHeader,
    /// It is a second header row.
    SecondHeader,
    /// It names nobody: a total, or an empty frame.
    NoPerson,
    /// It is the example of a template.
    Example,
}

/// The header row, and how the file below it is to be read.
pub(crate) struct Header {
    pub(crate) shape: Shape,
    pub(crate) record: Record,
    pub(crate) titles: Vec<String>,
    pub(crate) columns: Found,
    /// Its row number.
    pub(crate) row: u64,
    /// Rows that are passed over, those above it and a second header row.
    pub(crate) passed: Vec<PassedRow>,
    /// Whether it is a template of Entra's bulk operations, which has a row of examples.
    pub(crate) is_template: bool,
}

/// One of the first rows of a file.
struct Row {
    number: u64,
    record: Record,
    cells: Vec<String>,
}

impl Row {
    fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.is_empty()).count()
    }

    fn holds_an_address(&self) -> bool {
        self.cells.iter().any(|cell| cell.contains('@'))
    }

    /// Whether a program wrote it for another one: Excel's `sep=;`, PowerShell's `#TYPE`, Entra's `version:v1.0`.
    fn is_directive(&self) -> bool {
        let first = self.cells.first().map(String::as_str).unwrap_or_default();
        let lower = first.to_ascii_lowercase();
        let separator = lower == "sep=" || sniff::is_separator_line(lower.as_bytes()).is_some();
        separator || first.starts_with("#TYPE ") || self.is_version()
    }

    fn is_version(&self) -> bool {
        let first = self.cells.first().map(|cell| cell.to_ascii_lowercase()).unwrap_or_default();
        first.strip_prefix("version:").is_some_and(|rest| rest.trim().starts_with('v')) && self.filled() == 1
    }
}

/// Finds the header row in the beginning of a file.
///
/// It is the first row whose titles tell the e-mail column. Above it may stand rows that are narrower (a title, a blank
/// line), or that a program wrote for another; a row as wide is passed over only for one that has several known titles. A row
/// that holds an address is a person's, so that nothing below it is looked at.
pub(crate) fn find(beginning: &Beginning, profile: &Profile) -> Result<Header, FileError> {
    let mut refusal = None;
    for shape in beginning.shapes(profile) {
        let rows = peek(beginning, &shape, profile)?;
        match choose(rows, &shape, profile) {
            Ok(header) => return Ok(header),
            // The first shape is that of the first line, of which a person would think; unless a later one offers a column.
            Err(error) => {
                let offers = matches!(error, FileError::NoEmailColumn { offered: Some(_), .. });
                if refusal.is_none() || offers {
                    refusal = Some(error);
                }
            }
        }
    }
    Err(refusal.unwrap_or(FileError::Empty))
}

/// The first rows that are not blank. What breaks off or is no row ends them: it is told when the file is read.
fn peek(beginning: &Beginning, shape: &Shape, profile: &Profile) -> Result<Vec<Row>, FileError> {
    let mut records = Records::new(Cursor::new(&beginning.bytes), shape);
    let mut decoder = Decoder::new(profile.encoding, shape.marked);
    let mut rows = Vec::new();
    while rows.len() < LINES {
        match records.advance() {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) if rows.is_empty() => return Err(error),
            Err(_) => break,
        }
        if records.record.is_blank() || records.row <= u64::from(profile.skip_rows) {
            continue;
        }
        let record = std::mem::take(&mut records.record);
        if decoder.look(&record).is_err() {
            match rows.is_empty() {
                true => return Err(FileError::HeaderNotUtf8),
                false => break,
            }
        }
        let cells = record.iter().map(|field| titles::trimmed(&decoder.decode(field)).to_owned()).collect();
        rows.push(Row { number: records.row, record, cells });
    }
    Ok(rows)
}

fn choose(rows: Vec<Row>, shape: &Shape, profile: &Profile) -> Result<Header, FileError> {
    let is_template = rows.iter().any(Row::is_version);
    let (mut refusal, mut widest) = (None, 0);
    for (at, row) in rows.iter().enumerate() {
        if row.is_directive() {
            continue;
        }
        match Found::find(&row.cells, profile) {
            Ok(columns) if widest < row.filled() || columns.known() > 1 => {
                return Ok(header(rows, at, (shape, columns, is_template)));
            }
            Ok(_) => {}
            Err(error) if refusal.is_none() => refusal = Some(error),
            Err(_) => {}
        }
        if row.holds_an_address() || profile.skip_rows > 0 {
            break;
        }
        widest = widest.max(row.filled());
    }
    let refusal = refusal.unwrap_or(FileError::Empty);
    by_cells(rows, refusal, (shape, profile, is_template))
}

/// Where no title is known, the one column whose cells are addresses is offered, and taken where that was asked for.
fn by_cells(
    rows: Vec<Row>,
    refusal: FileError,
    (shape, profile, is_template): (&Shape, &Profile, bool),
) -> Result<Header, FileError> {
    let FileError::NoEmailColumn { expected, .. } = refusal else { return Err(refusal) };
    let above = rows.iter().take_while(|row| !row.holds_an_address()).filter(|row| !row.is_directive());
    let widest = above.map(Row::filled).max().unwrap_or(0);
    let at = rows.iter().position(|row| !row.is_directive() && row.filled() == widest).unwrap_or(0);
    let titles = rows.get(at).map(|row| row.cells.clone()).unwrap_or_default();
    let offered =
        column_of_addresses(&rows[(at + 1).min(rows.len())..]).and_then(|column| titles.get(column).cloned());
    match offered {
        Some(title) if profile.address_by == AddressBy::Cells => {
            let mut named = profile.clone();
            named.columns.address = ColumnNames(vec![title]);
            let columns = Found::find(&titles, &named)?;
            Ok(header(rows, at, (shape, columns, is_template)))
        }
        offered => {
            let found = titles.into_iter().filter(|title| !title.is_empty()).collect();
            Err(FileError::NoEmailColumn { found, offered, expected })
        }
    }
}

/// The only column whose cells, as far as they are filled, are all addresses.
fn column_of_addresses(rows: &[Row]) -> Option<usize> {
    let width = rows.iter().map(|row| row.cells.len()).max()?;
    let mut found = (0..width).filter(|column| {
        let mut cells =
            rows.iter().filter_map(|row| row.cells.get(*column)).filter(|cell| !cell.is_empty()).peekable();
        let is_address =
            |cell: &String| matches!(crate::addresses::read(cell), crate::addresses::Cell::One(..));
        cells.peek().is_some() && cells.all(is_address)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn header(mut rows: Vec<Row>, at: usize, (shape, columns, is_template): (&Shape, Found, bool)) -> Header {
    let passed = |row: &Row, why| PassedRow { row: row.number, why };
    let mut above: Vec<PassedRow> = rows[..at].iter().map(|row| passed(row, Passed::AboveHeader)).collect();
    if let Some(next) = rows.get(at + 1).filter(|next| is_second_header(next, &rows[at], &columns)) {
        above.push(passed(next, Passed::SecondHeader));
    }
    let Row { number, record, cells } = rows.swap_remove(at);
    Header { shape: *shape, record, titles: cells, columns, row: number, passed: above, is_template }
}

/// Whether the row below the header is one, too: it has a title where an address would stand, and most of its cells are the
/// header's own, or other titles of the same.
fn is_second_header(row: &Row, header: &Row, columns: &Found) -> bool {
    let address = row.cells.get(columns.email).map(String::as_str).unwrap_or_default();
    if row.holds_an_address() || address.is_empty() {
        return false;
    }
    let known = known::titles(Known::Address).any(|title| titles::key(title) == titles::key(address));
    let same = row
        .cells
        .iter()
        .zip(&header.cells)
        .filter(|(one, other)| !one.is_empty() && titles::key(one) == titles::key(other));
    known || same.count() * 2 > row.filled()
}
