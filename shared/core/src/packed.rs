//! Values as few bytes: numbers of a length that their size tells, ids that are GUIDs in 16 bytes, texts behind their length.

use crate::guid::Guid;

/// How an id is written.
const NONE: u8 = 0;
const GUID: u8 = 1;
const TEXT: u8 = 2;

/// Bytes that are cut short, or are something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(crate) fn unsigned(&mut self, mut value: u128) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub(crate) fn signed(&mut self, value: i128) {
        self.unsigned(((value << 1) ^ (value >> 127)) as u128);
    }

    pub(crate) fn count(&mut self, value: usize) {
        self.unsigned(value as u128);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// An id, whose [`kind`] is told elsewhere.
    pub(crate) fn id(&mut self, id: &str) {
        match hexadecimal(id) {
            Some(bytes) => self.0.extend(bytes),
            None => self.text(id),
        }
    }
}

/// How an id is written, in two bits.
pub(crate) fn kind(id: Option<&str>) -> u8 {
    match id.map(hexadecimal) {
        None => NONE,
        Some(Some(_)) => GUID,
        Some(None) => TEXT,
    }
}

/// The bytes of an id that is a GUID; none: it is another text.
fn hexadecimal(id: &str) -> Option<[u8; 16]> {
    Guid::parse(id).ok()?;
    let digits: Vec<u8> =
        id.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = (pair[0] << 4) | pair[1];
    }
    Some(bytes)
}

pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl Reader<'_> {
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&[u8], Malformed> {
        let (some, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(some)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u128, Malformed> {
        let mut value = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            value |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    pub(crate) fn signed(&mut self) -> Result<i128, Malformed> {
        let value = self.unsigned()?;
        Ok((value >> 1) as i128 ^ -((value & 1) as i128))
    }

    pub(crate) fn count(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.unsigned()?).map_err(|_| Malformed)
    }

    pub(crate) fn text(&mut self) -> Result<String, Malformed> {
        let length = self.count()?;
        String::from_utf8(self.bytes(length)?.to_vec()).map_err(|_| Malformed)
    }

    pub(crate) fn id(&mut self, kind: u8) -> Result<Option<String>, Malformed> {
        match kind {
            NONE => Ok(None),
            GUID => self.bytes(16).map(|bytes| Some(guid(bytes))),
            TEXT => self.text().map(Some),
            _ => Err(Malformed),
        }
    }
}

pub(crate) fn typed<T: TryFrom<String>>(text: Option<String>) -> Result<Option<T>, Malformed> {
    text.map(|text| T::try_from(text).map_err(|_| Malformed)).transpose()
}

fn guid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if [4, 6, 8, 10].contains(&place) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(digit.into(), 16));
        }
    }
    text
}
