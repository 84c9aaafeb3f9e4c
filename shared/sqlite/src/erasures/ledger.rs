//! The erasures of a store as the text of a file.
//!
//! The first line names the key of the hashes by a hash of a text that is no address, so that a file that belongs to another
//! store is known. Each further line is one mark of somebody who was erased: its keyed hash, when it was, and the id that the
//! contact had (`-`: it was not kept), with a space between each.

use std::{collections::BTreeMap, fmt::Write as _};

use listsync_core::{Timestamp, id::ContactId};

/// What the first line begins with; the number is the version of the shape.
const TITLE: &str = "listsync-erasures 1 ";
const NO_CONTACT: &str = "-";
/// The length of a hash in hexadecimal.
const HASH: usize = 64;

/// One mark of somebody who was erased, and when: an address, a key, or the object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Erased {
    /// The keyed hash of the mark.
    pub(crate) hash: String,
    /// When they were.
    pub(crate) at: Timestamp,
}

/// Erasures, each with the id that the contact had, where that is known.
pub(crate) type Erasures = BTreeMap<Erased, Option<ContactId>>;

/// A file of erasures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// What names the key of its hashes.
    pub(crate) key: String,
    /// The erasures.
    pub(crate) erasures: Erasures,
    /// So many bytes are whole lines. What follows was being written when the power went, and of that erasure nothing was done.
    pub(crate) whole: usize,
}

/// A line that is none of a file of erasures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// Its number, from 1.
    pub(crate) number: usize,
}

impl Ledger {
    /// Reads it.
    ///
    /// # Errors
    /// When a line is none of such a file: to pass over it might be to pass over an erasure.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, BadLine> {
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let bad = |number: usize| BadLine { number };
        let text = std::str::from_utf8(&text[..whole]).map_err(|_| bad(1))?;
        let mut lines = text.lines().zip(1..);
        let key = match lines.next() {
            Some((first, number)) => {
                first.strip_prefix(TITLE).filter(|key| is_hash(key)).ok_or(bad(number))?
            }
            None => "",
        };
        let mut erasures = Erasures::new();
        for (line, number) in lines {
            let (erased, contact) = entry(line).ok_or(bad(number))?;
            erasures.insert(erased, contact);
        }
        Ok(Self { key: key.to_owned(), erasures, whole })
    }

    /// The first line.
    pub(crate) fn title(key: &str) -> String {
        format!("{TITLE}{key}\n")
    }

    /// The lines of erasures.
    pub(crate) fn lines(erasures: &Erasures) -> String {
        let mut text = String::new();
        for (Erased { hash, at }, contact) in erasures {
            let contact = contact.as_ref().map_or(NO_CONTACT, ContactId::as_str);
            let _ = writeln!(text, "{hash} {at} {contact}");
        }
        text
    }
}

fn entry(line: &str) -> Option<(Erased, Option<ContactId>)> {
    let mut words = line.split(' ');
    let (hash, at, contact) = (words.next()?, words.next()?, words.next()?);
    let contact = match contact {
        NO_CONTACT => None,
        id => Some(ContactId::parse(id).ok()?),
    };
    let erased = Erased { hash: hash.to_owned(), at: at.parse().ok()? };
    (is_hash(hash) && words.next().is_none()).then_some((erased, contact))
}

fn is_hash(text: &str) -> bool {
    text.len() == HASH && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erasures() -> Erasures {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let id = ContactId::parse("c1").expect("an id");
        let erased = |digit: &str, second| Erased { hash: digit.repeat(HASH), at: at(second) };
        [(erased("0", 5), Some(id)), (erased("a", 5), None), (erased("a", 6), None)].into()
    }

    fn text() -> String {
        Ledger::title(&"f".repeat(HASH)) + &Ledger::lines(&erasures())
    }

    #[test]
    fn what_was_written_is_read() {
        let text = text();
        let read = Ledger::parse(text.as_bytes()).expect("it reads");
        assert_eq!((read.erasures, read.key, read.whole), (erasures(), "f".repeat(HASH), text.len()));
    }

    #[test]
    fn a_line_that_was_cut_short_is_none_and_all_before_it_are() {
        let (text, all) = (text(), erasures());
        for length in 0..=text.len() {
            let read = Ledger::parse(&text.as_bytes()[..length]).expect("it reads");
            let lines = text[..length].matches('\n').count().saturating_sub(1);
            assert!(read.erasures.iter().eq(all.iter().take(lines)), "{length}");
            assert!(read.whole <= length && (read.whole == 0 || text.as_bytes()[read.whole - 1] == b'\n'));
        }
    }

    #[test]
    fn a_line_that_is_no_erasure_is_named_by_its_number() {
        let (text, hash) = (text(), "0".repeat(HASH));
        for bad in
            ["", "anna", &hash, &format!("{hash} noon c1"), &format!("{hash} 1970-01-01T00:00:05Z c1 c2")]
        {
            let spoilt = format!("{text}{bad}\n");
            assert_eq!(Ledger::parse(spoilt.as_bytes()), Err(BadLine { number: 5 }), "{bad}");
        }
        assert_eq!(Ledger::parse(b"something else\n"), Err(BadLine { number: 1 }));
    }
}
