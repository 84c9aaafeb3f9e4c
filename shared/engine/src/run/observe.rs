//! Reading both sides: in full, or what changed since the cursors.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    belief::Seen,
    case::{Reach, Retry, skip},
    gather::{Sight, takes_part},
    hold::RulingKind,
    id::{ContactId, GroupId, ObjectId},
    link::Side,
    list::Entry,
    member::{Member, MemberKey, Open},
    records::{Principals, Records, Sorted},
    register::KeptOff,
    schedule::FullRead,
    shield::Named,
    snapshot::{Completeness, Depth, Nesting, Others, Principal, Snapshot},
    sources::Holders,
    summary::ReadKind,
    trigger::Reason,
};

use super::{
    hearsay::{News, news, sight, to_recheck},
    held_once,
    look::Look,
    sources::{self, Unread},
};
use crate::{
    connect::writable,
    permissions::demand_sight,
    ports::{Changes, CountCheck, Cursor, EntryQuery, Fault, GroupQuery, MemberQuery, PortResult},
    watch::Step,
};

/// More members than this to be read again one by one, and the whole group is read instead.
const RECHECK_AT_MOST: usize = 300;
/// How often a read whose count disagrees is repeated.
const REREADS: usize = 3;

/// Both sides as they were read, before contacts are matched.
pub(crate) struct Observed {
    pub(crate) read: Read,
    pub(crate) entries: Vec<Entry>,
    pub(crate) principals: Principals,
    pub(crate) sight: Sight,
    /// Rows that are needed to match contacts: all of them after a full read, else the open ones.
    pub(crate) records: Records,
    pub(crate) group_cursor: Cursor,
    pub(crate) list_cursor: Cursor,
    /// The group's name now, where it was read.
    pub(crate) group_name: Option<String>,
    /// The contacts that this run matched.
    pub(crate) matched: BTreeSet<ContactId>,
    /// Whether the group's count was compared and agreed.
    pub(crate) counted: bool,
    /// Whether people of nested groups are among what was read.
    pub(crate) nesting: Nesting,
    /// Who is in the group and no person, by the last full read.
    pub(crate) others: Others,
    /// Who said no, or was erased, though no contact of theirs tells.
    pub(crate) refusing: BTreeMap<ObjectId, KeptOff>,
    /// Who answers to the addresses to which several people do, as far as this run was told.
    pub(crate) ambiguous: BTreeMap<ContactId, Vec<ObjectId>>,
    /// Those whom look-ups found.
    pub(crate) looked_up: Principals,
    /// Which of several groups hold whom, where they were read.
    pub(crate) holders: Option<Holders>,
    /// On the reads of how many groups an absence rests.
    pub(crate) reach: Reach,
    /// Which of several groups could not be read completely.
    pub(crate) unread: Unread,
    /// Whose the protected addresses are.
    pub(crate) named: Named,
}

/// How both sides were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    Full(FullRead),
    Incremental,
}

impl Read {
    pub(crate) fn kind(self) -> ReadKind {
        match self {
            Self::Full(_) => ReadKind::Full,
            Self::Incremental => ReadKind::Incremental,
        }
    }
}

/// Reads both sides as cheaply as what is known allows.
pub(crate) async fn observe(look: Look<'_>) -> PortResult<Observed> {
    look.watch.step(Step::Observing);
    let progress = look.progress();
    let full_due =
        progress.full_read_at.is_none_or(|at| at <= look.now()) || progress.nesting == Nesting::Flattened;
    if let (Some(group), Some(list), false) = (&progress.group_cursor, &progress.list_cursor, full_due)
        && let Some(observed) = changes(look, group, list).await?
    {
        return Ok(observed);
    }
    full(look).await
}

