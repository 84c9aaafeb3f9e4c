//! The timer: one message per due link, page by page.

use std::time::Duration;

use listsync_core::{
    schedule::later,
    trigger::{Reason, Trigger},
};
use serde::{Deserialize, Serialize};

use crate::{
    Ports,
    ports::{DueLink, Outgoing, PortResult},
};

/// How many links are in memory at a time.
const PAGE: usize = 500;

/// What one beat of the timer came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FanOut {
    /// Links that were due.
    pub due: u64,
    /// Messages sent.
    pub sent: u64,
    /// Messages that were not taken: their links are still due at the next beat.
    pub failed: u64,
}

/// Sends one message for each due link.
///
/// A link's generation is raised before its message is sent: what is lost in between leaves it due.
///
/// # Errors
/// When the store does not answer. What a queue does not take is counted, not an error.
pub async fn tick(ports: &Ports) -> PortResult<FanOut> {
    let now = ports.clock.now();
    let every = ports.settings.settings().await?.every;
    let mut total = FanOut::default();
    let mut after = None;
    loop {
        let page = ports.links.due(now, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.link.clone());
        let mut messages = Vec::with_capacity(page.len());
        for DueLink { link, every: own } in page {
            let generation = ports.links.request(&link, Some(later(now, own.unwrap_or(every)))).await?;
            let trigger = Trigger::new(link, Reason::Schedule, generation);
            messages.push(Outgoing { trigger, delay: Duration::ZERO });
        }
        let sent = ports.queue.send(&messages).await.into_iter().filter(Result::is_ok).count() as u64;
        total.due += messages.len() as u64;
        total.sent += sent;
        total.failed += messages.len() as u64 - sent;
    }
    tracing::info!(due = total.due, sent = total.sent, failed = total.failed, "due links sent");
    Ok(total)
}
