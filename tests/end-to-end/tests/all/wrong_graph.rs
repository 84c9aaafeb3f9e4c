use listsync_end_to_end::World;
use listsync_graph_emulator::{Effect, Emulator, Fault, GroupKind, LEAST_ROLES, Refused, When};

/// A list that is linked and in step.
async fn in_step() -> (World, listsync_graph_emulator::ObjectId) {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    (world, group)
}

/// A sync that fails as a whole says why and removes nobody on either side.
async fn fails(world: &World, named: &[&str]) {
    world.listsync(&["lists", "remove", "News", world.address(0)]).await.exits(0);
    let done = world.listsync(&["sync", "News", "--json"]).await;
    let document = done.json();
    assert!([1, 3, 4].contains(&done.code), "{} {document}", done.code);
    let text = document.to_string();
    assert!(named.iter().any(|name| text.contains(name)), "{named:?} in {text}");
    assert_eq!(document["group"]["removed"], 0, "{text}");
    assert_eq!(world.listed("News", "member").await.len(), 2, "nobody else leaves the list");
    assert!(!text.contains(world.setting("AZURE_CLIENT_SECRET").unwrap_or("-")), "no secret is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_told_as_such() {
    let (mut world, group) = in_step().await;
    world.set("AZURE_CLIENT_SECRET", "not-the-secret");
    fails(&world, &["AZURE_CLIENT_SECRET"]).await;
    assert_eq!(world.members(group).len(), 3);
    let doctor = world.listsync(&["doctor"]).await.exits(1);
    assert!(doctor.stdout.contains("AZURE_CLIENT_SECRET"), "{}", doctor.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_tenant_is_told_as_such() {
    let (mut world, group) = in_step().await;
    world.set("AZURE_TENANT_ID", "00000000-1111-4222-8333-444444444444");
    fails(&world, &["AZURE_TENANT_ID"]).await;
    assert_eq!(world.members(group).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named() {
    let (world, group) = in_step().await;
    world.tenant().update_app(|app| {
        app.roles.remove("GroupMember.ReadWrite.All");
    });
    fails(&world, &["GroupMember.ReadWrite.All"]).await;
    assert_eq!(world.members(group).len(), 3);
    let doctor = world.listsync(&["doctor", "--json"]).await.exits(1);
    assert!(doctor.error().1.contains("GroupMember.ReadWrite.All"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_without_admin_consent_is_told_as_such() {
    let (world, _) = in_step().await;
    world.tenant().update_app(|app| app.roles.clear());
    let doctor = world.listsync(&["doctor", "--json"]).await.exits(1);
    assert!(doctor.error().1.contains("was admin consent given?"), "{}", doctor.stdout);
    let refused = world.listsync(&["sync", "News", "--json"]).await.exits(1);
    assert!(refused.json().to_string().contains("was admin consent given?"), "{}", refused.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_setting_for_graph_is_named_when_it_is_needed() {
    let (mut world, _) = in_step().await;
    world.unset("AZURE_CLIENT_ID");
    fails(&world, &["AZURE_CLIENT_ID"]).await;
    assert!(world.listsync(&["doctor"]).await.exits(1).stdout.contains("AZURE_CLIENT_ID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_graph_is_told_and_nothing_is_lost() {
    let (mut world, group) = in_step().await;
    drop(world.running.take());
    fails(&world, &["reach", "answer", "connect"]).await;
    assert_eq!(world.members(group).len(), 3);
    world.listsync(&["doctor"]).await.exits(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_gone_is_told_and_the_list_stays() {
    let (world, group) = in_step().await;
    world.tenant().delete_group(group);
    fails(&world, &["group"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_cannot_be_written_is_refused_before_anything_is_saved() {
    let world = World::of(60).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    for (kind, group) in world.sample.refusing.clone() {
        let before = world.members(group);
        let id = group.to_string();
        let refused = world.listsync(&["link", "News", "--group", &id, "--json"]).await.exits(1);
        let (code, message) = refused.error();
        assert!(!code.is_empty() && message.contains("cannot be written"), "{kind:?}: {code}: {message}");
        assert_eq!(world.members(group), before);
    }
    assert_eq!(world.json(&["links", "ls"]).await.as_array().map(Vec::len), Some(0));
    let (_, dynamic) = world.sample.refusing[0];
    let one_way = ["link", "News", "--group", &dynamic.to_string(), "--mode", "group-to-list"];
    world.listsync(&one_way).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_becomes_unwritable_is_told_and_nobody_is_removed() {
    let (world, group) = in_step().await;
    let kind = GroupKind::OnPremises;
    let other = listsync_graph_emulator::Group::new(kind, "News");
    world.tenant().update_group(group, |group| {
        *group = listsync_graph_emulator::Group { id: group.id, ..other };
    });
    fails(&world, &["on-premises", "onprem", "cannot be written"]).await;
    assert_eq!(world.members(group).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_does_not_exist_cannot_be_linked() {
    let world = World::of(60).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    for group in ["no-such-group", "0f0f0f0f-0000-4000-8000-000000000000"] {
        let refused = world.listsync(&["link", "News", "--group", group, "--json"]).await.exits(1);
        assert!(!refused.error().1.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_is_content_with_least_privilege_and_with_broader_roles() {
    for roles in [&LEAST_ROLES[..2], &["Group.ReadWrite.All", "Directory.Read.All"]] {
        let world = World::with(Emulator::builder().roles(roles.iter().copied()), 60).await;
        let doctor = world.listsync(&["doctor", "--json"]).await.exits(0).json();
        assert_eq!(doctor["ok"], true, "{doctor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_throttled_waits_as_long_as_it_is_told_and_goes_on_by_itself() {
    let world = World::of(60).await;
    let group = world.linked("News", &(0..50).collect::<Vec<_>>()).await;
    let slow_down = || Effect::Refuse(Refused::status(429).retry_after(2));
    world.tenant().inject(Fault::on("PATCH", "/groups/*", slow_down()).when(When::First(3)));
    world.tenant().inject(Fault::on("GET", "/groups/*", slow_down()).when(When::First(2)));
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(summary["outcome"], "converged", "{summary}");
    assert_eq!(summary["group"]["added"], 50, "{summary}");
    assert_eq!(world.members(group).len(), 50);
    assert!(world.tenant().fault_hits() >= 3, "it was throttled");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_after_the_effect_are_settled_and_nobody_is_added_twice_or_lost() {
    let world = World::of(60).await;
    let group = world.linked("News", &(0..50).collect::<Vec<_>>()).await;
    world.tenant().inject(Fault::on("PATCH", "/groups/*", Effect::ResetAfter).when(When::First(2)));
    world.listsync(&["sync", "News"]).await;
    assert!(world.tenant().fault_hits() > 0, "connections broke");
    world.tenant().clear_faults();
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group).len(), 50);
    assert_eq!(world.listed("News", "member").await.len(), 50);
}
