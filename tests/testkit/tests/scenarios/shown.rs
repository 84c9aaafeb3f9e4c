//! A sync that keeps to a plan does what was shown and is still due, and nothing else; the rest is named and comes next.

use std::time::Duration;

use listsync_core::{
    id::RunId,
    plan::{Plan, Shown},
    summary::{Outcome, Summary},
    trigger::Reason,
};
use listsync_engine::{
    ports::{Clock as _, Decision, RulingKind},
    preview::{keep, recall},
    run::{Ran, RunRequest, run_shown},
    watch::Unwatched,
};
use listsync_testkit::sample::{address, person};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

impl Desk {
    /// A plan, as it is shown and kept.
    pub(crate) async fn shown(&self) -> Plan {
        let plan = self.plan().await;
        keep(&*self.store.port(), &plan, self.clock.now()).await.unwrap();
        plan
    }

    async fn recalled(&self, digest: &str) -> Option<Shown> {
        recall(&*self.store.port(), &self.link, digest, self.clock.now()).await.unwrap()
    }

    pub(crate) async fn keeps_to(&self, plan: &Plan) -> Summary {
        let shown = self.recalled(&plan.digest).await.expect("it was shown");
        let request = RunRequest {
            run: RunId::parse(&format!("kept-{}", self.clock.now().as_second())).unwrap(),
            link: self.link.clone(),
            reason: Reason::OnDemand,
            until: self.clock.now().checked_add(HOUR).unwrap(),
        };
        let Ran { summary, .. } = run_shown(&self.ports, &request, &shown, &Unwatched).await.unwrap();
        summary
    }
}

/// Whom a summary names under a code.
fn named(summary: &Summary, code: &str) -> Vec<String> {
    let of_code = summary.remarks.iter().filter(|remark| remark.code == code);
    let mut names: Vec<String> = of_code.flat_map(|one| &one.addresses).map(ToString::to_string).collect();
    names.sort();
    names
}

async fn with_plan(reading: Reading) -> (Desk, Plan) {
    let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
    for name in ["dan", "eva", "fay", "gus"] {
        desk.directory.put_person(person(name));
    }
    desk.list_adds("dan").await;
    desk.list_removes("ann").await;
    desk.group_adds("eva");
    let plan = desk.shown().await;
    assert_eq!(plan.effects.len(), 3, "{plan}");
    desk.clock.advance(MINUTE);
    (desk, plan)
}

#[test]
fn what_was_shown_is_done_where_nothing_changed() {
    play(async {
        for reading in BOTH {
            let (desk, plan) = with_plan(reading).await;
            let summary = desk.keeps_to(&plan).await;
            assert_eq!((summary.outcome, summary.exit_code()), (Outcome::Converged, 0), "{summary}");
            desk.both_are(&["bob", "cid", "dan", "eva"]).await;
        }
    });
}

#[test]
fn what_is_due_and_was_not_shown_is_left_and_named_and_done_by_the_next_sync() {
    play(async {
        for reading in BOTH {
            let (mut desk, plan) = with_plan(reading).await;
            desk.list_adds("fay").await;
            desk.group_adds("gus");
            desk.says("bob", Decision::OptedOut).await;
            let summary = desk.keeps_to(&plan).await;
            assert_eq!((summary.outcome, summary.exit_code()), (Outcome::Partial, 3), "{summary}");
            assert_eq!(summary.reason, "plan_differs");
            let left = ["bob", "fay", "gus"].map(|name| address(name).to_string());
            assert_eq!(named(&summary, "not_shown"), left);
            desk.are(&["cid", "dan", "eva", "fay"], &["bob", "cid", "dan", "eva", "gus"]).await;
            let again = desk.keeps_to(&plan).await;
            assert_eq!(again.reason, "plan_differs", "what it did is not due any more");
            let next = desk.sync().await;
            assert_eq!(next.exit_code(), 0, "{next}");
            desk.both_are(&["cid", "dan", "eva", "fay", "gus"]).await;
            desk.wait(HOUR).await;
            desk.both_are(&["cid", "dan", "eva", "fay", "gus"]).await;
        }
    });
}

#[test]
fn what_was_shown_and_is_not_due_any_more_is_named_and_is_no_success() {
    play(async {
        for reading in BOTH {
            let (mut desk, plan) = with_plan(reading).await;
            desk.list_removes("dan").await;
            let summary = desk.keeps_to(&plan).await;
            assert_eq!((summary.outcome, summary.exit_code()), (Outcome::Partial, 3), "{summary}");
            assert_eq!(named(&summary, "not_due"), [address("dan").to_string()]);
            assert_eq!(named(&summary, "not_shown"), Vec::<String>::new());
            desk.both_are(&["bob", "cid", "eva"]).await;
        }
    });
}

#[test]
fn what_it_showed_as_held_is_done_once_it_is_approved_and_what_is_held_now_waits() {
    play(async {
        let people = crowd('p', 40);
        let mut desk = Desk::settled(Reading::Incremental, &names(&people)).await;
        for name in &people[..20] {
            desk.list_removes(name).await;
        }
        let plan = desk.shown().await;
        assert_eq!((plan.effects.len(), plan.held.effects.len()), (0, 20));
        let held = desk.keeps_to(&plan).await;
        assert_eq!((held.outcome, held.exit_code()), (Outcome::Held, 4), "{held}");
        desk.rule(RulingKind::Approved, &held.held.digest).await;
        let summary = desk.keeps_to(&plan).await;
        assert_eq!((summary.group.removed, summary.exit_code()), (20, 0), "{summary}");
        desk.both_are(&names(&people[20..])).await;
    });
}

#[test]
fn a_hold_that_comes_with_what_was_not_shown_can_be_approved() {
    play(async {
        let people = crowd('p', 40);
        let mut desk = Desk::settled(Reading::Incremental, &names(&people)).await;
        desk.directory.put_person(person("dan"));
        let plan = desk.shown().await;
        for name in &people[..20] {
            desk.list_removes(name).await;
        }
        desk.list_adds("dan").await;
        let held = desk.keeps_to(&plan).await;
        assert_eq!((held.outcome, held.group.added), (Outcome::Held, 0), "{held}");
        assert_eq!(named(&held, "not_shown"), [address("dan").to_string()]);
        desk.rule(RulingKind::Approved, &held.held.digest).await;
        let next = desk.sync().await;
        assert_eq!((next.group.removed, next.group.added), (20, 1), "{next}");
    });
}

#[test]
fn a_plan_is_known_for_a_day_and_to_its_link_alone() {
    play(async {
        let (desk, plan) = with_plan(Reading::Incremental).await;
        assert!(desk.recalled(&plan.digest).await.is_some());
        assert!(desk.recalled("0000000000000000").await.is_none());
        desk.clock.advance(HOUR * 12);
        let again = desk.shown().await;
        assert_eq!(again.digest, plan.digest, "its digest has no time in it");
        desk.clock.advance(HOUR * 23);
        assert!(desk.recalled(&plan.digest).await.is_some(), "it was shown again since");
        desk.clock.advance(HOUR * 2);
        assert!(desk.recalled(&plan.digest).await.is_none());
    });
}
