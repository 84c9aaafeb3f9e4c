use listsync_core::{
    id::ContactId,
    list::{Origin, Standing},
    member::{Member, MemberKey},
};
use listsync_engine::ports::{
    ContactEdit, Cursor, Decision, EntryQuery, Fold, Lease, Links, ListEffect, ListOutcome, ListStep,
    ListStore, MemberChange, MemberQuery,
};

use super::Bed;
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, bound, contact, member, moment, object},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        an_addition_and_its_row_are_one_step,
        a_removal_and_its_row_are_one_step,
        what_was_so_already_saves_its_row,
        who_opted_out_is_not_added,
        who_said_no_and_is_kept_no_more_is_not_added_under_another_address,
        another_objects_contact_is_not_taken_over,
        an_objects_own_contact_comes_back,
        a_contact_of_another_address_is_not_taken_for_the_member,
        a_contact_that_changed_since_the_read_is_left_alone,
        a_change_of_somebody_else_holds_nothing_up,
        outcomes_come_in_order,
        who_was_added_by_a_run_came_from_the_group,
        an_effect_shows_in_the_change_log,
    ]
}

fn add(local: &str) -> ListStep {
    let primary = Some(address(local));
    let effect = ListEffect::Add { contact: contact(local), object_id: object(local), primary };
    ListStep { effect, then: Member { in_baseline: true, ..member(local) } }
}

fn remove(id: &ContactId, local: &str) -> ListStep {
    ListStep { effect: ListEffect::Remove(id.clone()), then: member(local) }
}

async fn step<S: Links + ListStore>(
    bed: &Bed<S>,
    lease: &Lease,
    list_seen: Option<Cursor>,
    list: Vec<ListStep>,
) -> Vec<ListOutcome> {
    ok(bed.store.fold(lease, &Fold { list, list_seen, ..Fold::default() }).await)
}

async fn seen<S: Links + ListStore>(bed: &Bed<S>) -> Option<Cursor> {
    Some(ok(bed.store.cursor(&bed.list).await))
}

async fn rows<S: Links + ListStore>(bed: &Bed<S>) -> Vec<Member> {
    ok(bed.store.members(bed.id(), MemberQuery::All).await)
}

/// Law 2.
async fn an_addition_and_its_row_are_one_step<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let seen = seen(&bed).await;
    assert_eq!(step(&bed, &lease, seen, vec![add("anna")]).await, vec![ListOutcome::Done]);
    assert_eq!(bed.standing("anna").await, Standing::Member);
    let row = Member { contact: Some(bed.contact("anna").await), ..add("anna").then };
    assert_eq!(rows(&bed).await, vec![row], "the store fills in the contact");
}

/// Law 2.
async fn a_removal_and_its_row_are_one_step<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    let lease = bed.lease(moment(0)).await;
    let done = step(&bed, &lease, seen(&bed).await, vec![remove(&anna, "anna")]).await;
    assert_eq!(done, vec![ListOutcome::Done]);
    assert_eq!(bed.standing("anna").await, Standing::Absent);
    assert_eq!(rows(&bed).await.len(), 1);
}

async fn what_was_so_already_saves_its_row<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    let berta = bed.add("berta").await;
    ok(bed.store.remove(&bed.list, &address("berta"), moment(0)).await);
    let lease = bed.lease(moment(0)).await;
    let before = ok(bed.store.cursor(&bed.list).await);
    let steps = vec![add("anna"), remove(&berta, "berta")];
    let outcomes = step(&bed, &lease, Some(before), steps).await;
    assert_eq!(outcomes, vec![ListOutcome::AlreadySo; 2]);
    assert_eq!(rows(&bed).await.len(), 2);
    assert_eq!(bed.standing("anna").await, Standing::Member);
}

/// Law 13.
async fn who_opted_out_is_not_added<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    ok(bed.store.decide(&bed.list, &address("anna"), Decision::OptedOut, moment(0)).await);
    let anna = bed.contact("anna").await;
    let lease = bed.lease(moment(0)).await;
    let before = seen(&bed).await;
    assert_eq!(step(&bed, &lease, before.clone(), vec![add("anna")]).await, vec![ListOutcome::OptedOut]);
    assert!(rows(&bed).await.is_empty(), "a refused step saves no row");
    step(&bed, &lease, before, vec![remove(&anna, "anna")]).await;
    assert_eq!(bed.standing("anna").await, Standing::OptedOut, "a removal does not undo the decision");
}

