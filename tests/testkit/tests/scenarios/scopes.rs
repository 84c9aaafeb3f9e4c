//! What a link looks at is changed, and whom that would remove: however few, they wait for a person.

use std::time::Duration;

use listsync_core::{
    link::Mode,
    list::ListKind,
    member::HoldReason,
    scope::ScopePart,
    summary::{Outcome, Summary},
};
use listsync_engine::{
    people,
    ports::{Acquired, Clock as _, Decision, Finish, Links as _, ListEdit, Progress, RulingKind},
};
use listsync_testkit::sample::person;

use crate::{
    desk::{BOTH, Desk, one_way},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);
const FOUR: [&str; 4] = ["ann", "bob", "cem", "dia"];

impl Desk {
    async fn another_domain_is_the_tenants_own(&mut self) {
        self.settings(|settings| settings.internal_domains.extend(["x.example".to_owned()])).await;
    }

    async fn filter(&self, filter: &str) {
        let kind = ListKind::Filtered { filter: filter.to_owned() };
        let edit = ListEdit { kind: Some(kind), ..ListEdit::default() };
        people::edit_list(&service(self), &self.list, None, &edit).await.unwrap();
    }

    /// As a run of before leaves it.
    async fn forget_scope(&self) {
        let (now, minute) = (self.clock.now(), Duration::from_secs(60));
        let progress = Progress { scope: None, ..self.state().await.progress };
        let Acquired::Lease(lease) = self.store.acquire(&self.link, now, minute).await.unwrap() else {
            panic!("the lease is free")
        };
        let finish = Finish {
            progress,
            status: None,
            synced: None,
            due_at: now,
            ruling_done: None,
            members: Vec::new(),
            at: now,
        };
        self.store.finish(&lease, &finish).await.unwrap();
    }

    async fn rules(&self, kind: RulingKind) {
        let digest = self.state().await.progress.hold.expect("a hold").digest;
        self.rule(kind, &digest).await;
    }
}

/// How many removals from the group a run held and did, and how it ended.
fn came_to(summary: &Summary) -> (u64, u64, Outcome) {
    (summary.held.group_removals, summary.group.removed, summary.outcome)
}

#[test]
fn one_removal_after_a_change_waits_while_additions_go_on_and_an_approval_makes_the_change_known() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            desk.another_domain_is_the_tenants_own().await;
            desk.list_removes("ann").await;
            desk.directory.put_person(person("eve"));
            desk.list_adds("eve").await;
            let summary = desk.sync().await;
            assert_eq!(came_to(&summary), (1, 0, Outcome::Held));
            assert!(summary.message.contains("the internal domains changed"), "{}", summary.message);
            desk.are(&["bob", "cem", "dia", "eve"], &["ann", "bob", "cem", "dia", "eve"]).await;
            let hold = desk.state().await.progress.hold.unwrap();
            assert_eq!((hold.is_of_scope(), &hold.scope), (true, &vec![ScopePart::InternalDomains]));
            assert!(desk.plan().await.to_string().contains("Held: the internal domains changed"));

            desk.clock.advance(30 * HOUR);
            desk.list_removes("bob").await;
            assert_eq!(came_to(&desk.sync().await), (2, 0, Outcome::Held), "no time lets anybody go");
            desk.rules(RulingKind::Approved).await;
            assert_eq!(came_to(&desk.sync().await), (0, 2, Outcome::Converged));
            desk.list_removes("cem").await;
            assert_eq!(came_to(&desk.sync().await), (0, 1, Outcome::Converged), "the change is known");
            desk.both_are(&["dia", "eve"]).await;
        });
    }
}

#[test]
fn a_change_that_removes_nobody_is_known_from_the_next_run_on() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            desk.another_domain_is_the_tenants_own().await;
            assert_eq!(came_to(&desk.sync().await), (0, 0, Outcome::Converged));
            desk.list_removes("ann").await;
            assert_eq!(came_to(&desk.sync().await), (0, 1, Outcome::Converged));
        });
    }
}

#[test]
fn who_opts_out_after_a_change_waits_for_nobody() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            desk.another_domain_is_the_tenants_own().await;
            desk.says("ann", Decision::OptedOut).await;
            assert_eq!(came_to(&desk.sync().await), (0, 1, Outcome::Converged));
            desk.both_are(&FOUR[1..]).await;
        });
    }
}

#[test]
fn a_discard_keeps_everybody_and_makes_the_change_known() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            desk.another_domain_is_the_tenants_own().await;
            desk.list_removes("ann").await;
            assert_eq!(came_to(&desk.sync().await), (1, 0, Outcome::Held));
            desk.rules(RulingKind::Discarded).await;
            desk.sync().await;
            desk.both_are(&FOUR).await;
            desk.wait(HOUR).await;
            desk.list_removes("bob").await;
            assert_eq!(came_to(&desk.sync().await), (0, 1, Outcome::Converged));
        });
    }
}

#[test]
fn a_filter_that_is_mistyped_takes_nobody_out_of_the_group_and_one_that_is_put_right_leaves_nothing_to_rule_on()
 {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::linked(reading, (&FOUR, &FOUR), one_way(Mode::ListToGroup)).await;
            desk.filter("address pr").await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.both_are(&FOUR).await;
            desk.filter("address eq \"ann@contoso.example\"").await;
            let summary = desk.sync().await;
            assert_eq!((summary.held.group_removals, summary.group.removed), (3, 0));
            assert!(summary.message.contains("the filter changed"), "{}", summary.message);
            assert!(
                desk.state()
                    .await
                    .progress
                    .hold
                    .unwrap()
                    .reasons
                    .iter()
                    .all(|(_, why)| *why == HoldReason::Scope)
            );
            desk.filter("address pr").await;
            assert_eq!(came_to(&desk.sync().await), (0, 0, Outcome::Converged));
            assert_eq!(desk.state().await.progress.hold, None);
            desk.both_are(&FOUR).await;
        });
    }
}

#[test]
fn a_link_of_before_this_was_kept_asks_about_nothing() {
    play(async {
        let mut desk = Desk::settled(BOTH[0], &FOUR).await;
        desk.forget_scope().await;
        desk.another_domain_is_the_tenants_own().await;
        desk.list_removes("ann").await;
        assert_eq!(came_to(&desk.sync().await), (0, 1, Outcome::Converged));
        assert!(desk.state().await.progress.scope.is_some());
    });
}
