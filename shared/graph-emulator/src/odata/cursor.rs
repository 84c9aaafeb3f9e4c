//! Opaque cursors: what a `$skiptoken` or `$deltatoken` holds, sealed so that an altered one is refused.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::state::history::Seq;

/// The place of a reader in a listing or in the stream of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Which query it belongs to.
    pub(crate) spec: u32,
    /// What kind of cursor it is.
    pub(crate) kind: u8,
    /// Changes up to here were shown by earlier rounds (changes only).
    pub(crate) from: Seq,
    /// The state that is being shown.
    pub(crate) at: Seq,
    /// Where that begins which no earlier round showed (changes only).
    pub(crate) fresh: Seq,
    /// The last row shown.
    pub(crate) after: u128,
    /// The last member shown of the group `after`, or a counter of empty pages.
    pub(crate) inner: u128,
    /// When it was handed out, in milliseconds.
    pub(crate) issued: i64,
    /// Raised when all tokens are declared void.
    pub(crate) epoch: u32,
}

/// Seals and opens cursors, and remembers the queries they belong to.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    key: RandomState,
    specs: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Cursors {
    pub(crate) fn spec(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.specs.len()).unwrap_or(u32::MAX);
        self.specs.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    pub(crate) fn spec_text(&self, number: u32) -> Option<&str> {
        self.specs.get(number as usize).map(String::as_str)
    }

    pub(crate) fn seal(&self, cursor: &Cursor) -> String {
        let mut bytes = Vec::with_capacity(89);
        bytes.push(cursor.kind);
        bytes.extend(cursor.spec.to_be_bytes());
        bytes.extend(cursor.from.to_be_bytes());
        bytes.extend(cursor.at.to_be_bytes());
        bytes.extend(cursor.fresh.to_be_bytes());
        bytes.extend(cursor.after.to_be_bytes());
        bytes.extend(cursor.inner.to_be_bytes());
        bytes.extend(cursor.issued.to_be_bytes());
        bytes.extend(cursor.epoch.to_be_bytes());
        let seal = self.key.hash_one(&bytes);
        bytes.extend(seal.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The cursor, or `None` if it was not made here or was altered.
    pub(crate) fn open(&self, text: &str) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, seal) = bytes.split_last_chunk::<8>()?;
        if self.key.hash_one(body.to_vec()) != u64::from_be_bytes(*seal) {
            return None;
        }
        let mut rest = body;
        let mut take = |count: usize| -> Option<u128> {
            let (head, tail) = rest.split_at_checked(count)?;
            rest = tail;
            Some(head.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte)))
        };
        Some(Cursor {
            kind: u8::try_from(take(1)?).ok()?,
            spec: u32::try_from(take(4)?).ok()?,
            from: u64::try_from(take(8)?).ok()?,
            at: u64::try_from(take(8)?).ok()?,
            fresh: u64::try_from(take(8)?).ok()?,
            after: take(16)?,
            inner: take(16)?,
            issued: i64::try_from(take(8)?).ok()?,
            epoch: u32::try_from(take(4)?).ok()?,
        })
    }
}

/// The row after which reading goes on; the nil id means from the start.
pub(crate) fn place(raw: u128) -> Option<Uuid> {
    (raw != 0).then(|| Uuid::from_u128(raw))
}
