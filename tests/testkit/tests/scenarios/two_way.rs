use std::time::Duration;

use listsync_core::summary::{Outcome, ReadKind};
use listsync_engine::ports::LinkEdit;

use crate::{
    desk::{BOTH, Desk, Reading},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

/// Law 3.
#[test]
fn a_first_sync_unites_both_sides_and_removes_nobody() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann", "bob"], &["bob", "cid"]).await;
        let summary = desk.sync().await;
        desk.both_are(&["ann", "bob", "cid"]).await;
        assert_eq!((summary.list.added, summary.group.added), (1, 1));
        assert_eq!((summary.list.removed, summary.group.removed), (0, 0));
        assert_eq!(summary.outcome, Outcome::Converged);
    });
}

#[test]
fn each_side_takes_the_others_changes() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid", "dan"]).await;
            desk.directory.put_person(listsync_testkit::sample::person("eve"));
            desk.directory.put_person(listsync_testkit::sample::person("fay"));
            desk.list_adds("eve").await;
            desk.group_adds("fay");
            desk.list_removes("ann").await;
            desk.group_removes("bob");
            let summary = desk.sync().await;
            desk.both_are(&["cid", "dan", "eve", "fay"]).await;
            assert_eq!((summary.list.added, summary.list.removed), (1, 1));
            assert_eq!((summary.group.added, summary.group.removed), (1, 1));
        });
    }
}

/// Law 9.
#[test]
fn a_converged_link_costs_one_request_and_writes_no_member_row() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        desk.sync().await;
        desk.clock.advance(5 * MINUTE);
        let before = desk.store.writes();
        let summary = desk.sync().await;
        let after = desk.store.writes();
        assert_eq!(summary.read, ReadKind::Incremental);
        assert_eq!((summary.graph.requests, summary.graph.writes), (1, 0));
        assert_eq!(after.members, before.members);
    });
}

#[test]
fn after_a_sync_the_preview_is_empty() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::with(reading, &["ann", "bob"], &["cid"]).await;
            desk.sync().await;
            assert!(desk.plan().await.is_empty());
            desk.clock.advance(HOUR);
            assert!(desk.plan().await.is_empty());
        });
    }
}

/// Law 10.
#[test]
fn the_preview_is_what_the_run_does() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.list_removes("ann").await;
            desk.group_removes("bob");
            let plan = desk.plan().await;
            let summary = desk.sync().await;
            let done =
                summary.list.removed + summary.group.removed + summary.list.added + summary.group.added;
            assert_eq!(plan.effects.len() as u64, done);
        });
    }
}

#[test]
fn a_change_undone_before_the_next_sync_is_no_change() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.list_removes("ann").await;
            desk.list_adds("ann").await;
            desk.group_removes("bob");
            desk.group_adds("bob");
            let summary = desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
            assert_eq!(summary.group.removed + summary.list.removed, 0);
        });
    }
}

#[test]
fn who_left_both_sides_is_forgotten_and_may_come_back_by_either() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.list_removes("ann").await;
            desk.group_removes("ann");
            desk.sync().await;
            desk.both_are(&["bob", "cid"]).await;
            desk.clock.advance(HOUR);
            desk.group_adds("ann");
            desk.sync().await;
            desk.both_are(&["ann", "bob", "cid"]).await;
        });
    }
}

#[test]
fn a_relinked_list_unites_again_and_removes_nobody() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.list_removes("ann").await;
            desk.group_removes("bob");
            desk.edit(LinkEdit::Relink).await;
            let summary = desk.sync().await;
            desk.both_are(&["ann", "bob", "cid"]).await;
            assert_eq!(summary.group.removed + summary.list.removed, 0);
        });
    }
}

#[test]
fn a_removal_right_after_an_addition_of_ours_goes_through_at_once() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.directory.put_person(listsync_testkit::sample::person("eve"));
            desk.list_adds("eve").await;
            desk.sync().await;
            desk.clock.advance(MINUTE);
            desk.list_removes("eve").await;
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_reversal_in_the_group_within_the_settle_window_counts_after_it() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.directory.put_person(listsync_testkit::sample::person("eve"));
            desk.list_adds("eve").await;
            desk.sync().await;
            desk.clock.advance(MINUTE);
            desk.group_removes("eve");
            let summary = desk.sync().await;
            assert_eq!(summary.set_aside, 1);
            desk.are(&["ann", "bob", "eve"], &["ann", "bob"]).await;
            assert!(desk.state().await.due_at <= listsync_testkit::sample::moment(3_600 + 1_800 + 1));
            desk.clock.advance(HOUR);
            let summary = desk.sync().await;
            assert_eq!((summary.set_aside, summary.list.removed), (0, 1));
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

/// Law 4: link, sync, take two people out in Outlook once no read can be behind, sync.
#[test]
fn the_first_experiment_of_a_newcomer_works() {
    for reading in BOTH {
        play(async {
            let everybody = ["ann", "bob", "cid", "dan", "eve"];
            let mut desk = Desk::with(reading, &["ann", "bob"], &everybody).await;
            desk.sync().await;
            desk.both_are(&everybody).await;
            desk.clock.advance(16 * MINUTE);
            desk.group_removes("ann");
            desk.group_removes("dan");
            let summary = desk.sync().await;
            match reading {
                // The feed tells that they left, and a read of them agrees.
                Reading::Incremental => assert_eq!((summary.list.removed, summary.set_aside), (2, 0)),
                // One read alone may miss a row.
                Reading::Full => assert_eq!((summary.list.removed, summary.set_aside), (0, 2)),
            }
            desk.wait(HOUR).await;
            desk.both_are(&["bob", "cid", "eve"]).await;
        });
    }
}

/// Law 4.
#[test]
fn what_we_wrote_outranks_feed_and_read_together_for_the_whole_settle_window() {
    for minutes in [1, 16, 29] {
        play(async {
            let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
            desk.directory.put_person(listsync_testkit::sample::person("eve"));
            desk.list_adds("eve").await;
            desk.sync().await;
            desk.clock.advance(minutes * MINUTE);
            desk.group_removes("eve");
            let summary = desk.sync().await;
            assert_eq!((summary.list.removed, summary.set_aside), (0, 1), "after {minutes} minutes");
            desk.wait((30 - minutes) * MINUTE).await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

/// Law 10.
#[test]
fn a_preview_remembers_nothing() {
    play(async {
        let desk = Desk::with(Reading::Full, &["ann", "bob"], &["cid"]).await;
        let before = desk.store.writes();
        desk.plan().await;
        assert_eq!(desk.store.writes(), before);
    });
}
