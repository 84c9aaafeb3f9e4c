use std::time::Duration;

use aws_sdk_dynamodb::{
    error::ProvideErrorMetadata as _, operation::transact_write_items::TransactWriteItemsError,
};
use listsync_engine::ports::{Fault, PortError, PortResult};

use super::{
    client::Table,
    op::{Guard, Op},
};
use crate::error;

/// How many writes one transaction may have.
pub(crate) const MOST_OPS: usize = 100;
/// How many bytes one transaction may carry: 4 MB, and some are for the request itself.
pub(crate) const MOST_BYTES: usize = 3_000_000;

/// Why a transaction changed nothing.
#[derive(Debug)]
pub(crate) enum Fail {
    /// What was read is not so any more: read again and decide anew.
    Stale,
    /// What the caller wanted to take is taken.
    Taken,
    /// Anything else.
    Port(PortError),
}

impl From<PortError> for Fail {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl Table {
    /// Does all of these or none.
    pub(crate) async fn transact(&self, doing: &'static str, ops: &[Op]) -> Result<(), Fail> {
        debug_assert!(ops.len() <= MOST_OPS, "{} writes in one transaction", ops.len());
        let writes = ops.iter().map(|op| op.to_write(&self.name)).collect::<Result<Vec<_>, _>>();
        let writes = writes.map_err(|_| Fail::Port(error::malformed(doing)))?;
        // One token for all tries: a repeat after a lost answer does nothing twice.
        let token = uuid::Uuid::new_v4().to_string();
        let mut patience = Patience::new(doing);
        loop {
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let Err(failed) = sent.client_request_token(&token).send().await else { return Ok(()) };
            let cancelled = match failed.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled,
                Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
                    patience.wait().await?;
                    continue;
                }
                _ => return Err(Fail::Port(error::port(doing, &failed))),
            };
            let codes = cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or("None"));
            match judge(ops, codes) {
                Judged::Again => patience.wait().await?,
                Judged::Guard(Guard::Stale) => return Err(Fail::Stale),
                Judged::Guard(Guard::Lease) => return Err(Fail::Port(error::lease_lost(doing))),
                Judged::Guard(Guard::Taken) => return Err(Fail::Taken),
                Judged::Refused => {
                    let code = failed.code().unwrap_or("store_failed").to_owned();
                    let message = format!("could not {doing}: the table refused the transaction");
                    return Err(Fail::Port(PortError::new(Fault::Rejected, code, message)));
                }
            }
        }
    }
}

enum Judged {
    Again,
    Guard(Guard),
    Refused,
}

/// What the reasons of a cancelled transaction come to. A lost lease outweighs all; what is taken outweighs staleness.
fn judge<'a>(ops: &[Op], codes: impl Iterator<Item = &'a str>) -> Judged {
    let mut judged = None;
    for (op, code) in ops.iter().zip(codes) {
        match code {
            "None" => {}
            "ConditionalCheckFailed" => match (judged, op.guard) {
                (Some(Guard::Lease), _) | (Some(Guard::Taken), Guard::Taken | Guard::Stale) => {}
                (_, guard) => judged = Some(guard),
            },
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {}
            _ => return Judged::Refused,
        }
    }
    judged.map_or(Judged::Again, Judged::Guard)
}

/// How long to wait before the next try: twice as long each time, and never in step with others.
pub(crate) struct Patience {
    doing: &'static str,
    tries: u32,
}

/// How often something is tried before the caller is told that the store is busy: some twenty seconds in all.
const TRIES: u32 = 24;

impl Patience {
    pub(crate) fn new(doing: &'static str) -> Self {
        Self { doing, tries: 0 }
    }

    /// Waits, unless that was done often enough.
    pub(crate) async fn wait(&mut self) -> PortResult<()> {
        self.tries += 1;
        if self.tries > TRIES {
            return Err(error::busy(self.doing));
        }
        let most = 10_u64.saturating_mul(1 << self.tries.min(8)).min(1_500);
        let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
        tokio::time::sleep(Duration::from_millis(1 + random % most)).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Condition, Key};

    fn ops() -> [Op; 3] {
        let op = |guard| Op::check(Key::head("x"), Condition::present()).or(guard);
        [op(Guard::Stale), op(Guard::Lease), op(Guard::Taken)]
    }

    fn judged(codes: [&str; 3]) -> Judged {
        judge(&ops(), codes.into_iter())
    }

    #[test]
    fn a_lost_lease_outweighs_everything() {
        let all = ["ConditionalCheckFailed"; 3];
        assert!(matches!(judged(all), Judged::Guard(Guard::Lease)));
        let two = ["ConditionalCheckFailed", "None", "ConditionalCheckFailed"];
        assert!(matches!(judged(two), Judged::Guard(Guard::Taken)));
    }

    #[test]
    fn a_conflict_is_tried_again_and_an_unknown_reason_is_not() {
        assert!(matches!(judged(["TransactionConflict", "None", "ThrottlingError"]), Judged::Again));
        assert!(matches!(judged(["ValidationError", "None", "None"]), Judged::Refused));
    }
}
