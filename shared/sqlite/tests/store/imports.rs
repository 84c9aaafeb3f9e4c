use listsync_core::{
    id::{ImportId, ListId},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Decision, Fault, Import, ImportMode, ImportState, ListSide, ListStore, NewImport,
};
use listsync_sqlite::SqliteStore;

use crate::kit::{add, address, at, cursor, list, person, standing, store};

fn file(mode: ImportMode, people: &[&str]) -> NewImport {
    let people = people.iter().map(|local| person(local).into()).collect();
    NewImport::new("staff.csv", mode, people, at(100))
}

async fn filled(people: &[&str]) -> (SqliteStore, ListId) {
    let store = store();
    let id = list(&store, "Staff").await.id;
    for local in people {
        add(&store, &id, local).await;
    }
    (store, id)
}

fn removals(import: &Import) -> (ImportState, u64, u64) {
    (import.state, import.removed, import.held)
}

#[tokio::test]
async fn an_import_counts_what_came_of_each_row() {
    let (store, id) = filled(&["anna", "bo", "cy"]).await;
    store.decide(&id, &address("cy"), Decision::OptedOut, at(0)).await.unwrap();
    let mut new = file(ImportMode::Incremental, &["anna", "bo", "cy", "dee"]);
    let mut people: Vec<_> = new.people.iter().collect();
    people[1].contact.name = "Bo".into();
    new.people = people.into();
    (new.rows, new.repeated, new.rejected) = (7, 2, 1);
    let import = store.import(&id, &new).await.unwrap().import;
    assert_eq!((import.added, import.updated, import.unchanged, import.opted_out), (1, 1, 1, 1));
    assert_eq!((import.rows, import.repeated, import.rejected), (7, 2, 1));
    assert_eq!(removals(&import), (ImportState::Done, 0, 0));
    assert_eq!(standing(&store, &id, "cy").await, Standing::OptedOut);
    assert_eq!(store.imports(9).await.unwrap(), [import]);
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_the_second_time() {
    let (store, id) = filled(&[]).await;
    let new = file(ImportMode::Full, &["anna", "bo"]);
    store.import(&id, &new).await.unwrap();
    let before = cursor(&store, &id).await;
    let again = store.import(&id, &new).await.unwrap().import;
    assert_eq!((again.added, again.updated, again.unchanged), (0, 0, 2));
    assert_eq!(cursor(&store, &id).await, before);
}

#[tokio::test]
async fn a_full_file_takes_leavers_off_and_an_incremental_one_does_not() {
    let people = ["a", "b", "c", "d", "e"];
    for (mode, expected) in
        [(ImportMode::Full, Standing::Absent), (ImportMode::Incremental, Standing::Member)]
    {
        let (store, id) = filled(&people).await;
        store.import(&id, &file(mode, &people[..4])).await.unwrap();
        assert_eq!(standing(&store, &id, "e").await, expected);
    }
}

#[tokio::test]
async fn a_full_file_with_an_unreadable_row_removes_nobody() {
    let people = ["a", "b", "c", "d", "e"];
    let (store, id) = filled(&people).await;
    let new = NewImport { rejected: 1, unreadable: 1, ..file(ImportMode::Full, &people[..4]) };
    let import = store.import(&id, &new).await.unwrap().import;
    assert_eq!(removals(&import), (ImportState::RemovalsSkipped, 0, 0));
    assert_eq!(store.size(&id).await.unwrap(), 5);
}

#[tokio::test]
async fn a_file_of_less_than_four_fifths_of_the_list_holds_its_removals() {
    let people = ["a", "b", "c", "d", "e"];
    for (named, expected) in
        [(4, (ImportState::Done, 1, 0)), (3, (ImportState::Held, 0, 2)), (0, (ImportState::Held, 0, 5))]
    {
        let (store, id) = filled(&people).await;
        let import = store.import(&id, &file(ImportMode::Full, &people[..named])).await.unwrap().import;
        assert_eq!(removals(&import), expected);
    }
}

#[tokio::test]
async fn an_approval_removes_those_who_still_stand_there_and_nobody_who_came_back() {
    let people = ["a", "b", "c", "d", "e"];
    let (store, id) = filled(&people).await;
    let held = store.import(&id, &file(ImportMode::Full, &["a"])).await.unwrap().import;
    store.remove(&id, &address("b"), at(200)).await.unwrap();
    store.remove(&id, &address("c"), at(200)).await.unwrap();
    store.add(&id, &person("c"), Origin::Manual, at(201)).await.unwrap();
    store.decide(&id, &address("d"), Decision::OptedOut, at(202)).await.unwrap();
    let done = store.approve_import(&held.id, at(300)).await.unwrap();
    assert_eq!(removals(&done), (ImportState::Done, 1, 0));
    assert_eq!(standing(&store, &id, "c").await, Standing::Member);
    assert_eq!(standing(&store, &id, "d").await, Standing::OptedOut);
    assert_eq!(standing(&store, &id, "e").await, Standing::Absent);
    let again = store.approve_import(&held.id, at(301)).await.unwrap_err();
    assert_eq!((again.fault, again.code.as_str()), (Fault::Rejected, "not_held"));
}

#[tokio::test]
async fn whom_a_later_file_names_an_earlier_hold_spares() {
    let people = ["a", "b", "c", "d", "e"];
    let (store, id) = filled(&people).await;
    let half = store.import(&id, &file(ImportMode::Full, &people[..2])).await.unwrap().import;
    store.import(&id, &file(ImportMode::Full, &people[..4])).await.unwrap();
    assert_eq!(removals(&store.imports(9).await.unwrap()[1]), (ImportState::Held, 0, 1));
    let done = store.approve_import(&half.id, at(300)).await.unwrap();
    assert_eq!(done.removed, 0);
    assert_eq!(store.size(&id).await.unwrap(), 4);
}

#[tokio::test]
async fn a_hold_whose_people_were_all_named_again_is_over() {
    let people = ["a", "b", "c", "d", "e"];
    let (store, id) = filled(&people).await;
    store.import(&id, &file(ImportMode::Full, &people[..2])).await.unwrap();
    store.import(&id, &file(ImportMode::Full, &people)).await.unwrap();
    assert_eq!(removals(&store.imports(9).await.unwrap()[1]), (ImportState::Done, 0, 0));
}

#[tokio::test]
async fn an_unknown_import_or_list_is_gone() {
    let store = store();
    let error = store.approve_import(&ImportId::parse("none").unwrap(), at(0)).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "no_such_import"));
    let gone = ListId::parse("none").unwrap();
    let error = store.import(&gone, &file(ImportMode::Full, &["a"])).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "no_such_list"));
}

#[tokio::test]
async fn imports_come_newest_first() {
    let (store, id) = filled(&[]).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(store.import(&id, &file(ImportMode::Incremental, &[])).await.unwrap().import.id);
    }
    let latest: Vec<_> = store.imports(2).await.unwrap().into_iter().map(|import| import.id).collect();
    assert_eq!(latest, [ids[2].clone(), ids[1].clone()]);
}

#[tokio::test]
async fn a_hundred_thousand_people_are_taken_in_whole() {
    let (store, id) = filled(&[]).await;
    let people: Vec<_> = (0..100_000).map(|number| person(&format!("p{number}")).into()).collect();
    let new = NewImport { people: people.into(), rows: 100_000, ..file(ImportMode::Full, &[]) };
    let import = store.import(&id, &new).await.unwrap().import;
    assert_eq!(import.added, 100_000);
    assert_eq!(store.size(&id).await.unwrap(), 100_000);
}
