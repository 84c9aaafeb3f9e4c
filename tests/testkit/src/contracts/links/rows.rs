use listsync_core::{
    belief::Belief,
    grace::Grace,
    link::Side,
    member::{Change, HoldReason, Intent, Member, MemberKey, Op, Open},
    rename::{Former, Named},
};
use listsync_engine::ports::{Links, ListStore, MemberChange, MemberQuery};

use super::{Bed, finish};
use crate::{
    contracts::{Case, cases, ok},
    sample::{address, group, member, moment, object},
};

pub(super) fn cases<S: Links + ListStore + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        a_row_reads_back_as_it_was_written,
        all_rows_are_given_each_as_it_is_taken,
        a_row_is_written_over_and_deleted,
        open_rows_are_those_with_an_observation_or_an_intent,
        rows_are_found_by_object_and_by_contact,
        the_group_is_as_large_as_we_believe,
        an_erased_address_of_nobody_is_remembered_by_none,
    ]
}

fn believed(name: &str, present: bool) -> Member {
    Member { group: Some(Belief::observed(present, moment(3))), ..member(name) }
}

fn opens() -> Vec<Open> {
    let change = Change { side: Side::Group, op: Op::Remove };
    vec![
        Open::Due,
        Open::Skipped { code: "protected".into() },
        Open::Held { digest: "abc".to_owned(), change, reason: HoldReason::Emptied },
        Open::Failed { code: "no_such_user".to_owned(), attempts: 3, retry_at: moment(44) },
        Open::SetAside { recheck_at: moment(55) },
    ]
}

async fn all_rows<S: Links + ListStore>(bed: &Bed<S>) -> Vec<Member> {
    sorted(ok(bed.store.members(bed.id(), MemberQuery::All).await))
}

fn sorted(mut members: Vec<Member>) -> Vec<Member> {
    members.sort_by(|one, other| one.key.cmp(&other.key));
    members
}

async fn a_row_reads_back_as_it_was_written<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let anna = bed.add("anna").await;
    let lease = bed.lease(moment(0)).await;
    let mut rows = vec![Member::unknown(MemberKey::Contact(anna.clone())), member("bare")];
    for (number, open) in opens().into_iter().enumerate() {
        rows.push(Member {
            key: MemberKey::Principal(object(&format!("full-{number}"))),
            contact: Some(anna.clone()),
            address: Some(address("anna")),
            in_baseline: true,
            grace: (number % 2 == 0).then(|| Box::new(Grace { since: moment(6), until: moment(66) })),
            group: Some(match number % 3 {
                0 => Belief::written(number % 2 == 0, moment(7)),
                _ => Belief::observed(number % 2 == 0, moment(7)),
            }),
            intent: Some(Intent { op: Op::Remove, since: moment(8) }),
            open: Some(open),
            named: Some(Box::new(Named {
                address: address("anna"),
                former: (number % 2 == 0)
                    .then(|| Box::new(Former { address: address("anne"), until: moment(6) })),
            })),
            sources: ["a", "b"].into_iter().take(number).map(group).collect(),
        });
    }
    bed.put(&lease, rows.iter().cloned().map(MemberChange::Put).collect()).await;
    assert_eq!(all_rows(&bed).await, sorted(rows));
}

async fn all_rows_are_given_each_as_it_is_taken<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let rows = vec![believed("anna", true), believed("ben", false)];
    bed.put(&lease, rows.iter().cloned().map(MemberChange::Put).collect()).await;
    let shown = |row: Member| Member { address: Some(address("shown")), ..row };
    let taken = ok(bed.store.all_members(bed.id(), Box::new(shown)).await);
    assert_eq!(sorted(taken), sorted(rows.into_iter().map(shown).collect()));
}

