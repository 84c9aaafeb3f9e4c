use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{ContactId, ListId},
    stay::{End, Stay},
};
use listsync_engine::ports::{Ended, Ends, PortResult};

use super::{Faulty, ports::through};

#[async_trait]
impl<P: Ends + ?Sized> Ends for Faulty<P> {
    async fn stay(&self, list: &ListId, contact: &ContactId, stay: Stay) -> PortResult<Ended> {
        through!(self, "lists.stay", self.port.stay(list, contact, stay))
    }

    async fn ended(&self, upto: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>> {
        through!(self, "lists.ended", self.port.ended(upto, after, limit))
    }

    async fn lapsed(&self, now: Timestamp, after: Option<&End>, limit: usize) -> PortResult<Vec<End>> {
        through!(self, "lists.lapsed", self.port.lapsed(now, after, limit))
    }

    async fn forget_ends(&self, ends: &[End]) -> PortResult<()> {
        through!(self, "lists.forget_ends", self.port.forget_ends(ends))
    }
}
