//! Imports of files that know people by a key, who leaves, and that come again.

use std::collections::BTreeSet;

use listsync_core::{
    contact::{Contact, Decision, ExternalId},
    import::Keys,
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Again, ContactEdit, Contacts, ImportMode, ImportRow, ImportState, Imported, Kept, ListStore, NewImport,
    Presence,
};

use super::Bed;
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_changed_address_under_a_known_key_is_an_update,
        a_key_is_learnt_from_the_first_file_that_has_it,
        an_opt_out_survives_a_changed_address,
        an_address_of_one_and_a_key_of_another_are_not_taken_in,
        who_is_said_to_leave_leaves_in_either_mode,
        the_same_file_again_is_answered_and_not_taken_in,
        a_field_of_a_file_tells_that_it_comes_from_one,
        a_new_number_is_added_to_the_person_and_the_old_one_says_nothing_more,
        a_shared_mailbox_leaves_with_its_last_key,
        a_key_with_other_zeros_is_refused,
        whom_a_file_names_without_saying_anything_stays,
        two_contacts_that_are_merged_have_the_keys_of_both,
    ]
}

fn key(text: &str) -> ExternalId {
    ExternalId::parse(text).expect("a key")
}

fn keys(contact: Option<Contact>) -> Vec<String> {
    contact.map(|contact| Keys::of(&contact).iter().map(ToString::to_string).collect()).unwrap_or_default()
}

async fn a_new_number_is_added_to_the_person_and_the_old_one_says_nothing_more<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let both = |mode| async move {
        let bed = Bed::make(make).await;
        bed.take(ImportMode::Full, vec![row(2, "anna", "100"), row(3, "berta", "2")]).await;
        let hired = ImportRow { ended_ids: vec![key("100")], ..row(2, "anna", "250") };
        let Imported { import, refused } = bed.take(mode, vec![hired, row(3, "berta", "2")]).await;
        assert_eq!((import.removed, import.updated, refused), (0, 1, Vec::new()), "{mode:?}");
        assert_eq!(keys(bed.find("anna").await), ["250"]);
    };
    both(ImportMode::Full).await;
    both(ImportMode::Incremental).await;
    for rows in [
        [row(2, "anna", "250"), leaving(2, "anna", "100")],
        [leaving(2, "anna", "100"), row(2, "anna", "250")],
    ] {
        let bed = Bed::make(make).await;
        bed.take(ImportMode::Full, vec![row(2, "anna", "100")]).await;
        for row in rows {
            let Imported { refused, .. } = bed.take(ImportMode::Incremental, vec![row]).await;
            assert_eq!(refused, Vec::new());
        }
        assert_eq!(bed.standing("anna").await, Standing::Member, "in whichever order the files come");
        bed.take(ImportMode::Incremental, vec![leaving(2, "anna", "100")]).await;
        assert_eq!(bed.standing("anna").await, Standing::Member, "an ended number says nothing more");
        bed.take(ImportMode::Incremental, vec![leaving(2, "anna", "250")]).await;
        assert_eq!(bed.standing("anna").await, Standing::Absent, "but the last one does");
    }
}

async fn a_shared_mailbox_leaves_with_its_last_key<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let shared = ImportRow { further_ids: vec![key("302"), key("303")], ..row(3, "store", "301") };
    bed.take(ImportMode::Full, vec![row(2, "anna", "1"), shared]).await;
    assert_eq!(keys(bed.find("store").await), ["301", "302", "303"]);
    for (gone, after) in [("301", Standing::Member), ("303", Standing::Member), ("302", Standing::Absent)] {
        let Imported { refused, .. } =
            bed.take(ImportMode::Incremental, vec![leaving(2, "store", gone)]).await;
        assert_eq!((bed.standing("store").await, refused), (after, Vec::new()), "{gone}");
    }
    bed.take(ImportMode::Incremental, vec![row(2, "store", "302")]).await;
    assert_eq!(bed.standing("store").await, Standing::Member, "and comes back with one");
    let rows = vec![row(2, "anna", "1"), leaving(3, "store", "302")];
    bed.take(ImportMode::Full, rows).await;
    assert_eq!(bed.standing("store").await, Standing::Absent);
}

async fn a_key_with_other_zeros_is_refused<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.take(ImportMode::Full, vec![row(2, "anna", "00101"), row(3, "berta", "00102")]).await;
    let imported = bed.take(ImportMode::Full, vec![row(2, "anna", "101"), row(3, "berta", "102")]).await;
    assert_eq!(refused(&imported), [(2, "external_id_conflict"), (3, "external_id_conflict")]);
    assert_eq!((imported.import.added, imported.import.removed), (0, 0), "nobody is doubled, nobody leaves");
    assert_eq!(keys(bed.find("anna").await), ["00101"]);
}

