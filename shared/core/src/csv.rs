//! Tables for spreadsheets (RFC 4180): the one way in which a cell is written, and so the one rule against formulas.

use std::borrow::Cow;

/// What a spreadsheet takes for the beginning of a formula or of a command ("CSV Injection" of OWASP; ASVS 5.0, 1.2.10).
const FORMULA: &[u8] = b"=+-@|%\t\r\0";
/// The same in the wide forms that some programs read as the narrow ones, in UTF-8: ＝ ＋ － ＠.
const WIDE: [&[u8]; 4] = [b"\xef\xbc\x9d", b"\xef\xbc\x8b", b"\xef\xbc\x8d", b"\xef\xbc\xa0"];
/// What one reader or another takes for the end of a cell. A file that is read by another separator than its own falls
/// apart within its quoted cells, and what begins there must be no formula either.
const SEPARATORS: &[u8] = b",;\t|\n\r";
/// What is passed over before a cell is looked at: some programs trim it, and quotation marks fall away.
const PASSED_OVER: &[u8] = b" '\"";

/// How the cells of a table are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Between two cells.
    pub delimiter: u8,
    /// Around cells.
    pub quote: u8,
    /// Around which.
    pub quoting: Quoting,
    /// After each record.
    pub line_end: LineEnd,
}

/// What ends a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// As RFC 4180 and spreadsheets have it.
    CrLf,
    /// As programs that read line by line have it.
    Lf,
}

impl LineEnd {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
        }
    }
}

/// Which cells are quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// Each.
    Always,
    /// One that would be read otherwise without, by this separator or another.
    Needed,
}

impl Shape {
    /// As RFC 4180 has it.
    pub const COMMA: Self =
        Self { delimiter: b',', quote: b'"', quoting: Quoting::Always, line_end: LineEnd::CrLf };
    /// For programs: quoted where it has to be, a record a line.
    pub const LINES: Self = Self { quoting: Quoting::Needed, line_end: LineEnd::Lf, ..Self::COMMA };

    /// One record with its line end. Each cell is harmless: see [`escaped`].
    #[must_use]
    pub fn record<'a>(self, cells: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut line = Vec::new();
        for (number, cell) in cells.into_iter().enumerate() {
            if number > 0 {
                line.push(self.delimiter);
            }
            self.cell(&escaped(cell), &mut line);
        }
        line.extend_from_slice(self.line_end.bytes());
        line
    }

    fn cell(self, cell: &[u8], line: &mut Vec<u8>) {
        let is_odd = |byte: &u8| {
            *byte == self.delimiter || *byte == self.quote || *byte == b'"' || SEPARATORS.contains(byte)
        };
        if self.quoting == Quoting::Needed && !cell.iter().any(is_odd) {
            line.extend_from_slice(cell);
            return;
        }
        line.push(self.quote);
        for byte in cell {
            if *byte == self.quote {
                line.push(*byte);
            }
            line.push(*byte);
        }
        line.push(self.quote);
    }
}

/// One record of texts for a person, on one line: control characters and every kind of space in them are spaces.
#[must_use]
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>, shape: Shape) -> String {
    let flatten = |cell: &str| cell.replace(|c: char| c.is_control() || c.is_whitespace(), " ");
    let flat: Vec<String> = cells.into_iter().map(flatten).collect();
    let line = shape.record(flat.iter().map(String::as_bytes));
    String::from_utf8_lossy(&line).into_owned()
}

/// A cell with an apostrophe before whatever would begin a formula: at its start, and after each separator in it.
#[must_use]
pub fn escaped(cell: &[u8]) -> Cow<'_, [u8]> {
    let starts: Vec<usize> = starts(cell).filter(|start| begins_formula(&cell[*start..])).collect();
    if starts.is_empty() {
        return Cow::Borrowed(cell);
    }
    let mut escaped = Vec::with_capacity(cell.len() + starts.len());
    let mut from = 0;
    for start in starts {
        escaped.extend_from_slice(&cell[from..start]);
        escaped.push(b'\'');
        from = start;
    }
    escaped.extend_from_slice(&cell[from..]);
    Cow::Owned(escaped)
}

