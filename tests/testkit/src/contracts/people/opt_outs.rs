use std::{collections::BTreeMap, slice::from_ref};

use listsync_core::{
    contact::{Decision, OptOutReason, Saying, Scope, Via},
    id::ContactId,
    list::{OptOutRule, Origin, Standing},
    register::KeptOff,
};
use listsync_engine::ports::{
    AddOutcome, ContactEdit, Contacts, EntryQuery, Fault, Heard, ListEdit, ListStore,
};

use super::{Bed, fault, of, refused, saying};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, bound, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        an_opt_out_of_a_list_is_of_that_list,
        an_opt_out_of_all_lists_covers_every_list_of_theirs,
        an_opt_out_of_all_lists_covers_lists_made_later,
        an_opt_out_of_somebody_unknown_is_kept_without_them,
        a_later_yes_to_one_list_lifts_a_no_to_all_for_that_list_only,
        a_no_to_all_lists_after_a_yes_to_one_is_a_no_to_that_one_too,
        whoever_is_merged_accepts_what_they_said_yes_to_since,
        subscribing_to_all_lists_brings_back_what_the_opt_out_of_all_took,
        a_complaint_is_lifted_by_an_operator_only,
        a_no_is_found_by_every_address_of_whoever_said_it,
        of_whoever_was_erased_that_is_told_beside_whatever_they_had_said,
        decisions_are_kept_newest_first_and_a_repeat_is_none,
        a_decision_about_an_unknown_list_leaves_nothing,
    ]
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

/// Law 13.
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

async fn a_later_yes_to_one_list_lifts_a_no_to_all_for_that_list_only<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    // Anna has stood to the list that she says nothing of, Berta never has, and nobody knows Carla.
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.member("berta", &[&bed.news]).await;
    let later = ok(bed.store.create_list("Later", moment(3)).await).id;
    for name in ["anna", "berta", "carla"] {
        bed.opts_out(name, Scope::All).await;
        assert_eq!(bed.subscribes(name, of(&bed.news)).await.lists, from_ref(&bed.news), "{name}");
        assert_eq!(bed.standings(name).await, [Standing::OptedOut, Standing::Member], "{name}");
        for list in [&bed.staff, &later] {
            assert_eq!(bed.add(list, name).await, AddOutcome::OptedOut, "{name} said no to it");
            assert_eq!(bed.import(list, &[name]).await, (0, vec!["opted_out".to_owned()]), "{name}");
        }
        ok(bed.store.remove(&bed.news, &address(name), moment(4)).await);
        assert_eq!(bed.standing(&bed.news, name).await, Standing::Absent, "{name} is not opted out there");
        assert_eq!(bed.add(&bed.news, name).await, AddOutcome::Added, "{name}");
    }
    let loaded = bed.load(&anna).await;
    assert!(loaded.opted_out.is_some());
    assert_eq!(loaded.accepts, [bed.news.clone()].into());
    bed.subscribes("anna", Scope::All).await;
    let loaded = bed.load(&anna).await;
    assert_eq!((loaded.opted_out, loaded.accepts.len()), (None, 0));
    assert_eq!(bed.add(&later, "anna").await, AddOutcome::Added);
}

async fn a_no_to_all_lists_after_a_yes_to_one_is_a_no_to_that_one_too<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    for (scope, moved) in [(Scope::All, vec![bed.news.clone()]), (of(&bed.news), vec![bed.news.clone()])] {
        bed.opts_out("anna", Scope::All).await;
        bed.subscribes("anna", of(&bed.news)).await;
        assert_eq!(bed.opts_out("anna", scope.clone()).await.lists, moved);
        assert_eq!(bed.standings("anna").await, [Standing::OptedOut, Standing::OptedOut]);
        assert_eq!(bed.load(&anna).await.accepts.len(), 0);
        let rule = |opt_out| ListEdit { opt_out: Some(opt_out), ..ListEdit::default() };
        for opt_out in [OptOutRule::NotAllowed, OptOutRule::Allowed] {
            ok(bed.edit_list(&bed.news, &rule(opt_out)).await);
        }
        assert_eq!(bed.add(&bed.news, "anna").await, AddOutcome::OptedOut, "{scope:?}");
    }
    let said = ok(bed.store.sayings(&anna).await);
    let told: Vec<_> = said.iter().map(|said| (said.decision, said.scope.clone())).collect();
    let (no, yes) = (Decision::OptedOut, Decision::Subscribed);
    let news = of(&bed.news);
    let expected = [(no, news.clone()), (yes, news.clone()), (no, Scope::All), (yes, news), (no, Scope::All)];
    assert_eq!(told, expected, "each word that changed something is kept");
}

