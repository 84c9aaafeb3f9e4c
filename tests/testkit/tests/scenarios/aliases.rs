//! One person on the list under several addresses: one member of the group, who stays until no address does.

use std::time::Duration;

use listsync_core::{
    address::Address, id::RunId, link::Mode, schedule::later, snapshot::Principal, summary::Remark,
    trigger::Reason,
};
use listsync_engine::{
    ports::{Decision, LinkEdit, RulingKind},
    run::{RunRequest, run},
    trigger::raise,
    watch::Unwatched,
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names, one_way},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Bob, who is Robert too.
fn bob() -> Principal {
    Principal { proxies: ["bob", "robert"].map(address).into(), ..person("bob") }
}

/// Ann, Bob and Cid in step, and Bob on the list as Robert too.
async fn with_robert(reading: Reading) -> Desk {
    let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
    desk.directory.put_person(bob());
    desk.list_adds("robert").await;
    desk.sync().await;
    desk.are(&["ann", "bob", "cid", "robert"], &["ann", "bob", "cid"]).await;
    desk.clock.advance(HOUR);
    desk
}

fn named(remarks: &[Remark]) -> Vec<(&str, Vec<&str>)> {
    remarks
        .iter()
        .map(|one| (one.code.as_str(), one.addresses.iter().map(Address::as_str).collect()))
        .collect()
}

#[test]
fn two_addresses_of_one_person_are_one_member_and_the_pair_is_named() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.directory.put_person(bob());
            desk.list_adds("robert").await;
            desk.list_adds("bob").await;
            let summary = desk.sync().await;
            assert_eq!((summary.group.added, summary.exit_code()), (1, 0), "{summary}");
            let pair = vec!["bob@contoso.example", "robert@contoso.example"];
            assert_eq!(named(&summary.remarks), [("duplicate_contact", pair)], "{summary}");
            assert!(summary.skipped.is_empty(), "{summary}");
            desk.are(&["ann", "bob", "robert"], &["ann", "bob"]).await;
            let writes = desk.store.writes().members;
            desk.clock.advance(HOUR);
            assert_eq!(desk.sync().await.group.added, 0);
            desk.wait(HOUR).await;
            assert_eq!(desk.store.writes().members, writes, "and then all is quiet");
        });
    }
}

#[test]
fn who_leaves_the_list_under_one_address_stays_by_the_other() {
    for reading in BOTH {
        for [first, last] in [["bob", "robert"], ["robert", "bob"]] {
            play(async {
                let mut desk = with_robert(reading).await;
                desk.list_removes(first).await;
                desk.sync().await;
                desk.are(&["ann", "cid", last], &["ann", "bob", "cid"]).await;
                desk.clock.advance(HOUR);
                desk.list_removes(last).await;
                desk.sync().await;
                desk.both_are(&["ann", "cid"]).await;
            });
        }
    }
}

#[test]
fn who_leaves_the_group_leaves_the_list_under_each_address() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::GroupToList] {
            play(async {
                let both = ["ann", "bob", "cid"];
                let mut desk = Desk::linked(reading, (&both, &both), one_way(mode)).await;
                desk.directory.put_person(bob());
                desk.list_adds("robert").await;
                desk.sync().await;
                desk.wait(HOUR).await;
                desk.group_removes("bob");
                let plan = desk.plan().await.to_string();
                assert!(plan.contains("bob@contoso.example, robert@contoso.example"), "{plan}");
                let summary = desk.sync().await;
                assert_eq!((summary.list.removed, summary.group.added), (2, 0), "{mode:?}: {summary}");
                desk.both_are(&["ann", "cid"]).await;
                desk.wait(HOUR).await;
                desk.both_are(&["ann", "cid"]).await;
            });
        }
    }
}

