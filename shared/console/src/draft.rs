//! Files that were sent and looked at, and are not taken in yet. A file names people, whom an erasure has to reach: so the store
//! keeps it sealed under a key that is made of the session's secret, which no store has. Nobody but who sent it can read it, and
//! nobody at all once they have signed out or half an hour is over.
//!
//! It is in the store and not in memory, as the next request may come to another process.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use axum::body::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use listsync_core::{Timestamp, schedule::later};
use listsync_engine::ports::{PortResult, Seen};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{session::random, visit::Visit};

/// A file is kept for so long after it was sent.
const KEPT: Duration = Duration::from_secs(30 * 60);
/// So many bytes of a file are kept under one name: with the seal less than a value may have.
const PIECE: usize = 256 * 1024;

/// A file that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The list that it is for.
    pub(crate) list: String,
    pub(crate) name: String,
    pub(crate) content: Bytes,
}

/// What is kept of it besides its pieces. It is written last: what has none was never kept whole.
#[derive(Serialize, Deserialize)]
struct Head {
    list: String,
    name: String,
    pieces: u32,
}

/// The files of one session.
pub(crate) struct Drafts<'a> {
    seen: &'a dyn Seen,
    /// The secret of the session.
    secret: &'a str,
}

impl<'a> Drafts<'a> {
    pub(crate) fn of(visit: &'a Visit) -> Self {
        Self { seen: visit.console.service().seen.as_ref(), secret: &visit.session.secret }
    }

    /// Keeps one, under a name that nobody guesses.
    pub(crate) async fn keep(&self, draft: &Draft, now: Timestamp) -> PortResult<String> {
        let (name, until) = (random(), later(now, KEPT));
        let seal = Seal::of(self.secret, &name);
        let mut pieces = 0;
        for piece in draft.content.chunks(PIECE) {
            pieces += 1;
            self.seen.replace(&place(&name, pieces), &seal.close(pieces, piece), until).await?;
        }
        let head = Head { list: draft.list.clone(), name: draft.name.clone(), pieces };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        // By the call that also has a store drop what is past its time. Nobody else has the name.
        self.seen.remember(&place(&name, 0), &seal.close(0, &head), until, now).await?;
        Ok(name)
    }

    /// The one of a name; none: it is another session's, or is not kept any more.
    pub(crate) async fn find(&self, name: &str, now: Timestamp) -> PortResult<Option<Draft>> {
        let seal = Seal::of(self.secret, name);
        let Some(Head { list, name: file, pieces }) = self.head(&seal, name, now).await? else {
            return Ok(None);
        };
        let mut content = Vec::new();
        for number in 1..=pieces {
            let kept = self.seen.recall(&place(name, number), now).await?;
            let Some(piece) = kept.and_then(|kept| seal.open(number, kept)) else { return Ok(None) };
            content.extend(piece);
        }
        Ok(Some(Draft { list, name: file, content: content.into() }))
    }

    /// Drops it, where it is this session's.
    pub(crate) async fn drop(&self, name: &str, now: Timestamp) -> PortResult<()> {
        let Some(head) = self.head(&Seal::of(self.secret, name), name, now).await? else { return Ok(()) };
        for number in 0..=head.pieces {
            self.seen.forget(&place(name, number)).await?;
        }
        Ok(())
    }

    async fn head(&self, seal: &Seal, name: &str, now: Timestamp) -> PortResult<Option<Head>> {
        let kept = self.seen.recall(&place(name, 0), now).await?;
        let head = kept.and_then(|kept| seal.open(0, kept));
        Ok(head.and_then(|head| serde_json::from_slice(&head).ok()))
    }
}

fn place(name: &str, number: u32) -> String {
    let hash = Sha256::digest(name.as_bytes())
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("console-draft/{hash}/{number}")
}

/// The key of one draft. Each is sealed once, so that the number of a piece is a nonce that comes once.
struct Seal(LessSafeKey);

