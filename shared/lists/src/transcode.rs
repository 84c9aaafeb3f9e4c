//! UTF-16 is read as UTF-8: what spreadsheets call "Unicode text".

use std::io::{self, Read};

/// How many bytes are decoded at a time.
const STEP: usize = 16 * 1024;
const MARK: char = '\u{feff}';

/// Gives UTF-8 for a UTF-16 input that begins with its byte order mark. What is no UTF-16 becomes the replacement
/// character, which no address can hold, so that its row is refused.
pub(crate) struct Transcoded<R> {
    input: R,
    unit: fn([u8; 2]) -> u16,
    /// Bytes that were read, of which the first may be the begin of a character.
    raw: Vec<u8>,
    kept: usize,
    text: String,
    given: usize,
    begun: bool,
    ended: bool,
}

/// Whether these bytes begin with the mark of UTF-16, in either byte order.
pub(crate) fn is_marked(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff])
}

impl<R: Read> Transcoded<R> {
    /// Reads an input whose mark [`is_marked`] has seen in its first bytes.
    pub(crate) fn new(input: R, head: &[u8]) -> Self {
        let unit = if head.starts_with(&[0xfe, 0xff]) { u16::from_be_bytes } else { u16::from_le_bytes };
        let (text, raw) = (String::new(), vec![0; STEP]);
        Self { input, unit, raw, kept: 0, text, given: 0, begun: false, ended: false }
    }

    fn step(&mut self) -> io::Result<()> {
        let count = self.input.read(&mut self.raw[self.kept..])?;
        self.ended = count == 0;
        let read = &self.raw[..self.kept + count];
        let whole = if self.ended { read.len() } else { self.whole_characters(read) };
        let unit = |bytes: &[u8]| match *bytes {
            [first, second] => (self.unit)([first, second]),
            // Half a unit at the end of the input.
            _ => 0xfffd,
        };
        let characters = char::decode_utf16(read[..whole].chunks(2).map(unit));
        self.text.clear();
        self.text.extend(characters.map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)));
        self.given = if !self.begun && self.text.starts_with(MARK) { MARK.len_utf8() } else { 0 };
        self.begun |= whole > 0;
        let read = whole..self.kept + count;
        self.kept = read.len();
        self.raw.copy_within(read, 0);
        Ok(())
    }

    /// So many of these bytes hold characters to which nothing that comes later belongs.
    fn whole_characters(&self, read: &[u8]) -> usize {
        match read.as_chunks().0 {
            [before @ .., last] if (0xd800..0xdc00).contains(&(self.unit)(*last)) => before.len() * 2,
            units => units.len() * 2,
        }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.step()?;
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text.as_bytes()[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_give_the_same_text_however_the_bytes_arrive() {
        let text = "email;name\nöz@b.example;Zoë 𝄞\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(units.iter().flat_map(|unit| unit.to_le_bytes())).collect();
        let big: Vec<u8> =
            [0xfe, 0xff].into_iter().chain(units.iter().flat_map(|unit| unit.to_be_bytes())).collect();
        for bytes in [little, big] {
            assert!(is_marked(&bytes));
            let mut read = String::new();
            Transcoded::new(OneByOne(&bytes), &bytes).read_to_string(&mut read).expect("text");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn what_is_no_utf16_is_told_as_such_and_takes_nothing_with_it() {
        let text = |units: &[u16], rest: &[u8]| {
            let bytes: Vec<u8> =
                units.iter().flat_map(|unit| unit.to_le_bytes()).chain(rest.iter().copied()).collect();
            let mut read = String::new();
            Transcoded::new(OneByOne(&bytes), &bytes).read_to_string(&mut read).expect("text");
            read
        };
        // Half a pair before a letter, at the end, and the other half alone; half a unit; and a mark amidst is a character.
        assert_eq!(text(&[0xfeff, 0xd834, 0x61], &[]), "\u{fffd}a");
        assert_eq!(text(&[0xfeff, 0x61, 0xd834], &[]), "a\u{fffd}");
        assert_eq!(text(&[0xfeff, 0xdd1e, 0x61], &[]), "\u{fffd}a");
        assert_eq!(text(&[0xfeff, 0x61], &[0x62]), "a\u{fffd}");
        assert_eq!(text(&[0xfeff, 0x61, 0xfeff], &[]), "a\u{feff}");
        assert_eq!(text(&[0xfeff], &[]), "");
    }

    struct OneByOne<'a>(&'a [u8]);

    impl Read for OneByOne<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }
}
