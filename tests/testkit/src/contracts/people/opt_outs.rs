use std::slice::from_ref;

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    list::{Origin, Standing},
};
use listsync_engine::ports::{AddOutcome, Contacts, EntryQuery, Fault, Heard, ListStore};

use super::{Bed, fault, of, refused, saying};
use crate::{
    contracts::ok,
    sample::{address, contact, moment},
};

pub(super) async fn all<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    an_opt_out_of_a_list_is_of_that_list(make).await;
    an_opt_out_of_all_lists_covers_every_list_of_theirs(make).await;
    an_opt_out_of_all_lists_covers_lists_made_later(make).await;
    an_opt_out_of_somebody_unknown_is_kept_without_them(make).await;
    subscribing_lifts_ones_own_opt_out_of_all_lists(make).await;
    subscribing_to_all_lists_brings_back_what_the_opt_out_of_all_took(make).await;
    a_complaint_is_lifted_by_an_operator_only(make).await;
    decisions_are_kept_newest_first_and_a_repeat_is_none(make).await;
    a_decision_about_an_unknown_list_leaves_nothing(make).await;
}

fn nothing_moved(heard: &Heard) -> bool {
    heard.lists.is_empty()
}

async fn an_opt_out_of_a_list_is_of_that_list<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    let heard = bed.opts_out("anna", of(&bed.staff)).await;
    assert_eq!(heard, Heard { contact: Some(anna.clone()), lists: vec![bed.staff.clone()] });
    assert_eq!(bed.standings("anna").await, [Standing::OptedOut, Standing::Member]);
    assert!(nothing_moved(&bed.opts_out("anna", of(&bed.staff)).await), "a repeat moves nobody");
    let place = bed.place(&anna, &bed.staff).await.expect("they were there");
    assert_eq!((place.standing, place.origin, place.since), (Standing::OptedOut, Origin::Own, moment(2)));
    assert_eq!(bed.import(&bed.staff, &["anna", "berta"]).await, (1, vec!["opted_out".to_owned()]));
    let heard = bed.subscribes("anna", of(&bed.staff)).await;
    assert_eq!(heard.lists, from_ref(&bed.staff));
    assert_eq!(bed.standings("anna").await, [Standing::Member, Standing::Member]);
    let heard = bed.opts_out("carla", of(&bed.staff)).await;
    assert!(heard.contact.is_some(), "an opt-out of one list makes the contact");
    assert_eq!(bed.add(&bed.staff, "carla").await, AddOutcome::OptedOut);
}

async fn an_opt_out_of_all_lists_covers_every_list_of_theirs<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let cursor = ok(bed.store.cursor(&bed.staff).await);
    let heard = bed.opts_out("anna", Scope::All).await;
    assert_eq!(heard, Heard { contact: Some(anna.clone()), lists: vec![bed.staff.clone()] });
    assert_eq!(ok(bed.store.changes(&bed.staff, &cursor).await).contacts, from_ref(&anna));
    assert_eq!(bed.standings("anna").await, [Standing::OptedOut, Standing::OptedOut]);
    let no = bed.load(&anna).await.opted_out.expect("it is kept");
    assert_eq!((no.reason, no.via, no.at), (OptOutReason::Own, Via::OneClick, moment(2)));
    for list in [&bed.staff, &bed.news] {
        assert_eq!(bed.add(list, "anna").await, AddOutcome::OptedOut);
        assert_eq!(bed.import(list, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
    }
    assert!(nothing_moved(&bed.opts_out("anna", Scope::All).await));
}

async fn an_opt_out_of_all_lists_covers_lists_made_later<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.opts_out("anna", Scope::All).await;
    let later = ok(bed.store.create_list("Later", moment(3)).await).id;
    assert_eq!(bed.add(&later, "anna").await, AddOutcome::OptedOut);
    assert_eq!(bed.import(&later, &["anna"]).await, (0, vec!["opted_out".to_owned()]));
    let wanted = [anna];
    let entries = ok(bed.store.entries(&later, EntryQuery::Contacts(&wanted)).await);
    assert_eq!(entries[0].standing, Standing::OptedOut, "a run sees it");
    assert_eq!(ok(bed.store.size(&later).await), 0);
}

