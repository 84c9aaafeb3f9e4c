//! Change tracking of groups and users.

mod support;

use std::collections::BTreeSet;

use listsync_graph_emulator::{GroupKind, ObjectId, Replay};
use serde_json::Value;
use support::{Answer, Bench};

/// Who came and who went, over some pages, and the link for the next round.
#[derive(Debug, Default, PartialEq, Eq)]
struct Changes {
    came: BTreeSet<String>,
    went: BTreeSet<String>,
    link: String,
}

fn fold(pages: &[Answer]) -> Changes {
    let mut changes = Changes::default();
    for row in pages.iter().flat_map(|page| page.body["value"].as_array().expect("it is a list")) {
        for member in row["members@delta"].as_array().into_iter().flatten() {
            let id = member["id"].as_str().expect("it has an id").to_owned();
            if member.get("@removed").is_some() {
                changes.went.insert(id)
            } else {
                changes.came.insert(id)
            };
        }
    }
    let last = pages.last().expect("there is a page");
    changes.link = last.body["@odata.deltaLink"].as_str().expect("there is a delta link").to_owned();
    for page in &pages[..pages.len() - 1] {
        assert!(page.body.get("@odata.deltaLink").is_none());
    }
    changes
}

fn texts(ids: &[ObjectId]) -> BTreeSet<String> {
    ids.iter().map(ToString::to_string).collect()
}

async fn round(bench: &Bench, path: &str) -> Changes {
    fold(&bench.all(path, &[]).await)
}

fn first(group: ObjectId) -> String {
    format!("/groups/delta?$select=members&$filter=id eq '{group}'")
}

#[tokio::test]
async fn a_first_round_shows_everybody_and_the_next_only_what_changed() {
    let bench = Bench::new().await;
    let people = bench.people(5);
    let group = bench.group(GroupKind::Security, &people[..3]);
    let start = round(&bench, &first(group)).await;
    assert_eq!(start.came, texts(&people[..3]));
    let quiet = bench.get(&start.link).await;
    assert_eq!(quiet.ids().len(), 0);
    bench.tenant.add_member(group, people[3]);
    bench.tenant.remove_member(group, people[0]);
    let next = round(&bench, &start.link).await;
    assert_eq!((next.came, next.went), (texts(&people[3..4]), texts(&people[..1])));
    let again = round(&bench, &next.link).await;
    assert!(again.came.is_empty() && again.went.is_empty());
}

#[tokio::test]
async fn a_big_group_appears_many_times_and_pages_may_be_empty() {
    let bench = Bench::new().await;
    let people = bench.people(57);
    let group = bench.group(GroupKind::Security, &people);
    let other = bench.group(GroupKind::Security, &people[..7]);
    bench.tenant.configure(|settings| {
        settings.delta.slice = 5;
        settings.delta.page = 10;
        settings.delta.empty_pages = 2;
    });
    let path = format!("/groups/delta?$select=members&$filter=id eq '{group}' or id eq '{other}'");
    let pages = bench.all(&path, &[]).await;
    assert_eq!(pages.len(), 2 + 7);
    assert!(pages[0].ids().is_empty() && pages[1].ids().is_empty());
    assert!(pages[2..].iter().all(|page| !page.ids().is_empty()));
    let appearances = pages.iter().flat_map(Answer::ids).filter(|id| *id == group.to_string()).count();
    assert!(appearances >= 12, "{appearances}");
    let start = fold(&pages);
    assert_eq!(start.came, texts(&people));
    for person in &people {
        bench.tenant.remove_member(group, *person);
    }
    let pages = bench.all(&start.link, &[]).await;
    assert_eq!((pages.len(), fold(&pages).went), (2 + 6, texts(&people)));
}

#[tokio::test]
async fn a_token_for_now_shows_nothing_and_then_what_comes_after() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people[..1]);
    let latest = bench.get(&format!("{}&$deltatoken=latest", first(group))).await;
    assert_eq!(latest.ids().len(), 0);
    bench.tenant.add_member(group, people[1]);
    let link = latest.body["@odata.deltaLink"].as_str().expect("there is a link").to_owned();
    assert_eq!(round(&bench, &link).await.came, texts(&people[1..]));
}

#[tokio::test]
async fn options_belong_to_the_first_request_only() {
    let bench = Bench::new().await;
    let group = bench.group(GroupKind::Security, &[]);
    let link = round(&bench, &first(group)).await.link;
    for extra in ["$select=members", "$filter=id eq 'x'", "$top=5"] {
        assert_eq!(bench.get(&format!("{link}&{extra}")).await.status, 400, "{extra}");
    }
    for extra in ["$top=5", "$expand=members", "$orderby=id"] {
        assert_eq!(bench.get(&format!("{}&{extra}", first(group))).await.status, 400, "{extra}");
    }
    assert_eq!(bench.get(&format!("{link}x")).await.status, 400);
    let token = link.split('=').nth(1).expect("there is a token");
    assert_eq!(bench.get(&format!("/users/delta?$deltatoken={token}")).await.status, 400);
}

