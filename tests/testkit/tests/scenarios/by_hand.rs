use std::time::Duration;

use listsync_core::{
    link::{Extras, Link, LinkPatch, Mode, Side, Writes},
    plan::Plan,
    snapshot::Principal,
    summary::Outcome,
};
use listsync_engine::ports::{Clock as _, Decision, LinkEdit, RulingKind};
use listsync_testkit::sample::{address, person};

use crate::{
    desk::{BOTH, Desk, Reading, set_writes},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

fn by_hand(link: Link) -> Link {
    Link { writes: Writes::ByHand, ..link }
}

/// What is left to a person, as sign and id.
fn left(plan: &Plan) -> Vec<String> {
    let effects = plan.effects.iter().filter(|effect| effect.change.side == Side::Group);
    effects.map(|effect| format!("{} {}", effect.change.op, effect.key)).collect()
}

impl Desk {
    async fn by_hand(reading: Reading, both: &[&str]) -> Self {
        let mut desk = Self::linked(reading, (both, both), by_hand).await;
        desk.sync().await;
        desk.wait(HOUR).await;
        desk
    }
}

#[test]
fn a_link_by_hand_changes_the_list_and_stops_at_the_plan_for_the_group() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::linked(reading, (&["ann", "bob"], &["bob", "cid"]), by_hand).await;
            for _ in 0..2 {
                let summary = desk.sync().await;
                desk.are(&["ann", "bob", "cid"], &["bob", "cid"]).await;
                assert_eq!((summary.outcome, summary.exit_code()), (Outcome::Planned, 2));
                assert_eq!((summary.group.added, summary.graph.writes), (0, 0));
                assert!(summary.message.contains("1 to add, 0 to remove"), "{}", summary.message);
                assert_eq!(left(&desk.plan().await), ["add ann"]);
                desk.clock.advance(HOUR);
            }
        });
    }
}

#[test]
fn what_a_person_did_is_seen_by_the_next_run_and_the_baseline_follows() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::linked(reading, (&["ann", "bob", "dan"], &["bob", "dan"]), by_hand).await;
            desk.sync().await;
            desk.clock.advance(HOUR);
            desk.group_adds("ann");
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["ann", "bob", "dan"]).await;
            assert!(desk.plan().await.is_empty());

            desk.clock.advance(HOUR);
            desk.list_removes("ann").await;
            let summary = desk.sync().await;
            assert_eq!(
                (summary.outcome, summary.list.added),
                (Outcome::Planned, 0),
                "she is not brought back"
            );
            assert_eq!(left(&desk.plan().await), ["remove ann"]);
            desk.clock.advance(HOUR);
            desk.group_removes("ann");
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["bob", "dan"]).await;
            assert!(desk.plan().await.is_empty());
        });
    }
}

#[test]
fn what_was_done_within_the_settle_window_is_looked_at_again_after_it() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::by_hand(reading, &["ann", "bob", "cid"]).await;
            desk.directory.put_person(person("eve"));
            desk.group_adds("eve");
            desk.sync().await;
            desk.list_removes("eve").await;
            desk.sync().await;
            desk.clock.advance(5 * MINUTE);
            desk.group_removes("eve");
            let seen = desk.clock.now();
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.set_aside), (Outcome::Planned, 1));
            assert!(desk.state().await.due_at <= seen.checked_add(30 * MINUTE).unwrap());
            desk.clock.advance(30 * MINUTE);
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.set_aside), (Outcome::Converged, 0));
            desk.both_are(&["ann", "bob", "cid"]).await;
        });
    }
}

