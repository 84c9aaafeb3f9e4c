//! The API over the embedded store and a directory in memory, with a worker: what the tests of its OpenAPI document call.
//!
//! Listens on a free port and writes `{"url", "key", "link", "run"}` to the file that is its argument; ends when its
//! standard input does. There is a list `News` with Cleo on it, linked to the group `Staff` and synced once.

use std::{net::SocketAddr, time::Duration};

use listsync_core::{Timestamp, id::RunId};
use listsync_engine::{
    Ports,
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use serde_json::{Value, json};
use stage::Stage;
use tokio::{io::AsyncReadExt as _, net::TcpListener};

#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "a stage that cannot be set up ends, and the tests use the rest"
)]
#[path = "../tests/api/ask.rs"]
mod ask;
#[expect(dead_code, reason = "the tests use the rest of it")]
#[path = "../tests/api/stage.rs"]
mod stage;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let said = std::env::args().nth(1).ok_or("name the file to write the address to")?;
    let stage = Stage::new(stage::options()).await;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let (ports, clock) = (stage.service.ports.clone(), stage.clock.clone());
    let worker = tokio::spawn(async move {
        loop {
            clock.set(Timestamp::now());
            work(&ports).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let (link, run) = populate(&stage).await;
    let url = format!("http://{}", listener.local_addr()?);
    let document = json!({"url": url, "key": stage.admin, "link": link, "run": run});
    tokio::fs::write(said, document.to_string()).await?;
    let ended = async {
        let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    };
    axum::serve(listener, stage.router).with_graceful_shutdown(ended).await?;
    worker.abort();
    Ok(())
}

async fn populate(stage: &Stage) -> (Value, Value) {
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    stage.operate("PUT", "/v1/lists/News/members/cleo@contoso.example").expect(201).await;
    // Nobody answers to it: a failure that the summary tells.
    stage.operate("PUT", "/v1/lists/News/members/nobody@contoso.example").expect(201).await;
    let file = "email,department\ncleo@contoso.example,Sales\n";
    stage.operate("POST", "/v1/lists/News/imports?mode=incremental").body("text/csv", file).expect(201).await;
    let link = stage
        .administer("POST", "/v1/links")
        .json(json!({"list": "News", "group": "Staff"}))
        .expect(201)
        .await;
    let id = link["id"].as_str().unwrap_or_default();
    let summary = stage.operate("POST", &format!("/v1/links/{id}/sync?wait=60")).expect(200).await;
    (link["id"].clone(), summary["run"].clone())
}

async fn work(ports: &Ports) {
    for delivery in ports.queue.receive(4, Duration::from_secs(60)).await.unwrap_or_default() {
        let until = ports.clock.now() + Duration::from_secs(30);
        let Ok(run) = RunId::parse(&uuid::Uuid::now_v7().to_string()) else { continue };
        let context = RunContext { run, until, receive: Receive::of(delivery.receives, 5) };
        if let Handled::Acknowledge(_) = handle(ports, &delivery.body, &context, &Unwatched).await {
            let _ = ports.queue.acknowledge(&delivery.receipt).await;
        }
    }
}
