//! Two contacts made one.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    contact::Contact as Card,
    id::{ContactId, ListId},
    register::{self, Farewell},
};
use listsync_engine::ports::{PortError, PortResult};

use super::departed;
use super::whole::{self, Whole, still};
use crate::{
    garbage,
    lists::{
        held,
        owner::Owner,
        people::as_read,
        person::{Contact, contact_key, external_key, said_partition},
        pointers::object_op,
    },
    table::{Fail, Key, Op, Stored, Table, span},
};

const DOING: &str = "merge the contacts";

/// Makes two contacts one; the other is gone then.
pub(super) async fn merge(
    table: &Table,
    (keep, other): (&ContactId, &ContactId),
    now: Timestamp,
) -> Result<Card, Fail> {
    let other = Whole::load(table, other).await?;
    let keep = Whole::load(table, keep).await?;
    let listed: BTreeSet<ListId> = other.spots.keys().cloned().collect();
    let keep = match listed.iter().all(|list| keep.spots.contains_key(list)) {
        true => keep,
        false => Whole::of(table, keep.contact, &listed).await?,
    };
    let change = register::merge(&keep.person(), &other.person(), now).map_err(PortError::from)?;
    for list in &change.spared {
        held::spare_one(table, list, keep.contact.id()).await?;
        held::spare_one(table, list, other.contact.id()).await?;
    }
    move_sayings(table, other.contact.id(), keep.contact.id()).await?;
    let mut writes = keep.writes(&change, Some(&other))?;
    writes.still.push(still(&other.contact));
    let takeover = takeover(table, &other.contact, writes.after()).await?;
    writes.last.extend(takeover);
    let merged = writes.after().card.clone();
    writes.commit(table, DOING).await?;
    Ok(merged)
}
/// What the other said is said by the one who stays. It is there before the other is gone.
async fn move_sayings(table: &Table, from: &ContactId, to: &ContactId) -> PortResult<()> {
    let said = table.query(DOING, &span(said_partition(from))).await?;
    let moved =
        said.into_iter().map(|stored| Ok(stored.moved(&Key::new(said_partition(to), stored.key()?.sk))));
    table.put_many(DOING, moved.collect::<PortResult<Vec<Stored>>>()?).await
}

/// The writes after which the other is nobody, and the one who stays is found by all that was theirs.
async fn takeover(table: &Table, other: &Contact, after: &Contact) -> PortResult<Vec<Op>> {
    let pepper = table.pepper().await?;
    let mine = Owner::of(after.id());
    let mut ops = vec![Op::delete(contact_key(other.id())).when(as_read(other)), garbage::said(other.id())];
    ops.push(successor_op(other.id(), after.id()));
    for address in other.card.addresses() {
        ops.push(Owner::of(other.id()).becomes(pepper.key(address), &mine)?);
    }
    for external in other.keys().iter() {
        let key = external_key(external);
        ops.push(Op::put(key.clone(), Stored::new(&key).text("contact", after.id().as_str())));
    }
    if let Some(object) = &other.card.object_id {
        // Both in one update would touch the set twice; whoever is not there any more is nobody's match.
        ops.push(match after.card.object_id == other.card.object_id {
            true => object_op(object, after.id(), "ADD"),
            false => object_op(object, other.id(), "DELETE"),
        });
    }
    Ok(ops)
}

fn successor_key(former: &ContactId) -> Key {
    Key::head(format!("MERGED#{former}"))
}

fn successor_op(former: &ContactId, into: &ContactId) -> Op {
    let key = successor_key(former);
    Op::put(key.clone(), Stored::new(&key).text("contact", into.as_str()))
}

/// Who a contact became, and whom that one became, up to one who is there.
pub(super) async fn successor(table: &Table, former: &ContactId) -> PortResult<Option<ContactId>> {
    let mut seen = BTreeSet::new();
    let mut next = Some(former.clone());
    while let Some(at) = next.filter(|at| seen.insert(at.clone())) {
        let merged = table.get("look up who a contact became", &successor_key(&at)).await?;
        next = match merged {
            Some(stored) => Some(stored.read("contact")?),
            None => departed::successor(table, &at).await?,
        };
        if let Some(found) = &next
            && whole::find(table, found).await?.is_some()
        {
            return Ok(next);
        }
    }
    Ok(None)
}

/// Those of these former contacts who were erased, be it under whom they became.
pub(super) async fn erased(table: &Table, ids: &[ContactId]) -> PortResult<BTreeSet<ContactId>> {
    let mut erased = BTreeSet::new();
    // Those who are asked for, by whom they became.
    let mut asked: BTreeMap<ContactId, BTreeSet<ContactId>> =
        ids.iter().map(|id| (id.clone(), BTreeSet::from([id.clone()]))).collect();
    // It ends: whoever somebody became was there after they were gone.
    while !asked.is_empty() {
        for (at, farewell) in departed::farewells(table, &asked.keys().cloned().collect()).await? {
            let formers = asked.remove(&at).unwrap_or_default();
            if farewell == Farewell::Erased {
                erased.extend(formers);
            }
        }
        let keys = asked.keys().map(successor_key).collect();
        let merged = table.get_many("look up who a contact became", keys).await?;
        let mut next: BTreeMap<ContactId, BTreeSet<ContactId>> = BTreeMap::new();
        for (at, formers) in asked {
            if let Some(stored) = merged.get(&successor_key(&at)) {
                next.entry(stored.read("contact")?).or_default().extend(formers);
            }
        }
        asked = next;
    }
    Ok(erased)
}