#[test]
fn a_change_of_mind_before_a_person_did_it_leaves_nothing_to_do() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::by_hand(reading, &["ann", "bob"]).await;
            desk.directory.put_person(person("eve"));
            desk.list_adds("eve").await;
            desk.list_removes("ann").await;
            assert_eq!(desk.sync().await.outcome, Outcome::Planned);
            desk.list_removes("eve").await;
            desk.list_adds("ann").await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            assert!(desk.plan().await.is_empty());
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn an_approved_removal_stays_approved_until_it_is_seen_done() {
    let all = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for reading in BOTH {
        play(async {
            let mut desk = Desk::by_hand(reading, &all).await;
            for name in &all[..6] {
                desk.list_removes(name).await;
            }
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.held.group_removals), (Outcome::Held, 6));
            assert!(left(&desk.plan().await).is_empty(), "nothing is handed out before");
            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            for _ in 0..3 {
                assert_eq!(desk.sync().await.outcome, Outcome::Planned);
                assert_eq!(left(&desk.plan().await).len(), 6);
                desk.clock.advance(HOUR);
            }
            for name in &all[..6] {
                desk.group_removes(name);
            }
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&all[6..]).await;
            assert_eq!(desk.state().await.ruling, None);
        });
    }
}

#[test]
fn approved_extras_are_handed_out_and_seen_done() {
    for reading in BOTH {
        play(async {
            let extras = |link| Link { mode: Mode::ListToGroup, extras: Extras::Remove, ..by_hand(link) };
            let mut desk = Desk::linked(reading, (&["ann", "bob"], &["ann", "bob", "cid"]), extras).await;
            let summary = desk.sync().await;
            assert_eq!(summary.outcome, Outcome::Held);
            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Planned);
            desk.clock.advance(HOUR);
            assert_eq!(left(&desk.plan().await), ["remove cid"]);
            desk.group_removes("cid");
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn who_opted_out_under_an_alias_leaves_the_list_without_waiting_for_a_person() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::by_hand(reading, &["ann", "bob"]).await;
            desk.directory
                .put_person(Principal { proxies: vec![address("bob"), address("robert")], ..person("bob") });
            desk.says("robert", Decision::OptedOut).await;
            desk.sync().await;
            desk.sync().await;
            desk.are(&["ann"], &["ann", "bob"]).await;
            assert_eq!(left(&desk.plan().await), ["remove bob"]);
            desk.clock.advance(HOUR);
            desk.group_removes("bob");
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["ann"]).await;
        });
    }
}

#[test]
fn a_link_that_writes_again_does_what_was_left() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::by_hand(reading, &["ann", "bob"]).await;
            desk.directory.put_person(person("eve"));
            desk.list_adds("eve").await;
            desk.list_removes("ann").await;
            assert_eq!(desk.sync().await.outcome, Outcome::Planned);
            set_writes(&desk.ports, &desk.link, Writes::Direct).await.unwrap();
            let summary = desk.sync().await;
            assert_eq!((summary.group.added, summary.group.removed), (1, 1));
            desk.both_are(&["bob", "eve"]).await;
        });
    }
}

#[test]
fn a_link_that_waits_for_a_person_costs_one_request_and_writes_no_member_row() {
    play(async {
        let mut desk = Desk::by_hand(Reading::Incremental, &["ann", "bob"]).await;
        desk.directory.put_person(person("eve"));
        desk.list_adds("eve").await;
        desk.sync().await;
        desk.clock.advance(5 * MINUTE);
        let before = desk.store.writes();
        let summary = desk.sync().await;
        assert_eq!((summary.outcome, summary.graph.requests), (Outcome::Planned, 1));
        assert_eq!(desk.store.writes().members, before.members);
    });
}

#[test]
fn only_a_link_that_writes_a_group_can_leave_that_to_a_person() {
    play(async {
        let one_way = |link| Link { mode: Mode::GroupToList, ..link };
        let desk = Desk::linked(Reading::Full, (&["ann"], &["ann"]), one_way).await;
        let refused = set_writes(&desk.ports, &desk.link, Writes::ByHand).await.unwrap_err();
        assert_eq!(refused.code, "by_hand_one_way");
        assert_eq!(desk.state().await.link.writes, Writes::Direct);
        desk.edit(LinkEdit::Change(LinkPatch { writes: Some(Writes::Direct), ..LinkPatch::default() })).await;
    });
}