#[test]
fn an_opt_out_under_either_address_holds_for_both() {
    for reading in BOTH {
        for name in ["bob", "robert"] {
            play(async {
                let mut desk = with_robert(reading).await;
                desk.says(name, Decision::OptedOut).await;
                desk.sync().await;
                desk.sync().await;
                desk.both_are(&["ann", "cid"]).await;
                desk.group_adds("bob");
                desk.wait(HOUR).await;
                desk.both_are(&["ann", "cid"]).await;
            });
        }
    }
}

#[test]
fn a_run_that_dies_between_two_addresses_brings_nobody_back() {
    for reading in BOTH {
        for when in [When::Before, When::After] {
            for number in 0..4 {
                play(async {
                    let mut desk = with_robert(reading).await;
                    desk.group_removes("bob");
                    desk.dies_at_fold(number, when).await;
                    desk.clock.advance(HOUR);
                    desk.sync().await;
                    desk.both_are(&["ann", "cid"]).await;
                });
            }
        }
    }
}

#[test]
fn each_address_counts_for_the_guard_and_is_held_with_the_others() {
    for reading in BOTH {
        play(async {
            let others = crowd('p', 16);
            let mut both = vec!["bob"];
            both.extend(names(&others));
            let mut desk = Desk::settled(reading, &both).await;
            let aliases = ["robert", "rob", "bobby", "bert", "bo"];
            let proxies = ["bob"].iter().chain(&aliases).map(|name| address(name)).collect();
            desk.directory.put_person(Principal { proxies, ..person("bob") });
            for alias in aliases {
                desk.list_adds(alias).await;
            }
            desk.sync().await;
            desk.clock.advance(HOUR);
            // Six of 22 entries are more than five and more than a fifth.
            desk.group_removes("bob");
            let summary = desk.sync().await;
            assert_eq!((summary.held.list_removals, summary.list.removed), (6, 0), "{summary}");
            desk.rule(RulingKind::Approved, &summary.held.digest).await;
            let summary = desk.sync_as(Reason::OnDemand).await;
            assert_eq!(summary.list.removed, 6, "{summary}");
            desk.both_are(&names(&others)).await;
        });
    }
}

#[test]
fn a_new_primary_address_that_is_the_persons_other_contact_is_no_conflict() {
    for reading in BOTH {
        play(async {
            let mut desk = with_robert(reading).await;
            desk.directory.put_person(Principal { mail: Some(address("robert")), ..bob() });
            desk.edit(LinkEdit::Resync).await;
            let summary = desk.sync().await;
            assert_eq!((summary.renamed, summary.skipped.get("address_taken")), (0, None), "{summary}");
            desk.are(&["ann", "bob", "cid", "robert"], &["ann", "bob", "cid"]).await;
        });
    }
}

#[test]
fn an_address_of_several_people_is_named_with_them() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            for name in ["bob", "cid"] {
                let proxies = [name, "team"].map(address).into();
                desk.directory.put_person(Principal { proxies, ..person(name) });
            }
            desk.list_adds("team").await;
            let summary = desk.sync().await;
            assert_eq!(named(&summary.remarks), [("ambiguous_address", vec!["team@contoso.example"])]);
            let told = &summary.remarks[0].message;
            assert!(told.contains("bob@contoso.example, cid@contoso.example"), "{told}");
            desk.are(&["ann", "team"], &["ann"]).await;
        });
    }
}

impl Desk {
    /// A run that dies at a write of its results.
    async fn dies_at_fold(&self, number: u64, when: When) {
        let mut folds = 0;
        let faults = Faults::judged(Box::new(move |name, _| {
            folds += u64::from(name == "links.fold");
            if name == "links.fold" && folds == number + 1 { Fate::Crash(when) } else { Fate::Pass }
        }));
        let ports = faults.over(&self.ports);
        raise(&ports, &self.link, Reason::Schedule).await.unwrap();
        let request = RunRequest {
            run: RunId::parse("the-run-that-dies").unwrap(),
            link: self.link.clone(),
            reason: Reason::Schedule,
            until: later(self.ports.clock.now(), HOUR),
        };
        let _ = faults.process(run(&ports, &request, &Unwatched)).await;
    }
}
