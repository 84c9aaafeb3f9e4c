//! How many whose last day is past a file takes off a list without a person.

use listsync_core::{contact::ExternalId, list::Standing};
use listsync_engine::ports::{EndedRows, ImportMode, ImportRow, ImportState, ListStore, NewImport, Presence};

use super::{Bed, file, set};
use crate::{
    contracts::ok,
    sample::{address, contact, moment},
};

const STAFF: [&str; 12] =
    ["anna", "berta", "clara", "doris", "elsa", "fritz", "gerd", "hans", "ida", "jan", "kurt", "lea"];

pub(super) async fn all<S: ListStore>(make: &impl Fn() -> S) {
    more_than_five_and_a_fifth_wait_and_the_rest_of_the_file_does_not(make).await;
    five_leave_at_once_and_so_do_those_of_whom_it_is_said(make).await;
    whoever_is_not_on_the_list_or_has_another_key_is_not_counted(make).await;
    an_approval_takes_off_who_is_still_there_and_a_discard_nobody(make).await;
    a_later_file_that_names_them_lets_them_stay(make).await;
    they_wait_beside_those_whom_a_full_file_does_not_name(make).await;
    another_row_of_theirs_says_that_they_are_there(make).await;
    whom_the_sender_has_wait_waits_however_few_they_are(make).await;
}

fn leaves(name: &str, presence: Presence) -> ImportRow {
    ImportRow { presence, ..contact(name).into() }
}

fn ended(names: &[&str]) -> Vec<ImportRow> {
    names.iter().map(|name| leaves(name, Presence::Ended)).collect()
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
    let mut rows = ended(&STAFF[..6]);
    rows.push(contact("neu").into());
    rows.push(leaves("lea", Presence::Leaving));
    let held = ok(bed.store.import(&bed.list, &of(rows, ImportMode::Incremental)).await).import;
    assert_eq!((held.state, held.held, held.leaving), (ImportState::Held, 6, 7));
    assert_eq!((held.added, held.removed), (1, 1));
    let stay: Vec<_> = STAFF[..11].iter().copied().chain(["neu"]).collect();
    assert_eq!(bed.members().await, set(&stay));
    let shown = ok(bed.store.held_people(&held.id).await);
    let named: Vec<_> = shown.leaves.iter().map(|person| person.address.clone()).collect();
    assert_eq!(named, STAFF[..6].iter().map(|name| address(name)).collect::<Vec<_>>());
}

async fn whom_the_sender_has_wait_waits_however_few_they_are<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let waits =
        |names: &[&str]| NewImport { ended: EndedRows::Wait, ..of(ended(names), ImportMode::Incremental) };
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

async fn five_leave_at_once_and_so_do_those_of_whom_it_is_said<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let five = ok(bed.store.import(&bed.list, &of(ended(&STAFF[..5]), ImportMode::Incremental)).await).import;
    assert_eq!((five.state, five.removed, five.held), (ImportState::Done, 5, 0));

    let bed = Bed::staffed(make).await;
    let said = STAFF[..10].iter().map(|name| leaves(name, Presence::Leaving)).collect();
    let said = ok(bed.store.import(&bed.list, &of(said, ImportMode::Incremental)).await).import;
    assert_eq!((said.state, said.removed, said.held), (ImportState::Done, 10, 0));
}

async fn whoever_is_not_on_the_list_or_has_another_key_is_not_counted<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let key = |text: &str| ExternalId::parse(text).expect("a key");
    let rows = STAFF.iter().map(|name| ImportRow { external_id: Some(key(name)), ..contact(name).into() });
    ok(bed.store.import(&bed.list, &of(rows.collect(), ImportMode::Incremental)).await);
    let mut rows = ended(&["mona", "nils", "olaf", "paul", "rita"]);
    // Of somebody else's employment with the same mailbox: it ends, and they stay.
    rows.push(ImportRow { external_id: Some(key("other")), ..leaves("anna", Presence::Ended) });
    for name in &STAFF[1..6] {
        rows.push(ImportRow { external_id: Some(key(name)), ..leaves(name, Presence::Ended) });
    }
    let import = ok(bed.store.import(&bed.list, &of(rows, ImportMode::Incremental)).await).import;
    assert_eq!((import.state, import.removed, import.held), (ImportState::Done, 5, 0));
    assert_eq!(bed.standing("anna").await, Standing::Member);
}

async fn an_approval_takes_off_who_is_still_there_and_a_discard_nobody<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let new = of(ended(&STAFF[..7]), ImportMode::Incremental);
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
    let held = ok(bed.store.import(&bed.list, &of(ended(&STAFF[..6]), ImportMode::Incremental)).await).import;
    // The clock is right again: nobody's last day is past.
    bed.import(ImportMode::Incremental, &STAFF).await;
    assert!(ok(bed.store.held_people(&held.id).await).leaves.is_empty());
    assert_eq!(bed.members().await, set(&STAFF));
}

async fn they_wait_beside_those_whom_a_full_file_does_not_name<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::staffed(make).await;
    let rows = || {
        let present = STAFF[6..9].iter().map(|name| contact(name).into());
        ended(&STAFF[..6]).into_iter().chain(present).collect()
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
    let mut rows = ended(&STAFF[1..7]);
    rows.push(leaves("annette", Presence::Ended));
    rows.push(contact("anna").into());
    let held = ok(bed.store.import(&bed.list, &of(rows, ImportMode::Incremental)).await).import;
    assert_eq!((held.state, held.held), (ImportState::Held, 6));
    ok(bed.store.approve_import(&held.id, moment(9)).await);
    assert_eq!(bed.standing("anna").await, Standing::Member);
}
