//! What every [`Queue`] has to do. Nothing is promised of the order.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::trigger::{Generation, Reason, Trigger};
use listsync_engine::ports::{Delivery, Outgoing, Queue};

use super::{Case, cases, ok};
use crate::{fakes::ManualClock, sample::link_id};

const HIDDEN: Duration = Duration::from_secs(30);

/// Every case, each on a queue of its own that goes by the clock it was made with.
pub fn cases<Q: Queue + 'static, M: Fn(&ManualClock) -> Q>() -> Vec<Case<M>> {
    cases![
        a_message_arrives_as_it_was_sent,
        a_received_message_is_hidden_and_comes_back,
        an_acknowledged_message_is_gone,
        a_late_acknowledgement_does_no_harm,
        a_delayed_message_waits,
        no_more_come_than_were_asked_for,
        each_message_gets_an_answer,
        it_tells_what_waits_and_what_was_taken,
    ]
}

fn outgoing(number: u64, delay: Duration) -> Outgoing {
    let link = link_id(&format!("link-{number}"));
    Outgoing { trigger: Trigger::new(link, Reason::Schedule, Generation(number)), delay }
}

async fn send<Q: Queue>(queue: &Q, numbers: std::ops::Range<u64>) {
    let messages: Vec<_> = numbers.map(|number| outgoing(number, Duration::ZERO)).collect();
    for sent in queue.send(&messages).await {
        ok(sent);
    }
}

async fn receive<Q: Queue>(queue: &Q, max: usize) -> Vec<Delivery> {
    ok(queue.receive(max, HIDDEN).await)
}

fn generation(delivery: &Delivery) -> u64 {
    let trigger: Trigger = serde_json::from_str(&delivery.body).expect("the body is the trigger as JSON");
    trigger.generation.0
}

async fn a_message_arrives_as_it_was_sent<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let queue = make(&ManualClock::default());
    assert!(receive(&queue, 10).await.is_empty());
    send(&queue, 7..8).await;
    let got = receive(&queue, 10).await;
    assert_eq!(got.len(), 1);
    let trigger: Trigger = serde_json::from_str(&got[0].body).expect("the body is the trigger as JSON");
    assert_eq!(trigger, outgoing(7, Duration::ZERO).trigger);
    assert_eq!(got[0].receives, 1);
}

async fn a_received_message_is_hidden_and_comes_back<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let clock = ManualClock::default();
    let queue = make(&clock);
    send(&queue, 1..2).await;
    for receives in 1..=3 {
        let got = receive(&queue, 10).await;
        assert_eq!(got.iter().map(|delivery| delivery.receives).collect::<Vec<_>>(), [receives]);
        clock.advance(HIDDEN - Duration::from_secs(1));
        assert!(receive(&queue, 10).await.is_empty(), "it is still hidden");
        clock.advance(Duration::from_secs(2));
    }
}

async fn an_acknowledged_message_is_gone<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let clock = ManualClock::default();
    let queue = make(&clock);
    send(&queue, 1..3).await;
    let got = receive(&queue, 10).await;
    let (done, left) = (&got[0], &got[1]);
    ok(queue.acknowledge(&done.receipt).await);
    clock.advance(HIDDEN * 2);
    let back = receive(&queue, 10).await;
    assert_eq!(back.iter().map(generation).collect::<Vec<_>>(), [generation(left)]);
}

async fn a_late_acknowledgement_does_no_harm<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let clock = ManualClock::default();
    let queue = make(&clock);
    send(&queue, 1..2).await;
    let first = receive(&queue, 1).await;
    ok(queue.acknowledge(&first[0].receipt).await);
    send(&queue, 2..3).await;
    ok(queue.acknowledge(&first[0].receipt).await);
    let second = receive(&queue, 10).await;
    assert_eq!(second.iter().map(generation).collect::<Vec<_>>(), [2], "it takes no other message away");
}

async fn a_delayed_message_waits<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let clock = ManualClock::default();
    let queue = make(&clock);
    for sent in queue.send(&[outgoing(1, Duration::from_secs(90)), outgoing(2, Duration::ZERO)]).await {
        ok(sent);
    }
    let now = receive(&queue, 10).await;
    assert_eq!(now.iter().map(generation).collect::<Vec<_>>(), [2]);
    ok(queue.acknowledge(&now[0].receipt).await);
    clock.advance(Duration::from_secs(89));
    assert!(receive(&queue, 10).await.is_empty());
    clock.advance(Duration::from_secs(2));
    assert_eq!(receive(&queue, 10).await.iter().map(generation).collect::<Vec<_>>(), [1]);
}

async fn no_more_come_than_were_asked_for<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let queue = make(&ManualClock::default());
    send(&queue, 0..7).await;
    let mut seen = BTreeSet::new();
    for _ in 0..7 {
        let got = receive(&queue, 2).await;
        assert!(got.len() <= 2);
        seen.extend(got.iter().map(generation));
    }
    assert_eq!(seen, (0..7).collect());
}

async fn each_message_gets_an_answer<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let queue = make(&ManualClock::default());
    assert!(queue.send(&[]).await.is_empty());
    let many: Vec<_> = (0..25).map(|number| outgoing(number, Duration::ZERO)).collect();
    let answers = queue.send(&many).await;
    assert_eq!(answers.len(), 25);
    answers.into_iter().for_each(ok);
    assert_eq!(receive(&queue, 100).await.len(), 25);
}

async fn it_tells_what_waits_and_what_was_taken<Q: Queue>(make: &impl Fn(&ManualClock) -> Q) {
    let clock = ManualClock::default();
    let queue = make(&clock);
    let stands = async || {
        let state = ok(queue.state().await);
        (state.waiting, state.taken)
    };
    assert_eq!(stands().await, (0, 0));
    send(&queue, 0..2).await;
    queue.send(&[outgoing(2, Duration::from_secs(90))]).await.into_iter().for_each(ok);
    assert_eq!(stands().await, (3, 0), "one that is delayed waits as well");
    let taken = receive(&queue, 1).await;
    assert_eq!(stands().await, (2, 1));
    clock.advance(HIDDEN + Duration::from_secs(1));
    assert_eq!(stands().await, (3, 0), "nobody was done with it");
    for delivery in receive(&queue, 10).await {
        ok(queue.acknowledge(&delivery.receipt).await);
    }
    assert_eq!(stands().await, (1, 0));
    drop(taken);
}