async fn a_row_is_written_over_and_deleted<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let put = |member: Member| MemberChange::Put(member);
    bed.put(&lease, vec![put(believed("anna", true)), put(member("berta"))]).await;
    bed.put(&lease, vec![put(believed("anna", false)), MemberChange::Delete(member("berta").key)]).await;
    assert_eq!(all_rows(&bed).await, vec![believed("anna", false)]);
    bed.put(&lease, vec![MemberChange::Delete(member("nobody").key)]).await;
    let mut last = finish(moment(1));
    last.members = vec![MemberChange::Delete(member("anna").key), put(member("clara"))];
    bed.finish(&lease, last).await;
    assert_eq!(all_rows(&bed).await, vec![member("clara")]);
}

async fn open_rows_are_those_with_an_observation_or_an_intent<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let mut open: Vec<_> = opens()
        .into_iter()
        .enumerate()
        .map(|(number, open)| Member { open: Some(open), ..member(&format!("open-{number}")) })
        .collect();
    open.push(Member { intent: Some(Intent { op: Op::Add, since: moment(1) }), ..member("sent") });
    let quiet = [member("quiet"), Member { in_baseline: true, ..believed("shared", true) }];
    let rows = open.iter().chain(&quiet).cloned().map(MemberChange::Put).collect();
    bed.put(&lease, rows).await;
    assert_eq!(sorted(ok(bed.store.members(bed.id(), MemberQuery::Open).await)), sorted(open));
}

async fn rows_are_found_by_object_and_by_contact<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let (anna, berta) = (bed.add("anna").await, bed.add("berta").await);
    let lease = bed.lease(moment(0)).await;
    let by_contact = Member { contact: Some(anna.clone()), ..member("anna") };
    let keyed = Member::unknown(MemberKey::Contact(berta.clone()));
    let rows = [by_contact.clone(), keyed.clone(), member("clara"), member("dora")];
    bed.put(&lease, rows.into_iter().map(MemberChange::Put).collect()).await;
    let find = async |objects: &[&str], contacts: &[&listsync_core::id::ContactId]| {
        let objects: Vec<_> = objects.iter().map(|name| object(name)).collect();
        let contacts: Vec<_> = contacts.iter().map(|id| (*id).clone()).collect();
        let query = MemberQuery::Of { objects: &objects, contacts: &contacts };
        sorted(ok(bed.store.members(bed.id(), query).await))
    };
    assert_eq!(find(&["clara", "nobody"], &[]).await, vec![member("clara")]);
    assert_eq!(find(&[], &[&anna]).await, vec![by_contact.clone()], "its key is a directory object");
    assert_eq!(find(&[], &[&berta]).await, vec![keyed.clone()]);
    assert_eq!(find(&["anna"], &[&anna]).await, vec![by_contact.clone()], "found twice, given once");
    assert_eq!(find(&["dora"], &[&berta]).await, sorted(vec![keyed, member("dora")]));
    assert!(find(&[], &[]).await.is_empty());
    let many: Vec<String> = (0..2_500).map(|number| format!("many-{number}")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push("anna");
    assert_eq!(find(&many, &[]).await, vec![by_contact], "however many are asked for");
}

async fn the_group_is_as_large_as_we_believe<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let rows = [believed("anna", true), believed("berta", true), believed("clara", false), member("dora")];
    bed.put(&lease, rows.into_iter().map(MemberChange::Put).collect()).await;
    assert_eq!(ok(bed.store.group_size(bed.id()).await), 2);
}

/// Law 17.
async fn an_erased_address_of_nobody_is_remembered_by_none<S: Links + ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let lease = bed.lease(moment(0)).await;
    let named = |key: &str, local: &str| {
        let named = Named { address: address(local), former: None };
        Member { address: Some(address(local)), named: Some(Box::new(named)), ..believed(key, true) }
    };
    let rows = [named("o1", "anna"), named("o2", "berta"), believed("o3", true)];
    bed.put(&lease, rows.into_iter().map(MemberChange::Put).collect()).await;
    ok(bed.store.erase_address(&address("anna"), moment(1)).await);
    let kept = vec![believed("o1", true), named("o2", "berta"), believed("o3", true)];
    assert_eq!(all_rows(&bed).await, sorted(kept), "the row stays, and names nobody");
}
