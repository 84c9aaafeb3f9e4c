use std::{collections::BTreeMap, fs};

use listsync_core::{
    id::RunId,
    link::Mode,
    list::{NewContact, Origin},
};
use listsync_engine::ports::{
    ContactEdit, Contacts, Fold, ImportMode, Links, ListStore, MemberChange, NewImport, Runs,
};
use listsync_sqlite::SqliteStore;

use crate::{
    kit::{address, at, effects, lease, link, list, member, person, told},
    records::summary,
};

/// Whether a file holds a text anywhere, also in what was deleted.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The names of the files in a folder.
fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let name = |file: std::io::Result<fs::DirEntry>| file.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder.path()).unwrap().map(name).collect();
    names.sort();
    names
}

/// An address of effects is packed: what stands before its `@` is all that names somebody.
const TRACES: [&str; 5] = ["anna@", "a.adler", "a.former", "Anna Adler", "attic-7"];

/// Law 17.
#[tokio::test]
async fn no_trace_of_an_erased_person_is_left_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = list(&store, "Staff").await;
    let fields = BTreeMap::from([("room".to_owned(), "attic-7".to_owned())]);
    let anna = NewContact { address: address("anna"), name: "Anna Adler".into(), fields };
    store.add(&staff.id, &anna, Origin::Manual, at(1)).await.unwrap();
    let id = store.find_contact(&address("anna")).await.unwrap().unwrap().id;
    let edit = ContactEdit { add_aliases: [address("a.adler")].into(), ..ContactEdit::default() };
    store.edit_contact(&id, None, &edit, Origin::Manual, at(2)).await.unwrap();
    let file = NewImport::new("f.csv", ImportMode::Incremental, vec![person("berta").into()], at(2));
    store.import(&staff.id, &file).await.unwrap();
    store.save(&summary("r1", "l1", at(3))).await.unwrap();
    store.create(&link("l1", &staff.id, "g1", Mode::TwoWay), at(0)).await.unwrap();
    let lease = lease(&store, "l1", at(3)).await;
    let mut remembered = member("o1");
    (remembered.contact, remembered.address) = (Some(id.clone()), Some(address("anna")));
    let told = [told("a.adler", None), told("a.former", Some(&id)), told("berta", None)];
    let members = vec![MemberChange::Put(remembered)];
    let fold = Fold { members, effects: Some(effects(&staff.id, told.into())), ..Fold::default() };
    store.fold(&lease, &fold).await.unwrap();
    assert!(fs::read(path.with_extension("db-wal")).unwrap().windows(8).any(|some| some == b"a.former"));
    store.erase_contact(&id, at(4)).await.unwrap();
    let run = Runs::load(&store, &RunId::parse("r1").unwrap()).await.unwrap().unwrap();
    assert_eq!((run.failures.len(), run.failures[0].address.clone()), (1, None), "the failure itself stays");
    for file in fs::read_dir(folder.path()).unwrap() {
        let (path, bytes) = file.map(|file| (file.path(), fs::read(file.path()).unwrap())).unwrap();
        for trace in TRACES {
            assert!(!holds(&bytes, trace), "{trace} in {path:?}, while the store is open");
        }
    }
    drop(store);
    let bytes = fs::read(&path).unwrap();
    for trace in TRACES {
        assert!(!holds(&bytes, trace), "{trace}");
    }
    assert!(holds(&bytes, "berta@"), "others stay");
    assert_eq!(names(&folder), ["store.db", "store.db.erasures"], "and nothing else lies beside it");
}

/// Law 17.
#[tokio::test]
async fn no_trace_of_an_erased_address_is_left_in_the_file_that_was_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = list(&store, "Staff").await;
    store.add(&staff.id, &person("berta"), Origin::Manual, at(1)).await.unwrap();
    let anna = NewContact { address: address("anna"), name: "Anna Adler".into(), fields: BTreeMap::new() };
    let crowd = (0..60).map(|number| person(&format!("p{number}")).into()).chain([anna.into()]);
    let file = NewImport::new("anna@.csv", ImportMode::Incremental, crowd.collect(), at(2));
    let held = store.import(&staff.id, &file).await.unwrap().import;
    assert_eq!(held.held_additions, 61);
    store.save(&summary("r1", "l1", at(3))).await.unwrap();
    store.create(&link("l1", &staff.id, "g1", Mode::TwoWay), at(0)).await.unwrap();
    let lease = lease(&store, "l1", at(3)).await;
    let mut remembered = member("o1");
    remembered.address = Some(address("anna"));
    let members = vec![MemberChange::Put(remembered)];
    let effects = Some(effects(&staff.id, vec![told("anna", None), told("berta", None)]));
    store.fold(&lease, &Fold { members, effects, ..Fold::default() }).await.unwrap();
    store.erase_address(&address("anna"), at(4)).await.unwrap();
    drop(store);
    let bytes = fs::read(&path).unwrap();
    for trace in ["anna@", "Anna Adler"] {
        assert!(!holds(&bytes, trace), "{trace}");
    }
    assert!(holds(&bytes, "berta@"), "others stay");
    assert_eq!(names(&folder), ["store.db", "store.db.erasures"]);
}

/// Law 17.
#[tokio::test]
async fn what_an_erasure_could_not_take_out_of_the_log_the_next_opening_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let staff = list(&store, "Staff").await;
    let anna = NewContact { address: address("anna"), name: "Anna Adler".into(), fields: BTreeMap::new() };
    store.add(&staff.id, &anna, Origin::Manual, at(1)).await.unwrap();
    let id = store.find_contact(&address("anna")).await.unwrap().unwrap().id;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM contacts;").unwrap();
    store.erase_contact(&id, at(4)).await.unwrap();
    let wal = folder.path().join("store.db-wal");
    assert!(holds(&fs::read(&wal).unwrap(), "Anna Adler"), "somebody reads what was before");
    drop(other);
    let again = SqliteStore::open(&path).unwrap();
    assert!(!holds(&fs::read(&wal).unwrap(), "Anna Adler"));
    drop((store, again));
}
