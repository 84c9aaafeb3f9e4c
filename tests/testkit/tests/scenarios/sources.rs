//! A list that several groups feed.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::GroupId,
    link::{Link, Mode, Phase, Source},
    member::Op,
    summary::{Outcome, ReadKind, Summary},
    trigger::Reason,
};
use listsync_engine::{
    ports::{
        Fault, Group, GroupKind, GroupQuery, LinkEdit, Links as _, MemberQuery, Membership, PortError,
        RulingKind,
    },
    run::Next,
};
use listsync_graph_emulator as emulator;
use listsync_testkit::{
    fakes::Lag,
    sample::{group, object, person},
};

use crate::{
    desk::{BOTH, Desk, Reading},
    office::{Office, existing, own},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);
/// The settle window, and a moment.
const WINDOW: Duration = Duration::from_secs(31 * 60);

/// A list that nobody is on, fed by the groups "staff" and "sales".
async fn fed(reading: Reading, staff: &[&str], sales: &[&str]) -> Desk {
    let as_link = |link| Link {
        mode: Mode::GroupToList,
        more: vec![Source { group: group("sales"), name: "Sales".to_owned() }],
        ..link
    };
    let desk = Desk::linked(reading, (&[], staff), as_link).await;
    let made = Group {
        id: group("sales"),
        name: "Sales".to_owned(),
        kind: GroupKind::Security,
        membership: Membership::Shown,
    };
    for name in sales {
        desk.directory.put_person(person(name));
    }
    desk.directory.put_group(made, sales.iter().map(|name| object(name)));
    desk
}

/// The same, synced, and everything has settled.
async fn settled(reading: Reading, staff: &[&str], sales: &[&str]) -> Desk {
    let mut desk = fed(reading, staff, sales).await;
    desk.sync().await;
    desk.wait(HOUR).await;
    desk.wait(HOUR).await;
    desk
}

fn leaves(desk: &Desk, from: &str, name: &str) {
    assert!(desk.directory.edit(&group(from), Op::Remove, &object(name)));
}

fn joins(desk: &Desk, to: &str, name: &str) {
    desk.directory.put_person(person(name));
    assert!(desk.directory.edit(&group(to), Op::Add, &object(name)));
}

/// A run, and another when what it set aside has settled.
async fn settle(desk: &mut Desk) -> Summary {
    desk.sync().await;
    desk.clock.advance(WINDOW);
    desk.sync().await
}

async fn lists(desk: &Desk, names: &[&str]) {
    let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(desk.listed().await, names);
}

/// The groups that hold somebody, as far as the link remembers.
async fn held_by(desk: &Desk, name: &str) -> Vec<GroupId> {
    let query = MemberQuery::Of { objects: &[object(name)], contacts: &[] };
    let rows = desk.store.members(&desk.link, query).await.unwrap();
    rows.into_iter().flat_map(|row| row.sources).collect()
}

fn refused(fault: Fault) -> Option<PortError> {
    Some(PortError::new(fault, "Authorization_RequestDenied", "the members may not be read"))
}

#[test]
fn the_list_has_whoever_is_in_any_of_the_groups_and_knows_in_which() {
    for reading in BOTH {
        play(async {
            let mut desk = fed(reading, &["ann", "bob"], &["bob", "cid"]).await;
            let summary = desk.sync().await;
            assert_eq!(
                (summary.outcome, summary.list.added, summary.graph.writes),
                (Outcome::Converged, 3, 0)
            );
            assert_eq!(summary.group.name, "staff, Sales");
            lists(&desk, &["ann", "bob", "cid"]).await;
            assert_eq!(held_by(&desk, "ann").await, [group("staff")]);
            assert_eq!(held_by(&desk, "bob").await, [group("sales"), group("staff")]);
            assert_eq!(held_by(&desk, "cid").await, [group("sales")]);
            joins(&desk, "sales", "dan");
            joins(&desk, "staff", "cid");
            desk.sync().await;
            lists(&desk, &["ann", "bob", "cid", "dan"]).await;
            assert_eq!(held_by(&desk, "cid").await, [group("sales"), group("staff")]);
        });
    }
}

