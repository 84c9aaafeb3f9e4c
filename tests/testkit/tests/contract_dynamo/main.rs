//! The store on DynamoDB meets the contracts of every port that it serves, on an emulated AWS, and does what the embedded
//! store does.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod alike;
#[path = "../opt_outs/deeds.rs"]
mod deeds;

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, retry::RetryConfig},
};
use listsync_aws::DynamoStore;
use listsync_testkit::{
    contracts,
    fakes::ManualClock,
    moto::{Moto, seed},
};

/// An emulated AWS with a table of its own for each store.
struct Aws {
    moto: Moto,
    tables: AtomicU32,
}

impl Aws {
    fn calm() -> Self {
        Self { moto: Moto::start(), tables: AtomicU32::new(0) }
    }

    /// One that keeps what it was asked, for a second opinion.
    fn recorded() -> Self {
        Self { moto: Moto::recorded(), tables: AtomicU32::new(0) }
    }

    /// One that loses answers, fails and conflicts. The seed is told where a test fails.
    fn unlucky(seed: u64) -> Self {
        writeln!(std::io::stderr(), "LISTSYNC_SEED={seed}").expect("standard error takes it");
        let aws = Self::calm();
        aws.moto.throw(seed);
        aws
    }

    fn make(&self) -> DynamoStore {
        self.make_by(&ManualClock::default())
    }

    /// A store on a new table that goes by this clock.
    fn make_by(&self, clock: &ManualClock) -> DynamoStore {
        // As often as the product tries, and quicker.
        let retry =
            RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(2));
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(retry)
            .endpoint_url(self.moto.endpoint())
            .build();
        let table = format!("table-{}", self.tables.fetch_add(1, Ordering::Relaxed));
        let store = DynamoStore::new(Client::from_conf(config), table);
        let store = store.with_clock(Arc::new(clock.clone()));
        let made = store.create_table();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made))
            .expect("a new table is made");
        store
    }
}

async fn keeps_links(aws: &Aws) {
    contracts::links::all(|| aws.make()).await;
}

async fn keeps_lists(aws: &Aws) {
    contracts::lists::all(|| aws.make()).await;
}

async fn keeps_records(aws: &Aws) {
    contracts::records::runs(|| aws.make()).await;
    contracts::records::gate(|| aws.make()).await;
    contracts::records::settings(|| aws.make()).await;
}

async fn keeps_people(aws: &Aws) {
    contracts::people::all(|| aws.make()).await;
}

async fn keeps_keys_and_what_was_seen(aws: &Aws) {
    contracts::keys::all(|| aws.make()).await;
    contracts::keys::seen(|| aws.make()).await;
}

async fn keeps_what_was_told(aws: &Aws) {
    contracts::alerts::all(|| aws.make()).await;
}

async fn keeps_the_audit(aws: &Aws) {
    contracts::audit::all(|| aws.make()).await;
}

/// A store meets its contracts on an emulated AWS, as a second DynamoDB sees it, and whatever becomes of answers.
macro_rules! contract {
    ($calm:ident, $unlucky:ident, $contract:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $calm() {
            let aws = Aws::recorded();
            $contract(&aws).await;
            aws.moto.second_opinion();
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $unlucky() {
            $contract(&Aws::unlucky(seed())).await;
        }
    };
}

contract!(the_store_on_dynamodb_keeps_links, links_are_kept_though_answers_are_lost, keeps_links);
contract!(the_store_on_dynamodb_keeps_lists, lists_are_kept_though_answers_are_lost, keeps_lists);
contract!(the_store_on_dynamodb_keeps_records, records_are_kept_though_answers_are_lost, keeps_records);
contract!(the_store_on_dynamodb_keeps_people, people_are_kept_though_answers_are_lost, keeps_people);
contract!(
    the_store_on_dynamodb_keeps_what_was_told,
    what_was_told_is_kept_though_answers_are_lost,
    keeps_what_was_told
);
contract!(the_store_on_dynamodb_keeps_the_audit, the_audit_is_kept_though_answers_are_lost, keeps_the_audit);
contract!(
    the_store_on_dynamodb_keeps_keys_and_what_was_seen,
    keys_are_kept_though_answers_are_lost,
    keeps_keys_and_what_was_seen
);
