use std::collections::BTreeSet;

use listsync_core::id::GroupId;
use listsync_engine::ports::{
    Directory, Fault, GroupKind as Kind, GroupQuery, Membership, NewGroup, NewGroupKind, Places, Visibility,
};
use listsync_graph_emulator::{
    Effect, Emulator, Fault as Trouble, Group, GroupKind, LEAST_ROLES, Lag, Refused,
};

use crate::rig::{Rig, group_id, nowhere};

fn new_group(name: &str, kind: NewGroupKind, owners: &[&str]) -> NewGroup {
    NewGroup {
        unique_name: "listsync-0123456789abcdef".to_owned(),
        name: name.to_owned(),
        kind,
        visibility: Visibility::Private,
        owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
    }
}

#[tokio::test]
async fn the_kind_of_each_group_is_told() {
    let rig = Rig::new().await;
    for (theirs, ours) in [
        (GroupKind::Microsoft365, Kind::Microsoft365),
        (GroupKind::Security, Kind::Security),
        (GroupKind::Dynamic, Kind::Dynamic),
        (GroupKind::MailEnabledSecurity, Kind::MailEnabledSecurity),
        (GroupKind::Distribution, Kind::DistributionList),
        (GroupKind::OnPremises, Kind::OnPremises),
        (GroupKind::RoleAssignable, Kind::RoleAssignable),
        (GroupKind::Restricted, Kind::Restricted),
    ] {
        let id = rig.group(theirs, &[]);
        let group = rig.graph.group(rig.call(), &GroupQuery::Id(id.clone())).await.unwrap();
        assert_eq!((group.id, group.kind, group.name.as_str()), (id, ours, "Everybody"));
    }
}

#[tokio::test]
async fn the_source_of_authority_is_asked_of_what_came_from_on_premises_and_of_nothing_else() {
    let behavior = "Group-OnPremisesSyncBehavior.ReadWrite.All";
    let may = Rig::of(Emulator::builder().roles(LEAST_ROLES.iter().copied().chain([behavior]))).await;
    let may_not = Rig::new().await;
    for (rig, theirs, ours, requests) in [
        (&may, GroupKind::TakenOver, Kind::Security, 2),
        (&may, GroupKind::GivenBack, Kind::GivenBack, 2),
        (&may, GroupKind::OnPremises, Kind::OnPremises, 1),
        (&may, GroupKind::Security, Kind::Security, 1),
        (&may_not, GroupKind::TakenOver, Kind::AuthorityUnknown, 2),
        (&may_not, GroupKind::GivenBack, Kind::AuthorityUnknown, 2),
    ] {
        let id = rig.group(theirs, &[]);
        let before = rig.meter.cost().requests;
        let group = rig.graph.group(rig.call(), &GroupQuery::Id(id)).await.unwrap();
        assert_eq!((group.kind, rig.meter.cost().requests - before), (ours, requests), "{theirs:?}");
    }
}

#[tokio::test]
async fn a_troubled_answer_on_the_source_of_authority_is_no_answer() {
    let rig = Rig::new().await;
    let id = rig.group(GroupKind::TakenOver, &[]);
    let away = Effect::Refuse(Refused::status(503).retry_after(300));
    rig.tenant.inject(Trouble::on("GET", "/groups/*/onPremisesSyncBehavior", away));
    let error = rig.graph.group(rig.call(), &GroupQuery::Id(id)).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Throttled(_)), "{error:?}");
}

#[tokio::test]
async fn a_group_is_found_by_unique_name_else_by_the_only_display_name() {
    let rig = Rig::new().await;
    let mut keyed = Group::new(GroupKind::Security, "Anna's list");
    keyed.unique_name = Some("anna's key".to_owned());
    let keyed = rig.tenant.add_group(keyed).to_string();
    rig.tenant.settle();
    for name in ["anna's key", "Anna's list"] {
        let group = rig.graph.group(rig.call(), &GroupQuery::Name(name.to_owned())).await.unwrap();
        assert_eq!(group.id.as_str(), keyed, "{name}");
    }
    let twin = rig.tenant.add_group(Group::new(GroupKind::Security, "Anna's list")).to_string();
    rig.tenant.settle();

    let error = rig.graph.group(rig.call(), &GroupQuery::Name("Anna's list".to_owned())).await.unwrap_err();

    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "ambiguous_group"));
    assert!(error.message.contains(&keyed) && error.message.contains(&twin), "{error}");
}

#[tokio::test]
async fn a_group_that_nobody_has_is_gone_by_id_and_by_name() {
    let rig = Rig::new().await;
    let id = GroupQuery::Id(GroupId::parse(nowhere().as_str()).unwrap());
    for query in [id, GroupQuery::Name("Nobody's".to_owned())] {
        let error = rig.graph.group(rig.call(), &query).await.unwrap_err();
        assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "group_gone"));
        assert!(!error.hint.is_empty());
    }
}

