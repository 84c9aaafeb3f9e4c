//! Who left a list lately.

use listsync_core::{Timestamp, id::ListId, import::Gone};
use listsync_engine::ports::LogQuery;
use rusqlite::Connection;

use super::{catalog, changes, entries, memberships};
use crate::error::Outcome;

/// How many changes are looked at in one go.
const PAGE: usize = 500;

/// How many left a list within the 24 hours before a moment, as far as it can change a judgement.
pub(super) fn count(tx: &Connection, list: &ListId, now: Timestamp) -> Outcome<u64> {
    let n = catalog::number(tx, list)?;
    let mut gone = Gone::before(now, entries::size(tx, n)?);
    let mut query = LogQuery { list: list.clone(), contact: None, from: None, limit: PAGE };
    loop {
        let page = changes::page(tx, &query)?;
        let by_file = gone.saw(page.entries.iter().map(|logged| &logged.shift));
        gone.spare(memberships::approved_leavers(tx, n, &by_file)?.len() as u64);
        match page.next {
            Some(next) if !gone.is_known() => query.from = Some(next),
            _ => return Ok(gone.count()),
        }
    }
}
