//! Imports that are taken back.

use std::{collections::BTreeMap, time::Duration};

use listsync_core::{
    contact::{Contact, ExternalId, Version},
    grant::Lists,
    id::ImportId,
    import::{
        changes::Former,
        undo::{Part, Totals, WhyNot},
    },
    limit::AdditionLimit,
    list::{NewContact, Origin, Standing},
};
use listsync_engine::{
    imports_undo::{UndoPlan, carry_out, plan_over},
    ports::{
        Again, ContactEdit, Contacts, Decision, Import, ImportMode, ImportRow, ImportState, ListStore,
        NewImport, PortError, Presence,
    },
};

use super::{Bed, set, with_fields};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, contact, moment},
};

/// Longer than any clock by which a store may go is ahead of the moments here.
const LONG: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);
const FOUR: [&str; 4] = ["anna", "berta", "clara", "dora"];

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_wrong_file_is_taken_back_and_all_is_as_before,
        leavers_come_back_unless_they_said_no,
        what_was_done_since_stays,
        address_keys_and_fields_become_what_they_were,
        what_was_approved_later_is_taken_back_with_the_rest,
        a_step_that_is_another_now_is_left_alone,
        what_is_not_given_is_left_alone,
        who_is_erased_is_forgotten_also_as_who_they_were,
        an_address_that_somebody_had_and_is_erased_is_forgotten_as_well,
        what_cannot_be_taken_back_says_why,
    ]
}

impl<S: ListStore + Contacts> Bed<S> {
    async fn take_at(&self, mode: ImportMode, rows: Vec<ImportRow>, second: i64) -> Import {
        let new = NewImport::new("wrong.csv", mode, rows, moment(second));
        let new = NewImport { max_additions: AdditionLimit::Off, keep: LONG, ..new };
        ok(self.store.import(&self.list, &new).await).import
    }

    async fn plan(&self, import: &ImportId) -> UndoPlan {
        ok(plan_over(&self.store, import, &Lists::All, moment(50)).await)
    }

    async fn undo(&self, import: &ImportId) -> Totals {
        let plan = self.plan(import).await;
        let done = ok(carry_out(&self.store, &plan, &Lists::All, moment(60)).await);
        assert_eq!(done.import.state, ImportState::Undone);
        assert_eq!(done.meanwhile, []);
        plan.totals()
    }

    /// All contacts by address, with their version left out: it counts what was done.
    async fn everybody(&self) -> BTreeMap<String, Contact> {
        let all = ok(self.store.contacts(None, 1_000).await);
        let seen = |contact: Contact| Contact { version: Version(0), ..contact };
        all.into_iter().map(|contact| (contact.address.to_string(), seen(contact))).collect()
    }
}

fn rows(names: &[&str]) -> Vec<ImportRow> {
    names.iter().map(|name| contact(name).into()).collect()
}

fn keyed(local: &str, key: &str) -> ImportRow {
    ImportRow { external_id: ExternalId::parse(key).ok(), ..contact(local).into() }
}

fn leaving(local: &str) -> ImportRow {
    ImportRow { presence: Presence::Leaving, ..contact(local).into() }
}

fn why(plan: &UndoPlan, local: &str, part: &Part) -> Option<WhyNot> {
    let step = plan.undo.steps.iter().find(|step| {
        let person = plan.people.get(&step.change.touched.contact);
        person.is_some_and(|person| person.contact.addresses().contains(&address(local)))
    });
    step?.verdict.left.get(part).copied()
}

async fn a_wrong_file_is_taken_back_and_all_is_as_before<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for name in FOUR {
        bed.add(name).await;
    }
    let before = bed.everybody().await;
    let wrong: Vec<String> = (0..300).map(|number| format!("w{number:03}")).collect();
    let mut file: Vec<ImportRow> = wrong.iter().map(|name| contact(name).into()).collect();
    file.push(NewContact { name: "Anna Wrong".to_owned(), ..with_fields("anna", &[("Office", "7")]) }.into());
    file.push(contact("berta").into());
    let import = bed.take_at(ImportMode::Incremental, file, 5).await;
    assert_eq!((import.added, import.updated, import.unchanged), (300, 1, 1));
    let plan = bed.plan(&import.id).await;
    assert_eq!(plan.digest, bed.plan(&import.id).await.digest);
    assert_eq!(plan.undo.steps.len(), 301, "of whom nothing changed nothing is kept");
    let totals = bed.undo(&import.id).await;
    let expected = Totals { leave: 300, come_back: 0, restored: 1, deleted: 300, left_out: 0 };
    assert_eq!(totals, expected);
    assert_eq!(bed.members().await, set(&FOUR));
    assert_eq!(bed.everybody().await, before, "nobody else was touched");
    let kept = ok(bed.store.find_import(&import.id).await).expect("it is kept");
    assert_eq!(kept.undone.map(|undone| (undone.at, undone.totals)), Some((moment(60), expected)));
    assert_eq!(ok(bed.store.imports(9).await)[0], kept);
    assert_eq!(kept.grown().added, 0, "they count no more for the limit of a day");
}

