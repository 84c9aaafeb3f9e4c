//! An opt-out is the person's, under whichever of their addresses it was said, and whether or not anybody keeps them.

use std::time::Duration;

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    link::Mode,
    list::Origin,
    snapshot::Principal,
    summary::Outcome,
};
use listsync_engine::ports::{Clock as _, ContactEdit, Contacts as _, ListSide as _, ListStore as _};
use listsync_testkit::sample::{address, bound, contact, person};

use crate::{
    desk::{BOTH, Desk, Reading, one_way},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Somebody whose mail comes under one address, and who has another besides.
fn chief() -> Principal {
    Principal { proxies: vec![address("chief"), address("ceo")], ..person("chief") }
}

async fn complains(desk: &Desk, name: &str) {
    let saying = Saying {
        address: address(name),
        decision: Decision::OptedOut,
        scope: Scope::All,
        reason: OptOutReason::Complaint,
        via: Via::Event,
        at: desk.clock.now(),
    };
    desk.store.say(&saying).await.unwrap();
}

#[test]
fn whoever_said_no_under_an_alias_and_is_kept_by_nobody_leaves_the_group_on_a_first_run_too() {
    for reading in BOTH {
        for (mode, listed) in [(Mode::TwoWay, &["ann", "bob"][..]), (Mode::ListToGroup, &[])] {
            play(async {
                let grouped = ["ann", "bob", "chief"];
                let mut desk = Desk::linked(reading, (&[], &grouped), one_way(mode)).await;
                desk.directory.put_person(chief());
                complains(&desk, "ceo").await;
                assert_eq!(desk.plan().await.effects.len(), listed.len() + 1, "{mode:?}");
                desk.sync().await;
                desk.are(listed, &["ann", "bob"]).await;
                // Whoever brings them back sees them go again.
                desk.clock.advance(HOUR);
                desk.group_adds("chief");
                desk.sync().await;
                desk.wait(HOUR).await;
                desk.wait(HOUR).await;
                desk.are(listed, &["ann", "bob"]).await;
                assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            });
        }
    }
}

#[test]
fn where_the_group_is_not_ours_to_write_they_stay_in_it_and_off_the_list() {
    play(async {
        let fed = one_way(Mode::GroupToList);
        let mut desk = Desk::linked(Reading::Incremental, (&[], &["ann", "bob", "chief"]), fed).await;
        desk.directory.put_person(chief());
        complains(&desk, "ceo").await;
        let summary = desk.sync().await;
        assert_eq!(summary.skipped.get("suppressed"), Some(&1));
        desk.are(&["ann", "bob"], &["ann", "bob", "chief"]).await;
        for _ in 0..4 {
            desk.wait(HOUR).await;
        }
        desk.clock.advance(Duration::from_secs(60));
        let quiet = desk.sync().await;
        assert_eq!(
            (quiet.outcome, quiet.graph.requests),
            (Outcome::Converged, 1),
            "they are not asked for each time"
        );
        desk.are(&["ann", "bob"], &["ann", "bob", "chief"]).await;
    });
}

#[test]
fn who_was_erased_under_an_alias_does_not_come_back_under_the_primary_address() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            let (ceo, edit, now) = (address("ceo"), ContactEdit::default(), desk.clock.now());
            let made = desk.store.create_contact(&ceo, &edit, Origin::Manual, now).await.unwrap();
            desk.store.erase_contact(&made.id, now).await.unwrap();
            desk.directory.put_person(chief());
            desk.group_adds("chief");
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.both_are(&["ann", "bob", "cid"]).await;
        });
    }
}

#[test]
fn a_no_under_an_address_that_several_have_takes_nobody_out() {
    play(async {
        let shared = |name| Principal { others: vec![address("family")], ..person(name) };
        let mut desk = Desk::with(Reading::Full, &[], &["ann", "bob"]).await;
        desk.directory.put_person(shared("ann"));
        desk.directory.put_person(shared("bob"));
        complains(&desk, "family").await;
        desk.sync().await;
        desk.both_are(&["ann", "bob"]).await;
        let families = [address("family")];
        assert_eq!(desk.store.refused(&desk.list, &families).await.unwrap(), families.into());
    });
}

#[test]
fn whoever_says_no_to_all_lists_leaves_the_group_of_a_list_that_they_never_stood_to() {
    play(async {
        let handed_on = one_way(Mode::ListToGroup);
        let mut desk = Desk::linked(Reading::Full, (&["ann"], &["ann", "bob"]), handed_on).await;
        desk.sync().await;
        desk.are(&["ann"], &["ann", "bob"]).await;
        let now = desk.clock.now();
        let other = desk.store.create_list("Other", now).await.unwrap().id;
        desk.store.add(&other, &contact("bob"), Origin::Manual, now).await.unwrap();
        let bob = desk.store.find_contact(&address("bob")).await.unwrap().unwrap();
        desk.store.bind(&[bound(&bob.id, ("bob", "bob"))]).await.unwrap();
        complains(&desk, "bob").await;
        desk.wait(HOUR).await;
        desk.are(&["ann"], &["ann"]).await;
    });
}
