//! The marks of all contacts.

use listsync_core::{address::Address, contact::ExternalId, id::ObjectId, mark::Mark};
use rusqlite::Connection;

use crate::{
    error::{Fail, Outcome},
    values::collect,
};

const ALL: &str = "SELECT n, 'address', address FROM contacts
    UNION ALL SELECT contact, 'address', address FROM aliases
    UNION ALL SELECT n, 'key', external_id FROM contacts WHERE external_id IS NOT NULL
    UNION ALL SELECT contact, 'key', external_id FROM further_ids
    UNION ALL SELECT n, 'object', object_id FROM contacts WHERE object_id IS NOT NULL
    ORDER BY 1, 2, 3";

/// Shows each mark of each contact with the contact's number, in the order of these.
pub(crate) fn each(tx: &Connection, mut see: impl FnMut(i64, Mark<'_>) -> Outcome<()>) -> Outcome<()> {
    let all: Vec<(i64, String, String)> =
        collect(tx.prepare_cached(ALL)?, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (contact, kind, text) in all {
        match kind.as_str() {
            "address" => see(contact, Mark::Address(&parsed::<Address>(&text, "address")?))?,
            "key" => see(contact, Mark::Key(&parsed::<ExternalId>(&text, "external id")?))?,
            _ => see(contact, Mark::Object(&parsed::<ObjectId>(&text, "object id")?))?,
        }
    }
    Ok(())
}

fn parsed<T: std::str::FromStr>(text: &str, what: &'static str) -> Outcome<T> {
    text.parse().map_err(|_| Fail::Stored(what))
}
