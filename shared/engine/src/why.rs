//! Why somebody is in step on a list and each of its groups, or is not: what is stored of them and a few reads of the
//! directory, for `core/why.rs` to tell. Nothing is changed.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    case::Protection,
    contact::{Contact, Decision, Scope},
    hold::RulingKind,
    id::{LinkId, ObjectId},
    list::List,
    member::{Member, MemberKey},
    reconcile::Rule,
    settings::Settings,
    shield::{self, Shield},
    status::State,
    why::{EntryFacts, Identity, LinkPersonFacts, PersonFacts, ReadNow, Step, steps, steps_without_link},
};

use crate::{
    Ports,
    ports::{Call, EntryQuery, LinkState, Lookup, MemberQuery, PortResult},
    status,
};

/// What is to be told of somebody on one link of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The link; none: the list has none.
    pub link: Option<LinkId>,
    /// The names of its groups.
    pub group: Option<String>,
    /// How it stands.
    pub state: State,
    /// Step by step.
    pub steps: Vec<Step>,
}

/// Tells of an address on a list, for each of its links; of a list without one, once. The directory is asked once who it is,
/// and once per link whether they are in its group (and for the group's owners, where those are protected). Where it does
/// not answer, the steps say so.
///
/// # Errors
/// When the store does not answer.
pub async fn tell(
    ports: &Ports,
    list: &List,
    address: &Address,
    call: Call<'_>,
    moment: &(dyn Fn(Timestamp) -> String + Sync),
) -> PortResult<Vec<Told>> {
    let contact = ports.lists.find_contact(address).await?;
    let mut person = person(ports, list, address, contact.as_ref()).await?;
    let links = ports.links.of_list(&list.id).await?;
    if links.is_empty() {
        let steps = steps_without_link(&person, moment);
        return Ok(vec![Told { link: None, group: None, state: State::NotLinked, steps }]);
    }
    let settings = ports.settings.settings().await?;
    let asked = contact.as_ref().map_or(address, |contact| &contact.address);
    let matched = contact.as_ref().and_then(|contact| contact.object_id.as_ref());
    let identity = identify(ports, asked, matched, &settings, call).await;
    if let (None, Some(object)) = (&contact, identity.object_id()) {
        let refused = ports.lists.refused_objects(&list.id, std::slice::from_ref(object)).await?;
        person.is_refused |= !refused.is_empty();
    }
    let sought = Sought { contact: contact.as_ref(), identity: &identity, settings: &settings, call };
    let mut told = Vec::with_capacity(links.len());
    for link in links {
        let facts = on_link(ports, &link, sought).await?;
        let steps = steps(&person, &facts, moment);
        let group = Some(link.link.group_names());
        told.push(Told { link: Some(link.link.id), group, state: facts.state, steps });
    }
    Ok(told)
}

async fn person(
    ports: &Ports,
    list: &List,
    address: &Address,
    contact: Option<&Contact>,
) -> PortResult<PersonFacts> {
    let mut addresses = vec![address.clone()];
    let (mut entry, mut refused_at) = (None, None);
    if let Some(contact) = contact {
        addresses.push(contact.address.clone());
        let ids = [contact.id.clone()];
        let found = ports.lists.entries(&list.id, EntryQuery::Contacts(&ids)).await?.into_iter().next();
        let places = ports.lists.places(&contact.id).await?;
        let since = places.into_iter().find(|place| place.list == list.id).map(|place| place.since);
        entry = found.map(|entry| EntryFacts {
            address: entry.address,
            standing: entry.standing,
            origin: entry.origin,
            since,
            until: entry.until,
            is_undeliverable: entry.undeliverable.is_some(),
        });
        refused_at = said_no_at(ports, list, contact).await?;
    }
    let is_refused = !ports.lists.refused(&list.id, &addresses).await?.is_empty();
    let refused_at = refused_at.filter(|_| is_refused);
    Ok(PersonFacts { address: address.clone(), entry, is_refused, refused_at })
}

/// When they last said no to the list, or to all.
async fn said_no_at(ports: &Ports, list: &List, contact: &Contact) -> PortResult<Option<Timestamp>> {
    let is_about = |scope: &Scope| match scope {
        Scope::All => true,
        Scope::List(id) => list.ids().any(|known| known == id),
    };
    let newest_first = ports.lists.sayings(&contact.id).await?;
    let no = newest_first.into_iter().find(|one| one.decision == Decision::OptedOut && is_about(&one.scope));
    Ok(no.map(|no| no.at).or(contact.opted_out.map(|no| no.at)))
}

