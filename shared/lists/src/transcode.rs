//! UTF-16 is read as UTF-8: what spreadsheets call "Unicode text".

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

/// How many bytes are decoded at a time.
const STEP: usize = 16 * 1024;

/// Gives UTF-8 for a UTF-16 input that begins with its byte order mark. What is no UTF-16 becomes the replacement
/// character, which no address can hold, so that its row is refused.
pub(crate) struct Transcoded<R> {
    input: R,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    ended: bool,
}

/// Whether these bytes begin with the mark of UTF-16, in either byte order.
pub(crate) fn is_marked(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff])
}

impl<R: Read> Transcoded<R> {
    /// Reads an input whose mark [`is_marked`] has seen in its first bytes.
    pub(crate) fn new(input: R, head: &[u8]) -> Self {
        let encoding = if head.starts_with(&[0xfe, 0xff]) { UTF_16BE } else { UTF_16LE };
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { input, decoder, raw: vec![0; STEP], text: Vec::new(), given: 0, ended: false }
    }

    fn step(&mut self) -> io::Result<()> {
        let count = self.input.read(&mut self.raw)?;
        self.ended = count == 0;
        let source = &self.raw[..count];
        let room = self.decoder.max_utf8_buffer_length(count).unwrap_or(STEP * 4);
        self.text.resize(room, 0);
        let (result, _, written, _) = self.decoder.decode_to_utf8(source, &mut self.text, self.ended);
        debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer has room for all of it");
        self.text.truncate(written);
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.step()?;
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..self.given + count]);
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
