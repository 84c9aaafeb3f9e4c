//! What `status` says of a link, from what its runs left behind.

use std::time::Duration;

use listsync_core::{
    member::Open,
    settings::Protected,
    status::State,
    summary::Outcome,
    unsettled::{Prospect, Unsettled},
};
use listsync_engine::{
    ports::{
        Clock as _, Gate as _, ImportMode, ImportRow, LinkEdit, Links as _, ListStore as _, NewImport,
        RulingKind,
    },
    status::{self, Row},
};
use listsync_testkit::{
    faults::Faults,
    sample::{contact, group, link, object, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names, of_tenant},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

async fn rows(desk: &Desk) -> Vec<Row> {
    status::rows(&desk.ports).await.unwrap()
}

async fn state(desk: &Desk) -> State {
    let mut rows = rows(desk).await;
    assert_eq!(rows.len(), 1, "one list, one link");
    rows.remove(0).state
}

async fn word(desk: &Desk) -> (&'static str, u8) {
    let state = state(desk).await;
    (state.word(), state.exit_code())
}

async fn people(desk: &Desk) -> Vec<Unsettled> {
    status::unsettled(&desk.ports, &desk.state().await).await.unwrap()
}

#[test]
fn a_link_never_ran_then_is_in_step_and_waits_for_a_sync_once_one_is_asked_for() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::with(reading, &["ann"], &["ann", "bob"]).await;
            assert_eq!(word(&desk).await, ("never_ran", 2));
            desk.sync().await;
            desk.wait(HOUR).await;
            assert_eq!(word(&desk).await, ("in_step", 0));
            listsync_engine::trigger::raise(
                &desk.ports,
                &desk.link,
                listsync_core::trigger::Reason::OnDemand,
            )
            .await
            .unwrap();
            assert_eq!(word(&desk).await, ("queued", 2));
        });
    }
}

#[test]
fn a_link_whose_group_was_deleted_fails_since_the_first_run_that_met_it_until_one_succeeds() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.directory.delete_group(&group("staff"));
            let first = desk.clock.now();
            desk.sync().await;
            desk.wait(HOUR).await;
            let State::Failing(failing) = state(&desk).await else { panic!("it fails") };
            assert_eq!(failing.since, first);
            assert!(!failing.reason.is_empty() && !failing.code.is_empty());
            assert_eq!(status::exit_code(&rows(&desk).await), 4);
            // What asked for a run is given up meanwhile: the cause stays told.
            desk.edit(LinkEdit::Failing("nobody finished it".into())).await;
            let State::Failing(still) = state(&desk).await else { panic!("it fails") };
            assert_eq!(still, failing);
            let staff = listsync_engine::ports::Group {
                id: group("staff"),
                name: "Staff".into(),
                kind: listsync_engine::ports::GroupKind::Microsoft365,
                membership: listsync_engine::ports::Membership::Shown,
            };
            desk.directory.put_group(staff, [object("ann"), object("bob")]);
            desk.sync().await;
            desk.wait(HOUR).await;
            assert_eq!(word(&desk).await, ("in_step", 0));
        });
    }
}

#[test]
fn somebody_whom_nobody_answers_to_is_not_placed_since_the_first_run_and_the_run_after_it_waits() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.list_adds("bbo").await;
            let first = desk.clock.now();
            assert_eq!(desk.sync().await.exit_code(), 3);
            let again = desk.sync().await;
            assert_eq!((again.outcome, again.exit_code()), (Outcome::Waiting, 2));
            let State::NotPlaced { reasons, since } = state(&desk).await else { panic!("not placed") };
            assert_eq!((reasons.get("no_such_user"), since), (Some(&1), Some(first)));
            let named = people(&desk).await;
            assert_eq!(
                (named.len(), named[0].who(), named[0].code.as_str()),
                (1, "bbo@contoso.example".into(), "no_such_user")
            );
            assert!(matches!(named[0].prospect, Prospect::NotPlaced(Some(at)) if at > first));
            let plan = desk.plan().await;
            assert!(plan.waits() && plan.to_string().contains("bbo@contoso.example"), "{plan}");
            desk.directory.put_person(person("bbo"));
            desk.wait(HOUR).await;
            desk.wait(HOUR).await;
            assert_eq!(word(&desk).await, ("in_step", 0));
            assert_eq!(people(&desk).await, []);
        });
    }
}

#[test]
fn whom_a_rule_leaves_out_is_in_step_with_their_names() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.settings(|settings| {
                settings.protected = Protected::parse(["bob@contoso.example"]).expect("an address")
            })
            .await;
            desk.list_removes("bob").await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.exit_code()), (Outcome::Converged, 0));
            let State::InStep { left_out } = state(&desk).await else { panic!("in step") };
            assert_eq!(left_out.get("protected"), Some(&1));
            let named = people(&desk).await;
            assert_eq!((named[0].code.as_str(), named[0].prospect), ("protected", Prospect::LeftOut));
            // A quiet run writes no member's row again.
            let before = desk.store.writes().members;
            desk.sync_quietly().await;
            desk.wait(HOUR).await;
            desk.sync_quietly().await;
            assert_eq!(desk.store.writes().members, before);
        });
    }
}

