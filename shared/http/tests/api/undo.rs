//! Taking runs back over the API.

use listsync_testkit::sample;
use serde_json::{Value, json};

use crate::{
    documents::judge,
    stage::{Stage, options},
    syncs::work,
};

/// A list of this name, linked and synced, and then Cleo on it and in its group by another run: the link and that run.
pub(crate) async fn steady_run(stage: &Stage, name: &str) -> (String, String) {
    stage.administer("POST", "/v1/lists").json(json!({"name": name})).expect(201).await;
    let link =
        stage.administer("POST", "/v1/links").json(json!({"list": name, "group": "Staff"})).expect(201).await;
    let link = link["id"].as_str().unwrap().to_owned();
    let sync = format!("/v1/links/{link}/sync");
    stage.administer("POST", &sync).expect(202).await;
    work(stage).await;
    stage.clock.advance(std::time::Duration::from_secs(60));
    stage.administer("PUT", &format!("/v1/lists/{name}/members/cleo@contoso.example")).expect(201).await;
    work(stage).await;
    let runs = stage.administer("GET", &format!("/v1/runs?link={link}&limit=1")).expect(200).await;
    let run = &runs["items"][0];
    assert_eq!((run["group"]["added"].as_u64(), &run["phase"]), (Some(1), &json!("steady")), "{run}");
    let run = run["run"].as_str().unwrap().to_owned();
    stage.clock.advance(std::time::Duration::from_secs(60));
    (link, run)
}

#[tokio::test]
async fn a_run_is_taken_back_as_it_was_shown_and_its_link_is_asked_to_carry_it_on() {
    let stage = Stage::new(options()).await;
    let (link, run) = steady_run(&stage, "News").await;
    let path = format!("/v1/runs/{run}/undo");
    let shown = stage.operate("GET", &path).expect(200).await;
    judge("Undo", &shown);
    assert_eq!(shown["remove"][0]["address"], "cleo@contoso.example");
    assert_eq!(
        (&shown["add"], &shown["left_out"], &shown["followers"]),
        (&json!([]), &json!([]), &json!([]))
    );
    assert_eq!(
        (&shown["run"], &shown["link"], &shown["list"]["name"]),
        (&json!(run), &json!(link), &json!("News"))
    );
    let post = |digest: &Value| stage.operate("POST", &path).json(json!({"digest": digest}));
    assert_eq!(post(&json!("0000000000000000")).refused(409).await.0, "undo_changed");
    stage.operate("POST", &path).json(json!({})).refused(422).await;
    let asked = post(&shown["digest"]).send().await;
    let done = asked.document();
    judge("Undone", &done);
    assert_eq!((asked.status.as_u16(), &done["added"], &done["removed"]), (202, &json!(0), &json!(1)));
    let place = asked.header("location").to_owned();
    assert_eq!(stage.operate("GET", &place).expect(200).await["state"], "pending");
    work(&stage).await;
    let carried = stage.operate("GET", &place).expect(200).await;
    assert_eq!(carried["run"]["group"]["removed"], 1);
    let members = format!("/v1/runs/{}/members", carried["run"]["run"].as_str().unwrap());
    let of = stage.operate("GET", &members).expect(200).await["items"][0].clone();
    judge("RunMember", &of);
    assert_eq!(
        (&of["address"], &of["cause"], &of["takes_back"]),
        (&json!("cleo@contoso.example"), &json!("list_removed"), &json!({"kind": "run", "id": run}))
    );
    let table = stage.operate("GET", &members).header("accept", "text/csv").send().await;
    assert!(table.header("content-type").starts_with("text/csv"));
    let table = String::from_utf8(table.body).unwrap();
    assert!(table.starts_with("at,side,op,cause,address,"), "{table}");
    assert!(table.contains("cleo@contoso.example") && table.contains(&format!("run {run}")), "{table}");
    let before = stage.operate("GET", &format!("/v1/runs/{run}/members")).expect(200).await;
    assert_eq!(before["items"][0]["takes_back"], json!(null), "{before}");
    assert!(!stage.directory.members(&sample::group("staff")).contains(&sample::object("cleo")));
    let after = stage.operate("GET", &path).expect(200).await;
    assert_eq!(after["remove"], json!([]));
    assert_eq!(after["left_out"][0]["code"], "as_before");
}

#[tokio::test]
async fn a_run_that_cannot_be_taken_back_says_why() {
    let stage = Stage::new(options()).await;
    let (link, run) = steady_run(&stage, "News").await;
    let runs = stage.operate("GET", &format!("/v1/runs?link={link}")).expect(200).await;
    let first = runs["items"].as_array().unwrap().last().unwrap()["run"].as_str().unwrap().to_owned();
    assert_eq!(
        stage.operate("GET", &format!("/v1/runs/{first}/undo")).refused(409).await.0,
        "undo_first_run"
    );
    stage.operate("GET", "/v1/runs/none/undo").refused(404).await;
    stage.administer("DELETE", &format!("/v1/links/{link}")).expect(204).await;
    assert_eq!(stage.operate("GET", &format!("/v1/runs/{run}/undo")).refused(409).await.0, "undo_no_link");
}
