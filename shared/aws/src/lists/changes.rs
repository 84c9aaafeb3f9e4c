//! The change log of a list: its cursor is the number of the last change. The number is taken in the transaction that
//! makes the change, so no change becomes visible behind a cursor.

use std::collections::BTreeSet;

use listsync_engine::ports::{Cursor, ListChanges, PortResult};

use super::{
    head::{Head, log_partition, log_sort},
    tx::Logged,
};
use crate::{
    error,
    table::{Stored, Table, span},
};

/// The number that a cursor stands for; none: it is no cursor of ours.
pub(crate) fn number(cursor: &Cursor) -> Option<u64> {
    cursor.0.parse().ok()
}

pub(super) async fn since(table: &Table, head: &Head, since: &Cursor) -> PortResult<ListChanges> {
    let (list, seq) = (&head.list.id, head.seq);
    let too_old =
        || error::gone("cursor_gone", format!("list {list} does not know what changed since that cursor"));
    // A cursor ahead of the list comes from a table that was restored to a point in time.
    let since = number(since).filter(|since| *since <= seq).ok_or_else(too_old)?;
    let mut contacts = Vec::new();
    if since < seq {
        let steps = span(log_partition(list)).from(log_sort(since + 1)).to(log_sort(seq));
        let read = |stored: &Stored| stored.read_document::<Vec<Logged>>("changes");
        let steps = table.read("read the list's changes", &steps, read).await?;
        // Old steps go by themselves, in no order: only a log without a gap tells everything.
        if steps.len() as u64 != seq - since {
            return Err(too_old());
        }
        let mut seen = BTreeSet::new();
        let each = steps.into_iter().flatten().map(|change| change.contact);
        contacts = each.filter(|contact| seen.insert(contact.clone())).collect();
    }
    Ok(ListChanges { contacts, cursor: Cursor(seq.to_string()) })
}
