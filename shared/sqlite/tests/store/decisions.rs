use listsync_core::list::{Origin, Standing};
use listsync_engine::ports::{AddOutcome, Decision, EntryQuery, Links, ListOutcome, ListSide, ListStore};

use crate::kit::{
    add, add_step, address, at, bound, entry, linked, list, list_fold, person, standing, store,
};

#[tokio::test]
async fn who_opted_out_is_brought_back_by_nobody_else() {
    let (store, staff, lease) = linked().await;
    store.decide(&staff.id, &address("anna"), Decision::OptedOut, at(0)).await.unwrap();
    let added = store.add(&staff.id, &person("anna"), Origin::Manual, at(1)).await.unwrap();
    assert_eq!(added, AddOutcome::OptedOut);
    let folded = store.fold(&lease, &list_fold(vec![add_step("anna", "o1")], None)).await.unwrap();
    assert_eq!(folded, [ListOutcome::OptedOut]);
    assert_eq!(standing(&store, &staff.id, "anna").await, Standing::OptedOut);
    assert_eq!(store.size(&staff.id).await.unwrap(), 0);
}

#[tokio::test]
async fn who_opted_out_is_not_brought_back_under_another_address_of_the_same_object() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "old").await;
    let old = entry(&store, &staff.id, "old").await.unwrap().contact;
    store.bind(&[bound(&old, "o1")]).await.unwrap();
    store.remove(&staff.id, &address("old"), at(1)).await.unwrap();
    store.decide(&staff.id, &address("new"), Decision::OptedOut, at(2)).await.unwrap();
    let folded = store.fold(&lease, &list_fold(vec![add_step("new", "o1")], None)).await.unwrap();
    assert_eq!(folded, [ListOutcome::OptedOut]);
    assert_eq!(standing(&store, &staff.id, "old").await, Standing::Absent);
}

#[tokio::test]
async fn the_person_alone_undoes_an_opt_out() {
    let store = store();
    let staff = list(&store, "Staff").await;
    add(&store, &staff.id, "anna").await;
    for (decision, expected) in [
        (Decision::OptedOut, Standing::OptedOut),
        (Decision::Subscribed, Standing::Member),
        (Decision::OptedOut, Standing::OptedOut),
    ] {
        store.decide(&staff.id, &address("anna"), decision, at(1)).await.unwrap();
        let anna = entry(&store, &staff.id, "anna").await.unwrap();
        assert_eq!((anna.standing, anna.origin), (expected, Origin::Own));
    }
}

#[tokio::test]
async fn a_decision_of_somebody_unknown_makes_the_contact() {
    let store = store();
    let staff = list(&store, "Staff").await;
    store.decide(&staff.id, &address("anna"), Decision::OptedOut, at(0)).await.unwrap();
    store.decide(&staff.id, &address("bo"), Decision::Subscribed, at(0)).await.unwrap();
    let all = store.entries(&staff.id, EntryQuery::All).await.unwrap();
    let standings: Vec<_> = all.iter().map(|entry| entry.standing).collect();
    assert_eq!(standings, [Standing::OptedOut, Standing::Member]);
}

#[tokio::test]
async fn a_decision_holds_for_its_list_only() {
    let store = store();
    let (staff, other) = (list(&store, "Staff").await, list(&store, "Other").await);
    add(&store, &other.id, "anna").await;
    store.decide(&staff.id, &address("anna"), Decision::OptedOut, at(0)).await.unwrap();
    assert_eq!(standing(&store, &other.id, "anna").await, Standing::Member);
}
