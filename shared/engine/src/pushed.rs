//! Members that a provisioning system pushes onto lists and off them. Whoever comes is put there as an operator would put them,
//! so nobody's no is undone. Whoever leaves is judged as those are whom a file takes off ([`judge_leavers`]), and waits where
//! they are too many: as an import that holds them, which a person approves or discards as any other.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::Contact,
    grant::Lists,
    id::{ContactId, ImportId, LinkId, ListId},
    import::{Leavers, Removals, judge_leavers},
    limit::AdditionLimit,
    link::Mode,
    list::{Entry, List, ListKind, NewContact, Origin, Standing},
    register::Refusal,
    schedule::later,
    stay::Stay,
    trigger::Reason,
};

use crate::{
    people,
    ports::{
        EntryQuery, Fault, Import, ImportMode, ImportRow, ImportState, LogQuery, Mover, Moves, NewImport,
        PortError, PortResult, Presence, ToldRows,
    },
    service::Service,
    trigger,
};

/// How long somebody who is not there any more stays on their lists all the same.
pub const GRACE: Duration = Duration::from_secs(7 * 24 * 3600);

/// What the imports that hold whom was pushed off are called.
const NAME: &str = "SCIM";
/// How many people are in memory at a time.
const PAGE: usize = 500;
/// So many imports of a list are looked through for one that holds people already.
const LOOKED_AT: usize = 100;

/// Who is to leave a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// These.
    These(BTreeSet<ContactId>),
    /// Every member but those who are to be there.
    Others,
}

/// Who is to be on a list, and who is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who is to be there.
    pub join: BTreeSet<ContactId>,
    /// Who is to leave.
    pub leave: Leave,
}

/// People who wait for a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The import that holds them.
    pub import: ImportId,
    /// How many of those who were pushed off wait.
    pub people: usize,
}

/// What pushing members came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Came {
    /// How many came onto the list.
    pub joined: u64,
    /// How many left it.
    pub left: u64,
    /// Who waits.
    pub waiting: Option<Waiting>,
    /// The links that were asked to run.
    pub links: Vec<LinkId>,
}

/// Whether people may be pushed onto a list and off it.
///
/// # Errors
/// `list_filtered` where its filter decides, `list_fed` where a group does, and when the store does not answer.
pub async fn judge(service: &Service, list: &List) -> PortResult<()> {
    if list.kind != ListKind::Static {
        return Err(Refusal::Filtered(list.id.clone()).into());
    }
    let links = service.ports.links.of_list(&list.id).await?;
    if links.iter().any(|state| state.link.mode == Mode::GroupToList) {
        return Err(PortError::new(
            Fault::Rejected,
            "list_fed",
            format!("list {} follows its group: nobody else puts people on it", list.id),
        )
        .with_hint("change the group, or link the list two-way"));
    }
    Ok(())
}

/// Puts people on a list and takes others off it.
///
/// # Errors
/// As [`judge`]; and when the queue does not take a message: all is stored then, and the timer sees to the run.
pub async fn push(service: &Service, list: &List, membership: &Membership) -> PortResult<Came> {
    judge(service, list).await?;
    let Membership { join, leave } = membership;
    let holds = holding(service, &list.id).await?;
    let join_ids: Vec<ContactId> = join.iter().cloned().collect();
    let leavers: Vec<Entry> = match leave {
        Leave::These(ids) => {
            let ids: Vec<ContactId> = ids.iter().cloned().collect();
            members_of(service, &list.id, &ids).await?
        }
        Leave::Others => {
            let mut members = members(service, &list.id).await?;
            members.retain(|entry| !join.contains(&entry.contact));
            members
        }
    };
    let mut came = Came::default();
    if !holds.is_empty() {
        spare(service, list, &join_ids).await?;
    }
    let waits =
        !leavers.is_empty() && judged(service, &list.id, leavers.len() as u64).await? == Removals::Hold;
    let leave = if waits { Vec::new() } else { leavers.iter().map(|entry| entry.contact.clone()).collect() };
    let now = service.ports.clock.now();
    if !join_ids.is_empty() || !leave.is_empty() {
        let moves = Moves { mover: Mover::Operator, join: join_ids, leave, ..Moves::default() };
        (came.joined, came.left) = service.ports.lists.move_members(&list.id, &moves, now).await?;
    }
    if waits {
        came.waiting = Some(hold(service, &list.id, &addresses(&leavers), &holds).await?);
    }
    if came.joined + came.left > 0 {
        came.links = trigger::raise_list(&service.ports, &list.id, Reason::Event).await?;
    }
    Ok(came)
}

