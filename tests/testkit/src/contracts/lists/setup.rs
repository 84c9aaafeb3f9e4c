use listsync_core::{id::ListId, list::Origin};
use listsync_engine::ports::{Decision, EntryQuery, Fault, ListStore};

use super::Bed;
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_list_is_found_by_name_or_id,
        a_name_is_taken_once,
        lists_come_by_name,
        a_deleted_list_is_gone_and_its_contacts_are_not,
        an_unknown_list_is_gone,
    ]
}

async fn a_list_is_found_by_name_or_id<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let list = ok(bed.store.list(&bed.list).await);
    assert_eq!(list.as_ref().map(|list| list.name.as_str()), Some("Staff"));
    for name in ["Staff", "staff", "STAFF", bed.list.as_str()] {
        assert_eq!(ok(bed.store.find_list(name).await), list, "{name}");
    }
    assert_eq!(ok(bed.store.find_list("Staf").await), None);
}

async fn a_name_is_taken_once<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for name in ["Staff", "staff"] {
        assert_eq!(fault(bed.store.create_list(name, moment(1)).await), Fault::Rejected, "{name}");
    }
    assert_eq!(ok(bed.store.lists().await).len(), 1);
}

async fn lists_come_by_name<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for name in ["zebra", "Abend", "middle"] {
        ok(bed.store.create_list(name, moment(1)).await);
    }
    let lists = ok(bed.store.lists().await);
    let names: Vec<_> = lists.iter().map(|list| list.name.as_str()).collect();
    assert_eq!(names, ["Abend", "middle", "Staff", "zebra"]);
    let known = lists.into_iter().map(|list| (list.id, list.name)).collect();
    assert_eq!(ok(bed.store.list_names().await), known);
}

async fn a_deleted_list_is_gone_and_its_contacts_are_not<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    bed.add("anna").await;
    ok(bed.store.add(&other, &contact("anna"), Origin::Manual, moment(0)).await);
    let anna = bed.contact("anna").await;
    ok(bed.store.delete_list(&bed.list).await);
    assert_eq!(ok(bed.store.list(&bed.list).await), None);
    assert_eq!(ok(bed.store.find_list("Staff").await), None);
    assert_eq!(fault(bed.store.cursor(&bed.list).await), Fault::Gone);
    let on_other = ok(bed.store.entries(&other, EntryQuery::All).await);
    assert_eq!(on_other.first().map(|entry| &entry.contact), Some(&anna));
    let again = ok(bed.store.create_list("Staff", moment(2)).await);
    assert_ne!(again.id, bed.list, "a list of the same name is another list");
    assert_eq!(ok(bed.store.size(&again.id).await), 0);
}

async fn an_unknown_list_is_gone<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let nowhere = ListId::parse("nowhere").expect("a plain name makes an id");
    assert_eq!(ok(bed.store.list(&nowhere).await), None);
    assert_eq!(fault(bed.store.cursor(&nowhere).await), Fault::Gone);
    let added = bed.store.add(&nowhere, &contact("anna"), Origin::Manual, moment(0)).await;
    assert_eq!(fault(added), Fault::Gone);
    let decided = bed.store.decide(&nowhere, &address("anna"), Decision::OptedOut, moment(0)).await;
    assert_eq!(fault(decided), Fault::Gone);
    assert_eq!(fault(bed.store.delete_list(&nowhere).await), Fault::Gone);
}
