use listsync_end_to_end::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_with_changes_exits_with_two_and_without_any_with_zero() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    let before = world.tenant().counters();
    let plan = world.listsync(&["plan", "News"]).await.exits(2);
    assert!(plan.stdout.contains(&format!("+ group  {}", world.address(0))), "{}", plan.stdout);
    assert_eq!(world.tenant().counters().writes - before.writes, 0, "a preview writes nothing");
    assert!(world.members(group).is_empty());
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["plan", "News"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_is_the_run_without_apply() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1, 2, 3]).await;
    let one = world.listsync(&["plan", "News", "--json"]).await.exits(2);
    let two = world.listsync(&["plan", "News", "--json"]).await.exits(2);
    assert_eq!(one.stdout, two.stdout);
    let planned = one.json()["group"]["add"].as_array().map(Vec::len);
    let summary = world.json(&["sync", "News"]).await;
    assert_eq!(planned.map(|count| count as u64), summary["group"]["added"].as_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_with_a_failure_exits_with_three_and_tells_whose() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1]).await;
    world.listsync(&["lists", "add", "News", "nobody.here@contoso.example"]).await.exits(0);
    let done = world.listsync(&["sync", "News"]).await.exits(3);
    assert!(done.stdout.contains("nobody.here@contoso.example"), "{}", done.stdout);
    assert!(done.stdout.contains("no_such_user"), "{}", done.stdout);
    let members = world.json(&["lists", "members", "News"]).await;
    let flagged = members.as_array().expect("an array").iter().filter(|entry| entry["undeliverable"] == true);
    let flagged: Vec<_> = flagged.map(|entry| entry["address"].clone()).collect();
    assert_eq!(flagged, ["nobody.here@contoso.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_understood_exits_with_one_and_never_with_two() {
    let world = World::without_settings().await;
    for args in [&["lists"][..], &["frobnicate"], &["link", "News"], &["import", "x.csv", "--list", "News"]] {
        let done = world.listsync(args).await.exits(1);
        assert!(!done.stderr.is_empty(), "{args:?}");
        let mut json = args.to_vec();
        json.push("--json");
        assert_eq!(world.listsync(&json).await.exits(1).error().0, "usage", "{args:?}");
    }
    world.listsync(&["--help"]).await.exits(0);
    world.listsync(&["--version"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_what_to_do() {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "Other"]).await.exits(0);
    for (args, code, named) in [
        (&["lists", "show", "News"][..], "no_such_list", "lists create"),
        (&["sync", "News"], "no_such_list", "News"),
        (&["runs", "show", "r1"], "no_such_run", "runs ls"),
        (&["imports", "show", "i1"], "no_such_import", "imports ls"),
        (&["imports", "approve", "i1"], "no_such_import", "imports"),
        (&["links", "approve", "d1"], "no_such_hold", "links ls"),
        (&["lists", "add", "News", "x"], "no_such_list", "News"),
    ] {
        let mut args = args.to_vec();
        args.push("--json");
        let (found, message) = world.listsync(&args).await.exits(1).error();
        assert!(message.contains(named), "{args:?}: {found}: {message}");
        assert!(code == found || args[0] == "imports", "{args:?}: {found}");
    }
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    assert_eq!(world.listsync(&["sync", "News", "--json"]).await.exits(1).error().0, "not_linked");
    let twice = world.listsync(&["lists", "create", "NEWS", "--json"]).await.exits(1).error();
    assert!(twice.1.contains("NEWS") || twice.1.contains("News"), "{twice:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_that_need_no_graph_need_no_settings_for_it() {
    let world = World::without_settings().await;
    world.write("people.csv", "email\nanna@contoso.example\n");
    for args in [
        &["lists", "create", "News"][..],
        &["import", "people.csv", "--list", "News", "--mode", "full"],
        &["subscribe", "News", "bo@contoso.example"],
        &["unsubscribe", "News", "bo@contoso.example"],
        &["lists", "add", "News", "cy@contoso.example"],
        &["lists", "remove", "News", "cy@contoso.example"],
        &["lists", "members", "News"],
        &["links", "ls"],
        &["runs", "ls"],
        &["imports", "ls"],
        &["settings", "get"],
        &["tick"],
        &["work", "--until-empty"],
        &["completions", "bash"],
        &["lists", "delete", "News", "--yes"],
    ] {
        world.listsync(args).await.exits(0);
    }
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let (_, message) = world.listsync(&["link", "News", "--group", "x", "--json"]).await.exits(1).error();
    assert!(message.contains("AZURE_TENANT_ID"), "{message}");
}
