use listsync_end_to_end::World;
use serde_json::Value;

/// The ids of a handout's lines.
fn ids(lines: &Value) -> Vec<String> {
    let lines = lines.as_array().expect("an array").iter();
    lines.map(|line| line["object_id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_does_what_is_handed_out_and_the_next_sync_sees_it() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let link = world.json(&["links", "writes", "News", "by-hand"]).await;
    assert_eq!(link["writes"], "by-hand", "{link}");
    world.listsync(&["lists", "add", "News", world.address(9)]).await.exits(0);
    world.listsync(&["lists", "remove", "News", world.address(0)]).await.exits(0);
    world.tenant().add_member(group, world.id(5));

    let before = world.tenant().counters();
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(2).json();
    assert_eq!((&summary["outcome"], &summary["list"]["added"]), (&"planned".into(), &1.into()), "{summary}");
    let handout = world.listsync(&["handout", "News", "--as", "json"]).await.exits(2).json();
    assert_eq!(ids(&handout["add"]), [world.id(9).to_string()], "{handout}");
    assert_eq!(ids(&handout["remove"]), [world.id(0).to_string()], "{handout}");
    let table = world.listsync(&["handout", "News"]).await.exits(2).stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    let script = world.listsync(&["handout", "News", "--as", "powershell"]).await.exits(2).stdout;
    assert!(
        script.contains(&format!("'{}'", world.id(9))) && script.contains("New-MgGroupMember"),
        "{script}"
    );
    assert_eq!(world.tenant().counters().writes, before.writes, "nothing was written");

    world.tenant().add_member(group, world.id(9));
    world.tenant().remove_member(group, world.id(0));
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(summary["outcome"], "converged", "{summary}");
    let empty = world.listsync(&["handout", "News", "--json"]).await.exits(0).json();
    assert_eq!((ids(&empty["add"]).len(), ids(&empty["remove"]).len()), (0, 0));
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_by_hand_creates_no_group() {
    let world = World::of(60).await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let link = ["link", "News", "--new-group", "News", "--writes", "by-hand", "--json"];
    assert_eq!(world.listsync(&link).await.exits(1).error().0, "by_hand_new_group");
    assert_eq!(world.json(&["links", "ls"]).await, serde_json::json!([]));
}