#[test]
fn who_is_in_two_leaves_one_and_stays_and_leaves_both_and_goes() {
    for reading in BOTH {
        play(async {
            let mut desk = settled(reading, &["ann", "bob"], &["bob", "cid"]).await;
            leaves(&desk, "staff", "bob");
            assert_eq!(settle(&mut desk).await.list.removed, 0);
            lists(&desk, &["ann", "bob", "cid"]).await;
            assert_eq!(held_by(&desk, "bob").await, [group("sales")]);
            leaves(&desk, "sales", "bob");
            let summary = settle(&mut desk).await;
            assert_eq!((summary.outcome, summary.list.removed), (Outcome::Converged, 1));
            lists(&desk, &["ann", "cid"]).await;
            assert!(held_by(&desk, "bob").await.is_empty());
        });
    }
}

#[test]
fn a_settled_link_costs_one_request_per_source_and_reads_all_when_one_changed() {
    play(async {
        let mut desk = settled(Reading::Incremental, &["ann"], &["bob"]).await;
        let quiet = desk.sync().await;
        assert_eq!((quiet.read, quiet.graph.requests), (ReadKind::Incremental, 2));
        joins(&desk, "sales", "cid");
        assert_eq!(desk.sync().await.read, ReadKind::Full);
        desk.wait(WINDOW).await;
        let quiet = desk.sync().await;
        assert_eq!((quiet.read, quiet.graph.requests), (ReadKind::Incremental, 2));
    });
}

#[test]
fn a_mass_departure_is_held_and_an_approval_waits_for_a_source_that_cannot_be_read() {
    for reading in BOTH {
        play(async {
            let names: Vec<String> = (0..20).map(|number| format!("p{number:02}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut desk = settled(reading, &names, &["p19"]).await;
            for name in &names[..8] {
                leaves(&desk, "staff", name);
            }
            let held = settle(&mut desk).await;
            assert_eq!((held.outcome, held.held.list_removals), (Outcome::Held, 8));
            desk.rule(RulingKind::Approved, &held.held.digest).await;
            desk.directory.refuse_reads(&group("sales"), refused(Fault::Denied));
            let partial = desk.sync().await;
            assert_eq!((partial.outcome, partial.list.removed), (Outcome::Partial, 0));
            assert_eq!(partial.skipped.get("source_unread"), Some(&8));
            assert_eq!(desk.listed().await.len(), 20);
            desk.directory.refuse_reads(&group("sales"), None);
            let done = desk.sync().await;
            assert_eq!((done.outcome, done.list.removed), (Outcome::Converged, 8));
            assert_eq!(desk.listed().await.len(), 12);
        });
    }
}

/// Law 1.
#[test]
fn one_source_that_cannot_be_read_keeps_everybody_while_others_are_added() {
    for reading in BOTH {
        for fault in
            [Fault::Denied, Fault::Gone, Fault::Unavailable, Fault::Throttled(Duration::from_secs(9))]
        {
            play(async {
                let mut desk = settled(reading, &["ann", "bob"], &["bob", "cid"]).await;
                leaves(&desk, "staff", "ann");
                leaves(&desk, "sales", "cid");
                joins(&desk, "staff", "dan");
                desk.directory.refuse_reads(&group("sales"), refused(fault));
                let summary = desk.sync().await;
                assert_eq!((summary.outcome, summary.reason.as_str()), (Outcome::Partial, "source_unread"));
                assert_eq!((summary.list.added, summary.list.removed, summary.exit_code()), (1, 0, 3));
                let [failure] = summary.failures.as_slice() else { panic!("one failure: {summary}") };
                assert_eq!(failure.object_id, Some(object("sales")));
                assert!(failure.message.contains("sales"), "{}", failure.message);
                assert_eq!(held_by(&desk, "bob").await, [group("sales"), group("staff")]);
                let still = settle(&mut desk).await;
                assert_eq!((still.outcome, still.list.removed), (Outcome::Partial, 0));
                lists(&desk, &["ann", "bob", "cid", "dan"]).await;

                desk.directory.refuse_reads(&group("sales"), None);
                let summary = settle(&mut desk).await;
                assert_eq!((summary.outcome, summary.list.removed), (Outcome::Converged, 2), "{summary}");
                lists(&desk, &["bob", "dan"]).await;
            });
        }
    }
}

#[test]
fn while_one_source_fails_the_others_go_on_from_where_they_were() {
    play(async {
        let mut desk = settled(Reading::Incremental, &["ann"], &["bob"]).await;
        desk.directory.refuse_reads(&group("sales"), refused(Fault::Denied));
        let quiet = desk.sync().await;
        assert_eq!((quiet.outcome, quiet.read), (Outcome::Partial, ReadKind::Incremental));
        assert_eq!(quiet.graph.requests, 2);
        joins(&desk, "staff", "cid");
        assert_eq!(desk.sync().await.list.added, 1);
        let after = desk.sync().await;
        assert_eq!((after.outcome, after.read), (Outcome::Partial, ReadKind::Incremental));
        assert_eq!(after.graph.requests, 2, "one asks whether the source is to be had again");
        desk.directory.refuse_reads(&group("sales"), None);
        let whole = desk.sync().await;
        assert_eq!((whole.outcome, whole.read), (Outcome::Converged, ReadKind::Full));
    });
}

#[test]
fn a_source_that_may_answer_again_leaves_the_request_open() {
    play(async {
        let mut desk = settled(Reading::Incremental, &["ann"], &["bob"]).await;
        let wait = Duration::from_secs(9);
        desk.directory.refuse_reads(&group("sales"), refused(Fault::Throttled(wait)));
        let ran = desk.ran(Reason::Event, HOUR).await;
        assert_eq!((ran.summary.outcome, ran.next), (Outcome::Partial, Next::RetryAfter(wait)));
        assert!(desk.state().await.requested > desk.state().await.synced);
        desk.directory.refuse_reads(&group("sales"), refused(Fault::Denied));
        assert_eq!(desk.ran(Reason::Event, HOUR).await.next, Next::Done);
        assert_eq!(desk.state().await.requested, desk.state().await.synced);
    });
}

#[test]
fn a_short_read_of_one_source_believes_no_absence_and_is_read_again() {
    for reading in BOTH {
        play(async {
            let mut desk = settled(reading, &["ann", "bob"], &["cid"]).await;
            leaves(&desk, "sales", "cid");
            joins(&desk, "sales", "dan");
            desk.directory.shorten_reads(4);
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.list.removed, summary.list.added), (Outcome::Partial, 0, 1));
            assert_eq!(summary.failures[0].code, "count_mismatch");
            assert_eq!(summary.failures[0].object_id, Some(object("staff")));
            lists(&desk, &["ann", "bob", "cid", "dan"]).await;
            assert_eq!(held_by(&desk, "ann").await, [group("staff")], "it was so before");
            assert_eq!(settle(&mut desk).await.outcome, Outcome::Converged);
            lists(&desk, &["ann", "bob", "dan"]).await;
        });
    }
}

