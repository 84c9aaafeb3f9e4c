//! What a person means by LIST, GROUP, EMAIL or DIGEST.

use listsync_core::{
    address::Address,
    contact::{Contact, ExternalId},
    id::{LinkId, ListId},
    list::List,
};
use listsync_engine::{
    Ports, naming,
    ports::{GroupQuery, Hold, LinkState, PortResult},
    service::Service,
};

use crate::output::Refusal;

const PAGE: usize = 200;

/// A list by name or id.
pub(crate) async fn list(ports: &Ports, text: &str) -> Result<List, Refusal> {
    naming::find_list(ports.lists.as_ref(), text).await?.ok_or_else(|| {
        Refusal::new(
            "no_such_list",
            format!("there is no list '{text}'"),
            format!("see what there is with 'listsync lists ls', or make it with 'listsync lists create \"{text}\"'"),
        )
    })
}

/// A contact by one of their addresses, or by their key in the system that files come from.
pub(crate) async fn contact(service: &Service, text: &str) -> Result<Contact, Refusal> {
    let (found, what) = match (text.contains('@'), ExternalId::parse(text)) {
        (false, Ok(key)) => (service.contacts.find_external(&key).await?, "the external id"),
        _ => (service.contacts.find_contact(&address(text)?).await?, "the address"),
    };
    found.ok_or_else(|| {
        Refusal::new(
            "no_such_contact",
            format!("there is no contact with {what} {text}"),
            "see who there is with 'listsync contacts ls'",
        )
    })
}

/// The link that a person means by its id or by its list.
pub(crate) async fn link(ports: &Ports, text: &str) -> Result<LinkState, Refusal> {
    if let Ok(id) = LinkId::parse(text)
        && let Some(state) = ports.links.load(&id).await?
    {
        return Ok(state);
    }
    let list = list(ports, text).await?;
    let mut links = ports.links.of_list(&list.id).await?;
    match (links.len(), links.pop()) {
        (1, Some(only)) => Ok(only),
        (_, None) => Err(Refusal::new(
            "not_linked",
            format!("the list '{}' is linked to no group", list.name),
            format!("link it with 'listsync link \"{}\" --group GROUP'", list.name),
        )),
        (_, Some(last)) => {
            links.push(last);
            let ids: Vec<&str> = links.iter().map(|state| state.link.id.as_str()).collect();
            Err(Refusal::new(
                "several_links",
                format!("the list '{}' has {} links", list.name, ids.len()),
                format!("name one of them by its id: {}", ids.join(", ")),
            ))
        }
    }
}

/// Every link, in pages.
pub(crate) async fn every_link(ports: &Ports) -> PortResult<Vec<LinkState>> {
    let mut all: Vec<LinkState> = Vec::new();
    loop {
        let after = all.last().map(|state| state.link.id.clone());
        let page = ports.links.page(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The link whose present hold has this digest.
pub(crate) async fn held_link(ports: &Ports, digest: &str) -> Result<(LinkId, Hold), Refusal> {
    let held =
        every_link(ports).await?.into_iter().filter_map(|state| Some((state.link.id, state.progress.hold?)));
    held.into_iter().find(|(_, hold)| hold.digest == digest).ok_or_else(|| {
        Refusal::new(
            "no_such_hold",
            format!("no link holds anything under the digest '{digest}'"),
            "a hold gets a new digest when what it holds changes: see 'listsync links ls' and 'listsync links show LIST'",
        )
    })
}

/// A list's name for messages; its id where the list is gone.
pub(crate) async fn list_name(ports: &Ports, id: &ListId) -> PortResult<String> {
    Ok(ports.lists.list(id).await?.map_or_else(|| id.to_string(), |list| list.name))
}

/// A group by object id or else by its unique name.
pub(crate) fn group(text: &str) -> Result<GroupQuery, Refusal> {
    GroupQuery::parse(text).map_err(|error| {
        Refusal::new(
            "group_name",
            error.to_string(),
            "copy the object id from Entra, or give the unique name",
        )
    })
}

/// A person's address.
pub(crate) fn address(text: &str) -> Result<Address, Refusal> {
    Address::parse(text).map_err(|error| {
        Refusal::new("address", format!("'{text}': {error}"), "give a bare address such as anna@contoso.com")
    })
}
