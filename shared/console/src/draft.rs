//! Files that were sent and looked at, and are not taken in yet. They are kept in memory alone and not for long: a file names
//! people, whom an erasure has to reach.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::body::Bytes;
use listsync_core::{Timestamp, schedule::later};
use tokio::task::JoinHandle;

use crate::session::random;

/// A file is kept for so long after it was sent.
const KEPT: Duration = Duration::from_secs(30 * 60);
/// Bytes of all files that are kept at most; the oldest go first.
const ROOM: usize = 128 * 1024 * 1024;

/// A file that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// Whose session sent it: nobody else finds it.
    pub(crate) session: String,
    /// The list that it is for.
    pub(crate) list: String,
    pub(crate) name: String,
    pub(crate) content: Bytes,
    pub(crate) until: Timestamp,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Drafts(Arc<Mutex<Kept>>);

type Kept = BTreeMap<String, Arc<Draft>>;

impl Drafts {
    /// Keeps one, under a name that nobody guesses, and drops it when its time is over: also where nobody comes any more.
    pub(crate) fn keep(&self, draft: Draft, now: Timestamp) -> String {
        let name = self.put(draft, now);
        self.forget(name.clone(), KEPT);
        name
    }

    fn forget(&self, name: String, after: Duration) -> JoinHandle<()> {
        let kept = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            if let Some(kept) = kept.upgrade() {
                locked(&kept).remove(&name);
            }
        })
    }

    fn put(&self, draft: Draft, now: Timestamp) -> String {
        let mut all = locked(&self.0);
        all.retain(|_, draft| now < draft.until);
        while !all.is_empty() && room(&all) + draft.content.len() > ROOM {
            let oldest = all.iter().min_by_key(|(_, draft)| draft.until).map(|(name, _)| name.clone());
            all.remove(&oldest.unwrap_or_default());
        }
        let name = random();
        all.insert(name.clone(), Arc::new(draft));
        name
    }

    /// The one of a name, for the session that sent it.
    pub(crate) fn find(&self, name: &str, session: &str, now: Timestamp) -> Option<Arc<Draft>> {
        let all = locked(&self.0);
        all.get(name).filter(|draft| draft.session == session && now < draft.until).cloned()
    }

    /// Drops it, for the session that sent it.
    pub(crate) fn drop(&self, name: &str, session: &str) {
        locked(&self.0).retain(|known, draft| known != name || draft.session != session);
    }

    /// Drops all that a session sent.
    pub(crate) fn drop_all_of(&self, session: &str) {
        locked(&self.0).retain(|_, draft| draft.session != session);
    }
}

fn locked(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn room(all: &Kept) -> usize {
    all.values().map(|draft| draft.content.len()).sum()
}

/// Until when a file that is sent now is kept.
pub(crate) fn until(now: Timestamp) -> Timestamp {
    later(now, KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(session: &str, size: usize, at: Timestamp) -> Draft {
        let content = Bytes::from(vec![b'a'; size]);
        Draft { session: session.into(), list: String::new(), name: String::new(), content, until: until(at) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a moment")
    }

    #[test]
    fn a_file_is_found_by_its_session_alone_and_not_for_ever() {
        let drafts = Drafts::default();
        let name = drafts.put(draft("mine", 3, at(0)), at(0));
        assert!(drafts.find(&name, "mine", at(1)).is_some());
        assert!(drafts.find(&name, "another", at(1)).is_none());
        assert!(drafts.find(&name, "mine", at(1800)).is_none(), "it is kept for half an hour");
    }

    #[tokio::test]
    async fn a_file_leaves_the_memory_by_itself() {
        let drafts = Drafts::default();
        let name = drafts.keep(draft("mine", 3, at(0)), at(0));
        assert_eq!(locked(&drafts.0).len(), 1);
        drafts.forget(name, Duration::ZERO).await.expect("it is forgotten");
        assert_eq!(locked(&drafts.0).len(), 0, "nobody has sent another one");
    }

    #[test]
    fn a_file_is_dropped_by_its_session_alone_and_when_that_ends() {
        let drafts = Drafts::default();
        let [one, other] = ["mine", "another"].map(|session| drafts.put(draft(session, 3, at(0)), at(0)));
        drafts.drop(&one, "another");
        assert!(drafts.find(&one, "mine", at(1)).is_some());
        drafts.drop(&one, "mine");
        assert!(drafts.find(&one, "mine", at(1)).is_none());
        drafts.drop_all_of("mine");
        assert!(drafts.find(&other, "another", at(1)).is_some());
        drafts.drop_all_of("another");
        assert!(drafts.find(&other, "another", at(1)).is_none());
    }

    #[test]
    fn the_oldest_file_makes_room_for_a_new_one() {
        let drafts = Drafts::default();
        let first = drafts.put(draft("mine", ROOM / 2, at(0)), at(0));
        let second = drafts.put(draft("mine", ROOM / 2, at(1)), at(1));
        let third = drafts.put(draft("mine", 1, at(2)), at(2));
        let kept = [first, second, third].map(|name| drafts.find(&name, "mine", at(3)).is_some());
        assert_eq!(kept, [false, true, true]);
    }
}
