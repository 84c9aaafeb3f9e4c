//! Contacts that were deleted, as links in old messages name them: by keyed hashes of their addresses it is found who has one of
//! these now, and by those of all their marks whom a no is to hold off.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    contact::{OptOut, Scope},
    id::{ContactId, ListId},
    register::{self, Farewell, Suppressed},
};
use listsync_engine::ports::PortResult;

use super::whole;
use crate::{
    error,
    lists::{
        catalog,
        head::Head,
        owner::Owner,
        people::as_read,
        person::{Contact, contact_key},
    },
    pepper::Pepper,
    table::{Fail, Key, Op, Stored, Table},
};

const DOING: &str = "look for a former contact";
/// Where each mark is. Early versions kept addresses alone.
const MARKS: &str = "addresses";

fn key(contact: &ContactId) -> Key {
    Key::head(format!("DEPARTED#{contact}"))
}

/// Keeps where the marks of a contact are that is about to go.
pub(super) fn keep(contact: &Contact, pepper: &Pepper) -> Op {
    let key = key(contact.id());
    let places: BTreeSet<String> = contact.card.marks().map(|mark| pepper.key(mark).pk).collect();
    Op::put(key.clone(), Stored::new(&key).texts(MARKS, &places))
}

pub(super) async fn is_known(table: &Table, id: &ContactId) -> PortResult<bool> {
    Ok(table.get(DOING, &key(id)).await?.is_some())
}

/// Who has an address now that such a contact had.
pub(super) async fn successor(table: &Table, id: &ContactId) -> PortResult<Option<ContactId>> {
    Ok(owners(table, id).await?.into_iter().find_map(|(_, owner)| owner.contact))
}

/// Of these contacts those that are gone, and how they went.
pub(super) async fn farewells(
    table: &Table,
    ids: &BTreeSet<ContactId>,
) -> PortResult<BTreeMap<ContactId, Farewell>> {
    let found = table.get_many(DOING, ids.iter().map(key).collect()).await?;
    let places = |id: &ContactId| found.get(&key(id)).map(|kept| kept.set(MARKS));
    let all = found.values().flat_map(|kept| kept.set(MARKS)).map(Key::head).collect();
    let mut erased = BTreeSet::new();
    for (place, stored) in table.get_many(DOING, all).await? {
        if Owner::read(&stored)?.suppressed.iter().any(Suppressed::is_erasure) {
            erased.insert(place);
        }
    }
    let farewell = |places: BTreeSet<String>| {
        let is_erased = places.into_iter().any(|place| erased.contains(&Key::head(place)));
        if is_erased { Farewell::Erased } else { Farewell::Deleted }
    };
    Ok(ids.iter().filter_map(|id| Some((id.clone(), farewell(places(id)?)))).collect())
}

/// What is known of each mark that such a contact had; nothing: there was none.
async fn owners(table: &Table, id: &ContactId) -> PortResult<Vec<(Key, Owner)>> {
    let Some(kept) = table.get(DOING, &key(id)).await? else { return Ok(Vec::new()) };
    let places: Vec<Key> = kept.set(MARKS).into_iter().map(Key::head).collect();
    let mut found = table.get_many(DOING, places.clone()).await?;
    let owner = |key: Key| {
        let owner = found.remove(&key).map_or_else(|| Ok(Owner::default()), |stored| Owner::read(&stored));
        owner.map(|owner| (key, owner))
    };
    places.into_iter().map(owner).collect()
}

/// Keeps a no under each mark that such a contact had; one about a deleted list is kept of anybody, for the next list of its
/// name. Who has one of their keys by now is not found by its hash: the no waits for whoever comes to have it next.
pub(super) async fn refuse(table: &Table, id: &ContactId, scope: &Scope, no: OptOut) -> Result<(), Fail> {
    let mut ops = Vec::new();
    if let Scope::List(list) = scope
        && Head::find(table, list).await?.is_none()
    {
        ops.push(catalog::waits(table, list).await?);
        if let Some(contact) = whole::find(table, id).await? {
            ops.extend(refusing(&contact, list, no)?);
            return table.transact("save the decision", &ops).await;
        }
    }
    let owners = owners(table, id).await?;
    if owners.is_empty() {
        return Err(error::gone("no_such_contact", format!("there was no contact {id}")).into());
    }
    let checks = ops.len();
    for (key, before) in owners {
        if before.contact.is_some() {
            // Somebody has come to have it since: what they say is theirs.
            continue;
        }
        let after =
            Owner { suppressed: register::keep(before.suppressed.clone(), scope, no), ..Owner::default() };
        if after != before {
            ops.push(before.becomes(key, &after)?);
        }
    }
    match ops.len() > checks {
        true => table.transact("save the decision", &ops).await,
        false => Ok(()),
    }
}

/// The write after which somebody who is kept has said no to a deleted list; none where they had.
fn refusing(contact: &Contact, list: &ListId, no: OptOut) -> PortResult<Option<Op>> {
    let mut after = Contact { rev: contact.rev + 1, ..contact.clone() };
    after.refused.entry(list.clone()).or_insert(no);
    if after.refused == contact.refused {
        return Ok(None);
    }
    Ok(Some(Op::put(contact_key(contact.id()), after.stored()?).when(as_read(contact))))
}
