use listsync_end_to_end::{Cloud, World};
use serde_json::Value;

fn id(import: &Value) -> String {
    import["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_taken_back_by_one_command_and_one_approval_on_one_machine() {
    a_wrong_file_is_taken_back(&World::of(340).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_taken_back_by_one_command_and_one_approval_in_the_cloud() {
    a_wrong_file_is_taken_back(&Cloud::of(340).await.world).await;
}

async fn a_wrong_file_is_taken_back(world: &World) {
    let four = [0, 1, 2, 3];
    let group = world.linked("News", &four).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let before = world.json(&["contacts", "ls"]).await;

    world.write("wrong.csv", world.csv(&(10..310).collect::<Vec<_>>()));
    let file = ["import", "wrong.csv", "--list", "News", "--mode", "incremental"];
    let held = world.listsync(&[&file[..], &["--json"]].concat()).await.exits(4).json();
    let import = id(&held);
    let refused = world.listsync(&["imports", "undo", &import, "--json"]).await.exits(1).error();
    assert_eq!(refused.0, "import_held");
    world.listsync(&["imports", "approve", &import]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group).len(), 304);

    let shown = world.listsync(&["imports", "undo", &import]).await.exits(2).stdout;
    for told in ["300 leave the list", "300 contacts deleted", "0 left out", "Nothing was changed"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let plan = world.listsync(&["imports", "undo", &import, "--json"]).await.exits(2).json();
    assert_eq!((&plan["totals"]["leave"], plan["people"].as_array().map(Vec::len)), (&300.into(), Some(300)));
    let digest = plan["digest"].as_str().expect("a digest");
    assert!(shown.contains(&format!("--plan {digest}")), "{shown}");
    let other =
        world.listsync(&["imports", "undo", &import, "--plan", "0000", "--json"]).await.exits(1).error();
    assert_eq!(other.0, "plan_changed");
    assert_eq!(world.listed("News", "member").await.len(), 304, "nothing was done so far");

    let done = world.json(&["imports", "undo", &import, "--plan", digest]).await;
    assert_eq!((&done["state"], &done["undone"]["deleted"]), (&"undone".into(), &300.into()), "{done}");
    assert_eq!(world.json(&["contacts", "ls"]).await, before, "nobody else was touched");
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(4).json();
    let digest = summary["held"]["digest"].as_str().expect("a digest");
    world.listsync(&["links", "approve", digest]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&four));
    let listed = four.map(|person| world.address(person).to_owned());
    assert_eq!(world.listed("News", "member").await, listed.into());

    let again = world.listsync(&["imports", "undo", &import, "--json"]).await.exits(1).error();
    assert_eq!(again.0, "import_undone");
    let ls = world.listsync(&["imports", "ls"]).await.exits(0).stdout;
    assert!(ls.contains("undone"), "{ls}");
    let shown = world.json(&["imports", "show", &import]).await;
    assert_eq!(shown["undone"]["leave"], 300, "{shown}");
    world.write("wrong.csv", world.csv(&[0, 1, 2, 3, 4]));
    world.json(&["import", "wrong.csv", "--list", "News", "--mode", "full"]).await;
    assert_eq!(world.listed("News", "member").await.len(), 5, "files go on");
}
