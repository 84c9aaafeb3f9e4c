//! What imports changed of people.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ImportId},
    import::{
        changes::{ChangesError, Touched, forget_former, pack_changes, unpack_changes},
        undo::Change,
    },
};
use listsync_engine::ports::{ChangesPage, Cursor};
use rusqlite::{Connection, Row, params};

use crate::{
    error::{Fail, Outcome},
    values::{collect, nanos, timestamp},
};

/// So many people are kept together.
pub(super) const TOGETHER: usize = 1_000;
/// So many rows are a page.
const PAGE: i64 = 10;

/// Of which import something is kept, and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keeping<'a> {
    pub(super) list: i64,
    pub(super) import: &'a ImportId,
    pub(super) at: Timestamp,
    pub(super) until: Timestamp,
}

/// Keeps what an import changed of these people; what is past its time goes.
pub(super) fn keep(tx: &Connection, keeping: Keeping<'_>, touched: &[Touched]) -> Outcome<()> {
    if touched.is_empty() {
        return Ok(());
    }
    let Keeping { list, import, at, until } = keeping;
    tx.prepare_cached("DELETE FROM import_changes WHERE until <= ?1")?.execute([nanos(at)])?;
    tx.prepare_cached(
        "INSERT INTO import_changes (list, import, at, until, done) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![list, import.as_str(), nanos(at), nanos(until), pack_changes(touched)])?;
    Ok(())
}

pub(super) fn page(
    tx: &Connection,
    import: &ImportId,
    from: Option<&Cursor>,
    now: Timestamp,
) -> Outcome<ChangesPage> {
    let from = from.map_or(Some(0), |cursor| cursor.0.parse().ok());
    let from: i64 = from.ok_or_else(|| Fail::rejected("bad_cursor", "this is no place", "begin anew"))?;
    let statement = tx.prepare_cached(
        "SELECT n, at, done FROM import_changes WHERE import = ?1 AND n >= ?2 AND until > ?3 ORDER BY n LIMIT ?4",
    )?;
    let wanted = params![import.as_str(), from, nanos(now), PAGE + 1];
    let mut rows = collect(statement, wanted, |row| {
        Ok((row.get::<_, i64>(0)?, timestamp(row.get(1)?), unpacked(&row.get::<_, Vec<u8>>(2)?)?))
    })?;
    let next = match rows.len() as i64 > PAGE {
        true => rows.pop().map(|(n, ..)| Cursor(n.to_string())),
        false => None,
    };
    let changes = rows
        .into_iter()
        .flat_map(|(_, at, touched)| touched.into_iter().map(move |touched| Change { touched, at }));
    Ok(ChangesPage { changes: changes.collect(), next })
}

fn unpacked(bytes: &[u8]) -> Outcome<Vec<Touched>> {
    unpack_changes(bytes).map_err(|error| match error {
        ChangesError::Newer(_) => Fail::rejected("schema_unknown", error.to_string(), "update listsync"),
        ChangesError::Malformed => Fail::Stored("changes of an import"),
    })
}

/// Takes who somebody was out of all that is kept.
pub(crate) fn strike(
    tx: &Connection,
    contact: Option<&ContactId>,
    addresses: &BTreeSet<Address>,
) -> Outcome<()> {
    rewrite(tx, |all| Ok(forget_former(all, contact, |address| addresses.contains(address))))
}

/// The same of whoever has an address that is erased.
pub(crate) fn strike_addresses(
    tx: &Connection,
    is_erased: impl Fn(&Address) -> Outcome<bool>,
) -> Outcome<()> {
    rewrite(tx, |all| {
        let mut erased = BTreeSet::new();
        for address in all.iter().flat_map(|touched| touched.former.addresses()) {
            if is_erased(address)? {
                erased.insert(address.clone());
            }
        }
        Ok(!erased.is_empty() && forget_former(all, None, |address| erased.contains(address)))
    })
}

fn rewrite(tx: &Connection, mut change: impl FnMut(&mut [Touched]) -> Outcome<bool>) -> Outcome<()> {
    let statement = tx.prepare_cached("SELECT n, done FROM import_changes")?;
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, unpacked(&row.get::<_, Vec<u8>>(1)?)?));
    for (n, mut touched) in collect(statement, [], read)? {
        if change(&mut touched)? {
            tx.prepare_cached("UPDATE import_changes SET done = ?2 WHERE n = ?1")?
                .execute(params![n, pack_changes(&touched)])?;
        }
    }
    Ok(())
}
