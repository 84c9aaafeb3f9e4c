//! The change log of a list: its cursor is the number of the last change. The number is taken in the transaction that
//! makes the change, so no change becomes visible behind a cursor.

use std::collections::BTreeSet;

use listsync_core::{history::Shift, list::Standing};
use listsync_engine::ports::{self, Cursor, ListChanges, LogPage, LogPlace, LogQuery, PortResult};

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

/// So many steps of a log are looked through for one page: who asks for one of many has others wait no longer.
const LOOKED_THROUGH: usize = 5_000;

/// A page of who came to stand otherwise, the newest first.
pub(super) async fn page(table: &Table, query: &LogQuery) -> PortResult<LogPage> {
    let LogQuery { list, contact, from, limit } = query;
    let mut wanted = span(log_partition(list)).newest_first();
    if let Some(from) = from {
        wanted = wanted.to(log_sort(from.seq));
    }
    let (mut page, mut start, mut looked_through) = (LogPage::default(), None, 0);
    loop {
        let part = table.page("read the list's history", &wanted, start.take()).await?;
        for stored in &part.items {
            let seq = stored.key()?.sk.parse().unwrap_or_default();
            let changes: Vec<Logged> = stored.read_document("changes")?;
            looked_through += 1;
            for (index, change) in (0..).zip(changes) {
                let place = LogPlace { seq, index };
                let is_before = from.is_some_and(|from| from.seq == seq && index < from.index);
                let is_wanted = contact.as_ref().is_none_or(|contact| *contact == change.contact);
                let Some(standing) = standing(&change.what).filter(|_| is_wanted && !is_before) else {
                    continue;
                };
                if page.entries.len() == *limit || looked_through > LOOKED_THROUGH {
                    page.next = Some(place);
                    return Ok(page);
                }
                let Logged { contact, what: _, origin, at } = change;
                let shift = Shift { list: list.clone(), contact, standing, origin, at };
                page.entries.push(ports::Logged { place, shift });
            }
        }
        start = part.next;
        if start.is_none() {
            return Ok(page);
        }
    }
}

/// The standing that a change made; none: it changed something else.
fn standing(what: &str) -> Option<Standing> {
    [Standing::Member, Standing::OptedOut, Standing::Pending, Standing::Absent]
        .into_iter()
        .find(|standing| standing.to_string() == what)
}
