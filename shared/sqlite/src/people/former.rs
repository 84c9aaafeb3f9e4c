//! Lists that were deleted. What was said no to on them waits, under keyed hashes of marks, for a list of that name:
//! somebody who said no to a list does not take it for another one because it was made anew.

use std::collections::BTreeMap;

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{OptOut, Scope},
    id::ListId,
    mark::Mark,
    register::Word,
};
use listsync_engine::ports::Heir;
use rusqlite::{Connection, params};

use super::{edit, marks, person, suppressions, words::last_word};
use crate::{
    error::Outcome,
    lists::catalog,
    values::{collect, first, name_of, named, nanos, timestamp, typed_option},
};

/// Keeps what is said no to on a list that is about to be deleted.
pub(crate) fn keep(tx: &Connection, list: i64) -> Outcome<()> {
    let name_key: String =
        tx.prepare_cached("SELECT name_key FROM lists WHERE n = ?1")?.query_row([list], |row| row.get(0))?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO former_nos (name_key, hash, reason, via, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?;
    let statement = tx.prepare_cached("SELECT DISTINCT contact FROM sayings WHERE list = ?1")?;
    for contact in collect(statement, [list], |row| Ok(row.get::<_, i64>(0)?))? {
        let Some(Word::No(OptOut { reason, at, via })) = last_word(tx, contact, list)? else { continue };
        for address in edit::addresses(tx, contact)? {
            let hash = suppressions::hash(tx, &address)?;
            insert.execute(params![name_key, hash, name_of(reason)?, name_of(via)?, nanos(at)])?;
        }
    }
    tx.execute(
        "INSERT INTO former_nos (name_key, hash, reason, via, at)
         SELECT ?2, hash, reason, via, at FROM suppressions WHERE list = ?1 ON CONFLICT DO NOTHING",
        params![list, name_key],
    )?;
    tx.execute(
        "UPDATE former_lists SET name_key = ?2, heir = NULL WHERE heir = ?1",
        params![list, name_key],
    )?;
    tx.execute(
        "INSERT INTO former_lists (id, name_key) SELECT id, name_key FROM lists WHERE n = ?1",
        [list],
    )?;
    Ok(())
}

/// Who took a deleted list over.
pub(super) fn heir(tx: &Connection, list: &ListId) -> Outcome<Option<Heir>> {
    let statement = tx.prepare_cached(
        "SELECT lists.id FROM former_lists LEFT JOIN lists ON lists.n = former_lists.heir WHERE former_lists.id = ?1",
    )?;
    first(statement, [list.as_str()], |row| {
        Ok(typed_option(row, 0, "list's id")?.map_or(Heir::Nobody, Heir::List))
    })
}

/// Keeps a no to a deleted list, under these hashes of addresses, for the next one of its name.
pub(super) fn refuse(tx: &Connection, list: &ListId, hashes: &[String], no: OptOut) -> Outcome<()> {
    let OptOut { reason, via, at } = no;
    let statement = tx.prepare_cached("SELECT name_key FROM former_lists WHERE id = ?1 AND heir IS NULL")?;
    let name_key: Option<String> = first(statement, [list.as_str()], |row| Ok(row.get(0)?))?;
    let name_key = name_key.ok_or_else(|| catalog::gone(list))?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO former_nos (name_key, hash, reason, via, at) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    )?;
    for hash in hashes {
        insert.execute(params![name_key, hash, name_of(reason)?, name_of(via)?, nanos(at)])?;
    }
    Ok(())
}

/// Makes what waits for a name opt-outs of the list that has it from now on. Who said yes to that very list means it, whatever
/// it is called.
pub(crate) fn adopt(tx: &Connection, list: i64, at: Timestamp) -> Outcome<()> {
    let id = catalog::id(tx, list)?;
    tx.execute(
        "UPDATE former_lists SET heir = ?1
         WHERE heir IS NULL AND name_key = (SELECT name_key FROM lists WHERE n = ?1)",
        [list],
    )?;
    let mut waiting = waiting(tx, list)?;
    if waiting.is_empty() {
        return Ok(());
    }
    for (contact, inherited) in heirs(tx, &waiting)? {
        for (hash, no) in inherited {
            waiting.remove(&hash);
            person::inherit(tx, (contact, &id), (no, at))?;
        }
    }
    for (hash, no) in waiting {
        suppressions::add_hashed(tx, &hash, &Scope::List(id.clone()), no)?;
    }
    tx.execute("DELETE FROM former_nos WHERE name_key = (SELECT name_key FROM lists WHERE n = ?1)", [list])?;
    Ok(())
}

fn waiting(tx: &Connection, list: i64) -> Outcome<BTreeMap<String, OptOut>> {
    let statement = tx.prepare_cached(
        "SELECT hash, reason, via, at FROM former_nos
         WHERE name_key = (SELECT name_key FROM lists WHERE n = ?1)",
    )?;
    let rows = collect(statement, [list], |row| {
        let (reason, via) = (named(row.get(1)?, "reason")?, named(row.get(2)?, "way")?);
        Ok((row.get(0)?, OptOut { reason, via, at: timestamp(row.get(3)?) }))
    })?;
    Ok(rows.into_iter().collect())
}

/// The nos that wait under a contact's marks, by the hashes of these.
type Inherited = BTreeMap<String, OptOut>;

fn heirs(tx: &Connection, waiting: &BTreeMap<String, OptOut>) -> Outcome<BTreeMap<i64, Inherited>> {
    let mut heirs = BTreeMap::new();
    marks::each(tx, |contact, mark| {
        let hash = suppressions::hash(tx, mark)?;
        if let Some(no) = waiting.get(&hash) {
            heirs.entry(contact).or_insert_with(Inherited::new).insert(hash, *no);
        }
        Ok(())
    })?;
    Ok(heirs)
}

/// What waits under one address of a person waits under another mark of theirs, too: one that they keep, or leave behind.
pub(super) fn spread<'a>(tx: &Connection, from: &Address, to: impl Into<Mark<'a>>) -> Outcome<()> {
    if is_empty(tx)? {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO former_nos (name_key, hash, reason, via, at)
         SELECT name_key, ?2, reason, via, at FROM former_nos WHERE hash = ?1 ON CONFLICT DO NOTHING",
        params![suppressions::hash(tx, from)?, suppressions::hash(tx, to)?],
    )?;
    Ok(())
}

/// Forgets what waits under a mark of somebody who was erased: they are held off every list.
pub(super) fn forget<'a>(tx: &Connection, mark: impl Into<Mark<'a>>) -> Outcome<()> {
    if !is_empty(tx)? {
        forget_hashed(tx, &suppressions::hash(tx, mark)?)?;
    }
    Ok(())
}

/// The same of a mark that is known by its hash alone.
pub(crate) fn forget_hashed(tx: &Connection, hash: &str) -> Outcome<()> {
    tx.prepare_cached("DELETE FROM former_nos WHERE hash = ?1")?.execute([hash])?;
    Ok(())
}

fn is_empty(tx: &Connection) -> Outcome<bool> {
    Ok(tx.query_row("SELECT NOT EXISTS (SELECT 1 FROM former_nos)", [], |row| row.get(0))?)
}
