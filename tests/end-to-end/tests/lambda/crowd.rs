//! Many links, written straight by the store.

use aws_config::{BehaviorVersion, Region};
use futures::{StreamExt as _, stream};
use listsync_aws::{Aws, DynamoStore};
use listsync_core::link::Mode;
use listsync_end_to_end::Cloud;
use listsync_engine::ports::{Clock as _, Links as _, ListStore as _, SystemClock};
use listsync_testkit::sample;

/// How many are written at a time.
const AT_ONCE: usize = 8;

/// So many links, each of a list of its own, and all due.
pub(crate) async fn gather(cloud: &Cloud, links: usize) {
    let (store, now) = (store(cloud).await, SystemClock.now());
    let store = &store;
    let made = stream::iter(0..links).map(|number| async move {
        let list = store.create_list(&format!("List {number}"), now).await.expect("a list is made").id;
        let mut link = sample::link(&format!("link-{number:05}"), &list, &format!("group-{number}"));
        link.mode = Mode::ListToGroup;
        store.create(&link, now).await.expect("a link is made");
    });
    made.buffer_unordered(AT_ONCE).collect::<()>().await;
}

/// The table of the stack, as the functions have it.
pub(crate) async fn store(cloud: &Cloud) -> DynamoStore {
    let setting = |name: &str| cloud.world.setting(name).expect("the cloud has it").to_owned();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(setting("AWS_REGION")))
        .endpoint_url(setting("AWS_ENDPOINT_URL"))
        .test_credentials()
        .load()
        .await;
    Aws::from_config(config).store(setting("LISTSYNC_STORE").trim_start_matches("dynamodb:"))
}
