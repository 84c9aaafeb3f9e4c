use std::time::Duration;

use listsync_core::{
    id::LinkId,
    link::{Extras, HaltReason, Link, LinkPatch, LinkStatus, Mode, Phase, Side},
    member::{Change, HoldReason, Op},
    protocol::Generations,
    trigger::Generation,
};
use listsync_engine::ports::{
    Cursor, DueLink, Fault, Finish, Finished, Fold, Hold, LinkEdit, Links, MemberChange, MemberQuery, Moved,
    Progress, Ruling, RulingKind,
};
use listsync_sqlite::SqliteStore;

use crate::kit::{MINUTE, at, finish, lease, link, linked, list, member, store};

fn id(text: &str) -> LinkId {
    LinkId::parse(text).unwrap()
}

async fn due(store: &SqliteStore, second: i64) -> Vec<String> {
    let found = store.due(at(second), None, 100).await.unwrap();
    found.into_iter().map(|due| due.link.to_string()).collect()
}

#[tokio::test]
async fn a_link_reads_back_as_it_was_set_up() {
    let store = store();
    let staff = list(&store, "Staff").await;
    let new = Link {
        every: Some(Duration::from_millis(1_500)),
        max_removals: Some("20%".parse().unwrap()),
        extras: Extras::Remove,
        ..link("l1", &staff.id, "g1", Mode::ListToGroup)
    };
    store.create(&new, at(7)).await.unwrap();
    let state = store.load(&new.id).await.unwrap().unwrap();
    assert_eq!((&state.link, &state.progress, state.due_at), (&new, &Progress::default(), at(7)));
    assert_eq!((state.requested, state.synced), (Generation(0), Generation(0)));
    assert_eq!(store.of_list(&staff.id).await.unwrap(), [state]);
    assert_eq!(store.load(&id("other")).await.unwrap(), None);
}

#[tokio::test]
async fn a_group_is_written_by_one_link_and_may_feed_many_lists() {
    let store = store();
    let mut lists = Vec::new();
    for name in ["A", "B", "C", "D"] {
        lists.push(list(&store, name).await.id);
    }
    store.create(&link("l1", &lists[0], "g1", Mode::TwoWay), at(0)).await.unwrap();
    let error = store.create(&link("l2", &lists[1], "g1", Mode::ListToGroup), at(0)).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "group_taken"));
    assert!(error.message.contains("g1") && error.message.contains("'A'"), "{}", error.message);
    store.create(&link("l3", &lists[2], "g1", Mode::GroupToList), at(0)).await.unwrap();
    store.create(&link("l4", &lists[3], "g1", Mode::GroupToList), at(0)).await.unwrap();
}

#[tokio::test]
async fn several_links_write_a_list_unless_one_has_it_follow_its_groups() {
    let (store, staff, _) = linked().await;
    let error = store.create(&link("l2", &staff.id, "g2", Mode::GroupToList), at(0)).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "list_taken"));
    assert!(error.message.contains("l1") && error.message.contains("entra:g1"), "{}", error.message);
    store.create(&link("l2", &staff.id, "g2", Mode::TwoWay), at(0)).await.unwrap();
    store.create(&link("l3", &staff.id, "g3", Mode::ListToGroup), at(0)).await.unwrap();
    assert_eq!(store.of_list(&staff.id).await.unwrap().len(), 3);
    for gone in ["l1", "l2"] {
        store.delete(&id(gone)).await.unwrap();
    }
    store.create(&link("l4", &staff.id, "g4", Mode::GroupToList), at(0)).await.unwrap();
}

