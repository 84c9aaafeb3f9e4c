use std::{fs, sync::mpsc, thread};

use listsync_core::list::Origin;
use listsync_engine::ports::{Contacts, ListSide, ListStore};
use listsync_sqlite::{BackupError, SqliteStore, back_up};

use crate::kit::{address, at, list, person};

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_copy_is_whole_while_others_write_and_opens_as_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = wait(list(&store, "Staff"));
    let (stop, stopped) = mpsc::channel::<()>();
    let (begins, begun) = mpsc::channel();
    let writer = {
        let (store, staff) = (store.clone(), staff.clone());
        thread::spawn(move || {
            let mut number = 0;
            while stopped.try_recv().is_err() {
                // Two who come together are one write each: a copy has the first of a pair alone at most once.
                for each in ["a", "b"] {
                    let who = person(&format!("{each}{number}"));
                    wait(store.add(&staff.id, &who, Origin::Manual, at(number))).unwrap();
                }
                number += 1;
                let _ = begins.send(());
            }
        })
    };
    begun.recv().unwrap();
    let mut sizes = Vec::new();
    for number in 0..5 {
        let copy = folder.path().join(format!("copy-{number}.db"));
        let bytes = back_up(&path, &copy).unwrap();
        assert_eq!(bytes, fs::metadata(&copy).unwrap().len());
        let copied = SqliteStore::open(&copy).unwrap();
        let size = wait(copied.size(&staff.id)).unwrap();
        for number in 0..size / 2 {
            for each in ["a", "b"] {
                let found = wait(copied.find_contact(&address(&format!("{each}{number}")))).unwrap();
                assert!(found.is_some(), "{each}{number} of {size}");
            }
        }
        sizes.push(size);
        begun.recv().unwrap();
    }
    stop.send(()).unwrap();
    writer.join().unwrap();
    assert!(sizes.is_sorted() && sizes[0] > 0, "{sizes:?}");
}

#[test]
fn a_copy_is_its_owners_alone_and_replaces_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("store.db"), folder.path().join("copy.db"));
    drop(SqliteStore::open(&path).unwrap());
    back_up(&path, &copy).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    }
    fs::write(&copy, "mine").unwrap();
    assert!(matches!(back_up(&path, &copy), Err(BackupError::Exists)));
    assert_eq!(fs::read(&copy).unwrap(), b"mine");
    assert!(matches!(back_up(&path, &path), Err(BackupError::Exists)));
    let nowhere = folder.path().join("no such folder").join("copy.db");
    assert!(matches!(back_up(&path, &nowhere), Err(BackupError::Write(_))));
}

#[test]
fn what_is_no_store_is_not_copied_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (text, copy) = (folder.path().join("notes.txt"), folder.path().join("copy.db"));
    fs::write(&text, "these are notes").unwrap();
    for none in [&text, &folder.path().join("none.db")] {
        assert!(matches!(back_up(none, &copy), Err(BackupError::NoStore)));
    }
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(fs::read(&text).unwrap(), b"these are notes");
}
