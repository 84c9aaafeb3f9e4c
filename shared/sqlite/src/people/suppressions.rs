//! Opt-outs of people whom we do not keep, by keyed hashes of their marks: addresses, keys, objects.

use listsync_core::{
    address::Address,
    contact::{OptOut, Scope},
    mark::Mark,
    register::{KeptOff, Stand, Suppressed, keep},
    suppression::{self, Pepper},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::person;
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog::{self, Numbered},
        contacts, memberships,
    },
    values::{collect, name_of, named, nanos, timestamp, typed_option},
};

/// What a mark is suppressed for.
pub(crate) fn of<'a>(tx: &Connection, mark: impl Into<Mark<'a>>) -> Outcome<Vec<Suppressed>> {
    of_each(tx, &[mark.into()])
}

/// What these marks are suppressed for.
pub(crate) fn of_each(tx: &Connection, marks: &[Mark<'_>]) -> Outcome<Vec<Suppressed>> {
    let mut said = Vec::new();
    if any(tx)? {
        for mark in marks {
            said.extend(of_hash(tx, &hash(tx, *mark)?)?);
        }
    }
    Ok(said)
}

/// Whether anything is suppressed: where nothing is, no hash is computed.
fn any(tx: &Connection) -> Outcome<bool> {
    Ok(tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM suppressions)")?.query_row([], |row| row.get(0))?)
}

pub(super) fn of_hash(tx: &Connection, hash: &str) -> Outcome<Vec<Suppressed>> {
    let statement = tx.prepare_cached(
        "SELECT l.id, s.reason, s.via, s.at FROM suppressions s LEFT JOIN lists l ON l.n = s.list
         WHERE s.hash = ?1 ORDER BY s.n",
    )?;
    collect(statement, [hash], |row| {
        let (reason, via) = (named(row.get(1)?, "reason")?, named(row.get(2)?, "way")?);
        let scope = typed_option(row, 0, "list's id")?.map_or(Scope::All, Scope::List);
        Ok(Suppressed { scope, no: OptOut { reason, via, at: timestamp(row.get(3)?) } })
    })
}

/// Whether nobody may put somebody on a list who is no contact and has these marks.
pub(crate) fn holds_off(tx: &Connection, list: Numbered, marks: &[Mark<'_>]) -> Outcome<bool> {
    Ok(stand(tx, list, marks)?.held_off(list.terms.opt_out).is_some())
}

/// How somebody stands to a list who is no contact and has these marks.
pub(crate) fn stand(tx: &Connection, list: Numbered, marks: &[Mark<'_>]) -> Outcome<Stand> {
    let said = of_each(tx, marks)?;
    if said.is_empty() {
        return Ok(Stand::BLANK);
    }
    let id = catalog::id(tx, list.n)?;
    Ok(Stand::of_stranger(&said, |list| *list == id))
}

/// Why an address is kept off a list, be it a contact's or nobody's; none: it is not.
pub(crate) fn kept_off(tx: &Connection, list: Numbered, address: &Address) -> Outcome<Option<KeptOff>> {
    let stand = match contacts::by_address(tx, address)? {
        Some(known) => {
            person::stand_to_add(tx, list, (&known, memberships::of(tx, list.n, known.n)?.standing))?
        }
        None => stand(tx, list, &[address.into()])?,
    };
    Ok(stand.kept_off(list.terms.opt_out))
}

/// Keeps this of a mark, and nothing else.
pub(super) fn put<'a>(tx: &Connection, mark: impl Into<Mark<'a>>, said: &[Suppressed]) -> Outcome<()> {
    if any(tx)? || !said.is_empty() { put_hashed(tx, &hash(tx, mark)?, said) } else { Ok(()) }
}

/// Keeps this of a mark beside what is kept of it.
pub(super) fn add(tx: &Connection, mark: Mark<'_>, said: &[Suppressed]) -> Outcome<()> {
    if said.is_empty() {
        return Ok(());
    }
    let hash = hash(tx, mark)?;
    said.iter().try_for_each(|Suppressed { scope, no }| add_hashed(tx, &hash, scope, *no))
}

fn put_hashed(tx: &Connection, hash: &str, said: &[Suppressed]) -> Outcome<()> {
    tx.prepare_cached("DELETE FROM suppressions WHERE hash = ?1")?.execute([hash])?;
    for Suppressed { scope, no: OptOut { reason, at, via } } in said {
        let list = match scope {
            Scope::List(list) => Some(catalog::number(tx, list)?),
            Scope::All => None,
        };
        tx.prepare_cached(
            "INSERT INTO suppressions (hash, list, reason, via, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![hash, list, name_of(*reason)?, name_of(*via)?, nanos(*at)])?;
    }
    Ok(())
}

/// Keeps one no more of a mark that is known by its hash alone.
pub(crate) fn add_hashed(tx: &Connection, hash: &str, scope: &Scope, no: OptOut) -> Outcome<()> {
    put_hashed(tx, hash, &keep(of_hash(tx, hash)?, scope, no))
}

pub(crate) fn hash<'a>(tx: &Connection, mark: impl Into<Mark<'a>>) -> Outcome<String> {
    Ok(suppression::hash(&pepper(tx)?, mark))
}

/// Whether there is a key of the hashes.
pub(crate) fn has_pepper(conn: &Connection) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM secrets WHERE name = 'pepper')";
    Ok(conn.query_row(sql, [], |row| row.get(0))?)
}

/// The key of the hashes; made where there is none.
pub(crate) fn pepper(tx: &Connection) -> Outcome<Pepper> {
    let kept: Option<Vec<u8>> = tx
        .prepare_cached("SELECT value FROM secrets WHERE name = 'pepper'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    match kept {
        Some(kept) => Pepper::try_from(kept).map_err(|_| Fail::Stored("pepper")),
        None => {
            let made: Pepper = crate::keys::random()?;
            tx.execute("INSERT INTO secrets (name, value) VALUES ('pepper', ?1)", [made])?;
            Ok(made)
        }
    }
}
