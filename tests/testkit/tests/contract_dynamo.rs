//! The store on DynamoDB meets the contracts of every port that it serves, on an emulated AWS.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{Client, config::Credentials};
use listsync_aws::DynamoStore;
use listsync_testkit::{contracts, fakes::ManualClock, moto::Moto};

/// An emulated AWS with a table of its own for each store.
struct Aws {
    moto: Moto,
    tables: AtomicU32,
}

impl Aws {
    fn start() -> Self {
        Self { moto: Moto::start(), tables: AtomicU32::new(0) }
    }

    fn make(&self) -> DynamoStore {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(self.moto.endpoint())
            .build();
        let table = format!("table-{}", self.tables.fetch_add(1, Ordering::Relaxed));
        let store = DynamoStore::new(Client::from_conf(config), table);
        let store = store.with_clock(Arc::new(ManualClock::default()));
        let made = store.create_table();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made))
            .expect("a new table is made");
        store
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_dynamodb_keeps_links() {
    let aws = Aws::start();
    contracts::links::all(|| aws.make()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_dynamodb_keeps_lists() {
    let aws = Aws::start();
    contracts::lists::all(|| aws.make()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_dynamodb_keeps_records() {
    let aws = Aws::start();
    contracts::records::runs(|| aws.make()).await;
    contracts::records::gate(|| aws.make()).await;
    contracts::records::settings(|| aws.make()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_dynamodb_keeps_people() {
    let aws = Aws::start();
    contracts::people::all(|| aws.make()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_on_dynamodb_keeps_keys_and_what_was_seen() {
    let aws = Aws::start();
    contracts::keys::all(|| aws.make()).await;
    contracts::keys::seen(|| aws.make()).await;
}
