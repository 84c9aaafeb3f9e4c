use std::collections::BTreeSet;

use listsync_end_to_end::World;
use serde_json::{Value, json};

async fn status(world: &World, code: i32) -> Value {
    world.listsync(&["status", "--json"]).await.exits(code).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_each_trouble_in_the_words_of_links_and_lists_and_by_its_exit_code() {
    let world = World::of(60).await;
    let nobody_knows = world.listsync(&["status"]).await.exits(1).stderr;
    assert!(nobody_knows.contains("no store"), "{nobody_knows}");
    let group = world.linked("News", &[0, 1, 2]).await;
    let never = status(&world, 2).await;
    assert_eq!(
        (&never["items"][0]["state"], &never["counts"]["never_ran"]),
        (&json!("never_ran"), &json!(1))
    );
    world.listsync(&["sync", "News"]).await.exits(0);
    assert_eq!(status(&world, 0).await["items"][0]["text"], "in step");
    let table = world.listsync(&["status"]).await.exits(0).stdout;
    assert!(table.contains("News") && table.contains("in step"), "{table}");
    world.listsync(&["lists", "add", "News", "nobody.here@contoso.example"]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(3);
    world.listsync(&["plan", "News"]).await.exits(2);
    let again = world.listsync(&["sync", "News", "--json"]).await.exits(2).json();
    assert_eq!(
        (&again["outcome"], &again["unsettled"][0]["reason"]),
        (&json!("waiting"), &json!("no_such_user"))
    );
    let lost = world.listsync(&["status", "News"]).await.exits(3).stdout;
    assert!(lost.contains("not placed (1)") && lost.contains("nobody.here@contoso.example"), "{lost}");
    for verb in
        [&["links", "ls"][..], &["links", "show", "News"], &["lists", "ls"], &["lists", "show", "News"]]
    {
        let shown = world.listsync(verb).await.exits(0).stdout;
        assert!(shown.contains("not placed (1)"), "{verb:?}: {shown}");
    }
    let run = world.listsync(&["runs", "show", again["run"].as_str().expect("an id")]).await.exits(0).stdout;
    assert!(run.contains("nobody.here@contoso.example"), "{run}");
    let refused = world.listsync(&["status", "--watch", "--json"]).await.exits(1).error();
    assert_eq!(refused.0, "usage");
    world.tenant().delete_group(group);
    world.listsync(&["sync", "News"]).await.exits(1);
    let fails = status(&world, 4).await;
    assert_eq!(fails["items"][0]["state"], "failing", "{fails}");
    let links = world.json(&["links", "ls"]).await;
    assert_eq!((&links[0]["status"], &links[0]["state"]["exit_code"]), (&json!("failing"), &json!(4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribes_a_mistyped_address_is_told_that_nobody_of_it_was_on_the_list() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1]).await;
    let mistyped = "nobody.here@contoso.example";
    let told = world.listsync(&["unsubscribe", "News", mistyped]).await.exits(0).stdout;
    let said = format!("Nobody of the address {mistyped} was on the list 'News': is it spelt right?");
    assert!(told.contains(&said), "{told}");
    assert_eq!(world.json(&["unsubscribe", "News", mistyped]).await["was_member"], false);
    assert_eq!(world.listed("News", "member").await.len(), 2, "nobody else left");
    let kept = world.listsync(&["lists", "add", "News", mistyped, "--json"]).await.exits(1).error();
    assert_eq!(kept.0, "opted_out", "it is kept all the same");
    let right = world.json(&["unsubscribe", "News", world.address(0)]).await;
    assert_eq!(right["was_member"], true, "{right}");
    let told = world.listsync(&["unsubscribe", "News", world.address(1)]).await.exits(0).stdout;
    assert!(told.contains("opted out") && !told.contains("spelt right"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn moments_are_told_by_the_clock_on_the_wall_with_its_zone() {
    let mut world = World::of(60).await;
    world.linked("News", &[0, 1, 2]).await;
    world.listsync(&["lists", "add", "News", "nobody.here@contoso.example"]).await.exits(0);
    world.set("TZ", "XST-5:30");
    let synced = world.listsync(&["sync", "News"]).await.exits(3).stdout;
    let plan = world.listsync(&["plan", "News"]).await.exits(2).stdout;
    let link = world.listsync(&["links", "show", "News"]).await.exits(0).stdout;
    let run = world.json(&["runs", "ls"]).await[0]["run"].as_str().expect("an id").to_owned();
    let run = world.listsync(&["runs", "show", &run]).await.exits(0).stdout;
    for told in [synced, plan, link, run] {
        assert!(told.contains(" XST") && !told.contains("UTC"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn why_tells_of_a_person_step_by_step_and_changes_nothing() {
    let world = World::of(60).await;
    world.linked("News", &[0, 1]).await;
    world.listsync(&["lists", "add", "News", "nobody.here@contoso.example"]).await.exits(0);
    world.listsync(&["sync", "News"]).await.exits(3);
    let before = world.tenant().counters();
    let fine = world.listsync(&["why", "News", world.address(0), "--json"]).await.exits(0).json();
    let steps = fine["answers"][0]["steps"].as_array().expect("steps").clone();
    let asked: BTreeSet<&str> = steps.iter().filter_map(|step| step["question"].as_str()).collect();
    assert_eq!(asked, BTreeSet::from(["contact", "consent", "directory", "group", "exceptions", "next"]));
    assert!(steps[3]["text"].as_str().is_some_and(|text| text.starts_with("yes as read now")), "{fine}");
    assert!(world.tenant().counters().http_requests - before.http_requests <= 4, "a few requests");
    assert_eq!(world.tenant().counters().writes, before.writes);
    let lost = world.listsync(&["why", "News", "nobody.here@contoso.example"]).await.exits(0).stdout;
    assert!(lost.contains("nobody answers to the address") && lost.contains("tried again from"), "{lost}");
    let unknown = world.listsync(&["why", "News", world.address(9)]).await.exits(0).stdout;
    assert!(unknown.contains("no contact has") && unknown.contains("no as read now"), "{unknown}");
    world.listsync(&["unsubscribe", "News", world.address(1)]).await.exits(0);
    let no = world.listsync(&["why", "News", world.address(1)]).await.exits(0).stdout;
    assert!(no.contains("opted out") && no.contains("removed from the group by the next run"), "{no}");
    let misspelt = world.listsync(&["unsubscribe", "News", "no.such@contoso.example"]).await.exits(0).stdout;
    assert!(misspelt.contains("Nobody of the address no.such@contoso.example was on the list"), "{misspelt}");
}
