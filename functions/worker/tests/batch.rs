//! What a batch gives back, over the embedded store in memory.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use listsync_core::trigger::{Generation, Reason, Trigger};
use listsync_engine::{
    Ports,
    ports::{Links as _, ListStore as _},
};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    faults::{Fate, Faults},
    sample::{link, link_id, moment},
};
use listsync_worker::{Bounds, Record, batch};

/// Three linked lists. Their groups are not there, which each run finds out and tells: what a batch does with its messages
/// does not depend on how a run ends.
async fn stage() -> (Ports, TestStore) {
    let clock = ManualClock::at(moment(0));
    let (store, directory) = (TestStore::new(&clock), FakeDirectory::new(&clock, Lag::NONE, Dice::new(7)));
    let ports = store.beside(directory);
    for name in ["one", "two", "three"] {
        let list = store.create_list(name, moment(0)).await.expect("a new list").id;
        store.create(&link(name, &list, name), moment(0)).await.expect("a new link");
    }
    (ports, store)
}

async fn record(store: &TestStore, name: &str) -> Record {
    let id = link_id(name);
    let generation = store.request(&id, None).await.expect("it is asked for");
    let trigger = Trigger::new(id, Reason::Schedule, generation);
    Record { id: name.to_owned(), body: serde_json::to_string(&trigger).expect("a body"), receives: 1 }
}

async fn records(store: &TestStore) -> Vec<Record> {
    let mut records = Vec::new();
    for name in ["one", "two", "three"] {
        records.push(record(store, name).await);
    }
    records
}

fn bounds(seconds: i64) -> Bounds {
    Bounds { until: moment(seconds), most_receives: 5 }
}

async fn synced(store: &TestStore, name: &str) -> bool {
    let state = store.load(&link_id(name)).await.expect("it is read");
    state.is_some_and(|state| state.synced > Generation(0) && state.synced == state.requested)
}

#[tokio::test]
async fn a_run_that_panics_fails_its_own_message_alone() {
    let (ports, store) = stage().await;
    let records = records(&store).await;
    let faults = Faults::judged(Box::new(|_, number| {
        assert_ne!(number, 5, "this run has a fault");
        Fate::Pass
    }));
    let told = Arc::new(AtomicU64::new(0));
    let counted = told.clone();
    let ended = move |_: &_| {
        counted.fetch_add(1, Ordering::Relaxed);
    };
    let unfinished = batch(&faults.over(&ports), records, bounds(300), ended).await;
    assert_eq!(unfinished, ["one"], "its message comes again");
    assert!(synced(&store, "two").await && synced(&store, "three").await);
    assert_eq!(told.load(Ordering::Relaxed), 2, "each run that ended is told");
}

#[tokio::test]
async fn a_body_that_is_not_ours_fails_its_own_message_alone() {
    let (ports, store) = stage().await;
    let mut records = records(&store).await;
    records[1].body = "hello".to_owned();
    let unfinished = batch(&ports, records, bounds(300), |_| {}).await;
    assert_eq!(unfinished, ["two"]);
    assert!(synced(&store, "one").await && synced(&store, "three").await);
}

#[tokio::test]
async fn what_the_time_does_not_suffice_to_begin_is_given_back() {
    let (ports, store) = stage().await;
    let records = records(&store).await;
    let unfinished = batch(&ports, records, bounds(10), |_| {}).await;
    assert_eq!(unfinished, ["one", "two", "three"]);
}
