//! Linking and syncing over the API.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    id::{LinkId, RunId},
};
use listsync_engine::{
    ports::Acquired,
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_http::{Asker, Options};
use listsync_testkit::sample;
use serde_json::{Value, json};

use crate::{
    documents::judge,
    stage::{Stage, options},
};

/// The worker, until the queue is empty.
pub(crate) async fn work(stage: &Stage) {
    let ports = &stage.service.ports;
    loop {
        let deliveries = ports.queue.receive(4, Duration::from_secs(60)).await.unwrap();
        if deliveries.is_empty() {
            return;
        }
        for delivery in deliveries {
            let until: Timestamp = ports.clock.now() + Duration::from_secs(60);
            let run = RunId::parse(&uuid::Uuid::now_v7().to_string()).unwrap();
            let context = RunContext { run, until, receive: Receive::Early };
            match handle(ports, &delivery.body, &context, &Unwatched).await {
                Handled::Acknowledge(_) => ports.queue.acknowledge(&delivery.receipt).await.unwrap(),
                other => panic!("{other:?}"),
            }
        }
    }
}

async fn linked(stage: &Stage) -> String {
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("PUT", "/v1/lists/News/members/cleo@contoso.example").expect(201).await;
    let link = stage
        .administer("POST", "/v1/links")
        .json(json!({"list": "News", "group": "Staff"}))
        .expect(201)
        .await;
    link["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_sync_says_where_to_look_and_then_what_it_did() {
    let stage = Stage::new(options()).await;
    let link = linked(&stage).await;
    let plan = stage.operate("GET", &format!("/v1/links/{link}/plan")).expect(200).await;
    assert_eq!(plan["group"]["add"][0]["address"], "cleo@contoso.example");
    let asked = stage.operate("POST", &format!("/v1/links/{link}/sync")).send().await;
    assert_eq!((asked.status.as_u16(), &asked.document()["state"]), (202, &Value::from("pending")));
    let path = asked.header("location").to_owned();
    assert_eq!(stage.operate("GET", &path).expect(200).await["run"], Value::Null);
    work(&stage).await;
    let done = stage.operate("GET", &path).expect(200).await;
    assert_eq!((done["state"].as_str(), done["run"]["group"]["added"].as_u64()), (Some("done"), Some(1)));
    assert!(stage.directory.members(&sample::group("staff")).contains(&sample::object("cleo")));
    stage.operate("GET", &format!("/v1/links/{link}/syncs/99")).refused(404).await;
}

#[tokio::test]
async fn a_caller_can_wait_for_the_summary() {
    let stage = Stage::new(options()).await;
    let link = linked(&stage).await;
    let worker = async {
        // It has nothing to do before the request is there.
        let id = listsync_core::id::LinkId::parse(&link).unwrap();
        while stage.service.ports.links.load(&id).await.unwrap().unwrap().requested.0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        work(&stage).await;
    };
    let path = format!("/v1/links/{link}/sync?wait=60");
    let (summary, ()) = tokio::join!(stage.operate("POST", &path).expect(200), worker);
    assert_eq!(
        (summary["outcome"].as_str(), summary["link"].as_str()),
        (Some("converged"), Some(link.as_str()))
    );
    let run = summary["run"].as_str().unwrap();
    assert_eq!(stage.operate("GET", &format!("/v1/runs/{run}")).expect(200).await, summary);
    let runs = stage.operate("GET", &format!("/v1/runs?link={link}")).expect(200).await;
    let mut kept = summary.clone();
    assert_eq!(kept.as_object_mut().unwrap().remove("unsettled"), Some(json!([])), "nobody is out of step");
    assert_eq!(runs["items"][0], kept);
    let csv = stage.operate("GET", &format!("/v1/runs/{run}/failures.csv")).send().await;
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert!(String::from_utf8(csv.body).unwrap().starts_with("run,link,side,op,address"));
}

#[tokio::test]
async fn a_link_that_does_not_run_is_not_asked_to() {
    let stage = Stage::new(options()).await;
    let link = linked(&stage).await;
    let post = |verb: &str| stage.administer("POST", &format!("/v1/links/{link}/{verb}"));
    assert_eq!(post("pause").expect(200).await["status"], "paused");
    assert_eq!(post("sync").refused(409).await.0, "paused");
    assert_eq!(post("resume").expect(200).await["status"], "active");
    post("sync?wait=61").refused(400).await;
    assert_eq!(post("sync?plan=0123456789abcdef").refused(409).await.0, "plan_not_queued");
    post("relink").expect(200).await;
    stage.administer("DELETE", &format!("/v1/links/{link}")).expect(204).await;
    post("sync").refused(404).await;
}

#[tokio::test]
async fn a_link_is_changed_field_by_field_and_keeps_what_it_remembers() {
    let stage = Stage::new(options()).await;
    let link = linked(&stage).await;
    stage.operate("POST", &format!("/v1/links/{link}/sync")).expect(202).await;
    work(&stage).await;
    let patch = |document: Value| stage.administer("PATCH", &format!("/v1/links/{link}")).json(document);
    let changed = patch(json!({
        "every": "1h", "settle_window": "0s", "max_removals": "7", "grace": "7d", "externals": "skip", "agents": "keep",
        "shared_mailboxes": "sync", "protected": ["owners", "anna@contoso.example"], "writes": "by-hand",
    }));
    let changed = changed.expect(200).await;
    for (field, value) in [("every", "1h"), ("settle_window", "0s"), ("max_removals", "7"), ("grace", "7d")] {
        assert_eq!(changed[field], value, "{changed}");
    }
    for (field, value) in [("externals", "skip"), ("agents", "keep"), ("writes", "by-hand")] {
        assert_eq!(changed[field], value, "{changed}");
    }
    assert_eq!(changed["protected"], json!(["owners", "anna@contoso.example"]));
    assert_eq!(changed["phase"], "steady", "it goes on from where it was");
    let same = patch(json!({"every": "as-settings", "max_removals": "as-settings", "writes": "direct"}));
    let same = same.expect(200).await;
    assert_eq!((&same["every"], &same["max_removals"]), (&Value::Null, &Value::Null));
    assert_eq!((&same["settle_window"], &same["externals"]), (&json!("0s"), &json!("skip")), "and no more");
    assert_eq!(stage.operate("GET", &format!("/v1/links/{link}")).expect(200).await, same);
    for (document, code, field) in [
        (json!({"every": "0s"}), 422, "every"),
        (json!({"max_removals": "many"}), 422, "max_removals"),
        (json!({"grace": "some"}), 422, "grace"),
        (json!({"protected": ["nobody"]}), 422, "protected"),
    ] {
        assert_eq!(patch(document).refused(code).await.1.as_deref(), Some(field));
    }
    assert_eq!(patch(json!({"extras": "remove"})).refused(409).await.0, "extras_two_way");
    stage.operate("PATCH", &format!("/v1/links/{link}")).json(json!({"every": "1h"})).refused(403).await;
}

#[tokio::test]
async fn a_link_is_made_with_all_that_the_command_line_can_say_of_one() {
    let stage = Stage::new(Options { asker: Asker::Reader, ..options() }).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let new = json!({
        "list": "News", "new_group": {"name": "News", "visibility": "public"}, "settle_window": "10m",
        "grace": "36h", "protected": ["owners"], "shared_mailboxes": "sync", "writes": "direct",
    });
    let made = stage.administer("POST", "/v1/links").json(new).expect(201).await;
    assert_eq!((&made["group"]["visibility"], &made["settle_window"]), (&json!("public"), &json!("10m")));
    assert_eq!(made["grace"], "36h");
    let led = json!({"list": "News", "group": "staff", "mode": "group-to-list", "grace": "7d"});
    assert_eq!(stage.administer("POST", "/v1/links").json(led).refused(409).await.0, "grace_group_to_list");
    assert_eq!((&made["protected"], &made["writes"]), (&json!(["owners"]), &json!("direct")));
    stage.operate("POST", "/v1/lists").json(json!({"name": "Staff2"})).expect(201).await;
    let by_hand = json!({"list": "Staff2", "new_group": {"name": "Staff2"}, "writes": "by-hand"});
    assert_eq!(stage.administer("POST", "/v1/links").json(by_hand).refused(409).await.0, "by_hand_new_group");
}

#[tokio::test]
async fn a_link_that_is_being_run_is_relinked_once_the_run_has_ended() {
    let stage = Stage::new(options()).await;
    let link = linked(&stage).await;
    let ports = &stage.service.ports;
    let (now, id) = (ports.clock.now(), LinkId::parse(&link).unwrap());
    let Acquired::Lease(lease) = ports.links.acquire(&id, now, Duration::from_secs(60)).await.unwrap() else {
        panic!("nobody else runs it");
    };
    let relink = || stage.administer("POST", &format!("/v1/links/{link}/relink"));
    let busy = relink().send().await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after").is_empty()), (409, false));
    assert_eq!(busy.document()["code"], "link_busy");
    ports.links.release(&lease).await.unwrap();
    relink().expect(200).await;
}

#[tokio::test]
async fn what_a_guard_keeps_back_is_ruled_on_by_its_digest() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("PUT", "/v1/lists/News/members/cleo@contoso.example").expect(201).await;
    let new = json!({"list": "News", "group": "Staff", "first_merge": "list"});
    let link = stage.administer("POST", "/v1/links").json(new).expect(201).await;
    let link = format!("/v1/links/{}", link["id"].as_str().unwrap());
    stage.operate("POST", &format!("{link}/sync")).expect(202).await;
    work(&stage).await;
    let held = stage.operate("GET", &link).expect(200).await["held"].clone();
    assert_eq!(held["group_removals"], 2);
    judge("Link", &stage.operate("GET", &link).expect(200).await);
    judge("Plan", &stage.operate("GET", &format!("{link}/plan")).expect(200).await);
    let digest = held["digest"].as_str().unwrap();
    stage.administer("POST", "/v1/holds/none/approve").refused(404).await;
    let ruled = stage.administer("POST", &format!("/v1/holds/{digest}/approve")).expect(200).await;
    assert_eq!(ruled["ruling"], "approved");
    work(&stage).await;
    assert_eq!(stage.directory.members(&sample::group("staff")), [sample::object("cleo")].into());
}

#[tokio::test]
async fn a_link_whose_group_is_to_be_created_is_pending_until_a_run_creates_it() {
    let new = json!({"list": "News", "new_group": {"name": "The news"}});
    let runner = Stage::new(options()).await;
    runner.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let refused = runner.administer("POST", "/v1/links").json(new.clone()).refused(502).await;
    assert_eq!(refused.0, "permission_missing", "who runs links tells at once what they may not do");

    let stage = Stage::new(Options { asker: Asker::Reader, ..options() }).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("PUT", "/v1/lists/News/members/cleo@contoso.example").expect(201).await;
    let made = stage.administer("POST", "/v1/links").json(new).send().await;
    assert_eq!(made.status.as_u16(), 201);
    let (path, link) = (made.header("location").to_owned(), made.document());
    judge("Link", &link);
    assert_eq!((&link["status"], &link["requested"]), (&json!("pending"), &json!(1)));
    assert_eq!(link["group"], json!({"id": null, "name": "The news", "visibility": "private"}));
    let listed = stage.operate("GET", "/v1/links").expect(200).await;
    assert_eq!(listed["items"][0]["status"], "pending");
    let plan = stage.operate("GET", &format!("{path}/plan")).expect(200).await;
    assert_eq!(plan["group"]["add"].as_array().map(Vec::len), Some(1));
    assert_eq!(stage.administer("POST", &format!("{path}/pause")).expect(200).await["status"], "paused");
    assert_eq!(stage.administer("POST", &format!("{path}/resume")).expect(200).await["status"], "pending");
    work(&stage).await;
    let linked = stage.operate("GET", &path).expect(200).await;
    judge("Link", &linked);
    assert_eq!((&linked["status"], &linked["last_run"]["outcome"]), (&json!("active"), &json!("converged")));
    assert_eq!(linked["group"]["id"], linked["last_run"]["group"]["id"]);
    assert_ne!(linked["group"]["id"], json!(null));
}

#[tokio::test]
async fn a_link_that_makes_no_sense_is_refused_with_the_field_or_the_reason() {
    let stage = Stage::new(options()).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    let link = |body| stage.administer("POST", "/v1/links").json(body);
    assert_eq!(link(json!({"list": "None", "group": "Staff"})).refused(404).await.1.as_deref(), Some("list"));
    assert_eq!(link(json!({"list": "News"})).refused(422).await.1.as_deref(), Some("group"));
    assert_eq!(
        link(json!({"list": "News", "group": "Staff", "every": "0s"})).refused(422).await.1.as_deref(),
        Some("every")
    );
    assert_eq!(
        link(json!({"list": "News", "group": "Staff", "mode": "up"})).refused(422).await.1.as_deref(),
        Some("mode")
    );
    link(json!({"list": "News", "group": "Staff", "extras": "remove"})).refused(409).await;
    link(json!({"list": "News", "group": "nobody"})).refused(404).await;
}

#[tokio::test]
async fn failures_come_as_a_spreadsheet_in_which_no_cell_is_a_formula() {
    let stage = Stage::new(options()).await;
    let link = linked(&stage).await;
    stage.operate("PUT", "/v1/lists/News/members/=1+1@contoso.example").expect(201).await;
    work(&stage).await;
    let runs = stage.operate("GET", &format!("/v1/runs?link={link}")).expect(200).await;
    let run = runs["items"][0]["run"].as_str().unwrap();
    let csv = stage.operate("GET", &format!("/v1/runs/{run}/failures.csv")).send().await;
    let text = String::from_utf8(csv.body).unwrap();
    assert!(text.contains(",'=1+1@contoso.example,") && text.contains("no_such_user"), "{text}");
}
