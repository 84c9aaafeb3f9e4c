//! What the guard counts: changes of the last days, of a group by its link, of a list by all its links; and how many members
//! a list had.

use listsync_core::{
    Timestamp,
    id::ListId,
    link::Side,
    member::{self, Change},
    sizes::{Found, Sizes},
};
use listsync_engine::ports::{Moved, PortError, PortResult};

use super::row::LinkRow;
use crate::{
    error,
    lists::head,
    table::{Condition, Fail, Key, Op, Stored, Table, documents, ordered_instant, schema, span},
};

/// How long they are kept; the guard looks a day back.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;
const ADD: &str = "add";
const REMOVE: &str = "remove";

fn partition(link: &LinkRow, side: Side) -> String {
    match side {
        Side::Group => of_link(link),
        Side::List => format!("LISTREMOVALS#{}", link.link.list),
    }
}

fn of_link(link: &LinkRow) -> String {
    format!("REMOVALS#{}", link.birth)
}

/// Changes that the guard of a link counts, done at or after this moment, oldest first. Those from a list that were
/// recorded before they were counted for the list are with the link.
pub(super) async fn since(table: &Table, link: &LinkRow, since: Timestamp) -> PortResult<Vec<Moved>> {
    let mut moved = Vec::new();
    for side in [Side::Group, Side::List] {
        let span = span(partition(link, side)).from(ordered_instant(since));
        moved.extend(documents(table.query("read what the guard counts", &span).await?, read)?);
    }
    moved.sort_by_key(|moved: &Moved| moved.at);
    Ok(moved)
}

/// The record of changes. Each is an item of its own, so that none is lost whoever records at the same time.
pub(super) fn record_op(link: &LinkRow, moved: &Moved) -> Op {
    let Moved { change: Change { side, op }, at, count, members_before } = moved;
    let sort = format!("{}#{}", ordered_instant(*at), uuid::Uuid::now_v7());
    let key = Key::new(partition(link, *side), sort);
    let stored = Stored::new(&key)
        .text("side", side.to_string())
        .text("op", if *op == member::Op::Add { ADD } else { REMOVE })
        .at("at", *at)
        .number("count", count)
        .number("members_before", members_before)
        .number(schema::TIME_TO_LIVE, at.as_second().saturating_add(KEPT_SECONDS));
    Op::put(key, stored)
}

fn unreadable(what: &str) -> PortError {
    error::rejected("store_unreadable", what, "update listsync")
}

fn read(stored: &Stored) -> PortResult<Moved> {
    let side = match stored.find("side") {
        Some("list") => Side::List,
        Some("group") => Side::Group,
        _ => return Err(unreadable("the side of a change does not read")),
    };
    let op = match stored.find("op") {
        Some(ADD) => member::Op::Add,
        // Earlier releases recorded removals alone, and did not say so.
        Some(REMOVE) | None => member::Op::Remove,
        Some(_) => return Err(unreadable("the kind of a change does not read")),
    };
    Ok(Moved {
        change: Change { side, op },
        at: stored.instant("at")?,
        count: stored.count("count")?,
        members_before: stored.count("members_before")?,
    })
}

pub(super) fn sizes_key(list: &ListId) -> Key {
    Key::new(head::partition(list), "SIZES")
}

/// How many members a list had, lately.
pub(super) async fn sizes(table: &Table, list: &ListId) -> PortResult<Option<Sizes>> {
    let stored = table.get("read the list's sizes", &sizes_key(list)).await?;
    stored.map(|stored| stored.read_document("sizes")).transpose()
}

/// Keeps how many members a list has, where that is news and nobody else kept another meanwhile.
pub(super) async fn note_size(table: &Table, list: &ListId, found: Found) -> Result<(), Fail> {
    let key = sizes_key(list);
    let stored = table.get("read the list's sizes", &key).await?;
    let kept: Option<Sizes> = stored.as_ref().map(|stored| stored.read_document("sizes")).transpose()?;
    let after = Sizes::after(kept.as_ref(), found);
    if kept.as_ref() == Some(&after) {
        return Ok(());
    }
    let as_read = match stored.as_ref().and_then(|stored| stored.find("sizes")) {
        Some(text) => Condition::new("#sizes = :read").with_text("read", text),
        None => Condition::absent(),
    };
    let after = Stored::new(&key).document("sizes", &after)?;
    match table.put("keep the list's size", after, Some(as_read)).await? {
        true => Ok(()),
        false => Err(Fail::Stale),
    }
}
