//! Contacts deleted and people erased. What they said no to stays, under the keyed hashes of their addresses.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    contact::OptOut,
    id::{ContactId, ListId},
    list::{Origin, Standing},
    register::{Farewell, Parting, Suppressed, part},
    traces::Traces,
};
use listsync_engine::ports::PortResult;

use super::{
    departed,
    whole::{Whole, is_member, logged, packed, step, still},
};
use crate::{
    garbage,
    links::traces,
    lists::{
        feed::{Feed, News},
        held,
        owner::Owner,
        people::as_read,
        person::{Contact, contact_key, external_key},
        pointers::object_op,
        row::row_key,
        tx::GONE,
    },
    store::persistently,
    table::{Fail, Op, Table},
};

/// Forgets a contact; the lists that they were on.
pub(super) async fn forget(
    table: &Table,
    id: &ContactId,
    (farewell, now): (Farewell, Timestamp),
) -> PortResult<Vec<ListId>> {
    let whole = Whole::load(table, id).await?;
    for list in whole.spots.keys() {
        held::spare_one(table, list, id).await?;
    }
    persistently!("delete the contact", forget_now(table, id, (farewell, now)))
}

pub(super) async fn forget_now(
    table: &Table,
    id: &ContactId,
    (farewell, now): (Farewell, Timestamp),
) -> Result<Vec<ListId>, Fail> {
    let whole = Whole::load(table, id).await?;
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
    let pepper = table.pepper().await?;
    let id = contact.id();
    let mut ops = vec![Op::delete(contact_key(id)).when(as_read(contact)), garbage::said(id)];
    ops.push(departed::keep(contact, &pepper));
    let news = News { changed: BTreeSet::new(), gone: BTreeSet::from([id.clone()]) };
    ops.extend(Feed::pick(table).await?.step(&news)?.1);
    ops.extend(contact.keys().iter().map(|external| Op::delete(external_key(external))));
    ops.extend(contact.card.object_id.as_ref().map(|object| object_op(object, id, "DELETE")));
    let after = Owner { contact: None, suppressed };
    for address in contact.card.addresses() {
        ops.push(Owner::of(id).becomes(pepper.key(address), &after)?);
    }
    Ok(ops)
}
