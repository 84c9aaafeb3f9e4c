use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    alert::{Envelope, Letter, Message},
};

use super::PortResult;

/// What is kept of alerts under one name. What it says is the engine's own affair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertNote {
    /// Its name, at most 512 bytes.
    pub name: String,
    /// How often it was written; 0: it is not there.
    pub version: u64,
    /// What it says, at most 64 KiB.
    pub value: Vec<u8>,
    /// From when on it is not there any more; none: it stays.
    pub until: Option<Timestamp>,
}

/// Whether a note was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was.
    Done,
    /// It has another version by now than the one that was read: nothing was written.
    Outdated,
}

/// What was told, what is still to be told, and who is telling it.
#[async_trait]
pub trait AlertNotes: Send + Sync {
    /// Every note that is there at this moment, by name.
    async fn alert_notes(&self, now: Timestamp) -> PortResult<Vec<AlertNote>>;
    /// Writes one in the place of the version that it carries, as it was read; its version is one higher then. Of two who
    /// write in the place of the same version, one does.
    async fn write_alert_note(&self, note: &AlertNote, now: Timestamp) -> PortResult<Written>;
}

/// A way to people outside.
#[async_trait]
pub trait AlertChannel: Send + Sync {
    /// Its name, by which is remembered what it is still to be sent.
    fn name(&self) -> &'static str;
    /// Sends a message, once: whoever calls tries again. Its errors hold no address of the receiver and no secret.
    async fn send(&self, message: &Message, now: Timestamp) -> PortResult<()>;
}

/// A way to send a letter.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Has a service take a letter for all who are to get it, or for none; whether it arrives, nobody tells. Its errors hold no
    /// address and no secret.
    async fn mail(&self, envelope: &Envelope, letter: &Letter, now: Timestamp) -> PortResult<()>;
}
