//! Doing in a store what was erased after it was copied.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    Timestamp, address::Address, contact::Scope, id::ContactId, mark::Mark, register::Suppressed,
    summary::Summary, traces::Traces,
};
use rusqlite::Connection;

use super::{Erased, Erasures, note_hashed};
use crate::{
    effects,
    error::Outcome,
    lists::{held, import_changes},
    open,
    people::{forget, former, marks, suppressions},
    values::{collect, doc, timestamp, typed},
};

/// Erases everybody whom these erasures name: whoever has the id of the contact, one of the addresses or one of the keys, which
/// may be several contacts that were made one since. Who was erased by then already, and came back of their own will, stays.
///
/// Nobody is erased for an object. Several contacts may be matched to one, and of those only one was erased.
pub(super) fn replay(tx: &Connection, erasures: &Erasures) -> Outcome<()> {
    if erasures.is_empty() {
        return Ok(());
    }
    let by_hash = latest(erasures.keys().map(|Erased { hash, at }| (hash.clone(), *at)));
    let ids = erasures.iter().filter_map(|(erased, contact)| Some((contact.clone()?, erased.at)));
    let by_id = latest(ids);
    let mut back = BTreeSet::new();
    for Known { id, names, object, erased_at } in known(tx)? {
        let named = names.iter().filter_map(|hash| by_hash.get(hash)).chain(by_id.get(&id)).max();
        let Some(at) = named else { continue };
        if erased_at.is_some_and(|before| before >= *at) {
            back.extend(names.into_iter().chain(object));
        } else {
            forget::erase(tx, &id, *at)?;
        }
    }
    for (hash, at) in by_hash.iter().filter(|(hash, _)| !back.contains(*hash)) {
        suppressions::add_hashed(tx, hash, &Scope::All, Suppressed::erasure(*at))?;
        former::forget_hashed(tx, hash)?;
    }
    strike(tx, |hash| by_hash.contains_key(hash) && !back.contains(hash))?;
    for (erased, contact) in erasures {
        note_hashed(tx, erased, contact.as_ref())?;
    }
    Ok(open::note_unflushed(tx)?)
}

fn latest<K: Ord>(all: impl Iterator<Item = (K, Timestamp)>) -> BTreeMap<K, Timestamp> {
    let mut latest = BTreeMap::new();
    for (key, at) in all {
        let kept = latest.entry(key).or_insert(at);
        *kept = at.max(*kept);
    }
    latest
}

/// A contact as erasures name them.
struct Known {
    id: ContactId,
    /// The hashes of their addresses and keys, which are nobody else's.
    names: Vec<String>,
    /// That of their object.
    object: Option<String>,
    erased_at: Option<Timestamp>,
}

fn known(tx: &Connection) -> Outcome<Vec<Known>> {
    let statement = tx.prepare_cached("SELECT n, id, erased_at FROM contacts")?;
    let rows = collect(statement, [], |row| {
        let erased_at = row.get::<_, Option<i64>>(2)?.map(timestamp);
        let id = typed::<ContactId>(row, 1, "contact's id")?;
        Ok((row.get::<_, i64>(0)?, Known { id, names: Vec::new(), object: None, erased_at }))
    })?;
    let mut all: BTreeMap<i64, Known> = rows.into_iter().collect();
    marks::each(tx, |contact, mark| {
        let hash = suppressions::hash(tx, mark)?;
        if let Some(known) = all.get_mut(&contact) {
            match mark {
                Mark::Address(_) | Mark::Key(_) => known.names.push(hash),
                Mark::Object(_) => known.object = Some(hash),
            }
        }
        Ok(())
    })?;
    Ok(all.into_values().collect())
}

/// Takes addresses out of what is kept of them besides contacts: rows that wait, what runs told, what links remember. In the older
/// copy they may be nobody's yet.
fn strike(tx: &Connection, is_erased: impl Fn(&str) -> bool) -> Outcome<()> {
    let mut addresses = BTreeSet::new();
    for sql in [
        "SELECT DISTINCT address FROM held_rows",
        "SELECT DISTINCT address FROM members WHERE address IS NOT NULL",
    ] {
        addresses.extend(collect(tx.prepare_cached(sql)?, [], |row| typed::<Address>(row, 0, "address"))?);
    }
    let runs = tx.prepare_cached("SELECT doc FROM runs")?;
    for told in collect(runs, [], |row| doc::<Summary>(&row.get::<_, String>(0)?, "run"))? {
        addresses.extend(told.addresses().into_iter().cloned());
    }
    let mut erased = BTreeSet::new();
    for address in addresses {
        if is_erased(&suppressions::hash(tx, &address)?) {
            erased.insert(address);
        }
    }
    for address in &erased {
        forget::strike_from_runs(tx, address)?;
        held::forget_rows(tx, address)?;
        tx.execute("UPDATE members SET address = NULL, named = NULL WHERE address = ?1", [address.as_str()])?;
    }
    effects::strike_addresses(tx, |address| Ok(is_erased(&suppressions::hash(tx, address)?)))?;
    import_changes::strike_addresses(tx, |address| Ok(is_erased(&suppressions::hash(tx, address)?)))?;
    held::forget_names(tx, &Traces { addresses: erased, name: String::new() })
}