#[tokio::test]
async fn a_microsoft_365_group_is_created_quietly_with_its_owner_and_a_repeat_finds_it() {
    let rig = Rig::new().await;
    let owner = rig.person("o'brien@contoso.example");
    rig.tenant.settle();
    let new = new_group("All staff (Zürich)", NewGroupKind::Microsoft365, &["o'brien@contoso.example"]);

    let made = rig.graph.create_group(rig.call(), &new).await.unwrap();
    let found = rig.graph.create_group(rig.call(), &new).await.unwrap();

    assert_eq!(made, found);
    assert_eq!((made.kind, made.name.as_str()), (Kind::Microsoft365, "All staff (Zürich)"));
    let group = rig.tenant.group(group_id(&made.id)).unwrap();
    assert_eq!(group.behavior_options, ["WelcomeEmailDisabled"]);
    assert_eq!(group.mail_nickname, "All-staff-Zurich");
    assert_eq!(rig.graph.owners(rig.call(), &made.id).await.unwrap(), BTreeSet::from([owner]));
    assert_eq!(rig.tenant.groups().len(), 1);
}

#[tokio::test]
async fn a_taken_nickname_is_told_apart_by_the_unique_name() {
    let rig = Rig::new().await;
    let mut taken = Group::new(GroupKind::Microsoft365, "All staff");
    taken.mail_nickname = "All-staff".to_owned();
    rig.tenant.add_group(taken);
    rig.tenant.settle();

    let made =
        rig.graph.create_group(rig.call(), &new_group("All staff", NewGroupKind::Microsoft365, &[])).await;

    let group = rig.tenant.group(group_id(&made.unwrap().id)).unwrap();
    assert_eq!(group.mail_nickname, "All-staff-456789abcdef");
}

#[tokio::test]
async fn a_security_group_is_created_and_an_unknown_owner_refused() {
    let rig = Rig::new().await;
    let unknown = new_group("Door", NewGroupKind::Security, &["nobody@contoso.example"]);
    let error = rig.graph.create_group(rig.call(), &unknown).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "no_such_owner"));
    assert!(!format!("{error:?}").contains("nobody@"), "{error:?}");

    let made =
        rig.graph.create_group(rig.call(), &new_group("Door", NewGroupKind::Security, &[])).await.unwrap();
    assert_eq!(made.kind, Kind::Security);
}

#[tokio::test]
async fn creating_without_the_permission_names_it() {
    let rig = Rig::of(Emulator::builder().roles(["GroupMember.ReadWrite.All", "User.Read.All"])).await;

    let error = rig
        .graph
        .create_group(rig.call(), &new_group("Door", NewGroupKind::Security, &[]))
        .await
        .unwrap_err();

    assert_eq!(error.fault, Fault::Denied);
    assert!(error.hint.contains("Group.Create"), "{}", error.hint);
}

#[tokio::test]
async fn a_new_group_is_waited_for_until_it_can_be_read() {
    let rig = Rig::new().await;
    rig.tenant.configure(|settings| {
        settings.lag = Lag { max: std::time::Duration::from_secs(2), replicas: 3 };
    });

    let made =
        rig.graph.create_group(rig.call(), &new_group("Door", NewGroupKind::Security, &[])).await.unwrap();

    assert_eq!(made.name, "Door");
}

#[tokio::test]
async fn a_deleted_group_is_told_from_one_that_never_was_where_the_app_may_look() {
    let rig = Rig::of(Emulator::builder().roles(["Group.ReadWrite.All", "User.Read.All"])).await;
    let group = rig.group(GroupKind::Security, &[]);
    rig.tenant.delete_group(group_id(&group));
    let error = rig.graph.group(rig.call(), &GroupQuery::Id(group)).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Gone, "group_deleted"));
    assert!(error.hint.contains("30 days"), "{}", error.hint);
}

#[tokio::test]
async fn a_group_that_hides_its_members_says_so_and_a_new_one_is_private() {
    let rig = Rig::new().await;
    let hidden = rig.group(GroupKind::HiddenMembership, &[]);
    let group = rig.graph.group(rig.call(), &GroupQuery::Id(hidden)).await.unwrap();
    assert_eq!(group.membership, Membership::Hidden);

    let made = rig
        .graph
        .create_group(rig.call(), &new_group("News", NewGroupKind::Microsoft365, &[]))
        .await
        .unwrap();
    assert_eq!(rig.tenant.group(group_id(&made.id)).unwrap().visibility.as_deref(), Some("Private"));
}

#[tokio::test]
async fn a_repeat_that_asks_for_another_kind_is_refused() {
    let rig = Rig::new().await;
    rig.graph.create_group(rig.call(), &new_group("News", NewGroupKind::Security, &[])).await.unwrap();
    let other = new_group("News", NewGroupKind::Microsoft365, &[]);
    let error = rig.graph.create_group(rig.call(), &other).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "group_kind_differs"));
    assert_eq!(rig.tenant.groups().len(), 1);
}

#[tokio::test]
async fn more_owners_than_one_creation_takes_are_refused_before_anything_is_made() {
    let rig = Rig::new().await;
    let owners: Vec<String> = (0..21).map(|number| format!("p{number}@contoso.example")).collect();
    let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
    let new = new_group("News", NewGroupKind::Microsoft365, &owners);
    let error = rig.graph.create_group(rig.call(), &new).await.unwrap_err();
    assert_eq!(error.code, "too_many_owners");
    assert!(rig.tenant.groups().is_empty());
}
