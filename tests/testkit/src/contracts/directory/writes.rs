use listsync_core::member::Op;
use listsync_engine::ports::{Applied, Fault, GroupKind, code};

use super::{Bed, Tenant, id_set, ids, user};
use crate::contracts::{Case, cases};

pub(super) fn cases<T: Tenant + 'static, M: AsyncFn() -> T>() -> Vec<Case<M>> {
    cases![
        members_are_added_and_removed,
        a_repeated_write_says_already_so,
        one_unknown_person_stops_only_themselves,
        many_are_written_in_few_writes,
        a_group_that_is_gone_refuses_each,
        a_group_that_cannot_be_written_refuses_each,
        nothing_to_write_costs_nothing,
    ]
}

fn is_rejected(applied: &Applied) -> bool {
    matches!(applied, Applied::Rejected(_))
}

fn is_gone(applied: &Applied) -> bool {
    matches!(applied, Applied::Rejected(error) if error.fault == Fault::Gone)
}

async fn members_are_added_and_removed<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    assert_eq!(bed.write(Op::Add, &[2, 3]).await, vec![Applied::Done; 2]);
    assert_eq!(bed.write(Op::Remove, &[0, 3]).await, vec![Applied::Done; 2]);
    assert_eq!(bed.members().await, id_set(&[1, 2]));
    assert_eq!(bed.meter.cost().writes, 3, "one addition of two, two removals");
}

async fn a_repeated_write_says_already_so<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    assert_eq!(bed.write(Op::Add, &[0]).await, vec![Applied::AlreadySo]);
    assert_eq!(bed.write(Op::Remove, &[4]).await, vec![Applied::AlreadySo]);
    let mixed = bed.write(Op::Add, &[0, 2, 1, 3]).await;
    assert_eq!(mixed[0], Applied::AlreadySo);
    assert_eq!(mixed[2], Applied::AlreadySo);
    assert_eq!((&mixed[1], &mixed[3]), (&Applied::Done, &Applied::Done));
    let mixed = bed.write(Op::Remove, &[5, 3]).await;
    assert_eq!(mixed, vec![Applied::AlreadySo, Applied::Done]);
    assert_eq!(bed.members().await, id_set(&[0, 1, 2]));
}

async fn one_unknown_person_stops_only_themselves<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let applied = bed.write(Op::Add, &[2, 777, 3]).await;
    assert_eq!((&applied[0], &applied[2]), (&Applied::Done, &Applied::Done));
    match &applied[1] {
        Applied::Rejected(error) => {
            assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, code::NO_SUCH_USER));
        }
        other => panic!("nobody of that id can be added: {other:?}"),
    }
    assert_eq!(bed.write(Op::Remove, &[777, 2]).await, vec![Applied::AlreadySo, Applied::Done]);
    assert_eq!(bed.members().await, id_set(&[0, 1, 3]));
}

async fn many_are_written_in_few_writes<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let many: Vec<u32> = (100..350).collect();
    for number in &many {
        bed.tenant.put_person(&user(*number)).await;
    }
    assert_eq!(bed.write(Op::Add, &many).await, vec![Applied::Done; 250]);
    let cost = bed.meter.cost();
    assert_eq!(cost.writes, 13, "twenty in a write");
    assert!(cost.requests <= 3, "{} requests", cost.requests);
    assert_eq!(bed.write(Op::Remove, &many).await, vec![Applied::Done; 250]);
    assert_eq!(bed.members().await, id_set(&[0, 1]));
}

async fn a_group_that_is_gone_refuses_each<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    bed.tenant.delete_group(&bed.group).await;
    for op in [Op::Add, Op::Remove] {
        let applied = bed.write(op, &[0, 2]).await;
        assert_eq!(applied.len(), 2);
        assert!(applied.iter().all(is_gone), "{op}: {applied:?}");
    }
}

async fn a_group_that_cannot_be_written_refuses_each<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    let group = bed.tenant.put_group("Ruled", GroupKind::Dynamic, &ids(&[0])).await;
    let applied = bed.directory.write(bed.call(), &group, Op::Add, &ids(&[2, 3])).await;
    assert_eq!(applied.len(), 2);
    assert!(applied.iter().all(is_rejected), "{applied:?}");
}

async fn nothing_to_write_costs_nothing<T: Tenant>(make: &impl AsyncFn() -> T) {
    let bed = Bed::make(make).await;
    assert!(bed.write(Op::Add, &[]).await.is_empty());
    assert_eq!(bed.meter.cost().requests, 0);
}
