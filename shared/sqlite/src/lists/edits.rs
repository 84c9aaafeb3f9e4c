use std::collections::{BTreeMap, HashSet};

use listsync_core::{
    Timestamp,
    address::Address,
    id::ListId,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, Decision, RemoveOutcome};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    catalog, contacts, imports,
    memberships::{self, Move},
};
use crate::{error::Outcome, values::nanos};

pub(super) fn add(
    tx: &Connection,
    list: &ListId,
    new: &NewContact,
    (by, at): (Origin, Timestamp),
) -> Outcome<AddOutcome> {
    let list = catalog::number(tx, list)?;
    let contact = match contacts::by_address(tx, &new.address)? {
        Some(old) => old,
        None => contacts::insert(tx, new, None)?,
    };
    let outcome = match memberships::of(tx, list, contact.n)?.standing {
        Standing::OptedOut => return Ok(AddOutcome::OptedOut),
        Standing::Member => {
            imports::release_named(tx, list, &HashSet::from([contact.n]))?;
            AddOutcome::Already
        }
        Standing::Pending | Standing::Absent => AddOutcome::Added,
    };
    contacts::update(tx, &contact, new)?;
    if outcome == AddOutcome::Added {
        memberships::set(tx, list, contact.n, Move { to: Standing::Member, by, at })?;
    }
    Ok(outcome)
}

pub(super) fn remove(
    tx: &Connection,
    list: &ListId,
    address: &Address,
    at: Timestamp,
) -> Outcome<RemoveOutcome> {
    let list = catalog::number(tx, list)?;
    let Some(contact) = contacts::by_address(tx, address)? else {
        return Ok(RemoveOutcome::Absent);
    };
    match memberships::of(tx, list, contact.n)?.standing {
        Standing::OptedOut | Standing::Absent => Ok(RemoveOutcome::Absent),
        Standing::Member | Standing::Pending => {
            let change = Move { to: Standing::Absent, by: Origin::Manual, at };
            memberships::set(tx, list, contact.n, change)?;
            Ok(RemoveOutcome::Removed)
        }
    }
}

pub(super) fn decide(
    tx: &Connection,
    list: &ListId,
    address: &Address,
    (decision, at): (Decision, Timestamp),
) -> Outcome<()> {
    let list = catalog::number(tx, list)?;
    let contact = match contacts::by_address(tx, address)? {
        Some(old) => old,
        None => {
            let new = NewContact { address: address.clone(), name: String::new(), fields: BTreeMap::new() };
            contacts::insert(tx, &new, None)?
        }
    };
    let to = match decision {
        Decision::Subscribed => Standing::Member,
        Decision::OptedOut => Standing::OptedOut,
    };
    imports::release_named(tx, list, &HashSet::from([contact.n]))?;
    let moves = memberships::of(tx, list, contact.n)?.standing != to;
    if moves {
        memberships::set(tx, list, contact.n, Move { to, by: Origin::Own, at })?;
    }
    let name = decision_name(decision);
    if moves || in_force(tx, list, contact.n)?.as_deref() != Some(name) {
        tx.prepare_cached("INSERT INTO decisions (list, contact, decision, at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![list, contact.n, name, nanos(at)])?;
    }
    Ok(())
}

fn in_force(tx: &Connection, list: i64, contact: i64) -> Outcome<Option<String>> {
    let mut statement = tx.prepare_cached(
        "SELECT decision FROM decisions WHERE list = ?1 AND contact = ?2 ORDER BY n DESC LIMIT 1",
    )?;
    Ok(statement.query_row([list, contact], |row| row.get(0)).optional()?)
}

fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Subscribed => "subscribed",
        Decision::OptedOut => "opted_out",
    }
}
