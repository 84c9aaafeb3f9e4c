use std::io::{self, BufRead, Read};

use crate::FileError;

/// The longest header row that is looked at, in bytes.
const LONGEST: u64 = 256 * 1024;

/// What the beginning of a file tells: its first line, which is taken out of the reader, and its shape.
#[derive(Debug)]
pub(crate) struct Beginning {
    /// The first line that is not blank, without a byte order mark, with its line end.
    pub(crate) line: Vec<u8>,
    /// How many blank lines stand before it.
    pub(crate) blank_lines: u64,
    /// What stands between two fields.
    pub(crate) delimiter: u8,
}

/// Looks at the beginning of a file, and refuses what is no text.
pub(crate) fn sniff(reader: &mut impl BufRead) -> Result<Beginning, FileError> {
    let mut line = first_line(reader).map_err(FileError::Read)?;
    refuse_other_formats(&line)?;
    if line.starts_with(b"\xef\xbb\xbf") {
        line.drain(..3);
    }
    let mut blank_lines = 0;
    while line.ends_with(b"\n") && line.trim_ascii().is_empty() {
        blank_lines += 1;
        line = first_line(reader).map_err(FileError::Read)?;
    }
    if line.trim_ascii().is_empty() {
        return Err(FileError::Empty);
    }
    if line.len() as u64 == LONGEST {
        return Err(FileError::NotCsv { found: "one very long line" });
    }
    let delimiter = delimiter(&line);
    Ok(Beginning { line, blank_lines, delimiter })
}

fn first_line(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
    Ok(line)
}

fn refuse_other_formats(line: &[u8]) -> Result<(), FileError> {
    let found = match line {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => "a ZIP archive or an Excel workbook (.xlsx)",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an Excel workbook (.xls)",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16 text",
        [b'%', b'P', b'D', b'F', ..] => "a PDF document",
        [b'{' | b'[', ..] => "a JSON document",
        [b'<', ..] => "an HTML or XML document",
        _ if line.contains(&0) => "binary data",
        _ => return Ok(()),
    };
    Err(FileError::NotCsv { found })
}

/// The most frequent of comma, semicolon and tab outside quotes; the comma where there is none.
fn delimiter(line: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in line {
        if *byte == b'"' {
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
    use super::*;

    #[test]
    fn the_header_tells_the_delimiter_and_quoted_ones_do_not_count() {
        for (line, expected) in [
            ("email,name\n", b','),
            ("email;name\r\n", b';'),
            ("email\tname, first\tx\n", b'\t'),
            ("\"a,b,c\";email\n", b';'),
            ("email\n", b','),
        ] {
            let found = sniff(&mut line.as_bytes()).expect("a header");
            assert_eq!(found.delimiter, expected, "{line}");
            assert_eq!(found.line, line.as_bytes());
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        for (bytes, expected) in [
            (&b"PK\x03\x04rest"[..], "workbook"),
            (b"\xff\xfee\0m\0", "UTF-16"),
            (b"{\"a\":1}", "JSON"),
            (b"<html>", "HTML"),
            (b"a\0b", "binary"),
        ] {
            let text = sniff(&mut &*bytes).expect_err("no CSV").to_string();
            assert!(text.contains(expected), "{text}");
            assert!(text.contains("CSV UTF-8"), "{text}");
        }
    }

    #[test]
    fn a_line_without_end_is_not_read_into_memory() {
        let mut endless = io::BufReader::new(io::repeat(b'a'));
        assert!(matches!(sniff(&mut endless), Err(FileError::NotCsv { .. })));
    }
}
