//! Memberships that end by date, and contacts that are on no list any more.

use std::time::Duration;

use listsync_core::Timestamp;
use listsync_end_to_end::World;
use tokio::time::sleep;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_on_a_list_for_a_time_leaves_list_and_group_by_the_next_sync() {
    let world = World::of(20).await;
    let group = world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let ben = world.address(2);
    let past =
        world.listsync(&["lists", "add", "News", ben, "--until", "2020-12-31", "--json"]).await.exits(1);
    assert_eq!(past.error().0, "until");
    let dated = ["lists", "add", "News", ben, "--until", "2199-12-31", "--json"];
    let said = world.listsync(&dated).await.exits(0).json();
    assert_eq!((&said["outcome"], &said["until"]), (&"already".into(), &"2200-01-01T00:00:00Z".into()));
    let shown = world.listsync(&["lists", "show", "News"]).await.exits(0).stdout;
    assert!(shown.contains("1 of them leave by a date"), "{shown}");
    for line in [&["lists", "members", "News"][..], &["contacts", "show", ben], &["why", "News", ben]] {
        let shown = world.listsync(line).await.exits(0).stdout;
        assert!(
            shown.contains("until 2200-01-01") || shown.contains("until 2199-12-31"),
            "{line:?}: {shown}"
        );
    }
    let soon = Timestamp::now().checked_add(Duration::from_secs(2)).expect("in range").to_string();
    world.listsync(&["lists", "add", "News", ben, "--until", &soon]).await.exits(0);
    sleep(Duration::from_secs(3)).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(world.members(group), world.ids(&[0, 1]));
    let told = world.json(&["lists", "history", "News"]).await;
    let left = told.as_array().expect("entries").iter().find(|one| one["by"]["kind"] == "end_date");
    assert_eq!(
        left.map(|one| (&one["address"], &one["op"])),
        Some((&ben.into(), &"remove".into())),
        "{told}"
    );

    let prune =
        |more: &[&'static str]| [&["contacts", "prune", "--older-than", "off", "--json"], more].concat();
    let asked = world.listsync(&prune(&[])).await.exits(1);
    assert_eq!(asked.error().0, "unconfirmed");
    assert_eq!(world.json(&["contacts", "ls"]).await.as_array().map(Vec::len), Some(3), "nothing was done");
    world.listsync(&["contacts", "prune", "--yes"]).await.exits(0);
    assert_eq!(world.json(&["contacts", "ls"]).await.as_array().map(Vec::len), Some(3), "not long enough");
    let pruned = world.listsync(&prune(&["--yes"])).await.exits(0).json();
    assert_eq!((&pruned["deleted"], &pruned["said_no"]), (&1.into(), &0.into()), "{pruned}");
    assert_eq!(world.json(&["contacts", "ls"]).await.as_array().map(Vec::len), Some(2));
    let audit = world.json(&["audit", "ls"]).await;
    assert_eq!((&audit[0]["action"], &audit[0]["actor"]["kind"]), (&"contact.prune".into(), &"local".into()));
    world.assert_careful();
}