impl Seal {
    fn of(secret: &str, name: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
        mac.update(b"console draft/");
        mac.update(name.as_bytes());
        let key = UnboundKey::new(&AES_256_GCM, &mac.finalize().into_bytes()).expect("256 bits are a key");
        Self(LessSafeKey::new(key))
    }

    fn nonce(number: u32) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        nonce[..4].copy_from_slice(&number.to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }

    fn close(&self, number: u32, text: &[u8]) -> Vec<u8> {
        let mut sealed = text.to_vec();
        let done = self.0.seal_in_place_append_tag(Self::nonce(number), Aad::empty(), &mut sealed);
        done.expect("a piece is far smaller than what can be sealed");
        sealed
    }

    /// What was sealed; none: it was sealed by another session, or is not as it was.
    fn open(&self, number: u32, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
        let length = self.0.open_in_place(Self::nonce(number), Aad::empty(), &mut sealed).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use listsync_sqlite::SqliteStore;

    use super::*;

    fn draft(size: usize) -> Draft {
        let content: Vec<u8> = b"email\nanna@contoso.example\n".iter().copied().cycle().take(size).collect();
        Draft { list: "news".into(), name: "people.csv".into(), content: content.into() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    fn drafts<'a>(seen: &'a dyn Seen, secret: &'a str) -> Drafts<'a> {
        Drafts { seen, secret }
    }

    #[tokio::test]
    async fn a_file_of_any_size_is_found_by_its_session_alone_and_not_for_ever() {
        let store = SqliteStore::open_in_memory().expect("a store");
        let (mine, other) = (drafts(&store, "mine"), drafts(&store, "another"));
        for size in [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let sent = draft(size);
            let name = mine.keep(&sent, at(0)).await.expect("it is kept");
            assert_eq!(mine.find(&name, at(1799)).await.expect("the store answers"), Some(sent), "{size}");
            assert_eq!(other.find(&name, at(1)).await.expect("the store answers"), None);
            assert_eq!(mine.find(&name, at(1800)).await.expect("the store answers"), None);
        }
        assert_eq!(mine.find("nothing", at(0)).await.expect("the store answers"), None);
    }

    #[tokio::test]
    async fn a_file_is_dropped_whole_and_by_its_session_alone() {
        let store = SqliteStore::open_in_memory().expect("a store");
        let (mine, other) = (drafts(&store, "mine"), drafts(&store, "another"));
        let name = mine.keep(&draft(2 * PIECE), at(0)).await.expect("it is kept");
        other.drop(&name, at(1)).await.expect("the store answers");
        assert!(mine.find(&name, at(1)).await.expect("the store answers").is_some());
        mine.drop(&name, at(1)).await.expect("the store answers");
        for number in 0..=2 {
            assert_eq!(store.recall(&place(&name, number), at(1)).await.expect("the store answers"), None);
        }
    }

    #[tokio::test]
    async fn the_store_has_nothing_of_a_file_that_can_be_read() {
        let store = SqliteStore::open_in_memory().expect("a store");
        let name = drafts(&store, "mine").keep(&draft(100), at(0)).await.expect("it is kept");
        for number in 0..=1 {
            let kept = store.recall(&place(&name, number), at(1)).await.expect("the store answers");
            let kept = String::from_utf8_lossy(&kept.expect("it is there")).into_owned();
            assert!(!["anna", "people", "news"].iter().any(|word| kept.contains(word)), "{kept}");
        }
    }

    #[tokio::test]
    async fn what_was_changed_in_the_store_is_no_file() {
        let store = SqliteStore::open_in_memory().expect("a store");
        let mine = drafts(&store, "mine");
        let name = mine.keep(&draft(2 * PIECE), at(0)).await.expect("it is kept");
        let second =
            store.recall(&place(&name, 2), at(1)).await.expect("the store answers").expect("it is there");
        store.replace(&place(&name, 1), &second, at(1800)).await.expect("the store answers");
        assert_eq!(mine.find(&name, at(1)).await.expect("the store answers"), None);
    }
}
