//! Who left a list lately.

use listsync_core::{Timestamp, id::ListId, import::Gone};
use listsync_engine::ports::{LogQuery, PortResult};

use super::{changes, entries, head::Head};
use crate::table::Table;

/// How many changes are looked at in one go.
const PAGE: usize = 500;

/// How many left a list within the 24 hours before a moment, as far as it can change a judgement.
pub(super) async fn count(table: &Table, list: &ListId, now: Timestamp) -> PortResult<u64> {
    let mut gone = Gone::before(now, Head::load(table, list).await?.members);
    let mut query = LogQuery { list: list.clone(), contact: None, from: None, limit: PAGE };
    loop {
        let page = changes::page(table, &query).await?;
        let by_file = gone.saw(page.entries.iter().map(|logged| &logged.shift));
        gone.spare(entries::approved_leavers(table, list, &by_file).await?.len() as u64);
        match page.next {
            Some(next) if !gone.is_known() => query.from = Some(next),
            _ => return Ok(gone.count()),
        }
    }
}
