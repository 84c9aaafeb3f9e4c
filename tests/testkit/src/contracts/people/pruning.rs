use listsync_core::{
    contact::{OptOut, OptOutReason, Scope, Via},
    id::ContactId,
    list::Standing,
};
use listsync_engine::ports::{AddOutcome, Contacts, ListStore};

use super::{Bed, of};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        just_who_is_on_no_list_and_said_no_to_none_is_pruned,
        what_is_kept_of_opt_outs_outlives_it,
        a_no_to_a_list_that_was_deleted_outlives_it,
    ]
}

async fn a_no_to_a_list_that_was_deleted_outlives_it<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.member("anna", &[&bed.staff, &bed.news]).await;
    bed.opts_out("anna", of(&bed.news)).await;
    ok(bed.store.remove(&bed.staff, &address("anna"), moment(10)).await);
    let name = ok(bed.store.list(&bed.news).await).expect("it is there").name;
    ok(bed.store.delete_list(&bed.news).await);
    assert!(ok(bed.store.prune_contact(&anna, None, moment(20)).await));
    let again = ok(bed.store.create_list(&name, moment(21)).await).id;
    assert_eq!(bed.add(&again, "anna").await, AddOutcome::OptedOut);
    assert_eq!(bed.add(&bed.staff, "anna").await, AddOutcome::Added, "of the others they said nothing");
}

async fn just_who_is_on_no_list_and_said_no_to_none_is_pruned<S: ListStore + Contacts>(
    make: &impl Fn() -> S,
) {
    let bed = Bed::make(make).await;
    let prune = async |id: &ContactId, before| ok(bed.store.prune_contact(id, before, moment(20)).await);
    let off = async |local: &str| {
        let id = bed.member(local, &[&bed.staff]).await;
        ok(bed.store.remove(&bed.staff, &address(local), moment(10)).await);
        id
    };
    let (gone, recent) = (off("gone").await, off("recent").await);
    let there = bed.member("there", &[&bed.staff, &bed.news]).await;
    ok(bed.store.remove(&bed.staff, &address("there"), moment(10)).await);
    let (to_list, to_all) = (off("to-list").await, off("to-all").await);
    bed.opts_out("to-list", of(&bed.news)).await;
    bed.opts_out("to-all", Scope::All).await;
    assert!(!prune(&recent, Some(moment(9))).await);
    for id in [&there, &to_list, &to_all] {
        assert!(!prune(id, None).await, "{id}");
    }
    assert!(prune(&gone, Some(moment(10))).await);
    assert!(!prune(&gone, None).await, "once");
    assert!(ok(bed.store.is_departed(&gone).await));
    assert!(bed.find("gone").await.is_none());
    for local in ["recent", "there", "to-list", "to-all"] {
        assert!(bed.find(local).await.is_some(), "{local}");
    }
    assert_eq!(bed.standings("there").await, [Standing::Absent, Standing::Member]);
    assert_eq!(bed.add(&bed.staff, "gone").await, AddOutcome::Added, "nothing speaks against them");
}

async fn what_is_kept_of_opt_outs_outlives_it<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let gone = bed.member("gone", &[&bed.staff]).await;
    ok(bed.store.remove(&bed.staff, &address("gone"), moment(10)).await);
    // Somebody else's no, of whom nothing but a hash is kept.
    let erased = bed.member("erased", &[&bed.staff]).await;
    ok(bed.store.erase_contact(&erased, moment(3)).await);
    assert!(ok(bed.store.prune_contact(&gone, None, moment(20)).await));
    assert_eq!(bed.add(&bed.staff, "erased").await, AddOutcome::OptedOut);
    // An old message of the one who was pruned still counts.
    let no = OptOut { reason: OptOutReason::Own, at: moment(30), via: Via::OneClick };
    ok(bed.store.refuse_departed(&gone, &Scope::All, no).await);
    assert_eq!(bed.add(&bed.staff, "gone").await, AddOutcome::OptedOut);
}
