//! The HTTP API and the console as a Lambda function, behind a function URL or an HTTP API.

mod gateway;

use std::{process::ExitCode, time::Duration};

use axum::middleware;
use lambda_http::tower::util::MapResponse;
use listsync_http::{Api, Asker, Limits, Options};
use listsync_wiring::{Entrance, function};

use gateway::{Answer, named};

/// What Lambda takes as one request and as one answer, in bytes ("Lambda quotas" of the AWS Lambda developer guide).
const LARGEST: usize = 6 * 1024 * 1024;
/// More than what stands around the body of an answer.
const HEADERS: usize = 64 * 1024;
/// The gateway gives up after 30 seconds, and the function is ended by then ("Quotas for HTTP APIs" of the API Gateway
/// developer guide).
const LONGEST: Duration = Duration::from_secs(25);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    function::log();
    let Ok(wired) = function::open().await else { return ExitCode::FAILURE };
    let entrance = match wired.entrance() {
        Ok(entrance) => {
            entrance.map(|Entrance { sign_ins, url }| listsync_console::Entrance::new(sign_ins, &url))
        }
        Err(error) => {
            function::refused(&error);
            return ExitCode::FAILURE;
        }
    };
    let options = Options {
        // Without the settings for the directory all but making links works.
        tenant: wired.tenant().ok(),
        // The deployment gives it an app of its own, and the worker makes what is to be made.
        asker: Asker::Reader,
        public_url: wired.public_url.clone(),
        limits: Limits { import: LARGEST, answer: LARGEST - HEADERS, time: LONGEST, ..Limits::default() },
        trusted_proxies: wired.trusted_proxies.clone(),
        ..Options::default()
    };
    let api = Api::new(wired.service, options);
    let router = api.router().merge(listsync_console::router_with(api.operations(), entrance));
    let router = MapResponse::new(router.layer(middleware::map_request(named)), Answer);
    function::serve(lambda_http::run(router)).await
}
