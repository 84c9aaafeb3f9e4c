use std::time::Duration;

use listsync_core::{
    link::{FirstMerge, Link, Phase, RemovalLimit},
    settings::Owners,
    summary::Outcome,
};
use listsync_engine::ports::{Decision, Fault, LinkEdit, RulingKind};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, group, object, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn a_mass_removal_is_held_while_additions_go_on() {
    for reading in BOTH {
        play(async {
            let crowd = crowd('p', 20);
            let mut desk = Desk::settled(reading, &names(&crowd)).await;
            for name in &crowd[..6] {
                desk.list_removes(name).await;
            }
            desk.directory.put_person(person("new"));
            desk.list_adds("new").await;
            let summary = desk.sync().await;
            assert_eq!(
                (summary.outcome, summary.held.group_removals, summary.group.added),
                (Outcome::Held, 6, 1)
            );
            assert_eq!(summary.exit_code(), 4);
            assert_eq!(desk.grouped().len(), 21);
            let again = desk.sync().await;
            assert_eq!(again.held, summary.held);
        });
    }
}

#[test]
fn an_approval_releases_just_the_held_removals_and_others_ask_again() {
    for reading in BOTH {
        play(async {
            let crowd = crowd('p', 20);
            let mut desk = Desk::settled(reading, &names(&crowd)).await;
            for name in &crowd[..6] {
                desk.list_removes(name).await;
            }
            let held = desk.sync().await.held;
            desk.list_removes(&crowd[6]).await;
            desk.rule(RulingKind::Approved, &held.digest).await;
            let summary = desk.sync().await;
            assert_eq!((summary.group.removed, summary.held.group_removals), (6, 1));
            assert!(desk.grouped().contains(&crowd[6]));
            desk.clock.advance(25 * HOUR);
            let again = desk.sync().await;
            assert_eq!((again.outcome, again.held.group_removals), (Outcome::Held, 1));
            desk.rule(RulingKind::Approved, &again.held.digest).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            assert_eq!(desk.grouped().len(), 13);
        });
    }
}

#[test]
fn an_approval_outlasts_a_run_that_breaks_off() {
    for reading in BOTH {
        play(async {
            let all = crowd('p', 40);
            let mut desk = Desk::settled(reading, &names(&all)).await;
            for name in &all[..30] {
                desk.list_removes(name).await;
            }
            let held = desk.sync().await.held;
            desk.rule(RulingKind::Approved, &held.digest).await;
            let mut writes = 0;
            let throttled = Fate::Fail(Fault::Throttled(Duration::from_secs(1)), When::Before);
            let faults = Faults::judged(Box::new(move |name, _| {
                writes += u64::from(name == "directory.write");
                if name == "directory.write" && writes == 2 { throttled } else { Fate::Pass }
            }));
            let faulty = faults.over(&desk.ports);
            let whole = std::mem::replace(&mut desk.ports, faulty);
            assert_eq!(desk.sync().await.group.removed, 20);
            desk.ports = whole;
            desk.wait(HOUR).await;
            assert_eq!(
                (desk.state().await.progress.hold, desk.grouped().len()),
                (None, 10),
                "nobody is asked again"
            );
        });
    }
}

#[test]
fn a_discarded_hold_brings_the_members_back_to_the_other_side() {
    for reading in BOTH {
        play(async {
            let crowd = crowd('p', 10);
            let mut desk = Desk::settled(reading, &names(&crowd)).await;
            for name in &crowd[..6] {
                desk.list_removes(name).await;
            }
            let held = desk.sync().await.held;
            desk.rule(RulingKind::Discarded, &held.digest).await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.list.added), (Outcome::Converged, 6));
            desk.both_are(&names(&crowd)).await;
        });
    }
}

#[test]
fn a_hold_ends_when_its_cause_is_gone() {
    for reading in BOTH {
        play(async {
            let crowd = crowd('p', 10);
            let mut desk = Desk::settled(reading, &names(&crowd)).await;
            for name in &crowd[..6] {
                desk.list_removes(name).await;
            }
            assert_eq!(desk.sync().await.outcome, Outcome::Held);
            for name in &crowd[..6] {
                desk.list_adds(name).await;
            }
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            assert_eq!(desk.state().await.progress.hold, None);
            desk.both_are(&names(&crowd)).await;
        });
    }
}

