//! The timer as a Lambda function.

use std::{process::ExitCode, time::Duration};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use listsync_core::Timestamp;
use listsync_timer::{Answer, Timer};
use listsync_wiring::function::{self, Metric, Unit};
use serde_json::Value;

/// A page that is begun needs no more than this to be sent.
const MARGIN: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    function::log();
    let Ok(wired) = function::open().await else { return ExitCode::FAILURE };
    let timer =
        Timer { service: wired.service.clone(), post: wired.post(), alerting: function::alerting(&wired) };
    let beat = |event| beat(timer.clone(), event);
    function::serve(lambda_runtime::run(service_fn(beat))).await
}

async fn beat(timer: Timer, event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let until = Timestamp::try_from(event.context.deadline() - MARGIN)?;
    let answer = listsync_timer::answer(&timer, &event.payload, until).await?;
    let sent = answer.sent;
    let mut metrics = vec![
        Metric("Due", Unit::Count, sent.due),
        Metric("Sent", Unit::Count, sent.sent),
        Metric("Unsent", Unit::Count, sent.failed),
    ];
    // While nothing is due, an old run is no trouble.
    if sent.due > 0 {
        match listsync_timer::last_run_age(&timer.service.ports).await {
            Ok(age) => metrics.extend(age.map(|age| Metric("LastRunAge", Unit::Seconds, age))),
            // The messages are sent: a number that is missing must not make the beat a failure.
            Err(error) => tracing::warn!(code = error.code, "the age of the last run is not known: {error}"),
        }
    }
    match listsync_timer::held_imports(&timer.service.ports).await {
        Ok(held) => metrics.push(Metric("HeldImports", Unit::Count, held)),
        Err(error) => tracing::warn!(code = error.code, "whether files wait is not known: {error}"),
    }
    function::tell(timer.service.ports.clock.now(), &metrics);
    Ok(answer)
}
