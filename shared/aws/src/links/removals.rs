use listsync_core::{Timestamp, link::Side};
use listsync_engine::ports::{PortResult, Removal};

use crate::{
    error,
    table::{Key, Op, Stored, Table, documents, ordered_instant, schema, span},
};

/// How long removals are kept; the guard looks a day back.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

fn partition(birth: &str) -> String {
    format!("REMOVALS#{birth}")
}

/// Removals done at or after this moment, oldest first.
pub(super) async fn since(table: &Table, birth: &str, since: Timestamp) -> PortResult<Vec<Removal>> {
    let span = span(partition(birth)).from(ordered_instant(since));
    documents(table.query("read the link's removals", &span).await?, read)
}

pub(super) fn record_op(birth: &str, removal: &Removal) -> Op {
    let Removal { side, at, count, members_before } = removal;
    let key = Key::new(partition(birth), format!("{}#{}", ordered_instant(*at), uuid::Uuid::now_v7()));
    let stored = Stored::new(&key)
        .text("side", side.to_string())
        .at("at", *at)
        .number("count", count)
        .number("members_before", members_before)
        .number(schema::TIME_TO_LIVE, at.as_second().saturating_add(KEPT_SECONDS));
    Op::put(key, stored)
}

fn read(stored: &Stored) -> PortResult<Removal> {
    let side = match stored.find("side") {
        Some("list") => Side::List,
        Some("group") => Side::Group,
        _ => {
            return Err(error::rejected(
                "store_unreadable",
                "a removal's side does not read",
                "update listsync",
            ));
        }
    };
    Ok(Removal {
        side,
        at: stored.instant("at")?,
        count: stored.count("count")?,
        members_before: stored.count("members_before")?,
    })
}
