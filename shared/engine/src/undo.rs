//! Taking back what a run did: what is kept of it is read, `core/undo` says whom it is taken back from, and the list is edited
//! by that. The link's next run carries it to the group, as it does any edit.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    Timestamp,
    address::Address,
    case::Protection,
    contact::{Decision, Said, Scope},
    effects::{Done, Recorded},
    history::Shift,
    id::{ContactId, ListId, ObjectId},
    link::{Link, LinkStatus},
    list::{Entry, List, Origin, Standing},
    member::{MemberKey, Op},
    schedule::{SKEW, is_leased},
    shield::{self, Shield},
    snapshot::Principal,
    summary::Summary,
    trigger::{Generation, Reason},
    undo::{Facts, Person, Refused, RunFacts, Undo},
};

use crate::{
    Ports,
    effects::{self, WhichRuns},
    ports::{Call, Contacts, EntryQuery, Fault, LinkState, LogQuery, Mover, Moves, PortError, PortResult},
    trigger,
};

/// So far back the logs of lists tell for certain who moved.
const LOGGED: Duration = Duration::from_secs(90 * 24 * 3600);
/// How many changes of a list are read at a time.
const PAGE: usize = 1_000;
/// Of so many people at once is asked what they said.
const AT_ONCE: usize = 16;
/// How many people are moved in one call.
const CHUNK: usize = 500;

/// What would take a run back, as it can be shown to somebody first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Whom it is taken back from, and whom not.
    pub undo: Undo,
    /// The list, which is edited.
    pub list: List,
    /// The link of the run, which carries it to its group.
    pub link: Link,
    /// The list's other links, which follow as they do any edit of the list.
    pub others: Vec<Link>,
}

/// What an undo did to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undone {
    /// Who came back to it.
    pub returned: u64,
    /// Who left it.
    pub left: u64,
    /// The request of the link that a run answers which carries it to the group.
    pub generation: Generation,
}

/// Works out what would take a run back, and changes nothing. The directory is asked only where somebody is protected.
///
/// # Errors
/// [`Fault::Rejected`] with the codes of [`Refused`]; [`Fault::Busy`] while a run of the link is under way; when the store or
/// the directory does not answer.
pub async fn propose(
    ports: &Ports,
    contacts: &dyn Contacts,
    summary: &Summary,
    call: Call<'_>,
) -> PortResult<Proposal> {
    let now = ports.clock.now();
    let state = ports.links.load(&summary.link).await?;
    let list = match &state {
        Some(state) => ports.lists.list(&state.link.list).await?,
        None => None,
    };
    let (Some(state), Some(list)) = (state, list) else { return Err(refuse(Refused::NoLink)) };
    let keep = ports.settings.settings().await?.effects_keep.min(LOGGED);
    let facts = RunFacts {
        summary,
        mode: Some(state.link.mode),
        status: state.link.status,
        phase: state.progress.phase,
        kind: &list.kind,
        known_since: now.checked_sub(keep).unwrap_or(Timestamp::MIN),
    };
    if let Some(refused) = Refused::of(&facts) {
        return Err(refuse(refused));
    }
    // What it does is what would be taken back next, and whom it is about to move is not known yet.
    if is_leased(state.leased_until, now) {
        return Err(PortError::link_busy(&state.link.id));
    }
    let recorded = recorded(ports, summary).await?;
    let people = people(ports, &list.id, &recorded.own).await?;
    let facts = Facts {
        run: summary.run.clone(),
        began: summary.started_at,
        list: list.id.clone(),
        link: state.link.id.clone(),
        mode: state.link.mode,
        shifts: shifts(ports, &list.id, summary.started_at).await?,
        protected: protected(ports, &state, &people, call).await?,
        willing: willing(contacts, &list.id, &recorded.own, &people).await?,
        effects: recorded.own,
        others: recorded.others,
        people,
    };
    let mut others: Vec<Link> =
        ports.links.of_list(&list.id).await?.into_iter().map(|one| one.link).collect();
    others.retain(|link| link.id != state.link.id && link.status == LinkStatus::Active);
    Ok(Proposal { undo: Undo::of(&facts), list, link: state.link, others })
}

