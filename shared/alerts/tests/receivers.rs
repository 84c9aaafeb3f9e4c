//! Messages to real receivers over HTTP: what they get, and what is made of their answers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use listsync_alerts::{Given, Poster, Reach, Teams, Webhook};
use listsync_core::{
    Timestamp,
    alert::{Alert, AlertKind, Message},
};
use listsync_engine::ports::{AlertChannel, Fault};
use serde_json::Value;
use standardwebhooks::Webhook as Verifier;
use tokio::net::TcpListener;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

type Got = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver that answers the status that stands in the path.
async fn receiver() -> (String, Got) {
    let got = Got::default();
    let router = Router::new().route("/{status}", post(take)).with_state(got.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, got)
}

async fn take(Path(status): Path<u16>, State(got): State<Got>, headers: HeaderMap, body: Bytes) -> Response {
    got.lock().expect("a lock").push((headers, body));
    if status == 0 {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }
    let status = StatusCode::from_u16(status).expect("a status");
    // Whoever followed it would come here again.
    (status, [(header::LOCATION, "/200")]).into_response()
}

fn message() -> Message {
    let alert =
        Alert::of_all(AlertKind::Test, "a test: ä \u{1f4ef}".to_owned(), "nothing", Timestamp::UNIX_EPOCH);
    Message::of(vec![("one".to_owned(), alert)]).expect("a message")
}

fn webhook(url: String, reach: Reach, secret: &str) -> Webhook {
    Webhook {
        poster: Arc::new(Poster::new(reach).expect("a client")),
        url: Arc::new(Given(url)),
        secret: Arc::new(Given(secret.to_owned())),
    }
}

#[tokio::test]
async fn a_webhook_is_signed_so_that_another_library_verifies_it_and_a_changed_one_is_refused() {
    let (url, got) = receiver().await;
    let channel = webhook(format!("{url}/202"), Reach::Anywhere, SECRET);
    channel.send(&message(), Timestamp::now()).await.expect("it is taken");
    let (headers, body) = got.lock().expect("a lock").remove(0);
    let verifier = Verifier::new(SECRET).expect("a secret");
    verifier.verify(&body, &headers).expect("it is signed");
    let mut changed = body.to_vec();
    changed[10] ^= 1;
    assert!(verifier.verify(&changed, &headers).is_err());
    assert_eq!(headers["webhook-id"].to_str().expect("text"), message().id);
    assert_eq!(headers["content-type"], "application/json");
    let document: Value = serde_json::from_slice(&body).expect("a document");
    assert_eq!(document["type"], "listsync.alert.test");
    assert_eq!(document["data"]["alerts"][0]["text"], "a test: ä \u{1f4ef}");
    assert!(document["timestamp"].is_string());
}

#[tokio::test]
async fn teams_gets_a_message_with_one_card() {
    let (url, got) = receiver().await;
    let poster = Arc::new(Poster::new(Reach::Anywhere).expect("a client"));
    let channel = Teams { poster, url: Arc::new(Given(format!("{url}/202?sig=s3cret"))) };
    channel.send(&message(), Timestamp::now()).await.expect("it is taken");
    let (_, body) = got.lock().expect("a lock").remove(0);
    let document: Value = serde_json::from_slice(&body).expect("a document");
    assert_eq!(document["type"], "message");
    let attachments = document["attachments"].as_array().expect("attachments");
    assert_eq!(attachments.len(), 1);
    assert_eq!(attachments[0]["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(attachments[0]["content"]["type"], "AdaptiveCard");
}

#[tokio::test]
async fn each_answer_is_judged_and_no_redirect_is_followed() {
    let (url, got) = receiver().await;
    for (status, expected) in [
        (200, None),
        (202, None),
        (204, None),
        (301, Some((Fault::Rejected, "receiver_redirects"))),
        (307, Some((Fault::Rejected, "receiver_redirects"))),
        (400, Some((Fault::Rejected, "receiver_refused"))),
        (401, Some((Fault::Rejected, "receiver_refused"))),
        (410, Some((Fault::Rejected, "receiver_refused"))),
        (408, Some((Fault::Unavailable, "receiver_busy"))),
        (429, Some((Fault::Unavailable, "receiver_busy"))),
        (500, Some((Fault::Unavailable, "receiver_failed"))),
        (503, Some((Fault::Unavailable, "receiver_failed"))),
    ] {
        let channel = webhook(format!("{url}/{status}"), Reach::Anywhere, SECRET);
        let sent = channel.send(&message(), Timestamp::now()).await;
        let failed = sent.as_ref().err().map(|error| (error.fault, error.code.as_str()));
        assert_eq!(failed, expected, "{status}");
        assert!(
            sent.err().is_none_or(|error| !error.hint.is_empty() && !error.message.contains("127.0.0.1"))
        );
        assert_eq!(got.lock().expect("a lock").drain(..).count(), 1, "{status}: it is asked once");
    }
}

#[tokio::test]
async fn who_is_not_there_is_told_without_their_address() {
    let free =
        TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("its address");
    let channel = webhook(format!("http://{free}/s3cret"), Reach::Anywhere, SECRET);
    let error = channel.send(&message(), Timestamp::now()).await.expect_err("nobody is there");
    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "receiver_unreachable"));
    assert!(!format!("{error:?}").contains("s3cret") && !format!("{error:?}").contains("127.0.0.1"));
}

#[tokio::test]
async fn only_the_public_internet_is_reached_unless_more_is_allowed() {
    let (local, got) = receiver().await;
    let port = local.rsplit(':').next().expect("a port");
    for (url, code) in [
        (format!("https://127.0.0.1:{port}/200"), "receiver_private"),
        (format!("https://[::1]:{port}/200"), "receiver_private"),
        (format!("https://[::ffff:127.0.0.1]:{port}/200"), "receiver_private"),
        (format!("https://localhost:{port}/200"), "receiver_private"),
        ("https://169.254.169.254/latest/meta-data".to_owned(), "receiver_private"),
        ("https://2130706433/".to_owned(), "receiver_private"),
        ("https://0x7f.1/".to_owned(), "receiver_private"),
        (format!("{local}/200"), "receiver_url"),
        ("http://hooks.example/x".to_owned(), "receiver_url"),
        ("file:///etc/passwd".to_owned(), "receiver_url"),
        ("hooks.example".to_owned(), "receiver_url"),
        (String::new(), "receiver_url"),
    ] {
        let channel = webhook(url.clone(), Reach::Public, SECRET);
        let error = channel.send(&message(), Timestamp::now()).await.expect_err("it is refused");
        assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, code), "{url}");
    }
    let plain = webhook("http://hooks.example/x".to_owned(), Reach::Anywhere, SECRET);
    let error = plain.send(&message(), Timestamp::now()).await.expect_err("TLS is wanted elsewhere");
    assert_eq!(error.code, "receiver_url");
    assert!(got.lock().expect("a lock").is_empty(), "nothing was sent");
}

#[tokio::test]
async fn without_a_secret_nothing_is_sent() {
    let (url, got) = receiver().await;
    let channel = webhook(format!("{url}/200"), Reach::Anywhere, "hunter2");
    let error = channel.send(&message(), Timestamp::now()).await.expect_err("it is no secret");
    assert_eq!(error.code, "alert_secret");
    assert!(!format!("{error:?}").contains("hunter2"));
    assert!(got.lock().expect("a lock").is_empty());
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_in_time() {
    let (url, _) = receiver().await;
    let channel = webhook(format!("{url}/0"), Reach::Anywhere, SECRET);
    let error = channel.send(&message(), Timestamp::now()).await.expect_err("it hangs");
    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "receiver_slow"));
}
