//! Several large files at once: one is in memory at a time.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::{Body, Bytes};
use futures::{
    StreamExt as _,
    future::{Either, join_all, select},
    stream,
};
use serde_json::json;
use tokio::sync::oneshot;

use crate::stage::{Stage, options};

const PATH: &str = "/v1/lists/News/imports?mode=incremental";
const PEOPLE: usize = 50;

/// How many files had been taken in whenever the reading of one began.
type Begun = Arc<Mutex<Vec<usize>>>;

/// A file that does not say how large it is.
fn file(number: usize, stage: &Stage, begun: &Begun) -> Body {
    let (lists, begun) = (stage.service.ports.lists.clone(), begun.clone());
    let begins = stream::once(async move {
        let done = lists.imports(100).await.expect("the store answers").len();
        begun.lock().expect("no panic").push(done);
        "email\n".to_owned()
    });
    let rows = stream::iter((0..PEOPLE).map(move |row| format!("p{number}-{row}@contoso.example\n")));
    Body::from_stream(begins.chain(rows).map(|part| Ok::<_, Infallible>(Bytes::from(part))))
}

async fn stage() -> Stage {
    stage_with(Duration::from_secs(60)).await
}

async fn stage_with(patience: Duration) -> Stage {
    let mut options = options();
    (options.limits.body, options.limits.place) = (100, patience);
    let stage = Stage::new(options).await;
    stage.operate("POST", "/v1/lists").json(json!({"name": "News"})).expect(201).await;
    // Six files of fifty are more than a list takes without a word.
    let edit = stage.operate("PATCH", "/v1/lists/News").header("if-match", "*");
    edit.json(json!({"max_additions": "off"})).expect(200).await;
    stage
}

#[tokio::test]
async fn one_of_six_files_is_in_memory_at_a_time_and_all_are_taken_in() {
    let stage = stage().await;
    let begun = Begun::default();
    let uploads = (0..6).map(|number| {
        let mut ask = stage.operate("POST", PATH).body("text/csv", file(number, &stage, &begun));
        // The body of a request that may be repeated is read before all else.
        if number % 2 == 0 {
            ask = ask.header("idempotency-key", &format!("file-{number}"));
        }
        async move { ask.send().await.status.as_u16() }
    });
    assert_eq!(join_all(uploads).await, [201; 6]);
    assert_eq!(
        *begun.lock().expect("no panic"),
        [0, 1, 2, 3, 4, 5],
        "each begins when those before are taken in"
    );
    let list = stage.operate("GET", "/v1/lists/News").expect(200).await;
    assert_eq!(list["members"], 6 * PEOPLE);
}

#[tokio::test]
async fn who_waits_too_long_is_told_to_come_again_and_small_files_do_not_wait() {
    let stage = stage_with(Duration::ZERO).await;
    let (begins, begun) = oneshot::channel();
    let begin = stream::once(async move {
        let _ = begins.send(());
        Ok::<_, Infallible>(Bytes::from_static(b"email\n"))
    });
    let never = Body::from_stream(begin.chain(stream::pending()));
    let first = Box::pin(stage.operate("POST", PATH).body("text/csv", never).send());
    let Either::Right((begun, _first)) = select(first, begun).await else { panic!("it has no end") };
    begun.expect("it is being read");
    let small = stage.operate("POST", PATH).body("text/csv", "email\nanna@contoso.example\n");
    small.expect(201).await;
    let read = Begun::default();
    let second = stage.operate("POST", PATH).body("text/csv", file(1, &stage, &read)).send().await;
    assert_eq!((second.status.as_u16(), second.header("retry-after")), (503, "15"));
    assert_eq!(second.document()["code"], "busy");
    assert!(read.lock().expect("no panic").is_empty(), "nothing of it was read");
}
