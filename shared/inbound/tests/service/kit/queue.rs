use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use listsync_engine::ports::{Delivery, Fault, Outgoing, PortError, PortResult, Queue, QueueState, Receipt};
use listsync_testkit::fakes::TestStore;

/// A queue that can be away once.
pub(crate) struct Flaky {
    queue: TestStore,
    is_away: AtomicBool,
}

impl Flaky {
    pub(crate) fn over(queue: TestStore) -> Self {
        Self { queue, is_away: AtomicBool::new(false) }
    }

    /// Takes no message at the next call.
    pub(crate) fn go_away(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Queue for Flaky {
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        if self.is_away.swap(false, Ordering::SeqCst) {
            let away = PortError::new(Fault::Unavailable, "away", "the queue is away");
            return messages.iter().map(|_| Err(away.clone())).collect();
        }
        self.queue.send(messages).await
    }

    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>> {
        self.queue.receive(max, visibility).await
    }

    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()> {
        self.queue.acknowledge(receipt).await
    }

    async fn state(&self) -> PortResult<QueueState> {
        self.queue.state().await
    }
}
