use listsync_core::{
    belief::Belief,
    id::ContactId,
    link::Side,
    member::{Change, HoldReason, Intent, Member, MemberKey, Op, Open},
};
use listsync_engine::ports::{Fold, Links, MemberChange, MemberQuery, Moved};

use crate::kit::{address, at, linked, member, object};

fn contact(id: &str) -> ContactId {
    ContactId::parse(id).unwrap()
}

fn every_shape() -> Vec<Member> {
    let belief = |present| Some(Belief::observed(present, at(3)));
    let held = Open::Held {
        digest: "d".into(),
        change: Change { side: Side::List, op: Op::Remove },
        reason: HoldReason::Limit,
    };
    let failed = Open::Failed { code: "no_such_user".into(), attempts: 3, retry_at: at(90) };
    let of_contact = |id: &str| Member::unknown(MemberKey::Contact(contact(id)));
    vec![
        Member { open: Some(failed), ..of_contact("c1") },
        Member { contact: Some(contact("c2")), open: Some(Open::Due), ..of_contact("c2") },
        Member {
            contact: Some(contact("c3")),
            address: Some(address("anna")),
            group: belief(true),
            ..member("o1")
        },
        Member { intent: Some(Intent { op: Op::Add, since: at(4) }), ..member("o2") },
        Member {
            intent: Some(Intent { op: Op::Remove, since: at(5) }),
            group: belief(false),
            ..member("o3")
        },
        Member { open: Some(Open::SetAside { recheck_at: at(60) }), in_baseline: false, ..member("o4") },
        Member { open: Some(held), ..member("o5") },
        member("o6"),
    ]
}

#[tokio::test]
async fn rows_read_back_as_they_were_folded() {
    let (store, _, lease) = linked().await;
    let members = every_shape();
    let fold = Fold { members: members.iter().cloned().map(MemberChange::Put).collect(), ..Fold::default() };
    store.fold(&lease, &fold).await.unwrap();
    assert_eq!(store.members(&lease.link, MemberQuery::All).await.unwrap(), members);

    let open = store.members(&lease.link, MemberQuery::Open).await.unwrap();
    let expected: Vec<_> =
        members.iter().filter(|member| member.open.is_some() || member.intent.is_some()).cloned().collect();
    assert_eq!(open, expected);
    assert_eq!(store.group_size(&lease.link).await.unwrap(), 1);
}

#[tokio::test]
async fn a_row_is_found_by_object_and_by_contact_under_either_key() {
    let (store, _, lease) = linked().await;
    let members = every_shape();
    let fold = Fold { members: members.iter().cloned().map(MemberChange::Put).collect(), ..Fold::default() };
    store.fold(&lease, &fold).await.unwrap();
    let objects = [object("o6"), object("o1"), object("o9")];
    let contacts = [contact("c1"), contact("c2"), contact("c3"), contact("c9")];
    let query = MemberQuery::Of { objects: &objects, contacts: &contacts };
    let found = store.members(&lease.link, query).await.unwrap();
    let keys: Vec<_> = found.iter().map(|member| member.key.to_string()).collect();
    assert_eq!(keys, ["contact:c1", "contact:c2", "o1", "o6"]);
}

#[tokio::test]
async fn a_row_is_written_over_and_deleted() {
    let (store, _, lease) = linked().await;
    let put = |member: Member| Fold { members: vec![MemberChange::Put(member)], ..Fold::default() };
    store.fold(&lease, &put(Member { open: Some(Open::Due), ..member("o1") })).await.unwrap();
    store.fold(&lease, &put(member("o1"))).await.unwrap();
    assert_eq!(store.members(&lease.link, MemberQuery::All).await.unwrap(), [member("o1")]);
    assert!(store.members(&lease.link, MemberQuery::Open).await.unwrap().is_empty());
    let gone = Fold { members: vec![MemberChange::Delete(member("o1").key)], ..Fold::default() };
    store.fold(&lease, &gone).await.unwrap();
    assert!(store.members(&lease.link, MemberQuery::All).await.unwrap().is_empty());
}

#[tokio::test]
async fn removals_come_oldest_first_from_a_moment_on() {
    let (store, _, lease) = linked().await;
    let removal = |second, count| Moved {
        change: Change { side: Side::List, op: Op::Remove },
        at: at(second),
        count,
        members_before: 10,
    };
    let fold = Fold { moved: vec![removal(20, 1), removal(10, 2), removal(30, 3)], ..Fold::default() };
    store.fold(&lease, &fold).await.unwrap();
    assert_eq!(store.moved(&lease.link, at(20)).await.unwrap(), [removal(20, 1), removal(30, 3)]);
    assert_eq!(store.moved(&lease.link, at(0)).await.unwrap().len(), 3);
}
