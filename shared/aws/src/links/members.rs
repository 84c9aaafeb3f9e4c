//! What a link remembers of its members.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    address::Address,
    belief::{Belief, BeliefOrigin},
    id::{ContactId, LinkId, ObjectId},
    member::{Intent, Member, MemberKey, Op as MemberOp},
};
use listsync_engine::ports::{MemberQuery, PortResult, TakeMember};

use super::row::LinkRow;
use crate::{
    error,
    table::{CLEARED, Condition, Key, Stored, Table, schema, span},
};

const DOING: &str = "read the link's members";
/// How many rows are in memory as they are stored, where single ones are asked for.
const CHUNK: usize = 1_000;
/// How many parts are read at a time, each a page in memory.
const AT_ONCE: usize = 4;

pub(super) fn key_text(key: &MemberKey) -> String {
    match key {
        MemberKey::Principal(id) => format!("p:{id}"),
        MemberKey::Contact(id) => format!("c:{id}"),
    }
}

fn key(text: &str) -> Option<MemberKey> {
    match text.split_once(':') {
        Some(("p", id)) => ObjectId::parse(id).map(MemberKey::Principal).ok(),
        Some(("c", id)) => ContactId::parse(id).map(MemberKey::Contact).ok(),
        _ => None,
    }
}

fn partition(space: &str, shard: u32) -> String {
    format!("MEMBER#{space}#{shard}")
}

/// Where a member's row is.
pub(super) fn row_key(space: &str, key: &str) -> Key {
    Key::new(partition(space, schema::shard(key)), key)
}

fn open_partition(space: &str) -> String {
    format!("OPEN#{space}")
}

/// The mark that a member has an open observation or intent.
pub(super) fn open_key(space: &str, key: &str) -> Key {
    Key::new(open_partition(space), key)
}

/// The keys of a contact's rows.
pub(super) fn contact_key(space: &str, contact: &ContactId) -> Key {
    Key::head(format!("OF#{space}#{contact}"))
}

pub(super) fn is_open(member: &Member) -> bool {
    member.open.is_some() || member.intent.is_some()
}

pub(super) fn is_in_group(member: &Member) -> bool {
    member.group.is_some_and(|belief| belief.present)
}

/// What we wrote has no word of its own: so reads what was stored before origins were.
fn origin_name(origin: BeliefOrigin) -> Option<&'static str> {
    match origin {
        BeliefOrigin::Written => None,
        BeliefOrigin::Observed => Some("observed"),
    }
}

pub(super) fn stored(space: &str, member: &Member) -> PortResult<Stored> {
    let Member { key, contact, address, in_baseline, group, intent, open, grace, named, sources } = member;
    let key = key_text(key);
    let mut stored = Stored::new(&row_key(space, &key))
        .text("key", key)
        .text_option("contact", contact.as_ref().map(ContactId::as_str))
        .text_option("address", address.as_ref().map(Address::as_str))
        .flag("in_baseline", *in_baseline)
        .at_option("group_since", group.map(|belief| belief.since))
        .text_option("intent", intent.map(|intent| intent.op.to_string()))
        .at_option("intent_since", intent.map(|intent| intent.since));
    if let Some(belief) = group {
        stored = stored
            .flag("group_present", belief.present)
            .text_option("group_origin", origin_name(belief.origin));
    }
    if let Some(named) = named {
        stored = stored.document("named", named)?;
    }
    if !sources.is_empty() {
        stored = stored.document("sources", sources)?;
    }
    if let Some(grace) = grace {
        stored = stored.document("grace", grace)?;
    }
    match open {
        Some(open) => stored.document("open", open),
        None => Ok(stored),
    }
}

pub(super) fn read(stored: &Stored) -> PortResult<Member> {
    let unreadable =
        || error::rejected("store_unreadable", "a member's row does not read", "update listsync");
    let present = stored.flag_option("group_present");
    let since = stored.instant_option("group_since")?;
    let origin = match stored.find("group_origin") {
        None => BeliefOrigin::Written,
        Some("observed") => BeliefOrigin::Observed,
        Some(_) => return Err(unreadable()),
    };
    let intent = match (stored.find("intent"), stored.instant_option("intent_since")?) {
        (Some("add"), Some(since)) => Some(Intent { op: MemberOp::Add, since }),
        (Some("remove"), Some(since)) => Some(Intent { op: MemberOp::Remove, since }),
        (None, _) => None,
        _ => return Err(unreadable()),
    };
    Ok(Member {
        key: stored.find("key").and_then(key).ok_or_else(unreadable)?,
        contact: stored.read_option("contact")?,
        address: stored.read_option("address")?,
        in_baseline: stored.is("in_baseline"),
        group: present.zip(since).map(|(present, since)| Belief { present, since, origin }),
        intent,
        open: stored.document_option("open")?,
        grace: stored.document_option("grace")?,
        named: stored.document_option("named")?,
        sources: stored.document_option("sources")?.unwrap_or_default(),
    })
}

