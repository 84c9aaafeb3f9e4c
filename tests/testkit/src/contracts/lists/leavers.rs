//! How many a file takes off a list without a person.

use listsync_core::{contact::ExternalId, id::ListId, list::Standing};
use listsync_engine::ports::{
    Decision, Fault, Import, ImportMode, ImportRow, ImportState, ListStore, NewImport, Presence, ToldRows,
};

use super::{Bed, file, set};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, contact, moment},
};

const STAFF: [&str; 12] =
    ["anna", "berta", "clara", "doris", "elsa", "fritz", "gerd", "hans", "ida", "jan", "kurt", "lea"];

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        more_than_five_and_a_fifth_wait_and_the_rest_of_the_file_does_not,
        five_leave_at_once,
        they_count_with_those_whom_a_full_file_does_not_name,
        whoever_a_full_file_names_by_a_key_or_a_former_address_is_not_missing,
        files_of_one_day_count_together_and_those_of_another_do_not,
        whom_a_person_let_go_counts_no_more,
        who_is_gone_is_told_until_they_come_back,
        whoever_is_not_on_the_list_or_has_another_key_is_not_counted,
        an_approval_takes_off_who_is_still_there_and_a_discard_nobody,
        a_later_file_that_names_them_lets_them_stay,
        they_wait_beside_those_whom_a_full_file_does_not_name,
        another_row_of_theirs_says_that_they_are_there,
        whom_the_sender_has_wait_waits_however_few_they_are,
    ]
}

fn leaves(name: &str) -> ImportRow {
    ImportRow { presence: Presence::Leaving, ..contact(name).into() }
}

fn gone(names: &[&str]) -> Vec<ImportRow> {
    names.iter().map(|name| leaves(name)).collect()
}

fn of(rows: Vec<ImportRow>, mode: ImportMode) -> NewImport {
    NewImport { people: rows.into(), ..file(mode, &[]) }
}

impl<S: ListStore> Bed<S> {
    async fn staffed(make: &impl Fn() -> S) -> Self {
        let bed = Self::make(make).await;
        bed.import(ImportMode::Incremental, &STAFF).await;
        bed
    }
}

async fn more_than_five_and_a_fifth_wait_and_the_rest_of_the_file_does_not<S: ListStore>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::staffed(make).await;
    let mut rows = gone(&STAFF[..6]);
    rows.push(contact("neu").into());
    let held = ok(bed.store.import(&bed.list, &of(rows, ImportMode::Incremental)).await).import;
    assert_eq!((held.state, held.held, held.leaving), (ImportState::Held, 6, 6));
    assert_eq!((held.added, held.removed), (1, 0));
    let stay: Vec<_> = STAFF.iter().copied().chain(["neu"]).collect();
    assert_eq!(bed.members().await, set(&stay));
    let shown = ok(bed.store.held_people(&held.id).await);
    let named: Vec<_> = shown.leaves.iter().map(|person| person.address.clone()).collect();
    assert_eq!(named, STAFF[..6].iter().map(|name| address(name)).collect::<Vec<_>>());
}

async fn whom_the_sender_has_wait_waits_however_few_they_are<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let waits =
        |names: &[&str]| NewImport { told: ToldRows::Wait, ..of(gone(names), ImportMode::Incremental) };
    let one = ok(bed.store.import(&bed.list, &waits(&["anna"])).await).import;
    assert_eq!((one.state, one.held, one.removed), (ImportState::Held, 1, 0));
    // Whom a later one names waits there, and with nobody left the earlier one waits no more.
    let two = ok(bed.store.import(&bed.list, &waits(&["anna", "berta"])).await).import;
    assert_eq!((two.state, two.held), (ImportState::Held, 2));
    let one = ok(bed.store.find_import(&one.id).await).expect("it is kept");
    assert_eq!((one.state, one.held), (ImportState::Done, 0));
    let nobody = ok(bed.store.import(&bed.list, &waits(&["nobody"])).await).import;
    assert_eq!((nobody.state, nobody.held), (ImportState::Done, 0));
    let done = ok(bed.store.approve_import(&two.id, moment(9)).await);
    assert_eq!((done.state, done.removed), (ImportState::Done, 2));
}

