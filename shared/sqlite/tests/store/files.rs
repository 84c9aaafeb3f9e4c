use std::{fs, path::Path};

use listsync_core::{id::LinkId, list::Standing, settings::Settings};
use listsync_engine::ports::{Fault, Links, ListSide, ListStore, SettingsStore};
use listsync_sqlite::{OpenError, SqliteStore};
use rusqlite::Connection;

use crate::kit::{add, list, standing};

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = list(&store, "Staff").await;
    add(&store, &staff.id, "anna").await;
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(standing(&store, &staff.id, "anna").await, Standing::Member);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_with_what_to_do_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    sql(&path, "PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);");
    let before = fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 99, .. }));
    assert!(error.to_string().contains("update listsync"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_store_is_refused_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("staff.csv");
    fs::write(&text, "email,name\n".repeat(200)).unwrap();
    let error = SqliteStore::open(&text).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase), "{error:?}");
    assert_eq!(fs::read_to_string(&text).unwrap(), "email,name\n".repeat(200));

    let foreign = folder.path().join("foreign.db");
    sql(&foreign, "CREATE TABLE notes (n INTEGER); PRAGMA user_version = 1;");
    let before = fs::read(&foreign).unwrap();
    let error = SqliteStore::open(&foreign).unwrap_err();
    assert!(matches!(error, OpenError::Foreign), "{error:?}");
    assert_eq!(fs::read(&foreign).unwrap(), before);
}

#[test]
fn a_path_that_cannot_be_opened_is_refused_with_what_to_check() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing").join("store.db"), folder.path().to_owned()] {
        let error = SqliteStore::open(&path).unwrap_err();
        assert!(error.to_string().contains("folder exists"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_a_new_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let _store = SqliteStore::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
}

#[cfg(unix)]
#[test]
fn a_copy_that_everybody_may_read_is_tightened_when_it_is_opened() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _store = SqliteStore::open(&path).unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", file.file_name());
    }
}

/// Documents as version 1 of their shapes wrote them: they must read for ever.
const FIRST_SHAPES: &str = r#"
    INSERT INTO lists (n, id, name, name_key) VALUES (1, 'list-1', 'Staff', 'staff');
    INSERT INTO links (id, list, tenant, group_id, writes_group, writes_list, active, doc, progress, due_at) VALUES ('link-1', 1,
        't1', 'g1', 1, 1, 1,
        '{"schema":1,"value":{"id":"link-1","list":"list-1","group":"g1","group_name":"Staff","tenant":"t1","mode":"two-way","extras":"keep","first_merge":"union","every":null,"externals":"match","max_removals":"20%","status":{"state":"active"}}}',
        '{"schema":1,"value":{"phase":"steady","group_cursor":"abc","list_cursor":"7","full_read_at":"2026-11-23T00:00:00Z","count_at":null,"hold":null,"stalled":0}}',
        5);
    INSERT INTO settings (n, doc) VALUES (1, '{"schema":1,"value":{"every":{"secs":60,"nanos":0}}}');
"#;

#[tokio::test]
async fn documents_of_the_first_release_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(SqliteStore::open(&path).unwrap());
    sql(&path, FIRST_SHAPES);
    let store = SqliteStore::open(&path).unwrap();
    let state = store.load(&LinkId::parse("link-1").unwrap()).await.unwrap().unwrap();
    assert_eq!(state.link.max_removals, Some("20%".parse().unwrap()));
    assert_eq!(state.progress.list_cursor.unwrap().0, "7");
    let settings = store.settings().await.unwrap();
    let every = std::time::Duration::from_secs(60);
    assert_eq!(settings, Settings { every, ..Settings::default() });
}

#[tokio::test]
async fn a_stored_value_that_does_not_read_is_named_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = list(&store, "Staff").await;
    add(&store, &staff.id, "anna").await;
    sql(&path, "UPDATE contacts SET address = 'anna.meier at home'");
    let error = store.entries(&staff.id, listsync_engine::ports::EntryQuery::All).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "store_unreadable"));
    assert!(!format!("{error:?}").contains("anna"));
}

#[test]
fn it_works_in_either_kind_of_runtime() {
    let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let many = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let store = SqliteStore::open_in_memory().unwrap();
    let staff = one.block_on(list(&store, "Staff"));
    let found = many.block_on(store.find_list("staff")).unwrap();
    assert_eq!(found, Some(staff));
}