/// The lists that somebody leaves who is not there any more, each with until when they were to be on it: those that people
/// keep. A filter decides by itself, and a group is followed.
///
/// # Errors
/// When the store does not answer.
pub async fn leaves(
    service: &Service,
    contact: &ContactId,
) -> PortResult<BTreeMap<ListId, Option<Timestamp>>> {
    let end = later(service.ports.clock.now(), GRACE);
    let mut lists = BTreeMap::new();
    for place in service.contacts.places(contact).await? {
        if place.standing != Standing::Member || place.until.is_some_and(|until| until <= end) {
            continue;
        }
        let Some(list) = service.ports.lists.list(&place.list).await? else { continue };
        match judge(service, &list).await {
            Ok(()) => drop(lists.insert(place.list, place.until)),
            Err(error) if error.fault == Fault::Rejected => {}
            Err(error) => return Err(error),
        }
    }
    Ok(lists)
}

/// Ends the memberships of these lists once [`GRACE`] is over; where too many leave a list at once, they wait for a person.
/// A repeat changes nothing.
///
/// # Errors
/// When the store does not answer.
pub async fn end(service: &Service, contact: &Contact, lists: &[ListId]) -> PortResult<Vec<Waiting>> {
    let end = later(service.ports.clock.now(), GRACE);
    let mut waiting = Vec::new();
    for place in service.contacts.places(&contact.id).await? {
        let is_open = place.standing == Standing::Member && place.until.is_none_or(|until| until > end);
        if !is_open || !lists.contains(&place.list) {
            continue;
        }
        match judged(service, &place.list, 1).await? {
            Removals::Hold => {
                let holds = holding(service, &place.list).await?;
                let one = [contact.address.clone()].into();
                waiting.push(hold(service, &place.list, &one, &holds).await?);
            }
            Removals::Do | Removals::Skip => {
                service.ports.lists.stay(&place.list, &contact.id, Stay::Until(end)).await?;
            }
        }
    }
    Ok(waiting)
}

