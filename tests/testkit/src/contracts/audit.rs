//! What every [`AuditLog`] has to do.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    audit::{Action, Actor, AuditEntry, AuditFilter, AuditPlace, Completion, KEPT, Object, ObjectKind},
};
use listsync_engine::ports::{AuditLog, AuditPage, AuditQuery};

use super::{Case, cases, ok};
use crate::sample::moment;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Every case, each on a store of its own.
pub fn cases<S: AuditLog + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        an_entry_reads_back_as_it_was_recorded,
        entries_come_newest_first_over_months,
        pages_of_any_size_show_each_entry_once,
        what_was_recorded_meanwhile_moves_no_page,
        an_entry_that_is_recorded_twice_is_there_once,
        only_what_is_asked_for_is_shown,
        what_is_past_its_time_is_not_shown,
    ]
}

fn entry(id: &str, at: Timestamp) -> AuditEntry {
    AuditEntry {
        id: id.to_owned(),
        at,
        actor: Actor::Local,
        action: Action::ListCreate,
        objects: vec![Object::new(ObjectKind::List, "l1")],
        completion: Completion::Done,
    }
}

fn days_ago(days: u32) -> Timestamp {
    moment(0).checked_sub(DAY * days).expect("a moment")
}

fn everything() -> AuditQuery {
    AuditQuery { filter: AuditFilter::default(), since: days_ago(1_000), before: None, limit: 100 }
}

/// Every entry, in pages of so many.
async fn walked<S: AuditLog>(store: &S, query: &AuditQuery) -> Vec<AuditEntry> {
    let mut query = query.clone();
    let mut all = Vec::new();
    for _ in 0..100 {
        let AuditPage { entries, next } = ok(store.page(&query).await);
        assert!(entries.len() <= query.limit, "a page has no more than is asked for");
        all.extend(entries);
        if next.is_none() {
            return all;
        }
        query.before = next;
    }
    panic!("the pages never end");
}

fn ids(entries: &[AuditEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.id.as_str()).collect()
}

async fn an_entry_reads_back_as_it_was_recorded<S: AuditLog>(store: &S) {
    assert_eq!(ok(store.page(&everything()).await), AuditPage::default());
    let mut all = Vec::new();
    let actors = [
        Actor::Local,
        Actor::Oneself,
        Actor::Inbox,
        Actor::Key("a1".to_owned()),
        Actor::Source("crm".to_owned()),
        Actor::Person("p1".to_owned()),
    ];
    for (number, action) in Action::ALL.iter().enumerate() {
        let at = moment(-1).checked_sub(Duration::from_nanos(number as u64)).expect("a moment");
        let objects = ObjectKind::ALL.iter().take(number % (ObjectKind::ALL.len() + 1));
        all.push(AuditEntry {
            id: format!("e{number}"),
            at,
            actor: actors[number % actors.len()].clone(),
            action: *action,
            objects: objects.map(|kind| Object::new(*kind, format!("id-{number}"))).collect(),
            completion: if number % 2 == 0 { Completion::Done } else { Completion::BrokenOff },
        });
    }
    for entry in &all {
        ok(store.append(entry, KEPT).await);
    }
    assert_eq!(ok(store.page(&everything()).await), AuditPage { entries: all, next: None });
}

async fn entries_come_newest_first_over_months<S: AuditLog>(store: &S) {
    for (id, days) in [("b", 40), ("d", 0), ("a", 399), ("c", 1)] {
        ok(store.append(&entry(id, days_ago(days)), KEPT).await);
    }
    // Of one moment they are in the order of ids.
    ok(store.append(&entry("e", days_ago(1)), KEPT).await);
    assert_eq!(ids(&walked(store, &everything()).await), ["d", "e", "c", "b", "a"]);
    let since = AuditQuery { since: days_ago(40), ..everything() };
    assert_eq!(ids(&walked(store, &since).await), ["d", "e", "c", "b"], "the moment itself included");
}

async fn pages_of_any_size_show_each_entry_once<S: AuditLog>(store: &S) {
    for number in 0..7 {
        ok(store.append(&entry(&format!("e{number}"), days_ago(20 * (number / 2))), KEPT).await);
    }
    let whole = walked(store, &everything()).await;
    assert_eq!(whole.len(), 7);
    for limit in 1..=8 {
        assert_eq!(walked(store, &AuditQuery { limit, ..everything() }).await, whole, "{limit}");
    }
}

async fn what_was_recorded_meanwhile_moves_no_page<S: AuditLog>(store: &S) {
    for (id, days) in [("a", 3), ("b", 2)] {
        ok(store.append(&entry(id, days_ago(days)), KEPT).await);
    }
    let first = ok(store.page(&AuditQuery { limit: 1, ..everything() }).await);
    assert_eq!(ids(&first.entries), ["b"]);
    ok(store.append(&entry("c", days_ago(1)), KEPT).await);
    let rest = AuditQuery { before: first.next, ..everything() };
    assert_eq!(ids(&walked(store, &rest).await), ["a"]);
    // A place that no entry has is as good.
    let nowhere = AuditPlace { at: days_ago(2), id: String::new() };
    assert_eq!(
        ids(&walked(store, &AuditQuery { before: Some(nowhere), ..everything() }).await),
        ["a"],
        "what stands before it"
    );
}

async fn an_entry_that_is_recorded_twice_is_there_once<S: AuditLog>(store: &S) {
    for _ in 0..2 {
        ok(store.append(&entry("a", days_ago(1)), KEPT).await);
    }
    assert_eq!(walked(store, &everything()).await, [entry("a", days_ago(1))]);
}

async fn only_what_is_asked_for_is_shown<S: AuditLog>(store: &S) {
    let by = |id: &str, actor: Actor, object: &str| AuditEntry {
        actor,
        objects: vec![Object::new(ObjectKind::Contact, object)],
        ..entry(id, days_ago(1))
    };
    for entry in [
        by("a", Actor::Local, "c1"),
        by("b", Actor::Key("k1".to_owned()), "c1"),
        by("c", Actor::Key("k1".to_owned()), "c2"),
        by("d", Actor::Oneself, "c2"),
    ] {
        ok(store.append(&entry, KEPT).await);
    }
    for (actor, object, expected) in [
        (None, Some("c1"), &["b", "a"][..]),
        (Some("k1"), None, &["c", "b"]),
        (Some("key:k1"), Some("contact:c2"), &["c"]),
        (Some("self"), None, &["d"]),
        (Some("nobody"), None, &[]),
    ] {
        let filter = AuditFilter { actor: actor.map(str::to_owned), object: object.map(str::to_owned) };
        for limit in [1, 100] {
            let query = AuditQuery { filter: filter.clone(), limit, ..everything() };
            assert_eq!(ids(&walked(store, &query).await), expected, "{actor:?} {object:?}");
        }
    }
}

async fn what_is_past_its_time_is_not_shown<S: AuditLog>(store: &S) {
    ok(store.append(&entry("a", days_ago(11)), DAY * 10).await);
    ok(store.append(&entry("b", days_ago(9)), DAY * 10).await);
    ok(store.append(&entry("c", moment(0)), DAY * 10).await);
    assert_eq!(ids(&walked(store, &everything()).await), ["c", "b"]);
}
