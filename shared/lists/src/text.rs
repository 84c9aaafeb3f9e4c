//! In which encoding a file's texts are.

use std::{borrow::Cow, str};

use yore::code_pages::CP1252;

use crate::{RejectReason, profile::Encoding, records::Record};

/// Tells what the bytes of a file mean.
///
/// Where the profile leaves it open, the first row with a byte beyond ASCII tells: what is UTF-8 there is UTF-8 in the
/// whole file, else it is Windows-1252. A later row that contradicts is rejected, never guessed.
#[derive(Debug)]
pub(crate) struct Decoder {
    known: Option<Encoding>,
    /// Whether the profile, or a byte order mark, says so.
    told: bool,
}

impl Decoder {
    pub(crate) fn new(profile: Encoding, marked: bool) -> Self {
        match profile {
            _ if marked => Self { known: Some(Encoding::Utf8), told: true },
            Encoding::Auto => Self { known: None, told: false },
            other => Self { known: Some(other), told: true },
        }
    }

    /// Looks at a row before its fields are decoded.
    pub(crate) fn look(&mut self, record: &Record) -> Result<(), RejectReason> {
        if record.iter().all(<[u8]>::is_ascii) {
            return Ok(());
        }
        let utf8 = record.iter().all(|field| str::from_utf8(field).is_ok());
        let known = *self.known.get_or_insert(if utf8 { Encoding::Utf8 } else { Encoding::Windows1252 });
        match known {
            Encoding::Utf8 if !utf8 => Err(RejectReason::NotUtf8),
            Encoding::Windows1252 if utf8 && !self.told => Err(RejectReason::MixedEncoding),
            _ => Ok(()),
        }
    }

    /// A field as text, of a row that was looked at.
    pub(crate) fn decode<'a>(&self, field: &'a [u8]) -> Cow<'a, str> {
        match self.known {
            Some(Encoding::Windows1252) => CP1252.decode(field),
            _ => String::from_utf8_lossy(field),
        }
    }
}
