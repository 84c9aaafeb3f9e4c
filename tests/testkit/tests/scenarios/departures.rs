use std::time::Duration;

use listsync_core::{
    id::RunId,
    summary::ReadKind,
    trigger::{Generation, Reason, Trigger},
};
use listsync_engine::{
    departures::{Followed, follow},
    ports::{Clock as _, Gate as _},
    trigger::raise,
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::sample::{moment, object, person, tenant};

use crate::{
    desk::{Desk, Reading},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

impl Desk {
    pub(crate) async fn follow(&self) -> Followed {
        let until = self.clock.now().checked_add(Duration::from_secs(60)).unwrap();
        follow(&self.ports, &tenant(), until).await.expect("followed")
    }
}

/// Law 14.
#[test]
fn who_was_deleted_leaves_the_list_at_the_next_beat() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.follow().await;
        desk.directory.delete_person(&object("bob"));
        desk.clock.advance(HOUR / 3);
        desk.sync().await;
        desk.are(&["ann", "bob", "cid"], &["ann", "cid"]).await;
        assert_eq!(desk.follow().await.links, [desk.link.clone()]);
        assert_eq!(desk.sync().await.read, ReadKind::Full);
        desk.both_are(&["ann", "cid"]).await;
    });
}

#[test]
fn who_was_deleted_and_comes_back_returns_to_the_list() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.follow().await;
        desk.directory.delete_person(&object("bob"));
        desk.clock.advance(HOUR);
        desk.follow().await;
        desk.sync().await;
        desk.both_are(&["ann", "cid"]).await;
        desk.clock.advance(HOUR);
        desk.directory.put_person(person("bob"));
        assert_eq!(desk.follow().await.links, [desk.link.clone()]);
        desk.sync().await;
        desk.both_are(&["ann", "bob", "cid"]).await;
    });
}

#[test]
fn a_quiet_beat_costs_one_request_and_between_beats_none() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        desk.follow().await;
        for _ in 0..3 {
            desk.clock.advance(HOUR);
            let quiet = desk.follow().await;
            assert_eq!((quiet.links.len(), quiet.cost.requests), (0, 1));
            assert_eq!(desk.follow().await.cost.requests, 0);
        }
    });
}

#[test]
fn a_change_of_somebody_whom_no_link_misses_wakes_none() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        desk.directory.put_person(person("eve"));
        desk.follow().await;
        desk.directory.put_person(person("ann"));
        desk.directory.put_person(person("dan"));
        desk.directory.delete_person(&object("eve"));
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.links, []);
    });
}

#[test]
fn a_cursor_that_is_too_old_has_every_link_read_in_full() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.follow().await;
        desk.directory.delete_person(&object("bob"));
        desk.directory.expire_people_cursors();
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.links, [desk.link.clone()]);
        desk.sync().await;
        desk.both_are(&["ann", "cid"]).await;
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.links, []);
    });
}

#[test]
fn a_credential_that_may_not_read_people_is_no_failure_and_is_tried_again_a_day_later() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann"]).await;
        desk.directory.set_permissions([]);
        assert_eq!(desk.follow().await.links, []);
        let watch = desk.store.people_watch(&tenant()).await.unwrap().unwrap();
        assert_eq!((watch.cursor, watch.due_at), (None, moment(3_600 + 24 * 3_600)));
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.cost.requests, 0);
    });
}

#[test]
fn the_worker_follows_the_changes_of_people_before_it_runs_a_link() {
    play(async {
        let desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        let message = async |desk: &Desk, number: u32| {
            let generation = raise(&desk.ports, &desk.link, Reason::Schedule).await.unwrap();
            let trigger = Trigger::new(desk.link.clone(), Reason::Schedule, generation);
            assert!(generation > Generation(0));
            let context = RunContext {
                run: RunId::parse(&format!("beat-{number}")).unwrap(),
                until: desk.clock.now().checked_add(Duration::from_secs(900)).unwrap(),
                receive: Receive::Early,
            };
            let body = serde_json::to_string(&trigger).unwrap();
            match handle(&desk.ports, &body, &context, &Unwatched).await {
                Handled::Acknowledge(Some(summary)) => *summary,
                other => panic!("{other:?}"),
            }
        };
        message(&desk, 1).await;
        desk.directory.delete_person(&object("bob"));
        desk.clock.advance(HOUR);
        let summary = message(&desk, 2).await;
        assert_eq!((summary.read, summary.list.removed), (ReadKind::Full, 1));
        desk.both_are(&["ann", "cid"]).await;
        desk.clock.advance(HOUR);
        assert_eq!(message(&desk, 3).await.list.removed, 0);
    });
}
