use std::time::Duration;

use listsync_core::{id::ListId, limit::AdditionLimit};
use listsync_engine::ports::{
    EntryQuery, Fault, ImportMode, ImportRow, ImportState, ListSide as _, ListStore as _, NewImport, Presence,
};
use listsync_testkit::sample::moment;

use crate::kit::{Kit, file, people};

async fn list(kit: &Kit) -> ListId {
    kit.store.create_list("Staff", moment(0)).await.unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_many_transactions_hold_is_taken_in_whole() {
    let kit = Kit::start().await;
    let list = list(&kit).await;
    let start = kit.store.cursor(&list).await.unwrap();
    let all = file(ImportMode::Full, people(0..700));
    let import = kit.store.import(&list, &all).await.unwrap().import;
    assert_eq!((import.added, import.state), (700, ImportState::Done));
    assert_eq!(kit.store.size(&list).await.unwrap(), 700);
    assert_eq!(kit.store.entries(&list, EntryQuery::All).await.unwrap().len(), 700);
    let changes = kit.store.changes(&list, &start).await.unwrap();
    assert_eq!(changes.contacts.len(), 700, "each is in the log");
    let fewer = kit.store.import(&list, &file(ImportMode::Full, people(0..600))).await.unwrap().import;
    assert_eq!((fewer.unchanged, fewer.removed), (600, 100));
    let least = kit.store.import(&list, &file(ImportMode::Full, people(0..200))).await.unwrap().import;
    assert_eq!((least.state, least.held), (ImportState::Held, 400));
    let approved = kit.store.approve_import(&least.id, moment(9)).await.unwrap();
    assert_eq!((approved.removed, approved.held, approved.state), (400, 0, ImportState::Done));
    assert_eq!(kit.store.size(&list).await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_interrupted_goes_on_where_it_was_and_removed_nobody_before() {
    let kit = Kit::start().await;
    let list = list(&kit).await;
    kit.store.import(&list, &file(ImportMode::Full, people(0..300))).await.unwrap();
    let max_additions = AdditionLimit::Off;
    let next = NewImport { max_additions, ..file(ImportMode::Full, people(30..900)) };
    let (store, of_list, of_file) = (kit.other(), list.clone(), next.clone());
    let importing = tokio::spawn(async move { store.import(&of_list, &of_file).await });
    while kit.store.size(&list).await.unwrap() < 400 {
        tokio::task::yield_now().await;
    }
    importing.abort();
    drop(importing.await);
    let between = kit.store.size(&list).await.unwrap();
    assert!((400..900).contains(&between), "{between}: it was interrupted among the additions");
    let entries = kit.store.entries(&list, EntryQuery::All).await.unwrap();
    assert_eq!(entries.len() as u64, between, "nobody has left");
    let busy = kit.store.import(&list, &next).await.unwrap_err();
    assert_eq!((busy.fault, busy.code.as_str()), (Fault::Busy, "import_busy"));
    kit.clock.advance(Duration::from_secs(61));
    let import = kit.store.import(&list, &next).await.unwrap().import;
    assert_eq!((import.added, import.unchanged, import.removed), (600, 270, 30), "as if it had not been");
    assert_eq!(kit.store.size(&list).await.unwrap(), 870);
    assert_eq!(kit.store.imports(10).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_interrupted_still_holds_those_who_are_called_gone() {
    let kit = Kit::start().await;
    let list = list(&kit).await;
    kit.store.import(&list, &file(ImportMode::Full, people(0..300))).await.unwrap();
    let ends = people(0..100).into_iter().map(|row| ImportRow { presence: Presence::Leaving, ..row.into() });
    let rows: Vec<ImportRow> = ends.chain(people(300..900).into_iter().map(ImportRow::from)).collect();
    let empty = file(ImportMode::Incremental, Vec::new());
    let next = NewImport { max_additions: AdditionLimit::Off, people: rows.into(), ..empty };
    let (store, of_list, of_file) = (kit.other(), list.clone(), next.clone());
    let importing = tokio::spawn(async move { store.import(&of_list, &of_file).await });
    while kit.store.size(&list).await.unwrap() < 500 {
        tokio::task::yield_now().await;
    }
    importing.abort();
    drop(importing.await);
    kit.clock.advance(Duration::from_secs(61));
    let import = kit.store.import(&list, &next).await.unwrap().import;
    assert_eq!((import.added, import.leaving, import.removed, import.held), (600, 100, 0, 100));
    assert_eq!(kit.store.size(&list).await.unwrap(), 900);
    let approved = kit.store.approve_import(&import.id, moment(9)).await.unwrap();
    assert_eq!((approved.removed, approved.held, approved.state), (100, 0, ImportState::Done));
}
