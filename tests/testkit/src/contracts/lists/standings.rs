use listsync_core::list::{Origin, Standing};
use listsync_engine::ports::{AddOutcome, Decision, EntryQuery, ListStore, RemoveOutcome};

use super::{Bed, set, with_fields};
use crate::{
    contracts::{Case, cases, ok},
    sample::{contact, moment},
};

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        an_operator_adds_and_removes,
        an_addition_remembers_who_brought_it,
        who_opted_out_stays_out_until_they_say_otherwise,
        a_decision_makes_the_contact,
        a_decision_is_about_one_list,
        one_address_is_one_contact,
        a_contact_keeps_its_fields,
    ]
}

async fn an_operator_adds_and_removes<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    assert_eq!(bed.remove("anna").await, RemoveOutcome::Absent);
    assert_eq!(bed.add("anna").await, AddOutcome::Added);
    assert_eq!(bed.add("anna").await, AddOutcome::Already);
    assert_eq!(bed.add("berta").await, AddOutcome::Added);
    assert_eq!(ok(bed.store.size(&bed.list).await), 2);
    assert_eq!(bed.remove("anna").await, RemoveOutcome::Removed);
    assert_eq!(bed.remove("anna").await, RemoveOutcome::Absent);
    assert_eq!(bed.members().await, set(&["berta"]));
    assert_eq!(ok(bed.store.size(&bed.list).await), 1);
    assert_eq!(bed.add("anna").await, AddOutcome::Added, "who was removed can come back");
}

async fn an_addition_remembers_who_brought_it<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for (local, origin) in [("anna", Origin::Manual), ("berta", Origin::Csv), ("clara", Origin::Entra)] {
        ok(bed.store.add(&bed.list, &contact(local), origin, moment(1)).await);
        assert_eq!(bed.entry(local).await.map(|entry| entry.origin), Some(origin));
    }
    bed.decide("dora", Decision::Subscribed).await;
    assert_eq!(bed.entry("dora").await.map(|entry| entry.origin), Some(Origin::Own));
}

async fn who_opted_out_stays_out_until_they_say_otherwise<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    bed.decide("anna", Decision::OptedOut).await;
    assert_eq!(ok(bed.store.size(&bed.list).await), 0);
    assert_eq!(bed.add("anna").await, AddOutcome::OptedOut);
    assert_eq!(bed.remove("anna").await, RemoveOutcome::Absent);
    assert_eq!(bed.standing("anna").await, Standing::OptedOut, "an operator's removal does not undo it");
    assert_eq!(bed.add("anna").await, AddOutcome::OptedOut);
    bed.decide("anna", Decision::Subscribed).await;
    assert_eq!(bed.standing("anna").await, Standing::Member);
    assert_eq!(bed.remove("anna").await, RemoveOutcome::Removed);
    assert_eq!(bed.add("anna").await, AddOutcome::Added, "a later decision replaces the earlier one");
}

async fn a_decision_makes_the_contact<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.decide("anna", Decision::Subscribed).await;
    bed.decide("berta", Decision::OptedOut).await;
    assert_eq!(bed.members().await, set(&["anna"]));
    assert_eq!(bed.add("berta").await, AddOutcome::OptedOut);
}

async fn a_decision_is_about_one_list<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    bed.decide("anna", Decision::OptedOut).await;
    let added = ok(bed.store.add(&other, &contact("anna"), Origin::Manual, moment(1)).await);
    assert_eq!(added, AddOutcome::Added);
}

async fn one_address_is_one_contact<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    bed.add("anna").await;
    ok(bed.store.add(&other, &contact("anna"), Origin::Manual, moment(1)).await);
    let found = ok(bed.store.entries(&other, EntryQuery::All).await);
    let contacts: Vec<_> = found.into_iter().map(|entry| entry.contact).collect();
    assert_eq!(contacts, [bed.contact("anna").await]);
}

async fn a_contact_keeps_its_fields<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let fields = [("Department", "R & D"), ("Büro", "\"7\", links")];
    ok(bed.store.add(&bed.list, &with_fields("anna", &fields), Origin::Manual, moment(1)).await);
    let anna = bed.contact("anna").await;
    assert_eq!(ok(bed.store.fields(&anna).await), with_fields("anna", &fields).fields);
    bed.add("berta").await;
    assert!(ok(bed.store.fields(&bed.contact("berta").await).await).is_empty());
}
