//! What is stored of people, each followed by the runs that it calls for.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, Decision, OptOut, Saying, Scope, Version},
    id::{ContactId, ImportId, LinkId, ListId},
    list::{List, NewContact, Origin, Standing},
    stay::Stay,
};

use crate::{
    colleagues, filtered,
    ports::{AddOutcome, ContactEdit, Ended, Heard, Import, ListEdit, PortResult, RemoveOutcome},
    service::Service,
    trigger, unheard,
};

/// Something that was stored, and the links that were asked to run for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// What was stored.
    pub what: T,
    /// The links.
    pub links: Vec<LinkId>,
}

/// Stores a decision, then asks for a run of each list that it changed: not before `delay` has passed, for a sender whose
/// event precedes the change. Whom no list's changes tell of is looked for by the next runs.
///
/// # Errors
/// As [`crate::ports::Contacts::say`], and when the queue does not take a message: the decision is stored then, and the
/// timer sees to the run.
pub async fn say(service: &Service, saying: &Saying, delay: Duration) -> PortResult<Stored<Heard>> {
    let heard = service.contacts.say(saying).await?;
    if let (Decision::Subscribed, Scope::List(list), Some(contact)) =
        (saying.decision, &saying.scope, &heard.contact)
    {
        // Who was put there for a time, and says that they want it, stays.
        service.ports.lists.stay(list, contact, Stay::ForGood).await?;
    }
    let links = raise(service, &heard.lists, delay).await?;
    unheard::follow(&service.ports, saying, &heard).await?;
    if let (Decision::Subscribed, Some(contact)) = (saying.decision, &heard.contact) {
        // Who matches a filter and took an opt-out back is on its list again.
        filtered::follow_one(service, contact, delay).await?;
    }
    Ok(Stored { what: heard, links })
}

/// Whether somebody who has the address is on the list: of whoever is not, an opt-out may be mistyped.
///
/// # Errors
/// When the store does not answer.
pub async fn is_member(service: &Service, list: &ListId, address: &Address) -> PortResult<bool> {
    let Some(contact) = service.contacts.find_contact(address).await? else { return Ok(false) };
    let places = service.contacts.places(&contact.id).await?;
    Ok(places.iter().any(|place| place.list == *list && place.standing == Standing::Member))
}

/// Stores a no about a list that is no more, or of somebody who is kept no more, as a link in an old message names them.
/// Whoever has an address of theirs is looked for by the next runs.
///
/// # Errors
/// As [`crate::ports::Contacts::refuse_departed`], and as [`say`].
pub async fn refuse_departed(service: &Service, id: &ContactId, scope: &Scope, no: OptOut) -> PortResult<()> {
    service.contacts.refuse_departed(id, scope, no).await?;
    if let Scope::List(list) = scope
        && service.ports.lists.list(list).await?.is_none()
    {
        // No link stands on a list that is no more.
        return Ok(());
    }
    unheard::seek(&service.ports, scope).await
}

/// Edits a contact.
///
/// # Errors
/// As [`crate::ports::Contacts::edit_contact`], and as [`say`].
pub async fn edit(
    service: &Service,
    id: &ContactId,
    expected: Option<Version>,
    edit: &ContactEdit,
    by: Origin,
) -> PortResult<Stored<Contact>> {
    edit_later(service, (id, expected), edit, by, Duration::ZERO).await
}

/// Edits a contact, and has the runs wait as [`say`] does.
///
/// # Errors
/// As [`edit`].
pub async fn edit_later(
    service: &Service,
    (id, expected): (&ContactId, Option<Version>),
    edit: &ContactEdit,
    by: Origin,
    delay: Duration,
) -> PortResult<Stored<Contact>> {
    let contact = service.contacts.edit_contact(id, expected, edit, by, service.ports.clock.now()).await?;
    let links = on_their_lists(service, id, delay).await?;
    Ok(Stored { what: contact, links })
}

/// Makes two contacts one.
///
/// # Errors
/// As [`crate::ports::Contacts::merge_contacts`], and as [`say`].
pub async fn merge(service: &Service, keep: &ContactId, other: &ContactId) -> PortResult<Stored<Contact>> {
    let contact = service.contacts.merge_contacts(keep, other, service.ports.clock.now()).await?;
    let links = on_their_lists(service, keep, Duration::ZERO).await?;
    Ok(Stored { what: contact, links })
}

/// Deletes a contact; the lists that they were on.
///
/// # Errors
/// As [`crate::ports::Contacts::delete_contact`], and as [`say`].
pub async fn delete(service: &Service, id: &ContactId) -> PortResult<Stored<Vec<ListId>>> {
    let lists = service.contacts.delete_contact(id, service.ports.clock.now()).await?;
    let links = raise(service, &lists, Duration::ZERO).await?;
    Ok(Stored { what: lists, links })
}

/// Erases a person; the lists that they were on.
///
/// # Errors
/// As [`crate::ports::Contacts::erase_contact`], and as [`say`].
pub async fn erase(service: &Service, id: &ContactId) -> PortResult<Stored<Vec<ListId>>> {
    // First, as the contact says who they are: a repeat finds what is left.
    if let Some(contact) = service.contacts.contact(id).await? {
        colleagues::strike(service, &contact).await?;
    }
    let lists = service.contacts.erase_contact(id, service.ports.clock.now()).await?;
    let links = raise(service, &lists, Duration::ZERO).await?;
    unheard::everywhere(&service.ports).await?;
    Ok(Stored { what: lists, links })
}

