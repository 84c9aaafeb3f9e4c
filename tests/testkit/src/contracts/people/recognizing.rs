//! A no outlives its contact under each thing that the person is known by: whoever comes back under another address has it still.

use std::slice::from_ref;

use listsync_core::{
    contact::{OptOut, OptOutReason, Scope, Via},
    id::{ContactId, ListId, ObjectId},
    list::{OptOutRule, Origin, Standing},
};
use listsync_engine::ports::{
    AddOutcome, ContactEdit, Contacts, EntryQuery, ImportMode, ImportRow, ListEdit, ListStore, NewImport,
};

use super::{Bed, key, of};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, bound, contact, moment, object},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_no_holds_off_whoever_has_the_key,
        a_no_to_one_list_comes_with_the_key,
        a_no_of_one_key_is_not_one_of_another,
        each_key_of_somebody_brings_their_no,
        a_key_that_comes_later_brings_its_no,
        an_edit_that_gives_a_key_brings_its_no,
        who_came_back_of_their_own_will_stays,
        a_no_holds_off_whoever_has_the_object,
        a_match_brings_the_no_of_its_object,
        what_several_of_one_object_said_stays_beside_each_other,
        a_no_that_is_told_after_the_deletion_holds_for_the_keys,
        a_no_to_a_deleted_list_comes_with_the_key,
    ]
}

/// How somebody said no, and goes.
#[derive(Debug, Clone, Copy)]
enum No {
    ToAll,
    Complaint,
    Erased,
}

const NOS: [No; 3] = [No::ToAll, No::Complaint, No::Erased];

fn row(local: &str, keys: &[&str]) -> ImportRow {
    let mut keys = keys.iter().map(|text| key(text));
    ImportRow { external_id: keys.next(), further_ids: keys.collect(), ..contact(local).into() }
}

/// Takes a file of one row in; the codes of rows that were not taken in.
async fn takes<S: ListStore + Contacts>(
    bed: &Bed<S>,
    list: &ListId,
    (local, keys): (&str, &[&str]),
) -> Vec<String> {
    let file = NewImport::new("staff.csv", ImportMode::Incremental, vec![row(local, keys)], moment(6));
    ok(bed.store.import(list, &file).await).refused.into_iter().map(|row| row.code).collect()
}

/// A member of both lists with the key 1, who is matched to an object.
async fn anna<S: ListStore + Contacts>(bed: &Bed<S>) -> ContactId {
    let none: [String; 0] = [];
    for list in [&bed.staff, &bed.news] {
        assert_eq!(takes(bed, list, ("anna", &["1"])).await, none);
    }
    let anna = bed.find("anna").await.expect("they were taken in").id;
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
    anna
}

/// The same person, who said no and went.
async fn gone<S: ListStore + Contacts>(bed: &Bed<S>, no: No) -> ContactId {
    let anna = anna(bed).await;
    match no {
        No::ToAll => drop(bed.opts_out("anna", Scope::All).await),
        No::Complaint => drop(bed.complains("anna", Scope::All).await),
        No::Erased => {}
    }
    match no {
        No::ToAll | No::Complaint => ok(bed.store.delete_contact(&anna, moment(3)).await),
        No::Erased => ok(bed.store.erase_contact(&anna, moment(3)).await),
    };
    anna
}

async fn object_is_refused<S: ListStore + Contacts>(bed: &Bed<S>, list: &ListId, name: &str) -> bool {
    let asked: Vec<ObjectId> = [name, "somebody"].map(object).into();
    let refused = ok(bed.store.refused_objects(list, &asked).await);
    assert!(!refused.contains_key(&object("somebody")));
    refused.contains_key(&object(name))
}

/// Law 13.
async fn a_no_holds_off_whoever_has_the_key<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for no in NOS {
        for rule in [OptOutRule::Allowed, OptOutRule::NotAllowed] {
            let bed = Bed::make(make).await;
            gone(&bed, no).await;
            ok(bed.edit_list(&bed.staff, &ListEdit { opt_out: Some(rule), ..ListEdit::default() }).await);
            let refused = takes(&bed, &bed.staff, ("anna.new", &["1"])).await;
            match (rule, no) {
                (OptOutRule::Allowed, _) | (OptOutRule::NotAllowed, No::Erased) => {
                    assert_eq!(refused, ["opted_out"], "{no:?} {rule:?}");
                    assert_eq!(bed.find("anna.new").await, None, "{no:?}: nobody is made");
                }
                (OptOutRule::NotAllowed, No::ToAll | No::Complaint) => {
                    assert!(refused.is_empty(), "{no:?} {rule:?}");
                    let found = bed.find("anna.new").await.expect("nobody leaves a mandatory list");
                    assert!(found.opted_out.is_some(), "{no:?}");
                    assert_eq!(bed.add(&bed.news, "anna.new").await, AddOutcome::OptedOut, "{no:?}");
                }
            }
        }
    }
}

