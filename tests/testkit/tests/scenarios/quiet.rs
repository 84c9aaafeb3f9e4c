//! A look at a link at rest: one write, no lease, and a run as soon as anything calls for one.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::RunId,
    link::LinkStatus,
    summary::{Outcome, ReadKind, Summary},
};
use listsync_engine::{
    fan_out::tick,
    ports::{Acquired, Clock as _, LinkEdit, Links as _, Queue as _, Runs as _},
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::{
    fakes::RowWrites,
    sample::{address, group, person},
};

use crate::{
    desk::{Desk, Reading},
    play,
};

const QUARTER: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3_600);

/// Two on both sides, whose last run read what changed, and found nothing.
async fn at_rest() -> Desk {
    let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
    desk.sync().await;
    desk.wait(QUARTER).await;
    desk.sync().await;
    let state = desk.state().await;
    assert_eq!(state.progress.at_rest, Some(state.token));
    desk
}

impl Desk {
    async fn takes(&self, body: &str) -> Option<Summary> {
        let until = self.clock.now().checked_add(QUARTER).unwrap();
        let run = RunId::parse(&format!("beat-{}", self.clock.now().as_millisecond())).unwrap();
        let context = RunContext { run, until, receive: Receive::Early };
        match handle(&self.ports, body, &context, &Unwatched).await {
            Handled::Acknowledge(summary) => summary.map(|summary| *summary),
            other => panic!("{other:?}"),
        }
    }

    /// Takes what is in the queue.
    async fn queued_bodies(&self) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let taken = self.store.receive(10, HOUR).await.unwrap();
            if taken.is_empty() {
                return bodies;
            }
            for delivery in taken {
                self.store.acknowledge(&delivery.receipt).await.unwrap();
                bodies.push(delivery.body);
            }
        }
    }

    /// What the timer sends once it is time again. Messages of runs that a person asked for are answered by now.
    async fn next_message(&self) -> String {
        self.queued_bodies().await;
        self.clock.advance(QUARTER);
        assert_eq!(tick(&self.ports).await.unwrap().sent, 1);
        let mut bodies = self.queued_bodies().await;
        let body = bodies.pop().expect("one message");
        assert!(bodies.is_empty());
        body
    }

    async fn looks(&self) -> Summary {
        let body = self.next_message().await;
        self.takes(&body).await.expect("nobody answered it before")
    }

    async fn kept_runs(&self) -> u64 {
        self.store.writes().runs
    }
}

#[test]
fn a_round_that_finds_nothing_writes_the_links_row_once() {
    play(async {
        let desk = at_rest().await;
        let before = desk.store.writes();
        for round in 1..=3 {
            let summary = desk.looks().await;
            assert_eq!((summary.outcome, summary.read), (Outcome::Converged, ReadKind::Incremental));
            assert_eq!((summary.graph.requests, summary.graph.writes), (1, 0));
            assert_eq!(summary.list.name, "Staff");
            assert_eq!(desk.store.writes(), RowWrites { links: before.links + round, ..before });
            let state = desk.state().await;
            assert_eq!((state.requested, state.finished_at), (state.synced, Some(summary.finished_at)));
            assert_eq!(state.quiet.as_ref().map(|quiet| quiet.in_a_row), Some(round));
            assert_eq!(desk.store.latest(Some(&desk.link), 1).await.unwrap(), [summary]);
        }
    });
}

/// Law 6.
#[test]
fn a_message_that_comes_twice_or_is_lost_is_harmless() {
    play(async {
        let desk = at_rest().await;
        desk.next_message().await;
        // It is lost: the link is due as before, and the timer sends the same once more.
        let body = desk.next_message().await;
        assert!(desk.takes(&body).await.is_some());
        assert_eq!(desk.takes(&body).await, None, "it is answered");
    });
}

/// Law 14.
#[test]
fn what_changed_on_either_side_is_met_by_a_run_though_nobody_raised_the_link() {
    play(async {
        let mut desk = at_rest().await;
        desk.list_adds("cid").await;
        desk.directory.put_person(person("cid"));
        let kept = desk.kept_runs().await;
        let summary = desk.looks().await;
        assert_eq!((summary.group.added, desk.kept_runs().await), (1, kept + 1));
        desk.both_are(&["ann", "bob", "cid"]).await;
        desk.clock.advance(HOUR);
        desk.sync().await;
        desk.wait(QUARTER).await;
        desk.sync().await;

        desk.group_removes("ann");
        let summary = desk.looks().await;
        assert_eq!(summary.list.removed, 1);
        desk.both_are(&["bob", "cid"]).await;
    });
}

#[test]
fn a_run_goes_on_from_what_the_look_before_it_saw_of_the_group() {
    play(async {
        let mut requests = Vec::new();
        for by_message in [false, true] {
            let mut desk = at_rest().await;
            desk.group_removes("ann");
            let summary = match by_message {
                true => desk.looks().await,
                false => {
                    desk.clock.advance(QUARTER);
                    desk.sync().await
                }
            };
            assert_eq!(summary.list.removed, 1);
            requests.push(summary.graph.requests);
        }
        assert_eq!(requests[0], requests[1], "the group is asked once");
    });
}

#[test]
fn a_link_that_is_not_at_rest_is_looked_at_by_a_run() {
    play(async {
        let desk = at_rest().await;
        // Once a day both sides are read in full, and the run after that goes on from a new cursor.
        let mut reads = Vec::new();
        for _ in 0..100 {
            let before = desk.kept_runs().await;
            let read = desk.looks().await.read;
            if desk.kept_runs().await > before {
                reads.push(read);
            }
        }
        assert_eq!(reads, [ReadKind::Full, ReadKind::Incremental], "of a hundred rounds two are runs");
    });
}

#[test]
fn whatever_may_call_for_something_is_left_to_a_run() {
    play(async {
        for what in ["protected", "domains", "cursor", "resumed", "resync"] {
            let mut desk = at_rest().await;
            match what {
                "protected" => {
                    desk.settings(|settings| {
                        settings.protected.addresses = BTreeSet::from([address("ann")]);
                    })
                    .await;
                }
                "domains" => {
                    desk.settings(|settings| {
                        settings.internal_domains.insert("fabrikam.example".into());
                    })
                    .await;
                }
                "cursor" => desk.directory.expire_cursors(&group("staff")),
                "resumed" => {
                    desk.edit(LinkEdit::Status(LinkStatus::Paused)).await;
                    desk.edit(LinkEdit::Status(LinkStatus::Active)).await;
                }
                _ => desk.edit(LinkEdit::Resync).await,
            }
            let before = desk.kept_runs().await;
            desk.looks().await;
            // A link that was paused and resumed is as it was.
            let is_run = desk.kept_runs().await > before;
            assert_eq!(is_run, what != "resumed", "{what}");
            desk.both_are(&["ann", "bob"]).await;
        }
    });
}

/// Law 7: a run that died may have left intents.
#[test]
fn after_a_run_that_died_a_run_looks() {
    play(async {
        let desk = at_rest().await;
        let taken = desk.store.acquire(&desk.link, desk.clock.now(), Duration::from_secs(60)).await.unwrap();
        assert!(matches!(taken, Acquired::Lease(_)));
        let before = desk.kept_runs().await;
        desk.looks().await;
        assert_eq!(desk.kept_runs().await, before + 1);
        desk.both_are(&["ann", "bob"]).await;
    });
}
