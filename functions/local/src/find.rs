//! What a person means by LIST, GROUP, EMAIL or DIGEST.

use listsync_core::{
    address::Address,
    contact::{Contact, ExternalId},
    id::{LinkId, ListId},
    link::Link,
    list::List,
    shell::Quoted,
};
use listsync_engine::{
    Ports, naming,
    ports::{GroupQuery, Hold, LinkState, PortResult},
    service::Service,
};

use crate::{
    cli::{OneLink, SomeLinks},
    output::Refusal,
};

const PAGE: usize = 200;

/// A list by name or id.
pub(crate) async fn list(ports: &Ports, text: &str) -> Result<List, Refusal> {
    naming::find_list(ports.lists.as_ref(), text).await?.ok_or_else(|| {
        Refusal::new(
            "no_such_list",
            format!("there is no list '{text}'"),
            format!(
                "see what there is with 'listsync lists ls', or make it with 'listsync lists create {}'",
                Quoted(text)
            ),
        )
    })
}

/// A contact by one of their addresses, or by their key in the system that files come from.
pub(crate) async fn contact(service: &Service, text: &str) -> Result<Contact, Refusal> {
    match person(service, text).await? {
        Person::Contact(contact) => Ok(*contact),
        Person::Address(_) => Err(no_such_contact("the address", text)),
    }
}

/// Whom a text names.
pub(crate) enum Person {
    /// A contact.
    Contact(Box<Contact>),
    /// Whoever has this address, which is no contact's.
    Address(Address),
}

/// The same, where who has an address need not be a contact.
pub(crate) async fn person(service: &Service, text: &str) -> Result<Person, Refusal> {
    if let (false, Ok(key)) = (text.contains('@'), ExternalId::parse(text)) {
        let found = service.contacts.find_external(&key).await?;
        let found = found.ok_or_else(|| no_such_contact("the external id", text))?;
        return Ok(Person::Contact(Box::new(found)));
    }
    let address = address(text)?;
    let found = service.contacts.find_contact(&address).await?;
    Ok(found.map_or(Person::Address(address), |found| Person::Contact(Box::new(found))))
}

fn no_such_contact(what: &str, text: &str) -> Refusal {
    Refusal::new(
        "no_such_contact",
        format!("there is no contact with {what} {text}"),
        "see who there is with 'listsync contacts ls'",
    )
}

/// The link that a person means: by its id, by its list where that has one, or by where it leads.
pub(crate) async fn link(ports: &Ports, one: &OneLink) -> Result<LinkState, Refusal> {
    let links = named(ports, &one.list, one.place.as_deref()).await?;
    match links.as_slice() {
        [only] => Ok(only.clone()),
        several => Err(Refusal::new(
            "several_links",
            format!("the list '{}' has {} links", one.list, several.len()),
            format!("name one of them, by --place or by its id: {}", ways(several)),
        )),
    }
}

/// All links that a person means: those of a list, or one of them.
pub(crate) async fn links(ports: &Ports, some: &SomeLinks) -> Result<Vec<LinkState>, Refusal> {
    named(ports, &some.list, some.place.as_deref()).await
}

/// One link at least.
async fn named(ports: &Ports, text: &str, place: Option<&str>) -> Result<Vec<LinkState>, Refusal> {
    let found = LinkId::parse(text).ok();
    let of_id = match &found {
        Some(id) => ports.links.load(id).await?,
        None => None,
    };
    let (name, mut links) = match of_id {
        Some(state) => (text.to_owned(), vec![state]),
        None => {
            let list = list(ports, text).await?;
            (list.name, ports.links.of_list(&list.id).await?)
        }
    };
    if links.is_empty() {
        return Err(Refusal::new(
            "not_linked",
            format!("the list '{name}' is linked to no group"),
            format!("link it with 'listsync link {} --group GROUP'", Quoted(&name)),
        ));
    }
    if let Some(place) = place {
        let all = ways(&links);
        let wanted = group(place)?;
        links.retain(|state| leads_to(&state.link, &wanted));
        if links.is_empty() {
            return Err(Refusal::new(
                "no_such_place",
                format!("no link of '{name}' leads to '{}'", place.trim()),
                format!("give one of these: {all}"),
            ));
        }
    }
    Ok(links)
}

/// By the id of one of its groups, or by the name that the group had when it was linked.
fn leads_to(link: &Link, wanted: &GroupQuery) -> bool {
    match wanted {
        GroupQuery::Id(id) => link.groups().any(|group| group == id),
        GroupQuery::Name(name) => {
            let mut names = link.more.iter().map(|source| &source.name).chain([&link.group_name]);
            names.any(|known| known.to_lowercase() == name.to_lowercase())
        }
    }
}

/// How each of these links can be named.
fn ways(links: &[LinkState]) -> String {
    let way = |LinkState { link, .. }: &LinkState| match link.place() {
        Some(place) => format!("{place} ('{}', {}), link {}", link.group_names(), link.mode, link.id),
        None => format!("'{}' ({}), link {}", link.group_names(), link.mode, link.id),
    };
    links.iter().map(way).collect::<Vec<_>>().join("; ")
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

/// The link whose present hold has this digest, or is the only one of this list.
pub(crate) async fn held_link(ports: &Ports, text: &str) -> Result<(LinkId, Hold), Refusal> {
    let held = |state: LinkState| Some((state.link.id, state.progress.hold?));
    let all = every_link(ports).await?.into_iter().filter_map(held);
    if let Some(found) = all.into_iter().find(|(_, hold)| hold.digest == text) {
        return Ok(found);
    }
    let Some(list) = naming::find_list(ports.lists.as_ref(), text).await? else {
        return Err(Refusal::new(
            "no_such_hold",
            format!("no link holds anything under the digest '{text}', and there is no list of that name"),
            "a hold gets a new digest when what it holds changes: see 'listsync status' or 'listsync links ls'",
        ));
    };
    let mut of_list: Vec<_> = ports.links.of_list(&list.id).await?.into_iter().filter_map(held).collect();
    match (of_list.pop(), of_list.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            of_list.push(last);
            let digests: Vec<&str> = of_list.iter().map(|(_, hold)| hold.digest.as_str()).collect();
            Err(Refusal::new(
                "several_holds",
                format!("{} links of the list '{}' hold something", digests.len(), list.name),
                format!("name one of the holds: {}", digests.join(", ")),
            ))
        }
        (None, _) => Err(Refusal::new(
            "no_such_hold",
            format!("no link of the list '{}' holds anything", list.name),
            "see how it stands: listsync status",
        )),
    }
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
            "copy the object id from Entra, or give the unique name, either with entra: before it or without",
        )
    })
}

/// A person's address.
pub(crate) fn address(text: &str) -> Result<Address, Refusal> {
    Address::parse(text).map_err(|error| {
        Refusal::new("address", format!("'{text}': {error}"), "give a bare address such as anna@contoso.com")
    })
}
