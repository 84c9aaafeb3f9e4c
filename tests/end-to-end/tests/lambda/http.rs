//! Through the HTTP API: from what a sender or a person says to who is in the group.

use std::time::{SystemTime, UNIX_EPOCH};

use listsync_end_to_end::{Ask, Cloud, Function, PUBLIC_URL, TIMER_TIME, beat};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use crate::{
    scene::{EACH, Links},
    telling::{assert_nobody_is_named, metrics},
};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A linked list in step, and a key of the API that may do everything.
pub(crate) async fn stage() -> (Cloud, Links, String) {
    let (cloud, lists) = Links::one_in_step().await;
    let made = cloud.world.json(&["keys", "create", "all", "--scope", "admin"]).await;
    let key = made["secret"].as_str().expect("a key is shown once").to_owned();
    (cloud, lists, key)
}

/// An event of a sender, signed as Standard Webhooks has it.
fn signed(secret: &str, message: &str, event: &Value) -> Ask {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let body = event.to_string();
    let webhook = Webhook::new(secret).expect("a secret");
    let at = i64::try_from(now).expect("a time");
    let signature = webhook.sign(message, at, body.as_bytes()).expect("it is signed");
    Ask::post("/hooks/crm", JSON, body)
        .header("webhook-id", message)
        .header("webhook-timestamp", &now.to_string())
        .header("webhook-signature", &signature)
}

