use std::time::Duration;

use listsync_core::{
    contact::ExternalId,
    list::Origin,
    member::{Member, Open},
};
use listsync_engine::ports::{
    Acquired, ContactEdit, Contacts as _, Decision, Fold, Links as _, ListSide as _, ListStore as _,
    MemberChange,
};
use listsync_testkit::sample::{address, bound, contact, link, member, moment};

use crate::kit::Kit;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_link_and_list_leave_only_the_contacts() {
    let kit = Kit::start().await;
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    for name in ["anna", "berta"] {
        kit.store.add(&list, &contact(name), Origin::Manual, moment(0)).await.unwrap();
    }
    kit.store.decide(&list, &address("clara"), Decision::OptedOut, moment(0)).await.unwrap();
    let link = link("link-1", &list, "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    let minute = Duration::from_secs(60);
    let Acquired::Lease(lease) = kit.store.acquire(&link.id, moment(0), minute).await.unwrap() else {
        panic!("the lease is free")
    };
    let rows = (0..60).map(|number| Member { open: Some(Open::Due), ..member(&format!("row-{number}")) });
    let members = rows.map(MemberChange::Put).collect();
    kit.store.fold(&lease, &Fold { members, ..Fold::default() }).await.unwrap();
    assert_eq!(kit.kinds().await["OPEN"], 60);
    assert!(kit.store.delete_list(&list).await.is_err(), "a link stands on it");
    kit.store.delete(&link.id).await.unwrap();
    kit.store.delete_list(&list).await.unwrap();
    let kinds = kit.kinds().await;
    assert_eq!(
        kinds.keys().map(String::as_str).collect::<Vec<_>>(),
        ["ADDRESS", "CONTACT", "FEED", "FORMERLIST", "FORMERLISTS", "PEPPER"]
    );
    assert_eq!(kinds["CONTACT"], 3);
    // What is left of a contact goes on a new list as ever, matched or not.
    let other = kit.store.create_list("Other", moment(1)).await.unwrap().id;
    kit.store.add(&other, &contact("anna"), Origin::Manual, moment(1)).await.unwrap();
    let wanted = [address("anna")];
    let query = listsync_engine::ports::EntryQuery::Addresses(&wanted);
    let anna = kit.store.entries(&other, query).await.unwrap().remove(0).contact;
    kit.store.bind(&[bound(&anna, ("anna", "anna"))]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_leaves_a_hash_of_each_thing_that_they_were_known_by_and_nothing_of_it_once_they_are_back()
 {
    let kit = Kit::start().await;
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    let keyed = ContactEdit { external_id: ExternalId::parse("0001").ok(), ..ContactEdit::default() };
    let anna = kit.store.create_contact(&address("anna"), &keyed, Origin::Manual, moment(0)).await.unwrap();
    kit.store.bind(&[bound(&anna.id, ("anna", "anna"))]).await.unwrap();
    assert_eq!(kit.kinds().await["ADDRESS"], 1);
    kit.store.erase_contact(&anna.id, moment(1)).await.unwrap();
    let kinds = kit.kinds().await;
    assert_eq!(kinds["ADDRESS"], 3, "address, external id, object");
    assert_eq!((kinds.get("CONTACT"), kinds.get("EXTERNAL"), kinds.get("OBJECT")), (None, None, None));
    let back =
        kit.store.create_contact(&address("anna.new"), &keyed, Origin::Manual, moment(2)).await.unwrap();
    assert!(back.opted_out.is_some());
    kit.store.bind(&[bound(&back.id, ("anna.new", "anna"))]).await.unwrap();
    assert_eq!(kit.kinds().await["ADDRESS"], 2, "the address that they had, and the one that they have");
    assert!(kit.store.entries(&list, listsync_engine::ports::EntryQuery::All).await.unwrap().is_empty());
}
