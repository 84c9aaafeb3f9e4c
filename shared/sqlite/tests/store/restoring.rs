//! An older copy of the store is put in its place: who was erased since is erased in it before anything is read.

use std::{collections::BTreeMap, fs, path::Path};

use listsync_core::{
    contact::{ExternalId, OptOutReason, Saying, Scope, Via},
    id::ContactId,
    link::Mode,
    list::{NewContact, Origin},
};
use listsync_engine::ports::{
    AddOutcome, ContactEdit, Contacts, Decision, Fold, ImportMode, Links, ListSide, ListStore, NewImport,
    Runs,
};
use listsync_sqlite::SqliteStore;

use crate::{
    kit::{address, at, effects, lease, link, list, person, told},
    records::summary,
};

const TRACES: [&str; 5] = ["anna@", "a.adler", "a.old", "Anna Adler", "attic-7"];

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path("store.db")).unwrap()
    }

    /// Copies the store, which nobody has open.
    fn back_up(&self) {
        fs::copy(self.path("store.db"), self.path("copy.db")).unwrap();
    }

    fn restore(&self) {
        fs::copy(self.path("copy.db"), self.path("store.db")).unwrap();
    }

    fn assert_no_trace(&self) {
        for file in ["store.db", "store.db-wal", "store.db.erasures"] {
            let Ok(bytes) = fs::read(self.path(file)) else { continue };
            for trace in TRACES {
                let is_there = bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
                assert!(!is_there, "{trace} in {file}");
            }
        }
    }
}

async fn put_anna(store: &SqliteStore) -> ContactId {
    let staff = list(store, "Staff").await;
    let fields = BTreeMap::from([("room".to_owned(), "attic-7".to_owned())]);
    let anna = NewContact { address: address("anna"), name: "Anna Adler".into(), fields };
    store.add(&staff.id, &anna, Origin::Manual, at(1)).await.unwrap();
    store.find_contact(&address("anna")).await.unwrap().unwrap().id
}

async fn alias(store: &SqliteStore, id: &ContactId, name: &str) {
    let edit = ContactEdit { add_aliases: [address(name)].into(), ..ContactEdit::default() };
    store.edit_contact(id, None, &edit, Origin::Manual, at(2)).await.unwrap();
}

/// Whether an operator can put somebody on the list.
async fn joins(store: &SqliteStore, name: &str) -> bool {
    let staff = store.find_list("Staff").await.unwrap().unwrap();
    store.add(&staff.id, &person(name), Origin::Manual, at(100)).await.unwrap() != AddOutcome::OptedOut
}

#[tokio::test]
async fn who_was_erased_after_a_copy_is_found_in_it_by_their_key_and_held_off_by_it() {
    let place = Place::new();
    let store = place.open();
    let before = put_anna(&store).await;
    let keyed = ContactEdit { external_id: ExternalId::parse("0001").ok(), ..ContactEdit::default() };
    store.edit_contact(&before, None, &keyed, Origin::Manual, at(2)).await.unwrap();
    drop(store);
    place.back_up();

    let store = place.open();
    store.delete_contact(&before, at(3)).await.unwrap();
    let later = store.create_contact(&address("anna.later"), &keyed, Origin::Manual, at(4)).await.unwrap();
    store.erase_contact(&later.id, at(5)).await.unwrap();
    drop(store);

    place.restore();
    let store = place.open();
    assert_eq!(store.contact(&before).await.unwrap(), None, "under another id and address then");
    place.assert_no_trace();
    let back = store.create_contact(&address("anna.new"), &keyed, Origin::Manual, at(6)).await.unwrap();
    assert_eq!(back.opted_out.map(|no| no.reason), Some(OptOutReason::Erased));
}

