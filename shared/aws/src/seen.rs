//! What was handled, remembered for a time.

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{Memory, PortResult, Seen};

use crate::{
    DynamoStore,
    table::{Condition, Key, Patience, Stored, instant, schema},
};

fn key(name: &str) -> Key {
    Key::head(format!("SEEN#{name}"))
}

fn stored(name: &str, value: &[u8], until: Timestamp) -> Stored {
    Stored::new(&key(name))
        .bytes_of("value", value)
        .at("until", until)
        .number(schema::TIME_TO_LIVE, until.as_second().saturating_add(1))
}

#[async_trait]
impl Seen for DynamoStore {
    async fn recall(&self, name: &str, now: Timestamp) -> PortResult<Option<Vec<u8>>> {
        let Some(stored) = self.table.get("recall what was handled", &key(name)).await? else {
            return Ok(None);
        };
        // The table deletes what is past its time some hours later.
        if stored.instant("until")? <= now {
            return Ok(None);
        }
        stored.read_bytes("value").map(Some)
    }

    async fn remember(
        &self,
        name: &str,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> PortResult<Memory> {
        const DOING: &str = "remember what was handled";
        let stored = stored(name, value, until);
        let free = Condition::new("attribute_not_exists(#pk) OR #until <= :now");
        let free = free.with_number("now", instant(now));
        let mut patience = Patience::new(DOING);
        loop {
            if self.table.put(DOING, stored.clone(), Some(free.clone())).await? {
                return Ok(Memory::New);
            }
            if let Some(known) = self.recall(name, now).await? {
                return Ok(Memory::Known(known));
            }
            // It was forgotten between the two.
            patience.wait().await?;
        }
    }

    async fn replace(&self, name: &str, value: &[u8], until: Timestamp) -> PortResult<()> {
        self.table.put("remember what was handled", stored(name, value, until), None).await.map(drop)
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        self.table.delete_many("forget what was handled", vec![key(name)]).await
    }
}
