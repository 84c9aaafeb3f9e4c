//! When a key was used last. It is kept beside the key, not in it: a use that is noted while somebody revokes the key must
//! not write the key back as it was.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use listsync_core::{Timestamp, schedule::later};
use listsync_engine::ports::{PortResult, Seen};

/// A key's use is told to the store once in so long, however often it is used.
const GRAIN: Duration = Duration::from_secs(3600);
/// For so long it is remembered: longer than anybody asks who used a key.
const KEPT: Duration = Duration::from_secs(5 * 366 * 24 * 3600);

/// What this process told the store.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    told: Mutex<BTreeMap<String, Timestamp>>,
}

impl Uses {
    /// Notes that a key is used. A store that does not take it costs the caller nothing.
    pub(crate) async fn note(&self, seen: &dyn Seen, key: &str, now: Timestamp) {
        if self.is_told(key, now) {
            return;
        }
        if let Err(error) = tell(seen, key, now).await {
            tracing::warn!(code = error.code, "the use of a key could not be noted: {error}");
        }
    }

    /// Whether the store knows a use of this hour; it is taken for told from now on.
    fn is_told(&self, key: &str, now: Timestamp) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.get(key) {
            Some(at) if is_recent(*at, now) => true,
            _ => {
                told.insert(key.to_owned(), now);
                false
            }
        }
    }
}

/// A clock that went back counts as no time passed, and one that ran ahead is corrected by the next use.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now < later(at, GRAIN)
}

async fn tell(seen: &dyn Seen, key: &str, now: Timestamp) -> PortResult<()> {
    // Another process, or this one before it was started again, may have told it.
    match last_used(seen, key, now).await? {
        Some(at) if is_recent(at, now) => Ok(()),
        _ => seen.replace(&name(key), now.to_string().as_bytes(), later(now, KEPT)).await,
    }
}

/// When a key was used last, to the hour; none: it was not, or before this was kept.
///
/// # Errors
/// When the store does not answer.
pub async fn last_used(seen: &dyn Seen, key: &str, now: Timestamp) -> PortResult<Option<Timestamp>> {
    let kept = seen.recall(&name(key), now).await?;
    Ok(kept.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok()))
}

fn name(key: &str) -> String {
    format!("key-used/{key}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_told_once_an_hour() {
        let at = |minutes: i64| Timestamp::from_second(minutes * 60).expect("a moment");
        let uses = Uses::default();
        let asked: Vec<bool> = [0, 1, 59, 60, 61, 30].map(|minutes| uses.is_told("a", at(minutes))).into();
        assert_eq!(asked, [false, true, true, false, true, false]);
        assert!(!uses.is_told("b", at(61)), "each key for itself");
    }
}
