use std::sync::Arc;

use listsync_core::contact::Said;
use listsync_engine::ports::EntryQuery;
use listsync_sqlite::SqliteStore;
use listsync_testkit::{
    fakes::{ManualClock, MemoryStore},
    sample::address,
};
use proptest::prelude::*;

use crate::{
    deeds::{self, PEOPLE, Stage, Store, name},
    play,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_does_what_the_model_does(deeds in proptest::collection::vec(deeds::any(), 1..30)) {
        play(async {
            let clock = ManualClock::default();
            let model = MemoryStore::new(&clock);
            let store = SqliteStore::open_in_memory().unwrap().with_clock(Arc::new(clock));
            let mut stages = (Stage::set(&model).await, Stage::set(&store).await);
            for (number, deed) in deeds.iter().enumerate() {
                let expected = stages.0.does(&model, deed).await;
                let told = stages.1.does(&store, deed).await;
                assert_eq!(told, expected, "deed {number}: {deed:?}");
                let (model, store) = (look(&model, &stages.0).await, look(&store, &stages.1).await);
                assert_eq!(store, model, "after deed {number}: {deed:?} in {:?}", &deeds[..=number]);
            }
        });
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
        let said: Vec<_> =
            store.sayings(&contact.id).await.unwrap().iter().map(|said| word(said, stage)).collect();
        let listsync_core::contact::Contact { address, aliases, external_id, further_ids, opted_out, .. } =
            contact;
        let key: Vec<String> = external_id.into_iter().chain(further_ids).map(String::from).collect();
        seen.push(format!("{who}: {address} {aliases:?} {key:?} {opted_out:?} {places:?} {said:?}"));
    }
    for list in &stage.lists {
        seen.push(store.size(list).await.unwrap().to_string());
    }
    seen
}

fn word(said: &Said, stage: &Stage) -> String {
    use listsync_core::contact::Scope;
    let list = match &said.scope {
        Scope::All => None,
        Scope::List(list) => stage.lists.iter().position(|each| each == list),
    };
    format!("{:?} {list:?} {:?} {}", said.decision, said.via, said.at)
}
