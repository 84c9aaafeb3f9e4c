//! How every link stands, beside reading their rows and nothing more.

use std::{path::Path, sync::Arc, time::Instant};

use listsync_benches::Figure;
use listsync_core::link::Mode;
use listsync_engine::{
    Ports,
    ports::{Links as _, ListStore as _},
    status,
};
use listsync_sqlite::SqliteStore;
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock, TestStore},
    sample::{link, moment},
};
use rusqlite::Connection;

const LINKS: usize = 10_000;
const ROUNDS: usize = 21;
/// How much longer it may take.
const BOUND: f64 = 3.0;

pub(crate) async fn figures() -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("listsync.db");
    let store = Arc::new(SqliteStore::open(&path).expect("a store"));
    for number in 0..LINKS {
        let list = store.create_list(&format!("List {number}"), moment(0)).await.expect("a list").id;
        let mut link = link(&format!("link-{number:05}"), &list, &format!("group-{number}"));
        link.mode = Mode::ListToGroup;
        store.create(&link, moment(0)).await.expect("a link");
    }
    let clock = ManualClock::at(moment(0));
    let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(1));
    let ports = Ports {
        lists: store.clone(),
        links: store.clone(),
        gate: store,
        ..TestStore::new(&clock).beside(directory)
    };
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(rows(&path));
        let began = Instant::now();
        assert_eq!(status::rows(&ports).await.expect("the store answers").len(), LINKS);
        whole.push(began.elapsed().as_secs_f64());
    }
    let value = median(whole) / median(bare);
    let what = format!("status of {LINKS} links beside the bare SELECT");
    vec![Figure { what, value, bound: BOUND, unit: "times" }]
}

/// Seconds to read every column of every link's row.
fn rows(path: &Path) -> f64 {
    let connection = Connection::open(path).expect("the store");
    let began = Instant::now();
    let mut statement = connection.prepare("SELECT * FROM links").expect("a statement");
    let columns = statement.column_count();
    let mut rows = statement.query([]).expect("rows");
    let (mut count, mut bytes) = (0, 0);
    while let Some(row) = rows.next().expect("a row") {
        count += 1;
        bytes += (0..columns)
            .map(|at| row.get_ref(at).map_or(0, |value| value.as_bytes().map_or(8, <[u8]>::len)))
            .sum::<usize>();
    }
    assert!(count == LINKS && bytes > LINKS);
    began.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}
