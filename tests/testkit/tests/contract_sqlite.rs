//! The embedded store meets the contracts of every port that it serves, in memory and in a file.

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use libtest_mimic::{Arguments, Trial};
use listsync_sqlite::SqliteStore;
use listsync_testkit::{
    contracts::{self, Case, links, queue},
    fakes::ManualClock,
};
use rusqlite::Connection;
use tempfile::TempDir;

/// A store in memory whose database is looked at once it is not used any more.
struct Watched(Arc<Mutex<Vec<Arc<Mutex<Connection>>>>>);

impl Watched {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn make(&self) -> SqliteStore {
        let database = Connection::open_in_memory().expect("a database in memory opens");
        let database = Arc::new(Mutex::new(database));
        self.0.lock().expect("nobody has it").push(database.clone());
        SqliteStore::in_memory(database).expect("it is made a store")
    }
}

impl Drop for Watched {
    /// What is kept of how many stand to each list is what is counted there, whatever was done.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for database in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let database = database.lock().expect("nobody has it");
            let sql = "SELECT (l.members, l.opted_out, l.pending, l.ending) = (
                    count(*) FILTER (WHERE m.standing = 'member'), count(*) FILTER (WHERE m.standing = 'opted_out'),
                    count(*) FILTER (WHERE m.standing = 'pending'), count(m.until) FILTER (WHERE m.standing = 'member'))
                FROM lists l LEFT JOIN memberships m ON m.list = l.n GROUP BY l.n";
            let mut counted = database.prepare(sql).expect("it is a statement");
            let told = counted.query_map([], |row| row.get::<_, bool>(0)).expect("it is counted");
            for is_counted in told {
                assert!(is_counted.expect("it is told"), "a list is not what is counted");
            }
        }
    }
}

/// Each case on stores in memory.
fn in_memory(cases: Vec<Case<Box<dyn Fn() -> SqliteStore>>>) -> Vec<Trial> {
    contracts::trials("memory", cases, |_| {
        let watched = Watched::new();
        Box::new(move || watched.make())
    })
}

/// Each case on stores in files.
fn in_files(cases: Vec<Case<Box<dyn Fn() -> SqliteStore>>>) -> Vec<Trial> {
    contracts::trials("file", cases, |_| {
        let folders = Mutex::new(Vec::<TempDir>::new());
        Box::new(move || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let store =
                SqliteStore::open(folder.path().join("store.db")).expect("a store in a new file opens");
            folders.lock().expect("nobody has it").push(folder);
            store
        })
    })
}

fn main() -> ExitCode {
    let mut trials = in_memory(contracts::of_store());
    trials.extend(in_files(links::cases()));
    trials.extend(contracts::trials("memory", queue::cases(), |_: &str| {
        |clock: &ManualClock| {
            let store = SqliteStore::open_in_memory().expect("a store in memory opens");
            store.with_clock(Arc::new(clock.clone()))
        }
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
