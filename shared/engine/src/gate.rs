//! Whether the directory of a tenant may be called, for every process that shares the store.

use listsync_core::{
    Timestamp,
    gate::{Standing, standing},
    id::TenantId,
};

use crate::ports::{Clock, Gate, PortResult};

/// Until when no call may begin; none: calls may begin. It costs one read of the store. A closing that lies further ahead
/// than any can is replaced once by the longest that there is, so that it comes to its end.
///
/// # Errors
/// When the store does not answer: then no call may begin, as nobody knows.
pub async fn closed_until(
    gate: &dyn Gate,
    tenant: &TenantId,
    clock: &dyn Clock,
) -> PortResult<Option<Timestamp>> {
    let stored = gate.closed_until(tenant).await?;
    // The time of before the read would be too early a one: while this process stood still, another may have been told to
    // wait for ten minutes, which would look further ahead than any closing can lie, and be cut short.
    match (standing(stored, clock.now()), stored) {
        (Standing::Closed(until), _) => Ok(Some(until)),
        (Standing::Overlong(until), Some(read)) => {
            gate.replace(tenant, read, until).await?;
            Ok(Some(until))
        }
        (Standing::Open | Standing::Overlong(_), _) => Ok(None),
    }
}

/// Whether opening it changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// It had been closed until then.
    Now(Timestamp),
    /// It was open.
    Already,
}

/// Opens it for everybody, as a person asked. A directory that still wants rest says so again, and closes it again.
///
/// # Errors
/// When the store does not answer.
pub async fn open(gate: &dyn Gate, tenant: &TenantId, now: Timestamp) -> PortResult<Opened> {
    match gate.closed_until(tenant).await? {
        Some(until) if until > now => {
            gate.replace(tenant, until, now).await?;
            Ok(Opened::Now(until))
        }
        _ => Ok(Opened::Already),
    }
}
