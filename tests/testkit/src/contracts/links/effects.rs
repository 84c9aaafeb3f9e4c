use std::time::Duration;

use listsync_core::{
    Timestamp,
    effects::{Batch, BatchPlace, Because, Certainty, Done},
    id::RunId,
    link::Side,
    member::{Change, Member, Op},
    plan::Cause,
};
use listsync_engine::ports::{
    Decision, EffectsPage, EffectsQuery, Fault, Fold, FoldEffects, Lease, Links, ListEffect, ListStep,
    ListStore, MemberChange, Runs,
};

use super::{Bed, MINUTE};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, contact, member, moment, object},
};

/// Longer than any test is kept.
const EVER: Duration = Duration::from_secs(100 * 366 * 24 * 3_600);

pub(super) fn cases<S: Links + ListStore + Runs + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        effects_are_kept_with_the_fold_that_records_them,
        of_effects_on_the_list_those_that_were_done_are_kept,
        a_batch_that_is_kept_again_is_there_once,
        who_lost_the_lease_keeps_nothing,
        batches_come_newest_first_by_pages_of_any_size,
        what_is_past_its_time_is_not_shown,
        an_erased_person_is_named_in_none,
        an_erased_address_of_nobody_is_named_in_none,
    ]
}

const JOINS_THE_GROUP: Change = Change { side: Side::Group, op: Op::Add };

fn done(local: &str, change: Change, at: Timestamp) -> Done {
    let because = Because::Known(if change.op == Op::Add { Cause::ListAdded } else { Cause::ListRemoved });
    Done { change, because, object: Some(object(local)), contact: None, address: Some(address(local)), at }
}

fn place(run: &str, number: u32, at: Timestamp) -> BatchPlace {
    BatchPlace { at, run: RunId::parse(run).expect("a plain name makes an id"), number }
}

fn everything<S>(bed: &Bed<S>) -> EffectsQuery {
    EffectsQuery {
        list: bed.list.clone(),
        run: None,
        since: Timestamp::MIN,
        until: Timestamp::MAX,
        from: None,
        limit: 100,
    }
}

impl<S: Links + ListStore + Runs> Bed<S> {
    fn effects(&self, place: BatchPlace, done: Vec<Done>) -> FoldEffects {
        let (list, link) = (self.list.clone(), self.link.id.clone());
        let batch = Batch { list, link, place, certainty: Certainty::Certain, done };
        FoldEffects { batch, keep: EVER }
    }

    /// Keeps effects on the group.
    async fn keep(&self, lease: &Lease, effects: FoldEffects) -> Batch {
        let batch = effects.batch.clone();
        let members = batch.done.iter().filter_map(|done| done.object.clone());
        let members = members.map(|id| MemberChange::Put(member(id.as_str()))).collect();
        ok(self.store.fold(lease, &Fold { members, effects: Some(effects), ..Fold::default() }).await);
        batch
    }

    async fn kept(&self, query: &EffectsQuery) -> Vec<Batch> {
        let (mut query, mut all) = (query.clone(), Vec::new());
        for _ in 0..100 {
            let EffectsPage { batches, next } = ok(self.store.effects(&query).await);
            assert!(batches.len() <= query.limit, "a page has no more than is asked for");
            all.extend(batches);
            query.from = next;
            if query.from.is_none() {
                return all;
            }
        }
        panic!("the pages never end");
    }
}

/// Law 2.
async fn effects_are_kept_with_the_fold_that_records_them<S: Links + ListStore + Runs>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    assert!(bed.kept(&everything(&bed)).await.is_empty());
    let at = moment(1).checked_add(Duration::from_nanos(7)).expect("in range");
    let all = vec![
        done("anna", JOINS_THE_GROUP, at),
        Done {
            address: None,
            contact: None,
            ..done("berta", Change { side: Side::Group, op: Op::Remove }, moment(0))
        },
        Done { because: Because::Unknown(99), object: None, ..done("cora", JOINS_THE_GROUP, at) },
    ];
    let batch = bed.keep(&lease, bed.effects(place("run-1", 0, at), all)).await;
    assert_eq!(bed.kept(&everything(&bed)).await, vec![batch]);
}

async fn of_effects_on_the_list_those_that_were_done_are_kept<S: Links + ListStore + Runs>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    bed.add("berta").await;
    ok(bed.store.decide(&bed.list, &address("cora"), Decision::OptedOut, moment(0)).await);
    let lease = bed.lease(moment(0)).await;
    let seen = Some(ok(bed.store.cursor(&bed.list).await));
    let names = ["anna", "berta", "cora", "dora"];
    let step = |local: &str| {
        let effect = ListEffect::Add { contact: contact(local), object_id: object(local), primary: None };
        ListStep { effect, then: Member { in_baseline: true, ..member(local) } }
    };
    let of = |names: &[&str]| {
        names.iter().map(|name| done(name, Change { side: Side::List, op: Op::Add }, moment(1))).collect()
    };
    for (number, names) in [(0, &names[..]), (1, &names[1..3]), (2, &names[..1])] {
        let effects = Some(bed.effects(place("run-1", number, moment(1)), of(names)));
        let list = names.iter().map(|name| step(name)).collect();
        let fold = Fold { list, list_seen: seen.clone(), effects, ..Fold::default() };
        ok(bed.store.fold(&lease, &fold).await);
    }
    let kept = bed.kept(&everything(&bed)).await;
    assert_eq!(kept.len(), 1, "of a batch of which nothing was done nothing is kept: {kept:?}");
    assert_eq!(kept[0].done, of(&["anna", "dora"]));
    assert_eq!(kept[0].certainty, Certainty::Certain);
}