async fn five_leave_at_once<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let five = ok(bed.store.import(&bed.list, &of(gone(&STAFF[..5]), ImportMode::Incremental)).await).import;
    assert_eq!((five.state, five.removed, five.held), (ImportState::Done, 5, 0));
}

fn named<'a>(names: impl IntoIterator<Item = &'a String>) -> Vec<ImportRow> {
    names.into_iter().map(|name| contact(name).into()).collect()
}

impl<S: ListStore> Bed<S> {
    /// A list of so many, and their names.
    async fn crowded(make: &impl Fn() -> S, count: usize) -> (Self, Vec<String>) {
        let bed = Self::make(make).await;
        let names: Vec<String> = (0..count).map(|number| format!("p{number:03}")).collect();
        bed.takes(5, named(&names), ImportMode::Incremental).await;
        (bed, names)
    }

    async fn takes(&self, second: i64, rows: Vec<ImportRow>, mode: ImportMode) -> Import {
        let new = NewImport { at: moment(second), ..of(rows, mode) };
        ok(self.store.import(&self.list, &new).await).import
    }
}

/// What was done, how many left, and how many wait.
fn counts(import: &Import) -> (ImportState, u64, u64) {
    (import.state, import.removed, import.held)
}

async fn they_count_with_those_whom_a_full_file_does_not_name<S: ListStore>(make: &impl Fn() -> S) {
    let rows = |names: &[String], called_gone: usize| {
        let mut rows = named(&names[..names.len() - 20]);
        rows.iter_mut().take(called_gone).for_each(|row| row.presence = Presence::Leaving);
        rows
    };
    let (bed, names) = Bed::crowded(make, 120).await;
    let import = bed.takes(6, rows(&names, 4), ImportMode::Full).await;
    assert_eq!(counts(&import), (ImportState::Done, 24, 0));

    // Neither alone is above a fifth.
    let (bed, names) = Bed::crowded(make, 120).await;
    let import = bed.takes(6, rows(&names, 5), ImportMode::Full).await;
    assert_eq!((counts(&import), import.leaving), ((ImportState::Held, 0, 25), 5));
    let shown = ok(bed.store.held_people(&import.id).await).leaves;
    assert_eq!(shown.len(), 25);
    let approved = ok(bed.store.approve_import(&import.id, moment(9)).await);
    assert_eq!(counts(&approved), (ImportState::Done, 25, 0));
    assert_eq!(ok(bed.store.size(&bed.list).await), 95);
}

async fn whoever_a_full_file_names_by_a_key_or_a_former_address_is_not_missing<S: ListStore>(
    make: &impl Fn() -> S,
) {
    let (bed, names) = Bed::crowded(make, 30).await;
    let keyed = |address: &dyn Fn(&String) -> String| -> Vec<ImportRow> {
        let row = |name: &String| ImportRow {
            external_id: ExternalId::parse(name).ok(),
            ..contact(&address(name)).into()
        };
        names.iter().map(row).collect()
    };
    bed.takes(6, keyed(&String::clone), ImportMode::Full).await;
    // All have married at once, as after a change of the domain, and two are gone.
    let mut rows = keyed(&|name: &String| format!("new-{name}"));
    rows[..2].iter_mut().for_each(|row| row.presence = Presence::Leaving);
    let import = bed.takes(7, rows, ImportMode::Full).await;
    assert_eq!((counts(&import), import.updated), ((ImportState::Done, 2, 0), 28));
}