async fn whoever_is_merged_accepts_what_they_said_yes_to_since<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    for both_said_no in [false, true] {
        let bed = Bed::make(make).await;
        let anna = bed.member("anna", &[&bed.staff]).await;
        let other = bed.member("other", &[&bed.staff, &bed.news]).await;
        bed.opts_out("anna", Scope::All).await;
        bed.subscribes("anna", of(&bed.news)).await;
        if both_said_no {
            bed.opts_out("other", Scope::All).await;
        }
        ok(bed.store.merge_contacts(&anna, &other, moment(6)).await);
        let (news, accepts) = match both_said_no {
            true => (Standing::OptedOut, [].into()),
            false => (Standing::Member, [bed.news.clone()].into()),
        };
        assert_eq!(bed.standings("anna").await, [Standing::OptedOut, news]);
        assert_eq!(bed.load(&anna).await.accepts, accepts);
    }
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
    assert_eq!(bed.standings("anna").await, [Standing::Member, Standing::OptedOut]);
    assert_eq!(
        refused(bed.say("anna", Decision::Subscribed, of(&bed.news)).await),
        "complained",
        "it stands elsewhere"
    );
    ok(bed.say("anna", Decision::Subscribed, of(&bed.staff)).await);
    ok(bed.store.say(&Saying { scope: Scope::All, ..operator }).await);
    assert_eq!(bed.load(&anna).await.opted_out, None);
    bed.complains("berta", Scope::All).await;
    let again = bed.say("berta", Decision::Subscribed, of(&bed.staff)).await;
    assert_eq!(refused(again), "complained", "also of somebody who is not kept");
    assert_eq!(bed.find("berta").await, None);
    bed.member("carla", &[&bed.staff, &bed.news]).await;
    bed.complains("carla", of(&bed.news)).await;
    assert_eq!(refused(bed.say("carla", Decision::Subscribed, of(&bed.news)).await), "complained");
}

/// Law 13.
async fn a_no_is_found_by_every_address_of_whoever_said_it<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    // Nobody keeps Anna; Berta and Dora, who is matched, have no row on the list; Carla opted out of the other; Emma said nothing.
    bed.opts_out("anna", Scope::All).await;
    let berta = bed.member("berta", &[&bed.news]).await;
    bed.edit(&berta, &ContactEdit { add_aliases: [address("b2")].into(), ..ContactEdit::default() }).await;
    bed.opts_out("berta", Scope::All).await;
    bed.opts_out("carla", of(&bed.news)).await;
    let dora = bed.member("dora", &[&bed.news]).await;
    ok(bed.store.bind(&[bound(&dora, ("dora", "dora"))]).await);
    bed.opts_out("dora", Scope::All).await;
    bed.member("emma", &[&bed.staff]).await;
    let names = ["anna", "berta", "b2", "carla", "dora", "emma", "nobody"];
    let asked = names.map(address);
    for (list, expected) in [
        (&bed.staff, vec!["anna", "b2", "berta", "dora"]),
        (&bed.news, vec!["anna", "b2", "berta", "carla", "dora"]),
    ] {
        let refused = ok(bed.store.refused(list, &asked).await);
        assert_eq!(refused, expected.into_iter().map(|local| (address(local), KeptOff::No)).collect());
    }
    ok(bed.store.delete_contact(&berta, moment(7)).await);
    bed.subscribes("anna", of(&bed.staff)).await;
    let refused = ok(bed.store.refused(&bed.staff, &asked).await);
    let expected = ["berta", "b2", "dora"].map(|local| (address(local), KeptOff::No));
    assert_eq!(refused, expected.into(), "a deleted contact's addresses say no, too");
    let rule = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    ok(bed.edit_list(&bed.staff, &rule).await);
    assert!(ok(bed.store.refused(&bed.staff, &asked).await).is_empty(), "a mandatory list passes over it");
}

/// Law 17.
async fn of_whoever_was_erased_that_is_told_beside_whatever_they_had_said<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    // Anna had said nothing, Berta no to one list, Carla to all; Dora is deleted, and Emma was merged into Anna.
    let mut ids = Vec::new();
    for local in ["anna", "berta", "carla", "dora", "emma"] {
        ids.push(bed.member(local, &[&bed.staff, &bed.news]).await);
    }
    let [anna, berta, carla, dora, emma] = ids.try_into().expect("five");
    bed.edit(&anna, &ContactEdit { add_aliases: [address("a2")].into(), ..ContactEdit::default() }).await;
    bed.opts_out("berta", of(&bed.news)).await;
    bed.opts_out("carla", Scope::All).await;
    bed.opts_out("dora", Scope::All).await;
    ok(bed.store.merge_contacts(&anna, &emma, moment(6)).await);
    for id in [&anna, &berta, &carla] {
        ok(bed.store.erase_contact(id, moment(7)).await);
    }
    ok(bed.store.delete_contact(&dora, moment(7)).await);
    let asked = ["anna", "a2", "emma", "berta", "carla", "dora", "nobody"].map(address);
    let erased = ["anna", "a2", "emma", "berta", "carla"].map(|local| (address(local), KeptOff::Erasure));
    let expected: BTreeMap<_, _> = erased.into_iter().chain([(address("dora"), KeptOff::No)]).collect();
    for list in [&bed.staff, &bed.news] {
        assert_eq!(ok(bed.store.refused(list, &asked).await), expected);
    }
    let nobody = ContactId::parse("nobody").expect("an id");
    let frida = bed.member("frida", &[&bed.staff]).await;
    let former = [&anna, &berta, &carla, &dora, &emma, &frida, &nobody].map(Clone::clone);
    let erased = ok(bed.store.erased(&former).await);
    assert_eq!(erased, [anna, berta, carla.clone(), emma].into());
    assert!(ok(bed.store.erased(&[]).await).is_empty());
    bed.subscribes("carla", Scope::All).await;
    assert!(ok(bed.store.erased(&[carla]).await).is_empty(), "who is back is told by their new contact");
    let rule = ListEdit { opt_out: Some(OptOutRule::NotAllowed), ..ListEdit::default() };
    ok(bed.edit_list(&bed.staff, &rule).await);
    let refused = ok(bed.store.refused(&bed.staff, &asked).await);
    let expected = ["anna", "a2", "emma", "berta"].map(|local| (address(local), KeptOff::Erasure));
    assert_eq!(refused, expected.into(), "on a mandatory list as well");
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
