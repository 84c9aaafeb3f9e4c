//! The sample tenant, the control surface, and size.

mod support;

use std::collections::BTreeSet;

use listsync_graph_emulator::sample::{self, Case};
use listsync_graph_emulator::{Control, GroupKind, Throttle, User};
use support::Bench;

#[tokio::test]
async fn the_sample_has_the_same_people_each_time_and_no_address_twice() {
    let people = sample::people(2_000, 1);
    assert_eq!(people, sample::people(2_000, 1));
    let mut addresses: BTreeSet<String> = people.iter().map(|person| person.address.clone()).collect();
    assert_eq!(addresses.len(), 2_000);
    let aliased = people.iter().filter(|person| person.case == Case::Alias);
    for person in aliased {
        assert!(addresses.insert(sample::alias(person)));
    }
    for case in [Case::Plain, Case::Alias, Case::Disabled, Case::NoMailbox] {
        assert!(people.iter().any(|person| person.case == case));
    }
}

#[tokio::test]
async fn the_sample_can_be_read_through_graph() {
    let bench = Bench::new().await;
    let sample = sample::tenant(&bench.tenant, 200, 1);
    assert_eq!(bench.eventual("/users/$count").await.body, 203);
    let (person, id) = &sample.people[0];
    let found = bench.get(&format!("/users?$filter=mail eq '{}'&$select=id", person.address)).await;
    assert_eq!(found.ids(), [id.to_string()]);
    let members = bench.get(&format!("/groups/{}/members", sample.mixed_group)).await;
    let kinds: BTreeSet<&str> = members.body["value"]
        .as_array()
        .expect("it is a list")
        .iter()
        .filter_map(|row| row["@odata.type"].as_str())
        .collect();
    assert_eq!(kinds.len(), 5, "{kinds:?}");
    let nested = bench.get(&format!("/groups/{}/transitiveMembers", sample.mixed_group)).await;
    assert_eq!(nested.ids().len(), members.ids().len() + 2);
    let shared = bench.get(&format!("/users/{}?$select=accountEnabled,mail", sample.shared_mailbox)).await;
    assert_eq!(shared.body["accountEnabled"], false);
}

#[tokio::test]
async fn scripts_steer_it_only_where_that_was_asked_for() {
    let closed = Bench::new().await;
    let url = |bench: &Bench, path: &str| format!("{}/emulator/{path}", bench.running.authority_host);
    let answer = closed.client.get(url(&closed, "groups")).send().await.expect("it answers");
    assert_eq!(answer.status(), 404);

    let open = Bench::with(|emulator| emulator.control(Control::On)).await;
    let person = open.person("ada");
    let group = open.group(GroupKind::Security, &[]);
    let member = url(&open, &format!("groups/{group}/members/ada@contoso.example"));
    let added = open.client.put(&member).send().await.expect("it answers");
    assert_eq!((added.status().as_u16(), open.tenant.members(group)), (200, vec![person]));
    let dump =
        open.client.get(url(&open, &format!("groups/{group}/members"))).send().await.expect("it answers");
    let dump: serde_json::Value = dump.json().await.expect("it is JSON");
    assert_eq!(dump["members"][0]["mail"], "ada@contoso.example");
    open.client.delete(&member).send().await.expect("it answers");
    assert!(open.tenant.members(group).is_empty());
    let fault = serde_json::json!({"method": "GET", "path": "/users", "nth": 1, "effect": {"status": {"status": 503}}});
    let set = open.client.post(url(&open, "faults")).json(&fault).send().await.expect("it answers");
    assert_eq!(set.status(), 201);
    assert_eq!(open.get("/users").await.status, 503);
    let settings = serde_json::json!({"lag_seconds": 60, "unknown": 1});
    let refused = open.client.patch(url(&open, "settings")).json(&settings).send().await.expect("it answers");
    assert_eq!(refused.status(), 400);
}

#[tokio::test]
async fn a_hundred_thousand_members_are_listed_page_by_page() {
    let bench = Bench::new().await;
    bench.tenant.configure(|settings| settings.throttle = Throttle::Off);
    let group = bench.group(GroupKind::Security, &[]);
    for n in 0..100_000 {
        let id = bench.tenant.add_user(User::member("Somebody", &format!("p{n}@contoso.example")));
        bench.tenant.add_member(group, id);
    }
    let path = format!("/groups/{group}/members/graph.user?$top=999&$count=true&$select=id,mail");
    let pages = bench.all(&path, &[("ConsistencyLevel", "eventual")]).await;
    assert_eq!(pages[0].body["@odata.count"], 100_000);
    assert_eq!(pages.iter().map(|page| page.ids().len()).sum::<usize>(), 100_000);
}