/// Reads what changed; none: only a full read can tell.
async fn changes(look: Look<'_>, group: &Cursor, list: &Cursor) -> PortResult<Option<Observed>> {
    let several = !look.link().more.is_empty();
    let read = if several {
        sources::changes(look, group, count_check(look)).await?
    } else {
        group_changes(look, group).await?.map(|delta| (delta, Unread::new()))
    };
    let Some((delta, unread)) = read else { return Ok(None) };
    let list_changes = match look.ports.lists.changes(&look.link().list, list).await {
        Err(error) if error.fault == Fault::Gone => return Ok(None),
        other => other?,
    };
    let open = look.ports.links.members(&look.link().id, MemberQuery::Open).await?;
    let recheck = if unread.is_empty() { to_recheck(look, &open) } else { BTreeSet::new() };
    // Of several groups the feed tells only whether there is anything to read.
    let news = if several { News::default() } else { news(look, &delta).await? };
    // Whether any of several groups holds somebody, only a read of all of them tells.
    if recheck.len() + news.len() > if several { 0 } else { RECHECK_AT_MOST } {
        return Ok(None);
    }
    let sight = sight(look, &delta, &news, &recheck).await?;
    let observed = Observed {
        read: Read::Incremental,
        entries: Vec::new(),
        principals: Principals::default(),
        sight,
        records: open.into(),
        group_cursor: delta.cursor,
        list_cursor: list_changes.cursor,
        group_name: None,
        matched: BTreeSet::new(),
        counted: delta.count.is_some(),
        nesting: Nesting::Flat,
        others: look.progress().others.clone(),
        refusing: BTreeMap::new(),
        ambiguous: BTreeMap::new(),
        looked_up: Principals::default(),
        holders: None,
        reach: sources::reach(look.link(), &unread),
        unread,
        named: Named::new(),
    };
    candidates(look, observed, list_changes.contacts).await.map(Some)
}

/// What changed in the link's only group; none: only a full read can tell.
async fn group_changes(look: Look<'_>, group: &Cursor) -> PortResult<Option<Changes>> {
    let count = count_check(look);
    let delta = match look.seen {
        Some(seen) => seen.clone(),
        None => match look.places().changes(look.call(), &look.link().group, group, count).await {
            // The cursor expired, or the group is gone: the full read tells which.
            Err(error) if error.fault == Fault::Gone => return Ok(None),
            other => other?,
        },
    };
    if !delta.nested.is_empty() && depth(look) == Depth::Nested {
        return Ok(None);
    }
    match delta.count {
        Some(count) if count != expected_count(look, &delta).await? => Ok(None),
        _ => Ok(Some(delta)),
    }
}

/// A count proves something only while no read can lag behind what we hold true.
pub(super) fn count_check(look: Look<'_>) -> CountCheck {
    let (progress, now) = (look.progress(), look.now());
    let due = progress.count_at.is_none_or(|at| at <= now) && progress.settles_at.is_none_or(|at| at <= now);
    if due { CountCheck::Due } else { CountCheck::NotDue }
}

async fn expected_count(look: Look<'_>, delta: &Changes) -> PortResult<u64> {
    let ids: Vec<ObjectId> = delta.added.iter().chain(&delta.removed).cloned().collect();
    let known =
        look.ports.links.members(&look.link().id, MemberQuery::Of { objects: &ids, contacts: &[] }).await?;
    let here: BTreeSet<&ObjectId> = known
        .iter()
        .filter(|member| member.group.is_some_and(|belief| belief.present))
        .filter_map(|member| member.key.object_id())
        .collect();
    let came = delta.added.iter().filter(|id| !here.contains(id)).count() as u64;
    let went = delta.removed.iter().filter(|id| here.contains(id)).count() as u64;
    Ok((look.ports.links.group_size(&look.link().id).await? + came).saturating_sub(went))
}

