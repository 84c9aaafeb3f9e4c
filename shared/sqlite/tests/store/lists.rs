use listsync_core::{
    id::{ContactId, ListId},
    link::Mode,
    list::Standing,
};
use listsync_engine::ports::{Cursor, EntryQuery, Fault, Links, ListSide, ListStore};

use crate::kit::{add, address, at, bound, entry, link, list, object, store};

#[tokio::test]
async fn a_list_is_found_by_its_name_in_any_case_and_by_its_id() {
    let store = store();
    let made = list(&store, " Übersicht ").await;
    assert_eq!(made.name, "Übersicht");
    for name in ["Übersicht", "übersicht", "ÜBERSICHT ", made.id.as_str()] {
        assert_eq!(store.find_list(name).await.unwrap().as_ref(), Some(&made), "{name}");
    }
    assert_eq!(store.find_list("other").await.unwrap(), None);
    assert_eq!(store.list(&made.id).await.unwrap(), Some(made));
}

#[tokio::test]
async fn a_name_is_given_once_and_never_empty() {
    let store = store();
    list(&store, "Staff").await;
    let error = store.create_list("STAFF", at(0)).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "list_exists"));
    for name in ["", "  ", "a\nb"] {
        let error = store.create_list(name, at(0)).await.unwrap_err();
        assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "bad_list_name"));
    }
}

#[tokio::test]
async fn lists_come_by_name() {
    let store = store();
    for name in ["b", "C", "a"] {
        list(&store, name).await;
    }
    let names: Vec<_> = store.lists().await.unwrap().into_iter().map(|list| list.name).collect();
    assert_eq!(names, ["a", "b", "C"]);
}

#[tokio::test]
async fn a_linked_list_cannot_be_deleted_and_another_leaves_its_contacts() {
    let store = store();
    let (kept, gone) = (list(&store, "Kept").await, list(&store, "Gone").await);
    add(&store, &kept.id, "anna").await;
    add(&store, &gone.id, "anna").await;
    store.create(&link("l1", &gone.id, "g1", Mode::TwoWay), at(0)).await.unwrap();
    let error = store.delete_list(&gone.id).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "list_linked"));
    store.delete(&link("l1", &gone.id, "g1", Mode::TwoWay).id).await.unwrap();
    store.delete_list(&gone.id).await.unwrap();
    assert_eq!(store.list(&gone.id).await.unwrap(), None);
    assert_eq!(entry(&store, &kept.id, "anna").await.unwrap().standing, Standing::Member);
}

#[tokio::test]
async fn a_list_that_is_gone_is_never_an_empty_list() {
    let store = store();
    let gone = ListId::parse("gone").unwrap();
    let errors = [
        store.entries(&gone, EntryQuery::All).await.unwrap_err(),
        store.cursor(&gone).await.unwrap_err(),
        store.size(&gone).await.unwrap_err(),
        store.changes(&gone, &Cursor("0".into())).await.unwrap_err(),
        store.delete_list(&gone).await.unwrap_err(),
        store.remove(&gone, &address("anna"), at(0)).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "no_such_list"));
    }
}

#[tokio::test]
async fn entries_are_found_by_contact_object_and_address_also_off_the_list() {
    let store = store();
    let (staff, other) = (list(&store, "Staff").await, list(&store, "Other").await);
    add(&store, &staff.id, "anna").await;
    add(&store, &other.id, "bo").await;
    let anna = entry(&store, &staff.id, "anna").await.unwrap();
    let bo = entry(&store, &staff.id, "bo").await.unwrap();
    assert_eq!((anna.standing, bo.standing), (Standing::Member, Standing::Absent));
    store.bind(&[bound(&bo.contact, "o2")]).await.unwrap();

    let contacts = [bo.contact.clone(), anna.contact.clone(), ContactId::parse("none").unwrap()];
    let found = store.entries(&staff.id, EntryQuery::Contacts(&contacts)).await.unwrap();
    assert_eq!(found.iter().map(|entry| &entry.contact).collect::<Vec<_>>(), [&anna.contact, &bo.contact]);
    let objects = [object("o2"), object("o9")];
    let found = store.entries(&staff.id, EntryQuery::Objects(&objects)).await.unwrap();
    assert_eq!(found[0].object_id, Some(object("o2")));
    assert_eq!(found.len(), 1);
    let all = store.entries(&staff.id, EntryQuery::All).await.unwrap();
    assert_eq!(all, [anna]);
    assert_eq!(store.size(&staff.id).await.unwrap(), 1);
}
