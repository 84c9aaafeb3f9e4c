use listsync_engine::ports::{
    Acquired, Fault, Fold, Lease, LinkEdit, Links, ListEffect, ListStep, ListStore, MemberChange, MemberQuery,
};

use super::{Bed, MINUTE, finish};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{contact, link, member, moment, object},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_live_lease_keeps_others_out,
        a_lease_ends_by_itself,
        a_renewed_lease_lasts_longer,
        an_expired_lease_that_nobody_took_still_counts,
        a_released_lease_is_free_at_once,
        tokens_grow,
        a_stale_lease_changes_nothing,
        a_lease_is_of_one_link,
        of_many_that_reach_for_a_lease_one_gets_it,
        a_lease_from_the_future_keeps_nobody_out,
    ]
}

/// Taken under a clock that ran ahead by a month, by a run that died.
async fn a_lease_from_the_future_keeps_nobody_out<S: Links + ListStore>(make: &impl Fn() -> S) {
    const MONTH: i64 = 30 * 86_400;
    let bed = Bed::make(make).await;
    let ahead = bed.lease(moment(MONTH)).await;
    ok(bed.store.request(bed.id(), None).await);
    let lease = bed.lease(moment(10)).await;
    assert_eq!(lease.until, moment(70));
    assert!(lease.token > ahead.token);
    assert_eq!(fault(bed.store.renew(&ahead, moment(MONTH + 1), MINUTE).await), Fault::LeaseLost);
    // Another machine's clock may be a little ahead of this one.
    assert_eq!(ok(bed.store.acquire(bed.id(), moment(-50), MINUTE).await), Acquired::Busy(moment(70)));
    ok(bed.store.release(&lease).await);
    let ahead = bed.lease(moment(MONTH)).await;
    ok(bed.store.edit(bed.id(), &LinkEdit::Relink, moment(20)).await);
    assert_eq!(fault(bed.store.renew(&ahead, moment(MONTH + 1), MINUTE).await), Fault::LeaseLost);
}

/// Law 7.
async fn a_live_lease_keeps_others_out<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    assert_eq!(lease, Lease { link: bed.id().clone(), token: lease.token, until: moment(60) });
    let again = ok(bed.store.acquire(bed.id(), moment(59), MINUTE).await);
    assert_eq!(again, Acquired::Busy(moment(60)));
    let state = ok(bed.store.load(bed.id()).await).expect("the link is there");
    assert_eq!(state.leased_until, Some(moment(60)));
}

async fn a_lease_ends_by_itself<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.lease(moment(0)).await;
    assert_eq!(bed.lease(moment(61)).await.until, moment(121));
}

async fn a_renewed_lease_lasts_longer<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let longer = ok(bed.store.renew(&lease, moment(40), MINUTE).await);
    assert_eq!(longer, Lease { until: moment(100), ..lease });
    let again = ok(bed.store.acquire(bed.id(), moment(99), MINUTE).await);
    assert_eq!(again, Acquired::Busy(moment(100)));
    bed.put(&longer, vec![MemberChange::Put(member("anna"))]).await;
    bed.lease(moment(101)).await;
    assert_eq!(fault(bed.store.renew(&longer, moment(102), MINUTE).await), Fault::LeaseLost);
}

async fn an_expired_lease_that_nobody_took_still_counts<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let longer = ok(bed.store.renew(&lease, moment(500), MINUTE).await);
    bed.put(&longer, vec![MemberChange::Put(member("anna"))]).await;
}

async fn a_released_lease_is_free_at_once<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let first = bed.lease(moment(0)).await;
    ok(bed.store.release(&first).await);
    let second = bed.lease(moment(1)).await;
    ok(bed.store.release(&first).await);
    let third = ok(bed.store.acquire(bed.id(), moment(2), MINUTE).await);
    assert_eq!(third, Acquired::Busy(second.until), "a stale release frees nothing");
    ok(bed.store.release(&Lease { link: crate::sample::link_id("nobody"), ..first }).await);
}

/// Law 7.
async fn tokens_grow<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut last = None;
    for round in 0..5 {
        let lease = bed.lease(moment(round * 100)).await;
        assert!(Some(lease.token) > last);
        last = Some(lease.token);
        match round % 3 {
            0 => ok(bed.store.release(&lease).await),
            1 => {
                bed.finish(&lease, finish(moment(round * 100 + 1))).await;
            }
            _ => {}
        }
    }
}

/// Law 7.
async fn a_stale_lease_changes_nothing<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let stale = bed.lease(moment(0)).await;
    let fresh = bed.lease(moment(61)).await;
    let before = ok(bed.store.load(bed.id()).await);
    let effect = ListEffect::Add { contact: contact("anna"), object_id: object("anna"), primary: None };
    let fold = Fold {
        list: vec![ListStep { effect, then: member("anna") }],
        members: vec![MemberChange::Put(member("berta"))],
        ..Fold::default()
    };
    assert_eq!(fault(bed.store.fold(&stale, &fold).await), Fault::LeaseLost);
    assert_eq!(fault(bed.store.finish(&stale, &finish(moment(62))).await), Fault::LeaseLost);
    assert_eq!(fault(bed.store.renew(&stale, moment(62), MINUTE).await), Fault::LeaseLost);
    assert_eq!(ok(bed.store.load(bed.id()).await), before);
    assert!(ok(bed.store.members(bed.id(), MemberQuery::All).await).is_empty());
    assert_eq!(ok(bed.store.size(&bed.list).await), 0, "the list is untouched too");
    bed.put(&fresh, vec![MemberChange::Put(member("berta"))]).await;
}

async fn a_lease_is_of_one_link<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    ok(bed.store.create(&link("link-2", &other, "group-2"), moment(0)).await);
    bed.lease(moment(0)).await;
    let second = ok(bed.store.acquire(&crate::sample::link_id("link-2"), moment(0), MINUTE).await);
    assert!(matches!(second, Acquired::Lease(_)));
}

/// Law 7.
async fn of_many_that_reach_for_a_lease_one_gets_it<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut taken = 0;
    for _ in 0..8 {
        let got = ok(bed.store.acquire(bed.id(), moment(5), MINUTE).await);
        taken += u32::from(matches!(got, Acquired::Lease(_)));
    }
    assert_eq!(taken, 1);
}
