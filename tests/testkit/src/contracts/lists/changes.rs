use std::collections::BTreeSet;

use listsync_core::id::ContactId;
use listsync_engine::ports::{Cursor, Decision, ImportMode, ListStore};

use super::Bed;
use crate::{
    contracts::{Case, cases, ok},
    sample::bound,
};

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_quiet_list_has_no_changes,
        each_change_of_standing_is_named,
        what_changes_nothing_is_not_named,
        a_cursor_goes_on_where_the_last_read_ended,
        a_first_match_is_no_change_and_a_changed_one_is,
        each_list_has_changes_of_its_own,
    ]
}

async fn cursor<S: ListStore>(bed: &Bed<S>) -> Cursor {
    ok(bed.store.cursor(&bed.list).await)
}

async fn since<S: ListStore>(bed: &Bed<S>, cursor: &Cursor) -> BTreeSet<ContactId> {
    let contacts = ok(bed.store.changes(&bed.list, cursor).await).contacts;
    let named: BTreeSet<_> = contacts.iter().cloned().collect();
    assert_eq!(named.len(), contacts.len(), "each is named once");
    named
}

async fn a_quiet_list_has_no_changes<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let start = cursor(&bed).await;
    assert!(since(&bed, &start).await.is_empty());
    bed.add("anna").await;
    let later = cursor(&bed).await;
    assert!(since(&bed, &later).await.is_empty());
    assert_eq!(ok(bed.store.changes(&bed.list, &later).await).cursor, later);
}

async fn each_change_of_standing_is_named<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut last = cursor(&bed).await;
    bed.add("anna").await;
    let anna = BTreeSet::from([bed.contact("anna").await]);
    for step in 0..5 {
        match step {
            0 => {}
            1 => bed.decide("anna", Decision::OptedOut).await,
            2 => bed.decide("anna", Decision::Subscribed).await,
            3 => drop(bed.remove("anna").await),
            _ => drop(bed.import(ImportMode::Incremental, &["anna"]).await),
        }
        assert_eq!(since(&bed, &last).await, anna, "step {step}");
        last = cursor(&bed).await;
    }
    bed.add("berta").await;
    last = cursor(&bed).await;
    bed.import(ImportMode::Full, &["anna"]).await;
    let named = since(&bed, &last).await;
    assert!(named.is_empty() || named.contains(&bed.contact("berta").await), "who left by an import");
}

async fn what_changes_nothing_is_not_named<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    bed.decide("berta", Decision::OptedOut).await;
    let start = cursor(&bed).await;
    bed.add("anna").await;
    bed.add("berta").await;
    bed.remove("berta").await;
    bed.remove("nobody").await;
    bed.import(ImportMode::Full, &["anna", "berta"]).await;
    assert!(since(&bed, &start).await.is_empty());
}

async fn a_cursor_goes_on_where_the_last_read_ended<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let start = cursor(&bed).await;
    bed.add("anna").await;
    let first = ok(bed.store.changes(&bed.list, &start).await);
    bed.add("berta").await;
    bed.add("clara").await;
    bed.remove("clara").await;
    let second = ok(bed.store.changes(&bed.list, &first.cursor).await);
    let (anna, berta, clara) =
        (bed.contact("anna").await, bed.contact("berta").await, bed.contact("clara").await);
    assert_eq!(first.contacts, vec![anna.clone()]);
    assert_eq!(second.contacts.into_iter().collect::<BTreeSet<_>>(), [berta.clone(), clara.clone()].into());
    assert_eq!(since(&bed, &start).await, [anna, berta, clara].into(), "an old cursor still tells all");
}

async fn a_first_match_is_no_change_and_a_changed_one_is<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    let anna = bed.contact("anna").await;
    let start = cursor(&bed).await;
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
    assert!(since(&bed, &start).await.is_empty(), "the run that made it has taken it in");
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
    assert!(since(&bed, &start).await.is_empty(), "the same match again is no change");
    ok(bed.store.bind(&[bound(&anna, ("anna.lee", "anna"))]).await);
    assert!(since(&bed, &start).await.is_empty(), "nor are other grounds of it");
    for other in ["else", "anna"] {
        let start = cursor(&bed).await;
        ok(bed.store.bind(&[bound(&anna, ("anna", other))]).await);
        assert_eq!(since(&bed, &start).await, [anna.clone()].into());
    }
}

async fn each_list_has_changes_of_its_own<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", crate::sample::moment(0)).await).id;
    let start = ok(bed.store.cursor(&other).await);
    bed.add("anna").await;
    assert!(ok(bed.store.changes(&other, &start).await).contacts.is_empty());
}