#[test]
fn a_first_run_in_which_a_source_failed_stays_open_and_where_none_answers_nothing_is_done() {
    for reading in BOTH {
        play(async {
            let mut desk = fed(reading, &["ann"], &["bob"]).await;
            for name in ["staff", "sales"] {
                desk.directory.refuse_reads(&group(name), refused(Fault::Denied));
            }
            let none = desk.sync().await;
            assert_eq!((none.outcome, none.exit_code()), (Outcome::Failed, 1));
            desk.directory.refuse_reads(&group("staff"), None);
            assert_eq!(desk.sync().await.outcome, Outcome::Partial);
            lists(&desk, &["ann"]).await;
            assert_eq!(desk.state().await.progress.phase, Phase::First);
            desk.wait(WINDOW).await;
            assert_eq!(desk.state().await.progress.phase, Phase::First);
            desk.directory.refuse_reads(&group("sales"), None);
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            lists(&desk, &["ann", "bob"]).await;
            assert_eq!(desk.state().await.progress.phase, Phase::Steady);
        });
    }
}

#[test]
fn a_source_that_was_deleted_removes_nobody() {
    for reading in BOTH {
        play(async {
            let mut office = Office::new(reading).await;
            let (ann, bob, cid) = (office.person("ann"), office.person("bob"), office.person("cid"));
            let staff = office.group(emulator::GroupKind::Security, &[ann]);
            let sales = office.group(emulator::GroupKind::Dynamic, &[bob]);
            let mut wish = office.wish(existing(staff), Mode::GroupToList);
            wish.more = vec![query(sales), query(staff), query(sales)];
            office.link(&wish).await.unwrap();
            assert_eq!(office.sync().await.list.added, 2);
            office.wait(HOUR).await;
            office.tenant.delete_group(sales);
            office.tenant.add_member(staff, cid);
            office.tenant.settle();
            let summary = office.wait(HOUR).await;
            assert_eq!((summary.outcome, summary.list.added), (Outcome::Partial, 1), "{summary}");
            let failure = &summary.failures[0];
            assert!(failure.message.contains(&sales.to_string()), "{}", failure.message);
            assert!(failure.hint.contains("restored"), "{}", failure.hint);
            assert!(summary.hint.contains("link again without it"), "{}", summary.hint);
            office.wait(HOUR).await;
            assert_eq!(office.listed().await, own(&["ann", "bob", "cid"]));
        });
    }
}