async fn files_of_one_day_count_together_and_those_of_another_do_not<S: ListStore>(make: &impl Fn() -> S) {
    const DAY: i64 = 24 * 3_600;
    let (bed, names) = Bed::crowded(make, 100).await;
    assert_eq!(
        counts(&bed.takes(10, named(&names[..82]), ImportMode::Full).await),
        (ImportState::Done, 18, 0)
    );
    assert_eq!(
        counts(&bed.takes(20, named(&names[..79]), ImportMode::Full).await),
        (ImportState::Held, 0, 3)
    );
    // What the rows say of people counts with them, and so does who is taken off by hand.
    let said = |names: &[String]| -> Vec<ImportRow> { names.iter().map(|name| leaves(name)).collect() };
    assert_eq!(
        counts(&bed.takes(30, said(&names[..3]), ImportMode::Incremental).await),
        (ImportState::Held, 0, 3)
    );
    ok(bed.store.remove(&bed.list, &address("p000"), moment(35)).await);
    assert_eq!(
        counts(&bed.takes(40, said(&names[1..2]), ImportMode::Incremental).await),
        (ImportState::Done, 1, 0)
    );
    assert_eq!(
        counts(&bed.takes(50, said(&names[2..3]), ImportMode::Incremental).await),
        (ImportState::Held, 0, 1)
    );
    // A day later the list is what it is by then.
    assert_eq!(
        counts(&bed.takes(DAY + 60, named(&names[2..66]), ImportMode::Full).await),
        (ImportState::Done, 16, 0)
    );
}

async fn whom_a_person_let_go_counts_no_more<S: ListStore>(make: &impl Fn() -> S) {
    let (bed, names) = Bed::crowded(make, 100).await;
    let held = bed.takes(10, named(&names[..60]), ImportMode::Full).await;
    assert_eq!(counts(&held), (ImportState::Held, 0, 40));
    let approved = ok(bed.store.approve_import(&held.id, moment(15)).await);
    assert_eq!(counts(&approved), (ImportState::Done, 40, 0));
    assert_eq!(ok(bed.store.gone(&bed.list, moment(16)).await), 0);
    assert_eq!(
        counts(&bed.takes(20, named(&names[..48]), ImportMode::Full).await),
        (ImportState::Done, 12, 0)
    );
    assert_eq!(
        counts(&bed.takes(30, named(&names[..47]), ImportMode::Full).await),
        (ImportState::Held, 0, 1)
    );
}

async fn who_is_gone_is_told_until_they_come_back<S: ListStore>(make: &impl Fn() -> S) {
    let (bed, names) = Bed::crowded(make, 30).await;
    let gone = async |second| ok(bed.store.gone(&bed.list, moment(second)).await);
    assert_eq!(gone(6).await, 0);
    bed.takes(10, named(&names[..26]), ImportMode::Full).await;
    ok(bed.store.remove(&bed.list, &address("p000"), moment(11)).await);
    // Who says no themselves was taken off by nobody.
    ok(bed.store.decide(&bed.list, &address("p001"), Decision::OptedOut, moment(11)).await);
    assert_eq!(gone(12).await, 5);
    bed.takes(13, named(&names[29..]), ImportMode::Incremental).await;
    assert_eq!(gone(14).await, 4);
    assert_eq!(gone(10 + 24 * 3_600).await, 1, "by hand, a second later");
    assert_eq!(gone(11 + 24 * 3_600).await, 0);
    let nobody = ListId::parse("nobody").expect("an id");
    assert_eq!(fault(bed.store.gone(&nobody, moment(12)).await), Fault::Gone);
}

async fn whoever_is_not_on_the_list_or_has_another_key_is_not_counted<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let key = |text: &str| ExternalId::parse(text).expect("a key");
    let rows = STAFF.iter().map(|name| ImportRow { external_id: Some(key(name)), ..contact(name).into() });
    ok(bed.store.import(&bed.list, &of(rows.collect(), ImportMode::Incremental)).await);
    let mut rows = gone(&["mona", "nils", "olaf", "paul", "rita"]);
    // Of somebody else's employment with the same mailbox: it ends, and they stay.
    rows.push(ImportRow { external_id: Some(key("other")), ..leaves("anna") });
    for name in &STAFF[1..6] {
        rows.push(ImportRow { external_id: Some(key(name)), ..leaves(name) });
    }
    let import = ok(bed.store.import(&bed.list, &of(rows, ImportMode::Incremental)).await).import;
    assert_eq!((import.state, import.removed, import.held), (ImportState::Done, 5, 0));
    assert_eq!(bed.standing("anna").await, Standing::Member);
}

