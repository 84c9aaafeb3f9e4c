//! Raising a link's generation and sending the message that says look.

use std::time::Duration;

use listsync_core::{
    id::{LinkId, ListId},
    link::LinkStatus,
    trigger::{Generation, Reason, Trigger},
};

use crate::{
    Ports,
    ports::{Outgoing, PortResult},
};

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
    raise_list_later(ports, list, reason, Duration::ZERO).await
}

/// The same, not before `delay` has passed.
///
/// # Errors
/// As [`raise_list`].
pub async fn raise_list_later(
    ports: &Ports,
    list: &ListId,
    reason: Reason,
    delay: Duration,
) -> PortResult<Vec<LinkId>> {
    let mut raised = Vec::new();
    for state in ports.links.of_list(list).await? {
        if state.link.status == LinkStatus::Active {
            coalesce(ports, &state.link.id, reason, delay).await?;
            raised.push(state.link.id);
        }
    }
    Ok(raised)
}

/// Raises a link's generation, and sends its message unless an earlier request still has one: the run that finishes that
/// request either sees this one too or sends a follow-up, and the timer sees to a request whose message was lost. So a
/// burst of changes makes few messages. What is synced is read after the generation is raised.
async fn coalesce(ports: &Ports, link: &LinkId, reason: Reason, delay: Duration) -> PortResult<()> {
    let generation = ports.links.request(link, None).await?;
    let Some(state) = ports.links.load(link).await? else { return Ok(()) };
    if state.synced.0 + 1 < generation.0 {
        return Ok(());
    }
    send(ports, Trigger::new(link.clone(), reason, generation), delay).await
}

/// Sends one message.
pub(crate) async fn send(ports: &Ports, trigger: Trigger, delay: Duration) -> PortResult<()> {
    ports.queue.send(&[Outgoing { trigger, delay }]).await.into_iter().collect()
}