/// Takes in everything that may call for a decision: what changed on either side, and what is still open.
async fn candidates(look: Look<'_>, mut observed: Observed, changed: Vec<ContactId>) -> PortResult<Observed> {
    let lists = &look.ports.lists;
    let list = &look.link().list;
    let mut contacts: BTreeSet<ContactId> = changed.into_iter().collect();
    for member in observed.records.values() {
        contacts.extend(member.contact.clone());
        if let MemberKey::Contact(contact) = &member.key {
            contacts.insert(contact.clone());
        }
    }
    let contacts: Vec<ContactId> = contacts.into_iter().collect();
    let mut entries = lists.entries(list, EntryQuery::Contacts(&contacts)).await?;
    let remembered = MemberQuery::Of { objects: &[], contacts: &contacts };
    let rows = look.ports.links.members(&look.link().id, remembered).await?;
    observed.records.extend(rows);
    let objects: Vec<ObjectId> = objects_of(&observed, &entries).into_iter().collect();
    entries.extend(lists.entries(list, EntryQuery::Objects(&objects)).await?);
    observed.entries = once_each(entries);
    complete_records(look, &mut observed, &objects).await?;
    name_strangers(look, &mut observed).await?;
    Ok(observed)
}

fn objects_of(observed: &Observed, entries: &[Entry]) -> BTreeSet<ObjectId> {
    let Sight::Some(seen) = &observed.sight else { return BTreeSet::new() };
    let remembered = observed.records.keys().filter_map(MemberKey::object_id);
    let listed = entries.iter().filter_map(|entry| entry.object_id.as_ref());
    seen.keys().chain(remembered).chain(listed).cloned().collect()
}

/// Each contact's entry once, in the order of contacts; of several the last counts. They are put in order where they stand: of
/// a large list all are in memory at once.
pub(crate) fn once_each(entries: Vec<Entry>) -> Vec<Entry> {
    Sorted::from(entries).into_iter().collect()
}

/// The entries with others beside them, each contact's once: what is there already counts.
pub(crate) fn beside(mut entries: Vec<Entry>, others: Vec<Entry>) -> Vec<Entry> {
    entries.splice(..0, others);
    once_each(entries)
}

/// Loads what is remembered of these objects, unless it was loaded before.
pub(crate) async fn complete_records(
    look: Look<'_>,
    observed: &mut Observed,
    objects: &[ObjectId],
) -> PortResult<()> {
    let missing: Vec<ObjectId> = objects
        .iter()
        .filter(|id| !observed.records.contains_key(&MemberKey::Principal((*id).clone())))
        .cloned()
        .collect();
    if missing.is_empty() || matches!(observed.read, Read::Full(_)) {
        return Ok(());
    }
    let query = MemberQuery::Of { objects: &missing, contacts: &[] };
    let rows = look.ports.links.members(&look.link().id, query).await?;
    observed.records.extend(rows);
    Ok(())
}

/// Reads the addresses of group members that no contact stands for, and the contacts that have these addresses.
async fn name_strangers(look: Look<'_>, observed: &mut Observed) -> PortResult<()> {
    let Sight::Some(seen) = &observed.sight else { return Ok(()) };
    let present = seen.iter().filter(|(_, seen)| **seen == Seen::Present).map(|(id, _)| id);
    let faces: BTreeSet<&ObjectId> = observed
        .entries
        .iter()
        .filter(|entry| takes_part(entry))
        .filter_map(|entry| entry.object_id.as_ref())
        .collect();
    let believed = observed.records.values().filter(|member| is_worth_naming(look, member));
    let wanted: BTreeSet<&ObjectId> = present.chain(believed.filter_map(|m| m.key.object_id())).collect();
    let strangers: Vec<ObjectId> = wanted
        .into_iter()
        .filter(|id| !faces.contains(id))
        .filter(|id| !is_waiting(look, observed, id))
        .cloned()
        .collect();
    if strangers.is_empty() {
        return Ok(());
    }
    let people = look.places().by_id(look.call(), &strangers).await?;
    let addresses: Vec<_> = people.iter().flat_map(Principal::addresses).cloned().collect();
    let known = look.ports.lists.entries(&look.link().list, EntryQuery::Addresses(&addresses)).await?;
    observed.principals.extend(people);
    let entries = std::mem::take(&mut observed.entries);
    observed.entries = beside(entries, known);
    Ok(())
}

