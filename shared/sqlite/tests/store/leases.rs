use listsync_core::{id::LinkId, trigger::Generation};
use listsync_engine::ports::{Acquired, Fault, Finished, Fold, Lease, LinkEdit, Links};

use crate::kit::{MINUTE, at, finish, lease, linked};

#[tokio::test]
async fn one_run_at_a_time_holds_a_link() {
    let (store, _, first) = linked().await;
    let again = store.acquire(&first.link, at(59), MINUTE).await.unwrap();
    assert_eq!(again, Acquired::Busy(first.until));
    let second = lease(&store, "l1", at(60)).await;
    assert!(second.token > first.token);
    store.release(&second).await.unwrap();
    let third = lease(&store, "l1", at(61)).await;
    assert!(third.token > second.token);
}

#[tokio::test]
async fn a_stale_worker_changes_nothing() {
    let (store, _, stale) = linked().await;
    let live = lease(&store, "l1", at(60)).await;
    let errors = [
        store.fold(&stale, &Fold::default()).await.unwrap_err(),
        store.finish(&stale, &finish(Some(5), at(61))).await.unwrap_err(),
        store.renew(&stale, at(61), MINUTE).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.fault, error.code.as_str()), (Fault::LeaseLost, "lease_lost"));
    }
    store.release(&stale).await.unwrap();
    let state = store.load(&live.link).await.unwrap().unwrap();
    assert_eq!(
        (state.leased_until, state.synced, state.finished_at),
        (Some(live.until), Generation(0), None)
    );
}

#[tokio::test]
async fn a_lease_that_ran_out_is_renewed_as_long_as_nobody_took_it() {
    let (store, _, first) = linked().await;
    let renewed = store.renew(&first, at(90), MINUTE).await.unwrap();
    assert_eq!((renewed.token, renewed.until), (first.token, at(150)));
    assert_eq!(store.acquire(&first.link, at(149), MINUTE).await.unwrap(), Acquired::Busy(at(150)));
    store.fold(&renewed, &Fold::default()).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_was_given_back_writes_no_more() {
    let (store, _, given) = linked().await;
    assert_eq!(store.finish(&given, &finish(Some(0), at(1))).await.unwrap(), Finished::Quiet);
    for error in [
        store.fold(&given, &Fold::default()).await.unwrap_err(),
        store.renew(&given, at(2), MINUTE).await.unwrap_err(),
        store.finish(&given, &finish(Some(0), at(2))).await.unwrap_err(),
    ] {
        assert_eq!(error.fault, Fault::LeaseLost);
    }
}

#[tokio::test]
async fn a_worker_that_slept_through_a_relink_brings_nothing_back() {
    let (store, _, slept) = linked().await;
    let busy = store.edit(&slept.link, &LinkEdit::Relink, at(59)).await.unwrap_err();
    assert_eq!((busy.fault, busy.code.as_str()), (Fault::Busy, "link_busy"));
    store.edit(&slept.link, &LinkEdit::Relink, at(60)).await.unwrap();
    assert_eq!(store.renew(&slept, at(61), MINUTE).await.unwrap_err().fault, Fault::LeaseLost);
}

#[tokio::test]
async fn a_link_that_was_deleted_during_a_run_is_a_lost_lease() {
    let (store, _, held) = linked().await;
    store.delete(&held.link).await.unwrap();
    assert_eq!(store.fold(&held, &Fold::default()).await.unwrap_err().fault, Fault::LeaseLost);
    store.release(&held).await.unwrap();
    let unknown = LinkId::parse("none").unwrap();
    assert_eq!(store.acquire(&unknown, at(0), MINUTE).await.unwrap_err().code, "no_such_link");
    let invented = Lease { link: unknown, token: 1, until: at(9) };
    store.release(&invented).await.unwrap();
}