#[tokio::test]
async fn links_come_by_page() {
    let store = store();
    for name in ["a", "b", "c"] {
        let list = list(&store, name).await;
        store.create(&link(name, &list.id, name, Mode::TwoWay), at(0)).await.unwrap();
    }
    let first = store.page(None, 2).await.unwrap();
    assert_eq!(first.iter().map(|state| state.link.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let rest = store.page(Some(&first[1].link.id), 2).await.unwrap();
    assert_eq!(rest.iter().map(|state| state.link.id.as_str()).collect::<Vec<_>>(), ["c"]);
    let due = store.due(at(0), Some(&id("a")), 1).await.unwrap();
    assert_eq!(due, [DueLink { link: id("b"), every: None, generations: Generations::default() }]);
}

#[tokio::test]
async fn a_link_is_due_by_the_clock_or_by_an_unmet_request_and_never_while_it_runs() {
    let (store, _, held) = linked().await;
    assert!(due(&store, 59).await.is_empty(), "a live lease");
    assert_eq!(due(&store, 60).await, ["l1"], "the lease ran out");
    store.finish(&held, &finish(Some(0), at(60))).await.unwrap();
    assert!(due(&store, 61).await.is_empty(), "not before its time");
    assert_eq!(due(&store, 60 + 15 * 60).await, ["l1"], "its time");
    assert_eq!(store.request(&held.link, None).await.unwrap(), Generation(1));
    assert_eq!(due(&store, 61).await, ["l1"], "requested");
    let run = lease(&store, "l1", at(62)).await;
    assert!(due(&store, 63).await.is_empty(), "runs");
    store.release(&run).await.unwrap();
    assert_eq!(due(&store, 63).await, ["l1"], "still requested");
    for status in [LinkStatus::Paused, LinkStatus::Halted(HaltReason::NoProgress)] {
        store.edit(&held.link, &LinkEdit::Status(status), at(63)).await.unwrap();
        assert!(due(&store, 5_000).await.is_empty(), "{status}");
    }
    store.edit(&held.link, &LinkEdit::Status(LinkStatus::Active), at(64)).await.unwrap();
    assert_eq!(store.load(&held.link).await.unwrap().unwrap().due_at, at(64));
}

#[tokio::test]
async fn a_request_may_move_the_clock_and_never_counts_down() {
    let (store, _, held) = linked().await;
    assert_eq!(store.request(&held.link, Some(at(900))).await.unwrap(), Generation(1));
    assert_eq!(store.request(&held.link, None).await.unwrap(), Generation(2));
    let state = store.load(&held.link).await.unwrap().unwrap();
    assert_eq!((state.requested, state.due_at), (Generation(2), at(900)));
    assert_eq!(store.request(&id("none"), None).await.unwrap_err().fault, Fault::Gone);
}

#[tokio::test]
async fn a_request_during_a_run_is_never_lost() {
    let (store, _, held) = linked().await;
    store.request(&held.link, None).await.unwrap();
    store.request(&held.link, None).await.unwrap();
    let done = store.finish(&held, &finish(Some(1), at(5))).await.unwrap();
    assert_eq!(done, Finished::Moved(Generation(2)));
    let state = store.load(&held.link).await.unwrap().unwrap();
    assert_eq!((state.synced, state.leased_until, state.finished_at), (Generation(1), None, Some(at(5))));
    assert_eq!(due(&store, 6).await, ["l1"]);
    let next = lease(&store, "l1", at(6)).await;
    assert_eq!(store.finish(&next, &finish(Some(2), at(7))).await.unwrap(), Finished::Quiet);
    assert!(due(&store, 8).await.is_empty());
}

#[tokio::test]
async fn a_run_that_leaves_its_generation_open_leaves_the_link_due() {
    let (store, _, held) = linked().await;
    store.request(&held.link, None).await.unwrap();
    assert_eq!(store.finish(&held, &finish(None, at(5))).await.unwrap(), Finished::Quiet);
    assert_eq!(due(&store, 6).await, ["l1"]);
}

fn progress() -> Progress {
    Progress {
        phase: Phase::Steady,
        group_cursor: Some(Cursor("g".into())),
        list_cursor: Some(Cursor("7".into())),
        full_read_at: Some(at(99)),
        count_at: Some(at(50)),
        hold: Some(Hold {
            digest: "d1".into(),
            reasons: vec![(Side::List, HoldReason::Limit)],
            list_removals: 3,
            group_removals: 0,
            list_additions: 60,
            group_additions: 0,
            scope: Vec::new(),
            since: at(1),
        }),
        stalled: 1,
        ..Progress::default()
    }
}

/// A link that has run once and holds something.
async fn run_once() -> (SqliteStore, LinkId) {
    let (store, _, held) = linked().await;
    let last = Finish {
        progress: progress(),
        members: vec![MemberChange::Put(member("o1"))],
        ..finish(Some(0), at(10))
    };
    store.finish(&held, &last).await.unwrap();
    (store, held.link)
}

fn ruling(digest: &str) -> Ruling {
    Ruling { digest: digest.into(), kind: RulingKind::Approved }
}

#[tokio::test]
async fn a_ruling_is_taken_only_for_what_is_held_now_and_goes_when_it_is_done() {
    let (store, link) = run_once().await;
    let error = store.edit(&link, &LinkEdit::Rule(ruling("d0")), at(11)).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "no_such_hold"));
    store.edit(&link, &LinkEdit::Rule(ruling("d1")), at(11)).await.unwrap();
    let run = lease(&store, "l1", at(12)).await;
    let other = Finish { ruling_done: Some("d0".into()), progress: progress(), ..finish(Some(0), at(13)) };
    store.finish(&run, &other).await.unwrap();
    assert_eq!(store.load(&link).await.unwrap().unwrap().ruling, Some(ruling("d1")));
    let run = lease(&store, "l1", at(14)).await;
    let done = Finish { ruling_done: Some("d1".into()), ..finish(Some(0), at(15)) };
    store.finish(&run, &done).await.unwrap();
    assert_eq!(store.load(&link).await.unwrap().unwrap().ruling, None);
}