async fn whom_a_file_names_without_saying_anything_stays<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let all = ["anna", "berta", "carla", "dora", "emma"];
    let rows: Vec<_> =
        (1..).zip(all).map(|(number, local)| row(number, local, &number.to_string())).collect();
    bed.take(ImportMode::Full, rows.clone()).await;
    let new = NewImport {
        kept: vec![Kept::Key(key("1")), Kept::Address(address("berta")), Kept::Key(key("unknown"))],
        rejected: 1,
        unreachable: 1,
        ..file(ImportMode::Full, rows[3..].to_vec())
    };
    let import = ok(bed.store.import(&bed.list, &new).await).import;
    assert_eq!((import.state, import.removed, import.unreachable), (ImportState::Done, 1, 1), "carla");
    assert_eq!(bed.standing("carla").await, Standing::Absent);
    for local in ["anna", "berta", "dora", "emma"] {
        assert_eq!(bed.standing(local).await, Standing::Member, "{local}");
    }
}

async fn two_contacts_that_are_merged_have_the_keys_of_both<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.take(ImportMode::Full, vec![row(2, "anna", "1"), row(3, "berta", "2")]).await;
    let (anna, berta) = (bed.find("anna").await.expect("there"), bed.find("berta").await.expect("there"));
    ok(bed.store.merge_contacts(&anna.id, &berta.id, moment(6)).await);
    assert_eq!(keys(bed.find("berta").await), ["1", "2"]);
    let imported = bed.take(ImportMode::Incremental, vec![row(2, "anna", "2")]).await;
    assert_eq!((imported.refused, imported.import.unchanged), (Vec::new(), 1), "one person, by either key");
    ok(bed.store.delete_contact(&anna.id, moment(7)).await);
    bed.take(ImportMode::Incremental, vec![row(2, "dora", "2")]).await;
    assert_eq!(keys(bed.find("dora").await), ["2"], "a deleted contact's keys are free");
}

fn row(number: u64, local: &str, key: &str) -> ImportRow {
    let external_id = ExternalId::parse(key).ok();
    ImportRow { row: number, external_id, ..contact(local).into() }
}

fn leaving(number: u64, local: &str, key: &str) -> ImportRow {
    ImportRow { presence: Presence::Leaving, ..row(number, local, key) }
}

fn file(mode: ImportMode, people: Vec<ImportRow>) -> NewImport {
    NewImport::new("workday.csv", mode, people, moment(5))
}

impl<S: ListStore + Contacts> Bed<S> {
    async fn take(&self, mode: ImportMode, people: Vec<ImportRow>) -> Imported {
        ok(self.store.import(&self.list, &file(mode, people)).await)
    }

    async fn find(&self, local: &str) -> Option<Contact> {
        ok(self.store.find_contact(&address(local)).await)
    }
}

fn refused(imported: &Imported) -> Vec<(u64, &str)> {
    imported.refused.iter().map(|row| (row.row, row.code.as_str())).collect()
}

async fn a_changed_address_under_a_known_key_is_an_update<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.take(ImportMode::Full, vec![row(2, "anna", "1"), row(3, "berta", "2")]).await;
    let anna = bed.find("anna").await.expect("imported");
    let cursor = ok(bed.store.cursor(&bed.list).await);
    let next = vec![row(2, "anna.berg", "1"), row(3, "berta", "2")];
    let Imported { import, .. } = bed.take(ImportMode::Full, next).await;
    assert_eq!((import.added, import.updated, import.unchanged, import.removed), (0, 1, 1, 0));
    let after = bed.find("anna.berg").await.expect("imported");
    assert_eq!((&after.id, &after.address), (&anna.id, &address("anna.berg")));
    assert_eq!(after.aliases, BTreeSet::from([address("anna")]));
    assert_eq!(ok(bed.store.changes(&bed.list, &cursor).await).contacts, std::slice::from_ref(&anna.id));
    assert_eq!(bed.standing("anna").await, Standing::Member);
}

async fn a_key_is_learnt_from_the_first_file_that_has_it<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    let before = bed.find("anna").await.expect("added");
    bed.take(ImportMode::Incremental, vec![row(2, "anna", "1")]).await;
    let after = bed.find("anna").await.expect("added");
    assert_eq!((after.id, after.external_id), (before.id, ExternalId::parse("1").ok()));
    let Imported { import, .. } = bed.take(ImportMode::Incremental, vec![row(2, "anna", "")]).await;
    assert_eq!((import.unchanged, import.updated), (1, 0), "a file without keys says nothing of them");
}

async fn an_opt_out_survives_a_changed_address<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.take(ImportMode::Full, vec![row(2, "anna", "1")]).await;
    bed.decide("anna", Decision::OptedOut).await;
    let imported = bed.take(ImportMode::Full, vec![row(7, "anna.berg", "1")]).await;
    assert_eq!((imported.import.opted_out, refused(&imported)), (1, vec![(7, "opted_out")]));
    assert_eq!(bed.standing("anna.berg").await, Standing::OptedOut);
    assert_eq!(bed.find("anna.berg").await.map(|contact| contact.address), Some(address("anna.berg")));
}