async fn leavers_come_back_unless_they_said_no<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let ten: Vec<String> = (0..10).map(|number| format!("p{number}")).collect();
    for name in &ten {
        bed.add(name).await;
    }
    let stay: Vec<&str> = ten.iter().skip(2).map(String::as_str).collect();
    let import = bed.take_at(ImportMode::Full, rows(&stay), 5).await;
    assert_eq!((import.removed, import.state), (2, ImportState::Done));
    bed.decide("p1", Decision::OptedOut).await;
    let plan = bed.plan(&import.id).await;
    assert_eq!(why(&plan, "p1", &Part::Left), Some(WhyNot::OptedOut));
    let totals = bed.undo(&import.id).await;
    assert_eq!((totals.come_back, totals.left_out), (1, 1));
    assert_eq!(bed.standing("p0").await, Standing::Member);
    assert_eq!(bed.standing("p1").await, Standing::OptedOut, "a no holds");
}

async fn what_was_done_since_stays<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    let names = ["elsewhere", "edited", "spoke", "out", "back", "again", "gone", "plain"];
    let import = bed.take_at(ImportMode::Incremental, rows(&names), 5).await;
    ok(bed.store.add(&other, &contact("elsewhere"), Origin::Manual, moment(6)).await);
    let edited = bed.contact("edited").await;
    let name = ContactEdit { name: Some("Edda".to_owned()), ..ContactEdit::default() };
    ok(bed.store.edit_contact(&edited, None, &name, Origin::Manual, moment(6)).await);
    bed.decide("spoke", Decision::Subscribed).await;
    bed.decide("out", Decision::OptedOut).await;
    ok(bed.store.remove(&bed.list, &address("back"), moment(6)).await);
    ok(bed.store.add(&bed.list, &contact("back"), Origin::Manual, moment(7)).await);
    ok(bed.store.remove(&bed.list, &address("again"), moment(6)).await);
    bed.take_at(ImportMode::Incremental, rows(&["again"]), 7).await;
    ok(bed.store.delete_contact(&bed.contact("gone").await, moment(6)).await);
    let plan = bed.plan(&import.id).await;
    for (name, part, expected) in [
        ("elsewhere", Part::Contact, WhyNot::OnAnotherList),
        ("edited", Part::Contact, WhyNot::ChangedSince),
        ("spoke", Part::Joined, WhyNot::Spoke),
        ("spoke", Part::Contact, WhyNot::Spoke),
        ("out", Part::Joined, WhyNot::OptedOut),
        ("out", Part::Contact, WhyNot::OptedOut),
        ("back", Part::Joined, WhyNot::MovedSince),
        ("again", Part::Joined, WhyNot::MovedSince),
    ] {
        assert_eq!(why(&plan, name, &part), Some(expected), "{name}");
    }
    let totals = bed.undo(&import.id).await;
    assert_eq!((totals.leave, totals.deleted, totals.left_out), (3, 1, 6), "{:?}", plan.undo);
    assert_eq!(bed.members().await, set(&["again", "back", "spoke"]));
    assert_eq!(bed.standing("out").await, Standing::OptedOut);
    let kept = ["elsewhere", "edited", "spoke", "out", "back", "again"].map(|name| address(name).to_string());
    assert_eq!(bed.everybody().await.into_keys().collect::<Vec<_>>(), {
        let mut kept = kept.to_vec();
        kept.sort();
        kept
    });
}

