//! What an operator is told of the queue and of the functions' own credentials.

use std::time::Duration;

use listsync_end_to_end::{Ask, Cloud, Function};
use serde_json::Value;

use crate::http::stage;

/// As long as the template hides a message.
const HIDDEN: Duration = Duration::from_secs(1_800);

/// The state and the words of one check.
async fn check(cloud: &Cloud, name: &str) -> (String, String) {
    let told = cloud.world.json(&["doctor"]).await;
    let checks = told["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{told}"));
    let text = |key: &str| check[key].as_str().expect("a text").to_owned();
    (text("state"), text("message"))
}

async fn preview(cloud: &Cloud, api: &Function, key: &str) -> Value {
    let link = cloud.world.json(&["links", "ls"]).await[0]["id"].as_str().expect("an id").to_owned();
    Ask::get(format!("/v1/links/{link}/plan")).key(key).of(api).await.is(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_what_each_functions_credential_carries_and_warns_of_one_that_strangers_could_write_with()
 {
    let (cloud, _, key) = stage().await;
    let (state, told) = check(&cloud, "worker function").await;
    assert_eq!(state, "ok", "{told}");
    assert!(told.contains("GroupMember.ReadWrite.All"), "{told}");
    let (state, told) = check(&cloud, "api function").await;
    assert_eq!(state, "ok");
    assert!(told.contains("has not asked"), "{told}");

    preview(&cloud, &cloud.api().await, &key).await;
    let (state, told) = check(&cloud, "api function").await;
    assert_eq!(state, "ok", "{told}");
    assert!(told.contains("only reads: GroupMember.Read.All, User.Read.All"), "{told}");

    // As if somebody had deployed it with the app of the other functions.
    let environment = cloud.environment();
    let wrong = Function::start("listsync-api", &environment).await;
    preview(&cloud, &wrong, &key).await;
    let (state, told) = check(&cloud, "api function").await;
    assert_eq!(state, "warn", "{told}");
    assert!(told.contains("GroupMember.ReadWrite.All"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_looks_at_the_queue_and_tells_of_what_was_given_up() {
    let mut cloud = Cloud::of(1).await;
    let (state, told) = check(&cloud, "queue").await;
    assert_eq!(
        (state.as_str(), told.as_str()),
        ("ok", "0 messages wait, 0 are being handled, none was given up")
    );
    cloud.send("no trigger of ours").await;
    for receive in 1..=6 {
        cloud.receive().await;
        cloud.set_ahead(HIDDEN * receive);
    }
    let (state, told) = check(&cloud, "queue").await;
    assert_eq!((state.as_str(), told.as_str()), ("warn", "1 messages were given up"));
    let queue = cloud.world.setting("LISTSYNC_QUEUE").expect("a queue").to_owned();
    cloud.world.set("LISTSYNC_QUEUE", format!("{queue}-elsewhere"));
    let (state, _) = check(&cloud, "queue").await;
    assert_eq!(state, "fail", "one that is not there is no queue");
}