async fn an_address_of_one_and_a_key_of_another_are_not_taken_in<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    bed.take(ImportMode::Full, vec![row(2, "anna", "1"), row(3, "berta", "2")]).await;
    let shared = ImportRow { further_ids: vec![key("2")], ..row(3, "dora", "1") };
    let rows = vec![row(2, "berta", "1"), shared, row(4, "carla", "4")];
    let imported = bed.take(ImportMode::Full, rows).await;
    assert_eq!(refused(&imported), [(2, "external_id_conflict"), (3, "external_id_conflict")]);
    let import = &imported.import;
    assert_eq!((import.added, import.rejected, import.removed), (1, 2, 0), "and both stay on the list");
    assert_eq!(ok(bed.store.size(&bed.list).await), 3);
    assert_eq!(bed.find("anna").await.and_then(|contact| contact.external_id), ExternalId::parse("1").ok());
}

async fn who_is_said_to_leave_leaves_in_either_mode<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for mode in [ImportMode::Full, ImportMode::Incremental] {
        let bed = Bed::make(make).await;
        bed.take(ImportMode::Full, vec![row(2, "anna", "1"), row(3, "berta", "2"), row(4, "carla", "3")])
            .await;
        let rows = vec![
            leaving(2, "anna.elsewhere", "1"),
            leaving(3, "berta", ""),
            row(4, "carla", "3"),
            leaving(5, "dora", "9"),
        ];
        let Imported { import, .. } = bed.take(mode, rows).await;
        assert_eq!((import.state, import.leaving, import.removed), (ImportState::Done, 3, 2), "{mode:?}");
        assert_eq!(bed.standing("anna").await, Standing::Absent);
        assert_eq!(bed.standing("carla").await, Standing::Member);
        assert_eq!(bed.find("dora").await, None, "nobody is made in order to leave");
        bed.decide("anna", Decision::OptedOut).await;
        bed.take(mode, vec![leaving(2, "anna", "1"), row(4, "carla", "3")]).await;
        assert_eq!(bed.standing("anna").await, Standing::OptedOut, "an opt-out stays one");
    }
}

async fn the_same_file_again_is_answered_and_not_taken_in<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let digest = Some("d".repeat(64));
    let new = NewImport {
        digest: digest.clone(),
        profile: "workday".to_owned(),
        ..file(ImportMode::Full, vec![row(2, "anna", "1"), row(3, "berta", "2")])
    };
    let first = ok(bed.store.import(&bed.list, &new).await).import;
    assert_eq!((first.digest.clone(), first.profile.as_str()), (digest, "workday"));
    bed.remove("anna").await;
    let again = ok(bed.store.import(&bed.list, &new).await);
    assert_eq!((again.import.state, &again.import.id), (ImportState::Repeated, &first.id));
    assert_eq!(bed.standing("anna").await, Standing::Absent, "nothing was done");
    assert_eq!(ok(bed.store.imports(10).await).len(), 1);
    let other_mode = NewImport { mode: ImportMode::Incremental, ..new.clone() };
    assert_eq!(
        ok(bed.store.import(&bed.list, &other_mode).await).import.added,
        1,
        "another mode is no repeat"
    );
    bed.remove("anna").await;
    assert_eq!(ok(bed.store.import(&bed.list, &new).await).import.added, 1, "it was not the last one");
    bed.remove("anna").await;
    let forced = NewImport { again: Again::TakeIn, ..new.clone() };
    assert_eq!(ok(bed.store.import(&bed.list, &forced).await).import.added, 1);
    let unknown = NewImport { digest: None, ..new };
    assert_eq!(ok(bed.store.import(&bed.list, &unknown).await).import.state, ImportState::Done);
}

async fn a_field_of_a_file_tells_that_it_comes_from_one<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut first = row(2, "anna", "1");
    first.contact.fields = [("department".to_owned(), "Sales".to_owned())].into();
    bed.take(ImportMode::Full, vec![first]).await;
    let anna = bed.find("anna").await.expect("imported");
    let told =
        |contact: &Contact| contact.fields.get("department").map(|f| (f.value.clone(), f.source, f.at));
    assert_eq!(told(&anna), Some(("Sales".to_owned(), Origin::Csv, moment(5))));
    let edit = ContactEdit {
        fields: [("department".to_owned(), "Legal".to_owned())].into(),
        ..ContactEdit::default()
    };
    let edited = ok(bed.store.edit_contact(&anna.id, None, &edit, Origin::Manual, moment(6)).await);
    assert_eq!(told(&edited), Some(("Legal".to_owned(), Origin::Manual, moment(6))));
}
