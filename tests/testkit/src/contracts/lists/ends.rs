use std::slice::from_ref;

use listsync_core::{
    contact::{Decision, Place},
    id::ContactId,
    list::{ListKind, Origin, Standing},
    stay::{End, Stay},
};
use listsync_engine::ports::{
    AddOutcome, Contacts, Ended, Fault, ImportMode, ListCounts, ListEdit, ListStore, Mover, Moves,
};

use super::Bed;
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_member_has_an_end_another_one_or_none,
        who_is_not_on_the_list_has_no_end,
        whoever_leaves_or_comes_has_no_end_and_a_file_that_names_a_member_leaves_it,
        just_those_leave_by_date_whose_end_has_come,
        ends_are_walked_the_earliest_first,
        an_end_that_is_forgotten_moves_nobody,
        who_left_by_an_end_that_is_still_to_come_is_put_back_with_it,
        who_goes_or_is_merged_leaves_no_end_behind,
    ]
}

impl<S: ListStore + Contacts> Bed<S> {
    /// A member who is on the list until then.
    async fn until(&self, local: &str, second: i64) -> ContactId {
        assert_eq!(self.add(local).await, AddOutcome::Added);
        let contact = self.contact(local).await;
        let stay = Stay::Until(moment(second));
        assert_eq!(self.stay(&contact, stay).await, Ended::At(Some(moment(second))));
        contact
    }

    async fn stay(&self, contact: &ContactId, stay: Stay) -> Ended {
        ok(self.store.stay(&self.list, contact, stay).await)
    }

    async fn place(&self, contact: &ContactId) -> Place {
        let places = ok(self.store.places(contact).await);
        places.into_iter().find(|place| place.list == self.list).expect("they were on it")
    }

    /// Whose end is named, by contact.
    async fn ended(&self, second: i64) -> Vec<ContactId> {
        let ends = ok(self.store.ended(moment(second), None, 100).await);
        ends.into_iter().map(|end| end.contact).collect()
    }

    async fn lapsed(&self, second: i64) -> Vec<ContactId> {
        let ends = ok(self.store.lapsed(moment(second), None, 100).await);
        ends.into_iter().map(|end| end.contact).collect()
    }

    async fn dated(&self, leave: &[&ContactId], second: i64) -> (u64, u64) {
        let leave = leave.iter().map(|id| (*id).clone()).collect();
        let moves = Moves { mover: Mover::EndDate, leave, ..Moves::default() };
        ok(self.store.move_members(&self.list, &moves, moment(second)).await)
    }

    fn end(&self, contact: &ContactId, second: i64) -> End {
        End { until: moment(second), list: self.list.clone(), contact: contact.clone() }
    }
}

async fn a_member_has_an_end_another_one_or_none<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.until("anna", 100).await;
    let bob = bed.until("bob", 90).await;
    bed.add("cem").await;
    assert_eq!(bed.entry("anna").await.map(|entry| entry.until), Some(Some(moment(100))));
    assert_eq!(bed.place(&bob).await.until, Some(moment(90)));
    let counts = ok(bed.store.counts(&bed.list).await);
    let next_end = Some(moment(90));
    assert_eq!(counts, ListCounts { members: 3, ending: 2, next_end, ..ListCounts::default() });
    let other = Stay::Until(moment(200));
    for (stay, expected) in
        [(other, Some(moment(200))), (Stay::AsItIs, Some(moment(200))), (other, Some(moment(200)))]
    {
        assert_eq!(bed.stay(&bob, stay).await, Ended::At(expected));
    }
    assert_eq!(bed.ended(199).await, from_ref(&anna), "by the later end alone");
    assert_eq!(bed.stay(&anna, Stay::ForGood).await, Ended::At(None));
    assert_eq!((bed.ended(250).await, bed.place(&anna).await.until), (vec![bob], None));
    assert_eq!(bed.members().await.len(), 3);
}

