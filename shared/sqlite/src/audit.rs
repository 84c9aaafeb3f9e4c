//! Who did what.

use std::time::Duration;

use async_trait::async_trait;
use listsync_core::audit::{AuditEntry, Object};
use listsync_engine::ports::{AuditLog, AuditPage, AuditQuery, PortResult};
use rusqlite::{Connection, Row, params};

use crate::{
    SqliteStore,
    error::{Fail, Outcome},
    values::{name_of, named, nanos, nanos_before, timestamp, typed},
};

/// So many rows are looked through for one page: who asks for few of many has others wait a few milliseconds at most.
const LOOKED_THROUGH: usize = 5_000;

#[async_trait]
impl AuditLog for SqliteStore {
    /// Adds one; those that are past their time by it go.
    async fn append(&self, entry: &AuditEntry, keep: Duration) -> PortResult<()> {
        let entry = entry.clone();
        self.write("record what was done", move |tx| append(tx, &entry, keep)).await
    }

    async fn page(&self, query: &AuditQuery) -> PortResult<AuditPage> {
        let query = query.clone();
        self.read("read the audit", move |tx| page(tx, &query)).await
    }
}

fn append(tx: &Connection, entry: &AuditEntry, keep: Duration) -> Outcome<()> {
    let AuditEntry { id, at, actor, action, objects, completion } = entry;
    let objects: Vec<String> = objects.iter().map(ToString::to_string).collect();
    tx.prepare_cached(
        "INSERT OR IGNORE INTO audit (at, id, actor, action, objects, completion) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        nanos(*at),
        id,
        actor.to_string(),
        action.word(),
        objects.join(" "),
        name_of(completion)?
    ])?;
    tx.prepare_cached("DELETE FROM audit WHERE at < ?1")?.execute([nanos_before(*at, keep)])?;
    Ok(())
}

fn page(tx: &Connection, query: &AuditQuery) -> Outcome<AuditPage> {
    let AuditQuery { filter, since, before, limit } = query;
    let (at, id) = match before {
        Some(place) => (nanos(place.at), place.id.as_str()),
        // No entry is later.
        None => (i64::MAX, "\u{10ffff}"),
    };
    let mut statement = tx.prepare_cached(
        "SELECT at, id, actor, action, objects, completion FROM audit
         WHERE at >= ?1 AND (at, id) < (?2, ?3) ORDER BY at DESC, id DESC",
    )?;
    let mut rows = statement.query(params![nanos(*since), at, id])?;
    let mut page = AuditPage::default();
    let mut looked_through = 0;
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        looked_through += 1;
        let place = entry.place();
        if filter.admits(&entry) {
            page.entries.push(entry);
        }
        if page.entries.len() >= *limit || looked_through >= LOOKED_THROUGH {
            page.next = rows.next()?.map(|_| place);
            break;
        }
    }
    Ok(page)
}

fn entry(row: &Row<'_>) -> Outcome<AuditEntry> {
    let objects: String = row.get(4)?;
    let objects = objects.split_whitespace().map(|text| Object::try_from(text.to_owned()));
    Ok(AuditEntry {
        at: timestamp(row.get(0)?),
        id: row.get(1)?,
        actor: typed(row, 2, "actor")?,
        action: typed(row, 3, "action")?,
        objects: objects.collect::<Result<_, _>>().map_err(|_| Fail::Stored("object of an action"))?,
        completion: named(row.get(5)?, "completion of an action")?,
    })
}
