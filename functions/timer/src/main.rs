//! The timer as a Lambda function.

use std::{process::ExitCode, time::Duration};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use listsync_core::Timestamp;
use listsync_engine::{notices::Post, service::Service};
use listsync_timer::Answer;
use listsync_wiring::function::{self, Metric, Unit};
use serde_json::Value;

/// A page that is begun needs no more than this to be sent.
const MARGIN: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    function::log();
    let Ok(wired) = function::open().await else { return ExitCode::FAILURE };
    let post = wired.post();
    let beat = |event| beat((wired.service.clone(), post.clone()), event);
    function::serve(lambda_runtime::run(service_fn(beat))).await
}

async fn beat((service, post): (Service, Option<Post>), event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let until = Timestamp::try_from(event.context.deadline() - MARGIN)?;
    let answer = listsync_timer::answer((&service, post.as_ref()), &event.payload, until).await?;
    let sent = answer.sent;
    let mut metrics = vec![
        Metric("Due", Unit::Count, sent.due),
        Metric("Sent", Unit::Count, sent.sent),
        Metric("Unsent", Unit::Count, sent.failed),
    ];
    // While nothing is due, an old run is no trouble.
    if sent.due > 0 {
        match listsync_timer::last_run_age(&service.ports).await {
            Ok(age) => metrics.extend(age.map(|age| Metric("LastRunAge", Unit::Seconds, age))),
            // The messages are sent: a number that is missing must not make the beat a failure.
            Err(error) => tracing::warn!(code = error.code, "the age of the last run is not known: {error}"),
        }
    }
    function::tell(service.ports.clock.now(), &metrics);
    Ok(answer)
}