/// The cell that [`escaped`] was given.
#[must_use]
pub fn unescaped(cell: &[u8]) -> Cow<'_, [u8]> {
    if !cell.contains(&b'\'') {
        return Cow::Borrowed(cell);
    }
    let is_ours = |start: &usize| matches!(&cell[*start..], [b'\'', rest @ ..] if begins_formula(rest));
    let ours: Vec<usize> = starts(cell).filter(is_ours).collect();
    if ours.is_empty() {
        return Cow::Borrowed(cell);
    }
    let kept = cell.iter().enumerate().filter(|(place, _)| ours.binary_search(place).is_err());
    Cow::Owned(kept.map(|(_, byte)| *byte).collect())
}

/// Where a reader may begin a cell.
fn starts(cell: &[u8]) -> impl Iterator<Item = usize> {
    let after = cell.iter().enumerate().filter(|(_, byte)| SEPARATORS.contains(byte));
    std::iter::once(0).chain(after.map(|(place, _)| place + 1))
}

fn begins_formula(text: &[u8]) -> bool {
    let passed = text.iter().take_while(|byte| PASSED_OVER.contains(byte)).count();
    let rest = &text[passed..];
    rest.first().is_some_and(|first| FORMULA.contains(first))
        || WIDE.iter().any(|wide| rest.starts_with(wide))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn harmless(cell: &str) -> String {
        String::from_utf8(escaped(cell.as_bytes()).into_owned()).expect("text stays text")
    }

    #[test]
    fn what_would_be_a_formula_stands_behind_an_apostrophe() {
        for start in ["=", "+", "-", "@", "|", "%", "\t", "\r", "\0", " =", "\"=", "＝", "＋", "－", "＠"]
        {
            assert_eq!(harmless(&format!("{start}cmd")), format!("'{start}cmd"), "{start:?}");
        }
        for fine in ["", "Ann", "a=1", "O'Neil", "2+2", "a - b"] {
            assert_eq!(harmless(fine), fine);
        }
    }

    #[test]
    fn what_another_reader_would_make_a_formula_of_stands_behind_one_too() {
        for separator in [",", ";", "|", "\n"] {
            let cell = format!("x{separator} =HYPERLINK(1)");
            assert_eq!(harmless(&cell), format!("x{separator}' =HYPERLINK(1)"), "{separator:?}");
        }
    }

    #[test]
    fn a_row_is_one_line_of_quoted_cells() {
        let cells = ["a", "", "\"", "O'Neil\r\nB"];
        assert_eq!(row(cells, Shape::COMMA), "\"a\",\"\",\"\"\"\",\"O'Neil  B\"\r\n");
        assert_eq!(row(["a", "b;c", "=1", "\""], Shape::LINES), "a,\"b;c\",'=1,\"\"\"\"\n");
        let shape = Shape { delimiter: b';', ..Shape::COMMA };
        assert_eq!(shape.record([&b"a;b"[..], b"=1"]), b"\"a;b\";\"'=1\"\r\n");
    }

    proptest! {
        #[test]
        fn a_cell_comes_back_as_it_was(cell in "[a ='\"+,;|\t\n＝x-]{0,24}") {
            let written = escaped(cell.as_bytes());
            prop_assert_eq!(unescaped(&written).into_owned(), cell.as_bytes());
        }

        #[test]
        fn no_reader_finds_a_formula(cell in "[a =+@,;|\t\n'\"x]{0,24}", at in 0..SEPARATORS.len()) {
            let written = escaped(cell.as_bytes());
            for part in written.split(|byte| *byte == SEPARATORS[at]) {
                let trimmed = part.iter().position(|byte| *byte != b' ' && *byte != b'"').unwrap_or(part.len());
                let first = part.get(trimmed);
                prop_assert!(first.is_none_or(|first| !b"=+-@".contains(first)), "{:?}", cell);
            }
        }
    }
}
