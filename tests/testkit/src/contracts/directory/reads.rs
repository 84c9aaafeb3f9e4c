use std::collections::BTreeSet;

use listsync_core::{
    member::Op,
    snapshot::{Depth, Snapshot},
};
use listsync_engine::ports::{CountCheck, Fault, GroupKind};

use super::{Bed, Tenant, id, id_set, ids, user};
use crate::contracts::{Case, cases, fault, ok};

pub(super) fn cases<T: Tenant + 'static, M: AsyncFn() -> T>() -> Vec<Case<M>> {
    cases![
        a_full_read_gives_rows_and_their_count,
        a_large_group_is_read_whole,
        a_cursor_minted_before_a_read_misses_nothing,
        changes_are_merged_to_the_last_word,
        a_quiet_group_has_no_changes_and_costs_one_request,
        a_cursor_can_be_used_again,
        an_old_cursor_is_gone,
        presence_is_asked_by_member,
    ]
}

async fn a_full_read_gives_rows_and_their_count<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let reading = ok(bed.directory.read(bed.call(), &bed.group, Depth::Direct).await);
    assert_eq!(reading.count, Some(2));
    let snapshot = Snapshot::from_reading(reading);
    assert_eq!(snapshot.members().keys().cloned().collect::<BTreeSet<_>>(), id_set(&[0, 1]));
    let first = snapshot.members().get(&id(0)).expect("the first is a member");
    assert_eq!((first.contact_address(), &first.name), (user(0).contact_address(), &user(0).name));
    assert!(bed.meter.cost().requests >= 1);
    assert_eq!(bed.meter.cost().writes, 0);
}

async fn a_large_group_is_read_whole<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let members: Vec<u32> = (100..1_250).collect();
    for number in &members {
        bed.tenant.put_person(&user(*number)).await;
    }
    let group = bed.tenant.put_group("Large", GroupKind::Security, &ids(&members)).await;
    let reading = ok(bed.directory.read(bed.call(), &group, Depth::Direct).await);
    assert_eq!(reading.count, Some(1_150));
    assert_eq!(reading.rows.into_iter().map(|row| row.id).collect::<BTreeSet<_>>(), id_set(&members));
}

async fn a_cursor_minted_before_a_read_misses_nothing<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let cursor = ok(bed.directory.mint_cursor(bed.call(), &bed.group).await);
    bed.tenant.edit(&bed.group, Op::Add, &id(2)).await;
    assert_eq!(bed.members().await, id_set(&[0, 1, 2]));
    bed.tenant.edit(&bed.group, Op::Remove, &id(0)).await;
    let changes = ok(bed.directory.changes(bed.call(), &bed.group, &cursor, CountCheck::Due).await);
    assert_eq!((changes.added, changes.removed), (id_set(&[2]), id_set(&[0])));
    assert_eq!(changes.count, Some(2));
}

async fn changes_are_merged_to_the_last_word<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let cursor = ok(bed.directory.mint_cursor(bed.call(), &bed.group).await);
    for (op, number) in [(Op::Add, 2), (Op::Remove, 2), (Op::Remove, 0), (Op::Add, 0), (Op::Add, 3)] {
        bed.tenant.edit(&bed.group, op, &id(number)).await;
    }
    let changes = ok(bed.directory.changes(bed.call(), &bed.group, &cursor, CountCheck::NotDue).await);
    assert!(changes.added.is_disjoint(&changes.removed));
    assert!(changes.added.contains(&id(3)));
    assert!(!changes.added.contains(&id(2)), "came and went");
    assert!(!changes.removed.contains(&id(0)), "went and came");
}

async fn a_quiet_group_has_no_changes_and_costs_one_request<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let cursor = ok(bed.directory.mint_cursor(bed.call(), &bed.group).await);
    let cursor = ok(bed.directory.changes(bed.call(), &bed.group, &cursor, CountCheck::NotDue).await).cursor;
    for (count, answer) in [(CountCheck::NotDue, None), (CountCheck::Due, Some(2))] {
        let before = bed.meter.cost().requests;
        let changes = ok(bed.directory.changes(bed.call(), &bed.group, &cursor, count).await);
        assert_eq!(bed.meter.cost().requests - before, 1, "{count:?}");
        assert!(changes.added.is_empty() && changes.removed.is_empty());
        assert_eq!(changes.count, answer);
    }
}

async fn a_cursor_can_be_used_again<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let cursor = ok(bed.directory.mint_cursor(bed.call(), &bed.group).await);
    bed.tenant.edit(&bed.group, Op::Add, &id(2)).await;
    let mut next = cursor.clone();
    for _ in 0..2 {
        let changes = ok(bed.directory.changes(bed.call(), &bed.group, &cursor, CountCheck::NotDue).await);
        assert_eq!(changes.added, id_set(&[2]), "a run that died before it saved asks again");
        next = changes.cursor;
    }
    let changes = ok(bed.directory.changes(bed.call(), &bed.group, &next, CountCheck::NotDue).await);
    assert!(changes.added.is_empty() && changes.removed.is_empty());
}

async fn an_old_cursor_is_gone<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let cursor = ok(bed.directory.mint_cursor(bed.call(), &bed.group).await);
    bed.tenant.expire_cursors(&bed.group).await;
    let old = bed.directory.changes(bed.call(), &bed.group, &cursor, CountCheck::Due).await;
    assert_eq!(fault(old), Fault::Gone);
    let fresh = ok(bed.directory.mint_cursor(bed.call(), &bed.group).await);
    ok(bed.directory.changes(bed.call(), &bed.group, &fresh, CountCheck::NotDue).await);
}

async fn presence_is_asked_by_member<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let asked = [ids(&[0, 2, 1]), ids(&(900..960).collect::<Vec<_>>())].concat();
    let present = ok(bed.directory.present(bed.call(), &bed.group, &asked).await);
    assert_eq!(present, id_set(&[0, 1]));
    assert!(ok(bed.directory.present(bed.call(), &bed.group, &[]).await).is_empty());
}
