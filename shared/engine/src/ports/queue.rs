use std::time::Duration;

use async_trait::async_trait;
use listsync_core::trigger::Trigger;

use super::PortResult;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What it says.
    pub trigger: Trigger,
    /// How long it stays invisible.
    pub delay: Duration,
}

/// What a received message is acknowledged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub String);

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The body, not judged yet.
    pub body: String,
    /// How often it was received, this time included.
    pub receives: u32,
    /// What it is acknowledged by.
    pub receipt: Receipt,
}

/// The queue between timer and worker.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends messages; one answer each, in order.
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>>;
    /// Takes up to `max` visible messages and hides them for `visibility`.
    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>>;
    /// Done with a message.
    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()>;
}
