//! Contacts deleted and people erased. What they said no to stays, under the keyed hashes of their marks.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::OptOut,
    id::{ContactId, ListId},
    list::{Origin, Standing},
    register::{self, Farewell, Idle, Parting, Refusal, Suppressed, idle, part},
    traces::Traces,
};
use listsync_engine::ports::{PortError, PortResult};

use super::{
    departed, recognize,
    whole::{self, Whole, is_member, logged, packed, step, still},
};
use crate::{
    garbage,
    links::traces,
    lists::{
        ends,
        feed::{Feed, News},
        held,
        owner::Owner,
        people::as_read,
        person::{Contact, contact_key, external_key},
        pointers::object_op,
        row::row_key,
        tx::GONE,
    },
    pepper::Pepper,
    store::persistently,
    table::{Fail, Key, Op, Table},
};

/// Forgets a contact; the lists that they were on.
pub(super) async fn forget(
    table: &Table,
    id: &ContactId,
    farewell: Farewell,
    now: Timestamp,
) -> PortResult<Vec<ListId>> {
    let whole = Whole::load(table, id).await?;
    for list in whole.spots.keys() {
        held::spare_one(table, list, id).await?;
    }
    persistently!("delete the contact", forget_now(table, id, farewell, now))
}

/// Deletes a contact that is kept for no list; whether it did. What it is judged by is what the deletion is committed on.
pub(super) async fn prune(
    table: &Table,
    id: &ContactId,
    before: Option<Timestamp>,
    now: Timestamp,
) -> PortResult<bool> {
    persistently!("delete the contact", prune_now(table, id, before, now))
}

async fn prune_now(
    table: &Table,
    id: &ContactId,
    before: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, Fail> {
    let Some(contact) = whole::find(table, id).await? else { return Ok(false) };
    let whole = Whole::of(table, contact, &BTreeSet::new()).await?;
    if idle(&whole.person(), before) != Idle::Idle {
        return Ok(false);
    }
    for list in whole.spots.keys() {
        held::spare_one(table, list, id).await?;
    }
    forget_whole(table, whole, Farewell::Deleted, now).await?;
    Ok(true)
}

pub(super) async fn forget_now(
    table: &Table,
    id: &ContactId,
    farewell: Farewell,
    now: Timestamp,
) -> Result<Vec<ListId>, Fail> {
    forget_whole(table, Whole::load(table, id).await?, farewell, now).await
}

/// Erases whoever has an address that is no contact's.
pub(super) async fn erase_address(table: &Table, address: &Address, now: Timestamp) -> Result<(), Fail> {
    const DOING: &str = "erase the address";
    let key = table.pepper().await?.key(address);
    let found = table.get(DOING, &key).await?;
    let before = found.map_or_else(|| Ok(Owner::default()), |stored| Owner::read(&stored))?;
    if let Some(contact) = before.contact {
        return Err(PortError::from(Refusal::Taken(contact)).into());
    }
    let suppressed = register::erase(before.suppressed.clone(), now);
    let note = traces::note_address(address, &key);
    let after = Owner { contact: None, suppressed };
    table.transact(DOING, &[before.becomes(key, &after)?, note]).await
}

async fn forget_whole(
    table: &Table,
    whole: Whole,
    farewell: Farewell,
    now: Timestamp,
) -> Result<Vec<ListId>, Fail> {
    let id = &whole.contact.id().clone();
    let Parting { lists: left, left: suppressed } = part(whole.person(), farewell, now);
    let Whole { mut contact, spots, .. } = whole;
    let said: BTreeMap<ListId, OptOut> =
        suppressed.iter().filter_map(|said| Some((said.list()?.clone(), said.no))).collect();
    if said != contact.refused && spots.len() > FEW {
        // What rows say is written down before the first of them goes.
        contact = remember(table, contact, said).await?;
    }
    let mut lists = Vec::new();
    for (list, spot) in spots.iter().filter(|(_, spot)| spot.row.is_some()) {
        let mut ops = vec![Op::delete(row_key(list, id))];
        ops.extend(spot.row.iter().flat_map(|row| ends::deletes(list, row)));
        if spot.standing() != Standing::Absent {
            let gone = logged(id, GONE, (Origin::Manual, now));
            ops.extend(step(&spot.head, &[gone], -is_member(spot.standing()))?);
        }
        lists.push(ops);
    }
    let mut last = last(table, &contact, suppressed).await?;
    if farewell == Farewell::Erased {
        let addresses = contact.card.addresses().into_iter().cloned().collect();
        let traces = Traces { addresses, name: contact.card.name.clone() };
        last.push(traces::note(
            id,
            contact.card.object_id.as_ref(),
            &traces,
            spots.keys().map(ListId::to_string).collect(),
        ));
    }
    packed(table, "delete the contact", (vec![still(&contact)], lists, last)).await?;
    Ok(left)
}

/// So many rows go in one transaction with the contact.
const FEW: usize = 20;

async fn remember(
    table: &Table,
    contact: Contact,
    refused: BTreeMap<ListId, OptOut>,
) -> Result<Contact, Fail> {
    let after = Contact { refused, rev: contact.rev + 1, ..contact.clone() };
    let op = Op::put(contact_key(contact.id()), after.stored()?).when(as_read(&contact));
    table.transact("delete the contact", &[op]).await?;
    Ok(after)
}

/// The writes after which there is no contact any more.
async fn last(table: &Table, contact: &Contact, suppressed: Vec<Suppressed>) -> PortResult<Vec<Op>> {
    let waiting = waiting_for(table, contact, &suppressed).await?;
    let mut ops = last_ops(contact, suppressed, (&waiting, &table.pepper().await?))?;
    let news = News { changed: BTreeSet::new(), gone: BTreeSet::from([contact.id().clone()]) };
    ops.extend(Feed::pick(table).await?.step(&news)?.1);
    Ok(ops)
}

/// What waits under the key and the object of somebody who leaves a no.
pub(super) async fn waiting_for(
    table: &Table,
    contact: &Contact,
    suppressed: &[Suppressed],
) -> PortResult<Vec<(Key, Owner)>> {
    match suppressed.is_empty() {
        true => Ok(Vec::new()),
        false => recognize::waiting(table, contact.card.marks_besides()).await,
    }
}

/// The same without a step of the feed, which tells of it.
pub(super) fn last_ops(
    contact: &Contact,
    suppressed: Vec<Suppressed>,
    (waiting, pepper): (&[(Key, Owner)], &Pepper),
) -> PortResult<Vec<Op>> {
    let id = contact.id();
    let mut ops = vec![Op::delete(contact_key(id)).when(as_read(contact)), garbage::said(id)];
    ops.push(departed::keep(contact, pepper));
    ops.extend(contact.keys().iter().map(|external| Op::delete(external_key(external))));
    ops.extend(contact.card.object_id.as_ref().map(|object| object_op(object, id, "DELETE")));
    ops.extend(recognize::leave(contact, &suppressed, (waiting, pepper))?);
    let after = Owner { contact: None, suppressed };
    for address in contact.card.addresses() {
        ops.push(Owner::of(id).becomes(pepper.key(address), &after)?);
    }
    Ok(ops)
}
