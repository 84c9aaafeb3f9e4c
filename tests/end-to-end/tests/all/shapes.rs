use std::collections::BTreeSet;

use listsync_end_to_end::{Cloud, World};
use serde_json::{Value, json};

#[track_caller]
fn keys(document: &Value, expected: &[&str]) {
    let found: BTreeSet<&str> = document.as_object().expect("an object").keys().map(String::as_str).collect();
    let missing: Vec<_> = expected.iter().filter(|key| !found.contains(**key)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {document}");
}

const SUMMARY: [&str; 15] = [
    "run",
    "link",
    "trigger",
    "started_at",
    "finished_at",
    "read",
    "outcome",
    "list",
    "group",
    "held",
    "skipped",
    "set_aside",
    "failures",
    "graph",
    "duration_ms",
];
const SIDE: [&str; 6] = ["id", "name", "added", "removed", "add_failed", "remove_failed"];

#[track_caller]
fn is_summary(document: &Value) {
    keys(document, &SUMMARY);
    keys(&document["list"], &SIDE);
    keys(&document["group"], &SIDE);
    keys(&document["held"], &["list_removals", "group_removals", "digest"]);
    keys(&document["graph"], &["requests", "writes"]);
    for failure in document["failures"].as_array().expect("failures") {
        keys(failure, &["side", "op", "address", "object_id", "code", "message", "hint", "retryable"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_prints_one_document_of_its_shape() {
    every_verb(&World::of(60).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_works_on_the_state_in_the_cloud_as_on_that_of_one_machine() {
    every_verb(&Cloud::of(60).await.world).await;
}

async fn every_verb(world: &World) {
    lists(world).await;
    settings(world).await;
    links(world).await;
    runs(world).await;
    leaving(world).await;
    world.assert_careful();
}

async fn lists(world: &World) {
    let list = world.json(&["lists", "create", "News"]).await;
    keys(&list, &["id", "name"]);
    world.write(
        "people.csv",
        world.csv(&[0, 1]) + "outside@elsewhere.example,Out\nwrong@contoso.example,W\nbad,B\n",
    );
    let import = world.json(&["import", "people.csv", "--list", "News", "--mode", "incremental"]).await;
    keys(
        &import,
        &["id", "list", "mode", "state", "rows", "added", "updated", "unchanged", "removed", "held"],
    );
    keys(&import, &["opted_out", "repeated", "rejected", "problems", "links", "linked"]);
    keys(&import["problems"][0], &["row", "code", "message"]);
    keys(&world.json(&["imports", "ls"]).await[0], &["id", "list", "file", "at", "mode", "state"]);
    keys(&world.json(&["lists", "ls"]).await[0], &["id", "name", "members", "links"]);
    keys(
        &world.json(&["lists", "show", "news"]).await,
        &["id", "name", "members", "opted_out", "pending", "links"],
    );
    let id = list["id"].as_str().expect("an id");
    assert_eq!(world.json(&["lists", "show", id]).await["name"], "News", "a list is named by its id, too");
    let added = world.json(&["lists", "add", "News", world.address(2), "--name", "Zed"]).await;
    let until = Value::Null;
    assert_eq!(
        added,
        json!({"list": id, "address": world.address(2), "outcome": "added", "links": [], "until": until})
    );
    assert_eq!(world.json(&["lists", "add", "News", world.address(2)]).await["outcome"], "already");
    assert_eq!(world.json(&["lists", "remove", "News", world.address(2)]).await["outcome"], "removed");
    assert_eq!(world.json(&["lists", "remove", "News", world.address(2)]).await["outcome"], "absent");
    let subscribed = world.json(&["subscribe", "News", world.address(3)]).await;
    keys(&subscribed, &["list", "address", "decision", "links"]);
    assert_eq!(subscribed["decision"], "subscribed");
    assert_eq!(world.json(&["unsubscribe", "News", world.address(3)]).await["decision"], "opted_out");
}

async fn settings(world: &World) {
    let defaults = world.json(&["settings", "get"]).await;
    let expected = json!({
        "every": "15m", "full-check-every": "24h", "settle-window": "30m", "max-removals": "standard", "max-additions": "standard",
        "internal-domains": [], "protected": [], "linkable-groups": [], "audit-keep": "400d", "effects-keep": "90d",
    });
    assert_eq!(defaults, expected);
    let set = world.json(&["settings", "set", "internal-domains", "contoso.example"]).await;
    assert_eq!(set, json!({"internal-domains": ["contoso.example"]}));
    assert_eq!(world.json(&["settings", "get", "every"]).await, json!({"every": "15m"}));
    world.listsync(&["settings", "set", "protected", &format!("owners,{}", world.address(1))]).await.exits(0);
    assert_eq!(world.listsync(&["settings", "get", "every"]).await.exits(0).stdout, "15m\n");
}

async fn links(world: &World) {
    const LINK: [&str; 13] = [
        "id",
        "list",
        "group",
        "tenant",
        "mode",
        "extras",
        "first_merge",
        "every",
        "externals",
        "max_removals",
        "status",
        "held",
        "last_run",
    ];
    let link = ["link", "News", "--new-group", "News", "--every", "1h30m", "--max-removals", "10%"];
    let link = world.json(&link).await;
    keys(&link, &LINK);
    assert_eq!((&link["every"], &link["max_removals"]), (&"1h30m".into(), &"10%".into()));
    assert_eq!(
        (&link["mode"], &link["status"], &link["last_run"]),
        (&"two-way".into(), &"active".into(), &Value::Null)
    );
    let plan = world.json(&["plan", "News"]).await;
    keys(&plan, &["link", "digest", "list", "group", "held", "skipped"]);
    for side in ["list", "group"] {
        keys(&plan[side], &["add", "remove"]);
    }
    keys(&plan["group"]["add"][0], &["address", "object_id", "reason"]);
    let id = link["id"].as_str().expect("an id");
    is_summary(&world.json(&["sync", id]).await);
    let shown = world.json(&["links", "show", "News"]).await;
    keys(&shown, &LINK);
    is_summary(&shown["last_run"]);
    keys(&world.json(&["links", "ls"]).await[0], &LINK);
    members(world).await;
    assert_eq!(world.json(&["links", "pause", "News"]).await["status"], "paused");
    assert_eq!(world.json(&["links", "resume", "News"]).await["status"], "active");
    keys(&world.json(&["links", "relink", "News"]).await, &LINK);
}

async fn members(world: &World) {
    let members = world.json(&["lists", "members", "News"]).await;
    let members = members.as_array().expect("an array");
    for entry in members {
        let found: BTreeSet<&str> =
            entry.as_object().expect("an object").keys().map(String::as_str).collect();
        let expected =
            ["address", "name", "state", "origin", "object_id", "external", "undeliverable", "until"];
        assert_eq!(found, expected.into());
    }
    let find = |address: &str| members.iter().find(|entry| entry["address"] == address).expect("listed");
    let person = find(world.address(0));
    assert_eq!(person["object_id"], world.id(0).to_string());
    assert_eq!((&person["state"], &person["external"]), (&"member".into(), &false.into()));
    assert_eq!(find("outside@elsewhere.example")["external"], true);
    assert_eq!(find("wrong@contoso.example")["undeliverable"], true);
    assert_eq!(find(world.address(3))["state"], "opted_out");
}

async fn runs(world: &World) {
    let tick = world.json(&["tick"]).await;
    assert_eq!(tick.as_object().map(serde_json::Map::len), Some(3), "{tick}");
    keys(&tick, &["due", "sent", "failed"]);
    let work = world.json(&["work", "--until-empty"]).await;
    keys(&work, &["handled", "runs"]);
    let runs = world.json(&["runs", "ls"]).await;
    runs.as_array().expect("runs").iter().for_each(is_summary);
    let failed =
        runs.as_array().expect("runs").iter().find(|run| run["failures"] != json!([])).expect("one failed");
    let run = failed["run"].as_str().expect("an id");
    is_summary(&world.json(&["runs", "show", run]).await);
    let csv = world.listsync(&["runs", "show", run, "--failures-csv"]).await.exits(0).stdout;
    assert!(csv.starts_with("run,link,side,op,address,object_id,code,message,hint,retryable\n"), "{csv}");
    assert!(csv.contains("group,add,wrong@contoso.example,,no_such_user,"), "{csv}");
    assert!(
        world
            .json(&["runs", "ls", "News", "--limit", "1"])
            .await
            .as_array()
            .is_some_and(|runs| runs.len() == 1)
    );
    let doctor = world.json(&["doctor"]).await;
    keys(&doctor, &["ok", "checks"]);
    keys(&doctor["checks"][0], &["name", "state", "message", "hint"]);
    keys(&world.json(&["completions", "zsh"]).await, &["shell", "script"]);
}

async fn leaving(world: &World) {
    let refused = world.listsync(&["lists", "delete", "News", "--yes", "--json"]).await.exits(1);
    assert!(!refused.error().1.is_empty(), "a linked list is not deleted");
    assert_eq!(world.json(&["links", "unlink", "News"]).await["unlinked"], true);
    assert_eq!(world.json(&["lists", "delete", "News", "--yes"]).await["deleted"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn bash_completes_the_names_of_lists_that_are_there() {
    let world = World::without_settings().await;
    for name in ["News", "All staff", "All 'hands'"] {
        world.listsync(&["lists", "create", name]).await.exits(0);
    }
    let script = world.listsync(&["completions", "bash"]).await.exits(0).stdout;
    world.write("completions", &script);
    let binary = listsync_end_to_end::binary("listsync");
    let folder = binary.parent().expect("a folder").display().to_string();
    for (words, wanted) in [
        ("sync Al", vec![r"All\ \'hands\'", r"All\ staff"]),
        (r"lists show All\ st", vec![r"All\ staff"]),
        ("import people.csv --list N", vec!["News"]),
        ("sync Nobody", vec![]),
    ] {
        let typed = words.split_inclusive(' ').fold(Vec::<String>::new(), |mut all, part| {
            match all.last_mut() {
                Some(last) if last.ends_with(r"\ ") => last.push_str(part),
                _ => all.push(part.to_owned()),
            }
            all
        });
        let quoted: Vec<String> =
            typed.iter().map(|word| format!("'{}'", word.trim_end_matches(' '))).collect();
        let line = format!(
            "PATH={folder}:$PATH; source ./completions; COMP_WORDS=(listsync {}); COMP_CWORD={}; COMP_TYPE=9; \
             _clap_complete_listsync listsync {}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            quoted.join(" "),
            quoted.len(),
            quoted.last().expect("a word")
        );
        let mut bash = tokio::process::Command::new("bash");
        bash.args(["-c", &line]).current_dir(world.path("")).env_remove("LISTSYNC_STORE");
        let done = bash.output().await.expect("bash runs");
        let mut offered: Vec<&str> = std::str::from_utf8(&done.stdout).expect("text").lines().collect();
        offered.retain(|line| !line.is_empty());
        assert_eq!(offered, wanted, "{words}: {}", String::from_utf8_lossy(&done.stderr));
    }
}
