use std::collections::{BTreeSet, HashMap, HashSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    Timestamp,
    contact::Contact as Card,
    id::{ContactId, ListId},
    list::{Origin, Standing},
    mark::Mark,
    matched::Binding,
};
use listsync_engine::ports::PortResult;

use super::{
    head::{self, Head},
    people::as_read,
    person::{Contact, contact_key},
    pointers::object_ops,
    row::{Row, look_op, row_key},
    tx::{Logged, MATCH, log},
};
use crate::{
    contacts,
    table::{Fail, Key, Op, Patience, Table},
};

const DOING: &str = "save the matches";
/// How many matches are looked at in one go.
const CHUNK: usize = 200;
/// How many transactions are under way at a time.
const AT_ONCE: usize = 8;
/// How many lists of one contact are changed in one transaction: a row, the list's head and its log each.
const LISTS: usize = 30;
/// How many writes one transaction of first matches has at most.
const MOST: usize = 98;

/// Remembers matches. A first match, and other grounds of the same, are no change of any list, so that the run that made
/// them gives the next one no work; a match to another object is, on each list that the contact stands on.
///
/// Those to whom a no came with their object: it was said by somebody who was matched to it and is kept no more.
pub(super) async fn bind(
    table: &Table,
    matches: &[Binding],
    now: Timestamp,
) -> PortResult<BTreeSet<ContactId>> {
    let mut told = BTreeSet::new();
    for chunk in matches.chunks(CHUNK) {
        told.extend(recognize(table, chunk, now).await?);
        let mut patience = Patience::new(DOING);
        loop {
            match bind_some(table, chunk, now).await {
                Err(Fail::Stale | Fail::Taken) => patience.wait().await?,
                Err(Fail::Port(error)) => return Err(error),
                Ok(()) => break,
            }
        }
    }
    Ok(told)
}

/// Has contacts take over what was said by who was matched to their objects before, ahead of the match: what ends between the
/// two is done anew, as the match is still to be saved.
async fn recognize(table: &Table, matches: &[Binding], now: Timestamp) -> PortResult<BTreeSet<ContactId>> {
    let objects = matches.iter().map(|binding| Mark::Object(&binding.object));
    let waiting: HashSet<Key> =
        contacts::waiting(table, objects).await?.into_iter().map(|(key, _)| key).collect();
    let mut told = BTreeSet::new();
    if waiting.is_empty() {
        return Ok(told);
    }
    let pepper = table.pepper().await?;
    for Binding { contact, object, .. } in matches {
        if !waiting.contains(&pepper.key(object)) {
            continue;
        }
        let Some(stored) = table.get(DOING, &contact_key(contact)).await? else { continue };
        if Contact::read(&stored)?.card.object_id.as_ref() != Some(object) {
            contacts::recognize(table, contact, &[Mark::Object(object)], now).await?;
            told.insert(contact.clone());
        }
    }
    Ok(told)
}

async fn bind_some(table: &Table, matches: &[Binding], now: Timestamp) -> Result<(), Fail> {
    let keys = matches.iter().map(|binding| contact_key(&binding.contact)).collect();
    let found = table.get_many(DOING, keys).await?;
    let mut contacts: HashMap<&ContactId, Contact> = HashMap::new();
    for Binding { contact, .. } in matches {
        // Who was deleted during the run is matched to nobody.
        let Some(stored) = found.get(&contact_key(contact)) else { continue };
        contacts.insert(contact, Contact::read(stored)?);
    }
    // The last word counts, as if one were saved after the other.
    let wanted: HashMap<&ContactId, &Binding> =
        matches.iter().map(|binding| (&binding.contact, binding)).collect();
    let (mut first, mut other) = (Vec::new(), Vec::new());
    for (id, before) in contacts {
        let Binding { object, grounds, .. } = wanted[id].clone();
        let is_same = before.card.object_id.as_ref() == Some(&object);
        if is_same && before.card.grounds.as_ref() == Some(&grounds) {
            continue;
        }
        let is_silent = is_same || before.card.object_id.is_none();
        let card = Card { object_id: Some(object), grounds: Some(grounds), ..before.card.clone() };
        let after = Contact { card, rev: before.rev + 1, ..before.clone() };
        if is_silent && before.lists.len() <= LISTS {
            first.push(first_ops(&before, &after)?);
        } else {
            other.push((before, after, if is_silent { Told::Nobody } else { Told::ItsLists }));
        }
    }
    let written = stream::iter(packed(first)).map(|ops| async move { table.transact(DOING, &ops).await });
    written.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    for (before, after, told) in other {
        rebind(table, &before, &after, (told, now)).await?;
    }
    Ok(())
}

/// Whether the lists of a contact are told that its match is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Nobody,
    ItsLists,
}

fn first_ops(before: &Contact, after: &Contact) -> PortResult<Vec<Op>> {
    let mut ops = vec![Op::put(contact_key(after.id()), after.stored()?).when(as_read(before))];
    ops.extend(object_ops(Some(before), after));
    for list in after.listed() {
        ops.push(look_op(&list, &after.card)?);
    }
    Ok(ops)
}

/// As few transactions as hold all, where none writes an item twice.
fn packed(pieces: Vec<Vec<Op>>) -> Vec<Vec<Op>> {
    let mut all: Vec<Vec<Op>> = Vec::new();
    let mut keys = HashSet::new();
    for piece in pieces {
        let fits = all.last().is_some_and(|ops| ops.len() + piece.len() <= MOST)
            && piece.iter().all(|op| !keys.contains(&op.key));
        if !fits {
            keys.clear();
            all.push(Vec::new());
        }
        keys.extend(piece.iter().map(|op| op.key.clone()));
        if let Some(ops) = all.last_mut() {
            ops.extend(piece);
        }
    }
    all
}

/// The lists first and the contact last: what is interrupted is done anew from its beginning.
async fn rebind(
    table: &Table,
    before: &Contact,
    after: &Contact,
    (told, now): (Told, Timestamp),
) -> Result<(), Fail> {
    let lists: Vec<ListId> = after.listed().collect();
    let keys = lists.iter().flat_map(|list| [head::key(list), row_key(list, after.id())]).collect();
    let found = table.get_many(DOING, keys).await?;
    let mut ops = Vec::new();
    for (number, list) in lists.iter().enumerate() {
        if number > 0 && number % LISTS == 0 {
            ops.push(Op::check(contact_key(after.id()), as_read(before)));
            table.transact(DOING, &std::mem::take(&mut ops)).await?;
        }
        let (Some(row), Some(head)) = (found.get(&row_key(list, after.id())), found.get(&head::key(list)))
        else {
            continue;
        };
        ops.push(look_op(list, &after.card)?);
        if told == Told::ItsLists && Row::read(row)?.standing != Standing::Absent {
            let seq = Head::read(head)?.seq;
            let contact = after.id().clone();
            let change = Logged { contact, what: MATCH.to_owned(), origin: Origin::Entra, at: now };
            ops.push(head::advance(list, seq, 0));
            ops.push(log(list, seq + 1, &[change])?);
        }
    }
    ops.push(Op::put(contact_key(after.id()), after.stored()?).when(as_read(before)));
    ops.extend(object_ops(Some(before), after));
    table.transact(DOING, &ops).await
}
