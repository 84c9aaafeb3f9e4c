use listsync_end_to_end::World;

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_both_sides_meet() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2, 3, 4, 5]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1, 2, 3, 4, 5]));

    world.listsync(&["unsubscribe", "News", world.address(0)]).await.exits(0);
    world.listsync(&["lists", "add", "News", world.address(10)]).await.exits(0);
    world.listsync(&["lists", "remove", "News", world.address(1)]).await.exits(0);
    world.tenant().remove_member(group, world.id(2));
    world.tenant().add_member(group, world.id(11));
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(summary["read"], "incremental", "{summary}");

    assert_eq!(world.members(group), world.ids(&[3, 4, 5, 10, 11]));
    let listed = world.listed("News", "member").await;
    let expected = [3, 4, 5, 10, 11].map(|person| world.address(person).to_owned());
    assert_eq!(listed, expected.into());
    assert_eq!(world.listed("News", "opted_out").await, [world.address(0).to_owned()].into());
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_opted_out_is_brought_back_by_neither_an_import_nor_the_group() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["unsubscribe", "News", world.address(1)]).await.exits(0);
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 2]));

    let import = world.json(&["import", "people.csv", "--list", "News", "--mode", "full"]).await;
    assert_eq!(import["opted_out"], 1, "{import}");
    let refused = world.listsync(&["lists", "add", "News", world.address(1), "--json"]).await.exits(1);
    assert_eq!(refused.error().0, "opted_out");
    world.tenant().add_member(group, world.id(1));
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 2]), "the group gives the person back");

    world.listsync(&["subscribe", "News", world.address(1)]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1, 2]), "only the person undoes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_queued_and_the_worker_takes_it_without_a_tick() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let subscribed = world.json(&["subscribe", "News", world.address(9)]).await;
    assert_eq!(subscribed["links"].as_array().map(Vec::len), Some(1), "{subscribed}");
    let worked = world.listsync(&["work", "--until-empty", "--json"]).await.exits(0).json();
    assert_eq!(worked["handled"], 1, "{worked}");
    assert_eq!(worked["runs"][0]["trigger"], "event", "{worked}");
    assert_eq!(world.members(group), world.ids(&[0, 1, 2, 9]));
    let tick = world.listsync(&["tick", "--json"]).await.exits(0).json();
    assert_eq!(tick, serde_json::json!({"due": 0, "sent": 0, "failed": 0}));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changes_of_one_list_cost_one_message_and_one_run() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    for person in 3..9 {
        world.listsync(&["lists", "add", "News", world.address(person)]).await.exits(0);
    }
    let worked = world.listsync(&["work", "--until-empty", "--json"]).await.exits(0).json();
    assert_eq!(
        (&worked["handled"], worked["runs"].as_array().map(Vec::len)),
        (&1.into(), Some(1)),
        "{worked}"
    );
    assert_eq!(world.members(group).len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_can_be_imported_and_linked_in_one_go() {
    let world = World::of(60).await;
    let group = world.linked("Other", &[0]).await;
    world.listsync(&["links", "unlink", "Other"]).await.exits(0);
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.write("more.csv", world.csv(&[4, 5]));
    let id = group.to_string();
    let import = ["import", "more.csv", "--list", "News", "--mode", "incremental", "--link-group", &id];
    let first = world.json(&import).await;
    assert!(first["linked"].is_string(), "{first}");
    assert!(world.json(&import).await["linked"].is_null(), "the second time it is linked already");
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[4, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_way_link_changes_only_the_following_side() {
    let world = World::of(60).await;
    world.listsync(&["settings", "set", "settle-window", "0s"]).await.exits(0);
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.write("people.csv", world.csv(&[0, 1]));
    world.listsync(&["import", "people.csv", "--list", "News", "--mode", "full"]).await.exits(0);
    let link =
        ["link", "News", "--new-group", "News", "--mode", "list-to-group", "--kind", "security", "--json"];
    let link = world.listsync(&link).await.exits(0).json();
    let group = world.group(&link);
    world.tenant().add_member(group, world.id(7));
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1, 7]), "an extra is kept");
    assert_eq!(world.listed("News", "member").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_group_of_one_name_is_made_only_where_somebody_says_so() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["lists", "create", "Other"]).await.exits(0);
    let second = ["link", "Other", "--new-group", "NEWS", "--json"];
    let (code, message) = world.listsync(&second).await.exits(1).error();
    assert_eq!(code, "unconfirmed");
    for told in ["There is a group of the name 'NEWS' already", "--yes"] {
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(world.json(&["links", "ls"]).await.as_array().map(Vec::len), Some(1), "nothing was made");
    world.listsync(&[&second[..], &["--yes"]].concat()).await.exits(0);
    assert_eq!(world.json(&["links", "ls"]).await.as_array().map(Vec::len), Some(2));
}
