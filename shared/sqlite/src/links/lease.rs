use std::time::Duration;

use listsync_core::{Timestamp, id::LinkId, schedule::is_leased};
use listsync_engine::ports::{Acquired, Fault, Lease, PortError};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::row;
use crate::{
    error::{Fail, Outcome},
    values::{count, nanos_after, stored_count, timestamp},
};

/// Takes the lease, with a larger token than ever before, unless a live one is out.
pub(super) fn acquire(tx: &Connection, link: &LinkId, now: Timestamp, ttl: Duration) -> Outcome<Acquired> {
    let found: Option<(i64, Option<i64>)> = tx
        .prepare_cached("SELECT n, leased_until FROM links WHERE id = ?1")?
        .query_row([link.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (n, leased_until) = found.ok_or_else(|| row::gone(link))?;
    if let Some(until) = leased_until.map(timestamp).filter(|until| is_leased(Some(*until), now)) {
        return Ok(Acquired::Busy(until));
    }
    let until = nanos_after(now, ttl);
    let token: i64 = tx
        .prepare_cached(
            "UPDATE links SET leased_until = ?2, resync = 0, lease_token = lease_token + 1 WHERE n = ?1
             RETURNING lease_token",
        )?
        .query_row([n, until], |row| row.get(0))?;
    Ok(Acquired::Lease(Lease { link: link.clone(), token: count(token), until: timestamp(until) }))
}

/// The number of the link's row, if the lease is still the one that was given last.
pub(super) fn held(tx: &Connection, lease: &Lease) -> Outcome<i64> {
    tx.prepare_cached("SELECT n FROM links WHERE id = ?1 AND lease_token = ?2 AND leased_until IS NOT NULL")?
        .query_row(params![lease.link.as_str(), stored_count(lease.token)], |row| row.get(0))
        .optional()?
        .ok_or_else(|| lost(lease))
}

pub(super) fn renew(tx: &Connection, lease: &Lease, now: Timestamp, ttl: Duration) -> Outcome<Lease> {
    let n = held(tx, lease)?;
    let until = nanos_after(now, ttl);
    tx.prepare_cached("UPDATE links SET leased_until = ?2 WHERE n = ?1")?.execute([n, until])?;
    Ok(Lease { until: timestamp(until), ..lease.clone() })
}

pub(super) fn release(tx: &Connection, lease: &Lease) -> Outcome<()> {
    tx.prepare_cached("UPDATE links SET leased_until = NULL WHERE id = ?1 AND lease_token = ?2")?
        .execute(params![lease.link.as_str(), stored_count(lease.token)])?;
    Ok(())
}

fn lost(lease: &Lease) -> Fail {
    let message = format!("the lease of link {} is not ours any more", lease.link);
    Fail::Port(PortError::new(Fault::LeaseLost, "lease_lost", message))
}
