//! Erasures outlive a restore: they are noted in the store and in a file beside it, and whoever opens the store has both agree
//! before anything else is read.
//!
//! What the file tells and the store does not is done in the store once more: it is an older copy that was put in its place.
//! What the store tells and the file does not is added to the file: the file was lost, or is from before there was one.

mod beside;
mod ledger;
mod replay;

use std::collections::BTreeMap;

use listsync_core::{Timestamp, address::Address, id::ContactId, mark::Mark, suppression};
use rusqlite::{Connection, TransactionBehavior, params};

pub(crate) use beside::Beside;
pub use beside::LedgerError;
use ledger::{Erased, Erasures, Ledger};

use crate::{
    error::{Fail, Outcome},
    open::OpenError,
    people::suppressions,
    values::{collect, nanos, timestamp, typed_option},
};

/// Notes in the store that whoever has a mark was erased.
pub(crate) fn note<'a>(
    tx: &Connection,
    mark: impl Into<Mark<'a>>,
    contact: Option<&ContactId>,
    at: Timestamp,
) -> Outcome<()> {
    let erased = Erased { hash: suppressions::hash(tx, mark)?, at: timestamp(nanos(at)) };
    note_hashed(tx, &erased, contact)
}

fn note_hashed(tx: &Connection, Erased { hash, at }: &Erased, contact: Option<&ContactId>) -> Outcome<()> {
    let sql = "INSERT INTO erasures (hash, at, contact) VALUES (?1, ?2, ?3)
        ON CONFLICT (hash, at) DO UPDATE SET contact = coalesce(contact, ?3)";
    tx.prepare_cached(sql)?.execute(params![hash, nanos(*at), contact.map(ContactId::as_str)])?;
    Ok(())
}

/// Adds to the file what the store tells besides, within the transaction that noted it: an erasure that is not kept there is not
/// done. Should the transaction fail after that, whoever opens the store next does what was asked for.
pub(crate) fn keep(tx: &Connection, beside: &Beside) -> Outcome<()> {
    let told = beside.read().map_err(not_kept)?;
    let noted = noted(tx)?;
    add(tx, beside, told.as_ref(), &noted)
}

fn add(tx: &Connection, beside: &Beside, told: Option<&Ledger>, noted: &Erasures) -> Outcome<()> {
    let fresh: Erasures = match told {
        None => noted.clone(),
        Some(told) => {
            let fresh = noted.iter().filter(|(erased, _)| !told.erasures.contains_key(erased));
            fresh.map(|(erased, contact)| (erased.clone(), contact.clone())).collect()
        }
    };
    if fresh.is_empty() {
        return Ok(());
    }
    beside.add(told, &key(tx)?, &fresh).map_err(not_kept)
}

fn not_kept(error: LedgerError) -> Fail {
    let hint = "have that file be writable, or move it away if it is not this store's, and try again";
    Fail::rejected("erasure_not_kept", format!("nobody was erased: {error}"), hint)
}

/// Has a store and the file beside it agree.
///
/// # Errors
/// When the file cannot be read or written, or is another store's. Nothing was changed then.
pub(crate) fn agree(conn: &mut Connection, beside: &Beside) -> Result<(), OpenError> {
    let told = beside.read()?;
    if is_agreed(conn, told.as_ref())? {
        return Ok(());
    }
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    let told = beside.read()?;
    // Made now where there is none: no copy is to be without the key of what is erased later.
    let key = key(&tx)?;
    if told.as_ref().is_some_and(|told| !told.key.is_empty() && told.key != key) {
        return Err(beside.of_another_store().into());
    }
    match &told {
        Some(told) => replay::replay(&tx, &unknown(&noted(&tx)?, told))?,
        None => note_who_came_back(&tx)?,
    }
    add(&tx, beside, told.as_ref(), &noted(&tx)?)?;
    tx.commit()?;
    Ok(())
}

/// Whether anybody came back who was erased: asked each time that the store is opened.
pub(crate) const CAME_BACK: &str = "SELECT EXISTS (SELECT 1 FROM contacts WHERE erased_at IS NOT NULL)";

fn is_agreed(conn: &Connection, told: Option<&Ledger>) -> Outcome<bool> {
    if !suppressions::has_pepper(conn)? {
        return Ok(false);
    }
    let noted = noted(conn)?;
    match told {
        Some(told) => Ok(noted.len() == told.erasures.len() && unknown(&noted, told).is_empty()),
        None => Ok(noted.is_empty() && !conn.query_row(CAME_BACK, [], |row| row.get::<_, bool>(0))?),
    }
}

/// What the file tells and the store does not.
fn unknown(noted: &Erasures, told: &Ledger) -> Erasures {
    let unknown = told.erasures.iter().filter(|(erased, _)| !noted.contains_key(erased));
    unknown.map(|(erased, contact)| (erased.clone(), contact.clone())).collect()
}

fn noted(conn: &Connection) -> Outcome<Erasures> {
    let statement = conn.prepare_cached("SELECT hash, at, contact FROM erasures")?;
    let rows = collect(statement, [], |row| {
        let erased = Erased { hash: row.get(0)?, at: timestamp(row.get(1)?) };
        Ok((erased, typed_option(row, 2, "erased contact's id")?))
    })?;
    Ok(BTreeMap::from_iter(rows))
}

/// Of those who came back after they were erased nothing else is kept under a hash, where that was by an earlier version.
fn note_who_came_back(tx: &Connection) -> Outcome<()> {
    let statement = tx.prepare_cached(
        "SELECT address, erased_at FROM contacts WHERE erased_at IS NOT NULL
         UNION ALL
         SELECT a.address, c.erased_at FROM aliases a JOIN contacts c ON c.n = a.contact WHERE c.erased_at IS NOT NULL",
    )?;
    let addresses = collect(statement, [], |row| {
        Ok((crate::values::typed::<Address>(row, 0, "address")?, timestamp(row.get(1)?)))
    })?;
    for (address, at) in addresses {
        note_hashed(tx, &Erased { hash: suppressions::hash(tx, &address)?, at }, None)?;
    }
    Ok(())
}

/// What names the key of the store's hashes.
fn key(tx: &Connection) -> Outcome<String> {
    Ok(suppression::name_of(&suppressions::pepper(tx)?))
}
