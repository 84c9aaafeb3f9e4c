//! An opt-out is the person's, under whichever of their addresses it was said, and whether or not anybody keeps them.
//! Law 13.

use std::time::Duration;

use listsync_core::{
    address::Address,
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    link::Mode,
    list::Origin,
    register::Farewell,
    snapshot::Principal,
    summary::{Outcome, ReadKind},
};
use listsync_engine::{
    people,
    ports::{Clock as _, ContactEdit, Contacts as _, ListSide as _, ListStore as _},
};
use listsync_testkit::sample::{address, bound, contact, object, person};

use crate::{
    desk::{BOTH, Desk, Reading, one_way},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Somebody whose mail comes under one address, and who has another besides.
fn chief() -> Principal {
    Principal { proxies: vec![address("chief"), address("ceo")], ..person("chief") }
}

fn no_to_all(desk: &Desk, name: &str, reason: OptOutReason) -> Saying {
    Saying {
        address: address(name),
        decision: Decision::OptedOut,
        scope: Scope::All,
        reason,
        via: Via::Event,
        at: desk.clock.now(),
    }
}

async fn complains(desk: &Desk, name: &str) {
    desk.store.say(&no_to_all(desk, name, OptOutReason::Complaint)).await.unwrap();
}

/// They say it where people say such things, so that links hear of it.
async fn says_no(desk: &Desk, name: &str) {
    let saying = no_to_all(desk, name, OptOutReason::Own);
    people::say(&service(desk), &saying, Duration::ZERO).await.unwrap();
}

/// Somebody on the list under an address that is not their first, and in the group.
async fn with_ceo(reading: Reading, mode: Mode) -> Desk {
    let both = ["ann", "bob"];
    let mut desk = Desk::linked(reading, (&both, &both), one_way(mode)).await;
    desk.directory.put_person(chief());
    desk.list_adds("ceo").await;
    desk.group_adds("chief");
    desk.sync().await;
    desk.wait(HOUR).await;
    desk.are(&["ann", "bob", "ceo"], &["ann", "bob", "chief"]).await;
    desk.clock.advance(HOUR);
    desk
}

/// Who keeps the address under which somebody says no.
#[derive(Debug, Clone, Copy)]
enum KeptBy {
    Nobody,
    AnUnmatchedContact,
    AContactOfTheirs,
    NobodyAnyMore,
}

const EACH: [KeptBy; 4] =
    [KeptBy::Nobody, KeptBy::AnUnmatchedContact, KeptBy::AContactOfTheirs, KeptBy::NobodyAnyMore];

/// The chief says no to all lists under their first address, which stands on no list of ours.
async fn chief_says_no(desk: &Desk, kept: KeptBy) {
    if let KeptBy::Nobody = kept {
        return says_no(desk, "chief").await;
    }
    let now = desk.clock.now();
    let other = desk.store.create_list("Other", now).await.unwrap().id;
    desk.store.add(&other, &contact("chief"), Origin::Manual, now).await.unwrap();
    let id = desk.store.find_contact(&address("chief")).await.unwrap().unwrap().id;
    match kept {
        KeptBy::Nobody | KeptBy::AnUnmatchedContact => says_no(desk, "chief").await,
        KeptBy::AContactOfTheirs => {
            desk.store.bind(&[bound(&id, ("chief", "chief"))]).await.unwrap();
            says_no(desk, "chief").await;
        }
        KeptBy::NobodyAnyMore => drop(people::erase(&service(desk), &id).await.unwrap()),
    }
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
        let refused = desk.store.refused(&desk.list, &families).await.unwrap();
        assert_eq!(refused.into_keys().collect::<Vec<_>>(), families);
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

#[test]
fn whoever_is_listed_under_one_address_and_says_no_under_another_leaves_both_sides() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::GroupToList, Mode::ListToGroup] {
            for kept in EACH {
                play(async {
                    let mut desk = with_ceo(reading, mode).await;
                    chief_says_no(&desk, kept).await;
                    let (without, with_chief) = (&["ann", "bob"][..], &["ann", "bob", "chief"][..]);
                    let (listed, grouped) = match (mode, kept) {
                        (Mode::GroupToList, _) => (without, with_chief),
                        // Their other contact is not ours to take off the list.
                        (Mode::ListToGroup, KeptBy::AnUnmatchedContact | KeptBy::AContactOfTheirs) => {
                            (&["ann", "bob", "ceo"][..], without)
                        }
                        (Mode::TwoWay | Mode::ListToGroup, _) => (without, without),
                    };
                    while desk.sync().await.outcome == Outcome::Continued {}
                    desk.are(listed, grouped).await;
                    for _ in 0..30 {
                        desk.clock.advance(HOUR);
                        let summary = desk.sync().await;
                        let moved = summary.group.added + summary.group.removed + summary.list.added;
                        assert_eq!(moved + summary.list.removed, 0, "{mode:?}, kept {kept:?}: {summary}");
                    }
                    desk.are(listed, grouped).await;
                });
            }
        }
    }
}

