//! Random edits against a model of a few lines.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    id::ListId,
    list::{List, Origin, Standing},
};
use listsync_engine::ports::{
    AddOutcome, Decision, EntryQuery, ImportMode, ImportState, Lease, Links, ListOutcome, ListSide,
    ListStore, NewImport, RemoveOutcome,
};
use listsync_sqlite::SqliteStore;
use proptest::prelude::*;

use crate::kit::{add_step, address, at, linked, list_fold, person};

#[derive(Debug, Clone)]
enum Edit {
    Add(u8),
    Remove(u8),
    Decide(u8, bool),
    Import {
        full: bool,
        people: BTreeSet<u8>,
        rejected: u64,
    },
    /// What a run brings from the group.
    FromGroup(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    let who = 0..8_u8;
    prop_oneof![
        3 => who.clone().prop_map(Edit::Add),
        3 => who.clone().prop_map(Edit::Remove),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, wants)| Edit::Decide(who, wants)),
        2 => (any::<bool>(), proptest::collection::btree_set(0..8_u8, 0..8), 0..2_u64)
            .prop_map(|(full, people, rejected)| Edit::Import { full, people, rejected }),
        2 => who.prop_map(Edit::FromGroup),
    ]
}

#[derive(Debug, Default)]
struct Model {
    standings: BTreeMap<u8, Standing>,
    /// Who left by hand or by a file, and did not come back: all is within a day.
    gone: BTreeSet<u8>,
    /// Whose standing changed, in order.
    log: Vec<u8>,
}

impl Model {
    fn standing(&self, who: u8) -> Standing {
        self.standings.get(&who).copied().unwrap_or(Standing::Absent)
    }

    fn set(&mut self, who: u8, to: Standing) {
        if self.standing(who) != to {
            self.standings.insert(who, to);
            self.log.push(who);
            match to {
                Standing::Absent => self.gone.insert(who),
                _ => self.gone.remove(&who),
            };
        }
    }

    /// Puts somebody on the list who did not opt out.
    fn put(&mut self, who: u8) -> Standing {
        let before = self.standing(who);
        if before != Standing::OptedOut {
            self.set(who, Standing::Member);
        }
        before
    }

    fn members(&self) -> Vec<u8> {
        (0..8).filter(|who| self.standing(*who) == Standing::Member).collect()
    }

    fn import(&mut self, full: bool, people: &BTreeSet<u8>, rejected: u64) -> (ImportState, u64) {
        let (before, gone) = (self.members(), self.gone.len());
        let named = before.iter().filter(|who| people.contains(who)).count();
        for who in people {
            self.put(*who);
        }
        let leavers: Vec<u8> = self.members().into_iter().filter(|who| !people.contains(who)).collect();
        if !full || leavers.is_empty() {
            (ImportState::Done, 0)
        } else if rejected > 0 {
            (ImportState::RemovalsSkipped, 0)
        } else if named * 10 < before.len() * 8 || is_a_crowd(leavers.len() + gone, before.len() + gone) {
            (ImportState::Held, 0)
        } else {
            for who in &leavers {
                self.set(*who, Standing::Absent);
            }
            (ImportState::Done, leavers.len() as u64)
        }
    }
}

/// More than five, and more than a fifth.
fn is_a_crowd(leavers: usize, of: usize) -> bool {
    leavers > 5 && leavers * 5 > of
}

fn local(who: u8) -> String {
    format!("p{who}")
}

/// Does one edit in the store and in the model, and compares what it came to.
async fn apply(scene: &Scene, model: &mut Model, edit: &Edit) {
    let Scene { store, staff, lease } = scene;
    let list = &staff.id;
    match edit {
        Edit::Add(who) => {
            let expected = match model.put(*who) {
                Standing::OptedOut => AddOutcome::OptedOut,
                Standing::Member => AddOutcome::Already,
                _ => AddOutcome::Added,
            };
            let got = store.add(list, &person(&local(*who)), Origin::Manual, at(1)).await.unwrap();
            assert_eq!(got, expected);
        }
        Edit::Remove(who) => {
            let got = store.remove(list, &address(&local(*who)), at(1)).await.unwrap();
            let was_member = model.standing(*who) == Standing::Member;
            if was_member {
                model.set(*who, Standing::Absent);
            }
            let expected = if was_member { RemoveOutcome::Removed } else { RemoveOutcome::Absent };
            assert_eq!(got, expected);
        }
        Edit::Decide(who, wants) => {
            let (decision, to) = match wants {
                true => (Decision::Subscribed, Standing::Member),
                false => (Decision::OptedOut, Standing::OptedOut),
            };
            store.decide(list, &address(&local(*who)), decision, at(1)).await.unwrap();
            model.set(*who, to);
        }
        Edit::Import { full, people, rejected } => {
            let import = store.import(list, &file(*full, people, *rejected)).await.unwrap().import;
            assert_eq!((import.state, import.removed), model.import(*full, people, *rejected));
        }
        Edit::FromGroup(who) => {
            let step = add_step(&local(*who), &format!("o{who}"));
            let got = store.fold(lease, &list_fold(vec![step], None)).await.unwrap();
            let expected = match model.put(*who) {
                Standing::OptedOut => ListOutcome::OptedOut,
                Standing::Member => ListOutcome::AlreadySo,
                _ => ListOutcome::Done,
            };
            assert_eq!(got, [expected]);
        }
    }
}

fn file(full: bool, people: &BTreeSet<u8>, rejected: u64) -> NewImport {
    let mode = if full { ImportMode::Full } else { ImportMode::Incremental };
    let people = people.iter().map(|who| person(&local(*who)).into()).collect();
    NewImport { rejected, unreadable: rejected, ..NewImport::new("f.csv", mode, people, at(1)) }
}

struct Scene {
    store: SqliteStore,
    staff: List,
    lease: Lease,
}

async fn compare(edits: &[Edit], look_from: usize) {
    let (store, staff, lease) = linked().await;
    let scene = Scene { store, staff, lease };
    let (store, list) = (&scene.store, &scene.staff.id);
    let mut model = Model::default();
    let (mut cursor, mut seen) = (store.cursor(list).await.unwrap(), 0);
    for (number, edit) in edits.iter().enumerate() {
        if number == look_from {
            cursor = store.cursor(list).await.unwrap();
            seen = model.log.len();
        }
        apply(&scene, &mut model, edit).await;
    }
    compare_entries(store, list, &model).await;
    let changed = store.changes(list, &cursor).await.unwrap();
    let changed = store.entries(list, EntryQuery::Contacts(&changed.contacts)).await.unwrap();
    let changed: BTreeSet<_> = changed.into_iter().map(|entry| entry.address).collect();
    let expected: BTreeSet<_> = model.log[seen..].iter().map(|who| address(&local(*who))).collect();
    assert_eq!(changed, expected);
}

async fn compare_entries(store: &SqliteStore, list: &ListId, model: &Model) {
    let entries = store.entries(list, EntryQuery::All).await.unwrap();
    let got: BTreeMap<_, _> = entries.into_iter().map(|entry| (entry.address, entry.standing)).collect();
    let expected: BTreeMap<_, _> = (0..8)
        .filter(|who| model.standing(*who) != Standing::Absent)
        .map(|who| (address(&local(who)), model.standing(who)))
        .collect();
    assert_eq!(got, expected);
    assert_eq!(store.size(list).await.unwrap(), model.members().len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_edits_come_to_what_the_model_says(
        edits in proptest::collection::vec(edit(), 1..30), look_from in 0_usize..30
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(compare(&edits, look_from));
    }
}
