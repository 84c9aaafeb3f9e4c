use listsync_end_to_end::World;

const CONTACTS: usize = 10_000;

/// Law 9.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_contacts_take_at_most_500_member_writes_and_200_requests_and_then_one() {
    let world = World::of(CONTACTS).await;
    let group = world.linked("Everybody", &(0..CONTACTS).collect::<Vec<_>>()).await;
    world.tenant().clear_journal();
    let summary = world.listsync(&["sync", "Everybody", "--json"]).await.exits(0).json();
    let counters = world.tenant().counters();
    assert_eq!(world.members(group).len(), CONTACTS);
    assert!(counters.member_writes <= 500, "{counters:?}");
    assert!(counters.http_requests <= 200, "{counters:?}");
    assert_eq!(summary["graph"]["requests"].as_u64(), Some(counters.http_requests), "{counters:?}");
    assert_eq!(summary["graph"]["writes"].as_u64(), Some(counters.writes), "{counters:?}");
    world.assert_careful();

    // Whatever echo there is of our own writes is read by this one.
    world.listsync(&["sync", "Everybody"]).await.exits(0);
    world.tenant().clear_journal();
    let converged = world.listsync(&["sync", "Everybody", "--json"]).await.exits(0).json();
    let counters = world.tenant().counters();
    assert_eq!((counters.http_requests, counters.writes), (1, 0), "{converged}");
    assert_eq!(converged["graph"], serde_json::json!({"requests": 1, "writes": 0}));
    assert_eq!(converged["outcome"], "converged");
}
