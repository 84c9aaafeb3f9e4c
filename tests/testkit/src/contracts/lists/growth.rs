//! How many may join by files without a person.

use listsync_core::{
    contact::ExternalId,
    grant::Lists,
    limit::AdditionLimit,
    list::{NewContact, Standing},
    own::Own,
    register::KeptOff,
};
use listsync_engine::ports::{
    Contacts, Decision, ERASED_NAME, Import, ImportMode, ImportRow, ImportState, ListEdit, ListStore,
    NewImport, Presence,
};

use super::{Bed, file, set};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_list_that_had_nobody_takes_any_number,
        more_than_fifty_and_more_than_the_list_had_are_held_as_the_rows_they_are,
        files_of_one_day_count_together_and_those_of_another_do_not,
        an_approval_takes_the_rows_in_as_they_would_be_taken_then,
        a_discard_leaves_nothing_of_the_rows,
        a_later_file_says_how_those_are_whom_it_names,
        both_can_be_held_and_one_word_does_both,
        whoever_leaves_by_the_file_leaves_at_once,
        a_limit_of_the_list_is_kept_with_it,
        nothing_is_left_of_somebody_who_is_erased,
        whoever_a_file_names_and_nobody_keeps_is_erased_as_well,
        an_approval_reaches_no_further_than_whoever_sent_the_file,
    ]
}

const FOUR: [&str; 4] = ["anna", "berta", "clara", "doris"];

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("p{number:03}")).collect()
}

fn many(count: usize) -> NewImport {
    let names = names(count);
    file(ImportMode::Incremental, &names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn at(second: i64, import: NewImport) -> NewImport {
    NewImport { at: moment(second), ..import }
}

impl<S: ListStore> Bed<S> {
    async fn of_four(make: &impl Fn() -> S) -> Self {
        let bed = Self::make(make).await;
        bed.import(ImportMode::Incremental, &FOUR).await;
        bed
    }

    async fn take_file(&self, new: &NewImport) -> Import {
        ok(self.store.import(&self.list, new).await).import
    }
}

fn counts(import: &Import) -> (ImportState, u64, u64) {
    (import.state, import.added, import.held_additions)
}

async fn a_list_that_had_nobody_takes_any_number<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let import = bed.take_file(&many(60)).await;
    assert_eq!((counts(&import), import.listed), ((ImportState::Done, 60, 0), 0));
}

async fn more_than_fifty_and_more_than_the_list_had_are_held_as_the_rows_they_are<S: ListStore>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::of_four(make).await;
    let new = many(51);
    let import = bed.take_file(&new).await;
    assert_eq!((counts(&import), import.listed), ((ImportState::Held, 0, 51), 4));
    assert_eq!(bed.members().await, set(&FOUR));
    assert!(bed.entry("p000").await.is_none(), "nothing is stored of them, so that no filter finds them");
    let shown = ok(bed.store.held_people(&import.id).await);
    assert_eq!((shown.joins.len(), shown.leaves.len()), (51, 0));
    assert_eq!(shown.joins[0].address, address("p000"));

    let fifty = Bed::of_four(make).await;
    assert_eq!(counts(&fifty.take_file(&many(50)).await), (ImportState::Done, 50, 0));
    let off = NewImport { max_additions: AdditionLimit::Off, ..new };
    assert_eq!(counts(&Bed::of_four(make).await.take_file(&off).await), (ImportState::Done, 51, 0));
}

async fn files_of_one_day_count_together_and_those_of_another_do_not<S: ListStore>(make: &impl Fn() -> S) {
    const DAY: i64 = 24 * 3_600;
    let bed = Bed::of_four(make).await;
    assert_eq!(counts(&bed.take_file(&at(10, many(30))).await), (ImportState::Done, 30, 0));
    // 30 are on it already; 21 more make 51 within the day, over the 4 whom it had.
    let more = at(20, many(51));
    let held = bed.take_file(&more).await;
    assert_eq!((counts(&held), held.unchanged), ((ImportState::Held, 0, 21), 30));
    let less = at(30, many(50));
    assert_eq!(counts(&bed.take_file(&less).await), (ImportState::Done, 20, 0));
    let later = at(DAY + 31, many(104));
    assert_eq!(counts(&bed.take_file(&later).await), (ImportState::Done, 54, 0), "it has 54 by then");
}

