use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{
    id::ObjectId,
    snapshot::{Depth, Principal, PrincipalKind},
};
use listsync_engine::ports::{CountCheck, Cursor, Fault, Places};
use listsync_graph_emulator::{
    Effect, Fault as Trouble, Group, GroupKind, OtherObject, Refused, Replay, Subtype, User,
};

use crate::rig::{Rig, group_id, ours, theirs};

fn set(ids: &[ObjectId]) -> BTreeSet<ObjectId> {
    ids.iter().cloned().collect()
}

#[tokio::test]
async fn a_group_at_rest_costs_one_request_with_or_without_its_count() {
    let mut rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(12));
    let cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    for (check, count) in [(CountCheck::NotDue, None), (CountCheck::Due, Some(12))] {
        rig.fresh_meter();
        let changes = rig.graph.changes(rig.call(), &group, &cursor, check).await.unwrap();
        assert!(changes.added.is_empty() && changes.removed.is_empty());
        assert_eq!(changes.count, count);
        assert_eq!(rig.meter.cost().requests, 1);
        assert_eq!(rig.tenant.counters().http_requests, 1);
    }
}

#[tokio::test]
async fn a_group_at_rest_costs_one_request_a_round_once_empty_and_repeated_pages_were_followed() {
    let mut rig = Rig::new().await;
    rig.tenant.configure(|settings| {
        settings.delta.page = 3;
        settings.delta.empty_pages = 2;
        settings.delta.replay = Replay::LastRound;
    });
    let people = rig.people(8);
    let group = rig.group(GroupKind::Security, &people[..1]);
    let mut cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    for person in &people[1..] {
        rig.tenant.add_member(group_id(&group), theirs(person));
    }
    rig.tenant.settle();
    let mut requests = Vec::new();
    for _ in 0..5 {
        rig.fresh_meter();
        let changes = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::NotDue).await.unwrap();
        cursor = changes.cursor;
        requests.push(rig.meter.cost().requests);
    }
    assert_eq!(requests, [5, 5, 1, 1, 1], "news, the same once more, and then rest");
}

#[tokio::test]
async fn pages_that_lead_in_a_circle_are_followed_once_and_then_cost_one_request_a_round() {
    let mut rig = Rig::new().await;
    let people = rig.people(3);
    let group = rig.group(GroupKind::Security, &people[..1]);
    let mut cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    rig.tenant.inject(Trouble::on("GET", "/groups/delta", Effect::LeadsToItself));
    for person in &people[1..] {
        rig.tenant.add_member(group_id(&group), theirs(person));
        rig.tenant.settle();
        for _ in 0..2 {
            rig.fresh_meter();
            let changes = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::NotDue).await.unwrap();
            assert!(changes.added.contains(person));
            assert_eq!(rig.meter.cost().requests, 1);
            cursor = changes.cursor;
        }
    }
    rig.tenant.clear_faults();
    let changes = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::NotDue).await.unwrap();
    assert_eq!(changes.added, set(&people[1..]), "what the circle showed is not lost with it");
}

#[tokio::test]
async fn an_agent_and_a_user_of_an_unknown_type_come_by_the_feed_as_they_come_by_a_full_read() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &[]);
    let cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    let of = |subtype, name: &str| {
        let address = format!("{name}@{}", rig.tenant.domain());
        ours(rig.tenant.add_user(User { subtype, ..User::member(name, &address) }))
    };
    let members = [
        of(Subtype::Agent, "bot"),
        of(Subtype::Unheard, "new"),
        of(Subtype::Plain, "ann"),
        ours(rig.tenant.add_other(OtherObject::device("Printer"))),
    ];
    for member in &members {
        rig.tenant.add_member(group_id(&group), theirs(member));
    }
    rig.tenant.settle();

    let changes = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::Due).await.unwrap();
    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();
    let named = rig.graph.by_id(rig.call(), &members[..3]).await.unwrap();

    assert_eq!(changes.added, set(&members[..3]));
    assert_eq!((changes.count, reading.count), (Some(3), Some(3)));
    let kinds = |people: Vec<Principal>| -> BTreeMap<ObjectId, PrincipalKind> {
        people.into_iter().map(|one| (one.id, one.kind)).collect()
    };
    let expected = [PrincipalKind::Agent, PrincipalKind::Own, PrincipalKind::Own];
    let expected: BTreeMap<_, _> = members[..3].iter().cloned().zip(expected).collect();
    assert_eq!(kinds(reading.rows), expected);
    assert_eq!(kinds(named), expected);
}

