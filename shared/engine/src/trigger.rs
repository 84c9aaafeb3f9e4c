//! Raising a link's generation and sending the message that says look.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::LinkStatus,
    schedule::later,
    summary::Summary,
    trigger::{Generation, Reason, Trigger},
};
use tokio::time::{Instant, sleep};

use crate::{
    Ports,
    ports::{LinkState, Outgoing, PortResult},
    service::Service,
};

/// By so much a delayed message may come later than it was asked for, so that a burst of events makes few of them.
const SLACK: Duration = Duration::from_secs(15);
/// How often a link is looked at while somebody waits for its summary.
const LOOK: Duration = Duration::from_millis(200);
/// How many links are in memory at a time.
const PAGE: usize = 200;

/// Asks for a run of a link. The generation is raised before the message is sent, so that a lost message loses nothing:
/// the link is due until a run has finished it.
///
/// # Errors
/// When the store or the queue does not take it.
pub async fn raise(ports: &Ports, link: &LinkId, reason: Reason) -> PortResult<Generation> {
    let generation = ports.links.request(link, None).await?;
    send(ports, Trigger::new(link.clone(), reason, generation), Duration::ZERO).await?;
    Ok(generation)
}

/// Asks for a run of every link of a list that is not paused or halted, because of a change that is stored by now.
///
/// # Errors
/// When the store or the queue does not take it.
pub async fn raise_list(ports: &Ports, list: &ListId, reason: Reason) -> PortResult<Vec<LinkId>> {
    let mut raised = Vec::new();
    for state in ports.links.of_list(list).await? {
        if state.link.status == LinkStatus::Active {
            coalesce(ports, &state.link.id, reason).await?;
            raised.push(state.link.id);
        }
    }
    Ok(raised)
}

/// The same for an event that precedes the change: a run begins when `delay` has passed, whatever ran before. The
/// generation is raised when the message comes, not now: else the timer would have the link run at its next beat, and that
/// run would count for this one. Events of one link within fifteen seconds share one message.
///
/// # Errors
/// As [`raise_list`]; the sender repeats its event then.
pub async fn raise_list_later(service: &Service, list: &ListId, delay: Duration) -> PortResult<Vec<LinkId>> {
    if delay.is_zero() {
        return raise_list(&service.ports, list, Reason::Event).await;
    }
    let mut links = Vec::new();
    for state in service.ports.links.of_list(list).await? {
        if state.link.status == LinkStatus::Active {
            send_later(service, &state, delay).await?;
            links.push(state.link.id);
        }
    }
    Ok(links)
}

/// Sends a link's delayed message, unless there is one for about the same moment. It is remembered once it is sent.
async fn send_later(service: &Service, state: &LinkState, delay: Duration) -> PortResult<()> {
    let (link, now) = (&state.link.id, service.ports.clock.now());
    let slack = SLACK.min(delay).as_millis().max(1);
    let soonest = later(now, delay).as_millisecond().unsigned_abs();
    let at = u128::from(soonest).div_ceil(slack) * slack;
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let at = at.unwrap_or(Timestamp::MAX);
    let name = format!("delayed/{link}/{}", at.as_millisecond());
    if service.seen.recall(&name, now).await?.is_some() {
        return Ok(());
    }
    let wait = Duration::try_from(now.until(at).unwrap_or_default()).unwrap_or(delay);
    let trigger = Trigger::new(link.clone(), Reason::DelayedEvent, state.requested);
    send(&service.ports, trigger, wait).await?;
    service.seen.remember(&name, &[], at, now).await.map(drop)
}

/// Asks for a run of every link of a group that is not paused or halted, because the group is said to have changed.
///
/// # Errors
/// When the store or the queue does not take it.
pub async fn raise_group(ports: &Ports, tenant: &TenantId, group: &GroupId) -> PortResult<()> {
    for state in ports.links.of_group(tenant, group).await? {
        if state.link.status == LinkStatus::Active {
            coalesce(ports, &state.link.id, Reason::Event).await?;
        }
    }
    Ok(())
}

/// Asks for a run of every link that is not paused or halted.
///
/// # Errors
/// When the store or the queue does not take it.
pub async fn raise_all(ports: &Ports, reason: Reason) -> PortResult<()> {
    let mut after = None;
    loop {
        let page = ports.links.page(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.link.id.clone());
        for state in page.iter().filter(|state| state.link.status == LinkStatus::Active) {
            coalesce(ports, &state.link.id, reason).await?;
        }
    }
}

/// Raises a link's generation, and sends its message unless an earlier request still has one: the run that finishes that
/// request either sees this one too or sends a follow-up, and the timer sees to a request whose message was lost. So a
/// burst of changes makes few messages. What is synced is read after the generation is raised.
async fn coalesce(ports: &Ports, link: &LinkId, reason: Reason) -> PortResult<()> {
    let generation = ports.links.request(link, None).await?;
    let Some(state) = ports.links.load(link).await? else { return Ok(()) };
    if !state.generations().announces(generation) {
        return Ok(());
    }
    send(ports, Trigger::new(link.clone(), reason, generation), Duration::ZERO).await
}

/// The summary of the run that took a request in; none: none has, or the link is gone. A run saves its summary before it
/// says that it finished, so the newest one is of this request or of a later one.
///
/// # Errors
/// When the store does not answer.
pub async fn summary_of(ports: &Ports, link: &LinkId, request: Generation) -> PortResult<Option<Summary>> {
    match ports.links.load(link).await? {
        Some(state) if state.synced >= request => {
            Ok(ports.runs.latest(Some(link), 1).await?.into_iter().next())
        }
        _ => Ok(None),
    }
}

/// The same, waited for as long as `patience`.
///
/// # Errors
/// As [`summary_of`].
pub async fn await_summary(
    ports: &Ports,
    (link, request): (&LinkId, Generation),
    patience: Duration,
) -> PortResult<Option<Summary>> {
    let until = Instant::now() + patience;
    loop {
        let summary = summary_of(ports, link, request).await?;
        if summary.is_some() || Instant::now() >= until {
            return Ok(summary);
        }
        sleep(LOOK).await;
    }
}

/// Sends one message.
pub(crate) async fn send(ports: &Ports, trigger: Trigger, delay: Duration) -> PortResult<()> {
    ports.queue.send(&[Outgoing { trigger, delay }]).await.into_iter().collect()
}
