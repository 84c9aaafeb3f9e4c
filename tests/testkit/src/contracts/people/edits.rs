use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    contact::{Undeliverable, UndeliverableReason},
    list::{Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, ContactEdit, Contacts, EntryQuery, Fault, ListStore, MailState};

use super::{Bed, fault, key, refused, version};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_contact_is_made_with_all_that_is_said_of_it,
        a_taken_address_or_key_is_refused,
        an_edit_names_the_version_it_knows,
        a_changed_address_keeps_the_contact_and_its_places,
        an_address_that_changes_back_is_no_alias_any_more,
        an_alias_finds_its_contact_everywhere,
        a_field_tells_who_set_it_and_when,
        undeliverable_is_a_flag_that_goes_with_the_address,
        contacts_come_page_by_page,
        a_key_that_has_ended_finds_nobody,
    ]
}

async fn a_key_that_has_ended_finds_nobody<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let keyed = ContactEdit { external_id: Some(key("1")), ..ContactEdit::default() };
    let anna = ok(bed.store.create_contact(&address("anna"), &keyed, Origin::Manual, moment(1)).await).id;
    let ended = ContactEdit { ended_ids: [key("1"), key("2")].into(), ..ContactEdit::default() };
    let edited = ok(bed.store.edit_contact(&anna, None, &ended, Origin::Manual, moment(2)).await);
    assert_eq!(edited.external_id, None);
    assert_eq!(ok(bed.store.find_external(&key("1")).await), None);
    // It is free for somebody else.
    ok(bed.store.create_contact(&address("berta"), &keyed, Origin::Manual, moment(3)).await);
}

fn fields(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

async fn a_contact_is_made_with_all_that_is_said_of_it<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let edit = ContactEdit {
        name: Some("Anna Adler".to_owned()),
        external_id: Some(key("4711")),
        fields: fields(&[("department", "R & D"), ("office", "")]),
        add_aliases: [address("a.adler")].into(),
        ..ContactEdit::default()
    };
    let made = ok(bed.store.create_contact(&address("anna"), &edit, Origin::Manual, moment(1)).await);
    assert_eq!((made.name.as_str(), made.external_id.clone()), ("Anna Adler", Some(key("4711"))));
    assert_eq!(made.aliases, BTreeSet::from([address("a.adler")]));
    assert_eq!(made.fields.keys().collect::<Vec<_>>(), ["department"], "a blank field is none");
    assert_eq!(bed.find("anna").await, Some(made.clone()));
    assert_eq!(bed.find("a.adler").await, Some(made.clone()));
    assert_eq!(ok(bed.store.find_external(&key("4711")).await), Some(made.clone()));
    assert_eq!(ok(bed.store.find_external(&key("471")).await), None);
    assert_eq!(ok(bed.store.contact(&made.id).await), Some(made.clone()));
    assert!(ok(bed.store.places(&made.id).await).is_empty());
    assert!(ok(bed.store.sayings(&made.id).await).is_empty());
    assert_eq!(bed.find("berta").await, None);
}

async fn a_taken_address_or_key_is_refused<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let keyed = ContactEdit {
        external_id: Some(key("1")),
        add_aliases: [address("a")].into(),
        ..ContactEdit::default()
    };
    ok(bed.store.create_contact(&address("anna"), &keyed, Origin::Manual, moment(1)).await);
    let plain = ContactEdit::default();
    for taken in ["anna", "a"] {
        let again = bed.store.create_contact(&address(taken), &plain, Origin::Manual, moment(1)).await;
        assert_eq!(refused(again), "contact_exists", "{taken}");
    }
    let same_key = ContactEdit { external_id: Some(key("1")), ..ContactEdit::default() };
    let again = bed.store.create_contact(&address("berta"), &same_key, Origin::Manual, moment(1)).await;
    assert_eq!(refused(again), "contact_exists");
    assert_eq!(bed.find("berta").await, None, "what is refused leaves nothing");
    let berta = ok(bed.store.create_contact(&address("berta"), &plain, Origin::Manual, moment(1)).await).id;
    let edits = [
        ContactEdit { address: Some(address("anna")), ..ContactEdit::default() },
        ContactEdit { address: Some(address("a")), ..ContactEdit::default() },
        ContactEdit { add_aliases: [address("anna")].into(), ..ContactEdit::default() },
        same_key,
    ];
    for edit in edits {
        let edit = ContactEdit { name: Some("B".to_owned()), ..edit };
        let edited = bed.store.edit_contact(&berta, None, &edit, Origin::Manual, moment(2)).await;
        assert_eq!(refused(edited), "contact_exists");
    }
    assert_eq!(bed.load(&berta).await.name, "", "what is refused changes nothing");
}

async fn an_edit_names_the_version_it_knows<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let before = bed.load(&anna).await.version;
    let named = |name: &str| ContactEdit { name: Some(name.to_owned()), ..ContactEdit::default() };
    let edit = named("Anna");
    let after = ok(bed.store.edit_contact(&anna, Some(before), &edit, Origin::Manual, moment(2)).await);
    assert!(after.version > before);
    let late = bed.store.edit_contact(&anna, Some(before), &named("Ann"), Origin::Manual, moment(3)).await;
    assert_eq!(refused(late), "version");
    assert_eq!(bed.load(&anna).await, after);
    let nobody = listsync_core::id::ContactId::parse("nobody").expect("a plain name makes an id");
    let lost = bed.store.edit_contact(&nobody, version(1), &named("X"), Origin::Manual, moment(3)).await;
    assert_eq!(fault(lost), Fault::Gone);
}

