//! The embedded store meets the contracts of every port that it serves, in memory and in a file.

use std::sync::Arc;

use listsync_sqlite::SqliteStore;
use listsync_testkit::{contracts, fakes::ManualClock};

fn make() -> SqliteStore {
    SqliteStore::open_in_memory().expect("a store in memory opens")
}

#[tokio::test]
async fn the_embedded_store_keeps_links() {
    contracts::links::all(make).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_links_in_a_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let number = std::sync::atomic::AtomicU32::new(0);
    contracts::links::all(|| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        SqliteStore::open(folder.path().join(format!("{number}.db"))).expect("a store in a new file opens")
    })
    .await;
}

#[tokio::test]
async fn the_embedded_store_keeps_lists() {
    contracts::lists::all(make).await;
}

#[tokio::test]
async fn the_embedded_store_is_a_queue() {
    contracts::queue::all(|clock: &ManualClock| make().with_clock(Arc::new(clock.clone()))).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_records() {
    contracts::records::runs(make).await;
    contracts::records::gate(make).await;
    contracts::records::settings(make).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_people() {
    contracts::people::all(make).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_keys_and_what_was_seen() {
    contracts::keys::all(make).await;
    contracts::keys::seen(make).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_what_was_told() {
    contracts::alerts::all(make).await;
}

#[tokio::test]
async fn the_embedded_store_keeps_the_audit() {
    contracts::audit::all(make).await;
}