#[tokio::test]
async fn comings_and_goings_of_users_are_merged_over_slices_pages_and_replays() {
    let rig = Rig::new().await;
    rig.tenant.configure(|settings| {
        settings.delta.slice = 7;
        settings.delta.page = 10;
        settings.delta.empty_pages = 2;
        settings.delta.replay = Replay::LastRound;
    });
    let people = rig.people(120);
    let group = rig.group(GroupKind::Security, &people[..60]);
    let cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    for person in &people[60..] {
        rig.tenant.add_member(group_id(&group), theirs(person));
    }
    for person in &people[..30] {
        rig.tenant.remove_member(group_id(&group), theirs(person));
    }
    rig.tenant.remove_member(group_id(&group), theirs(&people[119]));
    let device = rig.tenant.add_other(OtherObject::device("Printer"));
    rig.tenant.add_member(group_id(&group), device);
    let nested = rig.tenant.add_group(Group::new(GroupKind::Security, "Nested"));
    rig.tenant.add_member(group_id(&group), nested);
    rig.tenant.settle();

    let changes = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::Due).await.unwrap();

    assert_eq!(changes.added, set(&people[60..119]));
    assert!(changes.removed.is_superset(&set(&people[..30])));
    assert!(changes.removed.is_subset(&set(&[&people[..30], &people[119..]].concat())));
    assert_eq!(changes.count, Some(89));
    let again = rig.graph.changes(rig.call(), &group, &changes.cursor, CountCheck::NotDue).await.unwrap();
    assert!(again.added.is_subset(&changes.added), "a replay shows nothing new");
}

#[tokio::test]
async fn an_expired_cursor_and_a_reset_are_told_alike_and_apart_from_a_lost_group() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(2));
    let cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    for check in [CountCheck::NotDue, CountCheck::Due] {
        rig.tenant.inject(Trouble::on("GET", "/groups/delta", Effect::DeltaReset));
        let reset = rig.graph.changes(rig.call(), &group, &cursor, check).await.unwrap_err();
        assert_eq!((reset.fault, reset.code.as_str()), (Fault::Gone, "cursor_expired"));
        rig.tenant.clear_faults();
        let late =
            Refused::status(400).saying("SyncStateNotFound", "The sync state generation is not found.");
        rig.tenant.inject(Trouble::on("GET", "/groups/delta", Effect::Refuse(late)));
        let expired = rig.graph.changes(rig.call(), &group, &cursor, check).await.unwrap_err();
        assert_eq!((expired.fault, expired.code.as_str()), (Fault::Gone, "cursor_expired"));
        rig.tenant.clear_faults();
    }
    rig.tenant.clock().advance(Duration::from_secs(60));
    rig.tenant.delete_group(group_id(&group));
    rig.tenant.settle();
    for check in [CountCheck::NotDue, CountCheck::Due] {
        let gone = rig.graph.changes(rig.call(), &group, &cursor, check).await.unwrap_err();
        assert_eq!((gone.fault, gone.code.as_str()), (Fault::Gone, "group_gone"));
    }
}

#[tokio::test]
async fn a_cursor_of_more_than_seven_days_is_expired() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(2));
    let cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    rig.tenant.clock().advance(Duration::from_secs(8 * 24 * 3_600));

    let error = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::Due).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "cursor_expired"));
}

#[tokio::test]
async fn a_cursor_of_another_host_is_expired_and_nothing_is_sent() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &[]);
    let foreign = Cursor("https://graph.evil.example/v1.0/groups/delta?$deltatoken=x".to_owned());

    let error = rig.graph.changes(rig.call(), &group, &foreign, CountCheck::NotDue).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "cursor_expired"));
    assert_eq!(rig.meter.cost().requests, 0);
}

#[tokio::test]
async fn what_came_before_the_cursor_is_not_shown() {
    let rig = Rig::new().await;
    let people = rig.people(3);
    let group = rig.group(GroupKind::Microsoft365, &people[..2]);
    let cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
    rig.tenant.add_member(group_id(&group), theirs(&people[2]));
    rig.tenant.settle();

    let changes = rig.graph.changes(rig.call(), &group, &cursor, CountCheck::NotDue).await.unwrap();

    assert_eq!((changes.added, changes.removed), (set(&people[2..]), BTreeSet::new()));
}
