use std::time::Duration;

use listsync_core::{
    link::LinkStatus,
    summary::{Outcome, ReadKind},
    trigger::Reason,
};
use listsync_engine::{
    ports::{Acquired, Clock as _, Contacts as _, Gate as _, GroupKind, Links as _, ListSide as _},
    run::Next,
};
use listsync_testkit::sample::{address, bound, group, object, person};

use crate::{
    desk::{Desk, Reading, of_tenant},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn an_expired_cursor_leads_to_a_full_read_and_to_the_same_end() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.sync().await;
        desk.group_removes("ann");
        desk.directory.expire_cursors(&group("staff"));
        let summary = desk.sync().await;
        assert_eq!(summary.read, ReadKind::Full);
        desk.both_are(&["bob", "cid"]).await;
    });
}

#[test]
fn a_group_that_is_gone_removes_nobody_from_the_list() {
    play(async {
        for reading in [Reading::Incremental, Reading::Full] {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.directory.delete_group(&group("staff"));
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.exit_code()), (Outcome::Failed, 1));
            assert_eq!(desk.listed().await.len(), 2);
        }
    });
}

#[test]
fn a_group_that_became_dynamic_is_refused_before_anything_is_written() {
    play(async {
        let mut desk = Desk::with(Reading::Full, &["ann"], &["bob"]).await;
        desk.directory.set_kind(&group("staff"), GroupKind::Dynamic);
        let summary = desk.sync().await;
        assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Failed, "group_dynamic"));
        desk.are(&["ann"], &["bob"]).await;
    });
}

#[test]
fn a_closed_gate_keeps_every_run_away_from_the_directory() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let until = desk.clock.now().checked_add(Duration::from_secs(40)).unwrap();
        desk.store.close(&of_tenant(), until).await.unwrap();
        let ran = desk.ran(Reason::Schedule, HOUR).await;
        assert_eq!(ran.next, Next::RetryAfter(Duration::from_secs(40)));
        assert_eq!(ran.summary.graph.requests, 0);
        assert!(desk.state().await.requested > desk.state().await.synced);
    });
}

#[test]
fn a_gate_that_was_closed_for_a_year_is_open_after_ten_minutes_and_the_link_goes_on_by_itself() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        let year = desk.clock.now().checked_add(Duration::from_secs(31_536_000)).unwrap();
        desk.store.close(&of_tenant(), year).await.unwrap();
        desk.group_removes("ann");
        let ran = desk.ran(Reason::Schedule, HOUR).await;
        assert_eq!(ran.next, Next::RetryAfter(Duration::from_secs(600)));
        desk.clock.advance(Duration::from_secs(300));
        let ran = desk.ran(Reason::Schedule, HOUR).await;
        assert_eq!(ran.next, Next::RetryAfter(Duration::from_secs(300)));
        desk.clock.advance(Duration::from_secs(300));
        assert_eq!(desk.ran(Reason::Schedule, HOUR).await.summary.outcome, Outcome::Converged);
        desk.both_are(&["bob"]).await;
    });
}

/// Law 6.
#[test]
fn a_run_that_finds_another_going_leaves_its_request_open() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        let taken = desk.store.acquire(&desk.link, desk.clock.now(), Duration::from_secs(60)).await.unwrap();
        let ran = desk.ran(Reason::OnDemand, HOUR).await;
        assert_eq!(ran.summary.outcome, Outcome::Busy);
        assert!(
            matches!((ran.next, taken), (Next::Busy(until), Acquired::Lease(lease)) if until == lease.until)
        );
        assert!(desk.state().await.requested > desk.state().await.synced);
    });
}

/// Law 8.
#[test]
fn a_short_invocation_hands_over_and_the_next_goes_on() {
    play(async {
        let mut desk = Desk::with(Reading::Incremental, &["ann"], &[]).await;
        let ran = desk.ran(Reason::Schedule, Duration::from_secs(3)).await;
        assert!(matches!(ran.next, Next::Continue(_)));
        assert_eq!(ran.summary.outcome, Outcome::Continued);
        assert!(desk.state().await.requested > desk.state().await.synced);
        desk.sync().await;
        desk.both_are(&["ann"]).await;
    });
}

/// Law 8.
#[test]
fn two_continuations_without_progress_halt_the_link() {
    play(async {
        let mut desk = Desk::with(Reading::Incremental, &["ann"], &[]).await;
        desk.ran(Reason::Schedule, Duration::from_secs(3)).await;
        let ran = desk.ran(Reason::Continuation, Duration::from_secs(3)).await;
        assert_eq!((ran.summary.outcome, ran.next), (Outcome::Halted, Next::Done));
        assert!(matches!(desk.state().await.link.status, LinkStatus::Halted(_)));
        assert_eq!(desk.sync().await.exit_code(), 4);
        desk.edit(listsync_engine::ports::LinkEdit::Status(LinkStatus::Active)).await;
        desk.sync().await;
        desk.both_are(&["ann"]).await;
    });
}

#[test]
fn a_user_that_was_deleted_is_looked_up_again_in_its_time() {
    for reading in [Reading::Incremental, Reading::Full] {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.directory.put_person(person("bob"));
            desk.list_adds("bob").await;
            desk.plan().await;
            desk.directory.delete_person(&object("bob"));
            let summary = desk.sync().await;
            assert_eq!(summary.group.add_failed, 1);
            assert_eq!(desk.sync().await.group.add_failed, 0);
            desk.directory.put_person(person("bob"));
            desk.clock.advance(HOUR);
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn whom_nobody_answered_to_is_found_later_also_when_runs_ended_before_they_asked() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        desk.list_adds("bob").await;
        assert_eq!(desk.sync().await.group.add_failed, 1);
        desk.clock.advance(HOUR);
        let short = desk.ran(Reason::Schedule, Duration::from_secs(3)).await;
        assert_eq!(short.summary.outcome, Outcome::Continued);
        desk.directory.put_person(person("bob"));
        desk.sync().await;
        desk.both_are(&["ann", "bob"]).await;
    });
}

#[test]
fn whom_a_run_found_is_added_by_the_next_if_that_run_ended_before_it_wrote() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        desk.list_adds("bob").await;
        assert_eq!(desk.sync().await.group.add_failed, 1);
        desk.directory.put_person(person("bob"));
        // Another link finds them.
        let bob = desk.store.find_contact(&address("bob")).await.unwrap().unwrap();
        desk.store.bind(&[bound(&bob.id, ("bob", "bob"))]).await.unwrap();
        let short = desk.ran(Reason::Schedule, Duration::from_secs(3)).await;
        assert_eq!(short.summary.outcome, Outcome::Continued);
        desk.sync().await;
        desk.both_are(&["ann", "bob"]).await;
    });
}

#[test]
fn a_pass_over_everybody_finds_whom_look_ups_would_find() {
    play(async {
        let crowd: Vec<String> = (0..1_200).map(|number| format!("p{number:04}")).collect();
        let names: Vec<&str> = crowd.iter().map(String::as_str).collect();
        let mut desk = Desk::with(Reading::Full, &names, &[]).await;
        assert!(desk.ports.directory.look_up_batch() < crowd.len());
        let summary = desk.sync().await;
        assert_eq!(summary.group.added, 1_200);
        assert_eq!(summary.outcome, Outcome::Converged);
    });
}
