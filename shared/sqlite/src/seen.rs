//! What was handled before.

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{Memory, PortResult, Seen};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::{SqliteStore, error::Outcome, values::nanos};

fn recall(tx: &Connection, name: &str, now: Timestamp) -> Outcome<Option<Vec<u8>>> {
    let mut statement = tx.prepare_cached("SELECT value FROM seen WHERE name = ?1 AND until > ?2")?;
    Ok(statement.query_row(params![name, nanos(now)], |row| row.get(0)).optional()?)
}

#[async_trait]
impl Seen for SqliteStore {
    async fn recall(&self, name: &str, now: Timestamp) -> PortResult<Option<Vec<u8>>> {
        let name = name.to_owned();
        self.read("look up what was seen", move |tx| recall(tx, &name, now)).await
    }

    async fn remember(
        &self,
        name: &str,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> PortResult<Memory> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write("remember what was seen", move |tx| {
            if let Some(known) = recall(tx, &name, now)? {
                return Ok(Memory::Known(known));
            }
            tx.prepare_cached("DELETE FROM seen WHERE until <= ?1")?.execute([nanos(now)])?;
            tx.prepare_cached("INSERT INTO seen (name, value, until) VALUES (?1, ?2, ?3)")?
                .execute(params![name, value, nanos(until)])?;
            Ok(Memory::New)
        })
        .await
    }

    async fn replace(&self, name: &str, value: &[u8], until: Timestamp) -> PortResult<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write("remember what was seen", move |tx| {
            tx.prepare_cached("INSERT OR REPLACE INTO seen (name, value, until) VALUES (?1, ?2, ?3)")?
                .execute(params![name, value, nanos(until)])?;
            Ok(())
        })
        .await
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        let name = name.to_owned();
        self.write("forget what was seen", move |tx| {
            tx.execute("DELETE FROM seen WHERE name = ?1", [name])?;
            Ok(())
        })
        .await
    }
}
