//! The worker as a Lambda function that is fed by SQS.

use std::{process::ExitCode, sync::Arc, time::Duration};

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use listsync_core::Timestamp;
use listsync_engine::{
    credentials::{self, Holder},
    ports::{Call, Meter},
};
use listsync_wiring::{Wired, function};
use listsync_worker::{Bounds, batch};
use tokio::sync::OnceCell;

mod records;

/// A run ends so long before its invocation: time for its last write and its message.
const MARGIN: Duration = Duration::from_secs(10);

/// It is noted once a process, after the first batch: what was asked for comes first.
static NOTED: OnceCell<()> = OnceCell::const_new();

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    function::log();
    let Ok(wired) = function::open().await else { return ExitCode::FAILURE };
    if wired.connect().inspect_err(function::refused).is_err() {
        return ExitCode::FAILURE;
    }
    let wired = Arc::new(wired);
    function::serve(lambda_runtime::run(service_fn(move |event| work(wired.clone(), event)))).await
}

async fn work(wired: Arc<Wired>, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, Error> {
    let until = Timestamp::try_from(event.context.deadline() - MARGIN)?;
    let bounds = Bounds { until, most_receives: wired.most_receives };
    let records = records::of(event.payload)?;
    let mut response = SqsBatchResponse::default();
    response.set_failures(batch(&wired.ports, records, bounds, records::tell).await);
    NOTED.get_or_init(|| note(&wired, until)).await;
    Ok(response)
}

/// What the credential carries is for the operator alone: that it is not noted must not bring a message back.
async fn note(wired: &Wired, until: Timestamp) {
    let meter = Meter::default();
    let noted = credentials::note(&wired.service, Holder::Worker, Call { until, meter: &meter }).await;
    if let Err(error) = noted {
        tracing::info!(code = error.code, "what the credential carries was not noted: {error}");
    }
}
