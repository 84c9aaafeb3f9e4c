use std::time::Duration;

use listsync_core::{link::Side, member::Op, summary::Failure};
use listsync_engine::ports::Runs as _;
use listsync_testkit::sample::{address, link_id, moment, summary};

use crate::kit::Kit;

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_very_many_failures_reads_back_whole() {
    let kit = Kit::start().await;
    let mut large = summary("run-1", &link_id("link-1"), moment(0));
    large.failures = (0..5_000)
        .map(|number| Failure {
            side: Side::Group,
            op: Op::Add,
            address: Some(address(&format!("person-{number}"))),
            object_id: None,
            code: "no_such_user".to_owned(),
            message: "niemand hört darauf".to_owned(),
            hint: "correct the address".to_owned(),
            retryable: false,
        })
        .collect();
    kit.store.save(&large).await.unwrap();
    assert_eq!(kit.store.load(&large.run).await.unwrap(), Some(large.clone()));
    assert_eq!(kit.store.latest(None, 5).await.unwrap(), [large]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_shown_for_thirteen_months() {
    let kit = Kit::start().await;
    let run = summary("run-1", &link_id("link-1"), moment(0));
    kit.store.save(&run).await.unwrap();
    kit.clock.advance(DAY * 395);
    assert_eq!(kit.store.load(&run.run).await.unwrap(), Some(run.clone()));
    kit.clock.advance(DAY * 2);
    assert_eq!(kit.store.load(&run.run).await.unwrap(), None, "though the table has not deleted it yet");
    assert!(kit.store.latest(Some(&run.link), 5).await.unwrap().is_empty());
}
