//! The store on DynamoDB meets the contracts of every port that it serves, on an emulated AWS, and does what the embedded
//! store does.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod alike;
#[path = "../opt_outs/deeds.rs"]
mod deeds;

use std::{
    io::Write as _,
    process::ExitCode,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, retry::RetryConfig},
};
use libtest_mimic::{Arguments, Trial};
use listsync_aws::DynamoStore;
use listsync_testkit::{
    contracts::{self, Case},
    fakes::ManualClock,
    moto::{Moto, seed},
};

/// An emulated AWS with a table of its own for each store.
struct Aws {
    moto: Moto,
}

impl Aws {
    fn calm() -> Self {
        Self { moto: Moto::start() }
    }

    /// One that keeps what it was asked, for a second opinion.
    fn recorded() -> Self {
        Self { moto: Moto::recorded() }
    }

    /// One that loses answers, fails and conflicts. The seed is told where a test fails.
    fn unlucky() -> Self {
        let seed = seed();
        writeln!(std::io::stderr(), "LISTSYNC_SEED={seed}").expect("standard error takes it");
        let aws = Self::calm();
        aws.moto.throw(seed);
        aws
    }

    /// A store on a new table of this name that goes by this clock.
    fn make(&self, table: &str, clock: &ManualClock) -> DynamoStore {
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
        let store = DynamoStore::new(Client::from_conf(config), table);
        let store = store.with_clock(Arc::new(clock.clone()));
        let made = store.create_table();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(made))
            .expect("a new table is made");
        store
    }
}

/// An emulated AWS that starts once a test needs it, and ends with the tests.
#[derive(Clone)]
struct Stage(Arc<OnceLock<Aws>>, fn() -> Aws);

impl Stage {
    fn new(start: fn() -> Aws) -> Self {
        Self(Arc::default(), start)
    }

    /// Each case on tables that are called by it: so what becomes of its answers is the same each time.
    fn trials(&self, adapter: &str, cases: Vec<Case<Box<dyn Fn() -> DynamoStore>>>) -> Vec<Trial> {
        let Self(aws, start) = self.clone();
        contracts::trials(adapter, cases, move |case| {
            let (aws, tables, case) = (aws.clone(), AtomicU32::new(0), case.replace("::", "."));
            Box::new(move || {
                let table = format!("{case}.{}", tables.fetch_add(1, Ordering::Relaxed));
                aws.get_or_init(start).make(&table, &ManualClock::default())
            })
        })
    }
}

/// A store meets its contracts on an emulated AWS, as a second DynamoDB sees it, and whatever becomes of answers.
fn main() -> ExitCode {
    let (calm, unlucky) = (Stage::new(Aws::recorded), Stage::new(Aws::unlucky));
    let mut trials = calm.trials("calm", contracts::of_store());
    trials.extend(unlucky.trials("unlucky", contracts::of_store()));
    trials.push(Trial::test("alike::the_store_on_dynamodb_does_what_the_embedded_store_does", || {
        alike::the_store_on_dynamodb_does_what_the_embedded_store_does();
        Ok(())
    }));
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    if let Some(aws) = calm.0.get() {
        aws.moto.second_opinion();
    }
    conclusion.exit_code()
}
