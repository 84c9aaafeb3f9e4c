//! A link that gives whoever left the list time to come back: they stay in the group meanwhile, and no longer.

use std::time::Duration;

use listsync_core::{
    case::skip,
    link::{Link, LinkPatch, Mode},
    schedule::later,
    status::State,
    summary::{Outcome, Summary},
    unsettled::Prospect,
};
use listsync_engine::{
    people,
    ports::{Clock as _, Contacts as _, Decision, LinkEdit, RulingKind},
    status,
};
use listsync_testkit::sample::address;

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);
const FOUR: [&str; 4] = ["ann", "bob", "cem", "dia"];
const MODES: [Mode; 2] = [Mode::TwoWay, Mode::ListToGroup];

/// A list and a group of these people, in step, with a grace of a week.
async fn gracious(reading: Reading, mode: Mode, people: &[&str]) -> Desk {
    let week = |link| Link { grace: WEEK, mode, ..link };
    let mut desk = Desk::linked(reading, (people, people), week).await;
    desk.sync().await;
    desk.wait(HOUR).await;
    desk
}

/// How a run ended, and how many it took out of the group.
fn came_to(summary: &Summary) -> (Outcome, u64) {
    (summary.outcome, summary.group.removed)
}

#[test]
fn who_left_the_list_stays_in_the_group_for_the_grace_and_is_shown_to_wait_and_leaves_then() {
    for (reading, mode) in BOTH.into_iter().flat_map(|reading| MODES.map(|mode| (reading, mode))) {
        play(async {
            let mut desk = gracious(reading, mode, &FOUR).await;
            desk.list_removes("ann").await;
            let (left, plan) = (desk.clock.now(), desk.plan().await);
            assert_eq!(plan.effects, []);
            assert_eq!((plan.unsettled[0].code.as_str(), plan.unsettled.len()), (skip::GRACE, 1));
            let summary = desk.sync().await;
            assert_eq!((came_to(&summary), summary.exit_code()), ((Outcome::Waiting, 0), 2));
            let state = desk.state().await;
            let until = later(left, WEEK);
            assert!(state.due_at <= until);
            assert_eq!(
                status::of_link(&desk.ports, &state).await.unwrap(),
                State::Waiting { people: 1, until: Some(until) }
            );
            let people = status::unsettled(&desk.ports, &state).await.unwrap();
            assert_eq!(people[0].address.as_ref(), Some(&address("ann")));
            assert_eq!(people[0].prospect, Prospect::Waits(Some(until)));
            for _ in 0..6 {
                desk.wait(DAY).await;
                desk.are(&FOUR[1..], &FOUR).await;
            }
            desk.wait(23 * HOUR).await;
            desk.are(&FOUR[1..], &FOUR).await;
            desk.clock.advance(HOUR);
            assert_eq!(came_to(&desk.sync().await), (Outcome::Converged, 1));
            desk.both_are(&FOUR[1..]).await;
            desk.wait(HOUR).await;
            assert!(desk.rows_of(&["ann"]).await.iter().all(|row| row.grace.is_none()));
        });
    }
}

#[test]
fn who_comes_back_in_time_never_leaves_and_has_the_whole_grace_when_they_leave_again() {
    for reading in BOTH {
        play(async {
            let mut desk = gracious(reading, Mode::TwoWay, &FOUR).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            desk.wait(5 * DAY).await;
            desk.list_adds("ann").await;
            assert_eq!(came_to(&desk.sync().await), (Outcome::Converged, 0));
            desk.wait(9 * DAY).await;
            desk.both_are(&FOUR).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            desk.wait(6 * DAY).await;
            desk.are(&FOUR[1..], &FOUR).await;
            desk.wait(DAY).await;
            desk.both_are(&FOUR[1..]).await;
        });
    }
}

#[test]
fn who_opts_out_or_is_erased_leaves_at_once_also_in_the_midst_of_their_grace() {
    for reading in BOTH {
        play(async {
            let mut desk = gracious(reading, Mode::TwoWay, &FOUR).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            desk.says("ann", Decision::OptedOut).await;
            desk.says("bob", Decision::OptedOut).await;
            let cem = desk.store.find_contact(&address("cem")).await.unwrap().unwrap().id;
            people::erase(&service(&desk), &cem).await.unwrap();
            assert_eq!(came_to(&desk.sync().await), (Outcome::Converged, 3));
            desk.both_are(&["dia"]).await;
        });
    }
}

#[test]
fn whom_an_owner_takes_out_of_the_group_leaves_the_list_as_without_a_grace() {
    for reading in BOTH {
        play(async {
            let mut desk = gracious(reading, Mode::TwoWay, &FOUR).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.group_removes("ann");
            desk.group_removes("bob");
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.both_are(&["cem", "dia"]).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged, "nobody waits any more");
        });
    }
}

#[test]
fn a_mass_that_leaves_waits_as_one_and_is_held_when_its_grace_is_over() {
    for reading in BOTH {
        play(async {
            let staff = crowd('s', 30);
            let mut desk = gracious(reading, Mode::ListToGroup, &names(&staff)).await;
            for name in &staff[..25] {
                desk.list_removes(name).await;
            }
            assert_eq!(came_to(&desk.sync().await), (Outcome::Waiting, 0));
            assert_eq!(desk.state().await.progress.tally.waiting, 25);
            desk.wait(WEEK).await;
            let hold = desk.state().await.progress.hold.unwrap();
            assert_eq!((hold.group_removals, desk.grouped().len()), (25, 30));
            desk.list_adds(&staff[0]).await;
            desk.sync().await;
            let digest = desk.state().await.progress.hold.unwrap().digest;
            desk.rule(RulingKind::Approved, &digest).await;
            assert_eq!(
                came_to(&desk.sync().await),
                (Outcome::Converged, 24),
                "what was looked at waits no more"
            );
            assert_eq!(desk.grouped().len(), 6);
        });
    }
}

#[test]
fn a_grace_that_is_taken_back_is_over_for_those_who_wait_too() {
    for reading in BOTH {
        play(async {
            let mut desk = gracious(reading, Mode::TwoWay, &FOUR).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            let none = LinkPatch { grace: Some(Duration::ZERO), ..LinkPatch::default() };
            desk.edit(LinkEdit::Change(none)).await;
            assert_eq!(came_to(&desk.sync().await), (Outcome::Converged, 1));
            desk.both_are(&FOUR[1..]).await;
        });
    }
}

#[test]
fn a_change_of_the_scope_has_a_person_look_at_once_at_those_who_wait_too() {
    for reading in BOTH {
        play(async {
            let mut desk = gracious(reading, Mode::TwoWay, &FOUR).await;
            desk.list_removes("ann").await;
            desk.sync().await;
            desk.settings(|settings| settings.internal_domains.extend(["x.example".to_owned()])).await;
            desk.list_removes("bob").await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.held.group_removals), (Outcome::Held, 2));
            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            assert_eq!(came_to(&desk.sync().await), (Outcome::Converged, 2));
        });
    }
}
