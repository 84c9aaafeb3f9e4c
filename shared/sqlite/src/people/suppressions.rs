//! Opt-outs of people whom we do not keep, by keyed hashes of their addresses.

use listsync_core::{
    Timestamp,
    address::Address,
    consent::{self, SinceNo},
    contact::OptOut,
    list::{OptOutRule, Standing},
    suppression::{self, Pepper},
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    departed,
    say::{self, Word},
};
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog::{self, Numbered},
        contacts, memberships,
    },
    values::{collect, name_of, named, nanos, timestamp},
};

/// One opt-out of an address, of a list by its number, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suppression {
    pub(crate) list: Option<i64>,
    pub(crate) no: OptOut,
}

/// What an address is suppressed for.
pub(crate) fn of(tx: &Connection, address: &Address) -> Outcome<Vec<Suppression>> {
    let any: bool =
        tx.prepare_cached("SELECT EXISTS (SELECT 1 FROM suppressions)")?.query_row([], |row| row.get(0))?;
    if !any {
        return Ok(Vec::new());
    }
    let statement =
        tx.prepare_cached("SELECT list, reason, via, at FROM suppressions WHERE hash = ?1 ORDER BY n")?;
    collect(statement, [hash(tx, address)?], |row| {
        let (reason, via) = (named(row.get(1)?, "reason")?, named(row.get(2)?, "way")?);
        Ok(Suppression { list: row.get(0)?, no: OptOut { reason, via, at: timestamp(row.get(3)?) } })
    })
}

/// Whether nobody may put an address that is no contact's on a list.
pub(crate) fn holds_off(tx: &Connection, list: Numbered, address: &Address) -> Outcome<bool> {
    let holds = |each: &Suppression| match each.list {
        Some(of) => of == list.n && list.rule == OptOutRule::Allowed,
        None => consent::holds_off(each.no.reason, SinceNo::Nothing, list.rule),
    };
    Ok(of(tx, address)?.iter().any(holds))
}

/// Whether a no keeps an address off a list, be it a contact's or nobody's.
pub(crate) fn is_refused(tx: &Connection, list: Numbered, address: &Address) -> Outcome<bool> {
    match contacts::by_address(tx, address)? {
        Some(known) => say::refuses(tx, list, &known, memberships::of(tx, list.n, known.n)?.standing),
        None => holds_off(tx, list, address),
    }
}

/// Keeps an opt-out of an address; a repeat keeps the first.
pub(crate) fn add(tx: &Connection, address: &Address, suppression: Suppression) -> Outcome<()> {
    add_hashed(tx, &hash(tx, address)?, suppression)
}

/// The same of an address that is known by its hash alone.
pub(crate) fn add_hashed(tx: &Connection, hash: &str, suppression: Suppression) -> Outcome<()> {
    let Suppression { list, no: OptOut { reason, at, via } } = suppression;
    tx.prepare_cached(
        "INSERT INTO suppressions (hash, list, reason, via, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![hash, list, name_of(reason)?, name_of(via)?, nanos(at)])?;
    Ok(())
}

/// Makes what an address is suppressed for an opt-out of the contact that has it now, whom links of the one find who had it before.
pub(crate) fn take_over(tx: &Connection, contact: i64, address: &Address, at: Timestamp) -> Outcome<()> {
    departed::succeed(tx, contact, address)?;
    let found = of(tx, address)?;
    if found.is_empty() {
        return Ok(());
    }
    for Suppression { list, no } in found {
        match list {
            Some(list) => {
                say::note(tx, contact, Word::no(Some(list), no))?;
                let list = catalog::of_number(tx, list)?;
                let now = memberships::of(tx, list.n, contact)?.standing;
                if list.rule == OptOutRule::Allowed && now != Standing::OptedOut {
                    say::shift(tx, list.n, contact, (Standing::OptedOut, at))?;
                }
            }
            None => drop(say::refuse_anew(tx, contact, no)?),
        }
    }
    tx.prepare_cached("DELETE FROM suppressions WHERE hash = ?1")?.execute([hash(tx, address)?])?;
    Ok(())
}

pub(crate) fn hash(tx: &Connection, address: &Address) -> Outcome<String> {
    Ok(suppression::hash(&pepper(tx)?, address))
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
