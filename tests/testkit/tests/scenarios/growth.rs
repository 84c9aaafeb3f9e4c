//! How many may join a side by runs without a person: a wrong group nested in, or a wrong call of the API, tells people what
//! was not meant for them.

use std::time::Duration;

use listsync_core::{limit::AdditionLimit, link::Mode, own::Own, summary::Outcome};
use listsync_engine::ports::{
    Clock as _, Contacts as _, Decision, ImportMode, ListEdit, ListStore as _, NewImport, RulingKind,
};
use listsync_testkit::sample::{contact, person};

use crate::{
    desk::{BOTH, Desk, crowd, names, one_way},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const FOUR: [&str; 4] = ["anna", "ben", "cleo", "dora"];

impl Desk {
    async fn many_join_the_list(&mut self, crowd: &[String]) {
        for name in crowd {
            self.directory.put_person(person(name));
            self.list_adds(name).await;
        }
    }

    fn many_join_the_group(&mut self, crowd: &[String]) {
        for name in crowd {
            self.directory.put_person(person(name));
            self.group_adds(name);
        }
    }
}

fn with_four(crowd: &[String]) -> Vec<&str> {
    FOUR.into_iter().chain(names(crowd)).collect()
}

#[test]
fn more_than_fifty_and_more_than_a_side_had_wait_for_a_person_and_nobody_else_does() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            let wrong = crowd('p', 51);
            desk.many_join_the_group(&wrong);
            desk.list_removes("anna").await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.held.list_additions), (Outcome::Held, 51));
            assert_eq!((summary.held.total(), summary.group.removed, summary.exit_code()), (51, 1, 4));
            desk.are(&FOUR[1..], &with_four(&wrong)[1..]).await;
            desk.clock.advance(30 * HOUR);
            let later = desk.sync().await;
            assert_eq!(later.held, summary.held, "a day that goes by lets nobody in");
            desk.are(&FOUR[1..], &with_four(&wrong)[1..]).await;

            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            desk.sync().await;
            desk.both_are(&with_four(&wrong)[1..]).await;
        });
    }
}

#[test]
fn fifty_join_at_once_and_one_more_of_that_day_waits() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            let first = crowd('p', 50);
            desk.many_join_the_list(&first).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&with_four(&first)).await;
            desk.clock.advance(20 * HOUR);
            desk.many_join_the_list(&crowd('q', 1)).await;
            let held = desk.sync().await;
            assert_eq!((held.outcome, held.held.group_additions), (Outcome::Held, 1));
            desk.list_removes(&crowd('q', 1)[0]).await;
            let none = desk.sync().await;
            assert_eq!((none.outcome, none.held.total()), (Outcome::Converged, 0), "its cause is gone");
            desk.clock.advance(5 * HOUR);
            desk.many_join_the_list(&crowd('r', 1)).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged, "another day");
        });
    }
}

#[test]
fn who_is_dropped_stays_on_the_one_side_until_they_leave_it() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            let wrong = crowd('p', 60);
            desk.many_join_the_group(&wrong);
            let held = desk.sync().await.held;
            desk.rule(RulingKind::Discarded, &held.digest).await;
            for _ in 0..2 {
                let summary = desk.sync().await;
                assert_eq!((summary.outcome, summary.held.total()), (Outcome::Converged, 0));
                assert_eq!(summary.skipped.get("addition_declined"), Some(&60), "{:?}", summary.skipped);
                desk.are(&FOUR, &with_four(&wrong)).await;
                desk.clock.advance(30 * HOUR);
            }
            // Whom somebody wants on the list after all is put there.
            desk.list_adds(&wrong[0]).await;
            for name in &wrong[1..] {
                desk.group_removes(name);
            }
            desk.sync().await;
            desk.clock.advance(HOUR);
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("addition_declined"), None, "{:?}", summary.skipped);
            desk.both_are(&with_four(&wrong[..1])).await;
            // Who left has nothing to do with what was said then.
            desk.group_adds(&wrong[1]);
            desk.sync().await;
            desk.both_are(&with_four(&wrong[..2])).await;
        });
    }
}

#[test]
fn neither_a_first_run_nor_a_side_without_members_nor_who_was_there_before_is_held() {
    for reading in BOTH {
        play(async {
            let many = crowd('p', 80);
            let mut desk = Desk::with(reading, &names(&many), &FOUR).await;
            desk.sync().await;
            desk.both_are(&with_four(&many)).await;

            let mut empty = Desk::settled(reading, &[]).await;
            empty.many_join_the_list(&many).await;
            empty.sync().await;
            empty.both_are(&names(&many)).await;

            // A removal of many that is dropped brings them back, and one that a follower did is undone.
            let mut back = Desk::settled(reading, &with_four(&many)).await;
            for name in &many {
                back.list_removes(name).await;
            }
            let held = back.sync().await.held;
            assert_eq!(held.group_removals, 80);
            back.clock.advance(30 * HOUR);
            back.rule(RulingKind::Discarded, &held.digest).await;
            back.sync().await;
            back.both_are(&with_four(&many)).await;
        });
    }
}

#[test]
fn who_subscribed_and_who_came_by_a_file_is_judged_where_they_came_in() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            let own = crowd('p', 60);
            for name in &own {
                desk.directory.put_person(person(name));
                desk.says(name, Decision::Subscribed).await;
            }
            desk.list_adds("anna").await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&with_four(&own)).await;

            let filed = crowd('q', 90);
            let rows = filed.iter().map(|name| contact(name).into()).collect();
            let new = NewImport::new("staff.csv", ImportMode::Incremental, rows, desk.clock.now());
            for name in &filed {
                desk.directory.put_person(person(name));
            }
            let held = desk.store.import(&desk.list, &new).await.unwrap().import;
            assert_eq!(held.held_additions, 90);
            desk.store.approve_import(&held.id, desk.clock.now()).await.unwrap();
            assert_eq!(desk.sync().await.outcome, Outcome::Converged, "one approval is enough");
            let all: Vec<String> = own.into_iter().chain(filed).collect();
            desk.both_are(&with_four(&all)).await;
            // None of them counts for those whom an operator adds.
            desk.many_join_the_list(&crowd('r', 50)).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
        });
    }
}

#[test]
fn a_lists_own_limit_holds_for_its_runs_and_the_settings_for_others() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::linked(reading, (&FOUR, &FOUR), one_way(Mode::ListToGroup)).await;
            desk.sync().await;
            let edit =
                ListEdit { max_additions: Some(Own::Set(AdditionLimit::Count(2))), ..ListEdit::default() };
            desk.store.edit_list(&desk.list, None, &edit, desk.clock.now()).await.unwrap();
            desk.many_join_the_list(&crowd('p', 3)).await;
            let held = desk.sync().await.held;
            assert_eq!(held.group_additions, 3);
            desk.rule(RulingKind::Approved, &held.digest).await;
            desk.sync().await;
            desk.both_are(&with_four(&crowd('p', 3))).await;

            let off = ListEdit { max_additions: Some(Own::Set(AdditionLimit::Off)), ..ListEdit::default() };
            desk.store.edit_list(&desk.list, None, &off, desk.clock.now()).await.unwrap();
            desk.many_join_the_list(&crowd('q', 300)).await;
            assert_eq!(desk.sync().await.held.total(), 0);
        });
    }
}