async fn address_keys_and_fields_become_what_they_were<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let first =
        NewContact { name: "Anna".to_owned(), ..with_fields("anna", &[("Office", "7"), ("Room", "1")]) };
    let first = ImportRow { external_id: ExternalId::parse("100").ok(), ..first.into() };
    bed.take_at(ImportMode::Incremental, vec![first, keyed("berta", "200")], 5).await;
    let before = bed.everybody().await;
    let moved = NewContact {
        address: address("wrong"),
        name: "Wrong".to_owned(),
        ..with_fields("anna", &[("Office", ""), ("Room", "2"), ("Desk", "3")])
    };
    let moved = ImportRow {
        external_id: ExternalId::parse("100").ok(),
        further_ids: ExternalId::parse("101").into_iter().collect(),
        ..moved.into()
    };
    let import = bed.take_at(ImportMode::Incremental, vec![moved, keyed("berta", "201")], 6).await;
    assert_eq!(import.updated, 2);
    // A number that an earlier file gave somebody is somebody else's by now.
    let berta = bed.contact("berta").await;
    let own = ContactEdit { external_id: ExternalId::parse("300").ok(), ..ContactEdit::default() };
    ok(bed.store.edit_contact(&berta, None, &own, Origin::Manual, moment(7)).await);
    let plan = bed.plan(&import.id).await;
    assert_eq!(why(&plan, "berta", &Part::Keys), Some(WhyNot::ChangedSince));
    let totals = bed.undo(&import.id).await;
    assert_eq!((totals.restored, totals.left_out, totals.leave), (1, 1, 0));
    let after = bed.everybody().await;
    let anna = address("anna").to_string();
    assert_eq!(after.get(&anna), before.get(&anna), "whoever set a field, and when, is as it was, too");
    assert_eq!(ok(bed.store.find_contact(&address("wrong")).await), None, "the address is free again");
    assert_eq!(ok(bed.store.find_external(&ExternalId::parse("101").expect("a key")).await), None);
}

async fn what_was_approved_later_is_taken_back_with_the_rest<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for name in FOUR {
        bed.add(name).await;
    }
    let before = bed.everybody().await;
    let file = rows(&["anna", "new"]);
    let held = bed.take_at(ImportMode::Full, file, 5).await;
    assert_eq!((held.state, held.held), (ImportState::Held, 3));
    let refused = plan_over(&bed.store, &held.id, &Lists::All, moment(6)).await;
    assert_eq!(code(refused), "import_held");
    ok(bed.store.approve_import(&held.id, moment(8)).await);
    assert_eq!(bed.members().await, set(&["anna", "new"]));
    let totals = bed.undo(&held.id).await;
    assert_eq!((totals.leave, totals.come_back, totals.deleted), (1, 3, 1));
    assert_eq!(bed.members().await, set(&FOUR));
    assert_eq!(bed.everybody().await, before);

    let crowd: Vec<String> = (0..60).map(|number| format!("c{number:02}")).collect();
    let people = crowd.iter().map(|name| contact(name).into()).collect();
    let new = NewImport::new("crowd.csv", ImportMode::Incremental, people, moment(70));
    let held = ok(bed.store.import(&bed.list, &NewImport { keep: LONG, ..new }).await).import;
    assert_eq!((held.held_additions, held.added), (60, 0));
    ok(bed.store.approve_import(&held.id, moment(71)).await);
    let plan = ok(plan_over(&bed.store, &held.id, &Lists::All, moment(72)).await);
    assert_eq!((plan.totals().leave, plan.totals().deleted), (60, 60));
    ok(carry_out(&bed.store, &plan, &Lists::All, moment(73)).await);
    assert_eq!(bed.everybody().await, before);
}

async fn a_step_that_is_another_now_is_left_alone<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let import = bed.take_at(ImportMode::Incremental, rows(&["anna", "berta"]), 5).await;
    let plan = bed.plan(&import.id).await;
    let berta = bed.contact("berta").await;
    bed.decide("berta", Decision::OptedOut).await;
    let done = ok(carry_out(&bed.store, &plan, &Lists::All, moment(60)).await);
    assert_eq!(done.meanwhile, [berta], "who was shown as leaving, and said no meanwhile");
    assert_eq!(done.import.undone.map(|undone| undone.totals.leave), Some(1));
    assert_eq!(bed.standing("berta").await, Standing::OptedOut);
    // Broken off before the end, it does the rest when it is said again.
    let second = bed.take_at(ImportMode::Incremental, rows(&["clara", "dora"]), 70).await;
    let plan = ok(plan_over(&bed.store, &second.id, &Lists::All, moment(71)).await);
    let some: Vec<_> = plan.undo.due().take(1).cloned().collect();
    ok(bed.store.take_back(&second.id, &some, &Lists::All, moment(72)).await);
    let again = ok(plan_over(&bed.store, &second.id, &Lists::All, moment(73)).await);
    assert_eq!((again.totals().deleted, again.totals().left_out), (1, 0));
    ok(carry_out(&bed.store, &again, &Lists::All, moment(74)).await);
    assert_eq!(bed.members().await, set(&[]));
}

async fn what_is_not_given_is_left_alone<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    ok(bed.store.add(&other, &contact("anna"), Origin::Manual, moment(0)).await);
    let file = NewContact { name: "Anna Wrong".to_owned(), ..contact("anna") };
    let import = bed.take_at(ImportMode::Incremental, vec![file.into()], 5).await;
    let given = Lists::Only([bed.list.clone()].into());
    let plan = ok(plan_over(&bed.store, &import.id, &given, moment(50)).await);
    assert_eq!(why(&plan, "anna", &Part::Name), Some(WhyNot::OutOfReach));
    ok(carry_out(&bed.store, &plan, &given, moment(60)).await);
    let anna = ok(bed.store.find_contact(&address("anna")).await).expect("she stays");
    assert_eq!((anna.name.as_str(), bed.standing("anna").await), ("Anna Wrong", Standing::Absent));
}

