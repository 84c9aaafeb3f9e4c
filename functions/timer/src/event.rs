//! What the timer function is called with.

use listsync_core::{Timestamp, id::LinkId, trigger::Reason};
use listsync_engine::{
    Ports, fan_out,
    ports::{PortError, PortResult},
    service::Service,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{FanOut, follow};

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It names links, and is not as such a call has to be.
    #[error("the call names links and is not {{\"links\": [ID, …], \"reason\": \"on-demand\"}} (column {0})")]
    NotACall(usize),
    /// The due links could not be read.
    #[error("{0}")]
    Store(#[from] PortError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    links: Vec<LinkId>,
    #[serde(default = "on_demand")]
    reason: Reason,
}

fn on_demand() -> Reason {
    Reason::OnDemand
}

/// Answers a call: one with `links` sends a message for each of those, every other is a beat of the schedule.
///
/// # Errors
/// When it names links in another shape, or the due links cannot be read.
pub async fn answer(service: &Service, event: &Value, until: Timestamp) -> Result<FanOut, CallError> {
    if event.get("links").is_none() {
        follow(service).await;
        return Ok(fan_out::tick_until(&service.ports, until).await?);
    }
    let call = Call::deserialize(event).map_err(|error| CallError::NotACall(error.column()))?;
    Ok(fan_out::ask(&service.ports, call.links, call.reason).await)
}

/// How long ago the last run of any link finished, in seconds; none before the first.
///
/// # Errors
/// When the store does not answer.
pub async fn last_run_age(ports: &Ports) -> PortResult<Option<u64>> {
    let last = ports.runs.latest(None, 1).await?;
    let age =
        |finished: Timestamp| ports.clock.now().duration_since(finished).as_secs().max(0).unsigned_abs();
    Ok(last.first().map(|run| age(run.finished_at)))
}
