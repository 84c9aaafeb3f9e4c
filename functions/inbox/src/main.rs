//! The inbox as a Lambda function that a bucket calls.

use std::{process::ExitCode, time::Duration};

use lambda_runtime::{Error, LambdaEvent, service_fn};
use listsync_core::Timestamp;
use listsync_engine::service::Service;
use listsync_inbox::{Desk, Event, Object, receive};
use listsync_wiring::function;

mod telling;

/// Nothing is begun so shortly before the end of the invocation.
const MARGIN: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    function::log();
    let Ok(wired) = function::open().await else { return ExitCode::FAILURE };
    let service = wired.service;
    function::serve(lambda_runtime::run(service_fn(move |event| look(service.clone(), event)))).await
}

/// Every file is received; where one could not be, the event comes again, which changes nothing of the others.
async fn look(service: Service, event: LambdaEvent<Event>) -> Result<(), Error> {
    let until = Timestamp::try_from(event.context.deadline() - MARGIN)?;
    let mut failed = None;
    for Object { bucket, path } in event.payload.objects() {
        let Some(path) = path else { continue };
        let inbox = function::inbox(&bucket).await;
        let desk = Desk { service: &service, inbox: inbox.as_ref(), until };
        let received = receive(desk, &path).await;
        telling::tell(service.ports.clock.now(), &received);
        failed = failed.or(received.err());
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}