#[test]
fn a_no_that_was_found_is_the_contacts_and_a_yes_under_either_address_takes_it_back() {
    for name in ["ceo", "chief"] {
        play(async {
            let mut desk = with_ceo(Reading::Incremental, Mode::TwoWay).await;
            says_no(&desk, "chief").await;
            let plan = desk.plan().await;
            assert_eq!(plan.effects.len(), 1, "{plan}");
            assert!(desk.listed().await.contains("ceo"), "a preview changes nothing");
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
            let found = desk.store.find_contact(&address("chief")).await.unwrap().expect("an alias now");
            assert_eq!((found.address, found.opted_out.is_some()), (address("ceo"), true));
            desk.clock.advance(HOUR);
            desk.says(name, Decision::Subscribed).await;
            desk.sync().await;
            desk.are(&["ann", "bob", "ceo"], &["ann", "bob", "chief"]).await;
        });
    }
}

#[test]
fn whoever_a_look_up_finds_to_have_said_no_does_not_join_the_group() {
    for mode in [Mode::TwoWay, Mode::ListToGroup] {
        play(async {
            let both = ["ann", "bob"];
            let mut desk = Desk::linked(Reading::Incremental, (&both, &both), one_way(mode)).await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.directory.put_person(chief());
            complains(&desk, "chief").await;
            desk.clock.advance(HOUR);
            desk.list_adds("ceo").await;
            let summary = desk.sync().await;
            assert_eq!(summary.group.added, 0, "{mode:?}: {summary}");
            desk.both_are(&["ann", "bob"]).await;
            desk.wait(HOUR).await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_member_of_the_group_whom_nobody_keeps_leaves_it_by_the_next_run() {
    play(async {
        let handed_on = one_way(Mode::ListToGroup);
        let mut desk = Desk::linked(Reading::Incremental, (&["ann"], &["ann", "chief"]), handed_on).await;
        desk.directory.put_person(chief());
        desk.sync().await;
        desk.wait(HOUR).await;
        desk.are(&["ann"], &["ann", "chief"]).await;
        says_no(&desk, "ceo").await;
        desk.wait(HOUR).await;
        desk.are(&["ann"], &["ann"]).await;
    });
}

#[test]
fn a_no_of_somebody_who_is_known_and_one_of_a_stranger_outside_cost_no_full_read() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.wait(HOUR).await;
        says_no(&desk, "ann").await;
        let mut stranger = no_to_all(&desk, "x", OptOutReason::Own);
        stranger.address = Address::parse("someone@elsewhere.example").unwrap();
        people::say(&service(&desk), &stranger, Duration::ZERO).await.unwrap();
        let summary = desk.sync().await;
        assert_eq!((summary.read, summary.group.removed), (ReadKind::Incremental, 1), "{summary}");
        desk.both_are(&["bob", "cid"]).await;
    });
}

#[test]
fn who_is_not_the_contacts_person_any_more_does_not_leave_the_group_for_the_no_of_who_is() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.directory.put_person(person("bobby"));
            complains(&desk, "bobby").await;
            let bob = desk.store.find_contact(&address("bob")).await.unwrap().unwrap();
            let edit = ContactEdit { address: Some(address("bobby")), ..ContactEdit::default() };
            let now = desk.clock.now();
            desk.store.edit_contact(&bob.id, None, &edit, Origin::Manual, now).await.unwrap();
            desk.sync().await;
            desk.are(&["ann"], &["ann"]).await;
            desk.clock.advance(HOUR);
            desk.group_adds("bob");
            for _ in 0..3 {
                desk.wait(HOUR).await;
                desk.are(&["ann"], &["ann", "bob"]).await;
            }
            assert!(!desk.sync().await.skipped.is_empty(), "and each run says so");
        });
    }
}

