//! The worker: one message, one run, and what is sent after it.

use listsync_core::{
    Timestamp,
    id::{LinkId, RunId},
    link::LinkStatus,
    protocol::LeftBehind,
    quiet::Way,
    summary::Summary,
    trigger::{Generation, Reason, Trigger},
};

use crate::{
    Ports, departures,
    ports::{Fault, LinkEdit, LinkState, PortError, PortResult},
    run::{Next, Quietly, Ran, RunRequest, Seen, quiet, run_after},
    trigger::send,
    watch::Watch,
};

/// What a message runs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunContext {
    /// The id of the run.
    pub run: RunId,
    /// The end of the invocation.
    pub until: Timestamp,
    /// Whether the message comes again if it is not finished.
    pub receive: Receive,
}

/// Whether a queue delivers a message once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receive {
    /// It does.
    Early,
    /// It does not: what is not finished now becomes a dead letter.
    Last,
}

impl Receive {
    /// Of a message that was received so often, this time included, and is given up after so many.
    #[must_use]
    pub fn of(receives: u32, most: u32) -> Self {
        if receives >= most { Self::Last } else { Self::Early }
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handled {
    /// It is done with.
    Acknowledge(Option<Box<Summary>>),
    /// It is to come again: the store or the queue did not answer.
    Retry(PortError),
    /// It is not ours, or of a version that this build does not know: it must not be lost.
    Refuse(String),
}

/// Handles one message.
pub async fn handle(ports: &Ports, body: &str, context: &RunContext, watch: &dyn Watch) -> Handled {
    let trigger: Trigger = match serde_json::from_str(body) {
        Ok(trigger) => trigger,
        Err(error) => return Handled::Refuse(not_ours(body, &error)),
    };
    match look(ports, &trigger, context, watch).await {
        Ok(summary) => Handled::Acknowledge(summary.map(Box::new)),
        Err(error) => match error.fault {
            // A link that is gone or paused needs nothing; resuming it makes it due.
            Fault::Gone | Fault::Rejected => Handled::Acknowledge(None),
            _ => {
                if context.receive == Receive::Last {
                    // The store may be what failed; the message is given up either way.
                    let _ = mark(ports, &trigger.link, error.to_string()).await;
                }
                Handled::Retry(error)
            }
        },
    }
}

/// Why a body is no trigger, without a word of what it says: it may be anybody's.
fn not_ours(body: &str, error: &serde_json::Error) -> String {
    let known = serde_json::from_str::<serde_json::Value>(body).ok();
    match known.and_then(|value| value["schema"].as_u64()) {
        Some(schema) if schema != 1 => {
            format!("the message is of schema {schema}, which this version does not know: update listsync")
        }
        _ => format!(
            "the message is not a trigger that this version knows (line {}, column {})",
            error.line(),
            error.column()
        ),
    }
}

/// Says on the link that its message is given up.
async fn mark(ports: &Ports, link: &LinkId, reason: String) -> PortResult<()> {
    tracing::warn!(link.id = %link, "the message of a link comes for the last time: {reason}");
    ports.links.edit(link, &LinkEdit::Failing(reason), ports.clock.now()).await
}

async fn look(
    ports: &Ports,
    trigger: &Trigger,
    context: &RunContext,
    watch: &dyn Watch,
) -> PortResult<Option<Summary>> {
    if trigger.reason == Reason::DelayedEvent {
        ports.links.request(&trigger.link, None).await?;
    }
    let seen = match by_clock(ports, trigger, context).await? {
        Looked::Ended(summary) => return Ok(summary.map(|summary| *summary)),
        Looked::ForARun(seen) => seen,
    };
    let Some(state) = ports.links.load(&trigger.link).await? else {
        tracing::info!(link.id = %trigger.link, "the link of a message was removed");
        return Ok(None);
    };
    if state.generations().answers(trigger) {
        return Ok(None);
    }
    if context.receive == Receive::Last && state.link.status == LinkStatus::Active {
        // Before the work: whatever breaks it off may leave no time to say so.
        mark(
            ports,
            &trigger.link,
            "its message was delivered again and again, and no run of it ended".into(),
        )
        .await?;
    }
    let state = with_departures(ports, state, context.until).await?;
    // What the timer asked for without a write is asked for now, as a run is to answer it, which may be broken off.
    let reached =
        state.requested < trigger.generation && ports.links.reach(&trigger.link, trigger.generation).await?;
    // Where somebody else raised the link to there, a change of theirs may be newer than what was seen.
    let seen = seen.filter(|_| reached);
    let request = request(trigger, context);
    let Ran { summary, next } = run_after(ports, &request, seen, watch).await?;
    let requested = state.generations().reached(trigger.generation).requested;
    follow_up(ports, &trigger.link, next, requested).await?;
    Ok(Some(summary))
}

fn request(trigger: &Trigger, context: &RunContext) -> RunRequest {
    RunRequest {
        run: context.run.clone(),
        link: trigger.link.clone(),
        reason: trigger.reason,
        until: context.until,
    }
}

/// What came of a look without a lease.
enum Looked {
    /// It found nothing, and is noted; or its message was answered before.
    Ended(Option<Box<Summary>>),
    /// A run is needed, which may go on from what was seen of the group.
    ForARun(Option<Seen>),
}

/// Looks at a link that is due by its clock, as far as that goes without a lease. What fails here fails the run, too, which
/// tells it; what is not so any more is read again by it.
async fn by_clock(ports: &Ports, trigger: &Trigger, context: &RunContext) -> PortResult<Looked> {
    const RUN: Looked = Looked::ForARun(None);
    if trigger.reason != Reason::Schedule {
        return Ok(RUN);
    }
    // The row may be one of a moment ago. What it says of answered requests stays true, and for the rest the write asks.
    let Some(state) = ports.links.glimpse(&trigger.link).await? else { return Ok(RUN) };
    if state.generations().answers(trigger) {
        return Ok(Looked::Ended(None));
    }
    if state.row(trigger.reason, trigger.generation, ports.clock.now()).way() == Way::Run {
        return Ok(RUN);
    }
    match departures::follow(ports, &state.link.tenant, context.until).await {
        Ok(followed) if followed.links.contains(&trigger.link) => return Ok(RUN),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(code = error.code, "changes of people could not be followed: {error}");
        }
    }
    Ok(match quiet(ports, &request(trigger, context), &state, trigger.generation).await? {
        Quietly::Noted(summary) => Looked::Ended(Some(summary)),
        Quietly::Not(seen) => Looked::ForARun(seen),
    })
}

/// Follows the changes of the tenant's people, if it is time; the link's row as it is after that. They must not keep a link
/// from its run.
async fn with_departures(ports: &Ports, state: LinkState, until: Timestamp) -> PortResult<LinkState> {
    match departures::follow(ports, &state.link.tenant, until).await {
        Ok(followed) if followed.links.contains(&state.link.id) => {
            Ok(ports.links.load(&state.link.id).await?.unwrap_or(state))
        }
        Ok(_) => Ok(state),
        Err(error) => {
            tracing::warn!(code = error.code, "changes of people could not be followed: {error}");
            Ok(state)
        }
    }
}

/// Sends what has to come after a run.
///
/// # Errors
/// When the queue does not take it: the message of the run is then to come again.
pub async fn follow_up(ports: &Ports, link: &LinkId, next: Next, requested: Generation) -> PortResult<()> {
    match next.leaves(requested) {
        None => Ok(()),
        Some(LeftBehind { reason, generation, delay }) => {
            send(ports, Trigger::new(link.clone(), reason, generation), delay).await
        }
    }
}
