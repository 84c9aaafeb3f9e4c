use std::ops::Range;

use listsync_end_to_end::World;
use listsync_graph_emulator::ObjectId;

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