/// Law 13.
async fn a_no_to_one_list_comes_with_the_key<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let first = anna(&bed).await;
    bed.opts_out("anna", of(&bed.news)).await;
    ok(bed.store.delete_contact(&first, moment(3)).await);
    assert_eq!(takes(&bed, &bed.news, ("anna.new", &["1"])).await, ["opted_out"]);
    assert!(takes(&bed, &bed.staff, ("anna.new", &["1"])).await.is_empty(), "of it they said nothing");
    assert_eq!(
        bed.standings("anna.new").await,
        [Standing::Member, Standing::OptedOut],
        "it is their own now"
    );
    bed.subscribes("anna.new", of(&bed.news)).await;
    assert!(takes(&bed, &bed.news, ("anna.new", &["1"])).await.is_empty());
    assert_eq!(bed.standings("anna.new").await, [Standing::Member; 2], "they took it back");
}

async fn a_no_of_one_key_is_not_one_of_another<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    gone(&bed, No::Erased).await;
    assert!(takes(&bed, &bed.staff, ("berta", &["2"])).await.is_empty());
    // Neither is a key that reads as the object does, or as an address.
    assert!(takes(&bed, &bed.staff, ("cora", &["anna"])).await.is_empty());
    assert!(takes(&bed, &bed.staff, ("dora", &["anna@contoso.example"])).await.is_empty());
    for local in ["berta", "cora", "dora"] {
        assert_eq!(bed.standing(&bed.staff, local).await, Standing::Member, "{local}");
    }
    assert!(!object_is_refused(&bed, &bed.staff, "1").await);
}

/// Law 13.
async fn each_key_of_somebody_brings_their_no<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    assert!(takes(&bed, &bed.staff, ("anna", &["1", "2"])).await.is_empty());
    let anna = bed.find("anna").await.expect("they were taken in").id;
    bed.opts_out("anna", Scope::All).await;
    ok(bed.store.delete_contact(&anna, moment(3)).await);
    assert_eq!(takes(&bed, &bed.staff, ("anna.new", &["2"])).await, ["opted_out"]);
    assert_eq!(takes(&bed, &bed.staff, ("anna.new", &["3", "1"])).await, ["opted_out"]);
    assert!(takes(&bed, &bed.staff, ("anna.new", &["3"])).await.is_empty(), "of that one nothing is known");
}

/// Law 13.
async fn a_key_that_comes_later_brings_its_no<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for no in NOS {
        let bed = Bed::make(make).await;
        gone(&bed, no).await;
        bed.member("anna.new", &[&bed.staff, &bed.news]).await;
        let refused = takes(&bed, &bed.staff, ("anna.new", &["1"])).await;
        assert_eq!(refused, ["opted_out"], "{no:?}");
        assert_eq!(bed.standings("anna.new").await, [Standing::OptedOut; 2], "{no:?}: on every list");
        let found = bed.find("anna.new").await.expect("they are kept");
        assert_eq!(found.external_id, Some(key("1")), "{no:?}");
        if !matches!(no, No::Complaint) {
            bed.subscribes("anna.new", of(&bed.staff)).await;
            assert!(takes(&bed, &bed.staff, ("anna.new", &["1"])).await.is_empty(), "{no:?}");
            assert_eq!(bed.standings("anna.new").await, [Standing::Member, Standing::OptedOut], "{no:?}");
        }
    }
}

/// Law 13.
async fn an_edit_that_gives_a_key_brings_its_no<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let keyed = ContactEdit { external_id: Some(key("1")), ..ContactEdit::default() };
    for no in NOS {
        let bed = Bed::make(make).await;
        gone(&bed, no).await;
        let made =
            ok(bed.store.create_contact(&address("anna.new"), &keyed, Origin::Manual, moment(5)).await);
        assert!(made.opted_out.is_some(), "{no:?}");
        assert_eq!(bed.add(&bed.staff, "anna.new").await, AddOutcome::OptedOut, "{no:?}");
        let bed = Bed::make(make).await;
        gone(&bed, no).await;
        let berta = bed.member("anna.new", &[&bed.staff, &bed.news]).await;
        assert!(bed.edit(&berta, &keyed).await.opted_out.is_some(), "{no:?}");
        assert_eq!(bed.standings("anna.new").await, [Standing::OptedOut; 2], "{no:?}");
    }
}

async fn who_came_back_of_their_own_will_stays<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for no in [No::ToAll, No::Erased] {
        let bed = Bed::make(make).await;
        gone(&bed, no).await;
        bed.subscribes("anna", of(&bed.staff)).await;
        assert!(takes(&bed, &bed.staff, ("anna", &["1"])).await.is_empty(), "{no:?}");
        assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::Member, "{no:?}: that list they want");
        assert_eq!(bed.add(&bed.news, "anna").await, AddOutcome::OptedOut, "{no:?}: no other");
        let bed = Bed::make(make).await;
        gone(&bed, no).await;
        bed.subscribes("anna", Scope::All).await;
        for list in [&bed.staff, &bed.news] {
            assert!(takes(&bed, list, ("anna", &["1"])).await.is_empty(), "{no:?}: they took it back");
        }
        let anna = bed.find("anna").await.expect("they are kept").id;
        let told = ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
        assert!(told.is_empty() || bed.standings("anna").await == [Standing::Member; 2]);
        assert_eq!(bed.standings("anna").await, [Standing::Member; 2], "{no:?}");
    }
}

