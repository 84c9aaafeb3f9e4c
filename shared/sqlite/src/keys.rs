//! Keys and senders that are trusted.

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{ApiKey, EventSource, Keys, PortError, PortResult, Secret, SigningKey};
use rusqlite::{Connection, params};

use crate::{
    SqliteStore,
    error::{Fail, Outcome},
    values::{collect, doc, doc_text, first, nanos, timestamp},
};

/// Bytes that nobody can guess.
pub(crate) fn random<const N: usize>() -> Outcome<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Fail::unavailable("no_randomness", "the system gives no random bytes"))?;
    Ok(bytes)
}

fn signing_keys(tx: &Connection) -> Outcome<Vec<SigningKey>> {
    let statement =
        tx.prepare_cached("SELECT id, secret, made, retired FROM signing_keys ORDER BY n DESC")?;
    collect(statement, [], |row| {
        Ok(SigningKey {
            id: row.get(0)?,
            secret: Secret(row.get(1)?),
            made: timestamp(row.get(2)?),
            retired: row.get::<_, Option<i64>>(3)?.map(timestamp),
        })
    })
}

fn make_signing_key(tx: &Connection, made: Timestamp) -> Outcome<SigningKey> {
    let id: String = random::<6>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = random::<32>()?.to_vec();
    tx.execute(
        "INSERT INTO signing_keys (id, secret, made) VALUES (?1, ?2, ?3)",
        params![id, secret, nanos(made)],
    )?;
    Ok(SigningKey { id, secret: Secret(secret), made, retired: None })
}

fn retire(tx: &Connection, id: &str, now: Timestamp) -> Outcome<()> {
    let keys = signing_keys(tx)?;
    let place = keys.iter().position(|key| key.id == id);
    match place {
        None => Err(Fail::gone("no_such_key", format!("there is no signing key {id}"))),
        Some(0) => Err(Fail::rejected(
            "newest_key",
            format!("signing key {id} is the newest one"),
            "make a new one first, then retire this",
        )),
        Some(_) => {
            tx.execute(
                "UPDATE signing_keys SET retired = coalesce(retired, ?2) WHERE id = ?1",
                params![id, nanos(now)],
            )?;
            Ok(())
        }
    }
}

#[async_trait]
impl Keys for SqliteStore {
    async fn signing_keys(&self, now: Timestamp) -> PortResult<Vec<SigningKey>> {
        let kept = self.read("read the signing keys", |tx| signing_keys(tx)).await?;
        if !kept.is_empty() {
            return Ok(kept);
        }
        let first = move |tx: &rusqlite::Transaction<'_>| {
            // Another process may have made it meanwhile.
            if signing_keys(tx)?.is_empty() {
                make_signing_key(tx, now)?;
            }
            signing_keys(tx)
        };
        self.write("make a signing key", first).await
    }

    async fn rotate_signing_key(&self, now: Timestamp) -> PortResult<SigningKey> {
        self.write("make a signing key", move |tx| make_signing_key(tx, now)).await
    }

    async fn retire_signing_key(&self, id: &str, now: Timestamp) -> PortResult<()> {
        let id = id.to_owned();
        self.write("retire the signing key", move |tx| retire(tx, &id, now)).await
    }

    async fn api_keys(&self) -> PortResult<Vec<ApiKey>> {
        self.read("read the API keys", |tx| {
            let statement = tx.prepare_cached("SELECT doc FROM api_keys ORDER BY id")?;
            collect(statement, [], |row| doc(&row.get::<_, String>(0)?, "API key"))
        })
        .await
    }

    async fn find_api_key(&self, hash: &str) -> PortResult<Option<ApiKey>> {
        let hash = hash.to_owned();
        self.read("look the API key up", move |tx| {
            let statement = tx.prepare_cached("SELECT doc FROM api_keys WHERE hash = ?1")?;
            first(statement, [hash], |row| doc(&row.get::<_, String>(0)?, "API key"))
        })
        .await
    }

    async fn save_api_key(&self, key: &ApiKey) -> PortResult<()> {
        let key = key.clone();
        self.write("save the API key", move |tx| {
            tx.execute(
                "INSERT INTO api_keys (id, hash, doc) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET hash = ?2, doc = ?3",
                params![key.id, key.hash, doc_text(&key)?],
            )?;
            Ok(())
        })
        .await
    }

    async fn sources(&self) -> PortResult<Vec<EventSource>> {
        self.read("read the event sources", |tx| {
            let statement = tx.prepare_cached("SELECT doc FROM event_sources ORDER BY id")?;
            collect(statement, [], |row| doc(&row.get::<_, String>(0)?, "event source"))
        })
        .await
    }

    async fn source(&self, id: &str) -> PortResult<Option<EventSource>> {
        let id = id.to_owned();
        self.read("look the event source up", move |tx| {
            let statement = tx.prepare_cached("SELECT doc FROM event_sources WHERE id = ?1")?;
            first(statement, [id], |row| doc(&row.get::<_, String>(0)?, "event source"))
        })
        .await
    }

    async fn add_source(&self, source: &EventSource) -> PortResult<()> {
        let source = source.clone();
        self.write("save the event source", move |tx| {
            let added = tx.execute(
                "INSERT INTO event_sources (id, doc) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
                params![source.id, doc_text(&source)?],
            )?;
            match added {
                0 => Err(PortError::source_exists().into()),
                _ => Ok(()),
            }
        })
        .await
    }

    async fn delete_source(&self, id: &str) -> PortResult<()> {
        let id = id.to_owned();
        self.write("forget the event source", move |tx| {
            tx.execute("DELETE FROM event_sources WHERE id = ?1", [id])?;
            Ok(())
        })
        .await
    }
}
