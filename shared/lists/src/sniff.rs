//! What the beginning of a file tells of its shape.

use std::io::Read;

use crate::{
    FileError,
    profile::{Delimiter, Profile, Quote},
};

/// As much of a file is looked at before it is read: a header row must end within, in bytes.
const LONGEST: u64 = 256 * 1024;

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// What stands between two fields.
    pub(crate) delimiter: u8,
    /// What stands around a field.
    pub(crate) quote: u8,
    /// Whether a UTF-8 byte order mark begins it.
    pub(crate) marked: bool,
}

/// The beginning of a file, without its byte order mark.
pub(crate) struct Beginning {
    pub(crate) bytes: Vec<u8>,
    /// Whether a UTF-8 byte order mark begins it.
    pub(crate) marked: bool,
}

/// Looks at the beginning of a file, and refuses what is no text.
pub(crate) fn begin(input: &mut impl Read) -> Result<Beginning, FileError> {
    let mut bytes = Vec::new();
    input.take(LONGEST).read_to_end(&mut bytes).map_err(FileError::Read)?;
    refuse_other_formats(&bytes)?;
    let marked = bytes.starts_with(b"\xef\xbb\xbf");
    if marked {
        bytes.drain(..3);
    }
    refuse_odd_lines(&bytes)?;
    Ok(Beginning { bytes, marked })
}

impl Beginning {
    /// The shapes that it may have, the likeliest first: as each of its first lines shows, since a title may stand above
    /// the header row.
    pub(crate) fn shapes(&self, profile: &Profile) -> Vec<Shape> {
        let lines = self.bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let told = separator(&self.bytes);
        let mut shapes: Vec<Shape> = Vec::new();
        for line in lines.take(LINES) {
            let quote = quote(line, profile.quote);
            let delimiter = match (told, profile.delimiter) {
                (Some(told), _) => told,
                (None, Delimiter::Auto) => delimiter(line, quote),
                (None, Delimiter::Byte(byte)) => byte,
            };
            let shape = Shape { delimiter, quote, marked: self.marked };
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
        shapes
    }
}

/// So many lines are looked at for the header row and its delimiter.
pub(crate) const LINES: usize = 40;

/// The delimiter that the first line names, as Excel writes and reads it: `sep=;`.
fn separator(bytes: &[u8]) -> Option<u8> {
    let line = bytes.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    is_separator_line(line)
}

/// Whether a line is Excel's `sep=;`, and which delimiter it names. It may stand in quotation marks.
pub(crate) fn is_separator_line(line: &[u8]) -> Option<u8> {
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*delimiter),
        _ => None,
    }
}

fn refuse_odd_lines(head: &[u8]) -> Result<(), FileError> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    let line = lines.find(|line| !line.trim_ascii().is_empty()).ok_or(FileError::Empty)?;
    if !line.ends_with(b"\n") && head.len() as u64 == LONGEST {
        return Err(FileError::NotCsv { found: "one very long line" });
    }
    if !line.ends_with(b"\n") && line.trim_ascii_end().contains(&b'\r') {
        return Err(FileError::NotCsv { found: "text with carriage returns for line ends" });
    }
    Ok(())
}

fn refuse_other_formats(head: &[u8]) -> Result<(), FileError> {
    let found = match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive or an Excel workbook (.xlsx)",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an Excel workbook (.xls)",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        _ if is_quoted_document(head) => "a JSON string that holds a CSV text (send the text itself)",
        [b'{' | b'[', ..] => "a JSON document",
        [b'<', ..] => "an HTML or XML document",
        [first, 0, ..] | [0, first, ..] if first.is_ascii_graphic() => "UTF-16 text",
        _ if head.contains(&0) => "binary data",
        _ => return Ok(()),
    };
    Err(FileError::NotCsv { found })
}

/// A whole file as one JSON string: its line ends are written as `\n`, so that it has no second line, or an empty one.
fn is_quoted_document(head: &[u8]) -> bool {
    let text = head.trim_ascii();
    text.starts_with(b"\"") && !text.contains(&b'\n') && text.windows(2).any(|pair| pair == b"\\n")
}

/// The profile's mark, or the other one where the header row itself stands in it.
fn quote(header: &[u8], profile: Quote) -> u8 {
    let (own, other) = match profile {
        Quote::Double => return b'"',
        Quote::Single => (b'\'', b'"'),
    };
    let mut fields = header.trim_ascii().split(|byte| b",;\t|".contains(byte));
    let quoted =
        fields.any(|field| field.len() > 1 && field.starts_with(&[other]) && field.ends_with(&[other]));
    if quoted { other } else { own }
}

/// The most frequent of comma, semicolon and tab outside quotes; the comma where there is none.
fn delimiter(header: &[u8], quote: u8) -> u8 {
    let (mut quoted, mut before) = (false, b',');
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in header {
        let begins = b",;\t".contains(&before);
        before = *byte;
        if *byte == quote && (quoted || begins) {
            quoted = !quoted;
        } else if !quoted && let Some((_, count)) = counts.iter_mut().find(|(each, _)| each == byte) {
            *count += 1;
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    counts.iter().find(|(_, count)| *count == most).map_or(b',', |(each, _)| *each)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn look(bytes: &[u8], profile: &Profile) -> Result<Shape, FileError> {
        begin(&mut &*bytes).map(|beginning| beginning.shapes(profile)[0])
    }

    #[test]
    fn the_header_tells_the_delimiter_and_quoted_ones_do_not_count() {
        for (line, expected) in [
            ("email,name\n", b','),
            ("\r\n\nemail;name\r\n", b';'),
            ("sep=|\r\nemail|name, first\r\n", b'|'),
            ("email\tname, first\tx\n", b'\t'),
            ("\"a,b,c\";email\n", b';'),
            ("email\n", b','),
        ] {
            let shape = look(line.as_bytes(), &Profile::generic()).expect("a header");
            assert_eq!((shape.delimiter, shape.quote), (expected, b'"'), "{line}");
        }
    }

    #[test]
    fn single_quotes_are_taken_where_the_profile_says_so_and_the_header_does_not_differ() {
        let ukg = Profile::named("ukg").expect("built in");
        for (line, expected) in [
            ("email;lastname\n", (b';', b'\'')),
            ("'email; x';lastname\n", (b';', b'\'')),
            ("\"Employee Id\",\"Primary Email\"\n", (b',', b'"')),
        ] {
            let shape = look(line.as_bytes(), &ukg).expect("a header");
            assert_eq!((shape.delimiter, shape.quote), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, expected) in [
            (&b"PK\x03\x04rest"[..], "workbook"),
            (b"e\0m\0a\0", "UTF-16"),
            (b"\0e\0m\0a", "UTF-16"),
            (b"{\"a\":1}", "JSON"),
            (b"\"email,name\\na@b.example,Anna\\n\"", "JSON string"),
            (b"<html>", "HTML"),
            (b"email\na\0b", "binary"),
            (b"email,name\ra@b.example,Anna\r", "carriage returns"),
        ] {
            let text = look(bytes, &Profile::generic()).expect_err("no CSV").to_string();
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("CSV UTF-8"), "{text}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_read_into_memory() {
        let mut endless = io::repeat(b'a');
        assert!(matches!(begin(&mut endless), Err(FileError::NotCsv { .. })));
    }
}