async fn who_is_not_on_the_list_has_no_end<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    bed.add("anna").await;
    let anna = bed.contact("anna").await;
    bed.remove("anna").await;
    let stay = Stay::Until(moment(100));
    assert_eq!(bed.stay(&anna, stay).await, Ended::NoMember);
    let nobody = ContactId::parse("nobody").expect("an id");
    assert_eq!(bed.stay(&nobody, stay).await, Ended::NoMember);
    bed.add("anna").await;
    let filter = ListKind::Filtered { filter: "name pr".into() };
    let edit = ListEdit { kind: Some(filter), ..ListEdit::default() };
    ok(bed.store.edit_list(&bed.list, None, &edit, moment(2)).await);
    assert_eq!(bed.stay(&anna, stay).await, Ended::NoMember, "its filter decides");
    let moves = Moves { mover: Mover::EndDate, leave: vec![anna], ..Moves::default() };
    assert_eq!(fault(bed.store.move_members(&bed.list, &moves, moment(200)).await), Fault::Rejected);
    assert!(bed.ended(200).await.is_empty());
}

async fn whoever_leaves_or_comes_has_no_end_and_a_file_that_names_a_member_leaves_it<
    S: ListStore + Contacts,
>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let anna = bed.until("anna", 100).await;
    bed.import(ImportMode::Incremental, &["anna"]).await;
    assert_eq!(bed.add("anna").await, AddOutcome::Already);
    assert_eq!(bed.place(&anna).await.until, Some(moment(100)), "as before");
    bed.remove("anna").await;
    assert_eq!(bed.place(&anna).await.until, None);
    bed.import(ImportMode::Incremental, &["anna"]).await;
    assert_eq!((bed.place(&anna).await.until, bed.standing("anna").await), (None, Standing::Member));
    bed.stay(&anna, Stay::Until(moment(100))).await;
    bed.decide("anna", Decision::OptedOut).await;
    assert_eq!(bed.dated(&[&anna], 200).await, (0, 0));
    assert_eq!((bed.place(&anna).await.until, bed.standing("anna").await), (None, Standing::OptedOut));
    bed.decide("anna", Decision::Subscribed).await;
    assert_eq!((bed.place(&anna).await.until, bed.dated(&[&anna], 200).await), (None, (0, 0)));
    assert_eq!(bed.standing("anna").await, Standing::Member);
}

async fn just_those_leave_by_date_whose_end_has_come<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let (anna, bob) = (bed.until("anna", 100).await, bed.until("bob", 101).await);
    bed.add("cem").await;
    let cem = bed.contact("cem").await;
    let before = ok(bed.store.cursor(&bed.list).await);
    assert_eq!(bed.dated(&[&anna, &bob, &cem], 99).await, (0, 0));
    assert_eq!(bed.dated(&[&anna, &bob, &cem], 100).await, (0, 1));
    assert_eq!(bed.dated(&[&anna, &bob, &cem], 100).await, (0, 0), "once");
    assert_eq!(bed.members().await, super::set(&["bob", "cem"]));
    let place = bed.place(&anna).await;
    assert_eq!((place.standing, place.since, place.until), (Standing::Absent, moment(100), None));
    assert_eq!(place.origin, Origin::Manual, "who brought them stays known");
    let log = ok(bed
        .store
        .log(&listsync_engine::ports::LogQuery {
            list: bed.list.clone(),
            contact: None,
            from: None,
            limit: 1,
        })
        .await);
    let last = &log.entries[0].shift;
    assert_eq!((&last.contact, last.standing, last.origin), (&anna, Standing::Absent, Origin::EndDate));
    let changed = ok(bed.store.changes(&bed.list, &before).await);
    assert_eq!(changed.contacts, from_ref(&anna));
    ok(bed.store.forget_ends(&[bed.end(&anna, 100)]).await);
    assert_eq!(bed.ended(1_000).await, [bob]);
}

