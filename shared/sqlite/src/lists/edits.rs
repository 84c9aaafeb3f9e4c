use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    address::Address,
    id::ListId,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, RemoveOutcome};
use rusqlite::Connection;

use super::{
    catalog,
    contacts::{self, Source},
    held,
    memberships::{self, Move},
};
use crate::{
    error::Outcome,
    people::{person, suppressions},
};

pub(super) fn add(tx: &Connection, list: &ListId, new: &NewContact, source: Source) -> Outcome<AddOutcome> {
    let list = catalog::by_people(tx, list)?;
    let contact = match contacts::by_address(tx, &new.address)? {
        Some(old) => old,
        None if suppressions::holds_off(tx, list, &[(&new.address).into()])? => {
            return Ok(AddOutcome::OptedOut);
        }
        None => contacts::insert(tx, new, source)?,
    };
    let now = memberships::of(tx, list.n, contact.n)?.standing;
    if person::is_held_off(tx, list, (&contact, now))? {
        return Ok(AddOutcome::OptedOut);
    }
    contacts::update(tx, &contact, new, source)?;
    if now == Standing::Member {
        held::release_named(tx, list.n, &HashSet::from([contact.n]))?;
        return Ok(AddOutcome::Already);
    }
    let (by, at) = source;
    memberships::set(tx, list.n, contact.n, Move { to: Standing::Member, by, at })?;
    Ok(AddOutcome::Added)
}

pub(super) fn remove(
    tx: &Connection,
    list: &ListId,
    address: &Address,
    at: Timestamp,
) -> Outcome<RemoveOutcome> {
    let list = catalog::by_people(tx, list)?.n;
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
