//! A contact's match is the contact's: it is found by its object, and edits tell whose address it rests on.

use listsync_core::{
    id::{ContactId, ObjectId},
    list::Origin,
    matched::Grounds,
    rename::Named,
};
use listsync_engine::ports::{
    ContactEdit, Contacts, EntryQuery, ImportMode, ImportRow, ListStore, NewImport,
};

use super::{Bed, key};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, bound, contact, moment, object},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        the_contacts_of_an_object_are_found_on_whatever_list,
        an_address_of_the_directory_takes_the_grounds_along_and_one_of_people_does_not,
        a_file_that_changes_an_address_leaves_the_grounds,
        who_takes_over_a_match_has_it_under_their_own_address,
    ]
}

async fn of<S: ListStore + Contacts>(bed: &Bed<S>, names: &[&str]) -> Vec<ContactId> {
    let objects: Vec<ObjectId> = names.iter().map(|name| object(name)).collect();
    let mut found: Vec<_> =
        ok(bed.store.contacts_of(&objects).await).into_iter().map(|contact| contact.id).collect();
    found.sort();
    found
}

async fn the_contacts_of_an_object_are_found_on_whatever_list<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let berta = bed.member("berta", &[&bed.news]).await;
    ok(bed.store.remove(&bed.news, &address("berta"), moment(2)).await);
    assert!(of(&bed, &["anna", "berta"]).await.is_empty());
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna")), bound(&berta, ("berta", "berta"))]).await);
    let mut both = vec![anna.clone(), berta.clone()];
    both.sort();
    assert_eq!(of(&bed, &["anna", "berta", "nobody"]).await, both);
    ok(bed.store.bind(&[bound(&berta, ("berta", "else"))]).await);
    assert_eq!(of(&bed, &["anna", "berta"]).await, [anna]);
    assert_eq!(of(&bed, &["else"]).await, [berta]);
    assert!(of(&bed, &[]).await.is_empty());
}

async fn grounds<S: ListStore + Contacts>(bed: &Bed<S>, id: &ContactId) -> Option<Grounds> {
    ok(bed.store.contact(id).await).expect("they are there").grounds
}

async fn an_address_of_the_directory_takes_the_grounds_along_and_one_of_people_does_not<
    S: ListStore + Contacts,
>(
    make: &impl Fn() -> S,
) {
    for (by, rests_on) in [(Origin::Entra, "anna.lee"), (Origin::Manual, "anna"), (Origin::Own, "anna")] {
        let bed = Bed::make(make).await;
        let anna = bed.member("anna", &[&bed.staff]).await;
        ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
        let edit = ContactEdit { address: Some(address("anna.lee")), ..ContactEdit::default() };
        let edited = ok(bed.store.edit_contact(&anna, None, &edit, by, moment(5)).await);
        let named = Some(Named::first(address("anna")));
        let expected = Grounds { address: address(rests_on), since: moment(0), named };
        assert_eq!(
            (edited.object_id, edited.grounds),
            (Some(object("anna")), Some(expected.clone())),
            "{by}"
        );
        assert_eq!(grounds(&bed, &anna).await, Some(expected.clone()));
        let entries = ok(bed.store.entries(&bed.staff, EntryQuery::All).await);
        assert_eq!(entries[0].grounds, Some(expected), "each list shows it");
    }
}

async fn a_file_that_changes_an_address_leaves_the_grounds<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let row = |local: &str| ImportRow { external_id: Some(key("1")), ..contact(local).into() };
    for local in ["anna", "anna.lee"] {
        let file = NewImport::new("staff.csv", ImportMode::Incremental, vec![row(local)], moment(6));
        ok(bed.store.import(&bed.staff, &file).await);
        let anna = bed.find(local).await.expect("she is there");
        if anna.grounds.is_none() {
            ok(bed.store.bind(&[bound(&anna.id, ("anna", "anna"))]).await);
        }
    }
    let anna = bed.find("anna").await.expect("she is there");
    assert_eq!(anna.address, address("anna.lee"));
    assert_eq!(anna.grounds.map(|grounds| grounds.address), Some(address("anna")));
}

async fn who_takes_over_a_match_has_it_under_their_own_address<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let keep = bed.member("private", &[&bed.staff]).await;
    let other = bed.member("anna", &[&bed.news]).await;
    ok(bed.store.bind(&[bound(&other, ("anna", "anna"))]).await);
    let merged = ok(bed.store.merge_contacts(&keep, &other, moment(5)).await);
    let named = Some(Named::first(address("anna")));
    let expected = Grounds { address: address("private"), since: moment(0), named };
    assert_eq!((merged.object_id, merged.grounds), (Some(object("anna")), Some(expected)));
    assert_eq!(of(&bed, &["anna"]).await, [keep]);
}
