//! Whom runs added and removed.

use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    effects::{Batch, BatchPlace, Certainty, Done, PackedError, Whom, forget, pack, unpack},
};
use listsync_engine::ports::{EffectsPage, EffectsQuery, FoldEffects, ListOutcome};
use rusqlite::{Connection, Row, params};

use crate::{
    error::{Fail, Outcome},
    values::{collect, nanos, nanos_after, stored_limit, timestamp, typed},
};

/// Keeps the effects of a fold whose steps on the list came to this; what is past its time goes.
pub(crate) fn keep(tx: &Connection, effects: &FoldEffects, outcomes: &[ListOutcome]) -> Outcome<()> {
    let FoldEffects { batch, keep } = effects;
    let done: Vec<Done> = match outcomes {
        [] => batch.done.clone(),
        outcomes => {
            let done = batch.done.iter().zip(outcomes);
            done.filter(|(_, outcome)| **outcome == ListOutcome::Done).map(|(done, _)| done.clone()).collect()
        }
    };
    if done.is_empty() {
        return Ok(());
    }
    let BatchPlace { at, run, number } = &batch.place;
    tx.prepare_cached(
        "INSERT INTO effects (list, at, run, number, link, until, done) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (list, at, run, number) DO UPDATE SET link = ?5, until = ?6, done = ?7",
    )?
    .execute(params![
        batch.list.as_str(),
        nanos(*at),
        run.as_str(),
        number,
        batch.link.as_str(),
        nanos_after(*at, *keep),
        pack(&done)
    ])?;
    tx.prepare_cached("DELETE FROM effects WHERE until <= ?1")?.execute([nanos(*at)])?;
    Ok(())
}

pub(crate) fn page(tx: &Connection, query: &EffectsQuery, now: Timestamp) -> Outcome<EffectsPage> {
    let EffectsQuery { list, run, since, until, from, limit } = query;
    let (at, of, number) = match from {
        Some(place) => (nanos(place.at), place.run.as_str(), i64::from(place.number)),
        None => (i64::MAX, "\u{10ffff}", i64::MAX),
    };
    let statement = tx.prepare_cached(
        "SELECT list, at, run, number, link, done FROM effects
         WHERE list = ?1 AND at BETWEEN ?2 AND ?3 AND (at, run, number) <= (?4, ?5, ?6)
             AND until > ?7 AND (?8 IS NULL OR run = ?8)
         ORDER BY at DESC, run DESC, number DESC LIMIT ?9",
    )?;
    let run = run.as_ref().map(|run| run.as_str());
    let more = stored_limit(limit.saturating_add(1));
    let wanted = params![list.as_str(), nanos(*since), nanos(*until), at, of, number, nanos(now), run, more];
    let mut batches = collect(statement, wanted, batch)?;
    let next = batches.get(*limit).map(|further| further.place.clone());
    batches.truncate(*limit);
    Ok(EffectsPage { batches, next })
}

fn batch(row: &Row<'_>) -> Outcome<Batch> {
    let place =
        BatchPlace { at: timestamp(row.get(1)?), run: typed(row, 2, "run's id")?, number: row.get(3)? };
    Ok(Batch {
        list: typed(row, 0, "list's id")?,
        link: typed(row, 4, "link's id")?,
        place,
        // They were kept in one transaction with what they did.
        certainty: Certainty::Certain,
        done: unpacked(&row.get::<_, Vec<u8>>(5)?)?,
    })
}

fn unpacked(bytes: &[u8]) -> Outcome<Vec<Done>> {
    unpack(bytes).map_err(|error| match error {
        PackedError::Newer(_) => Fail::rejected("schema_unknown", error.to_string(), "update listsync"),
        PackedError::Malformed => Fail::Stored("effects of a run"),
    })
}

/// Takes the addresses of somebody out of all that is kept.
pub(crate) fn strike(tx: &Connection, whom: &Whom) -> Outcome<()> {
    rewrite(tx, |done| forget(done, whom))
}

/// The same of whoever has an address that is erased.
pub(crate) fn strike_addresses(
    tx: &Connection,
    is_erased: impl Fn(&Address) -> Outcome<bool>,
) -> Outcome<()> {
    let mut all = BTreeSet::new();
    for bytes in collect(tx.prepare_cached("SELECT done FROM effects")?, [], |row| Ok(row.get(0)?))? {
        let bytes: Vec<u8> = bytes;
        all.extend(unpacked(&bytes)?.into_iter().filter_map(|done| done.address));
    }
    let mut addresses = BTreeSet::new();
    for address in all {
        if is_erased(&address)? {
            addresses.insert(address);
        }
    }
    match addresses.is_empty() {
        true => Ok(()),
        false => strike(tx, &Whom { addresses, ..Whom::default() }),
    }
}

fn rewrite(tx: &Connection, mut change: impl FnMut(&mut [Done]) -> bool) -> Outcome<()> {
    let statement = tx.prepare_cached("SELECT n, done FROM effects")?;
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, unpacked(&row.get::<_, Vec<u8>>(1)?)?));
    for (n, mut done) in collect(statement, [], read)? {
        if change(&mut done) {
            tx.prepare_cached("UPDATE effects SET done = ?2 WHERE n = ?1")?
                .execute(params![n, pack(&done)])?;
        }
    }
    Ok(())
}
