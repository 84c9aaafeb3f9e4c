//! The fakes meet the contracts that the adapters have to meet.

use listsync_testkit::{
    contracts,
    fakes::{ManualClock, MemoryStore},
};

fn make() -> MemoryStore {
    MemoryStore::new(&ManualClock::default())
}

#[tokio::test]
async fn the_memory_store_keeps_links() {
    contracts::links::all(make).await;
}

#[tokio::test]
async fn the_memory_store_keeps_lists() {
    contracts::lists::all(make).await;
}

#[tokio::test]
async fn the_memory_store_is_a_queue() {
    contracts::queue::all(MemoryStore::new).await;
}

#[tokio::test]
async fn the_memory_store_keeps_records() {
    contracts::records::runs(make).await;
    contracts::records::gate(make).await;
    contracts::records::settings(make).await;
}

#[tokio::test]
async fn the_memory_store_keeps_people() {
    contracts::people::all(make).await;
}

#[tokio::test]
async fn the_memory_store_keeps_keys_and_what_was_seen() {
    contracts::keys::all(make).await;
    contracts::keys::seen(make).await;
}
