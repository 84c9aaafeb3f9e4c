use std::time::Duration;

use listsync_core::{
    link::{Extras, Link, Mode},
    summary::Outcome,
};
use listsync_engine::{
    ports::{Decision, RulingKind},
    rule,
};

use crate::{
    desk::{BOTH, Desk, one_way},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn list_to_group_fills_the_group_keeps_extras_and_leaves_the_list_alone() {
    for reading in BOTH {
        play(async {
            let sides = (&["ann", "bob"][..], &["bob", "cid"][..]);
            let mut desk = Desk::linked(reading, sides, one_way(Mode::ListToGroup)).await;
            desk.sync().await;
            desk.are(&["ann", "bob"], &["ann", "bob", "cid"]).await;
            desk.clock.advance(HOUR);
            desk.group_removes("ann");
            desk.list_removes("bob").await;
            desk.sync().await;
            desk.are(&["ann"], &["ann", "cid"]).await;
        });
    }
}

#[test]
fn group_to_list_fills_the_list_and_leaves_the_group_alone() {
    for reading in BOTH {
        play(async {
            let sides = (&["ann"][..], &["bob", "cid"][..]);
            let mut desk = Desk::linked(reading, sides, one_way(Mode::GroupToList)).await;
            desk.sync().await;
            desk.are(&["ann", "bob", "cid"], &["bob", "cid"]).await;
            desk.clock.advance(HOUR);
            desk.group_removes("bob");
            desk.list_removes("cid").await;
            let summary = desk.sync().await;
            desk.are(&["ann", "cid"], &["cid"]).await;
            assert_eq!(summary.graph.writes, 0);
        });
    }
}

#[test]
fn extras_go_only_once_a_person_approved_the_first_removal() {
    for reading in BOTH {
        play(async {
            let remove = |link| Link { mode: Mode::ListToGroup, extras: Extras::Remove, ..link };
            let sides = (&["ann", "bob"][..], &["bob", "cid"][..]);
            let mut desk = Desk::linked(reading, sides, remove).await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.held.group_removals), (Outcome::Held, 1));
            desk.are(&["ann", "bob"], &["ann", "bob", "cid"]).await;
            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["ann", "bob"]).await;
            desk.clock.advance(HOUR);
            desk.directory.put_person(listsync_testkit::sample::person("dan"));
            desk.group_adds("dan");
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn who_opted_out_is_not_brought_back_by_a_leading_group_and_stays_in_it() {
    for reading in BOTH {
        play(async {
            let sides = (&[][..], &["ann", "bob"][..]);
            let mut desk = Desk::linked(reading, sides, one_way(Mode::GroupToList)).await;
            desk.sync().await;
            desk.clock.advance(HOUR);
            desk.says("ann", Decision::OptedOut).await;
            desk.sync().await;
            desk.are(&["bob"], &["ann", "bob"]).await;
        });
    }
}

#[test]
fn discarded_extras_stay_and_are_not_asked_about_again() {
    for reading in BOTH {
        play(async {
            let remove = |link| Link { mode: Mode::ListToGroup, extras: Extras::Remove, ..link };
            let sides = (&["ann", "bob"][..], &["bob", "cid"][..]);
            let mut desk = Desk::linked(reading, sides, remove).await;
            desk.sync().await;
            let hold = desk.state().await.progress.hold.unwrap();
            listsync_engine::rule::rule(&desk.ports, &desk.link, &hold, RulingKind::Discarded).await.unwrap();
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.are(&["ann", "bob"], &["ann", "bob", "cid"]).await;
        });
    }
}

/// Whom a discard keeps where extras go is an extra from then on, for whatever reason they were to go.
#[test]
fn whoever_a_discard_keeps_where_extras_go_is_asked_about_once() {
    let ten: Vec<String> = (0..10).map(|number| format!("p{number}")).collect();
    let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
    for reading in BOTH {
        for (leaving, changed) in [(1, true), (8, false)] {
            for knows_extras in [false, true] {
                play(async {
                    let remove = |link| Link { mode: Mode::ListToGroup, extras: Extras::Remove, ..link };
                    let mut grouped = ten.clone();
                    grouped.extend(knows_extras.then_some("eve"));
                    let mut desk = Desk::linked(reading, (&ten, &grouped), remove).await;
                    if desk.sync().await.outcome == Outcome::Held {
                        let hold = desk.state().await.progress.hold.unwrap();
                        desk.rule(RulingKind::Approved, &hold.digest).await;
                        desk.sync().await;
                    }
                    desk.wait(Duration::from_secs(25 * 3_600)).await;
                    if changed {
                        desk.settings(|settings| settings.internal_domains.extend(["x.example".to_owned()]))
                            .await;
                    }
                    for name in &ten[..leaving] {
                        desk.list_removes(name).await;
                    }
                    assert_eq!(desk.sync().await.held.group_removals, leaving as u64);
                    let hold = desk.state().await.progress.hold.unwrap();
                    let link = &desk.link;
                    assert!(rule::keeps_extras(&desk.ports, link, &hold).await.unwrap());
                    rule::rule(&desk.ports, link, &hold, RulingKind::Discarded).await.unwrap();
                    for _ in 0..3 {
                        assert_eq!(desk.sync().await.outcome, Outcome::Converged, "{leaving} {knows_extras}");
                        desk.wait(HOUR).await;
                    }
                    desk.are(&ten[leaving..], &ten).await;
                    assert_eq!(desk.state().await.link.extras, Extras::Keep);
                });
            }
        }
    }
}