/// Bob is in both, says no to all lists and goes; later the directory gives him another address.
async fn bob_goes(reading: Reading, mode: Mode, farewell: Farewell) -> Desk {
    let all = ["ann", "bob", "cid"];
    let mut desk = Desk::linked(reading, (&all, &all), one_way(mode)).await;
    desk.sync().await;
    desk.wait(HOUR).await;
    let bob = desk.store.find_contact(&address("bob")).await.unwrap().unwrap().id;
    says_no(&desk, "bob").await;
    desk.sync().await;
    desk.wait(HOUR).await;
    desk.both_are(&["ann", "cid"]).await;
    match farewell {
        Farewell::Deleted => drop(desk.store.delete_contact(&bob, desk.clock.now()).await.unwrap()),
        Farewell::Erased => drop(people::erase(&service(&desk), &bob).await.unwrap()),
    }
    desk.directory.put_person(Principal { id: object("bob"), ..person("robert") });
    desk.wait(HOUR).await;
    desk
}

const FAREWELLS: [Farewell; 2] = [Farewell::Deleted, Farewell::Erased];

#[test]
fn who_said_no_and_is_kept_no_more_is_held_off_under_another_address() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::ListToGroup] {
            for farewell in FAREWELLS {
                play(async {
                    let mut desk = bob_goes(reading, mode, farewell).await;
                    desk.group_adds("bob");
                    for _ in 0..4 {
                        desk.wait(HOUR).await;
                    }
                    desk.both_are(&["ann", "cid"]).await;
                    desk.clock.advance(HOUR);
                    desk.list_adds("robert").await;
                    let plan = desk.plan().await;
                    let summary = desk.sync().await;
                    assert_eq!(summary.group.added, 0, "{mode:?} {farewell:?}: {summary}\n{plan}");
                    desk.wait(HOUR).await;
                    desk.both_are(&["ann", "cid"]).await;
                });
            }
        }
    }
}

#[test]
fn who_came_back_by_their_own_word_under_another_address_stays() {
    for reading in BOTH {
        for farewell in FAREWELLS {
            play(async {
                let mut desk = bob_goes(reading, Mode::TwoWay, farewell).await;
                desk.says("robert", Decision::Subscribed).await;
                let plan = desk.plan().await;
                assert_eq!(plan.effects.len(), 1, "{farewell:?}: {plan}");
                desk.sync().await;
                desk.wait(HOUR).await;
                desk.are(&["ann", "cid", "robert"], &["ann", "bob", "cid"]).await;
            });
        }
    }
}

#[test]
fn who_took_it_back_and_is_on_another_list_is_let_in_by_the_group() {
    for farewell in FAREWELLS {
        play(async {
            let mut desk = bob_goes(Reading::Full, Mode::TwoWay, farewell).await;
            let now = desk.clock.now();
            let other = desk.store.create_list("Other", now).await.unwrap().id;
            desk.store.add(&other, &contact("robert"), Origin::Manual, now).await.unwrap();
            let yes = no_to_all(&desk, "robert", OptOutReason::Own);
            let yes = Saying { decision: Decision::Subscribed, via: Via::Page, ..yes };
            desk.store.say(&yes).await.unwrap();
            desk.group_adds("bob");
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.are(&["ann", "cid", "robert"], &["ann", "bob", "cid"]).await;
        });
    }
}