/// Takes back that memberships end, and puts somebody back on those lists that they left by date. Whom an operator took off
/// meanwhile, or who said no, is not put back.
///
/// # Errors
/// When the store does not answer.
pub async fn restore(
    service: &Service,
    contact: &Contact,
    lists: &BTreeMap<ListId, Option<Timestamp>>,
) -> PortResult<()> {
    let places = service.contacts.places(&contact.id).await?;
    let now = service.ports.clock.now();
    for (id, until) in lists {
        let Some(list) = service.ports.lists.list(id).await? else { continue };
        let place = places.iter().find(|place| place.list == *id);
        let stay = until.filter(|until| *until > now).map_or(Stay::ForGood, Stay::Until);
        match place.map(|place| place.standing) {
            Some(Standing::Member) => {
                // Their end is taken back, and a hold lets go of whoever is named.
                people::add(service, id, &named(&contact.address), stay).await?;
            }
            None | Some(Standing::Absent) => {
                let may = place.is_none() || left_by_date(service, id, &contact.id).await?;
                if may && judge(service, &list).await.is_ok() {
                    people::add(service, id, &named(&contact.address), stay).await?;
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Whether somebody left a list by date, and nothing became of them there since.
async fn left_by_date(service: &Service, list: &ListId, contact: &ContactId) -> PortResult<bool> {
    let mut query = LogQuery { list: list.clone(), contact: Some(contact.clone()), from: None, limit: 1 };
    loop {
        let page = service.ports.lists.log(&query).await?;
        match (page.entries.first(), page.next) {
            (Some(newest), _) => return Ok(newest.shift.origin == Origin::EndDate),
            (None, Some(next)) => query.from = Some(next),
            (None, None) => return Ok(false),
        }
    }
}

fn named(address: &Address) -> NewContact {
    NewContact { address: address.clone(), name: String::new(), fields: BTreeMap::new() }
}

/// Every member of a list.
async fn members(service: &Service, list: &ListId) -> PortResult<Vec<Entry>> {
    let (mut members, mut after) = (Vec::new(), None);
    loop {
        let lists = std::slice::from_ref(list);
        let page = service.ports.lists.entries_page(lists, after.as_ref(), PAGE).await?;
        members.extend(page.entries.into_iter().filter(|entry| entry.standing == Standing::Member));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(members),
        }
    }
}

/// Those of these contacts who are members.
async fn members_of(service: &Service, list: &ListId, ids: &[ContactId]) -> PortResult<Vec<Entry>> {
    let mut members = Vec::new();
    for some in ids.chunks(PAGE) {
        let entries = service.ports.lists.entries(list, EntryQuery::Contacts(some)).await?;
        members.extend(entries.into_iter().filter(|entry| entry.standing == Standing::Member));
    }
    Ok(members)
}

/// Judges so many who are to leave a list now.
async fn judged(service: &Service, list: &ListId, leaving: u64) -> PortResult<Removals> {
    let listed = service.ports.lists.size(list).await?;
    let gone = service.ports.lists.gone(list, service.ports.clock.now()).await?;
    let going = going(service, list).await?;
    Ok(judge_leavers(Leavers { leaving, gone, going, listed }))
}

/// How many members of a list leave it by date within [`GRACE`].
async fn going(service: &Service, list: &ListId) -> PortResult<u64> {
    let upto = later(service.ports.clock.now(), GRACE);
    let (mut going, mut after) = (0, None);
    loop {
        let page = service.ports.lists.ended(upto, after.as_ref(), PAGE).await?;
        going += page.iter().filter(|end| end.list == *list).count() as u64;
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.clone()),
            _ => return Ok(going),
        }
    }
}

/// The imports that hold people who were pushed off a list, the newest first.
async fn holding(service: &Service, list: &ListId) -> PortResult<Vec<Import>> {
    let lists = Lists::Only([list.clone()].into());
    let mut imports = service.ports.lists.imports_of(&lists, None, LOOKED_AT).await?;
    imports.retain(|import| import.state == ImportState::Held && import.file == NAME);
    Ok(imports)
}

/// Lets go of whoever waits to leave and is named as a member again.
async fn spare(service: &Service, list: &List, join: &[ContactId]) -> PortResult<()> {
    for member in members_of(service, &list.id, join).await? {
        people::add(service, &list.id, &named(&member.address), Stay::AsItIs).await?;
    }
    Ok(())
}

fn addresses(entries: &[Entry]) -> BTreeSet<Address> {
    entries.iter().map(|entry| entry.address.clone()).collect()
}

/// Has people wait for a person's word. Whoever waits already goes on waiting where they are; the others wait with those of
/// the newest such import, as long as they are few, so that a crowd that is pushed off one by one is ruled on at once.
async fn hold(
    service: &Service,
    list: &ListId,
    leavers: &BTreeSet<Address>,
    holds: &[Import],
) -> PortResult<Waiting> {
    let people = leavers.len();
    let mut beside = BTreeSet::new();
    if let Some(newest) = holds.first() {
        let held = service.ports.lists.held_people(&newest.id).await?;
        let held: BTreeSet<Address> = held.leaves.into_iter().map(|person| person.address).collect();
        if leavers.is_subset(&held) {
            return Ok(Waiting { import: newest.id.clone(), people });
        }
        if held.len() < PAGE {
            beside = held;
        }
    }
    let row =
        |address: &Address| ImportRow { presence: Presence::Leaving, ..ImportRow::from(named(address)) };
    let rows: Vec<ImportRow> = leavers.union(&beside).map(row).collect();
    let settings = service.ports.settings.settings().await?;
    let new = NewImport {
        told: ToldRows::Wait,
        max_additions: AdditionLimit::Off,
        keep: settings.effects_keep,
        profile: NAME.to_lowercase(),
        ..NewImport::new(NAME, ImportMode::Incremental, rows, service.ports.clock.now())
    };
    let import = service.ports.lists.import(list, &new).await?.import;
    Ok(Waiting { import: import.id, people })
}
