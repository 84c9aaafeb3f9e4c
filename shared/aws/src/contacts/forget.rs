//! Contacts deleted and people erased. What they said no to stays, under the keyed hashes of their addresses.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    contact::{OptOut, OptOutReason, Scope, Via},
    id::{ContactId, ListId},
    list::{Origin, Standing},
    traces::Traces,
};
use listsync_engine::ports::PortResult;

use super::{
    departed,
    whole::{Change, Spot, Whole, is_member, logged, step, still},
};
use crate::{
    garbage,
    links::traces,
    lists::{
        feed::{Feed, News},
        held,
        owner::{Owner, Suppressed},
        people::as_read,
        person::{Contact, contact_key, external_key},
        pointers::object_op,
        row::row_key,
        tx::GONE,
    },
    store::persistently,
    table::{Fail, Op, Table},
};

/// Whether a person goes, or only what is kept of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    Deleted,
    Erased,
}

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

async fn forget_now(
    table: &Table,
    id: &ContactId,
    (farewell, now): (Farewell, Timestamp),
) -> Result<Vec<ListId>, Fail> {
    let Whole { mut contact, spots } = Whole::load(table, id).await?;
    let said = said_no(&contact, &spots);
    if said != contact.refused && spots.len() > FEW {
        // What rows say is written down before the first of them goes.
        contact = remember(table, contact, said.clone()).await?;
    }
    let mut lists = Vec::new();
    for (list, spot) in &spots {
        let mut ops = vec![Op::delete(row_key(list, id))];
        if spot.row.standing != Standing::Absent {
            let gone = logged(id, GONE, (Origin::Manual, now));
            ops.extend(step(&spot.head, &[gone], -is_member(spot.row.standing))?);
        }
        lists.push(ops);
    }
    let suppressed = suppressed(&contact, said, (farewell, now));
    let mut last = last(table, &contact, suppressed).await?;
    if farewell == Farewell::Erased {
        let addresses = contact.addresses().into_iter().cloned().collect();
        let traces = Traces { addresses, name: contact.card.name.clone() };
        last.push(traces::note(id, &traces, spots.keys().map(ListId::to_string).collect()));
    }
    Change { still: vec![still(&contact)], lists, last }.commit(table, "delete the contact").await?;
    let left = spots.into_iter().filter(|(_, spot)| spot.row.standing != Standing::Absent);
    Ok(left.map(|(list, _)| list).collect())
}

/// So many rows go in one transaction with the contact.
const FEW: usize = 20;

/// The lists that the contact said no to.
pub(super) fn said_no(contact: &Contact, spots: &BTreeMap<ListId, Spot>) -> BTreeMap<ListId, OptOut> {
    let mut said = contact.refused.clone();
    for (list, spot) in spots {
        if let Some(no) = spot.row.no_to_list(&contact.card) {
            said.insert(list.clone(), no);
        }
    }
    said
}

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

fn suppressed(
    contact: &Contact,
    said: BTreeMap<ListId, OptOut>,
    (farewell, now): (Farewell, Timestamp),
) -> Vec<Suppressed> {
    let erased = OptOut { reason: OptOutReason::Erased, at: now, via: Via::Operator };
    let erased = match farewell {
        Farewell::Deleted => contact.erased,
        Farewell::Erased => contact.erased.or(Some(erased)),
    };
    suppressions(&Contact { erased, ..contact.clone() }, said)
}

/// What is to be known of the addresses of somebody who said no to all lists, or to some.
pub(super) fn suppressions(contact: &Contact, said: BTreeMap<ListId, OptOut>) -> Vec<Suppressed> {
    let own = contact.card.opted_out.filter(|no| no.reason != OptOutReason::Erased);
    let all = own.into_iter().chain(contact.erased).map(|no| Suppressed { scope: Scope::All, no });
    let lists = said.into_iter().map(|(list, no)| Suppressed { scope: Scope::List(list), no });
    all.chain(lists).collect()
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
    for address in contact.addresses() {
        ops.push(Owner::of(id).becomes(pepper.key(address), &after)?);
    }
    Ok(ops)
}
