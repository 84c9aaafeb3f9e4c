//! Imports of somebody who is given some lists only: what is known of people who stand on others stays.

use std::collections::BTreeMap;

use listsync_core::{
    contact::{Decision, ExternalId},
    grant::Lists,
    import::Keys,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::ports::{Contacts, Import, ImportMode, ImportRow, ListStore, NewImport, Presence};

use super::Bed;
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        who_stands_on_another_list_joins_and_is_else_as_before,
        whoever_is_given_all_lists_of_somebody_changes_them,
        an_ended_key_of_somebody_elsewhere_stays,
        who_said_no_to_another_list_stands_there_too,
    ]
}

/// What a row says of Anna that is news: another name, address, key and field.
fn news() -> ImportRow {
    let fields: BTreeMap<_, _> = [("Office".to_owned(), "9".to_owned())].into();
    let contact = NewContact { name: "Mallory".to_owned(), fields, ..contact("mallory") };
    ImportRow {
        further_ids: vec![key("200")],
        ..ImportRow { external_id: Some(key("100")), ..contact.into() }
    }
}

fn key(text: &str) -> ExternalId {
    ExternalId::parse(text).expect("a key")
}

/// Anna with the keys 100 and 101.
fn anna() -> ImportRow {
    let row = ImportRow::from(contact("anna"));
    ImportRow { external_id: Some(key("100")), further_ids: vec![key("101")], ..row }
}

impl<S: ListStore + Contacts> Bed<S> {
    async fn of_given(&self, mode: ImportMode, rows: Vec<ImportRow>, given: Lists) -> Import {
        let new = NewImport { given, ..NewImport::new("hr.csv", mode, rows, moment(9)) };
        ok(self.store.import(&self.list, &new).await).import
    }

    /// Name, keys and number of fields of the contact of an address.
    async fn told(&self, local: &str) -> Option<(String, Vec<String>, usize)> {
        let found = ok(self.store.find_contact(&address(local)).await)?;
        let keys = Keys::of(&found).iter().map(ToString::to_string).collect();
        Some((found.name, keys, found.fields.len()))
    }
}

async fn who_stands_on_another_list_joins_and_is_else_as_before<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let board = ok(bed.store.create_list("Board", moment(0)).await).id;
    ok(bed.store.import(&board, &NewImport::new("b.csv", ImportMode::Full, vec![anna()], moment(1))).await);
    let before = bed.told("anna").await;
    let only = Lists::Only([bed.list.clone()].into());
    let berta = ImportRow { row: 3, ..contact("berta").into() };
    // Her number alone puts her on no list: whoever guesses numbers would see who has them.
    let import = bed.of_given(ImportMode::Incremental, vec![news()], only.clone()).await;
    assert_eq!((import.rejected, bed.standing("anna").await), (1, Standing::Absent));
    bed.add("anna").await;
    for (added, unchanged) in [(1, 1), (0, 2)] {
        let rows = vec![news(), berta.clone()];
        let import = bed.of_given(ImportMode::Full, rows, only.clone()).await;
        let told = (import.added, import.unchanged, import.updated, import.details_kept, import.rejected);
        assert_eq!(told, (added, unchanged, 0, 1, 0));
        assert_eq!(bed.told("anna").await, before, "nothing of Anna is another list's to change");
        assert_eq!(bed.told("mallory").await, None);
        assert_eq!(bed.standing("anna").await, Standing::Member);
    }
    let import = bed.of_given(ImportMode::Incremental, vec![gone("100")], only.clone()).await;
    assert_eq!((import.leaving, import.removed), (1, 0), "Anna has another key");
    // Whoever is given all lists changes what is known of everybody.
    let import = bed.of_given(ImportMode::Incremental, vec![news()], Lists::All).await;
    assert_eq!((import.updated, import.details_kept), (1, 0));
    assert_eq!(
        bed.told("mallory").await.map(|(name, _, fields)| (name, fields)),
        Some(("Mallory".into(), 1))
    );
}

async fn whoever_is_given_all_lists_of_somebody_changes_them<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let board = ok(bed.store.create_list("Board", moment(0)).await).id;
    for list in [&bed.list, &board] {
        ok(bed.store.add(list, &contact("anna"), Origin::Manual, moment(1)).await);
    }
    let row = ImportRow::from(NewContact { name: "Anna Lee".to_owned(), ..contact("anna") });
    let both = Lists::Only([bed.list.clone(), board.clone()].into());
    let import = bed.of_given(ImportMode::Incremental, vec![row.clone()], both).await;
    assert_eq!((import.updated, import.details_kept), (1, 0));
    // Who merely was on another list once is nobody's but this one's.
    ok(bed.store.remove(&board, &address("anna"), moment(2)).await);
    let row = ImportRow::from(NewContact { name: "Anna Orr".to_owned(), ..row.contact });
    let only = Lists::Only([bed.list.clone()].into());
    let import = bed.of_given(ImportMode::Incremental, vec![row], only).await;
    assert_eq!((import.updated, import.details_kept), (1, 0));
    assert_eq!(bed.told("anna").await.map(|(name, ..)| name), Some("Anna Orr".to_owned()));
}

async fn an_ended_key_of_somebody_elsewhere_stays<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let board = ok(bed.store.create_list("Board", moment(0)).await).id;
    for list in [&bed.list, &board] {
        let new = NewImport::new("b.csv", ImportMode::Full, vec![anna()], moment(1));
        ok(bed.store.import(list, &new).await);
    }
    let before = bed.told("anna").await;
    let only = Lists::Only([bed.list.clone()].into());
    let import = bed.of_given(ImportMode::Incremental, vec![gone("101")], only.clone()).await;
    assert_eq!((import.removed, import.details_kept), (0, 1));
    assert_eq!(bed.told("anna").await, before);
    let all = ImportRow { ended_ids: vec![key("100"), key("101")], ..gone("100") };
    let import = bed.of_given(ImportMode::Incremental, vec![all], only).await;
    assert_eq!(import.removed, 1, "who has left with all their keys leaves the list that is given");
    assert_eq!((bed.standing("anna").await, bed.told("anna").await), (Standing::Absent, before));
}

async fn who_said_no_to_another_list_stands_there_too<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let board = ok(bed.store.create_list("Board", moment(0)).await).id;
    bed.add("anna").await;
    ok(bed.store.decide(&board, &address("anna"), Decision::OptedOut, moment(1)).await);
    let row = ImportRow::from(NewContact { name: "Mallory".to_owned(), ..contact("anna") });
    let only = Lists::Only([bed.list.clone()].into());
    let import = bed.of_given(ImportMode::Incremental, vec![row], only).await;
    assert_eq!((import.unchanged, import.details_kept), (1, 1));
    assert_ne!(bed.told("anna").await.map(|(name, ..)| name), Some("Mallory".to_owned()));
}

fn gone(text: &str) -> ImportRow {
    let row = ImportRow::from(contact("anna"));
    ImportRow { external_id: Some(key(text)), presence: Presence::Leaving, ..row }
}
