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

/// Looks at the beginning of a file, and refuses what is no text. What was read of it is given back, without the mark.
pub(crate) fn sniff(input: &mut impl Read, profile: &Profile) -> Result<(Shape, Vec<u8>), FileError> {
    let mut head = Vec::new();
    input.take(LONGEST).read_to_end(&mut head).map_err(FileError::Read)?;
    refuse_other_formats(&head)?;
    let marked = head.starts_with(b"\xef\xbb\xbf");
    if marked {
        head.drain(..3);
    }
    let header = header(&head)?;
    let quote = quote(header, profile.quote);
    let delimiter = match profile.delimiter {
        Delimiter::Auto => delimiter(header, quote),
        Delimiter::Byte(byte) => byte,
    };
    Ok((Shape { delimiter, quote, marked }, head))
}

/// The first line that is not blank.
fn header(head: &[u8]) -> Result<&[u8], FileError> {
    let mut lines = head.split_inclusive(|byte| *byte == b'\n');
    let line = lines.find(|line| !line.trim_ascii().is_empty()).ok_or(FileError::Empty)?;
    if !line.ends_with(b"\n") && head.len() as u64 == LONGEST {
        return Err(FileError::NotCsv { found: "one very long line" });
    }
    if !line.ends_with(b"\n") && line.trim_ascii_end().contains(&b'\r') {
        return Err(FileError::NotCsv { found: "text with carriage returns for line ends" });
    }
    Ok(line)
}

fn refuse_other_formats(head: &[u8]) -> Result<(), FileError> {
    let found = match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive or an Excel workbook (.xlsx)",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an Excel workbook (.xls)",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16 text",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [b'{' | b'[', ..] => "a JSON document",
        [b'<', ..] => "an HTML or XML document",
        [first, 0, ..] | [0, first, ..] if first.is_ascii_graphic() => "UTF-16 text",
        _ if head.contains(&0) => "binary data",
        _ => return Ok(()),
    };
    Err(FileError::NotCsv { found })
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

    fn look(bytes: &[u8], profile: &Profile) -> Result<(Shape, Vec<u8>), FileError> {
        sniff(&mut &*bytes, profile)
    }

    #[test]
    fn the_header_tells_the_delimiter_and_quoted_ones_do_not_count() {
        for (line, expected) in [
            ("email,name\n", b','),
            ("\r\n\nemail;name\r\n", b';'),
            ("email\tname, first\tx\n", b'\t'),
            ("\"a,b,c\";email\n", b';'),
            ("email\n", b','),
        ] {
            let (shape, head) = look(line.as_bytes(), &Profile::generic()).expect("a header");
            assert_eq!((shape.delimiter, shape.quote), (expected, b'"'), "{line}");
            assert_eq!(head, line.as_bytes());
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
            let (shape, _) = look(line.as_bytes(), &ukg).expect("a header");
            assert_eq!((shape.delimiter, shape.quote), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, expected) in [
            (&b"PK\x03\x04rest"[..], "workbook"),
            (b"\xff\xfee\0m\0", "UTF-16"),
            (b"e\0m\0a\0", "UTF-16"),
            (b"\0e\0m\0a", "UTF-16"),
            (b"{\"a\":1}", "JSON"),
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
        assert!(matches!(sniff(&mut endless, &Profile::generic()), Err(FileError::NotCsv { .. })));
    }
}