/// Whether a remembered member may be about to become a contact.
fn is_worth_naming(look: Look<'_>, member: &Member) -> bool {
    let ruling = look.state.ruling.as_ref();
    member.group.is_some_and(|belief| belief.present)
        && match &member.open {
            Some(Open::Held { digest, .. }) => ruling.is_some_and(|r| r.says(RulingKind::Discarded, digest)),
            _ => !member.in_baseline,
        }
}

/// Whether a refused addition is to be left alone for now.
fn is_waiting(look: Look<'_>, observed: &Observed, id: &ObjectId) -> bool {
    let open =
        observed.records.get(&MemberKey::Principal(id.clone())).and_then(|member| member.open.as_ref());
    let open = open.map(|open| open.as_of(look.now(), look.settings.settle_window));
    matches!(&open, Some(Open::Failed { code, retry_at, .. })
        if *retry_at > look.now() && ([skip::NO_ADDRESS, skip::SUPPRESSED].contains(&code.as_str()) || retry(look.reason) == Retry::WhenDue))
}

/// A person who asks for a run asks for what was refused, too.
pub(crate) fn retry(reason: Reason) -> Retry {
    match reason {
        Reason::OnDemand => Retry::Now,
        Reason::Schedule | Reason::Event | Reason::DelayedEvent | Reason::Continuation | Reason::FollowUp => {
            Retry::WhenDue
        }
    }
}

/// Reads everything. The cursors are taken before, so that they overtake nothing.
async fn full(look: Look<'_>) -> PortResult<Observed> {
    let link = look.link();
    let list_cursor = look.ports.lists.cursor(&link.list).await?;
    let side = async {
        match (link.is_pending(), link.more.is_empty()) {
            (true, _) => Ok(GroupSide::unmade()),
            (false, true) => group_side(look).await,
            (false, false) => sources::read(look).await,
        }
    };
    let side = side.await?;
    let GroupSide { read, cursor, name, completeness, principals, nesting, others, holders, unread } = side;
    // What is remembered is read after the group, with whose texts it is held: no other run changes it, and a preview beside a
    // run may show what that did since. The list is read last: who leaves it while a large group is read is not to be taken
    // for a member.
    let known = held_once::rows(look, principals).await?;
    let (entries, held_once::Known { principals, records }) = held_once::list(look, known).await?;
    let entries = with_known(look, entries, &principals).await?;
    Ok(Observed {
        read: Read::Full(read),
        entries,
        sight: Sight::All(principals.keys().cloned().collect(), completeness),
        principals,
        records,
        group_cursor: cursor,
        list_cursor,
        group_name: name,
        matched: BTreeSet::new(),
        counted: completeness == Completeness::Complete,
        nesting,
        others,
        refusing: BTreeMap::new(),
        ambiguous: BTreeMap::new(),
        looked_up: Principals::default(),
        holders,
        reach: sources::reach(link, &unread),
        unread,
        named: Named::new(),
    })
}

/// The list's entries, and those of people whom one side has alone, by whatever other contact: who said no to all lists, or
/// whose contact was given another address, is told by no read of the list. Incremental reads ask for them as well. Of whom
/// both sides have, the addresses tell ([`super::refusals`]).
async fn with_known(look: Look<'_>, entries: Vec<Entry>, principals: &Principals) -> PortResult<Vec<Entry>> {
    let bound: BTreeSet<&ObjectId> = entries.iter().filter_map(|entry| entry.object_id.as_ref()).collect();
    let listed: BTreeSet<&Address> = entries.iter().map(|entry| &entry.address).collect();
    // Whose mail comes under an entry's address is matched to it.
    let is_stranger = |principal: &&Principal| {
        let mut own = principal.mail.iter().chain(&principal.proxies);
        !bound.contains(&principal.id) && !own.any(|address| listed.contains(address))
    };
    let strangers = principals.values().filter(is_stranger).map(|principal| &principal.id);
    let listed_alone = bound.iter().copied().filter(|id| !principals.contains_key(id));
    let alone: Vec<ObjectId> = strangers.chain(listed_alone).cloned().collect();
    if alone.is_empty() {
        return Ok(entries);
    }
    let known = look.ports.lists.entries(&look.link().list, EntryQuery::Objects(&alone)).await?;
    Ok(beside(entries, known))
}