#[tokio::test]
async fn a_filter_names_up_to_fifty_ids() {
    let bench = Bench::new().await;
    let filter = |count: u128| {
        let clauses: Vec<String> =
            (0..count).map(|n| format!("id eq '{}'", ObjectId::from_u128(n + 1))).collect();
        let url = format!("/groups/delta?$select=members&$filter={}", clauses.join(" or "));
        serde_json::json!({"requests": [{"id": "1", "method": "GET", "url": url}]})
    };
    let status = |answer: Answer| answer.body["responses"][0]["status"].clone();
    assert_eq!(status(bench.post("/$batch", filter(50)).await), 200);
    assert_eq!(status(bench.post("/$batch", filter(51)).await), 400);
    assert_eq!(bench.get("/groups/delta?$filter=displayName eq 'x'").await.status, 400);
    assert_eq!(bench.get("/groups/delta?$filter=id in ('x')").await.status, 400);
}

#[tokio::test]
async fn an_old_token_is_a_lost_state_and_a_reset_says_where_to_start() {
    let bench = Bench::new().await;
    let people = bench.people(1);
    let group = bench.group(GroupKind::Security, &people);
    let link = round(&bench, &first(group)).await.link;
    bench.tenant.reset_delta();
    let gone = bench.get(&link).await;
    assert_eq!(gone.status, 410);
    let start = gone.header("location").to_owned();
    assert!(start.ends_with("$deltatoken="), "{start}");
    assert_eq!(round(&bench, &start).await.came, texts(&people));
}

#[tokio::test]
async fn a_token_lives_for_seven_days() {
    let mut bench = Bench::new().await;
    let group = bench.group(GroupKind::Security, &[]);
    let link = round(&bench, &first(group)).await.link;
    bench.wait(7 * 24 * 3_600);
    bench.sign_in().await;
    assert_eq!(bench.get(&link).await.status, 200);
    bench.wait(1);
    bench.get(&link).await.refused(400, "syncStateNotFound", "The delta token is expired");
}

#[tokio::test]
async fn a_deleted_user_shows_only_when_gone_for_good() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let group = bench.group(GroupKind::Security, &people);
    let groups = round(&bench, &first(group)).await.link;
    let users = round(&bench, "/users/delta?$select=id,mail").await.link;
    bench.tenant.delete_user(people[0]);
    let quiet = round(&bench, &groups).await;
    assert!(quiet.went.is_empty());
    let reason = |answer: &Answer| answer.body["value"][0]["@removed"]["reason"].clone();
    let deleted = bench.get(&users).await;
    assert_eq!((deleted.ids(), reason(&deleted)), (vec![people[0].to_string()], "changed".into()));
    bench.tenant.purge_user(people[0]);
    assert_eq!(round(&bench, &quiet.link).await.went, texts(&people[..1]));
    let next = deleted.body["@odata.deltaLink"].as_str().expect("there is a link").to_owned();
    assert_eq!(reason(&bench.get(&next).await), "deleted");
}

#[tokio::test]
async fn a_renamed_user_shows_if_the_name_is_tracked() {
    let bench = Bench::new().await;
    let people = bench.people(2);
    let mails = round(&bench, "/users/delta?$select=mail").await.link;
    let names = round(&bench, "/users/delta?$select=displayName").await.link;
    bench.tenant.update_user(people[0], |user| user.mail = Some("new@contoso.example".to_owned()));
    let shown = bench.get(&mails).await;
    assert_eq!(shown.body["value"][0]["mail"], "new@contoso.example");
    assert_eq!(bench.get(&names).await.ids().len(), 0);
}

#[tokio::test]
async fn a_group_that_is_gone_or_renamed_shows_as_such() {
    let bench = Bench::new().await;
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/delta?$select=displayName,members&$filter=id eq '{group}'");
    let link = round(&bench, &path).await.link;
    bench.tenant.update_group(group, |group| group.display_name = "Crew".to_owned());
    let renamed = bench.get(&link).await;
    assert_eq!(renamed.body["value"][0]["displayName"], "Crew");
    let link = renamed.body["@odata.deltaLink"].as_str().expect("there is a link").to_owned();
    bench.tenant.delete_group(group);
    let gone = bench.get(&link).await;
    assert_eq!(gone.body["value"][0]["@removed"]["reason"], "changed");
    let link = gone.body["@odata.deltaLink"].as_str().expect("there is a link").to_owned();
    bench.tenant.purge_group(group);
    assert_eq!(bench.get(&link).await.body["value"][0]["@removed"]["reason"], "deleted");
}

#[tokio::test]
async fn a_minimal_answer_has_only_what_changed() {
    let bench = Bench::new().await;
    let people = bench.people(1);
    let group = bench.group(GroupKind::Security, &[]);
    let path = format!("/groups/delta?$select=displayName,members&$filter=id eq '{group}'");
    let link = round(&bench, &path).await.link;
    bench.tenant.add_member(group, people[0]);
    let full: Value = bench.get(&link).await.body["value"][0].clone();
    let minimal = bench.send("GET", &link, &[("Prefer", "return=minimal")], None).await;
    assert_eq!(full["displayName"], "Team");
    assert!(minimal.body["value"][0].get("displayName").is_none());
}

#[tokio::test]
async fn changes_may_be_replayed() {
    let bench = Bench::new().await;
    let people = bench.people(3);
    let group = bench.group(GroupKind::Security, &people[..1]);
    let link = round(&bench, &first(group)).await.link;
    bench.tenant.configure(|settings| settings.delta.replay = Replay::LastRound);
    bench.tenant.add_member(group, people[1]);
    let one = round(&bench, &link).await;
    bench.tenant.add_member(group, people[2]);
    let two = round(&bench, &one.link).await;
    assert_eq!(one.came, texts(&people[1..2]));
    assert_eq!(two.came, texts(&people[1..3]));
}
