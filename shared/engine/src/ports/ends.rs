use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    stay::{End, Stay},
};

use super::PortResult;

/// What giving a membership an end came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It ends then; none: it has no end.
    At(Option<Timestamp>),
    /// They are not on the list, or its filter decides who is: there is nothing to end.
    NoMember,
}

/// Memberships that end by date. Whoever comes onto a list or leaves it, in whatever way, has no end there from then on.
#[async_trait]
pub trait Ends: Send + Sync {
    /// Gives a member's stay on a list an end, another one, or none.
    async fn stay(&self, list: &ListId, contact: &ContactId, stay: Stay) -> PortResult<Ended>;
    /// The ends up to this moment, the earliest first, after this one, at most `limit`. A store may name some that hold no more.
    async fn ended(&self, upto: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>>;
    /// The ends by which somebody left a list and that come after this moment, the earliest first, after this one, at most `limit`:
    /// a clock ran ahead. A store may name some that hold no more, and
    /// need not name those whose end was more than 30 days ago.
    async fn lapsed(&self, now: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>>;
    /// Forgets these ends, where they are still just these: nobody leaves or stays by it.
    async fn forget_ends(&self, ends: &[End]) -> PortResult<()>;
}
