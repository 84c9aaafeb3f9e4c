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

/// How a queue stands, as nearly as it can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueState {
    /// How many messages nobody has taken yet; delayed ones are among them.
    pub waiting: u64,
    /// How many were taken and are not done with.
    pub taken: u64,
    /// How long a message stays hidden that is handed to a function; none: whoever takes one says so.
    pub visibility: Option<Duration>,
    /// After how many receives a message is given up; none: never.
    pub most_receives: Option<u32>,
    /// How many were given up and lie aside; none: that cannot be seen.
    pub given_up: Option<u64>,
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
    /// How it stands, for an operator.
    async fn state(&self) -> PortResult<QueueState>;
}
