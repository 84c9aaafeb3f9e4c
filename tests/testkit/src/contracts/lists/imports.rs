use listsync_core::{
    id::ImportId,
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Decision, Fault, FileReport, HeldPeople, Import, ImportMode, ImportState, ListStore, NewImport,
};

use super::{Bed, file, set, with_fields};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        an_import_puts_its_contacts_on_the_list,
        an_incremental_import_removes_nobody,
        a_full_import_takes_leavers_off,
        an_import_counts_what_it_changed,
        an_import_brings_back_nobody_who_opted_out,
        an_unreadable_row_keeps_everybody,
        a_file_of_four_fifths_is_taken_and_one_below_is_held,
        approval_removes_those_who_were_held,
        approval_spares_who_was_put_there_since,
        only_a_held_import_is_ruled_on,
        what_is_shown_is_what_an_approval_does,
        who_left_by_an_approval_is_known_until_they_come_back,
        a_discarded_import_moves_nobody_and_its_file_is_no_repeat,
        imports_come_newest_first,
        an_import_into_an_unknown_list_leaves_nothing,
    ]
}

const TEN: [&str; 10] = ["p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9"];

async fn an_import_puts_its_contacts_on_the_list<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let clara = with_fields("clara", &[("Office", "7")]);
    let mut new = file(ImportMode::Full, &["anna", "berta"]);
    new.people = vec![contact("anna").into(), contact("berta").into(), clara.into()].into();
    (new.rows, new.repeated) = (4, 1);
    let import = ok(bed.store.import(&bed.list, &new).await).import;
    let wanted = Import {
        id: import.id.clone(),
        list: bed.list.clone(),
        file: "staff.csv".to_owned(),
        at: moment(5),
        mode: ImportMode::Full,
        state: ImportState::Done,
        listed: 0,
        rows: 4,
        added: 3,
        updated: 0,
        unchanged: 0,
        removed: 0,
        held: 0,
        held_additions: 0,
        kept_back: 0,
        discarded: 0,
        opted_out: 0,
        repeated: 1,
        rejected: 0,
        leaving: 0,
        unreachable: 0,
        not_yet: 0,
        details_kept: 0,
        digest: None,
        profile: String::new(),
        report: FileReport::default(),
        undo_until: moment(5).checked_add(listsync_core::effects::KEPT).ok(),
        undone: None,
    };
    assert_eq!(import, wanted);
    assert_eq!(bed.members().await, set(&["anna", "berta", "clara"]));
    assert_eq!(bed.entry("anna").await.map(|entry| entry.origin), Some(Origin::Csv));
    let fields = ok(bed.store.fields(&bed.contact("clara").await).await);
    assert_eq!(fields, with_fields("clara", &[("Office", "7")]).fields);
}

async fn an_incremental_import_removes_nobody<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &TEN).await;
    let import = bed.import(ImportMode::Incremental, &["anna"]).await;
    assert_eq!((import.added, import.removed, import.held), (1, 0, 0));
    assert_eq!(import.state, ImportState::Done);
    assert_eq!(ok(bed.store.size(&bed.list).await), 11);
}

async fn a_full_import_takes_leavers_off<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &TEN).await;
    bed.remove("p0").await;
    let names: Vec<_> = TEN[2..].iter().copied().chain(["anna"]).collect();
    let import = bed.import(ImportMode::Full, &names).await;
    assert_eq!((import.added, import.unchanged, import.removed), (1, 8, 1));
    assert_eq!(bed.members().await, set(&names));
}

async fn an_import_counts_what_it_changed<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &["anna", "berta", "clara"]).await;
    let berta = listsync_core::list::NewContact { name: "B. Brandt".to_owned(), ..contact("berta") };
    let clara = with_fields("clara", &[("Office", "7")]);
    let mut new = file(ImportMode::Full, &["anna"]);
    new.people = vec![contact("anna").into(), berta.into(), clara.into()].into();
    let import = ok(bed.store.import(&bed.list, &new).await).import;
    assert_eq!((import.added, import.updated, import.unchanged), (0, 2, 1));
    assert_eq!(bed.entry("berta").await.map(|entry| entry.name), Some("B. Brandt".to_owned()));
    let again = ok(bed.store.import(&bed.list, &new).await).import;
    assert_eq!((again.updated, again.unchanged), (0, 3));
    assert_ne!(again.id, import.id);
}