/// Law 13.
async fn a_no_holds_off_whoever_has_the_object<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for no in NOS {
        let bed = Bed::make(make).await;
        assert!(!object_is_refused(&bed, &bed.staff, "anna").await);
        gone(&bed, no).await;
        for list in [&bed.staff, &bed.news] {
            assert!(object_is_refused(&bed, list, "anna").await, "{no:?}");
        }
        assert!(ok(bed.store.refused_objects(&bed.staff, &[]).await).is_empty());
        let mandatory = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
        ok(bed.edit_list(&bed.staff, &mandatory).await);
        let held = object_is_refused(&bed, &bed.staff, "anna").await;
        assert_eq!(held, matches!(no, No::Erased), "{no:?}: off a mandatory list");
    }
    let bed = Bed::make(make).await;
    let first = anna(&bed).await;
    bed.opts_out("anna", of(&bed.news)).await;
    ok(bed.store.delete_contact(&first, moment(3)).await);
    assert!(object_is_refused(&bed, &bed.news, "anna").await);
    assert!(!object_is_refused(&bed, &bed.staff, "anna").await, "of it they said nothing");
}

/// Law 13.
async fn a_match_brings_the_no_of_its_object<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for no in NOS {
        let bed = Bed::make(make).await;
        gone(&bed, no).await;
        let fresh = bed.member("anna.new", &[&bed.staff, &bed.news]).await;
        let other = bed.member("berta", &[&bed.staff]).await;
        let matches = [bound(&fresh, ("anna.new", "anna")), bound(&other, ("berta", "berta"))];
        let told = ok(bed.store.bind(&matches).await);
        assert_eq!(told, [fresh.clone()].into(), "{no:?}");
        assert_eq!(bed.standings("anna.new").await, [Standing::OptedOut; 2], "{no:?}");
        assert_eq!(bed.standing(&bed.staff, "berta").await, Standing::Member);
        let objects = [object("anna")];
        let entries = ok(bed.store.entries(&bed.staff, EntryQuery::Objects(&objects)).await);
        assert_eq!(entries.first().map(|entry| &entry.contact), Some(&fresh), "{no:?}: they are matched");
        assert!(ok(bed.store.bind(&matches).await).is_empty(), "{no:?}: it is their own by now");
    }
}

async fn what_several_of_one_object_said_stays_beside_each_other<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    for (local, list) in [("anna", &bed.staff), ("ann", &bed.news)] {
        let id = bed.member(local, &[&bed.staff, &bed.news]).await;
        ok(bed.store.bind(&[bound(&id, (local, "anna"))]).await);
        bed.opts_out(local, of(list)).await;
    }
    for local in ["anna", "ann"] {
        let id = bed.find(local).await.expect("they are there").id;
        ok(bed.store.delete_contact(&id, moment(3)).await);
    }
    for list in [&bed.staff, &bed.news] {
        assert!(object_is_refused(&bed, list, "anna").await);
    }
}

/// Law 13.
async fn a_no_that_is_told_after_the_deletion_holds_for_the_keys<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let first = anna(&bed).await;
    ok(bed.store.delete_contact(&first, moment(3)).await);
    let no = OptOut { reason: OptOutReason::Own, at: moment(5), via: Via::OneClick };
    for _ in 0..2 {
        ok(bed.store.refuse_departed(&first, &of(&bed.news), no).await);
    }
    assert!(object_is_refused(&bed, &bed.news, "anna").await);
    assert_eq!(takes(&bed, &bed.news, ("anna.new", &["1"])).await, ["opted_out"]);
    assert!(takes(&bed, &bed.staff, ("anna.new", &["1"])).await.is_empty());
    assert_eq!(bed.standings("anna.new").await, [Standing::Member, Standing::OptedOut]);
}

/// Law 13.
async fn a_no_to_a_deleted_list_comes_with_the_key<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    for contact_goes_first in [true, false] {
        let bed = Bed::make(make).await;
        let first = anna(&bed).await;
        bed.opts_out("anna", of(&bed.news)).await;
        if contact_goes_first {
            ok(bed.store.delete_contact(&first, moment(3)).await);
        }
        ok(bed.store.delete_list(&bed.news).await);
        if !contact_goes_first {
            assert_eq!(ok(bed.store.delete_contact(&first, moment(3)).await), from_ref(&bed.staff));
        }
        assert!(takes(&bed, &bed.staff, ("anna.new", &["1"])).await.is_empty());
        let news = ok(bed.store.create_list("News", moment(7)).await).id;
        assert_eq!(bed.add(&news, "anna.new").await, AddOutcome::OptedOut, "{contact_goes_first}");
        assert_eq!(takes(&bed, &news, ("anna.new", &["1"])).await, ["opted_out"], "{contact_goes_first}");
    }
}