async fn ends_are_walked_the_earliest_first<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    for (number, second) in [50, 40, 40, 30, 60, 40, 70].into_iter().enumerate() {
        bed.until(&format!("p{number}"), second).await;
    }
    for limit in [1, 2, 3, 100] {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = ok(bed.store.ended(moment(60), after.as_ref(), limit).await);
            assert!(page.len() <= limit);
            after = page.last().cloned();
            all.extend(page);
            if after.is_none() {
                break;
            }
        }
        let moments: Vec<_> = all.iter().map(|end| end.until).collect();
        assert_eq!(moments, [30, 40, 40, 40, 50, 60].map(moment), "by {limit}");
        let people: std::collections::BTreeSet<_> = all.iter().map(|end| &end.contact).collect();
        assert_eq!(people.len(), 6);
    }
    assert!(bed.ended(29).await.is_empty());
}

async fn an_end_that_is_forgotten_moves_nobody<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let (anna, bob) = (bed.until("anna", 100).await, bed.until("bob", 100).await);
    // Another end than theirs is none of theirs.
    ok(bed.store.forget_ends(&[bed.end(&anna, 100), bed.end(&bob, 99)]).await);
    assert_eq!(bed.ended(200).await, from_ref(&bob));
    assert_eq!(bed.dated(&[&anna, &bob], 200).await, (0, 1));
    assert_eq!(bed.members().await, super::set(&["anna"]));
}

async fn who_left_by_an_end_that_is_still_to_come_is_put_back_with_it<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let (anna, bob) = (bed.until("anna", 100).await, bed.until("bob", 110).await);
    let (cem, dia) = (bed.until("cem", 120).await, bed.until("dia", 130).await);
    let all = [&anna, &bob, &cem, &dia];
    // A clock runs ahead.
    assert_eq!(bed.dated(&all, 500).await, (0, 4));
    for (id, second) in all.into_iter().zip([100, 110, 120, 130]) {
        ok(bed.store.forget_ends(&[bed.end(id, second)]).await);
    }
    bed.decide("cem", Decision::OptedOut).await;
    bed.add("dia").await;
    // And is put right.
    assert!(bed.lapsed(105).await.contains(&bob));
    assert!(!bed.lapsed(105).await.contains(&anna), "whose date has come by now");
    assert!(bed.lapsed(500).await.is_empty());
    let join = all.map(Clone::clone).to_vec();
    let moves = Moves { mover: Mover::EndDate, join, ..Moves::default() };
    assert_eq!(ok(bed.store.move_members(&bed.list, &moves, moment(105)).await), (1, 0));
    assert_eq!(bed.members().await, super::set(&["bob", "dia"]));
    let back = bed.place(&bob).await;
    assert_eq!((back.until, back.origin), (Some(moment(110)), Origin::Manual));
    assert_eq!(bed.place(&dia).await.until, None, "who was put there since has no end");
    assert_eq!(bed.ended(110).await, from_ref(&bob));
    assert_eq!(bed.dated(&[&bob], 110).await, (0, 1), "and leaves by it in its time");
}

async fn who_goes_or_is_merged_leaves_no_end_behind<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let (anna, bob) = (bed.until("anna", 100).await, bed.until("bob", 100).await);
    let (cem, dia) = (bed.until("cem", 100).await, bed.until("dia", 120).await);
    bed.dated(&[&bob], 100).await;
    ok(bed.store.forget_ends(&[bed.end(&bob, 100)]).await);
    ok(bed.store.delete_contact(&anna, moment(2)).await);
    ok(bed.store.erase_contact(&bob, moment(2)).await);
    ok(bed.store.merge_contacts(&dia, &cem, moment(2)).await);
    assert_eq!(bed.ended(1_000).await, from_ref(&dia));
    assert!(bed.lapsed(50).await.is_empty());
    assert_eq!(bed.place(&dia).await.until, Some(moment(120)), "who stays keeps theirs");
    assert!(ok(bed.store.find_contact(&address("anna")).await).is_none());
}
