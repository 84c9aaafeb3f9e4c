//! What every function on AWS starts with, and the one line of metrics that it writes.

use std::{env, io::Write as _, panic::AssertUnwindSafe, process::ExitCode, sync::Arc};

use futures::FutureExt as _;
use listsync_core::Timestamp;
use listsync_engine::{
    alerts::Alerting,
    ports::{Inbox, PortError},
};
use serde_json::{Map, Value, json};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{Config, Environment, Wired, cloud};

/// Which events become log lines: as `LISTSYNC_LOG` says, or these where it says nothing that can be read.
#[must_use]
pub fn logged(otherwise: Targets) -> Targets {
    let asked = env::var("LISTSYNC_LOG").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// One JSON line per event on standard output; `LISTSYNC_LOG` says which, as `warn` or `listsync_engine=debug`. A panic
/// is told by its place alone, as its text may hold anything.
pub fn log() {
    let own = Targets::new().with_default(LevelFilter::WARN).with_target("listsync", LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        // A code and a message say what it is; by the byte, where in the program it was said costs a tenth of all log.
        .with_target(false);
    tracing_subscriber::registry().with(logged(own)).with(lines).init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        if !is_of_the_runtime(&place) {
            tracing::error!(place, "the program broke off by a fault of its own");
        }
    }));
}

/// Serves events for as long as Lambda sends any, and tells in one line why it sends no more.
///
/// A runtime API that answers an error status instead of an event makes the runtime panic (`lambda_runtime` 1.5.0,
/// `types.rs`: "missing lambda-runtime-aws-request-id header"); one that cannot be reached ends it with an error. Either way
/// the function ends, and Lambda starts another: what it had in hand comes again.
pub async fn serve<E>(running: impl Future<Output = Result<(), E>>) -> ExitCode {
    match AssertUnwindSafe(running).catch_unwind().await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(_)) | Err(_) => {
            let hint = "Lambda starts the function anew; see the AWS Health Dashboard if it goes on";
            tracing::error!(
                code = "runtime_api",
                hint,
                "the function ends: Lambda's runtime API gave no event"
            );
            ExitCode::FAILURE
        }
    }
}

/// Whether a panic is one of the runtime itself, which [`serve`] tells of: where the events come from, and no handler, as
/// the runtime takes the panics of those by itself.
fn is_of_the_runtime(place: &str) -> bool {
    place.contains("/lambda_runtime-")
}

/// Reads the settings and opens all that they name. A function keeps everything in the cloud, so it has no use for an
/// embedded store, and does not carry one.
///
/// # Errors
/// When a setting is missing or makes no sense: the error names it, and it is logged already.
pub async fn open() -> Result<Wired, PortError> {
    let wired = async {
        let config = Config::read(&Environment::of_process())?;
        crate::open_in_cloud(config).await
    };
    wired.await.inspect_err(refused)
}

/// Logs why a function does not start.
pub fn refused(error: &PortError) {
    tracing::error!(code = error.code, hint = error.hint, "the function does not start: {error}");
}

/// By which ways people are told of trouble; none: their settings make no sense, which is logged, and keeps no link from its run.
pub fn alerting(wired: &Wired) -> Option<Alerting> {
    let log = |error: &PortError| {
        tracing::error!(code = error.code, hint = error.hint, "nobody is told of trouble: {error}");
    };
    wired.alerting().inspect_err(log).ok()
}

/// The inbox in a bucket: the event that a function is called with names it.
pub async fn inbox(bucket: &str) -> Arc<dyn Inbox> {
    Arc::new(cloud::aws().await.inbox(bucket))
}

/// A number with its name and its unit, as CloudWatch knows units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric(pub &'static str, pub Unit, pub u64);

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// Writes metrics to the log in CloudWatch's embedded metric format, by the name of the function.
pub fn tell(now: Timestamp, metrics: &[Metric]) {
    let function = std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
    let line = embedded(&function, now, metrics);
    // A log that cannot be written must not stop a sync.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The line, as "Specification: Embedded metric format" of the CloudWatch user guide has it.
fn embedded(function: &str, now: Timestamp, metrics: &[Metric]) -> Value {
    let described =
        metrics.iter().map(|Metric(name, unit, _)| json!({"Name": name, "Unit": format!("{unit:?}")}));
    let mut line: Map<String, Value> =
        metrics.iter().map(|Metric(name, _, value)| ((*name).to_owned(), json!(value))).collect();
    line.insert("FunctionName".to_owned(), json!(function));
    let directive = json!({
        "Namespace": "listsync",
        "Dimensions": [["FunctionName"]],
        "Metrics": described.collect::<Vec<_>>(),
    });
    let head = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
    line.insert("_aws".to_owned(), head);
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_is_described_and_given() {
        let metrics = [Metric("Added", Unit::Count, 3), Metric("Duration", Unit::Milliseconds, 250)];
        let line = embedded("worker", Timestamp::UNIX_EPOCH, &metrics);
        let expected = json!({
            "_aws": {
                "Timestamp": 0,
                "CloudWatchMetrics": [{
                    "Namespace": "listsync",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": [
                        {"Name": "Added", "Unit": "Count"},
                        {"Name": "Duration", "Unit": "Milliseconds"},
                    ],
                }],
            },
            "FunctionName": "worker",
            "Added": 3,
            "Duration": 250,
        });
        assert_eq!(line, expected);
    }
}
