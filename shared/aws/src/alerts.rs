//! What was told of alerts: an item each, in one partition.

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{AlertNote, AlertNotes, PortResult, Written};

use crate::{
    DynamoStore,
    table::{Condition, Key, Stored, documents, instant, schema, span},
};

const ALERTS: &str = "ALERTS";

fn note(stored: &Stored) -> PortResult<AlertNote> {
    Ok(AlertNote {
        name: stored.read("name")?,
        version: stored.count("version")?,
        value: stored.read_bytes("value")?,
        until: stored.instant_option("until")?,
    })
}

#[async_trait]
impl AlertNotes for DynamoStore {
    async fn alert_notes(&self, now: Timestamp) -> PortResult<Vec<AlertNote>> {
        let found = self.table.query("read what was told", &span(ALERTS)).await?;
        let mut notes = documents(found, note)?;
        // The table deletes what is past its time some hours later.
        notes.retain(|note| note.until.is_none_or(|until| until > now));
        Ok(notes)
    }

    async fn write_alert_note(&self, note: &AlertNote, now: Timestamp) -> PortResult<Written> {
        let AlertNote { name, version, value, until } = note;
        let mut stored = Stored::new(&Key::new(ALERTS, name))
            .text("name", name)
            .number("version", version + 1)
            .bytes_of("value", value)
            .at_option("until", *until);
        if let Some(until) = until {
            stored = stored.number(schema::TIME_TO_LIVE, until.as_second().saturating_add(1));
        }
        let as_read = match version {
            0 => {
                Condition::new("attribute_not_exists(#pk) OR #until <= :now").with_number("now", instant(now))
            }
            _ => Condition::new("#version = :read").with_number("read", version),
        };
        match self.table.put("write what was told", stored, Some(as_read)).await? {
            true => Ok(Written::Done),
            false => Ok(Written::Outdated),
        }
    }
}
