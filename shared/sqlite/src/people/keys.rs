//! The keys of contacts in the systems that files come from.

use listsync_core::{contact::ExternalId, import::Keys};
use rusqlite::{Connection, params};

use crate::{
    error::{Fail, Outcome},
    lists::contacts::Stored,
    values::collect,
};

/// Those of a contact.
pub(crate) fn of(tx: &Connection, contact: &Stored) -> Outcome<Keys> {
    let parsed = |text: &str| ExternalId::parse(text).map_err(|_| Fail::Stored("external id"));
    let first = contact.external_id.as_deref().map(parsed).transpose()?;
    let statement =
        tx.prepare_cached("SELECT external_id FROM further_ids WHERE contact = ?1 ORDER BY external_id")?;
    let further: Vec<String> = collect(statement, [contact.n], |row| Ok(row.get(0)?))?;
    Ok(Keys { first, further: further.iter().map(|text| parsed(text)).collect::<Outcome<_>>()? })
}

/// Gives a contact these keys in place of its own; none of them is anybody else's.
pub(crate) fn set(tx: &Connection, contact: i64, keys: &Keys) -> Outcome<()> {
    let Keys { first, further } = keys;
    tx.prepare_cached("DELETE FROM further_ids WHERE contact = ?1")?.execute([contact])?;
    set_first(tx, contact, first.as_ref())?;
    let mut insert = tx.prepare_cached("INSERT INTO further_ids (external_id, contact) VALUES (?1, ?2)")?;
    for key in further {
        insert.execute(params![key.as_str(), contact])?;
    }
    Ok(())
}

/// Gives a contact that has no further keys this one.
pub(crate) fn set_first(tx: &Connection, contact: i64, key: Option<&ExternalId>) -> Outcome<()> {
    tx.prepare_cached("UPDATE contacts SET external_id = ?2 WHERE n = ?1")?
        .execute(params![contact, key.map(ExternalId::as_str)])?;
    Ok(())
}

/// Whether any contact has further keys: where none has, nobody is looked for by them.
pub(crate) fn any_further(tx: &Connection) -> Outcome<bool> {
    Ok(tx.query_row("SELECT EXISTS (SELECT 1 FROM further_ids)", [], |row| row.get(0))?)
}
