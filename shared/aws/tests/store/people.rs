use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    contact::{Decision, ExternalId, OptOutReason, Saying, Scope, Via},
    id::{ContactId, ListId},
    link::Side,
    list::{Entry, NewContact, Origin, Standing},
    member::{Member, Op},
    rename::Named,
    summary::{Failure, Remark},
};
use listsync_engine::ports::{
    Acquired, ContactEdit, Contacts as _, EntryQuery, Fold, ImportMode, ImportRow, Links as _, ListEffect,
    ListOutcome, ListSide as _, ListStep, ListStore as _, MemberChange, MemberQuery, NewImport, Runs,
};
use listsync_testkit::sample::{address, contact, link, member, moment, object, summary};

use crate::kit::{Kit, file, people};

fn no_to(scope: Scope, local: &str) -> Saying {
    Saying {
        address: address(local),
        decision: Decision::OptedOut,
        scope,
        reason: OptOutReason::Own,
        via: Via::Page,
        at: moment(7),
    }
}

async fn lists(kit: &Kit, count: u32) -> Vec<ListId> {
    let mut lists = Vec::new();
    for number in 0..count {
        lists.push(kit.store.create_list(&format!("List {number}"), moment(0)).await.unwrap().id);
    }
    lists
}

async fn on_lists(kit: &Kit, local: &str, lists: &[ListId]) -> ContactId {
    for list in lists {
        kit.store.add(list, &contact(local), Origin::Manual, moment(1)).await.unwrap();
    }
    kit.store.find_contact(&address(local)).await.unwrap().unwrap().id
}

async fn entry(kit: &Kit, list: &ListId, local: &str) -> Option<Entry> {
    let wanted = [address(local)];
    kit.store.entries(list, EntryQuery::Addresses(&wanted)).await.unwrap().pop()
}