async fn a_changed_address_keeps_the_contact_and_its_places<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.opts_out("anna", super::of(&bed.news)).await;
    let cursor = ok(bed.store.cursor(&bed.staff).await);
    let edit = ContactEdit { address: Some(address("anna.berg")), ..ContactEdit::default() };
    let after = bed.edit(&anna, &edit).await;
    assert_eq!((after.id.clone(), after.address.clone()), (anna.clone(), address("anna.berg")));
    assert_eq!(after.aliases, BTreeSet::from([address("anna")]));
    assert_eq!(bed.standings("anna.berg").await, [Standing::Member, Standing::OptedOut]);
    let changes = ok(bed.store.changes(&bed.staff, &cursor).await);
    assert_eq!(changes.contacts, [anna], "the list looks at them again");
    assert_eq!(bed.add(&bed.news, "anna").await, AddOutcome::OptedOut, "under the former address, too");
}

async fn an_address_that_changes_back_is_no_alias_any_more<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let to = |local: &str| ContactEdit { address: Some(address(local)), ..ContactEdit::default() };
    bed.edit(&anna, &to("anna.berg")).await;
    let back = bed.edit(&anna, &to("anna")).await;
    assert_eq!((back.address, back.aliases), (address("anna"), BTreeSet::from([address("anna.berg")])));
    let drop = ContactEdit { remove_aliases: [address("anna.berg")].into(), ..ContactEdit::default() };
    assert!(bed.edit(&anna, &drop).await.aliases.is_empty());
    assert_eq!(bed.find("anna.berg").await, None);
}

async fn an_alias_finds_its_contact_everywhere<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let alias = ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &alias).await;
    assert_eq!(bed.add(&bed.staff, "a").await, AddOutcome::Already);
    assert_eq!(bed.add(&bed.news, "a").await, AddOutcome::Added);
    let wanted = [address("a"), address("anna")];
    let entries = ok(bed.store.entries(&bed.news, EntryQuery::Addresses(&wanted)).await);
    let found: Vec<_> = entries.into_iter().map(|entry| (entry.contact, entry.address)).collect();
    assert_eq!(found, [(anna.clone(), address("anna"))], "once, and by their own address");
    assert_eq!(bed.opts_out("a", super::of(&bed.news)).await.contact, Some(anna));
    assert_eq!(bed.import(&bed.news, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
}

async fn a_field_tells_who_set_it_and_when<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let edit = ContactEdit { fields: fields(&[("title", "Dr"), ("room", "7")]), ..ContactEdit::default() };
    let anna = ok(bed.store.create_contact(&address("anna"), &edit, Origin::Csv, moment(1)).await).id;
    let edit = ContactEdit { fields: fields(&[("title", "Dr"), ("room", "8")]), ..ContactEdit::default() };
    let after = ok(bed.store.edit_contact(&anna, None, &edit, Origin::Manual, moment(2)).await);
    let told =
        |name: &str| after.fields.get(name).map(|field| (field.value.as_str(), field.source, field.at));
    assert_eq!(told("title"), Some(("Dr", Origin::Csv, moment(1))), "it was not changed");
    assert_eq!(told("room"), Some(("8", Origin::Manual, moment(2))));
    let clear = ContactEdit { fields: fields(&[("room", "")]), ..ContactEdit::default() };
    assert_eq!(bed.edit(&anna, &clear).await.fields.keys().collect::<Vec<_>>(), ["title"]);
    assert_eq!(ok(bed.store.fields(&anna).await), fields(&[("title", "Dr")]));
}

async fn undeliverable_is_a_flag_that_goes_with_the_address<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let bounced = MailState::Undeliverable(UndeliverableReason::HardBounce);
    let flag = |mail| ContactEdit { mail: Some(mail), ..ContactEdit::default() };
    let flagged = bed.edit(&anna, &flag(bounced)).await;
    let expected = Undeliverable { reason: UndeliverableReason::HardBounce, at: moment(3) };
    assert_eq!(flagged.undeliverable, Some(expected));
    let wanted = [anna.clone()];
    let entries = ok(bed.store.entries(&bed.staff, EntryQuery::Contacts(&wanted)).await);
    let shown: Vec<_> = entries.iter().map(|entry| (entry.standing, entry.undeliverable)).collect();
    assert_eq!(shown, [(Standing::Member, Some(UndeliverableReason::HardBounce))]);
    let all = ok(bed.store.entries(&bed.staff, EntryQuery::All).await);
    assert_eq!(all[0].undeliverable, Some(UndeliverableReason::HardBounce));
    assert_eq!(bed.edit(&anna, &flag(MailState::Reaches)).await.undeliverable, None);
    bed.edit(&anna, &flag(bounced)).await;
    let edit = ContactEdit { address: Some(address("anna.berg")), ..ContactEdit::default() };
    assert_eq!(bed.edit(&anna, &edit).await.undeliverable, None, "another address may work");
}

async fn contacts_come_page_by_page<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mut made = BTreeSet::new();
    for local in ["e", "d", "c", "b", "a"] {
        made.insert(bed.member(local, &[&bed.staff]).await);
    }
    let mut seen = Vec::new();
    loop {
        let page = ok(bed.store.contacts(seen.last(), 2).await);
        assert!(page.len() <= 2);
        seen.extend(page.iter().map(|contact| contact.id.clone()));
        if page.is_empty() {
            break;
        }
    }
    assert_eq!(seen, made.into_iter().collect::<Vec<_>>(), "each once, in the order of their ids");
}
