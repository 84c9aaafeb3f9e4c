//! What is shown by page: each is shown once, and all are.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    list::{Entry, ListKind, Standing},
    register::Keeper,
};
use listsync_engine::ports::{
    Contacts, Cursor, Decision, EntryPage, EntryQuery, Fault, ImportMode, ListCounts, ListEdit, ListSize,
    ListStore,
};

use super::{Bed, file};
use crate::{
    contracts::{Case, cases, fault, ok},
    sample::{address, contact, moment},
};

pub(super) fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![
        the_pages_of_a_list_are_the_list,
        who_comes_or_goes_meanwhile_costs_nobody_their_place,
        pages_of_several_lists_show_each_once,
        a_cursor_that_no_page_gave_is_refused,
        it_is_counted_how_many_stand_to_a_list_in_which_way,
        contacts_are_found_by_their_ids,
        imports_are_walked_page_by_page,
    ]
}

/// Eleven people, of whom some are not members any more.
async fn bed<S: ListStore>(make: &impl Fn() -> S) -> Bed<S> {
    let bed = Bed::make(make).await;
    for number in 0..11 {
        bed.add(&format!("p{number}")).await;
    }
    for left in ["p2", "p3", "p9"] {
        bed.remove(left).await;
    }
    ok(bed.store.decide(&bed.list, &address("p5"), Decision::OptedOut, moment(2)).await);
    bed
}

/// A walk over all pages.
async fn walk<S: ListStore>(store: &S, lists: &[ListId], limit: usize) -> Vec<Entry> {
    let (mut all, mut cursor) = (Vec::new(), None::<Cursor>);
    loop {
        let EntryPage { entries, next } = ok(store.entries_page(lists, cursor.as_ref(), limit).await);
        assert!(entries.len() <= limit && (next.is_none() || entries.len() == limit), "a page is full");
        all.extend(entries);
        cursor = next;
        if cursor.is_none() {
            return all;
        }
    }
}

fn by_id(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|one, other| one.contact.cmp(&other.contact));
    entries
}

async fn the_pages_of_a_list_are_the_list<S: ListStore>(make: &impl Fn() -> S) {
    let bed = bed(make).await;
    let whole = by_id(ok(bed.store.entries(&bed.list, EntryQuery::All).await));
    assert_eq!(whole.len(), 8);
    for limit in [1, 2, 3, 7, 8, 9, 100] {
        let lists = std::slice::from_ref(&bed.list);
        assert_eq!(by_id(walk(&bed.store, lists, limit).await), whole, "by {limit}");
    }
}

async fn who_comes_or_goes_meanwhile_costs_nobody_their_place<S: ListStore>(make: &impl Fn() -> S) {
    let bed = bed(make).await;
    let lists = std::slice::from_ref(&bed.list);
    let stay: BTreeSet<ContactId> =
        walk(&bed.store, lists, 100).await.into_iter().map(|entry| entry.contact).collect();
    let first = ok(bed.store.entries_page(lists, None, 3).await);
    // The one whom the cursor names is gone, and somebody new is there.
    let gone = first.entries.last().expect("one at least").contact.clone();
    let whose = ok(bed.store.contact(&gone).await).expect("a contact").address;
    ok(bed.store.remove(&bed.list, &whose, moment(3)).await);
    ok(bed.store.delete_contact(&gone, moment(3)).await);
    bed.add("newcomer").await;
    let (mut seen, mut cursor) = (first.entries, first.next);
    while let Some(after) = cursor {
        let page = ok(bed.store.entries_page(lists, Some(&after), 3).await);
        seen.extend(page.entries);
        cursor = page.next;
    }
    let ids: Vec<ContactId> = seen.into_iter().map(|entry| entry.contact).collect();
    let set: BTreeSet<ContactId> = ids.iter().cloned().collect();
    assert_eq!(set.len(), ids.len(), "nobody is shown twice");
    assert!(set.is_superset(&stay), "who stayed is shown");
}

