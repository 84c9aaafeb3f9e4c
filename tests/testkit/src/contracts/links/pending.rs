//! Links whose group is still to be made.

use listsync_core::{
    link::{Link, Mode},
    new_group::{MadeGroup, NewGroup, NewGroupKind, Visibility, stand_in},
};
use listsync_engine::ports::{Acquired, Fault, Lease, Links, ListStore};

use super::{Bed, MINUTE};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{group, moment},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_pending_link_is_of_no_group_until_it_gets_one,
        a_link_that_has_its_group_keeps_it,
        a_group_that_another_link_writes_is_refused_and_may_be_read,
        only_the_holder_of_the_lease_settles_it,
        a_settled_group_is_free_once_its_link_is_deleted,
    ]
}

/// A pending link from a list of its own, saved.
async fn pending<S: Links + ListStore>(bed: &Bed<S>, number: u32, mode: Mode) -> Link {
    let link = bed.further(number, mode).await;
    let to_make = NewGroup {
        unique_name: format!("listsync-{number}"),
        name: format!("Group {number}"),
        kind: NewGroupKind::Microsoft365,
        visibility: Visibility::Public,
        owners: vec!["ann@contoso.example".to_owned()],
    };
    let link = Link { group: stand_in(&link.id), to_make: Some(to_make), ..link };
    ok(bed.store.create(&link, moment(0)).await);
    link
}

async fn leased<S: Links + ListStore>(bed: &Bed<S>, link: &Link) -> Lease {
    match ok(bed.store.acquire(&link.id, moment(1), MINUTE).await) {
        Acquired::Lease(lease) => lease,
        Acquired::Busy(_) => panic!("the lease is not free"),
    }
}

fn made(name: &str) -> MadeGroup {
    MadeGroup { id: group(name), name: format!("{name} as it is called"), at: moment(2) }
}

async fn stored<S: Links + ListStore>(bed: &Bed<S>, link: &Link) -> Link {
    ok(bed.store.load(&link.id).await).expect("it was created").link
}

async fn of_group<S: Links + ListStore>(bed: &Bed<S>, name: &str) -> Vec<Link> {
    let found = ok(bed.store.of_group(&bed.link.tenant, &group(name)).await);
    found.into_iter().map(|state| state.link).collect()
}

async fn a_pending_link_is_of_no_group_until_it_gets_one<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let link = pending(&bed, 2, Mode::TwoWay).await;
    assert_eq!(stored(&bed, &link).await, link);
    assert!(of_group(&bed, "group-8").await.is_empty());
    let lease = leased(&bed, &link).await;
    ok(bed.store.settle_group(&lease, &made("group-8")).await);
    let settled = link.with_group(made("group-8"));
    assert_eq!((settled.to_make.as_ref(), settled.group_made_at), (None, Some(moment(2))));
    assert_eq!(stored(&bed, &settled).await, settled);
    assert_eq!(of_group(&bed, "group-8").await, std::slice::from_ref(&settled));
    let second = Link { group: settled.group.clone(), ..bed.further(3, Mode::ListToGroup).await };
    let refused = bed.store.create(&second, moment(3)).await.expect_err("refused");
    assert_eq!(refused.code, "group_taken", "it writes its group as any link does");
}

async fn a_link_that_has_its_group_keeps_it<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let link = pending(&bed, 2, Mode::TwoWay).await;
    let lease = leased(&bed, &link).await;
    for name in ["group-8", "group-8", "group-9"] {
        ok(bed.store.settle_group(&lease, &made(name)).await);
    }
    assert_eq!(stored(&bed, &link).await.group, group("group-8"));
    assert!(of_group(&bed, "group-9").await.is_empty());
    let lease = bed.lease(moment(1)).await;
    ok(bed.store.settle_group(&lease, &made("group-9")).await);
    assert_eq!(stored(&bed, &bed.link).await, bed.link, "it never was pending");
}

async fn a_group_that_another_link_writes_is_refused_and_may_be_read<S: Links + ListStore>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let taken = MadeGroup { id: bed.link.group.clone(), ..made("group-1") };
    let writer = pending(&bed, 2, Mode::ListToGroup).await;
    let lease = leased(&bed, &writer).await;
    let refused = bed.store.settle_group(&lease, &taken).await.expect_err("refused");
    assert_eq!((refused.fault, refused.code.as_str()), (Fault::Rejected, "group_taken"));
    assert_eq!(stored(&bed, &writer).await, writer, "it waits as before");
    let reader = pending(&bed, 3, Mode::GroupToList).await;
    let lease = leased(&bed, &reader).await;
    ok(bed.store.settle_group(&lease, &taken).await);
    assert_eq!(of_group(&bed, "group-1").await, [bed.link.clone(), reader.with_group(taken)]);
}

async fn only_the_holder_of_the_lease_settles_it<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let link = pending(&bed, 2, Mode::TwoWay).await;
    let late = leased(&bed, &link).await;
    ok(bed.store.release(&late).await);
    leased(&bed, &link).await;
    assert_eq!(fault(bed.store.settle_group(&late, &made("group-8")).await), Fault::LeaseLost);
    assert_eq!(stored(&bed, &link).await, link);
    ok(bed.store.delete(&link.id).await);
    assert!(bed.store.settle_group(&late, &made("group-8")).await.is_err(), "there is nothing to be settled");
    assert!(of_group(&bed, "group-8").await.is_empty());
}

async fn a_settled_group_is_free_once_its_link_is_deleted<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let link = pending(&bed, 2, Mode::TwoWay).await;
    let lease = leased(&bed, &link).await;
    ok(bed.store.settle_group(&lease, &made("group-8")).await);
    ok(bed.store.delete(&link.id).await);
    assert!(of_group(&bed, "group-8").await.is_empty());
    let second = Link { group: group("group-8"), ..bed.further(3, Mode::ListToGroup).await };
    ok(bed.store.create(&second, moment(3)).await);
    let third = pending(&bed, 4, Mode::TwoWay).await;
    ok(bed.store.delete(&third.id).await);
    assert_eq!(ok(bed.store.load(&third.id).await), None, "a pending one can be deleted as well");
}
