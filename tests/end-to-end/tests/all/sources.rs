use listsync_end_to_end::World;
use listsync_graph_emulator::{Group, GroupKind, ObjectId};
use serde_json::{Value, json};

fn group(world: &World, name: &str, people: &[usize]) -> ObjectId {
    let group = world.tenant().add_group(Group::new(GroupKind::Security, name));
    for person in people {
        world.tenant().add_member(group, world.id(*person));
    }
    world.tenant().settle();
    group
}

/// The groups that hold a person of the sample, as the list's document says.
fn sources(members: &Value, address: &str) -> Value {
    let entries = members.as_array().expect("an array");
    entries.iter().find(|entry| entry["address"] == address).expect("listed")["sources"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_groups_feed_one_list_and_it_shows_who_is_in_which() {
    let world = World::of(20).await;
    let sales = group(&world, "Sales", &[0, 1]);
    let support = group(&world, "Support", &[1, 2]);
    let (a, b) = (sales.to_string(), support.to_string());
    world.listsync(&["settings", "set", "settle-window", "0s"]).await.exits(0);
    world.listsync(&["lists", "create", "News"]).await.exits(0);

    let two_way = ["link", "News", "--group", &a, "--group", &b, "--json"];
    let (code, text) = world.listsync(&two_way).await.exits(1).error();
    assert_eq!(code, "several_groups");
    assert!(text.contains("--mode group-to-list"), "{text}");

    let one_way = ["link", "News", "--group", &a, "--group", &b, "--mode", "group-to-list", "--json"];
    let link = world.listsync(&one_way).await.exits(0).json();
    assert_eq!(link["group"], json!({"id": a, "name": "Sales"}));
    assert_eq!(link["more_groups"], json!([{"id": b, "name": "Support"}]));
    let doctor = world.listsync(&["doctor"]).await.exits(0).stdout;
    assert!(doctor.contains(&a) && doctor.contains(&b), "{doctor}");

    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!((&summary["list"]["added"], &summary["group"]["name"]), (&3.into(), &"Sales, Support".into()));
    let members = world.json(&["lists", "members", "News"]).await;
    assert_eq!(sources(&members, world.address(0)), json!([a]));
    assert_eq!(sources(&members, world.address(1)), json!([a, b]));
    let table = world.listsync(&["lists", "members", "News"]).await.exits(0).stdout;
    assert!(table.contains("in Sales, Support"), "{table}");
    let shown = world.listsync(&["links", "show", "News"]).await.exits(0).stdout;
    assert!(shown.contains("Sales, Support") && shown.contains(&b), "{shown}");

    world.tenant().remove_member(sales, world.id(1));
    world.listsync(&["sync", "News"]).await.exits(0);
    let members = world.json(&["lists", "members", "News"]).await;
    assert_eq!(sources(&members, world.address(1)), json!([b]));

    world.tenant().remove_member(sales, world.id(0));
    world.tenant().delete_group(support);
    let partial = world.listsync(&["sync", "News", "--json"]).await.exits(3).json();
    assert_eq!((&partial["outcome"], &partial["reason"]), (&"partial".into(), &"source_unread".into()));
    assert_eq!(partial["failures"][0]["object_id"], b.as_str(), "{partial}");
    assert_eq!(world.listed("News", "member").await.len(), 3, "nobody is removed");
    world.assert_careful();
}
