//! From a file in the bucket to who is in the group.

use std::time::Duration;

use listsync_end_to_end::{Ask, Cloud, Function, TIMER_TIME, beat, dropped};
use serde_json::Value;

use crate::{
    scene::{EACH, Links},
    telling::{assert_embedded, assert_nobody_is_named, metrics},
};

/// What the inbox has of time by the template.
const INBOX_TIME: Duration = Duration::from_secs(900);

async fn drop_in(cloud: &Cloud, inbox: &Function, path: &str, content: impl Into<Vec<u8>>) {
    cloud.put(path, content).await;
    let answer = inbox.call(&dropped(cloud.bucket(), path), INBOX_TIME).await;
    assert_eq!(answer, Ok(Value::Null), "{}", inbox.output());
}

async fn imports(cloud: &Cloud) -> Vec<Value> {
    cloud.world.json(&["imports", "ls"]).await.as_array().expect("imports").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_becomes_an_import_messages_runs_and_changes_of_groups() {
    let (cloud, lists) = Links::one_in_step().await;
    let (group, world) = (lists.groups["List 0"], &cloud.world);
    world.listsync(&["lists", "create", "Sales", "--filter", "department eq \"Sales\""]).await.exits(0);
    let sales = world.json(&["link", "Sales", "--new-group", "Sales", "--mode", "list-to-group"]).await;
    let (inbox, worker, timer) = (cloud.inbox().await, cloud.worker().await, cloud.timer().await);
    cloud.work_off(&worker).await;

    let file = format!("email,department\n{},Sales\n{},\n", world.address(10), world.address(11));
    let path = "incoming/List 0/incremental/generic/week+1 – new.csv";
    drop_in(&cloud, &inbox, path, file).await;
    let import = imports(&cloud).await.into_iter().find(|import| import["file"] == "week+1 – new.csv");
    assert_eq!(
        import.map(|import| (import["added"].clone(), import["profile"].clone())),
        Some((2.into(), "generic".into()))
    );
    assert_eq!(cloud.waiting().await[0], 2, "a message for each list that changed");
    cloud.work_off(&worker).await;
    let members = world.members(group);
    assert!(members.is_superset(&world.ids(&[10, 11])), "{members:?}");
    assert_eq!(world.members(world.group(&sales)), world.ids(&[10]));

    // The event comes once more.
    let before = imports(&cloud).await.len();
    let answer = inbox.call(&dropped(cloud.bucket(), path), INBOX_TIME).await;
    assert_eq!(answer, Ok(Value::Null));
    assert_eq!((imports(&cloud).await.len(), cloud.waiting().await[0]), (before, 0));

    // A filtered list follows what an operator changed at the timer's next beat.
    world.listsync(&["lists", "add", "List 0", world.address(12)]).await.exits(0);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.work_off(&worker).await;

    let lines = inbox.lines();
    let told: Vec<&Value> = lines.iter().filter(|line| line["message"] == "file taken in").collect();
    assert_eq!((told.len(), &told[0]["added"], &told[0]["links"]), (1, &2.into(), &1.into()), "{told:?}");
    metrics(&lines).into_iter().for_each(|line| assert_embedded(line, "listsync-inbox"));
    assert_eq!(metrics(&lines).len(), 1);
    assert_nobody_is_named(&cloud, &[&inbox, &worker, &timer], &["week+1"]);
    world.assert_careful();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_csv_changes_nothing_and_is_told_in_the_bucket() {
    let (cloud, lists) = Links::one_in_step().await;
    let (group, world) = (lists.groups["List 0"], &cloud.world);
    let before = (imports(&cloud).await.len(), world.listed("List 0", "member").await, world.members(group));
    let inbox = cloud.inbox().await;
    drop_in(&cloud, &inbox, "incoming/List 0/full/generic/staff.csv", b"PK\x03\x04 a workbook".to_vec())
        .await;
    drop_in(&cloud, &inbox, "incoming/Nobody's/full/generic/staff.csv", "email\nx@contoso.example\n").await;
    assert_eq!(cloud.waiting().await, [0, 0, 0]);
    let after = (imports(&cloud).await.len(), world.listed("List 0", "member").await, world.members(group));
    assert_eq!((before, after.1.len()), (after.clone(), EACH + 1));
    let report = cloud.file("rejected/List 0/full/generic/staff.csv.txt").await.unwrap_or_default();
    assert!(report.contains("file_not_csv") && report.contains("Nothing was changed"), "{report}");
    let lines = inbox.lines();
    let refused: u64 = metrics(&lines).iter().filter_map(|line| line["RefusedFiles"].as_u64()).sum();
    assert_eq!(refused, 2, "{lines:?}");
    assert_nobody_is_named(&cloud, &[&inbox], &["Nobody's", "staff.csv"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_are_laid_down_and_the_others_taken_in() {
    let (cloud, _) = Links::one_in_step().await;
    let inbox = cloud.inbox().await;
    let file = format!("email,name\nnot an address,Somebody\n{},\n", cloud.world.address(10));
    drop_in(&cloud, &inbox, "incoming/List 0/full/generic/staff.csv", file).await;
    assert_eq!(cloud.world.listed("List 0", "member").await.len(), EACH + 2, "nobody was removed");
    let rows = cloud.file("rejected/List 0/full/generic/staff.csv").await.unwrap_or_default();
    assert!(rows.contains("not an address") && rows.contains("Somebody"), "{rows}");
    let report = cloud.file("rejected/List 0/full/generic/staff.csv.txt").await.unwrap_or_default();
    assert!(report.contains("row 2: ") && !report.contains("Somebody"), "{report}");
    assert_nobody_is_named(&cloud, &[&inbox], &["Somebody"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_fails_the_call_so_that_the_event_comes_again() {
    let (cloud, _) = Links::one_in_step().await;
    let mut environment = cloud.environment();
    environment.retain(|(name, _)| name != "LISTSYNC_STORE");
    environment.push(("LISTSYNC_STORE".to_owned(), "dynamodb:another-table".to_owned()));
    let inbox = Function::start("listsync-inbox", &environment).await;
    let path = "incoming/List 0/full/generic/staff.csv";
    cloud.put(path, cloud.world.csv(&[0])).await;
    let failed = inbox.call(&dropped("another-bucket", path), INBOX_TIME).await;
    assert!(failed.is_err(), "{failed:?}");
    assert!(cloud.file("rejected/List 0/full/generic/staff.csv.txt").await.is_none());
}

/// The binary as though its role were another's.
async fn disguised(cloud: &Cloud, binary: &str, role: &str) -> Function {
    let mut environment = cloud.environment();
    environment.retain(|(name, _)| name != "AWS_ACCESS_KEY_ID");
    environment.push(("AWS_ACCESS_KEY_ID".to_owned(), role.to_owned()));
    Function::start(binary, &environment).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_functions_role_does_not_allow_is_refused() {
    let (cloud, _) = Links::one_in_step().await;
    let path = "incoming/List 0/full/generic/staff.csv";
    cloud.put(path, cloud.world.csv(&[0])).await;
    let timer = disguised(&cloud, "listsync-inbox", "listsync-timer").await;
    assert!(timer.call(&dropped(cloud.bucket(), path), INBOX_TIME).await.is_err());
    assert_eq!(cloud.refused(), ["listsync-timer: s3:GetObject Inbox/incoming/*"]);

    let made = cloud.world.json(&["keys", "create", "all", "--scope", "admin"]).await;
    let key = made["secret"].as_str().expect("a key is shown once");
    let inbox = disguised(&cloud, "listsync-api", "listsync-inbox").await;
    let asked = Ask::get("/v1/keys").key(key).of(&inbox).await;
    assert!(asked.status >= 500, "{asked:?}");
    assert_eq!(cloud.refused(), ["listsync-inbox: dynamodb:GetItem Table of APIKEY"]);
    assert_eq!(cloud.refused(), Vec::<String>::new());
}
