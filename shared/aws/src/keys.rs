//! Keys for links and for the HTTP API, and the senders of events.

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{ApiKey, EventSource, Keys, PortError, PortResult, Secret, SigningKey};

use crate::{
    DynamoStore, error,
    store::persistently,
    table::{Condition, Fail, Guard, Key, Op, Stored, TRAIL, Table, documents, span},
};

const API_KEYS: &str = "APIKEYS";
const SOURCES: &str = "SOURCES";

fn signing_key() -> Key {
    Key::head("SIGNING")
}

fn hash_key(hash: &str) -> Key {
    Key::head(format!("APIKEY#{hash}"))
}

/// The keys for links, all in one item.
struct Signing {
    keys: Vec<SigningKey>,
    rev: u64,
    /// The marks of its last writes.
    trail: Option<String>,
}

impl Signing {
    async fn load(table: &Table) -> PortResult<Self> {
        match table.get("read the keys for links", &signing_key()).await? {
            Some(stored) => Ok(Self {
                keys: stored.read_document("doc")?,
                rev: stored.count("rev")?,
                trail: stored.find(TRAIL).map(str::to_owned),
            }),
            None => Ok(Self { keys: Vec::new(), rev: 0, trail: None }),
        }
    }

    /// Saves these keys unless somebody saved others since this was read.
    async fn save(&self, table: &Table, keys: &[SigningKey]) -> Result<(), Fail> {
        let stored = Stored::new(&signing_key())
            .document("doc", &keys)?
            .number("rev", self.rev.saturating_add(1))
            .text_option(TRAIL, self.trail.as_deref());
        let as_read = match self.rev {
            0 => Condition::absent(),
            rev => Condition::new("#rev = :rev").with_number("rev", rev),
        };
        match table.put("save the keys for links", stored, Some(as_read)).await? {
            true => Ok(()),
            false => Err(Fail::Stale),
        }
    }
}

fn fresh(now: Timestamp) -> SigningKey {
    let id = format!("{:016x}", rand::random::<u64>());
    let secret = Secret(rand::random::<[u8; 32]>().to_vec());
    SigningKey { id, secret, made: now, retired: None }
}

async fn first(table: &Table, now: Timestamp) -> Result<Vec<SigningKey>, Fail> {
    let signing = Signing::load(table).await?;
    if !signing.keys.is_empty() {
        return Ok(signing.keys);
    }
    let keys = vec![fresh(now)];
    signing.save(table, &keys).await?;
    Ok(keys)
}

async fn rotate(table: &Table, now: Timestamp) -> Result<SigningKey, Fail> {
    let signing = Signing::load(table).await?;
    let key = fresh(now);
    let mut keys = vec![key.clone()];
    keys.extend(signing.keys.iter().cloned());
    signing.save(table, &keys).await?;
    Ok(key)
}

async fn retire(table: &Table, id: &str, now: Timestamp) -> Result<(), Fail> {
    let signing = Signing::load(table).await?;
    let mut keys = signing.keys.clone();
    let place = keys.iter().position(|key| key.id == id);
    match place {
        None => Err(error::gone("no_such_key", format!("there is no key {id}")).into()),
        Some(0) => {
            let message = format!("key {id} is the newest, and signs the next links");
            Err(error::rejected("newest_key", message, "make a new key first").into())
        }
        Some(place) => {
            keys[place].retired.get_or_insert(now);
            signing.save(table, &keys).await
        }
    }
}

/// Saves an API key where all are and where its hash finds it.
async fn save_api_key(table: &Table, key: &ApiKey) -> Result<(), Fail> {
    const DOING: &str = "save the API key";
    let place = Key::new(API_KEYS, &key.id);
    let before = table.get(DOING, &place).await?;
    let as_read = match &before {
        Some(before) => Condition::new("#doc = :doc").with_text("doc", before.read::<String>("doc")?),
        None => Condition::absent(),
    };
    let found = Stored::new(&hash_key(&key.hash)).text("id", &key.id).document("doc", key)?;
    let mine = Condition::new("attribute_not_exists(#pk) OR #id = :id").with_text("id", &key.id);
    let mut ops = vec![
        Op::put(place.clone(), Stored::new(&place).document("doc", key)?).when(as_read),
        Op::put(hash_key(&key.hash), found).when(mine).or(Guard::Taken),
    ];
    if let Some(before) = before {
        let before: ApiKey = before.read_document("doc")?;
        if before.hash != key.hash {
            ops.push(Op::delete(hash_key(&before.hash)));
        }
    }
    match table.transact(DOING, &ops).await {
        Err(Fail::Taken) => {
            let message = "another API key has this secret";
            Err(error::rejected("key_exists", message, "make another secret").into())
        }
        other => other,
    }
}

#[async_trait]
impl Keys for DynamoStore {
    async fn signing_keys(&self, now: Timestamp) -> PortResult<Vec<SigningKey>> {
        persistently!("make the first key for links", first(&self.table, now))
    }

    async fn rotate_signing_key(&self, now: Timestamp) -> PortResult<SigningKey> {
        persistently!("make a key for links", rotate(&self.table, now))
    }

    async fn retire_signing_key(&self, id: &str, now: Timestamp) -> PortResult<()> {
        persistently!("retire the key", retire(&self.table, id, now))
    }

    async fn api_keys(&self) -> PortResult<Vec<ApiKey>> {
        let found = self.table.query("read the API keys", &span(API_KEYS)).await?;
        documents(found, |stored| stored.read_document("doc"))
    }

    async fn find_api_key(&self, hash: &str) -> PortResult<Option<ApiKey>> {
        let found = self.table.get("look the API key up", &hash_key(hash)).await?;
        found.map(|stored| stored.read_document("doc")).transpose()
    }

    async fn save_api_key(&self, key: &ApiKey) -> PortResult<()> {
        persistently!("save the API key", save_api_key(&self.table, key))
    }

    async fn sources(&self) -> PortResult<Vec<EventSource>> {
        let found = self.table.query("read the senders", &span(SOURCES)).await?;
        documents(found, |stored| stored.read_document("doc"))
    }

    async fn source(&self, id: &str) -> PortResult<Option<EventSource>> {
        // A part of a URL is any text; the key of an item has at least one byte and at most 1,024.
        if id.is_empty() || id.len() > 1_024 {
            return Ok(None);
        }
        let found = self.table.get("look the sender up", &Key::new(SOURCES, id)).await?;
        found.map(|stored| stored.read_document("doc")).transpose()
    }

    async fn add_source(&self, source: &EventSource) -> PortResult<()> {
        let stored = Stored::new(&Key::new(SOURCES, &source.id)).document("doc", source)?;
        match self.table.put("save the sender", stored, Some(Condition::absent())).await? {
            true => Ok(()),
            false => Err(PortError::source_exists()),
        }
    }

    async fn delete_source(&self, id: &str) -> PortResult<()> {
        self.table.delete_many("forget the sender", vec![Key::new(SOURCES, id)]).await
    }
}