/// Law 13.
async fn who_said_no_and_is_kept_no_more_is_not_added_under_another_address<S: Links + ListStore>(
    make: &impl Fn() -> S,
) {
    for kept in [false, true] {
        let bed = Bed::make(make).await;
        let anna = bed.add("anna").await;
        ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
        ok(bed.store.decide(&bed.list, &address("anna"), Decision::OptedOut, moment(0)).await);
        ok(bed.store.delete_contact(&anna, moment(1)).await);
        if kept {
            bed.add("anna.new").await;
            ok(bed.store.remove(&bed.list, &address("anna.new"), moment(1)).await);
        }
        let lease = bed.lease(moment(0)).await;
        let (contact, primary) = (contact("anna.new"), Some(address("anna.new")));
        let effect = ListEffect::Add { contact, object_id: object("anna"), primary };
        let steps = vec![ListStep { effect, then: member("anna") }, add("berta")];
        let outcomes = step(&bed, &lease, seen(&bed).await, steps).await;
        assert_eq!(outcomes, [ListOutcome::OptedOut, ListOutcome::Done], "kept: {kept}");
        assert_ne!(bed.standing("anna.new").await, Standing::Member, "kept: {kept}");
        assert_eq!(rows(&bed).await.len(), 1, "a refused step saves no row");
    }
}

async fn another_objects_contact_is_not_taken_over<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    ok(bed.store.remove(&bed.list, &address("anna"), moment(0)).await);
    ok(bed.store.bind(&[bound(&anna, ("anna", "somebody-else"))]).await);
    let lease = bed.lease(moment(0)).await;
    let outcomes = step(&bed, &lease, seen(&bed).await, vec![add("anna")]).await;
    assert_eq!(outcomes, vec![ListOutcome::Conflict]);
    assert_eq!(bed.standing("anna").await, Standing::Absent);
    assert!(rows(&bed).await.is_empty(), "a refused step saves no row");
    let objects = [object("somebody-else")];
    let bound = ok(bed.store.entries(&bed.list, EntryQuery::Objects(&objects)).await);
    assert_eq!(bound.first().map(|entry| &entry.contact), Some(&anna));
}

async fn a_contact_of_another_address_is_not_taken_for_the_member<S: Links + ListStore>(
    make: &impl Fn() -> S,
) {
    for standing in [Standing::Member, Standing::Absent] {
        let bed = Bed::make(make).await;
        let bob = bed.add("bob").await;
        let edit = ContactEdit { address: Some(address("bobby")), ..ContactEdit::default() };
        ok(bed.store.edit_contact(&bob, None, &edit, Origin::Manual, moment(0)).await);
        if standing == Standing::Absent {
            ok(bed.store.remove(&bed.list, &address("bobby"), moment(0)).await);
        }
        let lease = bed.lease(moment(0)).await;
        let before = seen(&bed).await;
        assert_eq!(step(&bed, &lease, before.clone(), vec![add("bob")]).await, vec![ListOutcome::Alias]);
        let contacts = [bob.clone()];
        let entry = ok(bed.store.entries(&bed.list, EntryQuery::Contacts(&contacts)).await).remove(0);
        assert_eq!((entry.standing, entry.object_id), (standing, None));
        assert!(rows(&bed).await.is_empty(), "a step that was kept back saves no row");
        ok(bed.store.bind(&[bound(&bob, ("bob", "bob"))]).await);
        let expected = match standing {
            Standing::Member => ListOutcome::AlreadySo,
            _ => ListOutcome::Done,
        };
        assert_eq!(step(&bed, &lease, before, vec![add("bob")]).await, vec![expected], "once it is theirs");
        ok(bed.store.decide(&bed.list, &address("carl"), Decision::OptedOut, moment(0)).await);
        let carl = bed.contact("carl").await;
        let edit = ContactEdit { address: Some(address("carla")), ..ContactEdit::default() };
        ok(bed.store.edit_contact(&carl, None, &edit, Origin::Manual, moment(0)).await);
        let refused = step(&bed, &lease, seen(&bed).await, vec![add("carl")]).await;
        assert_eq!(refused, vec![ListOutcome::OptedOut], "a no under any address comes first");
    }
}