#[test]
fn who_is_taken_out_right_after_being_added_waits_by_name_until_the_window_ends() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann", "bob"], &["ann"]).await;
        desk.sync().await;
        desk.clock.advance(Duration::from_secs(60));
        desk.group_removes("bob");
        let summary = desk.sync().await;
        assert_eq!((summary.outcome, summary.set_aside, summary.exit_code()), (Outcome::Waiting, 1, 2));
        let State::Waiting { people: count, until: Some(until) } = state(&desk).await else {
            panic!("waits")
        };
        let named = people(&desk).await;
        assert_eq!((count, named.len(), named[0].prospect), (1, 1, Prospect::Waits(Some(until))));
        assert!(desk.state().await.link.id == desk.link && until > desk.clock.now());
        let text = desk.plan().await.to_string();
        assert!(text.contains("waits until") && text.contains("Nothing to do now."), "{text}");
    });
}

#[test]
fn a_hold_is_held_since_it_began_then_approved_until_a_run_does_it() {
    play(async {
        let staff = crowd('s', 30);
        let mut desk = Desk::settled(Reading::Incremental, &names(&staff)).await;
        for name in &staff[..20] {
            desk.list_removes(name).await;
        }
        let since = desk.clock.now();
        let summary = desk.sync().await;
        let State::Held { changes, digest, since: held } = state(&desk).await else { panic!("held") };
        assert_eq!((changes, held, &digest), (20, since, &summary.held.digest));
        assert_eq!(status::exit_code(&rows(&desk).await), 4);
        desk.rule(RulingKind::Approved, &digest).await;
        assert_eq!(word(&desk).await, ("approved", 2));
        desk.sync().await;
        desk.wait(HOUR).await;
        assert_eq!(word(&desk).await, ("in_step", 0));
    });
}

#[test]
fn a_closed_gate_throttles_just_the_links_that_would_be_looked_at_before_it_opens() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let until = desk.clock.now().checked_add(Duration::from_secs(40)).unwrap();
        desk.store.close(&of_tenant(), until).await.unwrap();
        assert_eq!(word(&desk).await, ("in_step", 0), "it is due later");
        desk.sync().await;
        assert!(matches!(state(&desk).await, State::Throttled { until: told } if told == until));
        desk.clock.advance(Duration::from_secs(41));
        desk.sync().await;
        assert_eq!(word(&desk).await, ("in_step", 0));
    });
}

#[test]
fn a_file_that_waits_stands_above_the_link_that_is_in_step() {
    play(async {
        let staff = crowd('s', 30);
        let desk = Desk::settled(Reading::Incremental, &names(&staff)).await;
        let rows_of_file = vec![ImportRow::from(contact("s000"))];
        let file = NewImport::new("staff.csv", ImportMode::Full, rows_of_file, desk.clock.now());
        desk.store.import(&desk.list, &file).await.unwrap();
        let rows = rows(&desk).await;
        let words: Vec<_> = rows.iter().map(|row| (row.state.word(), row.link.is_some())).collect();
        assert_eq!(words, [("import_held", false), ("in_step", true)]);
        let list = desk.store.find_list("Staff").await.unwrap().unwrap();
        let one = status::of_lists(&desk.ports, vec![list]).await.unwrap().remove(0);
        assert_eq!((one.state.word(), one.links.len()), ("import_held", 1));
    });
}

#[test]
fn a_row_that_an_earlier_release_left_due_for_a_rule_reads_and_gets_its_reason() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.settings(|settings| {
            settings.protected = Protected::parse(["bob@contoso.example"]).expect("an address")
        })
        .await;
        desk.list_removes("bob").await;
        desk.sync().await;
        let mut row = desk.rows_of(&["bob"]).await.remove(0);
        assert_eq!(row.open, Some(Open::Skipped { code: "protected".into() }));
        row.open = Some(Open::Due);
        desk.overwrite(row).await;
        assert_eq!(desk.sync().await.outcome, Outcome::Converged);
        assert_eq!(people(&desk).await[0].code, "protected");
    });
}

#[test]
fn the_status_of_many_links_asks_the_store_as_often_as_of_one_and_writes_nothing() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let asked = async || {
            let faults = Faults::none();
            let rows = status::rows(&faults.over(&desk.ports)).await.unwrap();
            (rows.len(), faults.names())
        };
        let (one, of_one) = asked().await;
        for number in 0..300 {
            let list = desk.store.create_list(&format!("List {number}"), desk.clock.now()).await.unwrap().id;
            let name = format!("link-{number}");
            desk.store.create(&link(&name, &list, &name), desk.clock.now()).await.unwrap();
        }
        let before = desk.store.writes();
        let (all, of_all) = asked().await;
        assert_eq!((one, all), (1, 301));
        assert_eq!(of_all, of_one);
        assert_eq!(
            of_one,
            ["links.briefs", "lists.list_names", "lists.imports_of", "lists.expected", "gate.closed_until"]
        );
        assert_eq!(desk.store.writes(), before);
    });
}
