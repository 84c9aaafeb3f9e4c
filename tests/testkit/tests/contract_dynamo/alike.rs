use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use listsync_core::contact::{Contact, Scope};
use listsync_engine::ports::EntryQuery;
use listsync_sqlite::SqliteStore;
use listsync_testkit::{fakes::ManualClock, sample::address};
use proptest::{
    collection,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    Aws,
    deeds::{self, Deed, PEOPLE, Stage, Store, name},
};

pub(crate) fn the_store_on_dynamodb_does_what_the_embedded_store_does() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (aws, tables) = (Aws::calm(), AtomicU32::new(0));
    let played = runner().run(&collection::vec(deeds::any(), 1..30), |deeds| {
        let table = format!("table-{}", tables.fetch_add(1, Ordering::Relaxed));
        runtime.block_on(compare(&aws, &table, &deeds));
        Ok(())
    });
    played.unwrap();
}

/// The same deeds each time, so that a change is judged by what it changes. With `LISTSYNC_CASES` so many others are played, at
/// random.
fn runner() -> TestRunner {
    let wanted = std::env::var("LISTSYNC_CASES").ok().and_then(|number| number.parse().ok());
    let config = Config { cases: wanted.unwrap_or(48), failure_persistence: None, ..Config::default() };
    match wanted {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    }
}

/// Does the same to both stores, and looks at both after each deed.
async fn compare(aws: &Aws, table: &str, deeds: &[Deed]) {
    let clock = ManualClock::default();
    let store = aws.make(table, &clock);
    let model = SqliteStore::open_in_memory().unwrap().with_clock(Arc::new(clock));
    let mut stages = (Stage::set(&model).await, Stage::set(&store).await);
    for (number, deed) in deeds.iter().enumerate() {
        let expected = stages.0.does(&model, deed).await;
        let told = stages.1.does(&store, deed).await;
        assert_eq!(told, expected, "deed {number}: {deed:?} in {:?}", &deeds[..=number]);
        let (model, store) = (look(&model, &stages.0).await, look(&store, &stages.1).await);
        assert_eq!(store, model, "after deed {number}: {deed:?} in {:?}", &deeds[..=number]);
    }
}

/// All that can be seen of the people, without ids.
async fn look<S: Store>(store: &S, stage: &Stage) -> Vec<String> {
    let mut seen = Vec::new();
    for who in 0..PEOPLE {
        let found = store.find_contact(&address(&name(who))).await.unwrap();
        let Some(contact) = found else {
            seen.push(format!("{who}: nobody"));
            continue;
        };
        let mut places = Vec::new();
        for list in &stage.lists {
            let wanted = [address(&name(who))];
            let entries = store.entries(list, EntryQuery::Addresses(&wanted)).await.unwrap();
            places.extend(entries.into_iter().map(|entry| entry.standing.to_string()));
        }
        let Contact { id, address, aliases, external_id, further_ids, opted_out, accepts, .. } = contact;
        let accepts = stage.lists.iter().filter(|list| accepts.contains(list)).count();
        let key: Vec<String> = external_id.into_iter().chain(further_ids).map(String::from).collect();
        let said = store.sayings(&id).await.unwrap().into_iter().map(|said| {
            let about = stage.lists.iter().position(|list| said.scope == Scope::List(list.clone()));
            format!("{:?} {about:?} {:?} {}", said.decision, said.via, said.at)
        });
        let said: Vec<String> = said.collect();
        seen.push(format!(
            "{who}: {address} {aliases:?} {key:?} {opted_out:?} {accepts} {places:?} {said:?}"
        ));
    }
    for list in &stage.lists {
        seen.push(store.size(list).await.unwrap().to_string());
    }
    seen
}
