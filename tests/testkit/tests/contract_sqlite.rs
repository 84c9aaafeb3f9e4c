//! The embedded store meets the contracts of every port that it serves, in memory and in a file.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
};

use listsync_sqlite::SqliteStore;
use listsync_testkit::{contracts, fakes::ManualClock};
use rusqlite::Connection;

fn make() -> SqliteStore {
    SqliteStore::open_in_memory().expect("a store in memory opens")
}

/// Stores in memory whose databases are looked at when all is done.
#[derive(Default)]
struct Watched(RefCell<Vec<Arc<Mutex<Connection>>>>);

impl Watched {
    fn make(&self) -> SqliteStore {
        let database = Connection::open_in_memory().expect("a database in memory opens");
        let database = Arc::new(Mutex::new(database));
        self.0.borrow_mut().push(database.clone());
        SqliteStore::in_memory(database).expect("it is made a store")
    }

    /// What is kept of how many stand to each list is what is counted there, whatever was done.
    fn assert_tallied(&self) {
        let (mut lists, mut standing) = (0, 0);
        for database in self.0.take() {
            let database = database.lock().expect("nobody has it");
            let sql = "SELECT (l.members, l.opted_out, l.pending, l.ending) = (
                    count(*) FILTER (WHERE m.standing = 'member'), count(*) FILTER (WHERE m.standing = 'opted_out'),
                    count(*) FILTER (WHERE m.standing = 'pending'), count(m.until) FILTER (WHERE m.standing = 'member')),
                    l.members + l.opted_out + l.pending + l.ending
                FROM lists l LEFT JOIN memberships m ON m.list = l.n GROUP BY l.n";
            let mut counted = database.prepare(sql).expect("it is a statement");
            let mut rows = counted.query([]).expect("it is counted");
            while let Some(row) = rows.next().expect("it is counted") {
                assert!(
                    row.get::<_, bool>(0).expect("it is told"),
                    "a list of store {lists} is not what is counted"
                );
                lists += 1;
                standing += row.get::<_, i64>(1).expect("it is told");
            }
        }
        assert!(lists > 20 && standing > 20, "{standing} on {lists} lists prove nothing");
    }
}

#[tokio::test]
async fn the_embedded_store_keeps_links() {
    let watched = Watched::default();
    contracts::links::all(|| watched.make()).await;
    watched.assert_tallied();
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
    let watched = Watched::default();
    contracts::lists::all(|| watched.make()).await;
    watched.assert_tallied();
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
    let watched = Watched::default();
    contracts::people::all(|| watched.make()).await;
    watched.assert_tallied();
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
