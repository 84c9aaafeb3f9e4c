use std::collections::{BTreeMap, btree_map::Entry};

use async_trait::async_trait;
use listsync_core::Timestamp;
use listsync_engine::ports::{
    ApiKey, EventSource, Keys, Memory, PortError, PortResult, Secret, Seen, SigningKey,
};

use super::{MemoryStore, State, gone, rejected};

/// Keys, senders, and what was handled.
#[derive(Debug, Default)]
pub(super) struct Trusted {
    signing: Vec<SigningKey>,
    api: BTreeMap<String, ApiKey>,
    sources: BTreeMap<String, EventSource>,
    seen: BTreeMap<String, (Vec<u8>, Timestamp)>,
}

impl State {
    fn make_signing_key(&mut self, made: Timestamp) -> SigningKey {
        let number = self.count_up();
        let secret = Secret((0..32u64).map(|byte| (byte * 7 + number) as u8).collect());
        let key = SigningKey { id: format!("k{number}"), secret, made, retired: None };
        self.trusted.signing.insert(0, key.clone());
        key
    }
}

#[async_trait]
impl Keys for MemoryStore {
    async fn signing_keys(&self, now: Timestamp) -> PortResult<Vec<SigningKey>> {
        let mut state = self.lock();
        if state.trusted.signing.is_empty() {
            state.make_signing_key(now);
        }
        Ok(state.trusted.signing.clone())
    }

    async fn rotate_signing_key(&self, now: Timestamp) -> PortResult<SigningKey> {
        Ok(self.lock().make_signing_key(now))
    }

    async fn retire_signing_key(&self, id: &str, now: Timestamp) -> PortResult<()> {
        let mut state = self.lock();
        match state.trusted.signing.iter().position(|key| key.id == id) {
            None => Err(gone("signing key")),
            Some(0) => Err(rejected("newest_key", "it is the newest signing key")),
            Some(place) => {
                state.trusted.signing[place].retired.get_or_insert(now);
                Ok(())
            }
        }
    }

    async fn api_keys(&self) -> PortResult<Vec<ApiKey>> {
        Ok(self.lock().trusted.api.values().cloned().collect())
    }

    async fn find_api_key(&self, hash: &str) -> PortResult<Option<ApiKey>> {
        Ok(self.lock().trusted.api.values().find(|key| key.hash == hash).cloned())
    }

    async fn save_api_key(&self, key: &ApiKey) -> PortResult<()> {
        self.lock().trusted.api.insert(key.id.clone(), key.clone());
        Ok(())
    }

    async fn sources(&self) -> PortResult<Vec<EventSource>> {
        Ok(self.lock().trusted.sources.values().cloned().collect())
    }

    async fn source(&self, id: &str) -> PortResult<Option<EventSource>> {
        Ok(self.lock().trusted.sources.get(id).cloned())
    }

    async fn add_source(&self, source: &EventSource) -> PortResult<()> {
        match self.lock().trusted.sources.entry(source.id.clone()) {
            Entry::Occupied(_) => Err(PortError::source_exists()),
            Entry::Vacant(free) => {
                free.insert(source.clone());
                Ok(())
            }
        }
    }

    async fn delete_source(&self, id: &str) -> PortResult<()> {
        self.lock().trusted.sources.remove(id);
        Ok(())
    }
}

#[async_trait]
impl Seen for MemoryStore {
    async fn recall(&self, name: &str, now: Timestamp) -> PortResult<Option<Vec<u8>>> {
        let state = self.lock();
        let kept = state.trusted.seen.get(name).filter(|(_, until)| *until > now);
        Ok(kept.map(|(value, _)| value.clone()))
    }

    async fn remember(
        &self,
        name: &str,
        value: &[u8],
        until: Timestamp,
        now: Timestamp,
    ) -> PortResult<Memory> {
        let mut state = self.lock();
        match state.trusted.seen.get(name) {
            Some((known, kept)) if *kept > now => Ok(Memory::Known(known.clone())),
            _ => {
                state.trusted.seen.insert(name.to_owned(), (value.to_owned(), until));
                Ok(Memory::New)
            }
        }
    }

    async fn replace(&self, name: &str, value: &[u8], until: Timestamp) -> PortResult<()> {
        self.lock().trusted.seen.insert(name.to_owned(), (value.to_owned(), until));
        Ok(())
    }

    async fn forget(&self, name: &str) -> PortResult<()> {
        self.lock().trusted.seen.remove(name);
        Ok(())
    }
}