fn refuse(refused: Refused) -> PortError {
    PortError::new(Fault::Rejected, refused.code(), refused.to_string()).with_hint(refused.hint())
}

impl Proposal {
    /// Demands that it is the one that was shown under this digest.
    ///
    /// # Errors
    /// [`Fault::Rejected`], `undo_changed`, where other people would be moved by now.
    pub fn demand(&self, digest: &str) -> PortResult<()> {
        if self.undo.digest == digest {
            return Ok(());
        }
        let now = &self.undo.digest;
        let message = format!("the undo {digest} is not what would be done now: that is {now}");
        Err(PortError::new(Fault::Rejected, "undo_changed", message)
            .with_hint("look at it again, and give the digest that it shows"))
    }
}

/// Does what was proposed, in pages, and asks for runs of all links of the list. Broken off in between, it is done in part:
/// proposed again, it is what is left.
///
/// # Errors
/// When the store or the queue does not answer.
pub async fn carry_out(ports: &Ports, proposal: &Proposal) -> PortResult<Undone> {
    let Undo { list, link, returning, leaving, .. } = &proposal.undo;
    let (mut returned, mut left) = (0, 0);
    let contacts =
        |people: &BTreeSet<Person>| people.iter().map(|one| one.contact.clone()).collect::<Vec<_>>();
    // Who comes back goes first, so that the list is never emptier than it has to be.
    for join in contacts(returning).chunks(CHUNK) {
        let moves = Moves { mover: Mover::Operator, join: join.to_vec(), ..Moves::default() };
        returned += ports.lists.move_members(list, &moves, ports.clock.now()).await?.0;
    }
    for leave in contacts(leaving).chunks(CHUNK) {
        let moves = Moves { mover: Mover::Operator, leave: leave.to_vec(), ..Moves::default() };
        left += ports.lists.move_members(list, &moves, ports.clock.now()).await?.1;
    }
    trigger::raise_list(ports, list, Reason::Event).await?;
    let state = ports.links.load(link).await?.ok_or_else(|| refuse(Refused::NoLink))?;
    Ok(Undone { returned, left, generation: state.requested })
}

struct RunEffects {
    own: Vec<Recorded>,
    others: Vec<Recorded>,
}

/// What the run did, and what the runs of the list did beside and after it.
async fn recorded(ports: &Ports, summary: &Summary) -> PortResult<RunEffects> {
    let Some(of_run) = WhichRuns::of_run(summary) else {
        return Ok(RunEffects { own: Vec::new(), others: Vec::new() });
    };
    let since = WhichRuns { run: None, until: Timestamp::MAX, ..of_run };
    let all = effects::all(ports, &since).await?;
    let (own, others) = all.into_iter().partition(|one| one.place.batch.run == summary.run);
    Ok(RunEffects { own, others })
}

/// Whomever the effects name, as they stand to the list.
async fn people(ports: &Ports, list: &ListId, effects: &[Recorded]) -> PortResult<Vec<Entry>> {
    let (mut contacts, mut objects, mut addresses) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for Recorded { done, .. } in effects {
        match (&done.contact, &done.object, &done.address) {
            (Some(contact), ..) => drop(contacts.insert(contact.clone())),
            (None, Some(object), _) => drop(objects.insert(object.clone())),
            (None, None, Some(address)) => drop(addresses.insert(address.clone())),
            (None, None, None) => {}
        }
    }
    let mut found: BTreeMap<ContactId, Entry> = BTreeMap::new();
    let mut keep = |entries: Vec<Entry>| {
        found.extend(entries.into_iter().map(|entry| (entry.contact.clone(), entry)));
    };
    for some in contacts.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        keep(ports.lists.entries(list, EntryQuery::Contacts(some)).await?);
    }
    for some in objects.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        keep(ports.lists.entries(list, EntryQuery::Objects(some)).await?);
    }
    for some in addresses.into_iter().collect::<Vec<_>>().chunks(CHUNK) {
        keep(ports.lists.entries(list, EntryQuery::Addresses(some)).await?);
    }
    Ok(found.into_values().collect())
}