async fn an_approval_takes_the_rows_in_as_they_would_be_taken_then<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::of_four(make).await;
    let mut rows: Vec<ImportRow> = names(60).iter().map(|name| contact(name).into()).collect();
    rows[7].contact = NewContact { name: "Seven".to_owned(), ..contact("p007") };
    rows[7].external_id = ExternalId::parse("0007").ok();
    let held = bed.take_file(&NewImport { people: rows.into(), ..many(60) }).await;
    assert_eq!(counts(&held), (ImportState::Held, 0, 60));
    bed.add("p000").await;
    bed.add("p001").await;
    bed.remove("p001").await;
    bed.add("p002").await;
    bed.decide("p002", Decision::OptedOut).await;
    assert_eq!(ok(bed.store.held_people(&held.id).await).joins.len(), 57, "these changed since");
    let approved = ok(bed.store.approve_import(&held.id, moment(9)).await);
    assert_eq!(counts(&approved), (ImportState::Done, 57, 0));
    assert_eq!(bed.standing("p001").await, Standing::Absent, "an operator took them off since");
    assert_eq!(bed.standing("p002").await, Standing::OptedOut);
    let seven = bed.entry("p007").await.expect("they joined");
    assert_eq!((seven.standing, seven.name.as_str()), (Standing::Member, "Seven"));
    let keyed = NewImport {
        people: vec![ImportRow { external_id: ExternalId::parse("0007").ok(), ..contact("neu").into() }]
            .into(),
        ..many(0)
    };
    assert_eq!(bed.take_file(&keyed).await.updated, 1, "the key was taken in with the row");
}

async fn a_discard_leaves_nothing_of_the_rows<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::of_four(make).await;
    let held = bed.take_file(&many(60)).await;
    let dropped = ok(bed.store.discard_import(&held.id).await);
    assert_eq!((dropped.discarded, counts(&dropped)), (60, (ImportState::Discarded, 0, 0)));
    assert!(ok(bed.store.held_people(&held.id).await).joins.is_empty());
    assert!(ok(bed.store.find_contact(&address("p000")).await).is_none());
    assert_eq!(bed.members().await, set(&FOUR));
}

async fn a_later_file_says_how_those_are_whom_it_names<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::of_four(make).await;
    let first = bed.take_file(&many(60)).await;
    let leaves = ImportRow { presence: Presence::Leaving, ..contact("p059").into() };
    bed.take_file(&NewImport { people: vec![leaves].into(), ..many(0) }).await;
    assert_eq!(ok(bed.store.held_people(&first.id).await).joins.len(), 59);
    let second = bed.take_file(&at(6, many(59))).await;
    assert_eq!(counts(&second), (ImportState::Held, 0, 59), "they wait with the later file");
    let imports = ok(bed.store.imports(9).await);
    let first = imports.iter().find(|import| import.id == first.id).expect("it is kept");
    assert_eq!(counts(first), (ImportState::Done, 0, 0), "nobody waits with the first any more");
}

async fn both_can_be_held_and_one_word_does_both<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::of_four(make).await;
    let wrong = bed.take_file(&NewImport { mode: ImportMode::Full, ..many(60) }).await;
    assert_eq!((counts(&wrong), wrong.held), ((ImportState::Held, 0, 60), 4));
    let approved = ok(bed.store.approve_import(&wrong.id, moment(9)).await);
    assert_eq!((counts(&approved), approved.removed, approved.held), ((ImportState::Done, 60, 0), 4, 0));
    assert_eq!(ok(bed.store.size(&bed.list).await), 60);

    let unread = Bed::of_four(make).await;
    let new = NewImport { mode: ImportMode::Full, rejected: 1, unreadable: 1, ..many(60) };
    let held = unread.take_file(&new).await;
    assert_eq!((counts(&held), held.held, held.kept_back), ((ImportState::Held, 0, 60), 0, 4));
    let approved = ok(unread.store.approve_import(&held.id, moment(9)).await);
    assert_eq!(
        counts(&approved),
        (ImportState::RemovalsSkipped, 60, 0),
        "a row could not be read then either"
    );
}

async fn whoever_leaves_by_the_file_leaves_at_once<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::of_four(make).await;
    let mut rows: Vec<ImportRow> = names(60).iter().map(|name| contact(name).into()).collect();
    rows.push(ImportRow { presence: Presence::Leaving, ..contact("anna").into() });
    let held = bed.take_file(&NewImport { people: rows.into(), ..many(60) }).await;
    assert_eq!((counts(&held), held.removed), ((ImportState::Held, 0, 60), 1));
    assert_eq!(bed.members().await, set(&FOUR[1..]));
}

