//! People who were deleted, came back or have another address. A group's changes do not tell of them: they come by one read
//! of what changed among all people of the tenant, once per beat, and the links that know one of them are read in full.
//! Contacts whose person is in no linked group follow a changed address here, as no run would read it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::Contact,
    gather::takes_part,
    id::{ContactId, LinkId, ObjectId, TenantId},
    link::LinkStatus,
    list::{Entry, Origin},
    matched::Binding,
    member::Member,
    rename::Named,
    schedule::{SKEW, as_of, later},
    summary::GraphCost,
    trigger::Reason,
};

use crate::{
    Ports, gate,
    ports::{
        Call, ContactEdit, Cursor, EntryQuery, Fault, LinkEdit, LinkState, MemberQuery, Meter, PeopleChanges,
        PeopleWatch, PortError, PortResult,
    },
    trigger,
};

/// How many links are in memory at a time.
const PAGE: usize = 200;
/// How many people a link is asked for at a time.
const PEOPLE: usize = 500;
/// When a credential that may not read people is tried again.
const DENIED: Duration = Duration::from_secs(24 * 3600);

/// What following the changes of people came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Followed {
    /// The links that are to be read in full.
    pub links: Vec<LinkId>,
    /// What it cost.
    pub cost: GraphCost,
}

/// Reads which people of the tenant changed, if it is time, and asks for a full read of each link that a deletion, a
/// return or a changed address concerns. Where the cursor is too old, that is every link.
///
/// The cursor is saved once all links are told, so that nothing is lost; who is told twice is read twice.
///
/// # Errors
/// When the store or the queue does not answer. What the directory refuses is tried again at a later beat.
pub async fn follow(ports: &Ports, tenant: &TenantId, until: Timestamp) -> PortResult<Followed> {
    let (now, known) = (ports.clock.now(), ports.gate.people_watch_lately(tenant).await?);
    let every = ports.settings.settings_lately().await?.every;
    // What lies further ahead than it is ever put off was set under a clock that ran ahead.
    if known.as_ref().is_some_and(|watch| as_of(watch.due_at, now, DENIED.max(every) + SKEW) > now) {
        return Ok(Followed::default());
    }
    if gate::closed_until(ports.gate.as_ref(), tenant, ports.clock.as_ref()).await?.is_some() {
        return Ok(Followed::default());
    }
    let meter = Meter::default();
    let call = Call { until, meter: &meter };
    let cursor = known.and_then(|watch| watch.cursor);
    // Every beat finds it due, also one that comes a little early.
    let due_at = later(now, every / 2);
    let news = match &cursor {
        None => News::read_anew(ports, call, Concerned::Nobody).await,
        Some(cursor) => News::since(ports, call, cursor).await,
    };
    let (links, watch) = match news {
        Ok(News { cursor, concerned }) => {
            let Told { links, followed } = tell(ports, &concerned).await?;
            if let Concerned::Those(changes) = &concerned {
                follow_others(ports, changes, &followed).await?;
            }
            (links, PeopleWatch { cursor: Some(cursor), due_at })
        }
        Err(error) => {
            tracing::warn!(code = error.code, "changes of people are not known: {error}");
            let due_at = if error.fault == Fault::Denied { later(now, DENIED) } else { due_at };
            (Vec::new(), PeopleWatch { cursor, due_at })
        }
    };
    ports.gate.keep_people_watch(tenant, &watch).await?;
    Ok(Followed { links, cost: meter.cost() })
}

/// Which links are to be read in full.
enum Concerned {
    Nobody,
    Those(PeopleChanges),
    Everybody,
}

struct News {
    cursor: Cursor,
    concerned: Concerned,
}

impl News {
    async fn since(ports: &Ports, call: Call<'_>, cursor: &Cursor) -> Result<Self, PortError> {
        match ports.directory.people_changes(call, cursor).await {
            Ok(changes) => Ok(Self { cursor: changes.cursor.clone(), concerned: Concerned::Those(changes) }),
            // Who left since then can be told by full reads only.
            Err(error) if error.fault == Fault::Gone => {
                Self::read_anew(ports, call, Concerned::Everybody).await
            }
            Err(error) => Err(error),
        }
    }

    async fn read_anew(ports: &Ports, call: Call<'_>, concerned: Concerned) -> Result<Self, PortError> {
        Ok(Self { cursor: ports.directory.people_cursor(call).await?, concerned })
    }
}

/// Who was told of the changes.
#[derive(Default)]
struct Told {
    links: Vec<LinkId>,
    /// The contacts whose changed address the run of one of these links follows, and tells in its summary.
    followed: BTreeSet<ContactId>,
}

