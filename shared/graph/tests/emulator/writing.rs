use std::collections::BTreeSet;

use listsync_core::{
    id::{GroupId, ObjectId},
    member::Op,
};
use listsync_engine::ports::{Applied, Fault, Places};
use listsync_graph_emulator::{
    AbsentRemoval, Effect, Emulator, Fault as Trouble, GroupKind, GuestPolicy, Refused, Settings, User,
};

use crate::rig::{Rig, group_id, nowhere, ours};

const PATCH: (&str, &str) = ("PATCH", "/groups/*");
const UNLINK: (&str, &str) = ("DELETE", "/groups/*/members/*/$ref");

fn trouble(on: (&str, &str), effect: Effect) -> Trouble {
    Trouble::on(on.0, on.1, effect)
}

fn code(applied: &Applied) -> (Fault, &str) {
    match applied {
        Applied::Rejected(error) => (error.fault, error.code.as_str()),
        other => panic!("not refused: {other:?}"),
    }
}

fn all(outcomes: &[Applied], expected: &Applied) -> bool {
    outcomes.iter().all(|outcome| outcome == expected)
}

#[tokio::test]
async fn ten_thousand_additions_cost_a_hundred_requests_and_five_hundred_writes() {
    let rig = Rig::new().await;
    let people = rig.people(10_000);
    let group = rig.group(GroupKind::Security, &[]);

    for batch in people.chunks(rig.graph.write_batch(Op::Add)) {
        let outcomes = rig.graph.write(rig.call(), &group, Op::Add, batch).await;
        assert!(all(&outcomes, &Applied::Done), "{outcomes:?}");
    }

    assert_eq!(rig.members(&group).len(), 10_000);
    let cost = rig.meter.cost();
    assert_eq!((cost.requests, cost.writes), (100, 500));
    assert_eq!(rig.tenant.counters().member_writes, 500);
    assert_eq!(rig.tenant.counters().http_requests, 100);
}

#[tokio::test]
async fn removals_go_twenty_to_a_request_and_only_links_are_deleted() {
    for form in [AbsentRemoval::NotFound, AbsentRemoval::BadRequest] {
        let rig = Rig::with(Settings { absent_removal: form, ..Settings::default() }).await;
        let people = rig.people(20);
        let group = rig.group(GroupKind::Security, &people[..15]);

        let outcomes = rig.graph.write(rig.call(), &group, Op::Remove, &people).await;

        assert!(
            all(&outcomes[..15], &Applied::Done) && all(&outcomes[15..], &Applied::AlreadySo),
            "{outcomes:?}"
        );
        assert!(rig.members(&group).is_empty());
        assert_eq!((rig.meter.cost().requests, rig.meter.cost().writes), (1, 20));
        let deletes: Vec<_> =
            rig.tenant.journal().into_iter().filter(|entry| entry.method == "DELETE").collect();
        assert!(deletes.iter().all(|entry| entry.path.ends_with("/$ref")) && deletes.len() == 20);
        assert_eq!(rig.tenant.users().len(), 20, "nobody was deleted");
    }
}

#[tokio::test]
async fn a_chunk_with_a_member_already_in_it_is_settled_one_by_one() {
    let rig = Rig::new().await;
    let people = rig.people(40);
    let group = rig.group(GroupKind::Microsoft365, &people[5..6]);

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    for (number, outcome) in outcomes.iter().enumerate() {
        let expected = if number == 5 { Applied::AlreadySo } else { Applied::Done };
        assert_eq!(*outcome, expected, "{number}");
    }
    assert_eq!(rig.members(&group).len(), 40);
    assert_eq!((rig.meter.cost().requests, rig.meter.cost().writes), (2, 22));
}

#[tokio::test]
async fn what_is_sent_again_and_was_done_costs_one_write() {
    let rig = Rig::new().await;
    let people = rig.people(100);
    let group = rig.group(GroupKind::Security, &people);

    let outcomes = rig.graph.write_again(rig.call(), &group, &people).await;

    assert!(all(&outcomes, &Applied::Undecided), "{outcomes:?}");
    assert_eq!((rig.meter.cost().requests, rig.meter.cost().writes), (1, 1));
}

#[tokio::test]
async fn what_is_sent_again_and_was_not_done_is_done_and_nobody_is_asked_for_alone() {
    let rig = Rig::new().await;
    let people = rig.people(100);
    let group = rig.group(GroupKind::Security, &people[45..46]);

    let outcomes = rig.graph.write_again(rig.call(), &group, &people).await;

    assert!(all(&outcomes[..40], &Applied::Done), "{outcomes:?}");
    assert!(all(&outcomes[40..60], &Applied::Undecided), "{outcomes:?}");
    assert!(all(&outcomes[60..], &Applied::Done), "{outcomes:?}");
    assert_eq!((rig.meter.cost().requests, rig.meter.cost().writes), (2, 5));
}