#[test]
fn removals_in_small_portions_add_up_within_a_day() {
    for reading in BOTH {
        play(async {
            let crowd = crowd('p', 20);
            let mut desk = Desk::settled(reading, &names(&crowd)).await;
            for name in &crowd[..5] {
                desk.list_removes(name).await;
                assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            }
            desk.list_removes(&crowd[5]).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Held);
        });
    }
}

/// Law 1.
#[test]
fn an_emptied_group_never_empties_the_list_by_itself() {
    for reading in BOTH {
        play(async {
            let off = |link| Link { max_removals: Some(RemovalLimit::Off), ..link };
            let both = &["ann", "bob"][..];
            let mut desk = Desk::linked(reading, (both, both), off).await;
            desk.sync().await;
            desk.clock.advance(HOUR);
            desk.group_removes("ann");
            desk.group_removes("bob");
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.held.list_removals), (Outcome::Held, 2));
            desk.are(&["ann", "bob"], &[]).await;
        });
    }
}

#[test]
fn opt_outs_are_neither_counted_nor_held() {
    for reading in BOTH {
        play(async {
            let crowd = crowd('p', 10);
            let mut desk = Desk::settled(reading, &names(&crowd)).await;
            for name in &crowd {
                desk.says(name, Decision::OptedOut).await;
            }
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.group.removed), (Outcome::Converged, 10));
            desk.both_are(&[]).await;
        });
    }
}

#[test]
fn a_first_merge_that_the_list_wins_waits_for_its_approval() {
    for reading in BOTH {
        play(async {
            let wins = |link| Link { first_merge: FirstMerge::List, ..link };
            let mut desk = Desk::linked(reading, (&["ann", "bob"], &["bob", "cid"]), wins).await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.held.group_removals), (Outcome::Held, 1));
            desk.are(&["ann", "bob"], &["ann", "bob", "cid"]).await;
            assert_eq!(desk.sync().await.held, summary.held);
            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_first_merge_discarded_is_a_union() {
    for reading in BOTH {
        play(async {
            let wins = |link| Link { first_merge: FirstMerge::Group, ..link };
            let mut desk = Desk::linked(reading, (&["ann", "bob"], &["bob", "cid"]), wins).await;
            let held = desk.sync().await.held;
            assert_eq!(held.list_removals, 1);
            desk.rule(RulingKind::Discarded, &held.digest).await;
            desk.sync().await;
            desk.both_are(&["ann", "bob", "cid"]).await;
        });
    }
}

/// Law 16.
#[test]
fn protected_members_and_owners_stay() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid", "dan"]).await;
            desk.directory.set_owners(&group("staff"), [object("cid")]);
            desk.settings(|settings| {
                settings.protected.addresses = [address("ann")].into();
                settings.protected.object_ids = [object("bob")].into();
                settings.protected.owners = Owners::Protected;
            })
            .await;
            for name in ["ann", "bob", "cid"] {
                desk.list_removes(name).await;
            }
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("protected"), Some(&3));
            desk.are(&["dan"], &["ann", "bob", "cid", "dan"]).await;
            assert_eq!(desk.sync().await.skipped.get("protected"), Some(&3));
        });
    }
}

/// Law 1.
#[test]
fn a_run_whose_counts_disagree_removes_nobody_and_leaves_the_first_run_open() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann", "bob"], &["ann", "bob", "cid"]).await;
        desk.directory.shorten_reads(4);
        let summary = desk.sync().await;
        assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Partial, "count_mismatch"));
        assert_eq!(summary.list.removed + summary.group.removed, 0);
        assert_eq!(desk.state().await.progress.phase, Phase::First);
        assert_eq!(desk.sync().await.outcome, Outcome::Converged);
        desk.both_are(&["ann", "bob", "cid"]).await;
    });
}

/// Law 1.
#[test]
fn a_read_that_agrees_at_the_fourth_try_is_believed() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann"], &["bob"]).await;
        desk.directory.shorten_reads(3);
        assert_eq!(desk.sync().await.outcome, Outcome::Converged);
        desk.both_are(&["ann", "bob"]).await;
    });
}

#[test]
fn a_paused_link_is_not_run_and_a_resumed_one_is_due() {
    play(async {
        use listsync_core::link::LinkStatus;
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        desk.edit(LinkEdit::Status(LinkStatus::Paused)).await;
        assert_eq!(listsync_engine::fan_out::tick(&desk.ports).await.unwrap().due, 0);
        desk.edit(LinkEdit::Status(LinkStatus::Active)).await;
        assert_eq!(listsync_engine::fan_out::tick(&desk.ports).await.unwrap().due, 1);
    });
}
