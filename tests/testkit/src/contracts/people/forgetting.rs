use std::slice::from_ref;

use listsync_core::{
    contact::{OptOutReason, Scope},
    list::{OptOutRule, Standing},
};
use listsync_engine::ports::{AddOutcome, ContactEdit, Contacts, EntryQuery, Fault, ListEdit, ListStore};

use super::{Bed, fault, of};
use crate::{
    contracts::ok,
    sample::{address, moment},
};

pub(super) async fn all<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    a_deleted_contact_is_gone_from_every_list(make).await;
    a_deleted_contacts_opt_outs_stay_with_their_addresses(make).await;
    an_erased_person_comes_back_by_their_own_word_only(make).await;
    an_erased_person_is_kept_off_mandatory_lists_too(make).await;
    an_alias_that_is_taken_away_keeps_the_opt_out(make).await;
    a_new_address_that_is_suppressed_brings_its_opt_out(make).await;
}

async fn a_deleted_contact_is_gone_from_every_list<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.member("berta", &[&bed.staff]).await;
    let cursor = ok(bed.store.cursor(&bed.staff).await);
    let mut lists = ok(bed.store.delete_contact(&anna, moment(3)).await);
    lists.sort();
    let mut both = vec![bed.staff.clone(), bed.news.clone()];
    both.sort();
    assert_eq!(lists, both);
    let changes = ok(bed.store.changes(&bed.staff, &cursor).await);
    assert_eq!(changes.contacts, from_ref(&anna), "the next run takes them out of the group");
    assert_eq!(ok(bed.store.changes(&bed.staff, &changes.cursor).await).contacts, []);
    let wanted = [anna.clone()];
    assert!(ok(bed.store.entries(&bed.staff, EntryQuery::Contacts(&wanted)).await).is_empty());
    assert_eq!(ok(bed.store.entries(&bed.staff, EntryQuery::All).await).len(), 1);
    assert_eq!((ok(bed.store.size(&bed.staff).await), ok(bed.store.size(&bed.news).await)), (1, 0));
    assert_eq!((bed.find("anna").await, ok(bed.store.contact(&anna).await)), (None, None));
    assert_eq!(fault(bed.store.delete_contact(&anna, moment(4)).await), Fault::Gone);
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added, "nothing was said against it");
    assert_ne!(bed.find("anna").await.map(|contact| contact.id), Some(anna), "as somebody new");
}

async fn a_deleted_contacts_opt_outs_stay_with_their_addresses<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    let alias = ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &alias).await;
    bed.opts_out("anna", of(&bed.news)).await;
    ok(bed.store.delete_contact(&anna, moment(3)).await);
    for local in ["anna", "a"] {
        assert_eq!(bed.add(&bed.news, local).await, AddOutcome::OptedOut, "{local}");
        assert_eq!(bed.import(&bed.news, &[local]).await, (0, vec!["opted_out".to_owned()]));
    }
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added);
    assert_eq!(bed.standings("anna").await, [Standing::Member, Standing::OptedOut], "as the contact's own");
    bed.subscribes("anna", of(&bed.news)).await;
    assert_eq!(bed.standing(&bed.news, "anna").await, Standing::Member);
}

async fn an_erased_person_comes_back_by_their_own_word_only<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    assert_eq!(ok(bed.store.erase_contact(&anna, moment(3)).await), from_ref(&bed.staff));
    assert_eq!(bed.find("anna").await, None);
    for list in [&bed.staff, &bed.news] {
        assert_eq!(bed.add(list, "anna").await, AddOutcome::OptedOut);
        assert_eq!(bed.import(list, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
    }
    assert_eq!(bed.find("anna").await, None, "no file brings them back");
    let heard = bed.subscribes("anna", of(&bed.news)).await;
    assert_eq!(heard.lists, from_ref(&bed.news));
    let back = bed.find("anna").await.expect("they are kept again");
    assert_eq!(
        back.opted_out.map(|no| no.reason),
        Some(OptOutReason::Erased),
        "their word was about one list"
    );
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut);
    bed.subscribes("anna", Scope::All).await;
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added);
}

async fn an_erased_person_is_kept_off_mandatory_lists_too<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let mandatory = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    ok(bed.edit_list(&bed.staff, &mandatory).await);
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.complains("anna", Scope::All).await;
    ok(bed.store.erase_contact(&anna, moment(3)).await);
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut);
    assert_eq!(bed.import(&bed.staff, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
}

async fn an_alias_that_is_taken_away_keeps_the_opt_out<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let alias = ContactEdit { add_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &alias).await;
    bed.opts_out("anna", of(&bed.news)).await;
    let drop = ContactEdit { remove_aliases: [address("a")].into(), ..ContactEdit::default() };
    bed.edit(&anna, &drop).await;
    assert_eq!(bed.find("a").await, None);
    assert_eq!(bed.add(&bed.news, "a").await, AddOutcome::OptedOut);
}

async fn a_new_address_that_is_suppressed_brings_its_opt_out<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.complains("old", Scope::All).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let edit = ContactEdit { address: Some(address("old")), ..ContactEdit::default() };
    let after = bed.edit(&anna, &edit).await;
    assert_eq!(after.opted_out.map(|no| no.reason), Some(OptOutReason::Complaint));
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::OptedOut);
}