#[tokio::test]
async fn a_resync_drops_cursors_and_keeps_the_rest() {
    let (store, link) = run_once().await;
    store.edit(&link, &LinkEdit::Rule(ruling("d1")), at(11)).await.unwrap();
    store.edit(&link, &LinkEdit::Resync, at(11)).await.unwrap();
    let state = store.load(&link).await.unwrap().unwrap();
    let expected = Progress {
        group_cursor: None,
        list_cursor: None,
        full_read_at: None,
        count_at: None,
        stalled: 0,
        ..progress()
    };
    assert_eq!((state.progress, state.ruling), (expected, Some(ruling("d1"))));
    assert_eq!(store.members(&link, MemberQuery::All).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_resync_during_a_run_is_not_undone_by_its_last_write() {
    let (store, link) = run_once().await;
    let run = lease(&store, "l1", at(12)).await;
    store.edit(&link, &LinkEdit::Resync, at(12)).await.unwrap();
    let last = Finish { progress: progress(), ..finish(Some(0), at(13)) };
    store.finish(&run, &last).await.unwrap();
    let after = store.load(&link).await.unwrap().unwrap().progress;
    assert_eq!((after.group_cursor, after.list_cursor, after.full_read_at), (None, None, None));
    // The next run has read all of it.
    let run = lease(&store, "l1", at(14)).await;
    store.finish(&run, &last).await.unwrap();
    assert_eq!(store.load(&link).await.unwrap().unwrap().progress, progress());
}

#[tokio::test]
async fn a_relink_forgets_baseline_beliefs_cursors_and_holds() {
    let (store, link) = run_once().await;
    store.edit(&link, &LinkEdit::Rule(ruling("d1")), at(11)).await.unwrap();
    store.edit(&link, &LinkEdit::Relink, at(11)).await.unwrap();
    let state = store.load(&link).await.unwrap().unwrap();
    assert_eq!((state.progress, state.ruling), (Progress::default(), None));
    assert!(store.members(&link, MemberQuery::All).await.unwrap().is_empty());
}

#[tokio::test]
async fn extras_are_kept_from_then_on() {
    let store = store();
    let staff = list(&store, "Staff").await;
    let new = Link { extras: Extras::Remove, ..link("l1", &staff.id, "g1", Mode::ListToGroup) };
    store.create(&new, at(0)).await.unwrap();
    store
        .edit(
            &new.id,
            &LinkEdit::Change(LinkPatch { extras: Some(Extras::Keep), ..LinkPatch::default() }),
            at(1),
        )
        .await
        .unwrap();
    let state = store.load(&new.id).await.unwrap().unwrap();
    assert_eq!(state.link, Link { extras: Extras::Keep, ..new });
}

#[tokio::test]
async fn a_run_can_halt_its_link_and_no_other_run_sets_it_going() {
    let (store, _, held) = linked().await;
    let halted = LinkStatus::Halted(HaltReason::NoProgress);
    let last = Finish { status: Some(halted), ..finish(Some(0), at(1)) };
    store.finish(&held, &last).await.unwrap();
    let run = lease(&store, "l1", at(2)).await;
    store.finish(&run, &finish(Some(0), at(3))).await.unwrap();
    assert_eq!(store.load(&held.link).await.unwrap().unwrap().link.status, halted);
    assert!(due(&store, 9_999).await.is_empty());
}

#[tokio::test]
async fn a_deleted_link_leaves_nothing_behind() {
    let (store, staff, held) = linked().await;
    let removal = Moved {
        change: Change { side: Side::Group, op: Op::Remove },
        at: at(1),
        count: 2,
        members_before: 9,
    };
    let fold =
        Fold { members: vec![MemberChange::Put(member("o1"))], moved: vec![removal], ..Fold::default() };
    store.fold(&held, &fold).await.unwrap();
    store.delete(&held.link).await.unwrap();
    assert_eq!(store.delete(&held.link).await.unwrap_err().fault, Fault::Gone);
    assert_eq!(store.load(&held.link).await.unwrap(), None);
    store.create(&link("l1", &staff.id, "g1", Mode::TwoWay), at(2)).await.unwrap();
    assert!(store.members(&held.link, MemberQuery::All).await.unwrap().is_empty());
    assert!(store.moved(&held.link, at(0)).await.unwrap().is_empty());
    assert_eq!(store.renew(&held, at(3), MINUTE).await.unwrap_err().fault, Fault::LeaseLost);
}