/// The group's side of a full read, be it of one group or of several.
pub(super) struct GroupSide {
    pub(super) read: FullRead,
    pub(super) cursor: Cursor,
    pub(super) name: Option<String>,
    pub(super) completeness: Completeness,
    pub(super) principals: Principals,
    pub(super) nesting: Nesting,
    pub(super) others: Others,
    pub(super) holders: Option<Holders>,
    pub(super) unread: Unread,
}

impl GroupSide {
    /// Of a group that is still to be made. Only a preview meets one: a run makes it first.
    fn unmade() -> Self {
        Self {
            read: FullRead::FreshCursor,
            cursor: Cursor(String::new()),
            name: None,
            completeness: Completeness::Complete,
            principals: Principals::default(),
            nesting: Nesting::Flat,
            others: Others::default(),
            holders: None,
            unread: Unread::new(),
        }
    }
}

async fn group_side(look: Look<'_>) -> PortResult<GroupSide> {
    let progress = look.progress();
    let known = progress.group_cursor.as_ref();
    let known = known.filter(|_| progress.full_read_at.is_some_and(|at| at <= look.now()));
    let GroupRead { name, cursor, fresh, snapshot, nesting, others } =
        read_group(look, &look.link().group, known).await?;
    let completeness = snapshot.completeness();
    Ok(GroupSide {
        read: match completeness {
            Completeness::Complete => fresh,
            Completeness::CountMismatch => FullRead::Mismatch,
        },
        cursor,
        name: Some(name),
        completeness,
        principals: snapshot.into_members(),
        nesting,
        others,
        holders: None,
        unread: Unread::new(),
    })
}

/// A finished read of one group.
pub(super) struct GroupRead {
    pub(super) name: String,
    pub(super) cursor: Cursor,
    /// Whether the cursor was minted before this read.
    pub(super) fresh: FullRead,
    pub(super) snapshot: Snapshot,
    pub(super) nesting: Nesting,
    pub(super) others: Others,
}

/// Judges and reads one group, going on from a known cursor or from a new one.
pub(super) async fn read_group(
    look: Look<'_>,
    id: &GroupId,
    known: Option<&Cursor>,
) -> PortResult<GroupRead> {
    let places = look.places();
    let group = places.group(look.call(), &GroupQuery::Id(id.clone())).await?;
    writable(look.link().mode, &group)?;
    demand_sight(look.ports, look.call(), &group).await?;
    let (cursor, fresh) = match known {
        Some(cursor) => (cursor.clone(), FullRead::Check),
        None => (places.mint_cursor(look.call(), id).await?, FullRead::FreshCursor),
    };
    let mut rereads = 0;
    loop {
        let mut reading = places.read(look.call(), id, depth(look)).await?;
        let (nesting, others) = (reading.nesting, std::mem::take(&mut reading.others));
        let snapshot = Snapshot::from_reading(reading);
        if snapshot.completeness() == Completeness::Complete || rereads == REREADS {
            return Ok(GroupRead { name: group.name, cursor, fresh, snapshot, nesting, others });
        }
        rereads += 1;
    }
}

/// Only a link that never writes the group takes people of nested groups for members: it could not remove them.
pub(super) fn depth(look: Look<'_>) -> Depth {
    if look.link().mode.writes(Side::Group) { Depth::Direct } else { Depth::Nested }
}
