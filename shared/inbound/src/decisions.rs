//! Storing what a person says or a sender reports, then asking for the syncs that it calls for.

use std::time::Duration;

use listsync_core::{
    contact::{Contact, Saying},
    id::{LinkId, ListId},
    link::LinkStatus,
    list::Origin,
    trigger::{Reason, Trigger},
};
use listsync_engine::{
    ports::{ContactEdit, Heard, Outgoing, PortResult},
    service::Service,
};

/// Stores a decision, then asks for a sync of each list that it changed.
pub(crate) async fn say(service: &Service, saying: &Saying, delay: Duration) -> PortResult<Heard> {
    let heard = service.contacts.say(saying).await?;
    raise(service, &heard.lists, delay).await?;
    Ok(heard)
}

/// Edits a contact, then asks for a sync of each of their lists.
pub(crate) async fn edit(
    service: &Service,
    contact: &Contact,
    edit: &ContactEdit,
    delay: Duration,
) -> PortResult<Contact> {
    let now = service.ports.clock.now();
    let edited = service.contacts.edit_contact(&contact.id, None, edit, Origin::Own, now).await?;
    let places = service.contacts.places(&contact.id).await?;
    let lists: Vec<ListId> = places.into_iter().map(|place| place.list).collect();
    raise(service, &lists, delay).await?;
    Ok(edited)
}

async fn raise(service: &Service, lists: &[ListId], delay: Duration) -> PortResult<()> {
    for list in lists {
        for state in service.ports.links.of_list(list).await? {
            if state.link.status == LinkStatus::Active {
                request(service, &state.link.id, delay).await?;
            }
        }
    }
    Ok(())
}

/// Raises a link's generation, and sends its message unless an earlier request still has one: the run that finishes that
/// request either sees this one too or sends a follow-up. So what is synced is read after the generation is raised.
async fn request(service: &Service, link: &LinkId, delay: Duration) -> PortResult<()> {
    let links = &service.ports.links;
    let generation = links.request(link, None).await?;
    let Some(state) = links.load(link).await? else { return Ok(()) };
    if state.synced.0 + 1 < generation.0 {
        return Ok(());
    }
    let trigger = Trigger::new(link.clone(), Reason::Event, generation);
    service.ports.queue.send(&[Outgoing { trigger, delay }]).await.into_iter().collect()
}