#[tokio::test]
async fn of_those_who_are_sent_again_one_who_is_no_user_any_more_keeps_nobody_out() {
    let rig = Rig::new().await;
    let mut people = rig.people(20);
    people.push(nowhere());
    people.swap(3, 20);
    let group = rig.group(GroupKind::Security, &[]);

    let outcomes = rig.graph.write_again(rig.call(), &group, &people).await;

    assert_eq!(code(&outcomes[3]), (Fault::Rejected, "no_such_user"));
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Applied::Done).count(), 20);
}

#[tokio::test]
async fn who_is_no_user_any_more_does_not_keep_the_others_out() {
    let rig = Rig::new().await;
    let mut people = rig.people(20);
    people.push(nowhere());
    people.swap(3, 20);
    let group = rig.group(GroupKind::Security, &[]);

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    assert_eq!(code(&outcomes[3]), (Fault::Rejected, "no_such_user"));
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Applied::Done).count(), 20);
}

#[tokio::test]
async fn refused_guests_do_not_keep_the_others_out() {
    let rig = Rig::with(Settings { guests: GuestPolicy::Refused, ..Settings::default() }).await;
    let mut people = rig.people(4);
    let guest = User::guest("Guest", "g@home.example", &rig.tenant.initial_domain());
    people.push(ours(rig.tenant.add_user(guest)));
    let group = rig.group(GroupKind::Security, &[]);

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    assert!(all(&outcomes[..4], &Applied::Done), "{outcomes:?}");
    assert_eq!(code(&outcomes[4]), (Fault::Rejected, "guests_refused"));
}