async fn trusted(api: &Function, key: &str) -> String {
    let sender = json!({"id": "crm", "name": "CRM", "kind": "standard", "list": "List 0"});
    let made = Ask::post("/v1/sources", JSON, sender.to_string()).key(key).of(api).await.is(201).json();
    assert_eq!(made["url"], format!("{PUBLIC_URL}/hooks/crm"));
    made["secret"].as_str().expect("a secret is shown once").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_becomes_a_decision_a_message_a_run_and_a_change_of_the_group() {
    let (cloud, lists, key) = stage().await;
    let (group, world) = (lists.groups["List 0"], &cloud.world);
    let (api, worker) = (cloud.api().await, cloud.worker().await);
    let secret = trusted(&api, &key).await;

    let leave = |person: usize| json!({"type": "unsubscribe", "address": world.address(person)});
    let forged = signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "m-0", &leave(0));
    let _ = forged.of(&api).await.is(401);
    assert_eq!(cloud.waiting().await, [0, 0, 0]);

    let told = signed(&secret, "m-1", &leave(0)).of(&api).await.is(202).json();
    assert_eq!(told, json!({"events": 1, "outcomes": {"applied": 1}}));
    let again = signed(&secret, "m-1", &leave(0)).of(&api).await.is(202).json();
    assert_eq!(again["outcomes"], json!({"repeated": 1}));
    let _ = signed(&secret, "m-2", &leave(1)).of(&api).await.is(202);
    assert_eq!(cloud.waiting().await, [1, 0, 0], "events of one list make one message");
    assert!(world.members(group).contains(&world.id(0)));

    cloud.work_off(&worker).await;
    let members = world.members(group);
    assert!(!members.contains(&world.id(0)) && !members.contains(&world.id(1)), "{members:?}");
    assert_eq!(members.len(), EACH - 1);
    assert_eq!(world.listed("List 0", "opted_out").await.len(), 2);
    assert_nobody_is_named(&cloud, &[&api, &worker], &[&key, &secret]);
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_leaves_the_group_without_a_key_and_a_look_at_the_page_leaves_nothing() {
    let (cloud, lists, key) = stage().await;
    let (group, world) = (lists.groups["List 0"], &cloud.world);
    let (api, worker) = (cloud.api().await, cloud.worker().await);
    let wanted = json!({"contact": world.address(0), "list": "List 0"}).to_string();
    let _ = Ask::post("/v1/opt-out-links", JSON, wanted.clone()).of(&api).await.is(401);
    let made = Ask::post("/v1/opt-out-links", JSON, wanted).key(&key).of(&api).await.is(201).json();
    let path = made["url"].as_str().and_then(|url| url.strip_prefix(PUBLIC_URL)).expect("a link").to_owned();

    for _ in 0..3 {
        let page = Ask::get(path.clone()).of(&api).await.is(200);
        assert!(page.body.contains("<button"), "{}", page.body);
    }
    assert_eq!(cloud.waiting().await, [0, 0, 0], "a look changes nothing");
    let _ = Ask::post("/u/v1.forged", FORM, "List-Unsubscribe=One-Click").of(&api).await.is(404);

    for _ in 0..2 {
        let _ = Ask::post(path.clone(), FORM, "List-Unsubscribe=One-Click").of(&api).await.is(200);
    }
    cloud.work_off(&worker).await;
    assert!(!world.members(group).contains(&world.id(0)));
    assert!(world.listed("List 0", "opted_out").await.contains(world.address(0)));
    let token = path.trim_start_matches("/u/").to_owned();
    assert_nobody_is_named(&cloud, &[&api, &worker], &[&key, &token]);
}

/// Without the setting all of them would be the proxy, which may ask 200 times and then 50 times a second.
#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_that_the_stack_trusts_each_stranger_is_counted_alone() {
    let (mut cloud, _, _) = stage().await;
    cloud.world.set("LISTSYNC_TRUSTED_PROXIES", "192.0.2.0/24");
    let api = cloud.api().await;
    for stranger in 0..600 {
        let client = format!("198.51.{}.{}", stranger / 200, stranger % 200);
        let ask = Ask::get("/u/v1.forged").header("x-forwarded-for", &client);
        let _ = ask.of(&api).await.is(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_may_only_read_makes_a_link_and_the_worker_makes_its_group() {
    let (cloud, _, key) = stage().await;
    let world = &cloud.world;
    let (api, worker) = (cloud.api().await, cloud.worker().await);
    world.write("news.csv", world.csv(&[6, 7, 8]));
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.listsync(&["import", "news.csv", "--list", "News", "--mode", "full"]).await.exits(0);
    let groups = world.tenant().groups().len();

    let wanted = json!({"list": "News", "new_group": {"name": "The news"}}).to_string();
    let made = Ask::post("/v1/links", JSON, wanted).key(&key).of(&api).await.is(201).json();
    assert_eq!(made["group"], json!({"id": null, "name": "The news", "visibility": "private"}));
    assert_eq!(made["status"], "pending");
    let path = format!("/v1/links/{}", made["id"].as_str().expect("an id"));
    let listed = world.listsync(&["links", "ls"]).await.exits(0).stdout;
    assert!(listed.lines().any(|line| line.contains("The news") && line.contains("pending")), "{listed}");
    let plan = Ask::get(format!("{path}/plan")).key(&key).of(&api).await.is(200).json();
    assert_eq!(plan["group"]["add"].as_array().map(Vec::len), Some(3), "{plan}");
    assert_eq!(world.tenant().groups().len(), groups, "what strangers reach makes no group");
    assert_eq!(cloud.waiting().await, [1, 0, 0], "a message names the link");

    // With the app that may only read, the directory makes no group, and the link goes on to wait for one.
    let reader = cloud.start_as_reader("listsync-worker").await;
    cloud.work_off(&reader).await;
    let waiting = Ask::get(path.clone()).key(&key).of(&api).await.is(200).json();
    assert_eq!((&waiting["status"], &waiting["last_run"]["outcome"]), (&"pending".into(), &"failed".into()));
    let hint = waiting["last_run"]["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("Group.Create"), "{waiting}");
    assert_eq!(world.tenant().groups().len(), groups);

    let _ = Ask::post(format!("{path}/sync"), JSON, "").key(&key).of(&api).await.is(202);
    cloud.work_off(&worker).await;
    let linked = Ask::get(path).key(&key).of(&api).await.is(200).json();
    assert_eq!((&linked["status"], &linked["last_run"]["outcome"]), (&"active".into(), &"converged".into()));
    let group = world.group(&linked);
    assert_eq!(world.members(group), world.ids(&[6, 7, 8]));
    assert_eq!(world.tenant().groups().len(), groups + 1);
    assert_nobody_is_named(&cloud, &[&api, &worker, &reader], &[&key]);
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_with_a_key_and_its_role_lets_it() {
    let (cloud, _, key) = stage().await;
    let api = cloud.api().await;
    let (read, operate) = ("/v1/lists", "/v1/lists/List%200/members");
    let _ = Ask::get(read).of(&api).await.is(401);
    let _ = Ask::get("/healthz").of(&api).await.is(200);
    let lists = Ask::get(read).key(&key).of(&api).await.is(200).json();
    assert_eq!(lists["items"][0]["name"], "List 0");
    let members = Ask::get(format!("{operate}?limit=2")).key(&key).of(&api).await.is(200).json();
    assert_eq!(members["items"].as_array().map(Vec::len), Some(2));

    let link = cloud.world.json(&["links", "ls"]).await[0]["id"].as_str().expect("an id").to_owned();
    for path in [
        format!("/v1/links/{link}"),
        format!("/v1/links/{link}/plan"),
        format!("/v1/runs?link={link}"),
        "/v1/runs".to_owned(),
        "/v1/imports".to_owned(),
        "/v1/contacts".to_owned(),
        "/v1/settings".to_owned(),
        "/v1/keys".to_owned(),
        "/v1/audit".to_owned(),
    ] {
        let _ = Ask::get(path).key(&key).of(&api).await.is(200);
    }
    let file = format!("email\n{}\n", cloud.world.address(12));
    let taken = Ask::post("/v1/lists/List%200/imports?mode=incremental", "text/csv", file).key(&key);
    assert_eq!(taken.of(&api).await.is(201).json()["added"], 1);
    let asked = Ask::post(format!("/v1/links/{link}/sync"), JSON, "").key(&key).of(&api).await.is(202).json();
    assert_eq!(asked["state"], "pending");
    cloud.work_off(&cloud.worker().await).await;
    let done = format!("/v1/links/{link}/syncs/{}", asked["generation"]);
    assert_eq!(Ask::get(done).key(&key).of(&api).await.is(200).json()["state"], "done");
    assert_nobody_is_named(&cloud, &[&api], &[&key]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_came_over_http_and_waits_is_counted_by_the_next_beat() {
    let (cloud, _, key) = stage().await;
    let (api, timer) = (cloud.api().await, cloud.timer().await);
    let strangers: String = (0..60).map(|number| format!("stranger-{number}@contoso.example\n")).collect();
    let file = Ask::post(
        "/v1/lists/List%200/imports?mode=incremental",
        "text/csv",
        "email\n".to_owned() + &strangers,
    );
    let import = file.key(&key).of(&api).await.is(201).json();
    assert_eq!(import["state"], "held", "{import}");
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let discard = format!("/v1/imports/{}/discard", import["id"].as_str().expect("an id"));
    let _ = Ask::post(discard, JSON, "").key(&key).of(&api).await.is(200);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let lines = timer.lines();
    let held: Vec<_> = metrics(&lines).iter().map(|line| line["HeldImports"].as_u64()).collect();
    assert_eq!(held, [Some(1), Some(0)], "the template's alarm rings for it");
    assert_nobody_is_named(&cloud, &[&api, &timer], &["stranger-", &key]);
}

/// Laws 13 and 17, with no more than the roles of the functions allow.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_leaves_the_group_and_a_deleted_list_keeps_its_links_to_opt_out() {
    let (cloud, lists, key) = stage().await;
    let (group, world) = (lists.groups["List 0"], &cloud.world);
    let (api, worker) = (cloud.api().await, cloud.worker().await);
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.listsync(&["lists", "add", "News", world.address(1)]).await.exits(0);
    let wanted = json!({"contact": world.address(1), "list": "News"}).to_string();
    let made = Ask::post("/v1/opt-out-links", JSON, wanted).key(&key).of(&api).await.is(201).json();
    let link = made["url"].as_str().and_then(|url| url.strip_prefix(PUBLIC_URL)).expect("a link").to_owned();
    let _ = Ask::delete("/v1/lists/News").key(&key).of(&api).await.is(204);
    let _ = Ask::get(link.clone()).of(&api).await.is(200);
    let _ = Ask::post(link, FORM, "List-Unsubscribe=One-Click").of(&api).await.is(200);
    world.listsync(&["lists", "create", "News"]).await.exits(0);
    world.listsync(&["lists", "add", "News", world.address(1)]).await.exits(1);
    world.listsync(&["lists", "add", "News", world.address(2)]).await.exits(0);
    let listed = world.listed("News", "member").await;
    assert_eq!(listed, [world.address(2).to_owned()].into(), "the no waited for the next list of the name");

    let erase = format!("/v1/contacts/{}/erase", world.address(0));
    let _ = Ask::post(erase, JSON, "").key(&key).of(&api).await.is(200);
    let nobody = "/v1/contacts/nobody@contoso.example/erase";
    let _ = Ask::post(nobody, JSON, "").key(&key).of(&api).await.is(200);
    cloud.work_off(&worker).await;
    assert!(!world.members(group).contains(&world.id(0)));
    assert!(world.members(group).contains(&world.id(1)), "they said no to the deleted list alone");
    assert_eq!(cloud.refused(), Vec::<String>::new());
    assert_nobody_is_named(&cloud, &[&api, &worker], &[&key]);
    world.assert_careful();
}