/// Erases whoever has an address that is no contact's. Whoever has it in the directory is looked for by the next runs.
///
/// # Errors
/// As [`crate::ports::Contacts::erase_address`].
pub async fn erase_address(service: &Service, address: &Address) -> PortResult<()> {
    colleagues::strike_address(service, address).await?;
    service.contacts.erase_address(address, service.ports.clock.now()).await?;
    unheard::everywhere(&service.ports).await
}

/// Makes a contact, on no static list yet.
///
/// # Errors
/// As [`crate::ports::Contacts::create_contact`], and as [`say`].
pub async fn create(
    service: &Service,
    address: &Address,
    edit: &ContactEdit,
    by: Origin,
) -> PortResult<Stored<Contact>> {
    let contact = service.contacts.create_contact(address, edit, by, service.ports.clock.now()).await?;
    let links = filtered::follow_one(service, &contact.id, Duration::ZERO).await?;
    Ok(Stored { what: contact, links })
}

/// What putting somebody on a list came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Whether they came onto it.
    pub outcome: AddOutcome,
    /// Until when they are on it, where that was said.
    pub until: Option<Timestamp>,
}

/// Puts somebody on a list, as an operator, and says how long they stay.
///
/// # Errors
/// As [`crate::ports::ListStore::add`] and [`crate::ports::Ends::stay`], and as [`say`].
pub async fn add(
    service: &Service,
    list: &ListId,
    new: &NewContact,
    stay: Stay,
) -> PortResult<Stored<Added>> {
    let ports = &service.ports;
    let outcome = ports.lists.add(list, new, Origin::Manual, ports.clock.now()).await?;
    let mut stored = Stored { what: Added { outcome, until: None }, links: Vec::new() };
    if outcome == AddOutcome::OptedOut || (outcome == AddOutcome::Already && stay == Stay::AsItIs) {
        return Ok(stored);
    }
    let contact = service.contacts.find_contact(&new.address).await?;
    if outcome == AddOutcome::Added {
        stored.links = raise(service, std::slice::from_ref(list), Duration::ZERO).await?;
        if let Some(contact) = &contact {
            filtered::follow_one(service, &contact.id, Duration::ZERO).await?;
        }
    }
    // The end comes last: what fails of it is said again, and finds a member then.
    if let (Some(contact), Stay::Until(_) | Stay::ForGood) = (&contact, stay) {
        match ports.lists.stay(list, &contact.id, stay).await? {
            Ended::At(until) => stored.what.until = until,
            Ended::NoMember => {}
        }
    }
    Ok(stored)
}

/// Takes somebody off a list, as an operator.
///
/// # Errors
/// As [`crate::ports::ListStore::remove`], and as [`say`].
pub async fn remove(
    service: &Service,
    list: &ListId,
    address: &Address,
) -> PortResult<Stored<RemoveOutcome>> {
    let what = service.ports.lists.remove(list, address, service.ports.clock.now()).await?;
    let links = match what {
        RemoveOutcome::Removed => raise(service, std::slice::from_ref(list), Duration::ZERO).await?,
        RemoveOutcome::Absent => Vec::new(),
    };
    Ok(Stored { what, links })
}

/// Does what an import holds, and has filtered lists follow what it changed of people.
///
/// # Errors
/// As [`crate::ports::ListStore::approve_import`], and as [`say`].
pub async fn approve_import(service: &Service, import: &ImportId) -> PortResult<Stored<Import>> {
    let what = service.ports.lists.approve_import(import, service.ports.clock.now()).await?;
    let links = raise(service, std::slice::from_ref(&what.list), Duration::ZERO).await?;
    filtered::follow_all(service).await?;
    Ok(Stored { what, links })
}

/// Edits a list, whose filter was checked before, and has it follow its filter.
///
/// # Errors
/// As [`crate::ports::Contacts::edit_list`], and as [`say`].
pub async fn edit_list(
    service: &Service,
    list: &ListId,
    expected: Option<Version>,
    edit: &ListEdit,
) -> PortResult<Stored<List>> {
    let list = service.contacts.edit_list(list, expected, edit, service.ports.clock.now()).await?;
    let links = match (filtered::follow(service, &list).await?, edit.opt_out, &edit.name) {
        ((0, 0), None, None) => Vec::new(),
        // Another rule may have moved those who opted out, and another name those who had said no to a deleted list of it.
        _ => raise(service, std::slice::from_ref(&list.id), Duration::ZERO).await?,
    };
    Ok(Stored { what: list, links })
}

async fn on_their_lists(service: &Service, id: &ContactId, delay: Duration) -> PortResult<Vec<LinkId>> {
    let places = service.contacts.places(id).await?;
    let lists: Vec<ListId> = places.into_iter().map(|place| place.list).collect();
    let links = raise(service, &lists, delay).await?;
    filtered::follow_one(service, id, delay).await?;
    Ok(links)
}

async fn raise(service: &Service, lists: &[ListId], delay: Duration) -> PortResult<Vec<LinkId>> {
    let mut links = Vec::new();
    for list in lists {
        links.extend(trigger::raise_list_later(service, list, delay).await?);
    }
    Ok(links)
}
