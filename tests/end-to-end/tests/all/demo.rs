use listsync_end_to_end::World;

/// The marks of the product's summary window.
const WINDOW: [&str; 8] = [
    "contacts added to list.",
    "contacts added to Outlook list.",
    "contacts removed from list.",
    "contacts removed from Outlook list.",
    "failures adding members to list.",
    "failures adding members to Outlook list.",
    "failures removing members from list.",
    "failures removing members from Outlook list.",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_needs_no_settings_and_shows_two_syncs_and_a_hold_that_is_dropped() {
    let world = World::without_settings().await;
    let before = std::fs::read_dir(world.folder()).expect("a folder").count();
    let done = world.listsync(&["demo"]).await.exits(0);
    // One is "1 contact" and "1 failure".
    let many = done.stdout.replace("1 contact ", "1 contacts ").replace("1 failure ", "1 failures ");
    for mark in WINDOW {
        assert_eq!(many.matches(mark).count(), 4, "{mark} in\n{}", done.stdout);
    }
    let (full, incremental) = (done.stdout.find("a full sync"), done.stdout.find("an incremental sync"));
    assert!(full.is_some() && full < incremental, "{}", done.stdout);
    assert!(done.stdout.contains("Scott Newsletter List Sync Completed"), "{}", done.stdout);
    let (hold, dropped) = (done.stdout.find("held "), done.stdout.find("links discard \"Scott Newsletter\""));
    assert!(hold.is_some() && hold < dropped, "{}", done.stdout);
    assert!(done.stdout.contains("AZURE_TENANT_ID"), "it ends with what to do on one's own tenant");
    let after = std::fs::read_dir(world.folder()).expect("a folder").count();
    assert_eq!(before, after, "nothing is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_one_document_with_json() {
    let world = World::without_settings().await;
    let syncs = world.json(&["demo"]).await;
    assert_eq!(syncs["syncs"][0]["read"], "full");
    assert_eq!(syncs["syncs"][1]["read"], "incremental");
    let second = &syncs["syncs"][1];
    for side in ["list", "group"] {
        assert_eq!((&second[side]["added"], &second[side]["removed"]), (&1.into(), &1.into()), "{second}");
    }
    let (held, back) = (&syncs["hold"]["held"], &syncs["hold"]["discarded"]);
    assert_eq!((&held["outcome"], &held["list"]["removed"]), (&"held".into(), &0.into()), "{held}");
    assert_eq!(back["group"]["added"], held["held"]["list_removals"], "{back}");
    assert_eq!(back["list"]["removed"], 0, "{back}");
}
