//! Opt-outs of lists that were deleted. They wait, under keyed hashes of addresses, for a list of that name: somebody who said
//! no to a list does not take it for another one because it was made anew.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp,
    address::Address,
    consent::stronger,
    contact::{Decision, OptOut},
    list::{OptOutRule, Standing},
};
use rusqlite::{Connection, params};

use super::{
    edit,
    say::{self, Word},
    suppressions::{self, Suppression},
};
use crate::{
    error::Outcome,
    lists::{
        catalog::{self, Numbered},
        memberships,
    },
    values::{collect, name_of, named, nanos, timestamp, typed},
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
        let last = say::in_force(tx, contact, Some(list))?;
        let Some(Word { told, .. }) = last.filter(|word| word.decision == Decision::OptedOut) else {
            continue;
        };
        let OptOut { reason, at, via } = told;
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
    Ok(())
}

/// Makes what waits for a name opt-outs of the list that has it from now on. Who said yes to that very list means it, whatever
/// it is called.
pub(crate) fn adopt(tx: &Connection, list: i64, at: Timestamp) -> Outcome<()> {
    let list = catalog::of_number(tx, list)?;
    let mut waiting = waiting(tx, list.n)?;
    if waiting.is_empty() {
        return Ok(());
    }
    for (contact, Inherited { no, hashes }) in heirs(tx, &waiting)? {
        waiting.retain(|hash, _| !hashes.contains(hash));
        take_over(tx, list, contact, no, at)?;
    }
    for (hash, no) in waiting {
        suppressions::add_hashed(tx, &hash, Suppression { list: Some(list.n), no })?;
    }
    tx.execute(
        "DELETE FROM former_nos WHERE name_key = (SELECT name_key FROM lists WHERE n = ?1)",
        [list.n],
    )?;
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

/// The strongest no that waits under one of a contact's addresses, and under which.
struct Inherited {
    no: OptOut,
    hashes: BTreeSet<String>,
}

fn heirs(tx: &Connection, waiting: &BTreeMap<String, OptOut>) -> Outcome<BTreeMap<i64, Inherited>> {
    let statement = tx.prepare_cached(
        "SELECT n, address FROM contacts UNION ALL SELECT contact, address FROM aliases ORDER BY 1, 2",
    )?;
    let mut heirs = BTreeMap::new();
    for (contact, address) in
        collect(statement, [], |row| Ok((row.get::<_, i64>(0)?, typed::<Address>(row, 1, "address")?)))?
    {
        let hash = suppressions::hash(tx, &address)?;
        let Some(no) = waiting.get(&hash) else { continue };
        let heir = heirs.entry(contact).or_insert_with(|| Inherited { no: *no, hashes: BTreeSet::new() });
        heir.no = stronger(Some(heir.no), Some(*no)).unwrap_or(*no);
        heir.hashes.insert(hash);
    }
    Ok(heirs)
}

fn take_over(tx: &Connection, list: Numbered, contact: i64, no: OptOut, at: Timestamp) -> Outcome<()> {
    let last = say::in_force(tx, contact, Some(list.n))?;
    if last.is_some_and(|word| word.decision == Decision::Subscribed) {
        return Ok(());
    }
    say::note(tx, contact, Word::no(Some(list.n), no))?;
    let now = memberships::of(tx, list.n, contact)?.standing;
    if list.rule == OptOutRule::Allowed && now != Standing::OptedOut {
        say::shift(tx, list.n, contact, (Standing::OptedOut, at))?;
    }
    Ok(())
}

/// What waits under one address of a person waits under another of theirs, too, which they keep.
pub(super) fn spread(tx: &Connection, from: &Address, to: &Address) -> Outcome<()> {
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

/// Forgets what waits under the address of somebody who was erased: they are held off every list.
pub(super) fn forget(tx: &Connection, address: &Address) -> Outcome<()> {
    if !is_empty(tx)? {
        forget_hashed(tx, &suppressions::hash(tx, address)?)?;
    }
    Ok(())
}

/// The same of an address that is known by its hash alone.
pub(crate) fn forget_hashed(tx: &Connection, hash: &str) -> Outcome<()> {
    tx.prepare_cached("DELETE FROM former_nos WHERE hash = ?1")?.execute([hash])?;
    Ok(())
}

fn is_empty(tx: &Connection) -> Outcome<bool> {
    Ok(tx.query_row("SELECT NOT EXISTS (SELECT 1 FROM former_nos)", [], |row| row.get(0))?)
}
