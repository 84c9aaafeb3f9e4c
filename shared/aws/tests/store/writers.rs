use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::ContactId,
    list::{NewContact, Origin},
};
use listsync_engine::ports::{
    Acquired, EntryQuery, Fault, Fold, Lease, Links as _, ListEffect, ListSide as _, ListStep,
    ListStore as _, MemberChange, MemberQuery,
};
use listsync_testkit::sample::{address, bound, contact, link, member, moment, object};

use crate::kit::{Kit, people};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_never_overtakes_what_others_write_meanwhile() {
    let kit = Kit::start().await;
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    let start = kit.store.cursor(&list).await.unwrap();
    let writers: Vec<_> = (0..4_u32)
        .map(|writer| {
            let (store, list) = (kit.other(), list.clone());
            tokio::spawn(async move {
                for person in people(writer * 15..writer * 15 + 15) {
                    store.add(&list, &person, Origin::Manual, moment(1)).await.unwrap();
                }
            })
        })
        .collect();
    let (mut seen, mut cursor) = (BTreeSet::<ContactId>::new(), start);
    while writers.iter().any(|writer| !writer.is_finished()) {
        let changes = kit.store.changes(&list, &cursor).await.unwrap();
        seen.extend(changes.contacts);
        cursor = changes.cursor;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.extend(kit.store.changes(&list, &cursor).await.unwrap().contacts);
    assert_eq!(seen.len(), 60, "nobody was passed over");
    assert_eq!(kit.store.size(&list).await.unwrap(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_add_one_address_one_makes_the_contact() {
    let kit = Kit::start().await;
    let mut tasks = Vec::new();
    for number in 0..6 {
        let list = kit.store.create_list(&format!("List {number}"), moment(0)).await.unwrap().id;
        let store = kit.other();
        tasks.push(tokio::spawn(async move {
            store.add(&list, &contact("anna"), Origin::Manual, moment(1)).await.unwrap();
            store.entries(&list, EntryQuery::All).await.unwrap()[0].contact.clone()
        }));
    }
    let mut made = BTreeSet::new();
    for task in tasks {
        made.insert(task.await.unwrap());
    }
    assert_eq!(made.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_on_many_lists_looks_the_same_on_all() {
    let kit = Kit::start().await;
    let mut lists = Vec::new();
    for number in 0..50 {
        let list = kit.store.create_list(&format!("List {number}"), moment(0)).await.unwrap().id;
        kit.store.add(&list, &contact("anna"), Origin::Manual, moment(1)).await.unwrap();
        lists.push(list);
    }
    let renamed = NewContact { name: "Anna Neu".to_owned(), ..contact("anna") };
    kit.store.add(&lists[0], &renamed, Origin::Manual, moment(2)).await.unwrap();
    let anna = kit.store.entries(&lists[0], EntryQuery::All).await.unwrap()[0].contact.clone();
    let mut cursors = Vec::new();
    for matched in ["one", "two"] {
        kit.store.bind(&[bound(&anna, ("anna", matched))]).await.unwrap();
        for list in &lists {
            let entry = kit.store.entries(list, EntryQuery::All).await.unwrap().remove(0);
            assert_eq!((entry.name.as_str(), entry.object_id), ("Anna Neu", Some(object(matched))));
            cursors.push(kit.store.cursor(list).await.unwrap());
        }
    }
    let (first, second) = cursors.split_at(50);
    assert!(
        first.iter().zip(second).all(|(one, other)| one != other),
        "each list's log tells the other match"
    );
}

async fn lease(kit: &Kit) -> (Lease, listsync_core::id::ListId) {
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    let link = link("link-1", &list, "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    match kit.store.acquire(&link.id, moment(0), MINUTE).await.unwrap() {
        Acquired::Lease(lease) => (lease, list),
        Acquired::Busy(_) => panic!("the lease is not free"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_reach_for_a_lease_at_once_one_gets_it() {
    let kit = Kit::start().await;
    let (lease, _) = lease(&kit).await;
    kit.store.release(&lease).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, link) = (kit.other(), lease.link.clone());
            tokio::spawn(async move { store.acquire(&link, moment(1), MINUTE).await.unwrap() })
        })
        .collect();
    let mut taken = 0;
    for task in tasks {
        taken += u32::from(matches!(task.await.unwrap(), Acquired::Lease(_)));
    }
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_many_transactions_hold_is_whole_in_each() {
    let kit = Kit::start().await;
    let (lease, list) = lease(&kit).await;
    let step = |number: u32| {
        let name = format!("person-{number}");
        let contact = NewContact { address: address(&name), ..contact(&name) };
        let effect = ListEffect::Add { contact, object_id: object(&name), primary: None };
        ListStep { effect, then: member(&name) }
    };
    let fold = Fold {
        list: (0..120).map(step).collect(),
        list_seen: Some(kit.store.cursor(&list).await.unwrap()),
        members: (0..150).map(|number| MemberChange::Put(member(&format!("row-{number}")))).collect(),
        ..Fold::default()
    };
    kit.moto.hold_after(4, "TransactWriteItems");
    let folding = {
        let (store, lease, fold) = (kit.other(), lease.clone(), fold.clone());
        tokio::spawn(async move { store.fold(&lease, &fold).await })
    };
    kit.moto.wait_for_the_held();
    assert!(kit.store.size(&list).await.unwrap() > 0, "some were recorded");
    // Its lease runs out, and another worker takes the link.
    let taken = kit.store.acquire(&lease.link, moment(61), MINUTE).await.unwrap();
    kit.moto.go_on();
    assert_eq!(folding.await.unwrap().unwrap_err().fault, Fault::LeaseLost);
    let rows = kit.store.members(&lease.link, MemberQuery::All).await.unwrap();
    let steps = rows.iter().filter(|row| row.contact.is_some()).count() as u64;
    assert_eq!(steps, kit.store.size(&list).await.unwrap(), "each effect has its row");
    assert!(steps < 120);
    let Acquired::Lease(taken) = taken else { panic!("the lease had run out") };
    let outcomes = kit.store.fold(&taken, &fold).await.unwrap();
    assert_eq!(outcomes.len(), 120);
    assert_eq!(kit.store.size(&list).await.unwrap(), 120);
}