async fn a_batch_that_is_kept_again_is_there_once<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let effects = bed.effects(place("run-1", 0, moment(1)), vec![done("anna", JOINS_THE_GROUP, moment(1))]);
    let batch = bed.keep(&lease, effects.clone()).await;
    bed.keep(&lease, effects).await;
    assert_eq!(bed.kept(&everything(&bed)).await, vec![batch]);
}

/// Law 7.
async fn who_lost_the_lease_keeps_nothing<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let stale = bed.lease(moment(0)).await;
    bed.lease(moment(600)).await;
    let effects = bed.effects(place("run-1", 0, moment(1)), vec![done("anna", JOINS_THE_GROUP, moment(1))]);
    let fold = Fold { effects: Some(effects), ..Fold::default() };
    assert_eq!(fault(bed.store.fold(&stale, &fold).await), Fault::LeaseLost);
    assert!(bed.kept(&everything(&bed)).await.is_empty());
}

async fn batches_come_newest_first_by_pages_of_any_size<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let mut whole = Vec::new();
    for (run, number, second) in
        [("run-1", 0, 1), ("run-1", 1, 1), ("run-2", 0, 1), ("run-2", 1, 5), ("run-3", 0, 9), ("run-3", 1, 9)]
    {
        let some = vec![done("anna", JOINS_THE_GROUP, moment(second))];
        whole.insert(0, bed.keep(&lease, bed.effects(place(run, number, moment(second)), some)).await);
    }
    for limit in 1..8 {
        assert_eq!(bed.kept(&EffectsQuery { limit, ..everything(&bed) }).await, whole, "by {limit}");
        let run = RunId::parse("run-2").ok();
        let of_run = bed.kept(&EffectsQuery { limit, run, ..everything(&bed) }).await;
        assert_eq!(of_run, whole[2..4], "by {limit}");
        let (since, until) = (moment(2), moment(9));
        let then = bed.kept(&EffectsQuery { limit, since, until, ..everything(&bed) }).await;
        assert_eq!(then, whole[..3], "by {limit}");
    }
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    assert!(bed.kept(&EffectsQuery { list: other, ..everything(&bed) }).await.is_empty());
    ok(bed.store.release(&lease).await);
    ok(bed.store.delete(bed.id()).await);
    assert_eq!(bed.kept(&everything(&bed)).await, whole, "they outlive the link");
}

async fn what_is_past_its_time_is_not_shown<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let long_ago = moment(0).checked_sub(2 * MINUTE).expect("in range");
    let some = vec![done("anna", JOINS_THE_GROUP, long_ago)];
    let effects = bed.effects(place("run-1", 0, long_ago), some.clone());
    bed.keep(&lease, FoldEffects { keep: MINUTE, ..effects }).await;
    assert!(bed.kept(&everything(&bed)).await.is_empty());
    bed.keep(&lease, bed.effects(place("run-2", 0, long_ago), some)).await;
    assert_eq!(bed.kept(&everything(&bed)).await.len(), 1);
}

/// Law 17.
async fn an_erased_person_is_named_in_none<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    let lease = bed.lease(moment(0)).await;
    let of = |local: &str| done(local, JOINS_THE_GROUP, moment(1));
    let former = Done { contact: Some(anna.clone()), address: Some(address("former")), ..of("o1") };
    let all = vec![of("anna"), former.clone(), of("berta")];
    bed.keep(&lease, bed.effects(place("run-1", 0, moment(1)), all)).await;
    ok(bed.store.erase_contact(&anna, moment(2)).await);
    let kept = bed.kept(&everything(&bed)).await.remove(0).done;
    let nameless = |done: Done| Done { address: None, object: None, contact: None, ..done };
    assert_eq!(kept, vec![nameless(of("anna")), nameless(former), of("berta")], "what was done stays");
}

/// Law 17.
async fn an_erased_address_of_nobody_is_named_in_none<S: Links + ListStore + Runs>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    let lease = bed.lease(moment(0)).await;
    let of = |local: &str| done(local, JOINS_THE_GROUP, moment(1));
    // One who is deleted meanwhile, and one of whom no contact was known.
    let known = Done { contact: Some(anna.clone()), ..of("anna") };
    bed.keep(
        &lease,
        bed.effects(place("run-1", 0, moment(1)), vec![known.clone(), of("carla"), of("berta")]),
    )
    .await;
    ok(bed.store.delete_contact(&anna, moment(2)).await);
    for local in ["anna", "carla"] {
        ok(bed.store.erase_address(&address(local), moment(3)).await);
    }
    let kept = bed.kept(&everything(&bed)).await.remove(0).done;
    let nameless = |done: Done| Done { address: None, object: None, contact: None, ..done };
    assert_eq!(kept, vec![nameless(known), nameless(of("carla")), of("berta")]);
    assert_eq!(
        ok(bed.store.erased(std::slice::from_ref(&anna)).await),
        [anna].into(),
        "the run knows them by their contact"
    );
}
