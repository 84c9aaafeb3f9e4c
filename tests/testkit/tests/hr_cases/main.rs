//! HR files as they really are come to the right result on every store, by whichever way they come in: the cases in
//! `tests/cases/hr`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alias;
mod fixture;
mod months;
mod table;
mod way;

use std::sync::Arc;

use listsync_sqlite::SqliteStore;
use listsync_testkit::{fakes::ManualClock, moto::Moto};

use crate::{
    fixture::{OneListFixture, Store, now},
    way::Way,
};

async fn all<S>(mut make: impl FnMut() -> S)
where
    S: Store + 'static,
{
    for way in Way::ALL {
        for case in table::cases() {
            table::play(&OneListFixture::new(make()).await, way, &case).await;
        }
        alias::play(&OneListFixture::new(make()).await, way).await;
    }
}

#[tokio::test]
async fn each_case_comes_to_its_right_result_on_sqlite() {
    all(|| SqliteStore::open_in_memory().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_case_comes_to_its_right_result_on_dynamodb() {
    let moto = Moto::start();
    let mut number = 0;
    all(|| {
        number += 1;
        table(&moto, number)
    })
    .await;
}

fn table(moto: &Moto, number: u32) -> listsync_aws::DynamoStore {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .credentials_provider(aws_sdk_dynamodb::config::Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(moto.endpoint())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let store = listsync_aws::DynamoStore::new(client, format!("hr-{number}"));
    let store = store.with_clock(Arc::new(ManualClock::at(now())));
    let made = store.create_table();
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made)).unwrap();
    store
}
