use listsync_core::{
    id::{ContactId, ListId},
    list::{NewContact, Origin, Standing},
    member::{Member, MemberKey},
};
use listsync_engine::ports::{
    Cursor, Fault, Fold, Lease, Links, ListEffect, ListOutcome, ListSide, ListStep, ListStore, MemberChange,
    MemberQuery,
};
use listsync_sqlite::SqliteStore;

use crate::kit::{
    MINUTE, add, add_step, address, at, bound, cursor, entry, lease, linked, list, list_fold, member, object,
    person, standing,
};

async fn rows(store: &SqliteStore, lease: &Lease) -> Vec<Member> {
    store.members(&lease.link, MemberQuery::All).await.unwrap()
}

async fn fold_one(store: &SqliteStore, lease: &Lease, step: ListStep, seen: Option<Cursor>) -> ListOutcome {
    store.fold(lease, &list_fold(vec![step], seen)).await.unwrap()[0]
}

async fn contact(store: &SqliteStore, list: &ListId, local: &str) -> ContactId {
    entry(store, list, local).await.unwrap().contact
}

fn remove_step(contact: &ContactId, id: &str) -> ListStep {
    ListStep {
        effect: ListEffect::Remove(contact.clone()),
        then: Member { in_baseline: false, ..member(id) },
    }
}

#[tokio::test]
async fn somebody_new_becomes_a_contact_of_that_object_and_its_row_knows_the_contact() {
    let (store, staff, lease) = linked().await;
    let mut step = add_step("anna", "o1");
    if let ListEffect::Add { contact, .. } = &mut step.effect {
        *contact = NewContact { name: "Anna".into(), ..contact.clone() };
    }
    let before = cursor(&store, &staff.id).await;
    assert_eq!(fold_one(&store, &lease, step, Some(before.clone())).await, ListOutcome::Done);
    let anna = entry(&store, &staff.id, "anna").await.unwrap();
    assert_eq!((anna.name.as_str(), anna.standing, anna.origin), ("Anna", Standing::Member, Origin::Entra));
    assert_eq!(anna.object_id, Some(object("o1")));
    assert_eq!(rows(&store, &lease).await[0].contact, Some(anna.contact.clone()));
    assert_eq!(store.changes(&staff.id, &before).await.unwrap().contacts, [anna.contact]);
}

#[tokio::test]
async fn a_contact_is_known_again_by_its_object_though_the_address_changed() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "maiden").await;
    let known = contact(&store, &staff.id, "maiden").await;
    store.bind(&[bound(&known, "o1")]).await.unwrap();
    assert_eq!(fold_one(&store, &lease, add_step("married", "o1"), None).await, ListOutcome::AlreadySo);
    assert_eq!(rows(&store, &lease).await[0].contact, Some(known));
    assert_eq!(entry(&store, &staff.id, "married").await, None);
}

#[tokio::test]
async fn an_unmatched_contact_of_the_address_is_taken_and_matched() {
    let (store, staff, lease) = linked().await;
    let other = list(&store, "Other").await;
    add(&store, &other.id, "anna").await;
    assert_eq!(fold_one(&store, &lease, add_step("anna", "o1"), None).await, ListOutcome::Done);
    let anna = entry(&store, &staff.id, "anna").await.unwrap();
    assert_eq!((anna.standing, anna.object_id), (Standing::Member, Some(object("o1"))));
    assert_eq!(anna.contact, contact(&store, &other.id, "anna").await);
}

#[tokio::test]
async fn an_address_of_another_object_is_a_conflict_and_saves_no_row() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "shared").await;
    let shared = contact(&store, &staff.id, "shared").await;
    store.bind(&[bound(&shared, "o1")]).await.unwrap();
    assert_eq!(fold_one(&store, &lease, add_step("shared", "o2"), None).await, ListOutcome::Conflict);
    assert!(rows(&store, &lease).await.is_empty());
    assert_eq!(entry(&store, &staff.id, "shared").await.unwrap().object_id, Some(object("o1")));
}

