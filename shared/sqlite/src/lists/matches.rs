use std::collections::BTreeSet;

use listsync_core::{Timestamp, id::ContactId, list::Origin, mark::Mark, matched::Binding};
use rusqlite::Connection;

use super::{
    changes::{self, Logged},
    contacts,
};
use crate::{
    error::Outcome,
    people::{person, suppressions},
};

/// Remembers matches. A first match, and other grounds of the same, are no change of any list, so that the run that made
/// them gives the next one no work; a match to another object is, on each list that the contact stands on.
///
/// Those to whom a no came with their object: it was said by somebody who was matched to it and is kept no more.
pub(super) fn bind(tx: &Connection, matches: &[Binding], now: Timestamp) -> Outcome<BTreeSet<ContactId>> {
    let mut told = BTreeSet::new();
    for Binding { contact, object, grounds } in matches {
        // Who was deleted during the run is matched to nobody.
        let Some(stored) = contacts::by_id(tx, contact)? else { continue };
        let is_same = stored.object_id.as_deref() == Some(object.as_str());
        if is_same && stored.grounds()?.as_ref() == Some(grounds) {
            continue;
        }
        contacts::set_match(tx, stored.n, (object.as_str(), grounds))?;
        if stored.object_id.is_some() && !is_same {
            log_on_its_lists(tx, stored.n, (Origin::Entra, now))?;
        }
        if !is_same && !suppressions::of(tx, object)?.is_empty() {
            person::recognize(tx, stored.n, &[Mark::Object(object)], now)?;
            told.insert(contact.clone());
        }
    }
    Ok(told)
}

/// Tells each list that a contact stands on to look at them again.
pub(crate) fn log_on_its_lists(
    tx: &Connection,
    contact: i64,
    (origin, at): (Origin, Timestamp),
) -> Outcome<()> {
    let mut statement = tx.prepare_cached(
        "SELECT l.n FROM lists l JOIN memberships m ON m.list = l.n AND m.contact = ?1
         WHERE m.standing <> 'absent' ORDER BY l.n",
    )?;
    let lists: Vec<i64> = statement.query_map([contact], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for list in lists {
        changes::log(tx, Logged { list, contact, what: changes::MATCH, origin, at })?;
    }
    Ok(())
}
