use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use listsync_core::{
    Timestamp,
    effects::{Batch, BatchPlace, Because, Certainty, Done, KEPT},
    id::{ContactId, ListId, ObjectId, RunId},
    link::Side,
    member::{Change, Member, MemberKey, Op},
    plan::Cause,
};
use listsync_engine::ports::{
    Acquired, Contacts as _, EffectsQuery, Fold, FoldEffects, Lease, Links as _, ListEffect, ListSide as _,
    ListStep, ListStore as _, MemberChange, Runs as _,
};
use listsync_testkit::sample::{link, moment};

use crate::kit::{Kit, people};

async fn leased(kit: &Kit) -> (ListId, Lease) {
    let list = kit.store.create_list("Staff", moment(0)).await.unwrap().id;
    let link = link("link-1", &list, "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    match kit.store.acquire(&link.id, moment(0), Duration::from_secs(60)).await.unwrap() {
        Acquired::Lease(lease) => (list, lease),
        Acquired::Busy(_) => panic!("the lease is free"),
    }
}

fn object(number: u32) -> ObjectId {
    ObjectId::parse(&format!("2f4d0c1e-0000-4000-8000-{number:012x}")).unwrap()
}

fn effects(list: &ListId, side: Side, number: u32, count: u32) -> FoldEffects {
    let done = people(0..count).into_iter().zip(0..).map(|(person, number)| Done {
        change: Change { side, op: Op::Add },
        because: Because::Known(Cause::GroupAdded),
        object: Some(object(number)),
        contact: ContactId::parse(object(number).as_str()).ok(),
        address: Some(person.address),
        at: moment(1),
    });
    let place = BatchPlace { at: moment(1), run: RunId::parse(object(9).as_str()).unwrap(), number };
    let link = link("link-1", list, "group-1").id;
    let batch =
        Batch { list: list.clone(), link, place, certainty: Certainty::Certain, done: done.collect() };
    FoldEffects { batch, keep: KEPT }
}

fn steps(count: u32) -> Vec<ListStep> {
    let step = |(person, number)| ListStep {
        effect: ListEffect::Add { contact: person, object_id: object(number), primary: None },
        then: Member { in_baseline: true, ..Member::unknown(MemberKey::Principal(object(number))) },
    };
    people(0..count).into_iter().zip(0..).map(step).collect()
}

async fn kept(kit: &Kit, list: &ListId) -> Vec<Batch> {
    let (since, until) = (Timestamp::MIN, Timestamp::MAX);
    let query = EffectsQuery { list: list.clone(), run: None, since, until, from: None, limit: 100 };
    kit.store.effects(&query).await.unwrap().batches
}

/// What the items of effects take, in write units: a kilobyte each, and at least one an item.
async fn write_units(kit: &Kit) -> usize {
    let mut pages = kit.client.scan().table_name("listsync").into_paginator().items().send();
    let mut units = 0;
    while let Some(item) = pages.next().await {
        let item = item.unwrap();
        if matches!(item.get("pk"), Some(AttributeValue::S(pk)) if pk.starts_with("EFFECT")) {
            let bytes = item.iter().map(|(name, value)| {
                name.len()
                    + match value {
                        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
                        AttributeValue::B(bytes) => bytes.as_ref().len(),
                        _ => 1,
                    }
            });
            units += bytes.sum::<usize>().div_ceil(1_024);
        }
    }
    units
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_run_added_costs_a_tenth_of_a_write_unit_a_member_at_most() {
    let kit = Kit::start().await;
    let (list, lease) = leased(&kit).await;
    for number in 0..5 {
        let effects = effects(&list, Side::Group, number, 20);
        let members = effects.batch.done.iter().filter_map(|done| done.object.clone());
        let members = members.map(|id| MemberChange::Put(Member::unknown(MemberKey::Principal(id))));
        let fold = Fold { members: members.collect(), effects: Some(effects), ..Fold::default() };
        kit.store.fold(&lease, &fold).await.unwrap();
    }
    // The first batch of a run notes besides that the list has any.
    assert!(write_units(&kit).await <= 10 + 1, "the smallest batches");
    let before = write_units(&kit).await;
    let list_seen = Some(kit.store.cursor(&list).await.unwrap());
    let effects = Some(effects(&list, Side::List, 5, 300));
    let fold = Fold { list: steps(300), list_seen, effects, ..Fold::default() };
    kit.store.fold(&lease, &fold).await.unwrap();
    let units = write_units(&kit).await - before;
    assert!(units <= 30, "{units} for three hundred on the list");
    let kept = kept(&kit, &list).await;
    assert_eq!((kept.len(), kept[0].done.len(), kept[0].certainty), (6, 300, Certainty::Certain));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_on_the_list_when_a_run_died_is_kept_as_uncertain() {
    let kit = Kit::start().await;
    let (list, lease) = leased(&kit).await;
    let list_seen = Some(kit.store.cursor(&list).await.unwrap());
    let effects = effects(&list, Side::List, 0, 120);
    let fold = Fold { list: steps(120), list_seen, effects: Some(effects.clone()), ..Fold::default() };
    let store = kit.other();
    kit.moto.hold_after(1, "TransactWriteItems");
    let folding = tokio::spawn(async move { store.fold(&lease, &fold).await });
    kit.moto.wait_for_the_held();
    folding.abort();
    kit.moto.go_on();
    assert!(kit.store.size(&list).await.unwrap() > 0, "some joined");
    let kept = kept(&kit, &list).await;
    assert_eq!(kept, vec![Batch { certainty: Certainty::Uncertain, ..effects.batch }]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_person_no_address_is_left_in_what_runs_did() {
    let kit = Kit::start().await;
    let (list, lease) = leased(&kit).await;
    let list_seen = Some(kit.store.cursor(&list).await.unwrap());
    let mut effects = effects(&list, Side::List, 0, 3);
    for done in &mut effects.batch.done {
        done.contact = None;
    }
    let fold = Fold { list: steps(3), list_seen, effects: Some(effects), ..Fold::default() };
    kit.store.fold(&lease, &fold).await.unwrap();
    let person = people(1..2).remove(0).address;
    let id = kit.store.find_contact(&person).await.unwrap().unwrap().id;
    kit.store.erase_contact(&id, moment(2)).await.unwrap();
    let all = kept(&kit, &list).await.remove(0);
    assert_eq!(all.certainty, Certainty::Certain, "it stays what it was");
    let named: Vec<bool> = all.done.iter().map(|done| done.address.is_some()).collect();
    assert_eq!(named, [true, false, true]);
}
