use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::GroupId,
    snapshot::{Completeness, Depth, Nesting, OtherKind, Snapshot},
};
use listsync_engine::ports::{Cursor, Fault, Places};
use listsync_graph_emulator::{
    Effect, Emulator, Fault as Trouble, Group, GroupKind, OtherObject, Refused, User,
};

use crate::rig::{Rig, group_id, nowhere, ours};

const MEMBERS: &str = "/groups/*/members/microsoft.graph.user";

#[tokio::test]
async fn a_group_is_read_over_all_its_pages_and_the_count_agrees() {
    let rig = Rig::new().await;
    let people = rig.people(2_100);
    let group = rig.group(GroupKind::Security, &people);
    let device = rig.tenant.add_other(OtherObject::device("Printer"));
    rig.tenant.add_member(group_id(&group), device);
    let nested = rig.tenant.add_group(Group::new(GroupKind::Security, "Nested"));
    rig.tenant.add_member(group_id(&group), nested);
    rig.tenant.settle();

    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();

    assert_eq!(reading.count, Some(2_100));
    assert_eq!(reading.rows.len(), 2_100);
    assert!(reading.rows.iter().all(|row| row.mail.is_some()));
    assert_eq!(rig.meter.cost().requests, 4, "three pages, and one for who else is there");
    assert_eq!(rig.meter.cost().writes, 0);
    assert!(rig.tenant.journal().iter().skip(1).all(|entry| entry.client_request_id.is_some()));
}

#[tokio::test]
async fn an_expired_paging_cursor_starts_the_listing_anew_and_no_row_counts_twice() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(1_500));
    rig.tenant.inject(Trouble::on("GET", MEMBERS, Effect::ExpiredCursor).nth(2));

    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();

    assert_eq!(rig.tenant.fault_hits(), 1);
    assert_eq!((reading.rows.len(), reading.count), (1_500, Some(1_500)));
}

#[tokio::test]
async fn a_listing_whose_cursor_expires_again_and_again_is_an_error_and_not_a_lost_group() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(1_000));
    rig.tenant.inject(Trouble::on("GET", "/groups/*?*skiptoken*", Effect::ExpiredCursor));

    let error = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap_err();

    assert_eq!(rig.tenant.fault_hits(), 4);
    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "Directory_ExpiredPageToken"));
}

#[tokio::test]
async fn a_short_page_shows_as_a_count_that_disagrees() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(10));
    rig.tenant.inject(Trouble::on("GET", MEMBERS, Effect::ShortPage(3)));

    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();

    assert_eq!((reading.rows.len(), reading.count), (7, Some(10)));
    assert_eq!(Snapshot::from_reading(reading).completeness(), Completeness::CountMismatch);
}

#[tokio::test]
async fn a_listing_that_breaks_off_is_an_error_and_never_a_short_list() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(1_500));
    rig.tenant.inject(Trouble::on("GET", "/groups/*?*skiptoken*", Effect::Truncate));

    let error = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "unreachable"));
    assert!(error.message.contains(group.as_str()), "{error}");
}

#[tokio::test]
async fn passing_troubles_of_a_read_are_waited_out() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(5));
    let troubles = [Effect::Refuse(Refused::status(503)), Effect::ResetBefore, Effect::Truncate];
    for (number, effect) in (1..).zip(troubles) {
        rig.tenant.inject(Trouble::on("GET", MEMBERS, effect).nth(number));
    }

    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();

    assert_eq!((reading.rows.len(), rig.meter.cost().requests), (5, 5));
}

#[tokio::test]
async fn without_the_right_to_see_users_their_ids_are_read_all_the_same() {
    let rig = Rig::of(Emulator::builder().roles(["GroupMember.Read.All"])).await;
    let group = rig.group(GroupKind::Security, &rig.people(3));

    let reading = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();

    assert_eq!((reading.rows.len(), reading.count), (3, Some(3)));
    assert!(reading.rows.iter().all(|row| row.contact_address().is_none()));
}

#[tokio::test]
async fn a_group_that_is_not_there_is_gone() {
    let rig = Rig::new().await;
    let group = GroupId::parse(nowhere().as_str()).unwrap();

    let error = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "Request_ResourceNotFound"));
    assert!(error.message.contains("request-id"), "{error}");
}

#[tokio::test]
async fn no_attempt_starts_that_could_outlive_its_time() {
    let rig = Rig::new().await;
    let group = rig.group(GroupKind::Security, &rig.people(1));

    let error =
        rig.graph.read(rig.call_for(Duration::from_secs(1)), &group, Depth::Direct).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "out_of_time"));
    assert_eq!(rig.meter.cost().requests, 0);
}

