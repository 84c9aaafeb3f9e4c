//! Each verb that changes something is in the audit, on either store.

use std::collections::BTreeSet;

use listsync_core::audit::Action;
use listsync_end_to_end::{Cloud, World};
use serde_json::{Value, json};

/// What no verb does: the API and what strangers send do.
const ELSEWHERE: [Action; 3] = [Action::ContactCreate, Action::SourceCreate, Action::SourceDelete];

/// Runs a verb that changes something, and takes its document, once the newest entry says so.
async fn does(world: &World, args: &[&str], action: Action) -> Value {
    let done = world.json(args).await;
    let newest = newest(world).await;
    assert_eq!(newest["action"], action.word(), "{args:?}: {newest} after {done}");
    assert_eq!((&newest["actor"]["kind"], &newest["completion"]), (&"local".into(), &"done".into()));
    done
}

async fn newest(world: &World) -> Value {
    world.json(&["audit", "ls", "--limit", "1"]).await[0].clone()
}

/// The object of a kind in the newest entry: its id and its name.
async fn object(world: &World, kind: &str) -> (Value, Value) {
    let newest = newest(world).await;
    let objects = newest["objects"].as_array().expect("objects");
    let found = objects.iter().find(|object| object["kind"] == kind);
    let found = found.unwrap_or_else(|| panic!("no {kind} in {newest}"));
    (found["id"].clone(), found["name"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_that_changes_something_is_recorded_by_what_it_was_done_to() {
    every_verb(&World::of(30).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_is_recorded_in_the_cloud_as_on_one_machine() {
    every_verb(&Cloud::of(30).await.world).await;
}

async fn every_verb(world: &World) {
    settings_and_keys(world).await;
    people(world).await;
    files(world).await;
    links(world).await;
    let all = world.json(&["audit", "ls", "--limit", "1000"]).await;
    let all = all.as_array().expect("entries");
    let done: BTreeSet<&str> = all.iter().filter_map(|entry| entry["action"].as_str()).collect();
    // Nobody had the directory ask for a pause.
    let missing =
        Action::ALL.iter().filter(|action| !ELSEWHERE.contains(action) && **action != Action::GateOpen);
    let missing: Vec<_> = missing.filter(|action| !done.contains(action.word())).collect();
    assert!(missing.is_empty(), "{missing:?} not in {done:?}");
    let before = all.len();
    for looks in
        [&["lists", "ls"][..], &["contacts", "ls"], &["links", "ls"], &["audit", "ls"], &["settings", "get"]]
    {
        world.listsync(looks).await.exits(0);
    }
    world.listsync(&["lists", "delete", "None"]).await.exits(1);
    let after = world.json(&["audit", "ls", "--limit", "1000"]).await;
    assert_eq!(after.as_array().map(Vec::len), Some(before), "who looks or is refused changes nothing");
    let local = world.json(&["audit", "ls", "--actor", "local", "--since", "1h", "--limit", "1000"]).await;
    assert_eq!(local.as_array().map(Vec::len), Some(before));
    assert_eq!(world.json(&["audit", "ls", "--until", "2020-01-01"]).await, Value::Array(Vec::new()));
    world.assert_careful();
}

async fn settings_and_keys(world: &World) {
    does(world, &["settings", "set", "settle-window", "0s"], Action::SettingsEdit).await;
    assert_eq!(object(world, "setting").await.0, "settle-window");
    let key = does(world, &["keys", "create", "tool", "--scope", "read"], Action::KeyCreate).await;
    assert_eq!(object(world, "key").await, (key["id"].clone(), "tool".into()));
    let id = key["id"].as_str().expect("an id");
    does(world, &["keys", "revoke", id], Action::KeyRevoke).await;
    let old = does(world, &["keys", "rotate-links"], Action::SigningKeyRotate).await;
    let old = old["id"].as_str().expect("an id");
    assert_eq!(object(world, "signing_key").await.0, old);
    does(world, &["keys", "rotate-links"], Action::SigningKeyRotate).await;
    does(world, &["keys", "retire-links", old], Action::SigningKeyRetire).await;
}

async fn people(world: &World) {
    let (anna, ben) = (world.address(0), world.address(1));
    let list = does(world, &["lists", "create", "People"], Action::ListCreate).await;
    assert_eq!(object(world, "list").await, (list["id"].clone(), "People".into()));
    does(world, &["lists", "edit", "People", "--name", "Folk"], Action::ListEdit).await;
    does(world, &["lists", "add", "Folk", anna], Action::MemberAdd).await;
    let (id, name) = object(world, "contact").await;
    assert_eq!(name, anna);
    world.listsync(&["lists", "add", "Folk", anna]).await.exits(0);
    does(world, &["subscribe", "Folk", ben], Action::ConsentSubscribe).await;
    does(world, &["unsubscribe", "Folk", ben], Action::ConsentOptOut).await;
    does(world, &["lists", "remove", "Folk", anna], Action::MemberRemove).await;
    does(world, &["contacts", "edit", anna, "--name", "Anna"], Action::ContactEdit).await;
    does(world, &["contacts", "opt-out", anna], Action::ConsentOptOut).await;
    does(world, &["contacts", "opt-in", anna], Action::ConsentSubscribe).await;
    does(world, &["contacts", "merge", anna, ben], Action::ContactMerge).await;
    does(world, &["contacts", "erase", anna, "--yes"], Action::ContactErase).await;
    assert_eq!(object(world, "contact").await, (id.clone(), Value::Null), "who was erased has no name");
    let shown = world.listsync(&["audit", "ls"]).await.exits(0).stdout;
    assert!(!shown.contains(anna) && shown.contains("(gone)"), "{shown}");
    let of_anna = world.json(&["audit", "ls", "--object", id.as_str().expect("an id")]).await;
    assert_eq!(of_anna.as_array().map(Vec::len), Some(7), "{of_anna}");
    let gone =
        does(world, &["contacts", "erase", "nobody@contoso.example", "--yes"], Action::ContactErase).await;
    assert_eq!(gone["id"], Value::Null, "{gone}");
    assert_eq!(newest(world).await["objects"], json!([]), "an address is in no entry");
    world.listsync(&["lists", "add", "Folk", world.address(2)]).await.exits(0);
    does(world, &["contacts", "delete", world.address(2)], Action::ContactDelete).await;
    world.listsync(&["lists", "add", "Folk", world.address(2)]).await.exits(0);
    world.listsync(&["lists", "remove", "Folk", world.address(2)]).await.exits(0);
    let prune = ["contacts", "prune", "--older-than", "off", "--yes"];
    does(world, &prune, Action::ContactPrune).await;
    does(world, &["lists", "delete", "Folk", "--yes"], Action::ListDelete).await;
}

async fn files(world: &World) {
    world.listsync(&["lists", "create", "Files"]).await.exits(0);
    world.write("all.csv", world.csv(&(3..13).collect::<Vec<_>>()));
    let full = |file: &'static str| ["import", file, "--list", "Files", "--mode", "full"];
    let import = does(world, &full("all.csv"), Action::ImportCreate).await;
    assert_eq!(object(world, "import").await, (import["id"].clone(), "all.csv".into()));
    world.write("no.csv", world.csv(&[12]));
    does(world, &["import", "no.csv", "--list", "Files", "--as", "opt-outs"], Action::ConsentImport).await;
    for (file, size, ruling, action) in
        [("some.csv", 6, "discard", Action::ImportDiscard), ("few.csv", 5, "approve", Action::ImportApprove)]
    {
        world.write(file, world.csv(&(3..3 + size).collect::<Vec<_>>()));
        let held = does(world, &full(file), Action::ImportCreate).await;
        assert_eq!(held["state"], "held", "{held}");
        does(world, &["imports", ruling, held["id"].as_str().expect("an id")], action).await;
    }
    world.listsync(&["lists", "create", "Wrong"]).await.exits(0);
    let wrong = ["import", "few.csv", "--list", "Wrong", "--mode", "incremental"];
    let wrong = does(world, &wrong, Action::ImportCreate).await;
    let wrong = wrong["id"].as_str().expect("an id");
    let before = newest(world).await;
    world.listsync(&["imports", "undo", wrong]).await.exits(2);
    assert_eq!(newest(world).await, before, "who is only shown what would be taken back changes nothing");
    does(world, &["imports", "undo", wrong, "--yes"], Action::ImportUndo).await;
    let before = newest(world).await;
    world.json(&["import", "few.csv", "--list", "Files", "--mode", "full", "--dry-run"]).await;
    assert_eq!(newest(world).await, before, "who asks what would be done changes nothing");
}

async fn links(world: &World) {
    let made = does(world, &["link", "Files", "--new-group", "Files"], Action::LinkCreate).await;
    let (group, link) = (world.group(&made), made["id"].clone());
    assert_eq!(object(world, "link").await.0, link);
    for (verb, action) in
        [("pause", Action::LinkPause), ("resume", Action::LinkResume), ("relink", Action::LinkRelink)]
    {
        does(world, &["links", verb, "Files"], action).await;
    }
    does(world, &["links", "edit", "Files", "--every", "1h"], Action::LinkEdit).await;
    for (ruling, action) in [("discard", Action::HoldDiscard), ("approve", Action::HoldApprove)] {
        does(world, &["sync", "Files"], Action::LinkSync).await;
        for person in world.members(group) {
            world.tenant().remove_member(group, person);
        }
        let held = does(world, &["sync", "Files"], Action::LinkSync).await;
        let digest = held["held"]["digest"].as_str().expect("a digest").to_owned();
        does(world, &["links", ruling, &digest], action).await;
        assert_eq!(object(world, "hold").await.0, digest);
        assert_eq!(object(world, "link").await.0, link);
    }
    world.listsync(&["lists", "add", "Files", world.address(20)]).await.exits(0);
    let synced = does(world, &["sync", "Files"], Action::LinkSync).await;
    let run = synced["run"].as_str().expect("its id");
    does(world, &["runs", "undo", run, "--yes"], Action::RunUndo).await;
    does(world, &["links", "unlink", "Files"], Action::LinkDelete).await;
}