#[tokio::test]
async fn who_was_erased_after_a_copy_is_erased_in_it_when_it_is_brought_back() {
    let place = Place::new();
    let store = place.open();
    let id = put_anna(&store).await;
    alias(&store, &id, "a.old").await;
    let staff = store.find_list("Staff").await.unwrap().unwrap();
    // Rows that wait and runs name people, too, be they contacts or not.
    let many = (0..60).map(|number| person(&format!("p{number}")).into());
    let new = NewContact { name: "Anna Adler".into(), ..person("a.adler") };
    let file = NewImport::new("anna.csv", ImportMode::Incremental, many.chain([new.into()]).collect(), at(2));
    assert!(store.import(&staff.id, &file).await.unwrap().import.held_additions > 0);
    store.save(&summary("r1", "l1", at(3))).await.unwrap();
    store.create(&link("l1", &staff.id, "g1", Mode::TwoWay), at(0)).await.unwrap();
    let lease = lease(&store, "l1", at(3)).await;
    let done = [told("a.adler", None), told("a.old", Some(&id))].into();
    let fold = Fold { effects: Some(effects(&staff.id, done)), ..Fold::default() };
    store.fold(&lease, &fold).await.unwrap();
    drop(store);
    place.back_up();

    let store = place.open();
    alias(&store, &id, "a.adler").await;
    store.erase_contact(&id, at(4)).await.unwrap();
    drop(store);
    place.assert_no_trace();

    place.restore();
    let store = place.open();
    assert_eq!(store.contact(&id).await.unwrap(), None);
    place.assert_no_trace();
    for name in ["anna", "a.adler", "a.old"] {
        assert!(!joins(&store, name).await, "{name}");
    }
    assert_eq!(store.size(&staff.id).await.unwrap(), 0);
    drop(store);
    place.assert_no_trace();

    // It agrees with the file now: nothing is done twice.
    let told = fs::read(place.path("store.db.erasures")).unwrap();
    drop(place.open());
    assert_eq!(fs::read(place.path("store.db.erasures")).unwrap(), told);
}

#[tokio::test]
async fn an_address_that_was_nobodys_when_it_was_erased_is_so_in_a_copy_where_it_is_somebodys_or_waits() {
    let place = Place::new();
    let store = place.open();
    let id = put_anna(&store).await;
    let staff = store.find_list("Staff").await.unwrap().unwrap();
    let many = (0..60).map(|number| person(&format!("p{number}")).into());
    let new = NewContact { name: "Anna Adler".into(), ..person("a.adler") };
    let file = NewImport::new("hr.csv", ImportMode::Incremental, many.chain([new.into()]).collect(), at(2));
    assert_eq!(store.import(&staff.id, &file).await.unwrap().import.held_additions, 61);
    drop(store);
    place.back_up();

    let store = place.open();
    store.delete_contact(&id, at(3)).await.unwrap();
    for name in ["anna", "a.adler"] {
        store.erase_address(&address(name), at(4)).await.unwrap();
    }
    drop(store);
    place.restore();
    let store = place.open();
    assert_eq!(store.contact(&id).await.unwrap(), None);
    for name in ["anna", "a.adler"] {
        assert!(!joins(&store, name).await, "{name}");
    }
    drop(store);
    place.assert_no_trace();
}

#[tokio::test]
async fn two_contacts_that_were_one_when_they_were_erased_are_both_erased() {
    let place = Place::new();
    let store = place.open();
    let anna = put_anna(&store).await;
    let staff = store.find_list("Staff").await.unwrap().unwrap();
    store.add(&staff.id, &person("a.adler"), Origin::Manual, at(1)).await.unwrap();
    store.add(&staff.id, &person("berta"), Origin::Manual, at(1)).await.unwrap();
    let other = store.find_contact(&address("a.adler")).await.unwrap().unwrap().id;
    drop(store);
    place.back_up();
    let store = place.open();
    store.merge_contacts(&anna, &other, at(3)).await.unwrap();
    store.erase_contact(&anna, at(4)).await.unwrap();
    drop(store);
    place.restore();
    let store = place.open();
    assert_eq!(store.contact(&anna).await.unwrap(), None);
    assert_eq!(store.contact(&other).await.unwrap(), None);
    assert!(store.find_contact(&address("berta")).await.unwrap().is_some(), "others stay");
    place.assert_no_trace();
}

#[tokio::test]
async fn who_lost_an_address_before_they_were_erased_is_known_by_their_contact() {
    let place = Place::new();
    let store = place.open();
    let anna = put_anna(&store).await;
    drop(store);
    place.back_up();
    let store = place.open();
    let edit = ContactEdit { address: Some(address("a.adler")), ..ContactEdit::default() };
    store.edit_contact(&anna, None, &edit, Origin::Manual, at(2)).await.unwrap();
    let edit = ContactEdit { remove_aliases: [address("anna")].into(), ..ContactEdit::default() };
    store.edit_contact(&anna, None, &edit, Origin::Manual, at(3)).await.unwrap();
    store.erase_contact(&anna, at(4)).await.unwrap();
    drop(store);
    place.restore();
    let store = place.open();
    assert_eq!(store.contact(&anna).await.unwrap(), None);
    assert!(!joins(&store, "anna").await && !joins(&store, "a.adler").await);
    place.assert_no_trace();
}