fn query(id: emulator::ObjectId) -> GroupQuery {
    GroupQuery::Id(GroupId::parse(&id.to_string()).unwrap())
}

#[test]
fn several_groups_feed_a_list_in_no_other_mode() {
    play(async {
        let mut office = Office::new(Reading::Full).await;
        let staff = office.group(emulator::GroupKind::Security, &[]);
        for mode in [Mode::TwoWay, Mode::ListToGroup] {
            let mut wish = office.wish(existing(staff), mode);
            wish.more = vec![query(staff)];
            let refused = office.link(&wish).await.unwrap_err();
            assert_eq!((refused.fault, refused.code.as_str()), (Fault::Rejected, "several_groups"));
            assert!(refused.hint.contains("--mode group-to-list"), "{}", refused.hint);
        }
        let mut wish = office.wish(existing(staff), Mode::GroupToList);
        wish.more = vec![query(staff); 20];
        assert_eq!(office.link(&wish).await.unwrap_err().code, "too_many_groups");
        wish.more.truncate(19);
        office.link(&wish).await.unwrap();
    });
}

#[test]
fn who_goes_from_one_source_to_another_is_never_off_the_list_however_replicas_lag() {
    for reading in BOTH {
        play(async {
            let names = ["ann", "bob", "cid", "dan", "eve"];
            let mut desk = settled(reading, &names, &["fay"]).await;
            desk.directory.set_lag(Lag { most: Duration::from_secs(900), replicas: 3 });
            for name in names {
                leaves(&desk, "staff", name);
                joins(&desk, "sales", name);
                for _ in 0..3 {
                    desk.wait(Duration::from_secs(300)).await;
                    assert_eq!(desk.listed().await.len(), 6, "after {name} went");
                }
            }
            for _ in 0..8 {
                desk.wait(Duration::from_secs(600)).await;
                assert_eq!(desk.listed().await.len(), 6);
            }
            for name in names {
                assert_eq!(held_by(&desk, name).await, [group("sales")], "{name}");
            }
            for name in &names[..2] {
                leaves(&desk, "sales", name);
            }
            joins(&desk, "staff", "gil");
            desk.edit(LinkEdit::Resync).await;
            for _ in 0..20 {
                desk.wait(Duration::from_secs(600)).await;
            }
            lists(&desk, &["cid", "dan", "eve", "fay", "gil"]).await;
        });
    }
}

#[test]
fn incremental_and_full_runs_come_to_the_same() {
    let mut ends = Vec::new();
    for reading in BOTH {
        play(async {
            let mut desk = settled(reading, &["ann", "bob", "cid"], &["cid", "dan", "eve"]).await;
            leaves(&desk, "staff", "bob");
            leaves(&desk, "staff", "cid");
            joins(&desk, "sales", "ann");
            desk.list_removes("eve").await;
            desk.list_adds("extra").await;
            settle(&mut desk).await;
            desk.wait(HOUR).await;
            desk.directory.expire_cursors(&group("sales"));
            leaves(&desk, "sales", "dan");
            settle(&mut desk).await;
            desk.wait(HOUR).await;
            let mut rows = desk.store.members(&desk.link, MemberQuery::All).await.unwrap();
            rows.retain(|row| row.in_baseline);
            let rows: Vec<_> = rows.into_iter().map(|row| (row.key, row.sources, row.open)).collect();
            ends.push((desk.listed().await, rows));
        });
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0].0, ["ann", "cid", "eve", "extra"].map(str::to_owned).into());
}