async fn an_import_brings_back_nobody_who_opted_out<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &["anna", "berta"]).await;
    bed.decide("anna", Decision::OptedOut).await;
    for mode in [ImportMode::Full, ImportMode::Incremental] {
        let import = bed.import(mode, &["anna", "berta"]).await;
        assert_eq!((import.opted_out, import.added, import.unchanged), (1, 0, 1));
        assert_eq!(bed.standing("anna").await, Standing::OptedOut);
    }
    bed.import(ImportMode::Full, &["berta"]).await;
    assert_eq!(bed.standing("anna").await, Standing::OptedOut, "a file without them does not undo it");
}

async fn an_unreadable_row_keeps_everybody<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &TEN).await;
    let names: Vec<_> = TEN[1..].iter().copied().chain(["anna"]).collect();
    let new = NewImport { rejected: 1, unreadable: 1, rows: 11, ..file(ImportMode::Full, &names) };
    let import = ok(bed.store.import(&bed.list, &new).await).import;
    assert_eq!(import.state, ImportState::RemovalsSkipped);
    assert_eq!((import.added, import.removed, import.held, import.rejected), (1, 0, 0, 1));
    assert_eq!(ok(bed.store.size(&bed.list).await), 11, "the good rows are taken in, and nobody leaves");
}

async fn a_file_of_four_fifths_is_taken_and_one_below_is_held<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &TEN).await;
    let import = bed.import(ImportMode::Full, &TEN[..8]).await;
    assert_eq!((import.state, import.removed), (ImportState::Done, 2), "exactly 80 %");
    bed.import(ImportMode::Full, &TEN).await;
    let newcomers = ["anna", "bert", "cora", "dirk", "emma"];
    let names: Vec<_> = TEN[..6].iter().copied().chain(newcomers).collect();
    let import = bed.import(ImportMode::Full, &names).await;
    assert_eq!((import.state, import.removed, import.held), (ImportState::Held, 0, 4), "60 %, whoever came");
    assert_eq!(import.added, 5, "additions go on");
    assert_eq!(ok(bed.store.size(&bed.list).await), 15);
}

async fn held<S: ListStore>(bed: &Bed<S>) -> ImportId {
    bed.import(ImportMode::Full, &TEN).await;
    let import = bed.import(ImportMode::Full, &TEN[..5]).await;
    assert_eq!(import.state, ImportState::Held);
    import.id
}

async fn approval_removes_those_who_were_held<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let id = held(&bed).await;
    let approved = ok(bed.store.approve_import(&id, moment(9)).await);
    assert_eq!((approved.state, approved.removed), (ImportState::Done, 5));
    assert_eq!(bed.members().await, set(&TEN[..5]));
    let listed = ok(bed.store.imports(10).await);
    assert!(listed.contains(&approved));
}

async fn approval_spares_who_was_put_there_since<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let id = held(&bed).await;
    bed.remove("p9").await;
    bed.add("p9").await;
    bed.remove("p8").await;
    bed.decide("p7", Decision::OptedOut).await;
    bed.decide("p6", Decision::Subscribed).await;
    let approved = ok(bed.store.approve_import(&id, moment(9)).await);
    assert_eq!(approved.removed, 1, "p5");
    assert_eq!(bed.members().await, set(&["p0", "p1", "p2", "p3", "p4", "p6", "p9"]));
    assert_eq!(bed.standing("p7").await, Standing::OptedOut);
}

async fn only_a_held_import_is_ruled_on<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let unknown = ImportId::parse("nowhere").expect("a plain name makes an id");
    assert_eq!(fault(bed.store.approve_import(&unknown, moment(9)).await), Fault::Gone);
    assert_eq!(fault(bed.store.discard_import(&unknown).await), Fault::Gone);
    assert_eq!(fault(bed.store.held_people(&unknown).await), Fault::Gone);
    let id = held(&bed).await;
    ok(bed.store.approve_import(&id, moment(9)).await);
    bed.add("p9").await;
    let again = bed.store.approve_import(&id, moment(10)).await;
    assert!(again.is_err() || bed.standing("p9").await == Standing::Member);
    assert_eq!(bed.standing("p9").await, Standing::Member, "an approval is spent once");
    assert_eq!(fault(bed.store.discard_import(&id).await), Fault::Rejected, "nothing is held any more");
}

