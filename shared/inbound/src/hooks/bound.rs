//! How far a sender reaches. One that is bound to a list speaks of that list's people: what it says of anybody else is of
//! somebody whom it cannot know. And no sender moves a person onto an address that the directory gives to another.

use std::time::Duration;

use listsync_core::{
    address::Address,
    contact::{Contact, Scope},
    id::{ContactId, ListId, ObjectId},
    list::Standing,
};
use listsync_engine::{
    ports::{Call, EventSource, Lookup, Meter, PortResult},
    service::Service,
};

/// So long the directory may take to say whose an address is: the sender waits for its answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether a sender may speak of a contact at all: every one, or those on its list.
pub(super) async fn knows(service: &Service, source: &EventSource, contact: &ContactId) -> PortResult<bool> {
    let Some(own) = &source.list else { return Ok(true) };
    let places = service.contacts.places(contact).await?;
    Ok(places.iter().any(|place| place.list == *own && place.standing == Standing::Member))
}

/// What a complaint is about: every list, but for a sender that is bound to one, and somebody who is on another too, that one.
pub(super) async fn of_complaint(
    service: &Service,
    source: &EventSource,
    address: &Address,
) -> PortResult<Scope> {
    let Some(own) = &source.list else { return Ok(Scope::All) };
    let reaches = match service.contacts.find_contact(address).await? {
        Some(contact) => is_on_no_other(service, own, &contact.id).await?,
        None => false,
    };
    Ok(if reaches { Scope::All } else { Scope::List(own.clone()) })
}

async fn is_on_no_other(service: &Service, own: &ListId, contact: &ContactId) -> PortResult<bool> {
    let mut places = service.contacts.places(contact).await?;
    places.retain(|place| place.standing != Standing::Absent);
    Ok(!places.is_empty() && places.iter().all(|place| place.list == *own))
}

/// Whether the directory gives an address to somebody who is not known to be this contact. Who is matched to no object yet
/// is known by the present address. Where no directory is served, nobody is synced either.
///
/// # Errors
/// When the directory does not answer: the sender tries again.
pub(super) async fn is_somebody_elses(
    service: &Service,
    contact: &Contact,
    new: &Address,
) -> PortResult<bool> {
    let meter = Meter::default();
    let ports = &service.ports;
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let asked = [new.clone(), contact.address.clone()];
    let mut found = match ports.directory.look_up(call, &asked).await {
        Ok(found) => found.into_iter(),
        Err(error) if error.code == "setting" => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(match (found.next(), found.next()) {
        (None | Some(Lookup::Nobody), _) => false,
        (Some(Lookup::Ambiguous(_)), _) => true,
        (Some(Lookup::Found(owner)), present) => !is_contact(contact, present, &owner.id),
    })
}

fn is_contact(contact: &Contact, present: Option<Lookup>, owner: &ObjectId) -> bool {
    match (&contact.object_id, present) {
        (Some(known), _) => known == owner,
        (None, Some(Lookup::Found(person))) => person.id == *owner,
        (None, _) => false,
    }
}
