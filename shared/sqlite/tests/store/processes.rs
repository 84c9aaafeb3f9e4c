//! Two stores on one file are as two processes: each has its own connection.

use std::{path::Path, sync::Barrier, thread, time::Duration};

use listsync_core::{
    id::LinkId,
    link::Mode,
    list::Origin,
    trigger::{Generation, Reason, Trigger},
};
use listsync_engine::ports::{Acquired, Links, ListSide, ListStore, Outgoing, Queue};
use listsync_sqlite::SqliteStore;

use crate::kit::{MINUTE, at, link, list, person};

/// Runs the same on two stores of one file at the same time.
fn race<T: Send>(path: &Path, run: impl Fn(SqliteStore, usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..2)
            .map(|number| {
                let (run, barrier) = (&run, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    run(SqliteStore::open(path).unwrap(), number)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn two_processes_make_one_file_and_lose_no_edit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    race(&path, |store, number| {
        wait(async {
            // Both make the file; one of them makes the list.
            let made = store.create_list("Staff", at(0)).await;
            let staff = match made {
                Ok(list) => list,
                Err(_) => store.find_list("Staff").await.unwrap().unwrap(),
            };
            for each in 0..50 {
                let new = person(&format!("p{number}-{each}"));
                store.add(&staff.id, &new, Origin::Manual, at(0)).await.unwrap();
            }
        });
    });
    let store = SqliteStore::open(&path).unwrap();
    wait(async {
        let staff = store.find_list("Staff").await.unwrap().unwrap();
        assert_eq!(store.size(&staff.id).await.unwrap(), 100);
        assert_eq!(store.cursor(&staff.id).await.unwrap().0, "100");
    });
}

#[test]
fn one_of_two_processes_gets_each_lease() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = wait(list(&store, "Staff"));
    wait(store.create(&link("l1", &staff.id, "g1", Mode::TwoWay), at(0))).unwrap();
    let tokens = race(&path, |store, _| {
        wait(async {
            let mut tokens = Vec::new();
            for round in 0..40 {
                let link = LinkId::parse("l1").unwrap();
                let now = at(round * 120);
                if let Acquired::Lease(lease) = store.acquire(&link, now, MINUTE).await.unwrap() {
                    tokens.push(lease.token);
                }
            }
            tokens
        })
    });
    let mut all: Vec<u64> = tokens.into_iter().flatten().collect();
    let got = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), got, "no token is given twice");
    assert!(got >= 40, "in each round somebody gets it");
}

#[test]
fn each_message_goes_to_one_of_two_processes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let link = LinkId::parse("l1").unwrap();
    let messages: Vec<_> = (0..60)
        .map(|number| Outgoing {
            trigger: Trigger::new(link.clone(), Reason::Event, Generation(number)),
            delay: Duration::ZERO,
        })
        .collect();
    wait(store.send(&messages));
    let received = race(&path, |store, _| {
        wait(async {
            let mut bodies = Vec::new();
            loop {
                let got = store.receive(3, 60 * MINUTE).await.unwrap();
                if got.is_empty() {
                    return bodies;
                }
                for delivery in got {
                    store.acknowledge(&delivery.receipt).await.unwrap();
                    bodies.push(delivery.body);
                }
            }
        })
    });
    let mut all: Vec<String> = received.into_iter().flatten().collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 60);
}
