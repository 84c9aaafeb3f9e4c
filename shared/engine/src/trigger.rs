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

/// Asks for a run of every link of a list that is not paused or halted.
///
/// # Errors
/// When the store or the queue does not take it.
pub async fn raise_list(ports: &Ports, list: &ListId, reason: Reason) -> PortResult<Vec<LinkId>> {
    let mut raised = Vec::new();
    for state in ports.links.of_list(list).await? {
        if state.link.status == LinkStatus::Active {
            raise(ports, &state.link.id, reason).await?;
            raised.push(state.link.id);
        }
    }
    Ok(raised)
}

/// Sends one message.
pub(crate) async fn send(ports: &Ports, trigger: Trigger, delay: Duration) -> PortResult<()> {
    ports.queue.send(&[Outgoing { trigger, delay }]).await.into_iter().collect()
}
