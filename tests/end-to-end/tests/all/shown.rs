//! A sync keeps to the plan that was shown.

use listsync_end_to_end::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_does_what_a_plan_showed_and_names_the_rest() {
    let world = World::of(60).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["lists", "add", "News", world.address(10)]).await.exits(0);
    let plan = world.listsync(&["plan", "News", "--json"]).await.exits(2).json();
    assert_eq!((&plan["totals"]["group_additions"], &plan["totals"]["held"]), (&1.into(), &0.into()));
    let shown = world.listsync(&["plan", "News"]).await.exits(2).stdout;
    assert!(shown.contains("Group: 1 to add, 0 to remove. Held: 0."), "{shown}");
    let digest = plan["digest"].as_str().expect("a digest");
    let unknown = world.listsync(&["sync", "News", "--plan", "0123456789abcdef", "--json"]).await.exits(1);
    assert_eq!(unknown.error().0, "no_such_plan");
    assert_eq!(world.members(group), world.ids(&[0, 1, 2]), "nothing was done");

    world.listsync(&["lists", "add", "News", world.address(11)]).await.exits(0);
    let synced = world.listsync(&["sync", "News", "--plan", digest, "--json"]).await.exits(3).json();
    assert_eq!((&synced["outcome"], &synced["reason"]), (&"partial".into(), &"plan_differs".into()));
    assert_eq!(synced["remarks"][0]["addresses"][0], world.address(11), "{synced}");
    assert_eq!(world.members(group), world.ids(&[0, 1, 2, 10]));
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1, 2, 10, 11]));
    world.assert_careful();
}
