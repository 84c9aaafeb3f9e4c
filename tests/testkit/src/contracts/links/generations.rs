use std::time::Duration;

use listsync_core::{
    link::{HaltReason, Link, LinkStatus, Mode},
    protocol::Generations,
    trigger::Generation,
};
use listsync_engine::ports::{
    Cursor, DueLink, Finish, Finished, LinkState, Links, ListStore, MemberChange, MemberQuery, Phase,
    Progress,
};

use super::{Bed, finish};
use crate::{
    contracts::{Case, cases, ok},
    sample::{link_id, member, moment},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        each_request_raises_the_generation,
        a_quiet_end_frees_the_lease_and_saves_all,
        a_request_during_a_run_is_not_lost,
        a_run_that_leaves_the_generation_open_stays_due,
        a_run_may_stop_its_link,
        due_by_the_clock,
        due_by_a_request_unless_a_run_is_going,
        a_request_can_move_the_clock,
        due_links_come_by_page,
        what_is_due_far_ahead_is_found,
    ]
}

async fn is_due<S: Links + ListStore>(bed: &Bed<S>, second: i64) -> bool {
    !ok(bed.store.due(moment(second), None, 10).await).is_empty()
}

async fn each_request_raises_the_generation<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    assert_eq!(ok(bed.store.request(bed.id(), None).await), Generation(1));
    assert_eq!(ok(bed.store.request(bed.id(), None).await), Generation(2));
    let after = bed.state().await;
    assert_eq!((after.requested, after.synced, after.due_at), (Generation(2), Generation(0), moment(0)));
}

async fn a_quiet_end_frees_the_lease_and_saves_all<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let asked = ok(bed.store.request(bed.id(), None).await);
    let lease = bed.lease(moment(5)).await;
    let progress = Progress {
        phase: Phase::Steady,
        group_cursor: Some(Cursor("a long one? yes & no".to_owned())),
        full_read_at: Some(moment(77)),
        ..Progress::default()
    };
    let last = Finish {
        progress: progress.clone(),
        synced: Some(asked),
        members: vec![MemberChange::Put(member("anna"))],
        ..finish(moment(9))
    };
    assert_eq!(bed.finish(&lease, last).await, Finished::Quiet);
    let after = bed.state().await;
    let wanted = LinkState {
        link: bed.link.clone(),
        progress,
        ruling: None,
        requested: asked,
        synced: asked,
        due_at: moment(3_609),
        leased_until: None,
        finished_at: Some(moment(9)),
        token: lease.token,
        quiet: None,
        rev: after.rev,
    };
    assert_eq!(after, wanted);
    assert_eq!(ok(bed.store.members(bed.id(), MemberQuery::All).await), vec![member("anna")]);
    bed.lease(moment(10)).await;
}

/// Law 6.
async fn a_request_during_a_run_is_not_lost<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let asked = ok(bed.store.request(bed.id(), None).await);
    let lease = bed.lease(moment(5)).await;
    ok(bed.store.request(bed.id(), None).await);
    let moved = ok(bed.store.request(bed.id(), None).await);
    let end = bed.finish(&lease, Finish { synced: Some(asked), ..finish(moment(9)) }).await;
    assert_eq!(end, Finished::Moved(moved));
    let after = bed.state().await;
    assert_eq!((after.synced, after.requested, after.leased_until), (asked, moved, None));
    assert!(is_due(&bed, 10).await);
    let lease = bed.lease(moment(10)).await;
    let end = bed.finish(&lease, Finish { synced: Some(moved), ..finish(moment(11)) }).await;
    assert_eq!(end, Finished::Quiet);
    assert!(!is_due(&bed, 12).await);
}

/// Law 6.
async fn a_run_that_leaves_the_generation_open_stays_due<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    ok(bed.store.request(bed.id(), None).await);
    let lease = bed.lease(moment(5)).await;
    bed.finish(&lease, Finish { synced: None, ..finish(moment(9)) }).await;
    let after = bed.state().await;
    assert_eq!((after.synced, after.leased_until), (Generation(0), None));
    assert!(is_due(&bed, 10).await);
}

