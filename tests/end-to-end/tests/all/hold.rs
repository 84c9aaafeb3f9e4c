use std::ops::Range;

use listsync_end_to_end::World;
use listsync_graph_emulator::ObjectId;
use serde_json::Value;

/// A list and a group with these people in both, from which an administrator then takes some.
async fn emptied(people: Range<usize>, gone: Range<usize>) -> (World, ObjectId) {
    let world = World::of(100).await;
    let group = world.linked("News", &people.collect::<Vec<_>>()).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    for person in gone {
        world.tenant().remove_member(group, world.id(person));
    }
    (world, group)
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_removals_are_held_until_their_digest_is_approved() {
    let (world, _) = emptied(0..20, 0..10).await;
    let plan = world.listsync(&["plan", "News", "--json"]).await.exits(4).json();
    assert_eq!(plan["held"]["list_removals"], 10, "{plan}");
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(4).json();
    assert_eq!((&summary["outcome"], &summary["held"]["list_removals"]), (&"held".into(), &10.into()));
    assert_eq!(world.listed("News", "member").await.len(), 20, "nobody is removed");

    let digest = summary["held"]["digest"].as_str().expect("a digest").to_owned();
    let link = world.json(&["links", "show", "News"]).await;
    assert_eq!(link["held"]["digest"].as_str(), Some(digest.as_str()), "{link}");
    let shown = world.listsync(&["links", "show", "News"]).await.exits(0);
    assert!(shown.stdout.contains(&format!("links approve {digest}")), "{}", shown.stdout);
    world.listsync(&["links", "approve", "0000000000000000"]).await.exits(1);
    world.listsync(&["links", "approve", &digest]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.listed("News", "member").await.len(), 10);
    assert!(world.json(&["links", "show", "News"]).await["held"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_hold_brings_them_back() {
    let (world, group) = emptied(0..20, 0..10).await;
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(4).json();
    let digest = summary["held"]["digest"].as_str().expect("a digest");
    world.listsync(&["links", "discard", digest]).await.exits(0);
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert_eq!(world.listed("News", "member").await.len(), 20);
    assert_eq!(world.members(group).len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_ruled_on_by_the_name_of_its_list_and_is_approved_until_a_run_has_done_it() {
    let (world, _) = emptied(0..20, 0..10).await;
    let nothing = world.listsync(&["links", "approve", "News", "--json"]).await.exits(1).error();
    assert_eq!(nothing.0, "no_such_hold");
    world.listsync(&["sync", "News"]).await.exits(4);
    world.listsync(&["links", "approve", "news"]).await.exits(0);
    for verb in [&["links", "show", "News"][..], &["status", "News"]] {
        let shown = world.listsync(verb).await.stdout.to_lowercase();
        assert!(shown.contains("approved, waits for a run"), "{shown}");
    }
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert_eq!(world.listed("News", "member").await.len(), 10);
    let unknown = world.listsync(&["links", "discard", "Old News", "--json"]).await.exits(1).error();
    assert_eq!(unknown.0, "no_such_hold");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_group_never_empties_the_list_even_with_the_limit_off() {
    let (world, _) = emptied(0..4, 0..4).await;
    world.listsync(&["settings", "set", "max-removals", "off"]).await.exits(0);
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(4).json();
    assert_eq!(summary["held"]["list_removals"], 4, "{summary}");
    assert_eq!(world.listed("News", "member").await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_import_that_shrank_too_much_holds_its_removals() {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let rows = |count: usize| (0..count).map(|n| format!("p{n}@contoso.example\n")).collect::<String>();
    world.write("all.csv", format!("email\n{}", rows(10)));
    world.write("few.csv", format!("email\n{}", rows(3)));
    world.listsync(&["import", "all.csv", "--list", "News", "--mode", "full"]).await.exits(0);
    let held = ["import", "few.csv", "--list", "News", "--mode", "full", "--json"];
    let held = world.listsync(&held).await.exits(4).json();
    assert_eq!((&held["state"], &held["held"]), (&"held".into(), &7.into()), "{held}");
    assert_eq!(world.listed("News", "member").await.len(), 10);
    world.listsync(&["imports", "approve", held["id"].as_str().expect("an id")]).await.exits(0);
    assert_eq!(world.listed("News", "member").await.len(), 3);
}

/// Thirty on the list and in a group, and a file of ten that links the two and is held: the group, and the import.
async fn import_that_links() -> (World, ObjectId, String) {
    let world = World::of(100).await;
    let group = world.linked("News", &(0..30).collect::<Vec<_>>()).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["links", "unlink", "News"]).await.exits(0);
    let rows: String = (0..10).map(|person| format!("{}\n", world.address(person))).collect();
    world.write("few.csv", format!("email\n{rows}"));
    let id = group.to_string();
    let import = ["import", "few.csv", "--list", "News", "--mode", "full", "--link-group", &id, "--json"];
    let import = world.listsync(&import).await.exits(4).json();
    assert_eq!((&import["state"], &import["held"]), (&"held".into(), &20.into()), "{import}");
    let id = import["id"].as_str().expect("an id").to_owned();
    (world, group, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_approval_lets_an_import_and_the_first_run_of_the_link_that_it_made_go_on() {
    let (world, group, import) = import_that_links().await;
    world.listsync(&["imports", "approve", &import]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.listed("News", "member").await.len(), 10);
    assert_eq!(world.members(group), world.ids(&(0..10).collect::<Vec<_>>()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_approval_lets_an_import_and_what_its_link_would_hold_go_on() {
    let (world, group, import) = import_that_links().await;
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group).len(), 30, "nobody ruled yet");

    world.listsync(&["imports", "approve", &import]).await.exits(0);
    assert_eq!(world.listed("News", "member").await.len(), 10);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&(0..10).collect::<Vec<_>>()), "nobody is asked again");

    // What was approved counts: one more within the day is held as ever.
    world.listsync(&["lists", "remove", "News", world.address(0)]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_many_more_than_a_list_has_waits_and_joins_by_one_approval() {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    let rows = |people: Range<usize>| people.map(|n| format!("p{n}@contoso.example\n")).collect::<String>();
    world.write("four.csv", format!("email\n{}", rows(0..4)));
    world.write("many.csv", format!("email\n{}", rows(4..298)));
    let import = |file: &'static str| ["import", file, "--list", "News", "--mode", "incremental", "--json"];
    world.listsync(&import("four.csv")).await.exits(0);
    let dry = world.listsync(&[&import("many.csv")[..], &["--dry-run"]].concat()).await.exits(4).json();
    assert_eq!((&dry["held_additions"], dry["joins"].as_array().map(Vec::len)), (&294.into(), Some(294)));
    let held = world.listsync(&import("many.csv")).await.exits(4).json();
    let counts = (&held["state"], &held["added"], &held["held_additions"], &held["listed"]);
    assert_eq!(counts, (&"held".into(), &0.into(), &294.into(), &4.into()), "{held}");
    assert_eq!(world.listed("News", "member").await.len(), 4);
    assert_eq!(world.json(&["contacts", "ls"]).await.as_array().map(Vec::len), Some(4), "nobody is stored");
    let id = held["id"].as_str().expect("an id");
    let shown = world.listsync(&["imports", "show", id]).await.exits(0).stdout;
    for told in ["294 additions are held", "would join: p100@contoso.example\n", "would join: 274 more"] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert_eq!(world.json(&["imports", "approve", id]).await["added"], 294);
    assert_eq!(world.listed("News", "member").await.len(), 298);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_in_the_group_joins_the_list_by_approval_and_stays_off_it_when_dropped() {
    let world = World::of(100).await;
    let group = world.linked("News", &[0, 1, 2, 3]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let crowd = |people: Range<usize>| {
        people.for_each(|one| assert!(world.tenant().add_member(group, world.id(one))))
    };
    let digest = |document: &Value| document["held"]["digest"].as_str().expect("a digest").to_owned();

    crowd(4..64);
    let plan = world.listsync(&["plan", "News", "--json"]).await.exits(4).json();
    // Of some the tenant has no address, and nobody can put them on a list.
    let coming = plan["held"]["list_additions"].as_u64().expect("a number");
    assert!(coming > 50, "{plan}");
    let told = world.listsync(&["sync", "News"]).await.exits(4).stdout;
    for said in ["with additions held", &format!("Held: {coming} additions to the list, 0 to the group.")] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert_eq!(world.listed("News", "member").await.len(), 4);
    let link = world.json(&["links", "show", "News"]).await;
    assert_eq!((&link["held"]["list_additions"], digest(&link)), (&coming.into(), digest(&plan)));
    world.listsync(&["links", "approve", &digest(&plan)]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    let listed = world.listed("News", "member").await.len();
    assert_eq!(listed as u64, 4 + coming);

    crowd(64..100);
    let held = world.listsync(&["sync", "News", "--json"]).await.exits(4).json();
    let later = held["held"]["list_additions"].as_u64().expect("a number");
    assert!((1..=36).contains(&later), "those of the day count together: {held}");
    world.listsync(&["links", "discard", &digest(&held)]).await.exits(0);
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(summary["skipped"]["addition_declined"], later, "{summary}");
    assert_eq!((world.listed("News", "member").await.len(), world.members(group).len()), (listed, 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_on_additions_is_a_setting_and_a_lists_own() {
    let world = World::without_settings().await;
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.listsync(&["lists", "add", "News", "a@contoso.example"]).await.exits(0);
    world.write("two.csv", "email\nb@contoso.example\nc@contoso.example\n");
    let exits = async |code| {
        let dry = ["import", "two.csv", "--list", "News", "--mode", "incremental", "--dry-run"];
        world.listsync(&dry).await.exits(code);
    };
    exits(0).await;
    world.listsync(&["settings", "set", "max-additions", "1"]).await.exits(0);
    exits(4).await;
    let edited = world.json(&["lists", "edit", "News", "--max-additions", "200%"]).await;
    assert_eq!(edited["max_additions"], "200%");
    let edited = world.json(&["lists", "edit", "News", "--expect-every", "8d"]).await;
    assert_eq!(edited["expect_every"], "8d");
    let shown = world.listsync(&["lists", "show", "News"]).await.exits(0);
    assert!(shown.stdout.contains("expects a file every 8d"), "{}", shown.stdout);
    exits(0).await;
    world.listsync(&["lists", "edit", "News", "--max-additions", "as-settings"]).await.exits(0);
    exits(4).await;
    world.listsync(&["settings", "set", "max-additions", "off"]).await.exits(0);
    exits(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_link_does_not_run_until_it_is_resumed() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1]).await;
    world.listsync(&["links", "pause", "News"]).await.exits(0);
    assert_eq!(world.json(&["links", "show", "News"]).await["status"], "paused");
    world.listsync(&["sync", "News"]).await.exits(1);
    assert_eq!(world.json(&["tick"]).await["due"], 0);
    world.listsync(&["links", "resume", "News"]).await.exits(0);
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn relinking_removes_nobody() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["lists", "remove", "News", world.address(0)]).await.exits(0);
    world.listsync(&["links", "relink", "News"]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1, 2]));
    assert_eq!(world.listed("News", "member").await.len(), 3);
}