async fn tell(ports: &Ports, concerned: &Concerned) -> PortResult<Told> {
    let mut told = Told::default();
    let is_quiet = match concerned {
        Concerned::Nobody => true,
        Concerned::Those(changes) => changes.gone.is_empty() && changes.changed.is_empty(),
        Concerned::Everybody => false,
    };
    if is_quiet {
        return Ok(told);
    }
    let mut after = None;
    loop {
        let page = ports.links.page(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(told) };
        after = Some(last.link.id.clone());
        for state in page.iter().filter(|state| state.link.status == LinkStatus::Active) {
            if is_concerned(ports, state, (concerned, &mut told.followed)).await? {
                ports.links.edit(&state.link.id, &LinkEdit::Resync, ports.clock.now()).await?;
                trigger::raise(ports, &state.link.id, Reason::Event).await?;
                told.links.push(state.link.id.clone());
            }
        }
    }
}

/// Whether somebody is gone whom the link holds to be in its group, or came back whom it holds to be out of it, or has
/// another primary address.
async fn is_concerned(
    ports: &Ports,
    state: &LinkState,
    (concerned, followed): (&Concerned, &mut BTreeSet<ContactId>),
) -> PortResult<bool> {
    let changes = match concerned {
        Concerned::Nobody => return Ok(false),
        Concerned::Everybody => return Ok(true),
        Concerned::Those(changes) => changes,
    };
    let mut is_concerned = false;
    let gone: Vec<ObjectId> = changes.gone.iter().cloned().collect();
    for part in gone.chunks(PEOPLE) {
        is_concerned |= !grouped(ports, state, part).await?.is_empty();
    }
    let changed: Vec<ObjectId> = changes.changed.keys().cloned().collect();
    for part in changed.chunks(PEOPLE) {
        let rows = grouped(ports, state, part).await?;
        let here: BTreeMap<&ObjectId, &Member> =
            rows.iter().filter_map(|row| Some((row.key.object_id()?, row))).collect();
        for entry in ports.lists.entries(&state.link.list, EntryQuery::Objects(part)).await? {
            let row = entry.object_id.as_ref().and_then(|id| here.get(id).copied());
            let is_renamed = row.is_some_and(|row| is_renamed((&entry, row), changes));
            if is_renamed && takes_part(&entry) {
                followed.insert(entry.contact.clone());
            }
            // Who came back, or is in the directory for the first time, is in the list and in no group that we know.
            is_concerned |= is_renamed || row.is_none();
        }
    }
    Ok(is_concerned)
}

/// Whether somebody has another primary address than when they were last read.
fn is_renamed((entry, row): (&Entry, &Member), changes: &PeopleChanges) -> bool {
    let now = row.key.object_id().and_then(|id| changes.changed.get(id)?.as_ref());
    let known = entry.grounds.as_ref().and_then(|grounds| grounds.named.as_ref()).or(row.named.as_deref());
    now.is_some_and(|now| known.is_some_and(|named| named.address != *now))
}

/// Has the other contacts of these people follow: those who are on no list now, or whose person is in none of the groups.
async fn follow_others(
    ports: &Ports,
    changes: &PeopleChanges,
    followed: &BTreeSet<ContactId>,
) -> PortResult<()> {
    let window = ports.settings.settings().await?.settle_window;
    let changed: Vec<ObjectId> = changes.changed.keys().cloned().collect();
    for part in changed.chunks(PEOPLE) {
        let contacts = ports.lists.contacts_of(part).await?;
        for contact in contacts.into_iter().filter(|contact| !followed.contains(&contact.id)) {
            let Some(read) = contact.object_id.as_ref().and_then(|id| changes.changed.get(id)?.as_ref())
            else {
                continue;
            };
            follow_one(ports, &contact, (read, window)).await?;
        }
    }
    Ok(())
}

/// Compares a person's primary address with that of the last time, as a run does with whom it reads.
async fn follow_one(
    ports: &Ports,
    contact: &Contact,
    (read, window): (&Address, Duration),
) -> PortResult<()> {
    let now = ports.clock.now();
    let (Some(object), Some(grounds)) = (&contact.object_id, &contact.grounds) else { return Ok(()) };
    let after = Named::after(grounds.named.as_ref(), read, now, window);
    if grounds.named.as_ref() == Some(&after) {
        return Ok(());
    }
    let mut grounds = grounds.clone();
    if let Some(address) = Named::renames(grounds.named.as_ref(), &after, &contact.address) {
        let edit = ContactEdit { address: Some(address.clone()), ..ContactEdit::default() };
        match ports.lists.edit_contact(&contact.id, None, &edit, Origin::Entra, now).await {
            // Another contact has it, or this one was deleted: a run that meets them tells people.
            Err(error) if matches!(error.fault, Fault::Rejected | Fault::Gone) => return Ok(()),
            other => drop(other?),
        }
        grounds.address = address;
    }
    grounds.named = Some(after);
    let binding = Binding { contact: contact.id.clone(), object: object.clone(), grounds };
    ports.lists.bind(&[binding]).await.map(drop)
}

/// The rows of those whom the link holds to be in its group.
async fn grouped(ports: &Ports, state: &LinkState, people: &[ObjectId]) -> PortResult<Vec<Member>> {
    let query = MemberQuery::Of { objects: people, contacts: &[] };
    let rows = ports.links.members(&state.link.id, query).await?;
    Ok(rows.into_iter().filter(|row| row.group.is_some_and(|belief| belief.present)).collect())
}