#[tokio::test]
async fn who_came_back_before_the_copy_was_made_stays() {
    let place = Place::new();
    let store = place.open();
    let anna = put_anna(&store).await;
    store.erase_contact(&anna, at(2)).await.unwrap();
    let staff = store.find_list("Staff").await.unwrap().unwrap();
    for scope in [Scope::List(staff.id.clone()), Scope::All] {
        let yes = Saying {
            address: address("anna"),
            decision: Decision::Subscribed,
            scope,
            reason: OptOutReason::Own,
            via: Via::Page,
            at: at(3),
        };
        store.say(&yes).await.unwrap();
    }
    drop(store);
    place.back_up();
    let store = place.open();
    let berta = person("berta");
    store.add(&staff.id, &berta, Origin::Manual, at(4)).await.unwrap();
    let berta = store.find_contact(&address("berta")).await.unwrap().unwrap().id;
    store.erase_contact(&berta, at(5)).await.unwrap();
    drop(store);
    place.restore();
    let store = place.open();
    assert_eq!(store.size(&staff.id).await.unwrap(), 1, "she said so herself");
    assert!(!joins(&store, "berta").await);
}

#[tokio::test]
async fn a_lost_file_of_erasures_is_written_anew() {
    let place = Place::new();
    let store = place.open();
    let anna = put_anna(&store).await;
    store.erase_contact(&anna, at(4)).await.unwrap();
    drop(store);
    let told = fs::read(place.path("store.db.erasures")).unwrap();
    fs::remove_file(place.path("store.db.erasures")).unwrap();
    drop(place.open());
    assert_eq!(fs::read(place.path("store.db.erasures")).unwrap(), told);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(place.path("store.db.erasures")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_store_whose_erasures_are_anothers_is_not_opened() {
    let (place, other) = (Place::new(), Place::new());
    for place in [&place, &other] {
        let store = place.open();
        let anna = put_anna(&store).await;
        store.erase_contact(&anna, at(4)).await.unwrap();
    }
    let before = fs::read(place.path("store.db")).unwrap();
    fs::copy(other.path("store.db.erasures"), place.path("store.db.erasures")).unwrap();
    let refused = SqliteStore::open(place.path("store.db")).unwrap_err().to_string();
    assert!(refused.contains("store.db.erasures") && refused.contains("another store"), "{refused}");
    assert_eq!(fs::read(place.path("store.db")).unwrap(), before, "and nothing is changed");
    // Nor is a new one: it could not tell whom they mean.
    fs::remove_file(place.path("store.db")).unwrap();
    SqliteStore::open(place.path("store.db")).unwrap_err();
}

#[tokio::test]
async fn a_file_of_erasures_that_does_not_read_is_told_by_its_line() {
    let place = Place::new();
    let store = place.open();
    let anna = put_anna(&store).await;
    store.erase_contact(&anna, at(4)).await.unwrap();
    drop(store);
    append(&place.path("store.db.erasures"), "and so on\n");
    let refused = SqliteStore::open(place.path("store.db")).unwrap_err().to_string();
    assert!(refused.contains("line 3 of"), "{refused}");
}

#[tokio::test]
async fn an_erasure_that_cannot_be_kept_is_not_done_and_one_that_was_cut_short_is_written_over() {
    let place = Place::new();
    let store = place.open();
    let anna = put_anna(&store).await;
    fs::create_dir(place.path("store.db.erasures")).unwrap();
    let refused = store.erase_contact(&anna, at(4)).await.unwrap_err();
    assert_eq!(refused.code, "erasure_not_kept");
    assert!(store.contact(&anna).await.unwrap().is_some());
    fs::remove_dir(place.path("store.db.erasures")).unwrap();
    store.erase_contact(&anna, at(4)).await.unwrap();
    let told = fs::read_to_string(place.path("store.db.erasures")).unwrap();
    append(&place.path("store.db.erasures"), "0123");
    store
        .add(&store.find_list("Staff").await.unwrap().unwrap().id, &person("b"), Origin::Manual, at(5))
        .await
        .unwrap();
    let berta = store.find_contact(&address("b")).await.unwrap().unwrap().id;
    store.erase_contact(&berta, at(6)).await.unwrap();
    drop(store);
    let after = fs::read_to_string(place.path("store.db.erasures")).unwrap();
    assert!(after.starts_with(&told) && after.lines().count() == 3 && !after.contains("0123\n"), "{after}");
    drop(place.open());
}

fn append(path: &Path, text: &str) {
    use std::io::Write as _;
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}