async fn a_run_may_stop_its_link<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(5)).await;
    let halted = LinkStatus::Halted(HaltReason::NoProgress);
    bed.finish(&lease, Finish { status: Some(halted), ..finish(moment(9)) }).await;
    assert_eq!(bed.state().await.link.status, halted);
    assert!(!is_due(&bed, 99_999).await);
}

async fn due_by_the_clock<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    bed.finish(&lease, Finish { due_at: moment(100), ..finish(moment(1)) }).await;
    assert!(!is_due(&bed, 99).await);
    assert!(is_due(&bed, 100).await);
    assert!(is_due(&bed, 101).await);
}

/// Law 6.
async fn due_by_a_request_unless_a_run_is_going<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    bed.finish(&lease, finish(moment(1))).await;
    assert!(!is_due(&bed, 2).await);
    ok(bed.store.request(bed.id(), None).await);
    assert!(is_due(&bed, 3).await);
    bed.lease(moment(4)).await;
    assert!(!is_due(&bed, 5).await, "its run is going");
    assert!(is_due(&bed, 65).await, "its run died");
}

async fn a_request_can_move_the_clock<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let asked = ok(bed.store.request(bed.id(), Some(moment(500))).await);
    assert_eq!(bed.state().await.due_at, moment(500));
    let lease = bed.lease(moment(1)).await;
    bed.finish(&lease, Finish { synced: Some(asked), due_at: moment(400), ..finish(moment(2)) }).await;
    assert_eq!(bed.state().await.due_at, moment(400));
}

async fn due_links_come_by_page<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let every = Some(Duration::from_secs(90));
    for number in 2..=6 {
        let further = Link { every, ..bed.further(number, Mode::ListToGroup).await };
        ok(bed.store.create(&further, moment(0)).await);
    }
    let mut seen: Vec<DueLink> = Vec::new();
    loop {
        let last = seen.last().map(|due| due.link.clone());
        let page = ok(bed.store.due(moment(1), last.as_ref(), 2).await);
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        for due in &page {
            ok(bed.store.request(&due.link, Some(moment(900))).await);
            let at_once = ok(bed.store.due(moment(1), None, 10).await);
            assert!(at_once.iter().any(|other| other.link == due.link), "requested beyond synced");
        }
        seen.extend(page);
    }
    seen.sort_by(|one, other| one.link.cmp(&other.link));
    let wanted: Vec<_> = (1..=6)
        .map(|number| DueLink {
            link: link_id(&format!("link-{number}")),
            every: if number == 1 { None } else { every },
            generations: Generations::default(),
        })
        .collect();
    assert_eq!(seen, wanted);
}

/// A link whose time, or whose lease, was set under a clock that ran ahead is found by whoever looks beyond what is ever set.
async fn what_is_due_far_ahead_is_found<S: Links + ListStore>(make: &impl Fn() -> S) {
    const MONTH: i64 = 30 * 86_400;
    let bed = Bed::make(make).await;
    let found = async |beyond| {
        let found = ok(bed.store.ahead(moment(beyond), None, 10).await);
        found.into_iter().map(|state| state.link.id).collect::<Vec<_>>()
    };
    let lease = bed.lease(moment(0)).await;
    bed.finish(&lease, finish(moment(0))).await;
    assert!(found(3_601).await.is_empty(), "it is due in an hour, as it says");
    let lease = bed.lease(moment(MONTH)).await;
    bed.finish(&lease, finish(moment(MONTH))).await;
    assert_eq!(found(3_600).await, [bed.id().clone()]);
    assert!(ok(bed.store.ahead(moment(3_600), Some(bed.id()), 10).await).is_empty());
    ok(bed.store.request(bed.id(), Some(moment(900))).await);
    let lease = bed.lease(moment(10)).await;
    bed.finish(&lease, finish(moment(10))).await;
    assert!(found(3_700).await.is_empty(), "what was put right is as any other");
}