async fn a_limit_of_the_list_is_kept_with_it<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for (own, kept) in [
        (Own::Set(AdditionLimit::Percent(250)), Some(AdditionLimit::Percent(250))),
        (Own::Set(AdditionLimit::Off), Some(AdditionLimit::Off)),
        (Own::AsSettings, None),
    ] {
        let edit = ListEdit { max_additions: Some(own), ..ListEdit::default() };
        let edited = ok(bed.store.edit_list(&bed.list, None, &edit, moment(1)).await);
        assert_eq!(edited.max_additions, kept);
        assert_eq!(ok(bed.store.list(&bed.list).await), Some(edited));
    }
}

async fn nothing_is_left_of_somebody_who_is_erased<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::of_four(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    ok(bed.store.import(&other, &file(ImportMode::Incremental, &["p000"])).await);
    let held = bed.take_file(&many(60)).await;
    assert_eq!(counts(&held), (ImportState::Held, 0, 60));
    let them = bed.contact("p000").await;
    ok(bed.store.erase_contact(&them, moment(6)).await);
    let shown = ok(bed.store.held_people(&held.id).await);
    assert!(shown.joins.iter().all(|person| person.address != address("p000")));
    assert_eq!(ok(bed.store.imports(1).await)[0].held_additions, 59, "the row itself is gone");
}

/// Law 17.
async fn whoever_a_file_names_and_nobody_keeps_is_erased_as_well<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::of_four(make).await;
    let named = NewImport { file: "p000@contoso.example.csv".to_owned(), ..many(60) };
    let held = bed.take_file(&named).await;
    let refused = ok(bed.store.refused(&bed.list, &[address("p000")]).await);
    assert!(refused.is_empty());
    for (local, left) in [("p000", 59), ("p000", 59), ("nobody", 59), ("p001", 58)] {
        ok(bed.store.erase_address(&address(local), moment(6)).await);
        let import = ok(bed.store.find_import(&held.id).await).expect("it is there");
        assert_eq!((import.held_additions, import.file.as_str()), (left, ERASED_NAME), "{local}");
        let shown = ok(bed.store.held_people(&held.id).await);
        assert!(shown.joins.iter().all(|person| person.address != address(local)), "{local}");
        let refused = ok(bed.store.refused(&bed.list, &[address(local)]).await);
        assert_eq!(refused, [(address(local), KeptOff::Erasure)].into());
    }
    let approved = ok(bed.store.approve_import(&held.id, moment(9)).await);
    assert_eq!(counts(&approved), (ImportState::Done, 58, 0));
    let again = bed.take_file(&at(10, file(ImportMode::Incremental, &["p000", "nobody"]))).await;
    assert_eq!(counts(&again), (ImportState::Done, 0, 0));
    for local in ["p000", "p001", "nobody"] {
        assert_eq!(ok(bed.store.find_contact(&address(local)).await), None, "{local}");
    }
    let taken = bed.store.erase_address(&address("anna"), moment(11)).await;
    assert_eq!(taken.map_err(|error| error.code), Err("contact_exists".to_owned()), "that is somebody");
    assert!(bed.members().await.contains("anna"));
}

async fn an_approval_reaches_no_further_than_whoever_sent_the_file<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::of_four(make).await;
    let board = ok(bed.store.create_list("Board", moment(0)).await).id;
    ok(bed.store.import(&board, &file(ImportMode::Incremental, &["p000"])).await);
    let before = bed.entry("p000").await.map(|entry| entry.name);
    let mut rows: Vec<ImportRow> = names(60).iter().map(|name| contact(name).into()).collect();
    rows[0].contact.name = "Mallory".to_owned();
    let given = Lists::Only([bed.list.clone()].into());
    let held = bed.take_file(&NewImport { people: rows.into(), given, ..many(60) }).await;
    assert_eq!(counts(&held), (ImportState::Held, 0, 60));
    let approved = ok(bed.store.approve_import(&held.id, moment(9)).await);
    assert_eq!((counts(&approved), approved.details_kept), ((ImportState::Done, 60, 0), 1));
    let after = bed.entry("p000").await.expect("they joined");
    assert_eq!((after.standing, Some(after.name)), (Standing::Member, before), "and are else as they were");
}
