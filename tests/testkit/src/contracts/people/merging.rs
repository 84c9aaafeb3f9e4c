use std::collections::BTreeSet;

use listsync_core::{
    contact::{OptOutReason, Scope},
    list::{Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, ContactEdit, Contacts, Fault, ListStore};

use super::{Bed, fault, key, of};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        two_contacts_become_one,
        an_opt_out_of_either_is_one_of_the_merged_contact,
        an_opt_out_of_all_lists_of_the_other_covers_the_lists_of_the_kept,
        who_a_contact_became_is_known_as_long_as_that_one_is_there,
    ]
}

fn edit(name: &str, room: &str, external_id: Option<&str>) -> ContactEdit {
    ContactEdit {
        name: Some(name.to_owned()),
        external_id: external_id.map(key),
        fields: [("room".to_owned(), room.to_owned())].into(),
        ..ContactEdit::default()
    }
}

async fn two_contacts_become_one<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let other = bed.member("a.adler", &[&bed.news]).await;
    bed.edit(&anna, &edit("Anna", "", None)).await;
    bed.edit(&other, &edit("A. Adler", "7", Some("4711"))).await;
    let cursor = ok(bed.store.cursor(&bed.news).await);
    let merged = ok(bed.store.merge_contacts(&anna, &other, moment(5)).await);
    assert_eq!((merged.id.clone(), merged.address.clone()), (anna.clone(), address("anna")));
    assert_eq!(merged.aliases, BTreeSet::from([address("a.adler")]));
    assert_eq!((merged.name.as_str(), merged.external_id.clone()), ("Anna", Some(key("4711"))));
    assert_eq!(
        merged.fields.get("room").map(|field| (field.value.as_str(), field.source)),
        Some(("7", Origin::Manual))
    );
    assert_eq!(bed.standings("anna").await, [Standing::Member, Standing::Member]);
    assert_eq!(bed.find("a.adler").await, Some(merged));
    assert_eq!(ok(bed.store.contact(&other).await), None);
    let changed: BTreeSet<_> = ok(bed.store.changes(&bed.news, &cursor).await).contacts.into_iter().collect();
    assert_eq!(changed, BTreeSet::from([anna.clone(), other.clone()]), "the list looks at both again");
    assert_eq!(fault(bed.store.merge_contacts(&anna, &other, moment(6)).await), Fault::Gone);
    assert_eq!(fault(bed.store.merge_contacts(&anna, &anna, moment(6)).await), Fault::Rejected);
}

/// Law 13.
async fn an_opt_out_of_either_is_one_of_the_merged_contact<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for kept in ["anna", "other"] {
        let bed = Bed::make(make).await;
        bed.member("anna", &[&bed.staff, &bed.news]).await;
        bed.member("other", &[&bed.staff, &bed.news]).await;
        bed.opts_out("other", of(&bed.staff)).await;
        bed.opts_out("anna", of(&bed.news)).await;
        let gone = if kept == "anna" { "other" } else { "anna" };
        let (keep, other) = (bed.find(kept).await.expect("made").id, bed.find(gone).await.expect("made").id);
        ok(bed.store.merge_contacts(&keep, &other, moment(5)).await);
        for local in ["anna", "other"] {
            assert_eq!(bed.standings(local).await, [Standing::OptedOut; 2], "{kept} was kept");
            assert_eq!(bed.add(&bed.staff, local).await, AddOutcome::OptedOut);
        }
        bed.subscribes("anna", Scope::All).await;
        assert_eq!(bed.standings("anna").await, [Standing::OptedOut; 2], "both are their own words");
    }
}

async fn an_opt_out_of_all_lists_of_the_other_covers_the_lists_of_the_kept<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let other = bed.member("other", &[&bed.news]).await;
    bed.complains("other", Scope::All).await;
    let merged = ok(bed.store.merge_contacts(&anna, &other, moment(5)).await);
    assert_eq!(merged.opted_out.map(|no| no.reason), Some(OptOutReason::Complaint));
    assert_eq!(bed.standings("anna").await, [Standing::OptedOut; 2]);
}

async fn who_a_contact_became_is_known_as_long_as_that_one_is_there<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let [anna, bert, cora] = [
        bed.member("anna", &[&bed.staff]).await,
        bed.member("bert", &[&bed.staff]).await,
        bed.member("cora", &[&bed.staff]).await,
    ];
    assert_eq!(ok(bed.store.successor(&anna).await), None, "they are there themselves");
    ok(bed.store.merge_contacts(&bert, &anna, moment(5)).await);
    assert_eq!(ok(bed.store.successor(&anna).await), Some(bert.clone()));
    ok(bed.store.merge_contacts(&cora, &bert, moment(6)).await);
    for former in [&anna, &bert] {
        assert_eq!(ok(bed.store.successor(former).await), Some(cora.clone()));
    }
    ok(bed.store.erase_contact(&cora, moment(7)).await);
    for former in [&anna, &bert, &cora] {
        assert_eq!(ok(bed.store.successor(former).await), None);
    }
}
