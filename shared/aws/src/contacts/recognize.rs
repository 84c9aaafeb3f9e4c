//! What was said by somebody who is kept no more, taken over by whoever has come to have their key or object.
//!
//! A no waits at the keyed hash of each such mark, in an item like that of an address ([`Owner`]). It is of nobody: whose a key
//! or an object is, their own items tell.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    contact::Scope,
    id::{ContactId, ListId},
    mark::Mark,
    register::{Change, Person, Suppressed, keep},
};
use listsync_engine::ports::PortResult;

use super::{
    say::last_of_all,
    whole::{self, Whole},
};
use crate::{
    lists::{held, owner::Owner, person::Contact},
    pepper::Pepper,
    store::persistently,
    table::{Fail, Key, Op, Table},
};

const DOING: &str = "take over what was said";

/// Has a contact take over what was said under marks that it is about to have: the no is there before the mark is. What ends
/// between the two leaves somebody held off, and not somebody who is written to.
pub(crate) async fn recognize(
    table: &Table,
    id: &ContactId,
    marks: &[Mark<'_>],
    at: Timestamp,
) -> PortResult<()> {
    persistently!(DOING, recognize_now(table, id, marks, at))
}

async fn recognize_now(table: &Table, id: &ContactId, marks: &[Mark<'_>], at: Timestamp) -> Result<(), Fail> {
    let Some(contact) = whole::find(table, id).await? else { return Ok(()) };
    let waiting = waiting(table, marks.iter().copied()).await?;
    let said: Vec<Suppressed> = waiting.iter().flat_map(|(_, owner)| owner.suppressed.clone()).collect();
    if said.is_empty() {
        return Ok(());
    }
    let lists: BTreeSet<ListId> = said.iter().filter_map(Suppressed::list).cloned().collect();
    let before = Whole::of(table, contact, &lists).await?;
    let of_all = match said.iter().any(|said| said.scope == Scope::All) {
        true => last_of_all(table, id).await?,
        false => None,
    };
    let change = Change::recognizing(Person { of_all, ..before.person() }, &said, at);
    for list in &change.spared {
        held::spare_one(table, list, id).await?;
    }
    let mut writes = before.writes(&change, None)?;
    for (key, owner) in waiting {
        writes.last.push(owner.becomes(key, &Owner::default())?);
    }
    writes.commit(table, DOING).await
}

/// Of these marks those under which a no waits, each at its key.
pub(crate) async fn waiting(
    table: &Table,
    marks: impl Iterator<Item = Mark<'_>>,
) -> PortResult<Vec<(Key, Owner)>> {
    let pepper = table.pepper().await?;
    let keys: Vec<Key> = marks.map(|mark| pepper.key(mark)).collect();
    let found = table.get_many("read who said no", keys).await?;
    let waiting = found.iter().map(|(key, stored)| Ok((key.clone(), Owner::read(stored)?)));
    waiting.collect()
}

/// The writes after which what somebody said no to waits under their key and object, beside what waits there. `known` is what
/// does.
pub(super) fn leave(
    contact: &Contact,
    said: &[Suppressed],
    (known, pepper): (&[(Key, Owner)], &Pepper),
) -> PortResult<Vec<Op>> {
    if said.is_empty() {
        return Ok(Vec::new());
    }
    let nobody = Owner::default();
    let op = |mark: Mark<'_>| {
        let key = pepper.key(mark);
        let before = known.iter().find(|(at, _)| *at == key).map_or(&nobody, |(_, owner)| owner);
        let kept = before.suppressed.clone();
        let suppressed = said.iter().fold(kept, |kept, said| keep(kept, &said.scope, said.no));
        before.becomes(key, &Owner { contact: None, suppressed })
    };
    contact.card.marks_besides().map(op).collect()
}
