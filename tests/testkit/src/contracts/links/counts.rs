//! What the guard counts.

use std::{future::poll_fn, pin::pin, task::Poll};

use listsync_core::{
    link::{Link, Mode, Side},
    member::{Change, Op},
    sizes::{Found, Sizes},
};
use listsync_engine::ports::{Acquired, Fold, Links, ListStore, Moved};

use super::{Bed, MINUTE};
use crate::{
    contracts::{Case, cases, ok},
    sample::{link, moment},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        what_was_moved_comes_back_oldest_first,
        removals_from_a_list_are_those_of_all_its_links,
        removals_from_a_list_outlive_the_link_that_did_them,
        a_lists_sizes_are_kept_for_as_long_as_it_has_a_link,
        of_sizes_that_are_told_at_once_none_is_lost,
    ]
}

fn removal(side: Side, second: i64) -> Moved {
    Moved { change: Change { side, op: Op::Remove }, at: moment(second), count: 2, members_before: 40 }
}

async fn record<S: Links + ListStore>(bed: &Bed<S>, by: &Link, removals: Vec<Moved>) {
    let Acquired::Lease(lease) = ok(bed.store.acquire(&by.id, moment(0), MINUTE).await) else {
        panic!("the lease is not free");
    };
    ok(bed.store.fold(&lease, &Fold { moved: removals, ..Fold::default() }).await);
    ok(bed.store.release(&lease).await);
}

async fn what_was_moved_comes_back_oldest_first<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let addition = |side, second| Moved { change: Change { side, op: Op::Add }, ..removal(side, second) };
    let (old, list, group) = (addition(Side::Group, 10), addition(Side::List, 20), removal(Side::Group, 30));
    for removals in [vec![group, old], vec![list]] {
        ok(bed.store.fold(&lease, &Fold { moved: removals, ..Fold::default() }).await);
    }
    assert_eq!(ok(bed.store.moved(bed.id(), moment(10)).await), vec![old, list, group]);
    assert_eq!(ok(bed.store.moved(bed.id(), moment(11)).await), vec![list, group]);
    assert!(ok(bed.store.moved(bed.id(), moment(31)).await).is_empty());
}

async fn removals_from_a_list_are_those_of_all_its_links<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let second = Link { mode: Mode::ListToGroup, ..link("link-2", &bed.list, "group-2") };
    let elsewhere = bed.further(3, Mode::TwoWay).await;
    for link in [&second, &elsewhere] {
        ok(bed.store.create(link, moment(0)).await);
    }
    record(&bed, &bed.link, vec![removal(Side::List, 1), removal(Side::Group, 2)]).await;
    record(&bed, &second, vec![removal(Side::List, 3), removal(Side::Group, 4)]).await;
    record(&bed, &elsewhere, vec![removal(Side::List, 5)]).await;
    let (one, two) = (removal(Side::List, 1), removal(Side::List, 3));
    let of = async |link: &Link| ok(bed.store.moved(&link.id, moment(0)).await);
    assert_eq!(of(&bed.link).await, vec![one, removal(Side::Group, 2), two]);
    assert_eq!(of(&second).await, vec![one, two, removal(Side::Group, 4)]);
    assert_eq!(of(&elsewhere).await, vec![removal(Side::List, 5)]);
}

async fn removals_from_a_list_outlive_the_link_that_did_them<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    record(&bed, &bed.link, vec![removal(Side::List, 1), removal(Side::Group, 2)]).await;
    ok(bed.store.delete(bed.id()).await);
    ok(bed.store.create(&bed.link, moment(3)).await);
    assert_eq!(ok(bed.store.moved(bed.id(), moment(0)).await), vec![removal(Side::List, 1)]);
}

async fn a_lists_sizes_are_kept_for_as_long_as_it_has_a_link<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let second = Link { mode: Mode::ListToGroup, ..link("link-2", &bed.list, "group-2") };
    ok(bed.store.create(&second, moment(0)).await);
    assert_eq!(ok(bed.store.list_sizes(&bed.list).await), None);
    let mut wanted = None;
    for (second, members) in [(1, 20), (2, 20), (3, 25)] {
        let found = Found { at: moment(second), first: 20, members };
        ok(bed.store.note_list_size(&bed.list, found).await);
        wanted = Some(Sizes::after(wanted.as_ref(), found));
    }
    assert_eq!(ok(bed.store.list_sizes(&bed.list).await), wanted);
    ok(bed.store.delete(bed.id()).await);
    assert_eq!(ok(bed.store.list_sizes(&bed.list).await), wanted, "another link goes on");
    ok(bed.store.delete(&second.id).await);
    assert_eq!(ok(bed.store.list_sizes(&bed.list).await), None);
}

async fn of_sizes_that_are_told_at_once_none_is_lost<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let found = |members| Found { at: moment(1), first: 20, members };
    let told = (found(30), found(40));
    let note = async |found| ok(bed.store.note_list_size(&bed.list, found).await);
    let (mut one, mut two) = (pin!(note(told.0)), pin!(note(told.1)));
    let mut left = (true, true);
    poll_fn(|context| {
        left.0 = left.0 && one.as_mut().poll(context).is_pending();
        left.1 = left.1 && two.as_mut().poll(context).is_pending();
        if left == (false, false) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let kept = ok(bed.store.list_sizes(&bed.list).await);
    let after = |first, then| Some(Sizes::after(Some(&Sizes::after(None, first)), then));
    assert!(kept == after(told.0, told.1) || kept == after(told.1, told.0), "{kept:?}");
}