async fn what_is_shown_is_what_an_approval_does<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let id = held(&bed).await;
    let p9 = listsync_core::list::NewContact { name: "P. Nine".to_owned(), ..contact("p9") };
    ok(bed.store.add(&bed.list, &p9, Origin::Manual, moment(6)).await);
    bed.remove("p8").await;
    bed.decide("p7", Decision::OptedOut).await;
    let shown = ok(bed.store.held_people(&id).await);
    let leaves: Vec<_> = shown.leaves.iter().map(|person| person.address.clone()).collect();
    assert_eq!((leaves, shown.joins), (vec![address("p5"), address("p6")], Vec::new()), "by address");
    assert_eq!(shown.leaves[0].name, contact("p5").name);
    assert_eq!(ok(bed.store.approve_import(&id, moment(9)).await).removed, 2);
    assert_eq!(ok(bed.store.held_people(&id).await), HeldPeople::default(), "it is done");
}

async fn who_left_by_an_approval_is_known_until_they_come_back<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let id = held(&bed).await;
    ok(bed.store.approve_import(&id, moment(9)).await);
    bed.remove("p0").await;
    let mut contacts = Vec::new();
    for name in ["p0", "p1", "p5", "p6", "p7", "p8"] {
        contacts.push(bed.contact(name).await);
    }
    let approved = ok(bed.store.approved_leavers(&bed.list, &contacts).await);
    let left = contacts[2..].iter().map(|contact| (contact.clone(), moment(9)));
    assert_eq!(approved, left.collect(), "neither by hand, nor who stayed");
    assert!(ok(bed.store.approved_leavers(&bed.list, &contacts[..1]).await).is_empty());
    bed.add("p5").await;
    bed.remove("p5").await;
    bed.decide("p6", Decision::Subscribed).await;
    bed.remove("p6").await;
    bed.decide("p7", Decision::OptedOut).await;
    let approved = ok(bed.store.approved_leavers(&bed.list, &contacts).await);
    assert_eq!(
        approved,
        [(contacts[5].clone(), moment(9))].into(),
        "who came back left in another way, whichever it was"
    );
}

async fn a_discarded_import_moves_nobody_and_its_file_is_no_repeat<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.import(ImportMode::Full, &TEN).await;
    let half = NewImport { digest: Some("half".to_owned()), ..file(ImportMode::Full, &TEN[..5]) };
    let id = ok(bed.store.import(&bed.list, &half).await).import.id;
    let dropped = ok(bed.store.discard_import(&id).await);
    let counts = (dropped.held, dropped.discarded, dropped.removed);
    assert_eq!((dropped.state, counts), (ImportState::Discarded, (0, 5, 0)));
    assert_eq!(ok(bed.store.imports(1).await), [dropped]);
    assert_eq!(ok(bed.store.held_people(&id).await), HeldPeople::default());
    assert_eq!(bed.members().await, set(&TEN));
    assert_eq!(fault(bed.store.approve_import(&id, moment(9)).await), Fault::Rejected, "it is ruled on");
    let again = ok(bed.store.import(&bed.list, &half).await).import;
    assert_eq!((again.state, again.held), (ImportState::Held, 5), "who means it can say so again");
}

async fn imports_come_newest_first<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut ids = Vec::new();
    for second in [10, 20, 30] {
        let new = NewImport { at: moment(second), ..file(ImportMode::Incremental, &["anna"]) };
        ids.insert(0, ok(bed.store.import(&bed.list, &new).await).import.id);
    }
    let listed: Vec<_> = ok(bed.store.imports(10).await).into_iter().map(|import| import.id).collect();
    assert_eq!(listed, ids);
    assert_eq!(ok(bed.store.imports(2).await).len(), 2);
    for id in &ids {
        assert_eq!(ok(bed.store.find_import(id).await).map(|import| import.id).as_ref(), Some(id));
    }
    let unknown = listsync_core::id::ImportId::parse("unknown").expect("an id");
    assert_eq!(ok(bed.store.find_import(&unknown).await), None);
}

async fn an_import_into_an_unknown_list_leaves_nothing<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let nowhere = listsync_core::id::ListId::parse("nowhere").expect("a plain name makes an id");
    let new = file(ImportMode::Full, &["anna"]);
    assert_eq!(fault(bed.store.import(&nowhere, &new).await), Fault::Gone);
    assert!(ok(bed.store.imports(10).await).is_empty());
}