#[tokio::test]
async fn presence_is_read_for_three_hundred_members_in_one_request() {
    let rig = Rig::new().await;
    let people = rig.people(300);
    let group = rig.group(GroupKind::Security, &people[..150]);

    let present = rig.graph.present(rig.call(), &group, &people).await.unwrap();

    assert_eq!(present, people[..150].iter().cloned().collect::<BTreeSet<_>>());
    assert_eq!(rig.meter.cost().requests, 1);
}

#[tokio::test]
async fn owners_people_and_their_number_are_read() {
    let rig = Rig::new().await;
    let people = rig.people(1_200);
    let group = rig.group(GroupKind::Security, &[]);
    rig.tenant.add_owner(group_id(&group), crate::rig::theirs(&people[7]));
    rig.tenant.settle();

    assert_eq!(rig.graph.owners(rig.call(), &group).await.unwrap(), BTreeSet::from([people[7].clone()]));
    assert_eq!(rig.graph.head_count(rig.call()).await.unwrap(), 1_200);

    let first = rig.graph.people(rig.call(), None).await.unwrap();
    let second = rig.graph.people(rig.call(), first.next.as_ref()).await.unwrap();
    assert_eq!((first.people.len(), second.people.len()), (rig.graph.people_page(), 201));
    assert!(second.next.is_none());
}

#[tokio::test]
async fn a_page_of_people_whose_cursor_expired_says_begin_anew() {
    let rig = Rig::new().await;
    rig.people(1_000);
    let first = rig.graph.people(rig.call(), None).await.unwrap();
    rig.tenant.inject(Trouble::on("GET", "/users", Effect::ExpiredCursor));

    let error = rig.graph.people(rig.call(), first.next.as_ref()).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "cursor_expired"));
}

#[tokio::test]
async fn a_link_to_another_host_is_never_followed() {
    let rig = Rig::new().await;
    let foreign = Cursor("https://graph.evil.example/v1.0/users?$skiptoken=x".to_owned());

    let error = rig.graph.people(rig.call(), Some(&foreign)).await.unwrap_err();

    assert_eq!(error.code, "foreign_link");
    assert_eq!(rig.meter.cost().requests, 0);
}

#[tokio::test]
async fn people_are_read_by_id_with_all_their_addresses_and_who_is_gone_is_left_out() {
    let rig = Rig::new().await;
    let alias = User::member("Anna", "anna@contoso.example").with_alias("a.meier@contoso.example");
    let anna = ours(rig.tenant.add_user(alias));
    let people = rig.people(40);
    let mut asked = people.clone();
    asked.extend([anna.clone(), nowhere()]);

    let found = rig.graph.by_id(rig.call(), &asked).await.unwrap();

    assert_eq!(found.len(), 41);
    let anna = found.iter().find(|person| person.id == anna).unwrap();
    assert_eq!(anna.proxies.len(), 2);
    assert_eq!(rig.meter.cost().requests, 1);
}

#[tokio::test]
async fn who_is_no_person_is_counted_and_nested_people_are_read_where_asked_for() {
    let rig = Rig::new().await;
    let people = rig.people(3);
    let group = rig.group(GroupKind::Security, &people[..1]);
    let inner = rig.group(GroupKind::Security, &people[1..]);
    let id = group_id(&group);
    for other in
        [OtherObject::device("D"), OtherObject::device("E"), OtherObject::contact("S", "s@x.example")]
    {
        let other = rig.tenant.add_other(other);
        rig.tenant.add_member(id, other);
    }
    rig.tenant.add_member(id, group_id(&inner));
    rig.tenant.settle();

    let direct = rig.graph.read(rig.call(), &group, Depth::Direct).await.unwrap();
    let nested = rig.graph.read(rig.call(), &group, Depth::Nested).await.unwrap();

    let others = [(OtherKind::Device, 2), (OtherKind::OrgContact, 1)];
    assert_eq!((direct.rows.len(), direct.count, direct.nesting), (1, Some(1), Nesting::Flat));
    assert_eq!(direct.others, others.into_iter().chain([(OtherKind::NestedGroup, 1)]).collect());
    assert_eq!((nested.rows.len(), nested.count, nested.nesting), (3, Some(3), Nesting::Flattened));
    assert_eq!(nested.others, others.into());
    let flat = rig.graph.read(rig.call(), &inner, Depth::Nested).await.unwrap();
    assert_eq!(flat.nesting, Nesting::Flat);
}
