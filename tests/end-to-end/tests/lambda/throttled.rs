use std::time::Duration;

use listsync_end_to_end::{Cloud, TIMER_TIME, beat};
use listsync_graph_emulator::{Effect, Fault, Refused, When};

use crate::scene::{Links, is_in_step, links, recover};

/// What Graph asks for: more than an invocation of [`TIME`] has left, so no run waits for it.
const PAUSE: Duration = Duration::from_secs(20);
/// Ten seconds of it are kept for the end.
const TIME: Duration = Duration::from_secs(27);

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_run_keeps_every_worker_away_and_a_fresh_message_follows_the_pause() {
    let cloud = Cloud::of(30).await;
    let lists = Links::make(&cloud.world, 2).await;
    let (timer, one, other) = (cloud.timer().await, cloud.worker().await, cloud.worker().await);
    timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    let messages = cloud.receive().await;
    assert_eq!(messages.len(), 2);

    let pause = Effect::Refuse(Refused::status(429).retry_after(PAUSE.as_secs()));
    cloud.world.tenant().inject(Fault::on("GET", "/groups/*", pause).when(When::Every));
    assert!(cloud.work(&one, &messages[..1], TIME).await.is_empty(), "the old message is acknowledged");
    assert_eq!(cloud.waiting().await, [0, 1, 1], "and a fresh one waits beside the second link's");

    let before = cloud.world.tenant().counters().http_requests;
    assert!(cloud.work(&other, &messages[1..], TIME).await.is_empty());
    let after = cloud.world.tenant().counters().http_requests;
    assert_eq!(before, after, "another worker asks nothing of Graph for another link");
    assert_eq!(cloud.waiting().await, [0, 0, 2]);

    cloud.world.tenant().clear_faults();
    cloud.set_ahead(PAUSE);
    tokio::time::sleep(PAUSE).await;
    recover(&cloud, &timer, &one).await;
    assert!(links(&cloud.world).await.iter().all(is_in_step));
    for (name, [group, list]) in lists.end(&cloud.world).await {
        assert_eq!(group, list, "{name}");
    }
    assert!(cloud.dead_letters().await.is_empty());
}
