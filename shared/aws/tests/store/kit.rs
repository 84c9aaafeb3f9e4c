use std::{collections::BTreeMap, sync::Arc, time::Duration};

use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
    types::AttributeValue,
};
use listsync_aws::DynamoStore;
use listsync_core::list::NewContact;
use listsync_engine::ports::{ImportMode, ImportRow, NewImport};
use listsync_testkit::{
    fakes::ManualClock,
    moto::Moto,
    sample::{address, moment},
};

/// A store on an emulated AWS, and what it stands on.
pub(crate) struct Kit {
    pub(crate) store: DynamoStore,
    pub(crate) clock: ManualClock,
    pub(crate) client: Client,
    pub(crate) moto: Moto,
}

impl Kit {
    pub(crate) async fn start() -> Self {
        let moto = Moto::start();
        // As often as the product tries, and quicker.
        let retry =
            RetryConfig::standard().with_max_attempts(4).with_initial_backoff(Duration::from_millis(2));
        let config = Config::builder()
            .retry_config(retry)
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(moto.endpoint());
        let client = Client::from_conf(config.build());
        let clock = ManualClock::default();
        let store = DynamoStore::new(client.clone(), "listsync").with_clock(Arc::new(clock.clone()));
        store.create_table().await.unwrap();
        assert!(store.is_ready().await.unwrap());
        Self { store, clock, client, moto }
    }

    /// A store as another process would open it.
    pub(crate) fn other(&self) -> DynamoStore {
        DynamoStore::new(self.client.clone(), "listsync").with_clock(Arc::new(self.clock.clone()))
    }

    /// Whether any item has this text in any place.
    pub(crate) async fn mentions(&self, text: &str) -> bool {
        let mut pages = self.client.scan().table_name("listsync").into_paginator().items().send();
        let mut found = false;
        while let Some(item) = pages.next().await {
            found |= format!("{:?}", item.unwrap()).contains(text);
        }
        found
    }

    /// How many items there are of each kind: what stands before the first `#` of the partition key.
    pub(crate) async fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        let mut pages = self.client.scan().table_name("listsync").into_paginator().items().send();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            let Some(AttributeValue::S(pk)) = item.get("pk") else { panic!("an item without its key") };
            *kinds.entry(pk.split('#').next().unwrap().to_owned()).or_default() += 1;
        }
        kinds
    }
}

pub(crate) fn people(numbers: std::ops::Range<u32>) -> Vec<NewContact> {
    let person = |number| NewContact {
        address: address(&format!("person-{number}")),
        name: format!("Person {number}"),
        fields: BTreeMap::new(),
    };
    numbers.map(person).collect()
}

pub(crate) fn file(mode: ImportMode, contacts: Vec<NewContact>) -> NewImport {
    let people = contacts.into_iter().map(ImportRow::from).collect();
    NewImport::new("staff.csv", mode, people, moment(5))
}