async fn standing(kit: &Kit, list: &ListId, local: &str) -> Option<Standing> {
    entry(kit, list, local).await.map(|entry| entry.standing)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_edit_one_contact_at_once_neither_is_lost() {
    let kit = Kit::start().await;
    let anna =
        kit.store.create_contact(&address("anna"), &ContactEdit::default(), Origin::Manual, moment(0)).await;
    let id = anna.unwrap().id;
    let writers: Vec<_> = ["Office", "Floor"]
        .into_iter()
        .map(|field| {
            let (store, id) = (kit.other(), id.clone());
            tokio::spawn(async move {
                for number in 0..8 {
                    let fields = [(format!("{field} {number}"), "7".to_owned())].into();
                    let edit = ContactEdit { fields, ..ContactEdit::default() };
                    store.edit_contact(&id, None, &edit, Origin::Manual, moment(1)).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let anna = kit.store.contact(&id).await.unwrap().unwrap();
    assert_eq!(anna.fields.len(), 16);
    assert_eq!(anna.version.0, 17, "each edit is another version");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_all_contacts_misses_nobody_whom_others_make_meanwhile() {
    let kit = Kit::start().await;
    let start = kit.store.contacts_cursor().await.unwrap();
    let writers: Vec<_> = lists(&kit, 3)
        .await
        .into_iter()
        .zip(0_u32..)
        .map(|(list, writer)| {
            let store = kit.other();
            tokio::spawn(async move {
                for person in people(writer * 15..writer * 15 + 15) {
                    store.add(&list, &person, Origin::Manual, moment(1)).await.unwrap();
                }
            })
        })
        .collect();
    let (mut seen, mut cursor) = (BTreeSet::new(), start);
    while writers.iter().any(|writer| !writer.is_finished()) {
        let changes = kit.store.contacts_changed(&cursor).await.unwrap();
        seen.extend(changes.contacts);
        cursor = changes.cursor;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.extend(kit.store.contacts_changed(&cursor).await.unwrap().contacts);
    assert_eq!(seen.len(), 45);
    for limit in [1, 7, 44, 45, 1_000] {
        let (mut all, mut last) = (Vec::new(), None);
        loop {
            let page = kit.store.contacts(last.as_ref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            let Some(end) = page.last() else { break };
            last = Some(end.id.clone());
            all.extend(page.into_iter().map(|contact| contact.id));
        }
        assert!(all.is_sorted(), "by pages of {limit}");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), seen, "by pages of {limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_while_a_file_is_taken_in_survives_it() {
    let kit = Kit::start().await;
    let list = lists(&kit, 1).await.remove(0);
    let (store, into) = (kit.other(), list.clone());
    kit.moto.hold_after(4, "TransactWriteItems");
    let importing =
        tokio::spawn(async move { store.import(&into, &file(ImportMode::Full, people(0..900))).await });
    kit.moto.wait_for_the_held();
    assert!(kit.store.size(&list).await.unwrap() > 5, "some were taken in");
    kit.store.say(&no_to(Scope::All, "person-899")).await.unwrap();
    kit.moto.go_on();
    // These two write to the list as the import does, and have to find a gap.
    kit.store.say(&no_to(Scope::All, "person-5")).await.unwrap();
    kit.store.say(&no_to(Scope::List(list.clone()), "person-898")).await.unwrap();
    let done = importing.await.unwrap().unwrap();
    assert!(done.refused.iter().any(|row| row.code == "opted_out"), "the one who was to come");
    assert_eq!(entry(&kit, &list, "person-899").await, None, "nobody is kept who only said no");
    for local in ["person-5", "person-898"] {
        assert_eq!(standing(&kit, &list, local).await, Some(Standing::OptedOut), "{local}");
    }
    assert_eq!(kit.store.size(&list).await.unwrap(), 897);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_while_a_run_records_its_batch_does_not_come_back() {
    let kit = Kit::start().await;
    let both = lists(&kit, 2).await;
    let gone = on_lists(&kit, "person-119", &both[1..]).await;
    let link = link("link-1", &both[0], "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    let minute = Duration::from_secs(60);
    let Acquired::Lease(lease) = kit.store.acquire(&link.id, moment(0), minute).await.unwrap() else {
        panic!("the lease is free")
    };
    let step = |number: u32| {
        let name = format!("person-{number}");
        let contact = NewContact { address: address(&name), ..contact(&name) };
        let effect = ListEffect::Add { contact, object_id: object(&name), primary: None };
        ListStep { effect, then: member(&name) }
    };
    let list_seen = Some(kit.store.cursor(&both[0]).await.unwrap());
    let fold = Fold { list: (0..120).map(step).collect(), list_seen, ..Fold::default() };
    let store = kit.other();
    kit.moto.hold_after(1, "TransactWriteItems");
    let folding = tokio::spawn(async move { store.fold(&lease, &fold).await });
    kit.moto.wait_for_the_held();
    assert!(kit.store.size(&both[0]).await.unwrap() > 0, "some were recorded");
    assert_eq!(kit.store.erase_contact(&gone, moment(2)).await.unwrap(), both[1..]);
    kit.moto.go_on();
    let outcomes = folding.await.unwrap().unwrap();
    assert_eq!(outcomes[119], ListOutcome::OptedOut);
    assert_eq!(kit.store.find_contact(&address("person-119")).await.unwrap(), None);
    assert_eq!(kit.store.size(&both[0]).await.unwrap(), 119);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_erased_person_nothing_is_found_but_that_they_must_not_come_back() {
    let kit = Kit::start().await;
    let lists = lists(&kit, 2).await;
    let new = NewContact {
        name: "Zoe Zimmer".to_owned(),
        fields: [("Office".to_owned(), "Zandvoort".to_owned())].into(),
        ..contact("zoe")
    };
    let mut all = people(0..9);
    all.push(new);
    kit.store.import(&lists[0], &file(ImportMode::Full, all)).await.unwrap();
    let held = kit.store.import(&lists[0], &file(ImportMode::Full, people(0..3))).await.unwrap().import;
    assert_eq!(held.held, 7);
    kit.store.say(&no_to(Scope::List(lists[1].clone()), "zoe")).await.unwrap();
    let zoe = kit.store.find_contact(&address("zoe")).await.unwrap().unwrap().id;
    let alias = ContactEdit { add_aliases: [address("zz")].into(), ..ContactEdit::default() };
    kit.store.edit_contact(&zoe, None, &alias, Origin::Manual, moment(8)).await.unwrap();
    assert!(kit.mentions("zoe@").await && kit.mentions("Zimmer").await && kit.mentions("zz@").await);
    kit.store.erase_contact(&zoe, moment(9)).await.unwrap();
    for trace in ["zoe@", "zz@", "Zimmer", "Zandvoort"] {
        assert!(!kit.mentions(trace).await, "{trace}");
    }
    let kinds = kit.kinds().await;
    assert_eq!((kinds.get("SAID"), kinds["HELD"]), (None, 6));
    for local in ["zoe", "zz"] {
        let added = kit.store.add(&lists[1], &contact(local), Origin::Manual, moment(10)).await.unwrap();
        assert_eq!(added, listsync_engine::ports::AddOutcome::OptedOut);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_links_and_runs_keep_of_an_erased_person_names_them_no_more() {
    let kit = Kit::start().await;
    let list = lists(&kit, 1).await.remove(0);
    let zoe = on_lists(&kit, "zoe", std::slice::from_ref(&list)).await;
    let link = link("link-1", &list, "group-1");
    kit.store.create(&link, moment(0)).await.unwrap();
    let Acquired::Lease(lease) =
        kit.store.acquire(&link.id, moment(0), Duration::from_secs(60)).await.unwrap()
    else {
        panic!("the lease is free")
    };
    let row = |of: &str, contact| Member {
        contact,
        address: Some(address(of)),
        named: Some(Box::new(Named { address: address(of), former: None })),
        ..member(of)
    };
    let members =
        vec![MemberChange::Put(row("zoe", Some(zoe.clone()))), MemberChange::Put(row("yves", None))];
    kit.store.fold(&lease, &Fold { members, ..Fold::default() }).await.unwrap();
    let failure = |of: &str| Failure {
        side: Side::Group,
        op: Op::Add,
        address: Some(address(of)),
        object_id: None,
        code: "no_such_user".to_owned(),
        message: "x".repeat(500),
        hint: String::new(),
        retryable: true,
    };
    let mut run = summary("run-1", &link.id, moment(3));
    // More than one item holds, and the person is in its last part.
    run.failures = vec![failure("yves"); 1_000];
    run.failures.push(failure("zoe"));
    kit.store.save(&run).await.unwrap();
    // And a run of a link of whose list they never were.
    let mut other = summary("run-2", &listsync_core::id::LinkId::parse("gone").unwrap(), moment(4));
    other.remarks = vec![Remark {
        code: "duplicate_contact".to_owned(),
        addresses: vec![address("zoe"), address("yves")],
        object_ids: Vec::new(),
        message: "zoe@contoso.example and yves@contoso.example are one person".to_owned(),
        hint: String::new(),
    }];
    kit.store.save(&other).await.unwrap();
    assert!(kit.mentions("zoe@").await);

    kit.store.erase_contact(&zoe, moment(9)).await.unwrap();
    assert!(!kit.mentions("zoe@").await);
    let kept = kit.store.members(&link.id, MemberQuery::All).await.unwrap();
    assert_eq!(kept.len(), 2, "what is remembered of the member stays");
    assert!(kept.contains(&row("yves", None)));
    let run = Runs::load(&kit.store, &run.run).await.unwrap().unwrap();
    assert_eq!((run.failures.len(), run.failures[1_000].address.as_ref()), (1_001, None));
    assert_eq!(run.failures[999].address, Some(address("yves")));
    let other = Runs::load(&kit.store, &other.run).await.unwrap().unwrap();
    assert_eq!(
        (other.remarks[0].addresses.as_slice(), other.remarks[0].message.as_str()),
        (&[address("yves")][..], "")
    );
    assert_eq!(kit.kinds().await.get("TOLD"), Some(&2), "of who is there it stays known");
}

/// More lists than one transaction holds.
const MANY: u32 = 45;

#[tokio::test(flavor = "multi_thread")]
async fn a_no_to_all_lists_reaches_more_lists_than_one_transaction_holds() {
    let kit = Kit::start().await;
    let lists = lists(&kit, MANY).await;
    let anna = on_lists(&kit, "anna", &lists).await;
    let heard = kit.store.say(&no_to(Scope::All, "anna")).await.unwrap();
    assert_eq!(heard.contact, Some(anna.clone()));
    assert_eq!(heard.lists.into_iter().collect::<BTreeSet<_>>(), lists.iter().cloned().collect());
    for list in &lists {
        assert_eq!(kit.store.size(list).await.unwrap(), 0);
        assert_eq!(standing(&kit, list, "anna").await, Some(Standing::OptedOut));
    }
    let again = kit.store.say(&no_to(Scope::All, "anna")).await.unwrap();
    assert_eq!(again.lists, []);
    assert_eq!(kit.store.sayings(&anna).await.unwrap().len(), 1, "said twice, kept once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_reaches_more_lists_than_one_transaction_holds() {
    let kit = Kit::start().await;
    let lists = lists(&kit, MANY).await;
    let anna = on_lists(&kit, "anna", &lists).await;
    let number = Some(ExternalId::parse("4711").unwrap());
    let known = ContactEdit { external_id: number.clone(), ..ContactEdit::default() };
    kit.store.edit_contact(&anna, None, &known, Origin::Manual, moment(2)).await.unwrap();
    let mut cursors = Vec::new();
    for list in &lists {
        cursors.push(kit.store.cursor(list).await.unwrap());
    }
    // The address changes by a file for one of the lists.
    let row = ImportRow { external_id: number, ..ImportRow::from(contact("anna.new")) };
    let new = NewImport { people: vec![row].into(), ..file(ImportMode::Incremental, Vec::new()) };
    let done = kit.store.import(&lists[0], &new).await.unwrap();
    assert_eq!((done.import.added, done.refused), (0, Vec::new()));
    for (list, cursor) in lists.iter().zip(cursors) {
        let found = entry(&kit, list, "anna").await.unwrap();
        assert_eq!((found.address, found.standing), (address("anna.new"), Standing::Member));
        assert_eq!(kit.store.changes(list, &cursor).await.unwrap().contacts, std::slice::from_ref(&anna));
    }
    let found = kit.store.find_contact(&address("anna.new")).await.unwrap().unwrap();
    assert_eq!((found.id, found.aliases), (anna, [address("anna")].into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_on_more_lists_than_one_transaction_holds_become_one_and_then_nobody() {
    let kit = Kit::start().await;
    let lists = lists(&kit, MANY).await;
    let anna = on_lists(&kit, "anna", &lists[..30]).await;
    let other = on_lists(&kit, "anna.old", &lists[15..]).await;
    kit.store.say(&no_to(Scope::List(lists[20].clone()), "anna.old")).await.unwrap();
    kit.store.merge_contacts(&anna, &other, moment(8)).await.unwrap();
    assert_eq!(kit.store.contact(&other).await.unwrap(), None);
    for (number, list) in lists.iter().enumerate() {
        let wanted = if number == 20 { Standing::OptedOut } else { Standing::Member };
        let all = kit.store.entries(list, EntryQuery::All).await.unwrap();
        let all: Vec<_> = all.into_iter().map(|entry| (entry.contact, entry.standing)).collect();
        assert_eq!(all, [(anna.clone(), wanted)], "list {number}");
        assert_eq!(kit.store.size(list).await.unwrap(), u64::from(number != 20));
    }
    kit.store.delete_contact(&anna, moment(9)).await.unwrap();
    for list in &lists {
        assert_eq!(kit.store.size(list).await.unwrap(), 0);
        assert_eq!(kit.store.entries(list, EntryQuery::All).await.unwrap(), []);
    }
    let kinds = kit.kinds().await;
    assert_eq!((kinds.get("ROW"), kinds.get("CONTACT"), kinds.get("SAID")), (None, None, None));
    assert_eq!(kinds["ADDRESS"], 2, "both say no to one list");
    for list in [&lists[20], &lists[21]] {
        kit.store.add(list, &contact("anna.old"), Origin::Manual, moment(10)).await.unwrap();
    }
    assert_eq!(standing(&kit, &lists[20], "anna.old").await, Some(Standing::OptedOut));
    assert_eq!(standing(&kit, &lists[21], "anna.old").await, Some(Standing::Member));
}