#[tokio::test]
async fn each_kind_of_group_that_refuses_says_so_for_every_member() {
    let rig = Rig::new().await;
    let people = rig.people(30);
    for (kind, expected) in [
        (GroupKind::Dynamic, "group_dynamic"),
        (GroupKind::OnPremises, "group_onprem"),
        (GroupKind::MailEnabledSecurity, "mail_enabled_security"),
        (GroupKind::Distribution, "mail_enabled_security"),
        (GroupKind::RoleAssignable, "group_role_assignable"),
        (GroupKind::Restricted, "group_restricted"),
    ] {
        let group = rig.group(kind, &people[..10]);
        for (op, ids) in [(Op::Add, &people[..]), (Op::Remove, &people[..10])] {
            let outcomes = rig.graph.write(rig.call(), &group, op, ids).await;
            assert_eq!(outcomes.len(), ids.len());
            for outcome in &outcomes {
                assert_eq!(code(outcome), (Fault::Rejected, expected), "{kind:?} {op:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_lost_group_answers_for_every_member() {
    let rig = Rig::new().await;
    let people = rig.people(30);
    let group = GroupId::parse(nowhere().as_str()).unwrap();
    for op in [Op::Add, Op::Remove] {
        let outcomes = rig.graph.write(rig.call(), &group, op, &people).await;
        for outcome in &outcomes {
            assert_eq!(code(outcome), (Fault::Gone, "group_gone"), "{op:?}");
        }
    }
}

#[tokio::test]
async fn writing_without_the_permission_is_denied_and_names_it() {
    let rig = Rig::of(Emulator::builder().roles(["GroupMember.Read.All", "User.Read.All"])).await;
    let people = rig.people(2);
    let group = rig.group(GroupKind::Security, &[]);

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    assert_eq!(code(&outcomes[0]), (Fault::Denied, "Authorization_RequestDenied"));
    assert!(format!("{outcomes:?}").contains("GroupMember.ReadWrite.All"));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_what_landed_counts_as_done() {
    for (op, before) in [(Op::Add, 0), (Op::Remove, 20)] {
        let rig = Rig::new().await;
        let people = rig.people(20);
        let group = rig.group(GroupKind::Security, &people[..before]);
        rig.tenant.inject(Trouble::on("POST", "/$batch", Effect::ResetAfter).nth(1));

        let outcomes = rig.graph.write(rig.call(), &group, op, &people).await;

        assert_eq!(rig.tenant.fault_hits(), 1);
        assert!(all(&outcomes, &Applied::Done), "{op:?} {outcomes:?}");
        assert_eq!(rig.members(&group).len(), 20 - before);
    }
}

#[tokio::test]
async fn parts_that_failed_after_their_effect_are_asked_for_again() {
    let rig = Rig::new().await;
    let people = rig.people(60);
    let group = rig.group(GroupKind::Security, &[]);
    rig.tenant.inject(trouble(PATCH, Effect::RefuseAfter(Refused::status(504))).nth(2));
    rig.tenant.inject(trouble(PATCH, Effect::Refuse(Refused::status(409))).nth(3));

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    assert!(all(&outcomes, &Applied::Done), "{outcomes:?}");
    assert_eq!(rig.members(&group).len(), 60);
}

#[tokio::test]
async fn what_never_gets_an_answer_is_unknown_and_the_rest_is_done_or_not_sent() {
    let rig = Rig::new().await;
    let people = rig.people(40);
    let group = rig.group(GroupKind::Security, &people);
    let fourth = format!("/groups/*/members/{}/$ref", people[4]);
    rig.tenant.inject(trouble(("DELETE", &fourth), Effect::Refuse(Refused::status(502))));
    let outcomes = rig.graph.write(rig.call(), &group, Op::Remove, &people[..20]).await;
    for (number, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Applied::Unknown(error) if number == 4 => assert_eq!(error.fault, Fault::Unavailable),
            other => assert_eq!(*other, Applied::Done, "{number}"),
        }
    }

    rig.tenant.inject(Trouble::on("POST", "/$batch", Effect::ResetAfter));
    let outcomes = rig.graph.write(rig.call(), &group, Op::Remove, &people[15..]).await;
    assert!(outcomes[..20].iter().all(|outcome| matches!(outcome, Applied::Unknown(_))), "{outcomes:?}");
    assert!(all(&outcomes[20..], &Applied::NotSent), "{outcomes:?}");
}

#[tokio::test]
async fn a_group_that_is_not_spread_yet_is_waited_for() {
    let rig =
        Rig::with(Settings { new_group_unready: std::time::Duration::from_secs(1), ..Settings::default() })
            .await;
    let people = rig.people(5);
    let group = rig.group(GroupKind::Security, &[]);

    let outcomes = rig.graph.write(rig.call(), &group, Op::Add, &people).await;

    assert!(all(&outcomes, &Applied::Done), "{outcomes:?}");
}

#[tokio::test]
async fn no_write_starts_that_could_outlive_the_lease() {
    let rig = Rig::new().await;
    let people = rig.people(3);
    let group = rig.group(GroupKind::Security, &[]);

    let call = rig.call_for(std::time::Duration::from_secs(9));
    let outcomes = rig.graph.write(call, &group, Op::Add, &people).await;

    assert!(all(&outcomes, &Applied::NotSent), "{outcomes:?}");
    assert_eq!(rig.meter.cost().requests, 0);
    assert!(rig.members(&group).is_empty());
}

#[tokio::test]
async fn the_state_of_the_group_agrees_with_what_was_said_of_each_member() {
    futures::future::join_all((1..=8).map(troubled_writes)).await;
}

async fn troubled_writes(seed: u64) {
    let rig = Rig::of(Emulator::builder().seed(seed)).await;
    let people = rig.people(60);
    let group = rig.group(GroupKind::Security, &people[25..35]);
    let rate = listsync_graph_emulator::When::Rate(0.15);
    for effect in [Effect::RefuseAfter(Refused::status(503)), Effect::Refuse(Refused::status(500))] {
        rig.tenant.inject(trouble(PATCH, effect.clone()).when(rate));
        rig.tenant.inject(trouble(("POST", "/groups/*/members/$ref"), effect.clone()).when(rate));
        rig.tenant.inject(trouble(UNLINK, effect).when(rate));
    }
    for (op, ids) in [(Op::Add, &people[..40]), (Op::Remove, &people[20..60])] {
        let outcomes = rig.graph.write(rig.call(), &group, op, ids).await;
        let now: BTreeSet<ObjectId> = rig.members(&group).into_iter().collect();
        for (id, outcome) in ids.iter().zip(&outcomes) {
            match outcome {
                Applied::Done | Applied::AlreadySo => {
                    assert_eq!(now.contains(id), op == Op::Add, "seed {seed}");
                }
                Applied::Unknown(_) => {}
                Applied::Rejected(_) | Applied::NotSent | Applied::Undecided => {
                    panic!("seed {seed}: {outcome:?}")
                }
            }
        }
    }
    assert_eq!(rig.tenant.users().len(), 60);
    assert!(rig.tenant.group(group_id(&group)).is_some());
}