async fn who_is_erased_is_forgotten_also_as_who_they_were<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.take_at(ImportMode::Incremental, vec![keyed("anna", "100"), keyed("berta", "200")], 5).await;
    let renamed = |name: &str, local: &str, key: &str| {
        let row = NewContact { name: name.to_owned(), ..contact(local) };
        ImportRow { external_id: ExternalId::parse(key).ok(), ..row.into() }
    };
    let file = vec![renamed("Anna New", "anna2", "100"), renamed("Berta New", "berta", "200")];
    let import = bed.take_at(ImportMode::Incremental, file, 6).await;
    let anna = bed.contact("anna2").await;
    // Under another id, and with an address that was hers.
    ok(bed.store.add(&bed.list, &contact("carla"), Origin::Manual, moment(7)).await);
    let carla = bed.contact("carla").await;
    ok(bed.store.merge_contacts(&carla, &anna, moment(8)).await);
    ok(bed.store.erase_contact(&carla, moment(9)).await);
    let changes = ok(bed.store.changes_of(&import.id, None).await).changes;
    let of = |of: &listsync_core::id::ContactId| {
        changes
            .iter()
            .find(|change| change.touched.contact == *of)
            .map(|change| change.touched.former.clone())
    };
    assert_eq!(of(&anna), Some(Former::Same));
    let berta = bed.contact("berta").await;
    assert!(matches!(of(&berta), Some(Former::Kept(_))), "nobody else is");
    let text = format!("{changes:?}");
    assert!(!text.contains("anna of Contoso"), "{text}");
}

async fn an_address_that_somebody_had_and_is_erased_is_forgotten_as_well<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    bed.take_at(ImportMode::Incremental, vec![keyed("anna", "100")], 5).await;
    let import = bed.take_at(ImportMode::Incremental, vec![keyed("anna2", "100")], 6).await;
    let anna = bed.contact("anna2").await;
    let text = async || format!("{:?}", ok(bed.store.changes_of(&import.id, None).await).changes);
    let former = || format!("{:?}", Former::Same);
    let edit = ContactEdit { remove_aliases: [address("anna")].into(), ..ContactEdit::default() };
    ok(bed.store.edit_contact(&anna, None, &edit, Origin::Manual, moment(7)).await);
    assert!(!text().await.contains(&former()));
    ok(bed.store.erase_address(&address("anna"), moment(8)).await);
    assert!(text().await.contains(&former()), "{}", text().await);
}

async fn what_cannot_be_taken_back_says_why<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let file = |second: i64| {
        let new = NewImport::new("a.csv", ImportMode::Incremental, rows(&["anna"]), moment(second));
        NewImport { digest: Some("d1".to_owned()), keep: LONG, ..new }
    };
    let import = ok(bed.store.import(&bed.list, &file(5)).await).import;
    let again = ok(bed.store.import(&bed.list, &file(6)).await).import;
    assert_eq!(again.state, ImportState::Repeated);
    bed.undo(&import.id).await;
    assert_eq!(bed.members().await, set(&[]));
    let plan = async |id: &ImportId, second| {
        code(plan_over(&bed.store, id, &Lists::All, moment(second)).await.map(drop))
    };
    assert_eq!(plan(&import.id, 61).await, "import_undone");
    // It is no repeat of an import that was taken back.
    let fresh = ok(bed.store.import(&bed.list, &NewImport { again: Again::Skip, ..file(62) }).await).import;
    assert_eq!((fresh.state, fresh.added), (ImportState::Done, 1));
    let short = NewImport { keep: Duration::from_secs(10), digest: None, ..file(63) };
    let short = ok(bed.store.import(&bed.list, &short).await).import;
    assert_eq!(plan(&short.id, 73).await, "changes_not_kept");
    let nowhere = ImportId::parse("nowhere").expect("an id");
    assert_eq!(plan(&nowhere, 73).await, "no_such_import");
    ok(bed
        .store
        .import(&bed.list, &NewImport { digest: None, people: vec![leaving("anna")].into(), ..file(80) })
        .await);
    let plan = ok(plan_over(&bed.store, &fresh.id, &Lists::All, moment(81)).await);
    assert_eq!(plan.later, 2);
    assert_eq!(why(&plan, "anna", &Part::Joined), Some(WhyNot::AsBefore), "a later file took her off");
}

fn code<T>(refused: Result<T, PortError>) -> String {
    refused.err().map(|error| error.code).unwrap_or_default()
}
