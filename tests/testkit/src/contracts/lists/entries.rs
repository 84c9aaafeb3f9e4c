use std::collections::{BTreeMap, BTreeSet};

use listsync_core::list::{Entry, Standing};
use listsync_engine::ports::{Decision, EntryQuery, ListStore};

use super::{Bed, local, set};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, bound, contact, object},
};

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        all_are_members_and_those_who_opted_out,
        contacts_are_given_on_the_list_or_not,
        addresses_are_given_on_the_list_or_not,
        objects_are_given_once_they_are_bound,
        a_binding_can_be_changed_with_what_it_rests_on,
        many_can_be_asked_for_at_once,
    ]
}

fn locals(entries: &[Entry]) -> BTreeSet<String> {
    let locals: BTreeSet<_> = entries.iter().map(local).collect();
    assert_eq!(locals.len(), entries.len(), "each comes once");
    locals
}

async fn all_are_members_and_those_who_opted_out<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    bed.decide("berta", Decision::OptedOut).await;
    bed.add("clara").await;
    bed.remove("clara").await;
    let all = ok(bed.store.entries(&bed.list, EntryQuery::All).await);
    assert_eq!(locals(&all), set(&["anna", "berta"]));
    let anna = bed.entry("anna").await.expect("she is on the list");
    assert_eq!((anna.address, anna.name), (address("anna"), contact("anna").name));
    assert_eq!((anna.object_id, anna.standing), (None, Standing::Member));
    assert_eq!(bed.standing("berta").await, Standing::OptedOut);
    let renamed = |entry: Entry| Entry { name: format!("taken {}", local(&entry)), ..entry };
    let taken = ok(bed.store.all_entries(&bed.list, Box::new(renamed)).await);
    let by_contact = |entries: Vec<Entry>| -> BTreeMap<_, _> {
        entries.into_iter().map(|entry| (entry.contact.clone(), entry)).collect()
    };
    let expected: Vec<Entry> = all.into_iter().map(renamed).collect();
    assert_eq!(by_contact(taken), by_contact(expected), "each as it was taken");
}

async fn contacts_are_given_on_the_list_or_not<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for name in ["anna", "berta", "clara"] {
        bed.add(name).await;
    }
    bed.remove("berta").await;
    let wanted = [bed.contact("anna").await, bed.contact("berta").await];
    let found = ok(bed.store.entries(&bed.list, EntryQuery::Contacts(&wanted)).await);
    assert_eq!(locals(&found), set(&["anna", "berta"]));
    assert_eq!(bed.standing("berta").await, Standing::Absent);
    assert!(ok(bed.store.entries(&bed.list, EntryQuery::Contacts(&[])).await).is_empty());
    let unknown = [listsync_core::id::ContactId::parse("nobody").expect("a plain name makes an id")];
    assert!(ok(bed.store.entries(&bed.list, EntryQuery::Contacts(&unknown)).await).is_empty());
}

async fn addresses_are_given_on_the_list_or_not<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    bed.add("berta").await;
    bed.remove("berta").await;
    let wanted = ["anna", "berta", "nobody"].map(address);
    let found = ok(bed.store.entries(&bed.list, EntryQuery::Addresses(&wanted)).await);
    assert_eq!(locals(&found), set(&["anna", "berta"]));
    let other = ok(bed.store.create_list("Other", crate::sample::moment(0)).await).id;
    let elsewhere = ok(bed.store.entries(&other, EntryQuery::Addresses(&wanted)).await);
    assert_eq!(locals(&elsewhere), set(&["anna", "berta"]), "a contact is known to every list");
    assert!(elsewhere.iter().all(|entry| entry.standing == Standing::Absent));
}

async fn objects_are_given_once_they_are_bound<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for name in ["anna", "berta", "clara"] {
        bed.add(name).await;
    }
    bed.remove("berta").await;
    let objects = ["anna", "berta", "clara"].map(object);
    assert!(ok(bed.store.entries(&bed.list, EntryQuery::Objects(&objects)).await).is_empty());
    let (anna, berta) = (bed.contact("anna").await, bed.contact("berta").await);
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna")), bound(&berta, ("berta", "berta"))]).await);
    let found = ok(bed.store.entries(&bed.list, EntryQuery::Objects(&objects)).await);
    assert_eq!(locals(&found), set(&["anna", "berta"]));
    for entry in found {
        assert_eq!(entry.object_id, Some(object(&local(&entry))));
        assert_eq!(entry.grounds, Some(bound(&entry.contact, (&local(&entry), "x")).grounds));
    }
}

async fn a_binding_can_be_changed_with_what_it_rests_on<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    let anna = bed.contact("anna").await;
    for (local, to) in [("anna", "one"), ("anna", "two"), ("anna.lee", "two")] {
        let binding = bound(&anna, (local, to));
        ok(bed.store.bind(std::slice::from_ref(&binding)).await);
        let entry = bed.entry("anna").await.expect("she is on the list");
        assert_eq!((entry.object_id, entry.grounds), (Some(binding.object), Some(binding.grounds)));
    }
    let found = ok(bed.store.entries(&bed.list, EntryQuery::Objects(&["one", "two"].map(object))).await);
    assert_eq!(found.len(), 1, "a former object finds nobody");
}

async fn many_can_be_asked_for_at_once<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    let anna = bed.contact("anna").await;
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
    let names: Vec<_> =
        (0..2_500).map(|number| format!("many-{number}")).chain(["anna".to_owned()]).collect();
    let addresses: Vec<_> = names.iter().map(|name| address(name)).collect();
    let objects: Vec<_> = names.iter().map(|name| object(name)).collect();
    let contacts: Vec<_> = names
        .iter()
        .map(|name| listsync_core::id::ContactId::parse(name).expect("a plain name makes an id"))
        .chain([anna])
        .collect();
    for query in
        [EntryQuery::Addresses(&addresses), EntryQuery::Objects(&objects), EntryQuery::Contacts(&contacts)]
    {
        let found = ok(bed.store.entries(&bed.list, query).await);
        assert_eq!(locals(&found), set(&["anna"]));
    }
}
