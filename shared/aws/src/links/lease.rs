use std::time::Duration;

use listsync_core::{Timestamp, id::LinkId, schedule::is_leased};
use listsync_engine::ports::{Acquired, Fault, Finish, Finished, Lease, PortError, PortResult};

use super::row::{LinkRow, due_key, key};
use crate::table::{Condition, Fail, Guard, Op, Table, instant};

/// Takes the lease, with a larger token than ever before, unless a live one is out.
pub(super) async fn acquire(
    table: &Table,
    link: &LinkId,
    now: Timestamp,
    ttl: Duration,
) -> Result<Acquired, Fail> {
    let read = LinkRow::load(table, link).await?;
    if let Some(until) = read.leased_until.filter(|until| is_leased(Some(*until), now)) {
        return Ok(Acquired::Busy(until));
    }
    let until = after(now, ttl);
    let token = read.token + 1;
    let taken = LinkRow { leased_until: Some(until), token, resync: false, ..read.clone() };
    taken.save(table, "take the link's lease", &read).await?;
    Ok(Acquired::Lease(Lease { link: link.clone(), token, until }))
}

/// The instant this long after another, as it is stored.
fn after(now: Timestamp, ttl: Duration) -> Timestamp {
    let exact = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
    Timestamp::from_nanosecond(i128::from(instant(exact))).unwrap_or(Timestamp::MAX)
}

/// That the lease is still the one that was given last.
pub(super) fn held(lease: &Lease) -> Condition {
    let held = Condition::new("#token = :token AND attribute_exists(#leased_until)");
    held.with_number("token", lease.token)
}

/// A look that fails when the lease is somebody else's.
pub(super) fn fence(lease: &Lease) -> Op {
    Op::check(key(&lease.link), held(lease)).or(Guard::Lease)
}

/// The same, where the group grew by so many members.
pub(super) fn fence_and_grow(lease: &Lease, in_group: i64) -> Op {
    if in_group == 0 {
        return fence(lease);
    }
    let grow = Condition::new("SET #in_group = #in_group + :came, #rev = #rev + :one");
    let grow = grow.with_number("came", in_group).with_number("one", 1);
    Op::update(key(&lease.link), grow).when(held(lease)).or(Guard::Lease)
}

pub(super) async fn renew(table: &Table, lease: &Lease, now: Timestamp, ttl: Duration) -> PortResult<Lease> {
    const DOING: &str = "renew the link's lease";
    let until = after(now, ttl);
    let longer = |more: &str| {
        Condition::new(format!("SET #leased_until = :until{more}, #rev = #rev + :one"))
            .with_number("until", instant(until))
            .with_number("one", 1)
    };
    let listed = held(lease);
    let listed = Condition::new(format!("{} AND #active = :yes", listed.text()))
        .with_number("token", lease.token)
        .with("yes", aws_sdk_dynamodb::types::AttributeValue::Bool(true));
    let in_index = longer(", #due_key = :due_key").with_text("due_key", due_key(until, &lease.link));
    let key = key(&lease.link);
    // A link that was paused during its run is in no index.
    let renewed = match table.update(DOING, (&key, in_index, listed)).await? {
        Some(stored) => Some(stored),
        None => {
            let paused = Condition::new(format!("{} AND #active = :no", held(lease).text()))
                .with_number("token", lease.token)
                .with("no", aws_sdk_dynamodb::types::AttributeValue::Bool(false));
            table.update(DOING, (&key, longer(""), paused)).await?
        }
    };
    renewed.map(|_| Lease { until, ..lease.clone() }).ok_or_else(|| lost(lease))
}

pub(super) async fn release(table: &Table, lease: &Lease) -> Result<(), Fail> {
    let Some(read) = LinkRow::find(table, &lease.link).await? else { return Ok(()) };
    if read.token != lease.token || read.leased_until.is_none() {
        return Ok(());
    }
    let free = LinkRow { leased_until: None, ..read.clone() };
    free.save(table, "give the link's lease back", &read).await
}

/// Saves all that a run hands on but its rows, sets synced, and frees the lease.
pub(super) async fn finish(table: &Table, lease: &Lease, finish: &Finish) -> Result<Finished, Fail> {
    let read = match LinkRow::find(table, &lease.link).await? {
        Some(read) if read.token == lease.token && read.leased_until.is_some() => read,
        _ => return Err(lost(lease).into()),
    };
    let mut after = read.clone();
    after.progress = finish.progress.clone();
    if read.resync {
        after.progress.forget_reads();
    }
    if let Some(status) = finish.status {
        after.link.status = status;
    }
    if read.ruling.as_ref().is_some_and(|ruling| Some(&ruling.digest) == finish.ruling_done.as_ref()) {
        after.ruling = None;
    }
    let (generations, finished) = read.generations().finished(finish.synced);
    after.synced = generations.synced.0;
    after.due_at = finish.due_at;
    after.finished_at = Some(finish.at);
    (after.leased_until, after.resync, after.quiet) = (None, false, None);
    after.save(table, "record the run", &read).await?;
    Ok(finished)
}

pub(super) fn lost(lease: &Lease) -> PortError {
    let message = format!("the lease of link {} is not ours any more", lease.link);
    PortError::new(Fault::LeaseLost, "lease_lost", message)
}
