use listsync_core::list::{Origin, Standing};
use listsync_engine::ports::{AddOutcome, EntryQuery, ListStore as _};
use listsync_sqlite::SqliteStore;
use listsync_testkit::sample::{address, contact, moment};
use proptest::prelude::*;

use crate::{
    deeds::{self, Deed, Stage, Store, name},
    play,
};

/// Whether a deed could be this person's own word, or the rule's that nobody opts out.
fn takes_back(deed: &Deed) -> bool {
    matches!(deed, Deed::Subscribe(..) | Deed::Rule(..))
}

async fn is_member<S: Store>(store: &S, list: &listsync_core::id::ListId, who: u8) -> bool {
    let wanted = [address(&name(who))];
    let entries = store.entries(list, EntryQuery::Addresses(&wanted)).await.unwrap();
    entries.iter().any(|entry| entry.standing == Standing::Member)
}

/// What an operator's addition to a list that is made only now comes to.
async fn added_to_a_new_list(store: &SqliteStore, who: u8) -> AddOutcome {
    let later = store.create_list("Later", moment(1)).await.unwrap().id;
    let added = store.add(&later, &contact(&name(who)), Origin::Manual, moment(2)).await.unwrap();
    store.delete_list(&later).await.unwrap();
    added
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_opt_out_survives_files_groups_restarts_merges_and_erasure(
        before in proptest::collection::vec(deeds::any(), 0..10),
        who in 0..deeds::PEOPLE,
        of_all in proptest::bool::ANY,
        after in proptest::collection::vec(deeds::any(), 0..25),
    ) {
        play(async {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("store.db");
            let mut store = SqliteStore::open(&file).unwrap();
            let mut stage = Stage::set(&store).await;
            for deed in before.iter().filter(|deed| !matches!(deed, Deed::Rule(..))) {
                stage.does(&store, deed).await;
            }
            let said = Deed::OptOut(who, if of_all { None } else { Some(0) });
            stage.does(&store, &said).await;
            for deed in after.iter().filter(|deed| !takes_back(deed)) {
                if matches!(deed, Deed::Restart) {
                    drop(store);
                    store = SqliteStore::open(&file).unwrap();
                }
                let told = stage.does(&store, deed).await;
                let context = || format!("after {deed:?} ({told}) in {before:?} {said:?} {after:?}");
                prop_assert!(!is_member(&store, &stage.lists[0], who).await, "{}", context());
                if of_all {
                    prop_assert!(!is_member(&store, &stage.lists[1], who).await, "{}", context());
                    prop_assert_eq!(added_to_a_new_list(&store, who).await, AddOutcome::OptedOut, "{}", context());
                }
            }
            Ok(())
        })?;
    }
}
