use std::collections::BTreeMap;

use listsync_core::{
    id::ContactId,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{
    AddOutcome, Cursor, Decision, EntryQuery, Fault, ImportMode, ListSide, ListStore, NewImport,
    RemoveOutcome,
};

use crate::kit::{DAY, add, address, at, bound, cursor, entry, list, object, person, store};

#[tokio::test]
async fn an_edit_that_changes_nothing_writes_nothing() {
    let store = store();
    let staff = list(&store, "Staff").await;
    add(&store, &staff.id, "anna").await;
    store.decide(&staff.id, &address("bo"), Decision::OptedOut, at(0)).await.unwrap();
    let before = cursor(&store, &staff.id).await;

    let anna = person("anna");
    let again = store.add(&staff.id, &anna, Origin::Csv, at(9)).await.unwrap();
    assert_eq!(again, AddOutcome::Already);
    let refused = store.add(&staff.id, &person("bo"), Origin::Manual, at(9)).await.unwrap();
    assert_eq!(refused, AddOutcome::OptedOut);
    for nobody in ["bo", "cy"] {
        let removed = store.remove(&staff.id, &address(nobody), at(9)).await.unwrap();
        assert_eq!(removed, RemoveOutcome::Absent);
    }
    store.decide(&staff.id, &address("bo"), Decision::OptedOut, at(9)).await.unwrap();
    store.decide(&staff.id, &address("anna"), Decision::Subscribed, at(9)).await.unwrap();

    assert_eq!(cursor(&store, &staff.id).await, before);
    assert_eq!(entry(&store, &staff.id, "anna").await.unwrap().origin, Origin::Manual);
    assert_eq!(entry(&store, &staff.id, "cy").await, None);
}

#[tokio::test]
async fn a_change_is_seen_by_who_read_before_it_and_by_nobody_after() {
    let store = store();
    let (staff, other) = (list(&store, "Staff").await, list(&store, "Other").await);
    let before = cursor(&store, &staff.id).await;
    add(&store, &staff.id, "anna").await;
    add(&store, &other.id, "bo").await;
    store.remove(&staff.id, &address("anna"), at(1)).await.unwrap();
    let anna = entry(&store, &staff.id, "anna").await.unwrap();
    let seen = store.changes(&staff.id, &before).await.unwrap();
    assert_eq!(seen.contacts, [anna.contact]);
    assert_eq!(store.changes(&staff.id, &seen.cursor).await.unwrap().contacts, []);
    assert_eq!(seen.cursor, cursor(&store, &staff.id).await);
}

#[tokio::test]
async fn a_first_match_is_no_change_and_another_is_one_on_each_list() {
    let store = store();
    let (staff, other) = (list(&store, "Staff").await, list(&store, "Other").await);
    add(&store, &staff.id, "anna").await;
    add(&store, &other.id, "anna").await;
    let anna = entry(&store, &staff.id, "anna").await.unwrap().contact;
    for (to, logged) in [("o1", false), ("o1", false), ("o2", true), ("o1", true)] {
        let (in_staff, in_other) = (cursor(&store, &staff.id).await, cursor(&store, &other.id).await);
        store.bind(&[bound(&anna, to)]).await.unwrap();
        for (list, since) in [(&staff.id, in_staff), (&other.id, in_other)] {
            let changed = !store.changes(list, &since).await.unwrap().contacts.is_empty();
            assert_eq!(changed, logged, "{to:?}");
        }
        assert_eq!(entry(&store, &staff.id, "anna").await.unwrap().object_id, Some(object(to)));
    }
    let nobody = ContactId::parse("nobody").unwrap();
    store.bind(&[bound(&nobody, "o1")]).await.unwrap(); // Who was deleted during a run is matched to nobody.
}

#[tokio::test]
async fn a_cursor_that_is_too_old_or_not_of_this_list_is_gone() {
    let store = store();
    let staff = list(&store, "Staff").await;
    let start = cursor(&store, &staff.id).await;
    add(&store, &staff.id, "anna").await;
    let middle = cursor(&store, &staff.id).await;
    let month = at(0).checked_add(91 * DAY).unwrap();
    store.add(&staff.id, &person("bo"), Origin::Manual, month).await.unwrap();
    // An import forgets what is older than 90 days.
    let file = NewImport::new("f.csv", ImportMode::Incremental, Vec::new(), month);
    store.import(&staff.id, &file).await.unwrap();
    for gone in [start, Cursor("99".into()), Cursor("-1".into()), Cursor("x".into())] {
        let error = store.changes(&staff.id, &gone).await.unwrap_err();
        assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "cursor_gone"));
    }
    assert_eq!(store.changes(&staff.id, &middle).await.unwrap().contacts.len(), 1);
}

#[tokio::test]
async fn changes_are_kept_for_ninety_days() {
    let store = store();
    let staff = list(&store, "Staff").await;
    let start = cursor(&store, &staff.id).await;
    add(&store, &staff.id, "anna").await;
    let file =
        NewImport::new("f.csv", ImportMode::Incremental, Vec::new(), at(0).checked_add(90 * DAY).unwrap());
    store.import(&staff.id, &file).await.unwrap();
    assert_eq!(store.changes(&staff.id, &start).await.unwrap().contacts.len(), 1);
}

#[tokio::test]
async fn an_addition_brings_name_and_fields_and_an_empty_name_takes_none_away() {
    let store = store();
    let staff = list(&store, "Staff").await;
    let fields = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let named =
        NewContact { name: "Anna".into(), fields: fields(&[("dept", "x"), ("city", "y")]), ..person("anna") };
    store.add(&staff.id, &named, Origin::Manual, at(0)).await.unwrap();
    let bare = NewContact { fields: fields(&[("dept", ""), ("floor", "2")]), ..person("anna") };
    store.add(&staff.id, &bare, Origin::Manual, at(1)).await.unwrap();
    let anna = store.entries(&staff.id, EntryQuery::All).await.unwrap().pop().unwrap();
    assert_eq!((anna.name.as_str(), anna.standing), ("Anna", Standing::Member));
    assert_eq!(store.fields(&anna.contact).await.unwrap(), fields(&[("city", "y"), ("floor", "2")]));
}
