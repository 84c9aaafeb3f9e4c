//! A run is taken back by one command and one approval, and nobody else is touched: on either store.

use listsync_end_to_end::{Cloud, World};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_taken_back_on_one_machine() {
    a_wrong_file_is_taken_back(&World::of(60).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_taken_back_on_the_state_in_the_cloud() {
    a_wrong_file_is_taken_back(&Cloud::of(60).await.world).await;
}

async fn a_wrong_file_is_taken_back(world: &World) {
    let right = [0, 1, 2, 3];
    let group = world.linked("News", &right).await;
    let first = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    let refused = world.listsync(&["runs", "undo", run(&first), "--json"]).await.exits(1);
    assert_eq!(refused.error().0, "undo_first_run");
    world.listsync(&["settings", "set", "max-additions", "off"]).await.exits(0);
    let wrong: Vec<usize> = (10..55).collect();
    world.write("wrong.csv", world.csv(&wrong));
    world.listsync(&["import", "wrong.csv", "--list", "News", "--mode", "incremental"]).await.exits(0);
    let synced = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(synced["group"]["added"], 45, "{synced}");
    // One of them leaves since, by his own doing.
    world.listsync(&["unsubscribe", "News", world.address(10)]).await.exits(0);

    let undo = ["runs", "undo", run(&synced)];
    let shown = world.listsync(&[undo.as_slice(), &["--json"]].concat()).await.exits(2).json();
    assert_eq!(shown["remove"].as_array().map(Vec::len), Some(44), "{shown}");
    assert_eq!((&shown["left_out"][0]["code"], &shown["add"]), (&"opted_out".into(), &Value::Array(vec![])));
    let text = world.listsync(&undo).await.exits(2);
    let digest = shown["digest"].as_str().expect("a digest");
    assert!(text.stdout.contains(&format!("--plan {digest}")), "{}", text.stdout);
    assert_eq!(world.listed("News", "member").await.len(), 48, "nothing was done yet");
    let other = world.listsync(&[undo.as_slice(), &["--plan", "0123456789abcdef", "--json"]].concat()).await;
    assert_eq!(other.exits(1).error().0, "undo_changed");

    let done =
        world.listsync(&[undo.as_slice(), &["--plan", digest, "--json"]].concat()).await.exits(4).json();
    assert_eq!((&done["removed"], &done["added"], &done["left_out"]), (&44.into(), &0.into(), &1.into()));
    let held = &done["summary"]["held"];
    assert_eq!(held["group_removals"], 44, "{done}");
    world.listsync(&["links", "approve", held["digest"].as_str().expect("a digest")]).await.exits(0);
    let carried = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(world.members(group), world.ids(&right));
    let expected = right.map(|person| world.address(person).to_owned());
    assert_eq!(world.listed("News", "member").await, expected.into());

    let history = world.listsync(&["lists", "history", "News", "--limit", "200"]).await.exits(0).stdout;
    let by = format!("undo of {}", run(&synced));
    assert_eq!(history.lines().filter(|line| line.contains(&by)).count(), 44, "{history}");
    let members = ["runs", "show", run(&carried), "--members"];
    let text = world.listsync(&members).await.exits(0).stdout;
    assert_eq!(text.lines().filter(|line| line.contains(&by)).count(), 44, "{text}");
    let names = world.json(&members).await;
    let causes = |one: &Value| (one["cause"].clone(), one["takes_back"].clone());
    let expected = ("list_removed".into(), json!({ "kind": "run", "id": run(&synced) }));
    assert!(names.as_array().expect("names").iter().all(|one| causes(one) == expected), "{names}");
    let table = world.listsync(&["runs", "show", run(&carried), "--members", "--csv"]).await.exits(0).stdout;
    let row = |line: &str| {
        line.contains(",group,remove,list_removed,") && line.ends_with(&format!(",run {}", run(&synced)))
    };
    assert_eq!(table.lines().filter(|line| row(line)).count(), 44, "{table}");
    let first_names = world.json(&["runs", "show", run(&synced), "--members"]).await;
    let plain = |one: &Value| one["takes_back"].is_null() && one["cause"] == "list_added";
    assert!(first_names.as_array().expect("names").iter().all(plain), "{first_names}");
    let theirs = world.json(&["contacts", "history", world.address(11)]).await;
    let left = theirs.as_array().expect("entries").iter().find(|one| one["side"] == "list");
    assert_eq!(left.map(|one| &one["by"]["kind"]), Some(&"run_undo".into()), "{theirs}");
    let told = world.listsync(&["runs", "show", run(&synced)]).await.exits(0).stdout;
    assert!(told.contains("\nTaken back 20") && told.contains(", by local.\n"), "{told}");

    let again = world.listsync(&[undo.as_slice(), &["--yes", "--json"]].concat()).await.exits(0).json();
    assert_eq!((&again["removed"], &again["left_out"]), (&0.into(), &45.into()), "said again it is done");
    assert_eq!(world.members(group), world.ids(&right));
    let audit = world.listsync(&["audit", "ls", "--json"]).await.exits(0).json();
    let undos = audit.as_array().expect("entries").iter().filter(|entry| entry["action"] == "run.undo");
    assert_eq!(undos.count(), 2, "{audit}");
    world.assert_careful();
}

fn run(summary: &Value) -> &str {
    summary["run"].as_str().expect("its id")
}
