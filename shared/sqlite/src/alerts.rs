//! What was told of alerts.

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{AlertNote, AlertNotes, PortResult, Written};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{
    SqliteStore,
    error::Outcome,
    values::{collect, count, nanos, stored_count, timestamp},
};

#[async_trait]
impl AlertNotes for SqliteStore {
    async fn alert_notes(&self, now: Timestamp) -> PortResult<Vec<AlertNote>> {
        self.read("read what was told", move |tx| {
            let statement = tx.prepare_cached(
                "SELECT name, version, value, until FROM alert_notes WHERE until IS NULL OR until > ?1 ORDER BY name",
            )?;
            collect(statement, [nanos(now)], |row| {
                Ok(AlertNote {
                    name: row.get(0)?,
                    version: count(row.get(1)?),
                    value: row.get(2)?,
                    until: row.get::<_, Option<i64>>(3)?.map(timestamp),
                })
            })
        })
        .await
    }

    async fn write_alert_note(&self, note: &AlertNote, now: Timestamp) -> PortResult<Written> {
        let note = note.clone();
        self.write("write what was told", move |tx| write(tx, &note, now)).await
    }
}

fn write(tx: &Connection, note: &AlertNote, now: Timestamp) -> Outcome<Written> {
    tx.prepare_cached("DELETE FROM alert_notes WHERE until <= ?1")?.execute([nanos(now)])?;
    let mut found = tx.prepare_cached("SELECT version FROM alert_notes WHERE name = ?1")?;
    let there: Option<i64> = found.query_row([&note.name], |row| row.get(0)).optional()?;
    if there.map_or(0, count) != note.version {
        return Ok(Written::Outdated);
    }
    tx.prepare_cached(
        "INSERT OR REPLACE INTO alert_notes (name, version, value, until) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![note.name, stored_count(note.version + 1), note.value, note.until.map(nanos)])?;
    Ok(Written::Done)
}
