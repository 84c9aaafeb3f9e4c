//! What takes longer than its caller is kept waiting goes on, and its answer can be looked for.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

use crate::stage::{Stage, options};

async fn document(response: axum::response::Response) -> Value {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    serde_json::from_slice(&body).expect("a document")
}

#[tokio::test]
async fn a_request_that_takes_too_long_goes_on_and_its_answer_is_kept() {
    let stage = Stage::new(options()).await;
    let mut impatient = options();
    impatient.limits.time = Duration::from_millis(50);
    let impatient = listsync_http::router(stage.service.clone(), impatient);
    // The body comes when the test says so.
    let (send, sent) = oneshot::channel::<Vec<u8>>();
    let body = futures::stream::once(async { sent.await.map_err(std::io::Error::other) });
    let request = Request::post("/v1/lists")
        .header("authorization", format!("Bearer {}", stage.operate))
        .header("content-type", "application/json");
    let request = request.body(Body::from_stream(body)).expect("a request");
    let answer = impatient.oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let location = answer.headers()["location"].to_str().expect("a place").to_owned();
    assert_eq!(document(answer).await["state"], "pending");
    assert_eq!(stage.operate("GET", &location).expect(200).await["state"], "pending");
    stage.administer("GET", &location).refused(404).await;

    send.send(json!({"name": "News"}).to_string().into_bytes()).expect("it is still waited for");
    let done = loop {
        let looked = stage.operate("GET", &location).expect(200).await;
        if looked["state"] == "done" {
            break looked;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!((&done["status"], &done["answer"]["name"]), (&json!(201), &json!("News")));
    let made = done["location"].as_str().expect("a place").to_owned();
    stage.operate("GET", &made).expect(200).await;
}

#[tokio::test]
async fn a_request_that_nobody_made_is_not_there() {
    let stage = Stage::new(options()).await;
    for id in ["0", "0190f5fe7c007a00a6b8d5d7e8f90a1b", "not-an-id"] {
        stage.operate("GET", &format!("/v1/requests/{id}")).refused(404).await;
    }
}
