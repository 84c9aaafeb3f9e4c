use listsync_end_to_end::World;
use listsync_graph_emulator::{Group, GroupKind, ObjectId};
use serde_json::Value;

fn group(world: &World, name: &str, people: &[usize]) -> ObjectId {
    let group = world.tenant().add_group(Group::new(GroupKind::Security, name));
    for person in people {
        world.tenant().add_member(group, world.id(*person));
    }
    world.tenant().settle();
    group
}

/// A list with people 0 to 2 that is in step with a group of its own and with "Sales", where person 3 is.
async fn two_groups() -> (World, ObjectId, ObjectId) {
    let world = World::of(30).await;
    let news = world.linked("News", &[0, 1, 2]).await;
    let sales = group(&world, "Sales", &[3]);
    let place = format!("entra:{sales}");
    let link = world.json(&["link", "News", "--group", &place]).await;
    assert_eq!((&link["place"], &link["mode"]), (&place.into(), &"two-way".into()));
    (world, news, sales)
}

fn ids(document: &Value, what: &str) -> Vec<Value> {
    document[what].as_array().expect("several").iter().map(|one| one["link"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_in_step_with_two_groups_and_one_verb_takes_both() {
    let (world, news, sales) = two_groups().await;
    let plan = world.listsync(&["plan", "News", "--json"]).await.exits(2).json();
    let plans = plan["plans"].as_array().expect("both");
    assert_eq!(plans.len(), 2, "{plan}");
    let second = plans.iter().find(|plan| plan["place"] == format!("entra:{sales}")).expect("of Sales");
    assert_eq!((second["list"]["add"][0]["address"].as_str()), Some(world.address(3)), "{plan}");
    assert_eq!(
        (&second["follow_ons"][0]["additions"], &second["follow_ons"][0]["removals"]),
        (&1.into(), &0.into())
    );
    let text = world.listsync(&["plan", "News"]).await.exits(2).stdout;
    assert!(text.contains("News ↔ Sales") && text.contains("up to 1 to add, 0 to remove"), "{text}");

    let synced = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(ids(&synced, "runs"), ids(&plan, "plans"), "{synced}");
    for group in [news, sales] {
        assert_eq!(world.members(group), world.ids(&[0, 1, 2, 3]));
    }
    world.tenant().remove_member(sales, world.id(0));
    world.tenant().add_member(news, world.id(9));
    world.listsync(&["sync", "News"]).await.exits(0);
    for group in [news, sales] {
        assert_eq!(world.members(group), world.ids(&[1, 2, 3, 9]));
    }
    let nothing = world.listsync(&["plan", "News", "--json"]).await.exits(0).json();
    assert_eq!(nothing["plans"].as_array().map(Vec::len), Some(2));

    // What came of it for the other link is done with, and the timer finds nothing.
    world.listsync(&["work", "--until-empty"]).await.exits(0);
    assert_eq!(world.json(&["tick"]).await["due"], 0);
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verb_for_one_link_wants_to_know_which() {
    let (world, _, sales) = two_groups().await;
    world.listsync(&["sync", "News"]).await.exits(0);
    let place = format!("entra:{sales}");
    for verb in [
        &["links", "pause", "News"][..],
        &["links", "show", "News"],
        &["links", "unlink", "News"],
        &["handout", "News"],
    ] {
        let (code, text) = world.listsync(&[verb, &["--json"]].concat()).await.exits(1).error();
        assert_eq!(code, "several_links", "{verb:?}");
        assert!(text.contains(&place) && text.contains("--place"), "{text}");
    }
    for named in [place.as_str(), "sales", "entra:Sales", &sales.to_string()] {
        let shown = world.json(&["links", "show", "News", "--place", named]).await;
        assert_eq!(shown["place"], place.as_str(), "{named}");
    }
    let (code, text) =
        world.listsync(&["sync", "News", "--place", "nobody", "--json"]).await.exits(1).error();
    assert!(code == "no_such_place" && text.contains(&place), "{code} {text}");
    let (code, text) =
        world.listsync(&["sync", "News", "--place", "ldap:x", "--json"]).await.exits(1).error();
    assert!(code == "group_name" && text.contains("entra:GROUP"), "{code} {text}");
    let one = world.listsync(&["sync", "News", "--place", &place, "--json"]).await.exits(0).json();
    assert_eq!((&one["place"], &one["outcome"]), (&place.clone().into(), &"converged".into()));

    world.json(&["links", "pause", "News", "--place", &place]).await;
    world.tenant().remove_member(sales, world.id(0));
    let synced = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(ids(&synced, "runs").len(), 1, "who is paused is left out: {synced}");
    world.json(&["links", "resume", "News", "--place", &place]).await;

    world.tenant().delete_group(sales);
    let synced = world.listsync(&["sync", "News", "--json"]).await.exits(1).json();
    let outcomes: Vec<&Value> =
        synced["runs"].as_array().expect("both").iter().map(|run| &run["outcome"]).collect();
    assert!(outcomes.contains(&&"failed".into()) && outcomes.contains(&&"converged".into()), "{synced}");
    world.json(&["links", "unlink", "News", "--place", &place]).await;
    let summary = world.listsync(&["sync", "News", "--json"]).await.exits(0).json();
    assert_eq!(summary["outcome"], "converged", "of one link it is as ever: {summary}");
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_may_not_stand_beside_the_others_is_refused_by_name() {
    let (world, news, sales) = two_groups().await;
    world.listsync(&["lists", "create", "Events"]).await.exits(0);
    let other = group(&world, "Other", &[]);
    let refused = async |list: &str, group: ObjectId, mode: &str| {
        let group = format!("entra:{group}");
        let tried = world.listsync(&["link", list, "--group", &group, "--mode", mode, "--json"]).await;
        tried.exits(1).error()
    };
    let (code, text) = refused("News", other, "group-to-list").await;
    assert!(code == "list_taken" && text.contains("News") && text.contains("two-way"), "{code} {text}");
    for (list, group) in [("News", sales), ("Events", sales), ("Events", news)] {
        let (code, text) = refused(list, group, "list-to-group").await;
        assert!(code == "group_taken" && text.contains("'News'"), "{code} {text}");
    }
    let events =
        world.json(&["link", "Events", "--group", &sales.to_string(), "--mode", "group-to-list"]).await;
    let (code, text) = refused("Events", other, "two-way").await;
    let id = events["id"].as_str().expect("an id");
    assert!(code == "list_taken" && text.contains(id) && text.contains("list-to-group"), "{code} {text}");
    world.json(&["link", "Events", "--group", &other.to_string(), "--mode", "list-to-group"]).await;
    world.listsync(&["sync", "News"]).await.exits(0);
    world.listsync(&["sync", "Events"]).await.exits(0);
    assert_eq!(world.members(other), world.ids(&[0, 1, 2, 3]), "from News by Sales and Events");
    world.assert_careful();
}