/// All of them, each as `taken` gives it back.
pub(super) async fn each(table: &Table, link: &LinkId, taken: TakeMember) -> PortResult<Vec<Member>> {
    all(table, &LinkRow::load(table, link).await?.space, taken).await
}

pub(super) async fn load(table: &Table, link: &LinkId, query: MemberQuery<'_>) -> PortResult<Vec<Member>> {
    let space = LinkRow::load(table, link).await?.space;
    match query {
        MemberQuery::All => all(table, &space, |member| member).await,
        MemberQuery::Open => {
            let keys = table.read(DOING, &span(open_partition(&space)), |mark| Ok(mark.key()?.sk)).await?;
            let mut open = Vec::new();
            for keys in keys.chunks(CHUNK) {
                let rows = rows(table, &space, keys.iter().cloned().collect()).await?;
                open.extend(rows.into_values().filter(is_open));
            }
            Ok(open)
        }
        MemberQuery::Of { objects, contacts } => {
            let mut found = BTreeMap::new();
            for objects in objects.chunks(CHUNK) {
                let keys = objects.iter().map(|id| key_text(&MemberKey::Principal(id.clone()))).collect();
                found.extend(rows(table, &space, keys).await?);
            }
            for contacts in contacts.chunks(CHUNK) {
                found.extend(of_contacts(table, &space, contacts).await?);
            }
            Ok(found.into_values().collect())
        }
    }
}

/// The rows that name one of these contacts.
async fn of_contacts(
    table: &Table,
    space: &str,
    contacts: &[ContactId],
) -> PortResult<HashMap<String, Member>> {
    let own: BTreeSet<String> = contacts.iter().map(|id| key_text(&MemberKey::Contact(id.clone()))).collect();
    let mut keys = own.clone();
    keys.extend(by_contact(table, space, contacts).await?.into_values().flatten());
    let contacts: BTreeSet<_> = contacts.iter().collect();
    let mut rows = rows(table, space, keys).await?;
    rows.retain(|key, row| {
        own.contains(key) || row.contact.as_ref().is_some_and(|contact| contacts.contains(contact))
    });
    Ok(rows)
}

/// The rows of these keys.
pub(super) async fn rows(
    table: &Table,
    space: &str,
    keys: BTreeSet<String>,
) -> PortResult<HashMap<String, Member>> {
    let keys = keys.iter().map(|key| row_key(space, key)).collect();
    let found = table.get_many(DOING, keys).await?;
    found.into_iter().map(|(key, stored)| Ok((key.sk, read(&stored)?))).collect()
}

/// The keys of the rows of each of these contacts that has any.
pub(super) async fn by_contact(
    table: &Table,
    space: &str,
    contacts: &[ContactId],
) -> PortResult<HashMap<ContactId, BTreeSet<String>>> {
    let keys = contacts.iter().map(|contact| contact_key(space, contact)).collect();
    let found = table.get_many(DOING, keys).await?;
    let of = |contact: &ContactId| found.get(&contact_key(space, contact)).map(|stored| stored.set("keys"));
    Ok(contacts.iter().filter_map(|contact| Some((contact.clone(), of(contact)?))).collect())
}

/// A row remembers this address.
pub(super) fn of_address(address: &Address) -> Condition {
    Condition::new("#address = :address").with_text("address", address.as_str())
}

/// Where the rows are that remember an address.
pub(super) async fn by_address(table: &Table, space: &str, address: &Address) -> PortResult<Vec<Key>> {
    let shards = stream::iter(0..schema::SHARDS).map(|shard| {
        let span = span(partition(space, shard)).only(of_address(address));
        async move { table.read(DOING, &span, Stored::key).await }
    });
    let found: Vec<Vec<Key>> = shards.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn all(table: &Table, space: &str, taken: impl Fn(Member) -> Member + Sync) -> PortResult<Vec<Member>> {
    let taken = &taken;
    let shards = stream::iter(0..schema::SHARDS).map(|shard| {
        let span = span(partition(space, shard));
        async move { table.read(DOING, &span, |stored| read(stored).map(taken)).await }
    });
    let found: Vec<Vec<Member>> = shards.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Clears all away that was remembered in a space.
pub(crate) async fn clear(table: &Table, space: &str) -> PortResult<()> {
    const DOING: &str = "clear the link's members away";
    for shard in 0..schema::SHARDS {
        loop {
            let found = table.query(DOING, &span(partition(space, shard)).limit(CLEARED)).await?;
            if found.is_empty() {
                break;
            }
            let mut keys = Vec::with_capacity(found.len() * 2);
            for stored in &found {
                keys.push(stored.key()?);
                let contact: Option<ContactId> = stored.read_option("contact")?;
                keys.extend(contact.map(|contact| contact_key(space, &contact)));
            }
            table.delete_many(DOING, keys).await?;
        }
    }
    table.clear(DOING, &open_partition(space)).await
}
