use std::time::Duration;

use listsync_end_to_end::{Cloud, Function, TIMER_TIME, beat};
use serde_json::Value;

use crate::scene::{EACH, Links};

pub(crate) fn metrics(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line.get("_aws").is_some()).collect()
}

/// The shape that CloudWatch reads ("Specification: Embedded metric format").
pub(crate) fn assert_embedded(line: &Value, function: &str) {
    assert!(line["_aws"]["Timestamp"].as_i64().is_some_and(|at| at > 1_600_000_000_000), "{line}");
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "listsync");
    assert_eq!(directive["Dimensions"], serde_json::json!([["FunctionName"]]));
    assert_eq!(line["FunctionName"], function);
    for metric in directive["Metrics"].as_array().expect("metrics") {
        let name = metric["Name"].as_str().expect("a name");
        assert!(line[name].is_u64(), "{name} has a value: {line}");
        assert!(["Count", "Milliseconds", "Seconds"].contains(&metric["Unit"].as_str().unwrap_or_default()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_tells_one_line_and_one_set_of_metrics_without_any_address_name_or_secret() {
    let mut cloud = Cloud::of(20).await;
    cloud.world.set("LISTSYNC_LOG", "info,listsync=debug");
    let secret = cloud.secret().to_owned();
    let lists = Links::make(&cloud.world, 3).await;
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.work_off(&worker).await;
    // A second beat sees how old the last run is.
    cloud.world.listsync(&["lists", "add", "List 0", cloud.world.address(15)]).await.exits(0);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    cloud.work_off(&worker).await;

    let lines = worker.lines();
    let runs: Vec<_> = lines.iter().filter(|line| line["message"] == "link synced").collect();
    assert!(runs.len() >= 4, "{runs:?}");
    for run in &runs {
        assert_eq!((&run["level"], &run["outcome"]), (&"INFO".into(), &"converged".into()), "{run}");
        assert!(
            run["run.id"].is_string() && run["link.id"].is_string() && run["duration_ms"].is_u64(),
            "{run}"
        );
    }
    let told = metrics(&lines);
    assert_eq!(told.len(), runs.len());
    told.iter().for_each(|line| assert_embedded(line, "listsync-worker"));
    let added: u64 = told.iter().filter_map(|line| line["Added"].as_u64()).sum();
    assert_eq!(added, 3 * (EACH as u64 + 1) + 1, "{told:?}");

    let beats = timer.lines();
    let told = metrics(&beats);
    assert_eq!(told.len(), 2);
    told.iter().for_each(|line| assert_embedded(line, "listsync-timer"));
    assert!(told[0].get("LastRunAge").is_none(), "there was no run before the first: {told:?}");
    assert!(told[1]["LastRunAge"].is_u64(), "{told:?}");

    assert_nobody_is_named(&cloud, &[&worker, &timer], &[&secret]);
    let output = worker.output() + &timer.output();
    assert!(lists.groups.keys().all(|name| !output.contains(name.as_str())), "no list is named");
}

/// CloudWatch takes money by the byte, and nearly every run is such a one.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_that_finds_nothing_tells_it_in_four_tenths_of_a_kilobyte() {
    let (cloud, _) = Links::one_in_step().await;
    cloud.world.listsync(&["links", "edit", "List 0", "--every", "1s"]).await.exits(0);
    let (timer, worker) = (cloud.timer().await, cloud.worker().await);
    // The first runs read the echo of what was written.
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
        cloud.work_off(&worker).await;
    }
    let lines = worker.lines();
    let told = lines.iter().rfind(|line| line["message"] == "nothing changed").expect("a round at rest");
    let metrics = metrics(&lines);
    let metrics = metrics.last().expect("metrics");
    assert_embedded(metrics, "listsync-worker");
    // On AWS a name has a suffix of its own.
    let name = "listsync-WorkerFunction-0123456789AB".len() - "listsync-worker".len();
    let bytes = told.to_string().len() + metrics.to_string().len() + 2 + name;
    assert!(bytes <= 410, "{bytes} bytes: {told} {metrics}");
}

/// No address, name of a person or of a list, or secret stands in what functions wrote, nor any of these words.
pub(crate) fn assert_nobody_is_named(cloud: &Cloud, functions: &[&Function], words: &[&str]) {
    let output: String = functions.iter().map(|function| function.output()).collect();
    for (person, _) in &cloud.world.sample.people {
        assert!(!output.contains(&person.address) && !output.contains(&person.name()), "nobody is named");
    }
    for word in [cloud.secret(), "List 0"].iter().chain(words) {
        assert!(!output.contains(word), "{word} is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_missing_or_makes_no_sense_stops_a_function_at_its_start_and_is_named() {
    let cloud = Cloud::of(10).await;
    let odd = [
        ("listsync-worker", "AZURE_TENANT_ID", None),
        ("listsync-worker", "AZURE_CLIENT_ID", None),
        ("listsync-worker", "AZURE_AUTHORITY_HOST", Some("http://login.example")),
        ("listsync-worker", "LISTSYNC_CREDENTIAL", Some("vault:x")),
        ("listsync-worker", "LISTSYNC_GRAPH_URL", Some("graph.example")),
        ("listsync-worker", "LISTSYNC_MAX_RECEIVES", Some("many")),
        ("listsync-worker", "LISTSYNC_QUEUE", None),
        ("listsync-timer", "LISTSYNC_QUEUE", Some("sqs:")),
        ("listsync-timer", "LISTSYNC_STORE", Some("dynamodb:")),
        ("listsync-api", "LISTSYNC_QUEUE", None),
        ("listsync-inbox", "LISTSYNC_STORE", Some("dynamodb:")),
    ];
    for (function, variable, value) in odd {
        let mut environment = cloud.environment();
        environment.retain(|(name, _)| name != variable);
        environment.extend(value.map(|value| (variable.to_owned(), value.to_owned())));
        let mut function = Function::start(function, &environment).await;
        assert!(!function.ended().await.success(), "{variable}");
        let lines = function.lines();
        let told = lines.iter().find(|line| line["level"] == "ERROR").expect("an error is logged");
        assert!(told["message"].as_str().is_some_and(|text| text.contains(variable)), "{variable}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_lambda_gives_no_event_ends_with_one_line_of_its_own() {
    let cloud = Cloud::of(10).await;
    for (name, status) in [("worker", 500), ("worker", 403), ("timer", 500), ("inbox", 403), ("api", 500)] {
        let mut function = match name {
            "worker" => cloud.worker().await,
            "timer" => cloud.timer().await,
            "inbox" => cloud.inbox().await,
            _ => cloud.api().await,
        };
        function.ready().await;
        function.refuse(status);
        assert_eq!(function.ended().await.code(), Some(1), "{name}");
        let told = function.lines();
        assert_eq!(told.len(), 1, "{name}: {told:?}");
        assert_eq!((&told[0]["level"], &told[0]["code"]), (&"ERROR".into(), &"runtime_api".into()), "{name}");
        assert_eq!(function.output().lines().count(), 1, "{name}: {}", function.output());
    }
}