async fn an_opt_out_of_somebody_unknown_is_kept_without_them<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let heard = bed.opts_out("anna", Scope::All).await;
    assert_eq!(heard, Heard { contact: None, lists: Vec::new() });
    assert_eq!(bed.find("anna").await, None, "nobody is kept for it");
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut);
    assert_eq!(bed.import(&bed.staff, &["anna", "berta"]).await, (1, vec!["opted_out".to_owned()]));
    assert_eq!(bed.find("anna").await, None);
    let edit = listsync_engine::ports::ContactEdit::default();
    let made = ok(bed.store.create_contact(&address("anna"), &edit, Origin::Manual, moment(4)).await);
    assert_eq!(made.opted_out.map(|no| no.reason), Some(OptOutReason::Own), "the contact takes it over");
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut);
}

async fn subscribing_lifts_ones_own_opt_out_of_all_lists<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.opts_out("anna", Scope::All).await;
    assert_eq!(bed.subscribes("anna", of(&bed.news)).await.lists, from_ref(&bed.news));
    assert_eq!(bed.load(&anna).await.opted_out, None);
    assert_eq!(bed.standings("anna").await, [Standing::OptedOut, Standing::Member]);
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::OptedOut, "what they left they left");
    let later = ok(bed.store.create_list("Later", moment(3)).await).id;
    assert_eq!(bed.add(&later, "anna").await, AddOutcome::Added);
}

async fn subscribing_to_all_lists_brings_back_what_the_opt_out_of_all_took<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.opts_out("anna", of(&bed.staff)).await;
    bed.opts_out("anna", Scope::All).await;
    let heard = bed.subscribes("anna", Scope::All).await;
    assert_eq!(heard.lists, from_ref(&bed.news));
    assert_eq!(bed.standings("anna").await, [Standing::OptedOut, Standing::Member]);
}

async fn a_complaint_is_lifted_by_an_operator_only<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    bed.complains("anna", Scope::All).await;
    bed.opts_out("anna", Scope::All).await;
    let reason = bed.load(&anna).await.opted_out.map(|no| no.reason);
    assert_eq!(reason, Some(OptOutReason::Complaint), "it stays a complaint");
    for scope in [Scope::All, of(&bed.staff), of(&bed.news)] {
        assert_eq!(refused(bed.say("anna", Decision::Subscribed, scope).await), "complained");
    }
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::OptedOut);
    let operator = Saying { via: Via::Operator, ..saying("anna", Decision::Subscribed, of(&bed.staff)) };
    ok(bed.store.say(&operator).await);
    assert_eq!(bed.load(&anna).await.opted_out, None);
    assert_eq!(bed.standing(&bed.staff, "anna").await, Standing::Member);
    bed.complains("berta", Scope::All).await;
    let again = bed.say("berta", Decision::Subscribed, of(&bed.staff)).await;
    assert_eq!(refused(again), "complained", "also of somebody who is not kept");
    assert_eq!(bed.find("berta").await, None);
    bed.member("carla", &[&bed.staff, &bed.news]).await;
    bed.complains("carla", of(&bed.news)).await;
    assert_eq!(refused(bed.say("carla", Decision::Subscribed, of(&bed.news)).await), "complained");
}

async fn decisions_are_kept_newest_first_and_a_repeat_is_none<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff]).await;
    let steps = [
        (Decision::OptedOut, of(&bed.staff), moment(10)),
        (Decision::OptedOut, of(&bed.staff), moment(11)),
        (Decision::Subscribed, of(&bed.staff), moment(12)),
        (Decision::OptedOut, Scope::All, moment(13)),
        (Decision::OptedOut, Scope::All, moment(14)),
    ];
    for (decision, scope, at) in steps {
        ok(bed.store.say(&Saying { at, ..saying("anna", decision, scope) }).await);
    }
    let said = ok(bed.store.sayings(&anna).await);
    let told: Vec<_> = said.iter().map(|said| (said.decision, said.scope.clone(), said.at)).collect();
    let expected = [
        (Decision::OptedOut, Scope::All, moment(13)),
        (Decision::Subscribed, of(&bed.staff), moment(12)),
        (Decision::OptedOut, of(&bed.staff), moment(10)),
    ];
    assert_eq!(told, expected);
    assert!(said.iter().all(|said| said.via == Via::OneClick));
}

async fn a_decision_about_an_unknown_list_leaves_nothing<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let nowhere = listsync_core::id::ListId::parse("nowhere").expect("a plain name makes an id");
    for decision in [Decision::Subscribed, Decision::OptedOut] {
        assert_eq!(fault(bed.say("anna", decision, of(&nowhere)).await), Fault::Gone);
    }
    assert_eq!(bed.find("anna").await, None);
    let added = bed.store.add(&bed.staff, &contact("anna"), Origin::Manual, moment(1)).await;
    assert_eq!(ok(added), AddOutcome::Added);
}
