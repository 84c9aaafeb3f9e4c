//! What people say of themselves.

use std::collections::BTreeSet;

use listsync_core::{
    contact::{Decision, Saying, Scope},
    id::{ContactId, ListId},
    register::{self, Answer, Person, Speaker, Stranger},
};
use listsync_engine::ports::{Heard, PortError, PortResult};

use super::whole::{self, Names, Whole};
use crate::{
    lists::{
        head, held,
        owner::Owner,
        person::{Contact, said_partition},
    },
    table::{Condition, Fail, Table, span},
};

const DOING: &str = "save the decision";

/// Stores what somebody says.
pub(super) async fn say(table: &Table, saying: &Saying) -> Result<Heard, Fail> {
    let names = Names::load(table, &BTreeSet::from([saying.address.clone()]), None).await?;
    let owner = names.owner(&saying.address);
    let before = speaker(table, saying, &owner).await?;
    let speaker = match &owner.contact {
        Some(_) => {
            let of_all = before_this(table, &before.contact, saying).await?;
            Speaker::Kept(Box::new(Person { of_all, ..before.person() }))
        }
        None => {
            let said = owner.suppressed.clone();
            Speaker::Stranger(Box::new(Stranger { blank: before.person(), said }))
        }
    };
    let change = match register::say(speaker, saying).map_err(PortError::from)? {
        Answer::Suppressed(said) => {
            suppress(table, names.pepper.key(&saying.address), (&owner, said)).await?;
            return Ok(Heard { contact: None, lists: Vec::new() });
        }
        Answer::Changed(change) => change,
    };
    let id = before.contact.id();
    for list in &change.spared {
        held::spare_one(table, list, id).await?;
    }
    if change.person.contact != before.contact.card || !change.words.is_empty() || !change.moves.is_empty() {
        let mut writes = before.writes(&change, None)?;
        if owner.contact.is_none() {
            writes.last.extend(names.ops(None, writes.after(), &change.left)?);
        }
        writes.commit(table, DOING).await?;
    }
    Ok(Heard { contact: Some(id.clone()), lists: change.moved() })
}

/// Whoever has the address, or would be its contact, as they stand to the lists that are spoken of.
async fn speaker(table: &Table, saying: &Saying, owner: &Owner) -> Result<Whole, Fail> {
    let about: BTreeSet<ListId> = match &saying.scope {
        Scope::List(list) => BTreeSet::from([list.clone()]),
        Scope::All => BTreeSet::new(),
    };
    let whole = match &owner.contact {
        Some(id) => {
            // An address leads to nobody just between the writes of somebody else.
            let contact = whole::find(table, id).await?.ok_or(Fail::Stale)?;
            match saying.scope {
                Scope::List(_) => Whole::on(table, contact, about.clone()).await?,
                Scope::All => Whole::of(table, contact, &about).await?,
            }
        }
        None => {
            let suppressed = owner.suppressed.iter().filter_map(register::Suppressed::list).cloned();
            let lists = about.iter().cloned().chain(suppressed).collect();
            Whole::on(table, Contact::new(&saying.address)?, lists).await?.fresh()
        }
    };
    match about.iter().find(|list| !whole.spots.contains_key(*list)) {
        Some(list) => Err(head::gone(list).into()),
        None => Ok(whole),
    }
}

/// What they said last of all lists, where what they say now may repeat it: a no repeats none where none stands.
async fn before_this(table: &Table, contact: &Contact, saying: &Saying) -> PortResult<Option<Decision>> {
    let may_repeat = saying.decision == Decision::Subscribed || contact.card.opted_out.is_some();
    match saying.scope == Scope::All && may_repeat {
        true => last_of_all(table, contact.id()).await,
        false => Ok(None),
    }
}

/// What somebody said last of all lists.
pub(super) async fn last_of_all(table: &Table, contact: &ContactId) -> PortResult<Option<Decision>> {
    let about_all = Condition::new("attribute_not_exists(#list)");
    let said = span(said_partition(contact)).newest_first().only(about_all);
    let said = table.query("read the decisions", &said).await?;
    said.first().map(|last| last.read_document("decision")).transpose()
}

/// The no of somebody who is not kept.
async fn suppress(
    table: &Table,
    key: crate::table::Key,
    (before, suppressed): (&Owner, Vec<register::Suppressed>),
) -> Result<(), Fail> {
    let after = Owner { contact: None, suppressed };
    match after == *before {
        true => Ok(()),
        false => table.transact(DOING, &[before.becomes(key, &after)?]).await,
    }
}
