use std::time::Duration;

use listsync_core::schedule::later;
use listsync_end_to_end::{Cloud, TIMER_TIME, beat};
use listsync_engine::ports::{Clock as _, Links as _, SystemClock};
use serde_json::json;

use crate::crowd;

/// More than two pages.
const LINKS: usize = 1_100;
/// So many messages of one beat are visible at once; the others follow, 25 a second.
const AT_ONCE: u64 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_due_links_is_sent_ten_a_call_without_a_scan_and_spread_over_time() {
    let cloud = Cloud::of(1).await;
    crowd::gather(&cloud, LINKS).await;
    let timer = cloud.timer().await;

    let sent = timer.call(&beat(), TIMER_TIME * 5).await.expect("the timer answers");
    assert_eq!(sent, json!({"due": LINKS, "sent": LINKS, "failed": 0}));
    assert_eq!(cloud.calls("SendMessageBatch").await, LINKS as u64 / 10);
    assert_eq!((cloud.calls("SendMessage").await, cloud.calls("Scan").await), (0, 0));

    let [visible, hidden, delayed] = cloud.waiting().await;
    assert_eq!(hidden, 0);
    assert!(visible >= AT_ONCE, "the first are not kept waiting: {visible}");
    // The counts are taken one after the other: what becomes visible in between is in neither, so no sum is asked for.
    assert!(delayed > 0, "and the others come later: {visible} are visible");
    // The last is put off by (1,100 - 100) / 25 seconds.
    cloud.set_ahead(Duration::from_secs(41));
    assert_eq!(cloud.waiting().await, [LINKS as u64, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_runs_out_of_time_leaves_the_rest_due() {
    let cloud = Cloud::of(1).await;
    crowd::gather(&cloud, 30).await;
    let timer = cloud.timer().await;
    // Nothing is begun in the last ten seconds.
    let sent = timer.call(&beat(), Duration::from_secs(9)).await.expect("the timer answers");
    assert_eq!(sent, json!({"due": 0, "sent": 0, "failed": 0}));
    let soon = later(SystemClock.now(), Duration::from_secs(1));
    let due = crowd::store(&cloud).await.due(soon, None, 100).await.expect("the due links are read");
    assert_eq!(due.len(), 30);
    let sent = timer.call(&beat(), TIMER_TIME).await.expect("the timer answers");
    assert_eq!(sent, json!({"due": 30, "sent": 30, "failed": 0}));
}
