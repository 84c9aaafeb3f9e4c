//! The timer: one message per due link, page by page.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use listsync_core::{
    Timestamp,
    id::LinkId,
    link::LinkStatus,
    protocol::Beat,
    schedule::{LEASE, LONGEST_DELAY, SKEW, is_leased, later},
    spread::wait_of,
    trigger::{Generation, Reason, Trigger},
};
use serde::{Deserialize, Serialize};

use crate::{
    Ports, ends,
    ports::{LinkState, Outgoing, PortResult},
};

/// How many links are in memory at a time.
const PAGE: usize = 500;
/// How many generations are raised at a time.
const AT_ONCE: usize = 32;

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
/// A link that is due by its clock alone is not written: it is due until somebody has looked, whatever becomes of the message
/// ([`Generations::beat`](listsync_core::protocol::Generations::beat)).
///
/// # Errors
/// When the due links cannot be read. What the store or the queue does not take of single links is counted, not an error.
pub async fn tick(ports: &Ports) -> PortResult<FanOut> {
    tick_until(ports, Timestamp::MAX).await
}

/// The same, with no page begun at this moment or later: what was not sent is still due.
///
/// # Errors
/// When the due links cannot be read.
pub async fn tick_until(ports: &Ports, until: Timestamp) -> PortResult<FanOut> {
    let now = ports.clock.now();
    let every = ports.settings.settings().await?.every;
    let mut total = FanOut::default();
    // Whose membership ends now is off the list before its links are looked at. What fails of it fails no link.
    // At most half of the time is theirs: due links are sent however many end.
    let half = now.checked_add(until.duration_since(now) / 2).unwrap_or(until);
    if let Err(error) = ends::follow_all(ports, half).await {
        tracing::warn!(code = error.code, "memberships that end could not be seen to: {error}");
    }
    let mut after = None;
    while ports.clock.now() < until {
        let page = ports.links.due(now, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.link.clone());
        let wanted = page.into_iter().zip(total.due..).map(|(due, position)| {
            let wait = wait_of(position);
            let next = later(later(now, due.every.unwrap_or(every)), wait);
            let ask = match due.generations.beat() {
                Beat::Look(generation) => Ask::Look(generation),
                Beat::Raise => Ask::Raise { next: Some(next) },
            };
            Wanted { link: due.link, reason: Reason::Schedule, ask, wait }
        });
        total += send(ports, wanted.collect()).await.0;
    }
    total += send_ahead(ports, (now, until), every).await?;
    tracing::info!(due = total.due, sent = total.sent, failed = total.failed, "due links sent");
    Ok(total)
}

/// Sends a message for each link that stands still because its lease or its next time was set under a clock that ran ahead
/// by much: by the clock as it is now it would not be looked at for as long.
async fn send_ahead(
    ports: &Ports,
    (now, until): (Timestamp, Timestamp),
    every: Duration,
) -> PortResult<FanOut> {
    let mut total = FanOut::default();
    let beyond = later(now, LEASE.max(every).saturating_add(LONGEST_DELAY + SKEW));
    let mut after = None;
    while ports.clock.now() < until {
        let page = ports.links.ahead(beyond, after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.link.id.clone());
        let stands = |state: &LinkState| {
            state.link.status == LinkStatus::Active
                && state.is_ahead(now, every)
                && !is_leased(state.leased_until, now)
        };
        let wanted = page.into_iter().filter(stands).map(|state| {
            let next = later(now, state.link.every.unwrap_or(every));
            let ask = Ask::Raise { next: Some(next) };
            Wanted { link: state.link.id, reason: Reason::Schedule, ask, wait: Duration::ZERO }
        });
        let wanted: Vec<Wanted> = wanted.collect();
        if !wanted.is_empty() {
            tracing::warn!(
                links = wanted.len(),
                "links were put off by a clock that ran ahead: they are due now"
            );
        }
        total += send(ports, wanted).await.0;
    }
    Ok(total)
}

/// Sends one message for each of these links, due or not; with the requests that were sent.
pub async fn ask(ports: &Ports, links: Vec<LinkId>, reason: Reason) -> (FanOut, Vec<Request>) {
    let ask = Ask::Raise { next: None };
    let wanted = links.into_iter().map(|link| Wanted { link, reason, ask, wait: Duration::ZERO });
    let (total, requests) = send(ports, wanted.collect()).await;
    tracing::info!(asked = total.due, sent = total.sent, failed = total.failed, "links sent as asked");
    (total, requests)
}

/// A request whose message was sent.
pub type Request = (LinkId, Generation);

/// A link that is to be looked at.
struct Wanted {
    link: LinkId,
    reason: Reason,
    ask: Ask,
    wait: Duration,
}

/// How a link is asked for.
#[derive(Debug, Clone, Copy)]
enum Ask {
    /// By a message alone, for this generation.
    Look(Generation),
    /// By raising it first; with when it is next due by the clock, if that changes.
    Raise { next: Option<Timestamp> },
}

async fn send(ports: &Ports, wanted: Vec<Wanted>) -> (FanOut, Vec<Request>) {
    let due = wanted.len() as u64;
    let raised = stream::iter(wanted).map(|wanted| raise(ports, wanted)).buffered(AT_ONCE);
    let messages: Vec<Outgoing> = raised.filter_map(std::future::ready).collect().await;
    let outcomes = ports.queue.send(&messages).await;
    let sent = messages.into_iter().zip(outcomes).filter(|(_, outcome)| outcome.is_ok());
    let requests: Vec<Request> =
        sent.map(|(Outgoing { trigger, .. }, _)| (trigger.link, trigger.generation)).collect();
    let sent = requests.len() as u64;
    (FanOut { due, sent, failed: due - sent }, requests)
}

/// One link that cannot be raised, for instance because it was removed just now, keeps no other from its message.
async fn raise(ports: &Ports, Wanted { link, reason, ask, wait }: Wanted) -> Option<Outgoing> {
    let asked = match ask {
        Ask::Look(generation) => Ok(generation),
        Ask::Raise { next } => ports.links.request(&link, next).await,
    };
    match asked {
        Ok(generation) => Some(Outgoing { trigger: Trigger::new(link, reason, generation), delay: wait }),
        Err(error) => {
            tracing::warn!(link.id = %link, code = error.code, "a link could not be asked for: {error}");
            None
        }
    }
}

impl std::ops::AddAssign for FanOut {
    fn add_assign(&mut self, FanOut { due, sent, failed }: FanOut) {
        self.due += due;
        self.sent += sent;
        self.failed += failed;
    }
}