/// Those of the list's members whom the run added and whose last word on the list is a yes. Whom their own word brought is
/// known by that.
async fn willing(
    contacts: &dyn Contacts,
    list: &ListId,
    effects: &[Recorded],
    people: &[Entry],
) -> PortResult<BTreeSet<ContactId>> {
    let added: Vec<&Done> =
        effects.iter().map(|one| &one.done).filter(|done| done.change.op == Op::Add).collect();
    let named: BTreeSet<&ContactId> = added.iter().filter_map(|done| done.contact.as_ref()).collect();
    let objects: BTreeSet<&ObjectId> = added.iter().filter_map(|done| done.object.as_ref()).collect();
    let addresses: BTreeSet<&Address> = added.iter().filter_map(|done| done.address.as_ref()).collect();
    let is_added = |entry: &&Entry| {
        named.contains(&entry.contact)
            || entry.object_id.as_ref().is_some_and(|object| objects.contains(object))
            || addresses.contains(&entry.address)
    };
    let members =
        people.iter().filter(|entry| entry.standing == Standing::Member && entry.origin != Origin::Own);
    let members: Vec<ContactId> = members.filter(is_added).map(|entry| entry.contact.clone()).collect();
    let said = stream::iter(members)
        .map(async |contact| PortResult::Ok((contacts.sayings(&contact).await?, contact)))
        .buffer_unordered(AT_ONCE);
    said.try_fold(BTreeSet::new(), async |mut willing, (said, contact)| {
        let on_it = |one: &Said| one.scope == Scope::All || one.scope == Scope::List(list.clone());
        // The newest comes first.
        let last = said.into_iter().find(on_it);
        if last.is_some_and(|one| one.decision == Decision::Subscribed) {
            willing.insert(contact);
        }
        Ok(willing)
    })
    .await
}

/// How people came to stand otherwise to the list since then, the newest first, and some of what was before.
pub(crate) async fn shifts(ports: &Ports, list: &ListId, since: Timestamp) -> PortResult<Vec<Shift>> {
    // A clock may have been set back by so much while the list went on: what is older than that was before.
    let since = since.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
    let (mut shifts, mut from) = (Vec::new(), None);
    loop {
        let query = LogQuery { list: list.clone(), contact: None, from, limit: PAGE };
        let page = ports.lists.log(&query).await?;
        let is_over = page.entries.last().is_some_and(|oldest| oldest.shift.at < since);
        shifts.extend(page.entries.into_iter().map(|logged| logged.shift));
        from = page.next;
        if is_over || from.is_none() {
            return Ok(shifts);
        }
    }
}

/// Those of the list's members who are never removed.
async fn protected(
    ports: &Ports,
    state: &LinkState,
    people: &[Entry],
    call: Call<'_>,
) -> PortResult<BTreeSet<ContactId>> {
    let settings = ports.settings.settings().await?;
    let said = [&settings.protected, &state.link.members.protected];
    let mut owners = BTreeSet::new();
    if shield::covers_owners(said) {
        for group in state.link.groups() {
            owners.extend(ports.places(state.link.scheme()).owners(call, group).await?);
        }
    }
    let shield = Shield::new(said, &state.progress.named, owners);
    let members = || people.iter().filter(|entry| entry.standing == Standing::Member);
    let mut read: BTreeMap<ObjectId, Principal> = BTreeMap::new();
    if shield.asks_who_is_unread() {
        let objects: BTreeSet<ObjectId> = members().filter_map(|entry| entry.object_id.clone()).collect();
        let objects: Vec<ObjectId> = objects.into_iter().collect();
        if !objects.is_empty() {
            let found = ports.places(state.link.scheme()).by_id(call, &objects).await?;
            read.extend(found.into_iter().map(|one| (one.id.clone(), one)));
        }
    }
    let is_protected = |entry: &&Entry| {
        let key = match &entry.object_id {
            Some(object) => MemberKey::Principal(object.clone()),
            None => MemberKey::Contact(entry.contact.clone()),
        };
        let principal = entry.object_id.as_ref().and_then(|object| read.get(object));
        shield.covers(&key, [&entry.address], principal) == Protection::Protected
    };
    Ok(members().filter(is_protected).map(|entry| entry.contact.clone()).collect())
}
