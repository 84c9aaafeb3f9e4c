use std::{sync::Arc, time::Duration};

use listsync_core::{
    id::LinkId,
    trigger::{Generation, Reason, Trigger},
};
use listsync_engine::ports::{Clock as _, Fault, Outgoing, Queue, Receipt};
use listsync_sqlite::SqliteStore;

use crate::kit::{Hands, MINUTE};

fn message(link: &str, delay: Duration) -> Outgoing {
    let link = LinkId::parse(link).unwrap();
    Outgoing { trigger: Trigger::new(link, Reason::Schedule, Generation(1)), delay }
}

fn queue() -> (SqliteStore, Arc<Hands>) {
    let hands = Hands::new();
    (SqliteStore::open_in_memory().unwrap().with_clock(hands.clone()), hands)
}

async fn send(store: &SqliteStore, messages: &[Outgoing]) {
    for sent in store.send(messages).await {
        sent.unwrap();
    }
}

#[tokio::test]
async fn a_message_arrives_as_sent_and_is_gone_once_acknowledged() {
    let (store, hands) = queue();
    let out = message("l1", Duration::ZERO);
    send(&store, std::slice::from_ref(&out)).await;
    let got = store.receive(10, MINUTE).await.unwrap();
    assert_eq!((got.len(), got[0].receives), (1, 1));
    assert_eq!(serde_json::from_str::<Trigger>(&got[0].body).unwrap(), out.trigger);
    store.acknowledge(&got[0].receipt).await.unwrap();
    hands.advance(60 * MINUTE);
    assert!(store.receive(10, MINUTE).await.unwrap().is_empty());
    store.acknowledge(&got[0].receipt).await.unwrap();
}

#[tokio::test]
async fn a_received_message_is_hidden_for_its_visibility_and_comes_again() {
    let (store, hands) = queue();
    send(&store, &[message("l1", Duration::ZERO)]).await;
    let first = store.receive(10, MINUTE).await.unwrap();
    hands.advance(Duration::from_secs(59));
    assert!(store.receive(10, MINUTE).await.unwrap().is_empty());
    hands.advance(Duration::from_secs(1));
    let second = store.receive(10, MINUTE).await.unwrap();
    assert_eq!(second[0].receives, 2);
    // Whoever was too slow takes nothing away from the one who has it now.
    store.acknowledge(&first[0].receipt).await.unwrap();
    hands.advance(MINUTE);
    assert_eq!(store.receive(10, MINUTE).await.unwrap()[0].receives, 3);
}

#[tokio::test]
async fn a_delayed_message_waits() {
    let (store, hands) = queue();
    send(&store, &[message("l1", MINUTE), message("l2", Duration::ZERO)]).await;
    let now = store.receive(10, 60 * MINUTE).await.unwrap();
    assert!(now.len() == 1 && now[0].body.contains("l2"));
    hands.advance(MINUTE);
    assert!(store.receive(10, MINUTE).await.unwrap()[0].body.contains("l1"));
}

#[tokio::test]
async fn messages_are_taken_oldest_first_up_to_as_many_as_asked() {
    let (store, _) = queue();
    let all: Vec<_> = ["l1", "l2", "l3"].map(|link| message(link, Duration::ZERO)).into();
    assert_eq!(store.send(&all).await.len(), 3);
    let first = store.receive(2, MINUTE).await.unwrap();
    assert!(first[0].body.contains("l1") && first[1].body.contains("l2") && first.len() == 2);
    assert_eq!(store.receive(2, MINUTE).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_that_nobody_acknowledges_is_given_up_after_five_receives_and_kept() {
    let (store, hands) = queue();
    send(&store, &[message("l1", Duration::ZERO)]).await;
    let mut body = String::new();
    for time in 1..=5 {
        let got = store.receive(10, MINUTE).await.unwrap();
        assert_eq!(got[0].receives, time);
        body.clone_from(&got[0].body);
        hands.advance(MINUTE);
    }
    assert!(store.dead_letters(10).await.unwrap().is_empty());
    assert!(store.receive(10, MINUTE).await.unwrap().is_empty());
    let dead = store.dead_letters(10).await.unwrap();
    assert_eq!((dead.len(), &dead[0].body, dead[0].receives), (1, &body, 5));
    assert!(dead[0].reason.contains("5 times"));
}

#[tokio::test]
async fn a_text_that_is_no_receipt_is_refused() {
    let (store, _) = queue();
    let error = store.acknowledge(&Receipt("x".into())).await.unwrap_err();
    assert_eq!((error.fault, error.code.as_str()), (Fault::Rejected, "bad_receipt"));
}

#[tokio::test]
async fn a_message_that_was_hidden_under_a_clock_that_ran_ahead_comes() {
    const MONTH: Duration = Duration::from_secs(30 * 86_400);
    let (store, hands) = queue();
    let now = hands.now();
    hands.advance(MONTH);
    send(&store, &[message("l1", Duration::from_secs(900)), message("l2", Duration::ZERO)]).await;
    assert_eq!(store.receive(1, MINUTE).await.unwrap().len(), 1);
    hands.set(now);
    let came = store.receive(10, MINUTE).await.unwrap();
    assert_eq!(came.iter().map(|delivery| delivery.receives).collect::<Vec<_>>().len(), 2);
    assert!(store.receive(10, MINUTE).await.unwrap().is_empty(), "it is hidden by the clock as it is now");
}
