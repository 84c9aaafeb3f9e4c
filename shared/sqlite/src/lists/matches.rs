use listsync_core::{
    Timestamp,
    id::{ContactId, ObjectId},
    list::Origin,
};
use rusqlite::Connection;

use super::{
    changes::{self, Logged},
    contacts,
};
use crate::error::Outcome;

/// Remembers matches. A first match is no change of any list, so that the run that made it gives the next one no work;
/// a match that is changed or dropped is, on each list that the contact stands on.
pub(super) fn bind(
    tx: &Connection,
    matches: &[(ContactId, Option<ObjectId>)],
    now: Timestamp,
) -> Outcome<()> {
    for (contact, object) in matches {
        // Who was deleted during the run is matched to nobody.
        let Some(stored) = contacts::by_id(tx, contact)? else { continue };
        let object = object.as_ref().map(ObjectId::as_str);
        if stored.object_id.as_deref() == object {
            continue;
        }
        contacts::set_object(tx, stored.n, object)?;
        if stored.object_id.is_some() {
            log_on_its_lists(tx, stored.n, (Origin::Entra, now))?;
        }
    }
    Ok(())
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
