//! What the timer function is called with.

use std::time::Duration;

use futures::future::try_join_all;
use listsync_core::{Timestamp, id::LinkId, summary::Summary, trigger::Reason};
use listsync_engine::{
    Ports, fan_out,
    ports::{ImportState, PortError, PortResult},
    trigger,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FanOut, Timer, finish, follow};

/// So many imports are looked through for those that wait.
const IMPORTS: usize = 100;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It names links, and is not as such a call has to be.
    #[error(
        "the call names links and is not {{\"links\": [ID, …], \"reason\": \"on-demand\", \"wait\": SECONDS}} (column {0})"
    )]
    NotACall(usize),
    /// The store does not answer.
    #[error("{0}")]
    Store(#[from] PortError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    links: Vec<LinkId>,
    #[serde(default = "on_demand")]
    reason: Reason,
    /// So many seconds the answer waits for the summaries.
    #[serde(default)]
    wait: u16,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// What was sent.
    #[serde(flatten)]
    pub sent: FanOut,
    /// The summaries of the runs that ended in the time that the call waits; none where it does not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<Vec<Summary>>,
}

impl From<FanOut> for Answer {
    fn from(sent: FanOut) -> Self {
        Self { sent, runs: None }
    }
}

fn on_demand() -> Reason {
    Reason::OnDemand
}

/// Answers a call: one with `links` sends a message for each of those, and with `wait` tells their summaries, as far as
/// they come before `until`; every other call is a beat of the schedule.
///
/// # Errors
/// When it names links in another shape, or the store does not answer.
pub async fn answer(timer: &Timer, event: &Value, until: Timestamp) -> Result<Answer, CallError> {
    let ports = &timer.service.ports;
    if event.get("links").is_none() {
        follow(&timer.service).await;
        let sent = fan_out::tick_until(ports, until).await;
        finish(timer, until).await;
        return Ok(sent?.into());
    }
    let Call { links, reason, wait } =
        Call::deserialize(event).map_err(|error| CallError::NotACall(error.column()))?;
    let (sent, requests) = fan_out::ask(ports, links, reason).await;
    if wait == 0 {
        return Ok(sent.into());
    }
    let left = Duration::try_from(ports.clock.now().until(until).unwrap_or_default()).unwrap_or_default();
    let patience = Duration::from_secs(wait.into()).min(left);
    let waits =
        requests.iter().map(|(link, request)| trigger::await_summary(ports, (link, *request), patience));
    let runs = try_join_all(waits).await?.into_iter().flatten().collect();
    Ok(Answer { sent, runs: Some(runs) })
}

/// How many files wait for a person, of the last hundred that were taken in.
///
/// # Errors
/// When the store does not answer.
pub async fn held_imports(ports: &Ports) -> PortResult<u64> {
    let newest = ports.lists.imports(IMPORTS).await?;
    Ok(newest.iter().filter(|import| import.state == ImportState::Held).count() as u64)
}

/// How long ago the last run of any link finished, in seconds; none before the first.
///
/// # Errors
/// When the store does not answer.
pub async fn last_run_age(ports: &Ports) -> PortResult<Option<u64>> {
    let last = ports.runs.last_finished().await?;
    let age =
        |finished: Timestamp| ports.clock.now().duration_since(finished).as_secs().max(0).unsigned_abs();
    Ok(last.map(age))
}