/// Who has the address, by the match that is kept or by asking.
async fn identify(
    ports: &Ports,
    address: &Address,
    matched: Option<&ObjectId>,
    settings: &Settings,
    call: Call<'_>,
) -> Identity {
    if let Some(id) = matched {
        return match ports.directory.by_id(call, std::slice::from_ref(id)).await {
            Ok(people) if people.is_empty() => Identity::Lost(id.clone()),
            // That the directory is away takes no match from anybody.
            Ok(_) | Err(_) => Identity::Matched(id.clone()),
        };
    }
    match ports.directory.look_up(call, std::slice::from_ref(address)).await.map(|mut found| found.pop()) {
        Ok(Some(Lookup::Found(one))) => Identity::Found(one.id),
        Ok(Some(Lookup::Ambiguous(several))) => Identity::Several(several),
        Ok(Some(Lookup::Nobody) | None) => Identity::Nobody { is_external: settings.is_external(address) },
        Err(error) => Identity::Unknown(error.message),
    }
}

/// Who is asked about, and how the directory is asked.
#[derive(Clone, Copy)]
struct Sought<'a> {
    contact: Option<&'a Contact>,
    identity: &'a Identity,
    settings: &'a Settings,
    call: Call<'a>,
}

async fn on_link(ports: &Ports, link: &LinkState, sought: Sought<'_>) -> PortResult<LinkPersonFacts> {
    let Sought { contact, identity, call, .. } = sought;
    let objects: Vec<ObjectId> = identity.object_id().cloned().into_iter().collect();
    let contacts: Vec<_> = contact.into_iter().map(|contact| contact.id.clone()).collect();
    let query = MemberQuery::Of { objects: &objects, contacts: &contacts };
    let rows = ports.links.members(&link.link.id, query).await?;
    // The row of the object has what is true of the group; one of the contact alone is what was before it was known.
    let row = rows.into_iter().min_by_key(|row| row.key.object_id().is_none());
    let ruling = link
        .ruling
        .as_ref()
        .filter(|ruling| link.progress.hold.as_ref().is_some_and(|hold| ruling.is_of(&hold.digest)));
    let ruling: Option<RulingKind> = ruling.map(|ruling| ruling.kind);
    let (mode, phase) = (link.link.mode, link.progress.phase);
    Ok(LinkPersonFacts {
        mode,
        rule: Rule::of(mode, link.link.extras, (link.link.first_merge, phase)),
        writes: link.link.writes,
        state: status::of_link(ports, link).await?,
        identity: identity.clone(),
        read_now: read_now(ports, link, &objects, call).await,
        protection: protection(ports, link, sought, row.as_ref()).await,
        row,
        ruling,
        due_at: link.due_at,
    })
}

async fn read_now(ports: &Ports, link: &LinkState, objects: &[ObjectId], call: Call<'_>) -> ReadNow {
    if objects.is_empty() {
        return ReadNow::NotAsked;
    }
    for group in link.link.groups() {
        match ports.places(link.link.scheme()).present(call, group, objects).await {
            Ok(present) if present.is_empty() => {}
            Ok(_) => return ReadNow::Present,
            Err(error) => return ReadNow::Unknown(error.message),
        }
    }
    ReadNow::Absent
}

/// Whether they may be removed, by what the settings, the link and its last full read say. Owners that cannot be read now are
/// not told of: a run that cannot read them removes nobody.
async fn protection(
    ports: &Ports,
    link: &LinkState,
    Sought { contact, identity, settings, call }: Sought<'_>,
    row: Option<&Member>,
) -> Protection {
    let said = [&settings.protected, &link.link.members.protected];
    let mut owners = BTreeSet::new();
    if shield::covers_owners(said) && identity.object_id().is_some() {
        for group in link.link.groups() {
            owners.extend(ports.places(link.link.scheme()).owners(call, group).await.unwrap_or_default());
        }
    }
    let shield = Shield::new(said, &link.progress.named, owners);
    let key = match (identity.object_id(), contact, row) {
        (Some(id), ..) => MemberKey::Principal(id.clone()),
        (None, Some(contact), _) => MemberKey::Contact(contact.id.clone()),
        (None, None, Some(row)) => row.key.clone(),
        (None, None, None) => return Protection::Ordinary,
    };
    let known =
        contact.into_iter().flat_map(|contact| std::iter::once(&contact.address).chain(&contact.aliases));
    shield.covers(&key, known, None)
}