#[tokio::test]
async fn what_is_so_already_is_recorded_and_logs_no_change() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "anna").await;
    let anna = contact(&store, &staff.id, "anna").await;
    let before = cursor(&store, &staff.id).await;
    assert_eq!(fold_one(&store, &lease, add_step("anna", "o1"), None).await, ListOutcome::AlreadySo);
    assert_eq!(cursor(&store, &staff.id).await, before);
    assert_eq!(rows(&store, &lease).await[0].contact, Some(anna.clone()));

    store.remove(&staff.id, &address("anna"), at(1)).await.unwrap();
    let before = cursor(&store, &staff.id).await;
    assert_eq!(fold_one(&store, &lease, remove_step(&anna, "o1"), None).await, ListOutcome::AlreadySo);
    let nobody = ContactId::parse("nobody").unwrap();
    assert_eq!(fold_one(&store, &lease, remove_step(&nobody, "o2"), None).await, ListOutcome::AlreadySo);
    assert_eq!(cursor(&store, &staff.id).await, before);
}

#[tokio::test]
async fn who_is_removed_leaves_and_is_not_forgotten() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "anna").await;
    let anna = contact(&store, &staff.id, "anna").await;
    let seen = cursor(&store, &staff.id).await;
    let step = remove_step(&anna, "o1");
    assert_eq!(fold_one(&store, &lease, step, Some(seen.clone())).await, ListOutcome::Done);
    assert_eq!(standing(&store, &staff.id, "anna").await, Standing::Absent);
    assert_eq!(store.changes(&staff.id, &seen).await.unwrap().contacts.first(), Some(&anna));
    assert_eq!(rows(&store, &lease).await[0].contact, Some(anna));
}

#[tokio::test]
async fn whoever_changed_after_the_list_was_read_is_left_alone() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "anna").await;
    add(&store, &staff.id, "bo").await;
    let (anna, bo) = (contact(&store, &staff.id, "anna").await, contact(&store, &staff.id, "bo").await);
    let seen = cursor(&store, &staff.id).await;
    for _ in 0..2 {
        store.remove(&staff.id, &address("anna"), at(1)).await.unwrap();
        add(&store, &staff.id, "anna").await;
    }
    store.remove(&staff.id, &address("bo"), at(1)).await.unwrap();
    let steps = vec![remove_step(&anna, "o1"), add_step("bo", "o2"), remove_step(&bo, "o3")];
    let outcomes = store.fold(&lease, &list_fold(steps, Some(seen))).await.unwrap();
    assert_eq!(outcomes, [ListOutcome::Superseded, ListOutcome::Superseded, ListOutcome::AlreadySo]);
    assert_eq!(standing(&store, &staff.id, "anna").await, Standing::Member);
    assert_eq!(standing(&store, &staff.id, "bo").await, Standing::Absent);
    let keys: Vec<_> = rows(&store, &lease).await.into_iter().map(|row| row.key).collect();
    assert_eq!(keys, [MemberKey::Principal(object("o3"))]);
}

#[tokio::test]
async fn effects_and_rows_are_one_write_that_a_stale_worker_cannot_make() {
    let (store, staff, stale) = linked().await;
    let live = lease(&store, "l1", at(60)).await;
    let fold = Fold {
        list: vec![add_step("anna", "o1")],
        members: vec![MemberChange::Put(member("o2"))],
        ..Fold::default()
    };
    assert_eq!(store.fold(&stale, &fold).await.unwrap_err().fault, Fault::LeaseLost);
    assert_eq!(store.size(&staff.id).await.unwrap(), 0);
    assert!(rows(&store, &live).await.is_empty());
    let live = store.renew(&live, at(61), MINUTE).await.unwrap();
    store.fold(&live, &fold).await.unwrap();
    assert_eq!(store.size(&staff.id).await.unwrap(), 1);
    assert_eq!(rows(&store, &live).await.len(), 2);
}

#[tokio::test]
async fn outcomes_come_in_the_order_of_their_steps() {
    let (store, staff, lease) = linked().await;
    add(&store, &staff.id, "bo").await;
    store.add(&staff.id, &person("cy"), Origin::Csv, at(0)).await.unwrap();
    let cy = contact(&store, &staff.id, "cy").await;
    let steps = vec![add_step("anna", "o1"), add_step("bo", "o2"), remove_step(&cy, "o3")];
    let outcomes = store.fold(&lease, &list_fold(steps, None)).await.unwrap();
    assert_eq!(outcomes, [ListOutcome::Done, ListOutcome::AlreadySo, ListOutcome::Done]);
}
