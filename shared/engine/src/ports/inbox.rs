use std::io::Write;

use async_trait::async_trait;
use listsync_core::Timestamp;

use super::PortResult;

/// What reading a dropped file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// It was copied to its end.
    Whole {
        /// When it was dropped, to the second.
        at: Timestamp,
    },
    /// It has more bytes than were wanted; nothing of it was copied.
    TooLarge {
        /// As many as it has.
        bytes: u64,
    },
    /// It is not there any more.
    Gone,
}

/// Where files are dropped by their path, and where what could not be taken in is laid down for people.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Copies a file of at most `most` bytes, piece by piece. After an error a part of it may have been copied.
    async fn fetch(&self, path: &str, most: u64, to: &mut (dyn Write + Send)) -> PortResult<Fetched>;
    /// Lays a file down, over one of the same path.
    async fn lay_down(&self, path: &str, kind: &str, content: Vec<u8>) -> PortResult<()>;
}
