use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::{
    Client,
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};
use listsync_aws::DynamoStore;
use listsync_core::link::Mode;
use listsync_engine::{
    Ports,
    ports::{Contacts as _, Links as _, ListEdit, ListStore as _},
    status,
};
use listsync_testkit::{
    dice::Dice,
    fakes::{FakeDirectory, Lag, TestStore},
    sample::{link, moment},
};

use crate::kit::Kit;

/// The requests that were sent, by operation.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<Mutex<BTreeMap<String, usize>>>);

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "what was sent"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(operation).or_default() += 1;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_all_links_costs_less_than_a_request_for_each_hundred_and_no_scan() {
    const LINKS: usize = 500;
    let kit = Kit::start().await;
    for number in 0..LINKS {
        let list = kit.store.create_list(&format!("List {number:03}"), moment(0)).await.unwrap().id;
        let one = link(&format!("link-{number:03}"), &list, &format!("group-{number:03}"));
        kit.store
            .create(&listsync_core::link::Link { mode: Mode::ListToGroup, ..one }, moment(0))
            .await
            .unwrap();
    }
    let sent = Sent::default();
    let config = kit.client.config().to_builder().interceptor(sent.clone()).build();
    let counted = Arc::new(
        DynamoStore::new(Client::from_conf(config), "listsync").with_clock(Arc::new(kit.clock.clone())),
    );
    let directory = FakeDirectory::new(&kit.clock, Lag::NONE, Dice::new(1));
    let ports = Ports {
        lists: counted.clone(),
        links: counted.clone(),
        gate: counted.clone(),
        ..TestStore::new(&kit.clock).beside(directory)
    };
    let rows = status::rows(&ports).await.unwrap();
    assert_eq!(rows.len(), LINKS);
    assert!(rows.iter().all(|row| row.name.starts_with("List ") && row.state.word() == "never_ran"));
    let sent = sent.0.lock().unwrap().clone();
    assert_eq!(sent.get("Scan"), None, "{sent:?}");
    assert_eq!(sent.get("BatchGetItem"), None, "no link is asked for by itself: {sent:?}");
    // A page has a megabyte, of links that did not run yet more than five hundred. Beside them: names, imports, expected files
    // and the gate, each once.
    assert!(sent.values().sum::<usize>() <= LINKS / 100 + 1, "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_shown_as_it_is_written_also_where_an_earlier_release_claimed_it() {
    let kit = Kit::start().await;
    let old = kit.store.create_list("Old News", moment(0)).await.unwrap();
    let new = kit.store.create_list("news", moment(0)).await.unwrap();
    let edit = ListEdit { name: Some("News".into()), ..ListEdit::default() };
    kit.store.edit_list(&new.id, None, &edit, moment(1)).await.unwrap();
    let claim = [("pk", "LISTS"), ("sk", "old news")];
    let mut update = kit.client.update_item().table_name("listsync").update_expression("REMOVE #name");
    for (name, value) in claim {
        update = update.key(name, aws_sdk_dynamodb::types::AttributeValue::S(value.into()));
    }
    update.expression_attribute_names("#name", "name").send().await.unwrap();
    let names = kit.store.list_names().await.unwrap();
    assert_eq!(names, BTreeMap::from([(old.id, "Old News".to_owned()), (new.id, "News".to_owned())]));
}