async fn an_approval_takes_off_who_is_still_there_and_a_discard_nobody<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let new = of(gone(&STAFF[..7]), ImportMode::Incremental);
    let held = ok(bed.store.import(&bed.list, &new).await).import;
    bed.remove("anna").await;
    bed.add("anna").await;
    let approved = ok(bed.store.approve_import(&held.id, moment(9)).await);
    assert_eq!((approved.state, approved.removed, approved.held), (ImportState::Done, 6, 0));
    let stay: Vec<_> = ["anna"].into_iter().chain(STAFF[7..].iter().copied()).collect();
    assert_eq!(bed.members().await, set(&stay));

    let bed = Bed::staffed(make).await;
    let held = ok(bed.store.import(&bed.list, &new).await).import;
    let dropped = ok(bed.store.discard_import(&held.id).await);
    assert_eq!((dropped.state, dropped.discarded), (ImportState::Discarded, 7));
    assert_eq!(bed.members().await, set(&STAFF));
}

async fn a_later_file_that_names_them_lets_them_stay<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let held = ok(bed.store.import(&bed.list, &of(gone(&STAFF[..6]), ImportMode::Incremental)).await).import;
    // The clock is right again: nobody's last day is past.
    bed.import(ImportMode::Incremental, &STAFF).await;
    assert!(ok(bed.store.held_people(&held.id).await).leaves.is_empty());
    assert_eq!(bed.members().await, set(&STAFF));
}

async fn they_wait_beside_those_whom_a_full_file_does_not_name<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let rows = || {
        let present = STAFF[6..9].iter().map(|name| contact(name).into());
        gone(&STAFF[..6]).into_iter().chain(present).collect()
    };
    let both = ok(bed.store.import(&bed.list, &of(rows(), ImportMode::Full)).await).import;
    assert_eq!((both.state, both.held, both.removed), (ImportState::Held, 9, 0));
    let again = ok(bed.store.import(&bed.list, &of(rows(), ImportMode::Full)).await).import;
    assert_eq!((again.held, again.removed), (9, 0), "the same file waits once more, and not twice");
    let approved = ok(bed.store.approve_import(&again.id, moment(9)).await);
    assert_eq!((approved.removed, approved.held), (9, 0));
    assert_eq!(bed.members().await, set(&STAFF[6..9]));

    let unread = Bed::staffed(make).await;
    let new = NewImport { rejected: 1, unreadable: 1, ..of(rows(), ImportMode::Full) };
    let import = ok(unread.store.import(&unread.list, &new).await).import;
    assert_eq!((import.state, import.held, import.kept_back), (ImportState::Held, 6, 3));
}

async fn another_row_of_theirs_says_that_they_are_there<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let key = ExternalId::parse("7").expect("a key");
    let keyed = |name: &str| ImportRow { external_id: Some(key.clone()), ..contact(name).into() };
    ok(bed.store.import(&bed.list, &of(vec![keyed("annette")], ImportMode::Incremental)).await);
    ok(bed.store.import(&bed.list, &of(vec![keyed("anna")], ImportMode::Incremental)).await);
    bed.import(ImportMode::Incremental, &STAFF).await;
    // Rows of a former address and of the one of today are of one person, whom the file alone cannot tell.
    let mut rows = gone(&STAFF[1..7]);
    rows.push(leaves("annette"));
    rows.push(contact("anna").into());
    let held = ok(bed.store.import(&bed.list, &of(rows, ImportMode::Incremental)).await).import;
    assert_eq!((held.state, held.held), (ImportState::Held, 6));
    ok(bed.store.approve_import(&held.id, moment(9)).await);
    assert_eq!(bed.standing("anna").await, Standing::Member);
}