async fn an_objects_own_contact_comes_back<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    ok(bed.store.remove(&bed.list, &address("anna"), moment(0)).await);
    ok(bed.store.bind(&[bound(&anna, ("anna", "anna"))]).await);
    let lease = bed.lease(moment(0)).await;
    let (contact, primary) = (contact("anna.new"), Some(address("anna.new")));
    let effect = ListEffect::Add { contact, object_id: object("anna"), primary };
    let steps = vec![ListStep { effect, then: member("anna") }];
    assert_eq!(step(&bed, &lease, seen(&bed).await, steps).await, vec![ListOutcome::Done]);
    assert_eq!(bed.standing("anna").await, Standing::Member, "a renamed person is the same contact");
    assert_eq!(ok(bed.store.size(&bed.list).await), 1);
    assert_eq!(rows(&bed).await[0].contact, Some(anna));
}

async fn a_contact_that_changed_since_the_read_is_left_alone<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    bed.add("berta").await;
    let lease = bed.lease(moment(0)).await;
    let before = seen(&bed).await;
    for (round, back) in [("anna", true), ("berta", false)] {
        ok(bed.store.remove(&bed.list, &address(round), moment(1)).await);
        if back {
            ok(bed.store.add(&bed.list, &contact(round), Origin::Manual, moment(2)).await);
        }
    }
    let steps = vec![remove(&anna, "anna"), add("berta")];
    let outcomes = step(&bed, &lease, before, steps).await;
    assert_eq!(outcomes, vec![ListOutcome::Superseded; 2]);
    assert_eq!(bed.standing("anna").await, Standing::Member, "put there again since");
    assert_eq!(bed.standing("berta").await, Standing::Absent, "taken off since");
    assert!(rows(&bed).await.is_empty(), "a superseded step saves no row");
}

async fn a_change_of_somebody_else_holds_nothing_up<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    let lease = bed.lease(moment(0)).await;
    let before = seen(&bed).await;
    bed.add("clara").await;
    let steps = vec![remove(&anna, "anna"), add("berta")];
    assert_eq!(step(&bed, &lease, before, steps).await, vec![ListOutcome::Done; 2]);
}

async fn outcomes_come_in_order<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    ok(bed.store.decide(&bed.list, &address("berta"), Decision::OptedOut, moment(0)).await);
    bed.add("clara").await;
    let lease = bed.lease(moment(0)).await;
    let steps = vec![add("anna"), add("berta"), add("clara"), add("dora")];
    let list_seen = seen(&bed).await;
    let members = vec![MemberChange::Put(member("emma"))];
    let outcomes =
        ok(bed.store.fold(&lease, &Fold { list: steps, list_seen, members, ..Fold::default() }).await);
    let wanted = vec![ListOutcome::Done, ListOutcome::OptedOut, ListOutcome::AlreadySo, ListOutcome::Done];
    assert_eq!(outcomes, wanted);
    let mut keys: Vec<_> = rows(&bed).await.into_iter().map(|row| row.key).collect();
    keys.sort();
    let wanted = ["anna", "clara", "dora", "emma"].map(|name| MemberKey::Principal(object(name)));
    assert_eq!(keys, wanted, "one refused step stops only itself");
}

async fn who_was_added_by_a_run_came_from_the_group<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    step(&bed, &lease, seen(&bed).await, vec![add("anna")]).await;
    let objects = [object("anna")];
    let entries = ok(bed.store.entries(&bed.list, EntryQuery::Objects(&objects)).await);
    let entry = entries.first().expect("the contact is matched to the object it came from");
    assert_eq!((entry.origin, entry.address.clone()), (Origin::Entra, address("anna")));
    assert_eq!(entry.name, contact("anna").name);
}

async fn an_effect_shows_in_the_change_log<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let berta = bed.add("berta").await;
    let lease = bed.lease(moment(0)).await;
    let before = ok(bed.store.cursor(&bed.list).await);
    step(&bed, &lease, Some(before.clone()), vec![add("anna"), remove(&berta, "berta")]).await;
    let mut named = ok(bed.store.changes(&bed.list, &before).await).contacts;
    named.sort();
    let mut wanted = vec![bed.contact("anna").await, berta];
    wanted.sort();
    assert_eq!(named, wanted);
}
