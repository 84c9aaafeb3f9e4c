//! A clock that ran ahead by a month and was put right: what it left behind keeps nothing from going on.

use std::time::Duration;

use listsync_core::schedule::LEASE;
use listsync_engine::{
    fan_out::tick,
    ports::{
        Acquired, Clock as _, Decision, Gate as _, ImportMode, ImportRow, ImportState, Links as _,
        ListStore as _, NewImport, PeopleWatch, Presence,
    },
};
use listsync_testkit::sample::contact;

use crate::{
    desk::{BOTH, Desk, of_tenant},
    play,
};

const MONTH: Duration = Duration::from_secs(30 * 86_400);
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn after_a_clock_that_ran_ahead_an_opt_out_reaches_the_group_at_the_next_beat() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["anna", "ben"]).await;
            let before = desk.clock.now();
            desk.clock.advance(MONTH);
            desk.list_adds("cleo").await;
            desk.directory.put_person(listsync_testkit::sample::person("cleo"));
            tick(&desk.ports).await.unwrap();
            desk.sync_quietly().await;
            desk.both_are(&["anna", "ben", "cleo"]).await;
            // A run is killed under that clock, and its lease stays.
            let taken = desk.store.acquire(&desk.link, desk.clock.now(), LEASE).await.unwrap();
            assert!(matches!(taken, Acquired::Lease(_)));
            let watch = PeopleWatch { cursor: None, due_at: desk.clock.now() };
            desk.store.keep_people_watch(&of_tenant(), &watch).await.unwrap();

            desk.clock.set(before);
            desk.clock.advance(Duration::from_secs(60));
            desk.says("cleo", Decision::OptedOut).await;
            let beat = tick(&desk.ports).await.unwrap();
            assert!(beat.sent >= 1, "the link is due again: {beat:?}");
            desk.sync_quietly().await;
            desk.both_are(&["anna", "ben"]).await;
            let state = desk.state().await;
            assert!(state.due_at <= desk.clock.now().checked_add(HOUR).unwrap(), "{:?}", state.due_at);
            assert!(!state.is_ahead(desk.clock.now(), HOUR));
            assert_eq!(tick(&desk.ports).await.unwrap().sent, 0, "nothing is left to put right");
        });
    }
}

#[test]
fn what_was_believed_under_a_clock_that_ran_ahead_settles_as_if_it_were_of_now() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["anna", "ben", "cleo", "dora"]).await;
            let before = desk.clock.now();
            desk.clock.advance(MONTH);
            desk.list_adds("elsa").await;
            desk.directory.put_person(listsync_testkit::sample::person("elsa"));
            desk.sync().await;
            desk.clock.set(before);
            desk.clock.advance(HOUR);
            desk.group_removes("elsa");
            desk.sync().await;
            // A window later, and once more for a replica that lags.
            for _ in 0..3 {
                desk.wait(HOUR).await;
            }
            desk.both_are(&["anna", "ben", "cleo", "dora"]).await;
        });
    }
}

/// Leave dates are the one thing that ends by date: under a clock that ran ahead all of a month's are past at once.
#[test]
fn whose_last_day_only_a_clock_that_ran_ahead_has_past_stays_on_both_sides_until_a_person_looks() {
    const STAFF: [&str; 12] =
        ["anna", "ben", "cleo", "dora", "elsa", "fay", "gus", "hal", "ines", "jon", "kim", "lea"];
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &STAFF).await;
            let before = desk.clock.now();
            desk.clock.advance(MONTH);
            let leaver = |name: &&str| ImportRow { presence: Presence::Leaving, ..contact(name).into() };
            let rows = STAFF[..6].iter().map(leaver).collect();
            let file = NewImport::new("hr.csv", ImportMode::Incremental, rows, desk.clock.now());
            let held = desk.store.import(&desk.list, &file).await.unwrap().import;
            assert_eq!((held.state, held.held, held.removed), (ImportState::Held, 6, 0));
            desk.sync_quietly().await;
            desk.both_are(&STAFF).await;

            // The clock is right again, and so is the next file: they are as they were.
            desk.clock.set(before);
            desk.clock.advance(HOUR);
            let rows = STAFF.iter().map(|name| contact(name).into()).collect();
            let file = NewImport::new("hr.csv", ImportMode::Incremental, rows, desk.clock.now());
            desk.store.import(&desk.list, &file).await.unwrap();
            let nobody = desk.store.held_people(&held.id).await.unwrap();
            assert!(nobody.leaves.is_empty(), "{nobody:?}");
            desk.sync_quietly().await;
            desk.both_are(&STAFF).await;
        });
    }
}