async fn pages_of_several_lists_show_each_once<S: ListStore>(make: &impl Fn() -> S) {
    let bed = bed(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    for local in ["p0", "p2", "p7", "alone"] {
        ok(bed.store.add(&other, &contact(local), listsync_core::list::Origin::Manual, moment(1)).await);
    }
    let lists = [bed.list.clone(), other.clone()];
    for limit in [1, 3, 100] {
        let seen = walk(&bed.store, &lists, limit).await;
        let ids: BTreeSet<&ContactId> = seen.iter().map(|entry| &entry.contact).collect();
        assert_eq!((seen.len(), ids.len()), (10, 10), "by {limit}");
        assert!(seen.iter().all(|entry| entry.standing != Standing::Absent));
    }
    assert_eq!(walk(&bed.store, &[], 3).await, []);
}

async fn a_cursor_that_no_page_gave_is_refused<S: ListStore>(make: &impl Fn() -> S) {
    let bed = bed(make).await;
    let lists = std::slice::from_ref(&bed.list);
    let odd = Cursor(" no cursor ".to_owned());
    let refused = bed.store.entries_page(lists, Some(&odd), 3).await;
    assert_eq!(fault(refused), Fault::Rejected);
}

async fn it_is_counted_how_many_stand_to_a_list_in_which_way<S: ListStore>(make: &impl Fn() -> S) {
    let bed = bed(make).await;
    let counts = ok(bed.store.counts(&bed.list).await);
    assert_eq!(counts, ListCounts { members: 7, opted_out: 1, ..ListCounts::default() });
    let none = ok(bed.store.create_list("None", moment(0)).await).id;
    assert_eq!(ok(bed.store.counts(&none).await), ListCounts::default());
    let filter = ListKind::Filtered { filter: "name pr".into() };
    let edit = ListEdit { kind: Some(filter), ..ListEdit::default() };
    ok(bed.store.edit_list(&none, None, &edit, moment(2)).await);
    let gone = ListId::parse("gone").expect("an id");
    let sizes = ok(bed.store.sizes(&[bed.list.clone(), gone, none.clone()]).await);
    let size = |keeper, members| ListSize { keeper, members };
    assert_eq!(sizes, [(bed.list, size(Keeper::People, 7)), (none, size(Keeper::Filter, 0))].into());
    assert_eq!(ok(bed.store.sizes(&[]).await), BTreeMap::new());
}

async fn contacts_are_found_by_their_ids<S: ListStore + Contacts>(make: &impl Fn() -> S) {
    let bed = bed(make).await;
    let all = ok(bed.store.contacts(None, 100).await);
    let unknown = ContactId::parse("nobody").expect("an id");
    let mut ids: Vec<ContactId> = all.iter().rev().map(|contact| contact.id.clone()).collect();
    ids.extend([ids[0].clone(), unknown]);
    assert_eq!(ok(bed.store.contacts_by_id(&ids).await), all);
    assert_eq!(ok(bed.store.contacts_by_id(&[]).await), []);
}

async fn imports_are_walked_page_by_page<S: ListStore>(make: &impl Fn() -> S) {
    let bed = Bed::make(make).await;
    let other = ok(bed.store.create_list("Other", moment(0)).await).id;
    let (mut all, mut of_other) = (Vec::new(), Vec::new());
    for number in 0..7 {
        let list = if number % 3 == 1 { &other } else { &bed.list };
        let new = file(ImportMode::Incremental, &[&format!("p{number}")]);
        let import = ok(bed.store.import(list, &new).await).import;
        if list == &other {
            of_other.insert(0, import.id.clone());
        }
        all.insert(0, import.id);
    }
    let both = Lists::Only([bed.list.clone(), other.clone()].into());
    let gone = Lists::Only([other.clone(), ListId::parse("gone").expect("an id")].into());
    for (lists, wanted) in [(Lists::All, &all), (both, &all), (gone, &of_other)] {
        for limit in [1, 2, 3, 100] {
            let (mut seen, mut before) = (Vec::new(), None::<ImportId>);
            loop {
                let page = ok(bed.store.imports_of(&lists, before.as_ref(), limit).await);
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                before = Some(last.id.clone());
                seen.extend(page.into_iter().map(|import| import.id));
            }
            assert_eq!(&seen, wanted, "{lists:?} by {limit}");
        }
    }
}
