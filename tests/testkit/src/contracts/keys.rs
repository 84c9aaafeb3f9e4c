//! What every [`Keys`] and every [`Seen`] has to do.

use std::collections::BTreeSet;

use futures::future::join_all;
use listsync_core::{
    grant::{Lists, Verb},
    id::ListId,
};
use listsync_engine::ports::{ApiKey, EventSource, Fault, Keys, Memory, Scopes, Secret, Seen, SourceKind};

use super::{Case, cases, fault, ok};
use crate::sample::moment;

/// Every case of keys and senders, each on a store of its own.
pub fn cases<S: Keys + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        there_is_always_a_signing_key,
        an_old_signing_key_is_good_until_it_is_retired,
        api_keys_are_found_by_their_hash,
        senders_are_kept_and_forgotten,
    ]
}

/// Every case of what was handled, each on a store of its own.
pub fn seen<S: Seen + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    cases![on a store:
        what_is_remembered_is_known_until_its_time,
        what_is_forgotten_is_new_again,
        what_is_replaced_is_known_as_it_was_said_last,
        a_large_value_comes_back_as_it_was,
    ]
}

async fn there_is_always_a_signing_key<S: Keys>(store: &S) {
    let first = ok(store.signing_keys(moment(1)).await);
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].secret.0.len(), first[0].retired), (32, None));
    assert!((1..=16).contains(&first[0].id.len()) && first[0].id.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(ok(store.signing_keys(moment(2)).await), first, "the same one from then on");
}

async fn an_old_signing_key_is_good_until_it_is_retired<S: Keys>(store: &S) {
    let old = ok(store.signing_keys(moment(1)).await).remove(0);
    let new = ok(store.rotate_signing_key(moment(2)).await);
    assert_ne!((&old.id, &old.secret), (&new.id, &new.secret));
    assert_eq!(ok(store.signing_keys(moment(3)).await), [new.clone(), old.clone()], "newest first");
    assert_eq!(fault(store.retire_signing_key(&new.id, moment(4)).await), Fault::Rejected);
    assert_eq!(fault(store.retire_signing_key("nokey", moment(4)).await), Fault::Gone);
    ok(store.retire_signing_key(&old.id, moment(4)).await);
    ok(store.retire_signing_key(&old.id, moment(5)).await);
    let kept = ok(store.signing_keys(moment(6)).await);
    let retired: Vec<_> = kept.into_iter().map(|key| (key.id, key.retired)).collect();
    assert_eq!(retired, [(new.id, None), (old.id, Some(moment(4)))]);
}

async fn api_keys_are_found_by_their_hash<S: Keys>(store: &S) {
    let key = |id: &str| ApiKey {
        id: id.to_owned(),
        name: format!("for {id}"),
        scopes: BTreeSet::from([Verb::Read, Verb::Link]),
        reading: Scopes::Verbs,
        lists: Lists::Only([ListId::parse("staff").expect("a plain name makes an id")].into()),
        hash: format!("{id:0>64}"),
        made: moment(1),
        revoked: None,
        expires: Some(moment(9)),
    };
    assert_eq!(ok(store.api_keys().await), []);
    ok(store.save_api_key(&key("one")).await);
    ok(store.save_api_key(&key("two")).await);
    assert_eq!(ok(store.find_api_key(&key("one").hash).await), Some(key("one")));
    assert_eq!(ok(store.find_api_key("none").await), None);
    let revoked = ApiKey { revoked: Some(moment(2)), ..key("one") };
    ok(store.save_api_key(&revoked).await);
    assert_eq!(ok(store.find_api_key(&revoked.hash).await), Some(revoked.clone()));
    let mut all = ok(store.api_keys().await);
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(all, [revoked, key("two")]);
}

async fn senders_are_kept_and_forgotten<S: Keys>(store: &S) {
    let source = |id: &str, secrets: &[&str]| EventSource {
        id: id.to_owned(),
        name: "newsletter".to_owned(),
        kind: SourceKind::Standard,
        list: None,
        secrets: secrets.iter().map(|secret| Secret(secret.as_bytes().to_vec())).collect(),
        delay_seconds: 30,
        made: moment(1),
    };
    let (a, b) = (source("a", &["three", "one"]), source("b", &["two"]));
    ok(store.add_source(&a).await);
    ok(store.add_source(&b).await);
    let twice = store.add_source(&source("a", &["four"])).await.expect_err("there is one");
    assert_eq!((twice.fault, twice.code.as_str()), (Fault::Rejected, "source_exists"));
    assert_eq!(ok(store.source("a").await), Some(a.clone()), "the first one stays");
    let mut all = ok(store.sources().await);
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(all, [a, b]);
    let at_once = join_all((0..20).map(|n| {
        let one = source("c", &[&n.to_string()]);
        async move { store.add_source(&one).await }
    }))
    .await;
    assert_eq!(at_once.iter().filter(|added| added.is_ok()).count(), 1, "of twenty at once one is added");
    ok(store.delete_source("c").await);
    ok(store.delete_source("a").await);
    ok(store.delete_source("a").await);
    assert_eq!(ok(store.source("a").await), None);
    assert_eq!(ok(store.sources().await).len(), 1);
}

async fn what_is_remembered_is_known_until_its_time<S: Seen>(store: &S) {
    assert_eq!(ok(store.recall("event 1", moment(0)).await), None);
    assert_eq!(ok(store.remember("event 1", b"first", moment(10), moment(0)).await), Memory::New);
    let again = ok(store.remember("event 1", b"second", moment(90), moment(9)).await);
    assert_eq!(again, Memory::Known(b"first".to_vec()), "the first stays");
    assert_eq!(ok(store.recall("event 1", moment(9)).await), Some(b"first".to_vec()));
    assert_eq!(ok(store.recall("event 2", moment(9)).await), None);
    assert_eq!(ok(store.recall("event 1", moment(10)).await), None, "its time is over");
    assert_eq!(ok(store.remember("event 1", b"third", moment(20), moment(10)).await), Memory::New);
    assert_eq!(ok(store.recall("event 1", moment(11)).await), Some(b"third".to_vec()));
}

async fn what_is_forgotten_is_new_again<S: Seen>(store: &S) {
    assert_eq!(ok(store.remember("key", b"", moment(10), moment(0)).await), Memory::New);
    assert_eq!(ok(store.recall("key", moment(1)).await), Some(Vec::new()), "an empty value is one");
    ok(store.forget("key").await);
    ok(store.forget("key").await);
    assert_eq!(ok(store.recall("key", moment(1)).await), None);
    assert_eq!(ok(store.remember("key", b"x", moment(10), moment(1)).await), Memory::New);
}

async fn what_is_replaced_is_known_as_it_was_said_last<S: Seen>(store: &S) {
    ok(store.replace("key", b"first", moment(10)).await);
    assert_eq!(ok(store.recall("key", moment(9)).await), Some(b"first".to_vec()));
    ok(store.replace("key", b"second", moment(20)).await);
    assert_eq!(ok(store.recall("key", moment(19)).await), Some(b"second".to_vec()));
    assert_eq!(ok(store.recall("key", moment(20)).await), None, "its time is over");
    ok(store.forget("key").await);
    assert_eq!(ok(store.recall("key", moment(1)).await), None);
}

async fn a_large_value_comes_back_as_it_was<S: Seen>(store: &S) {
    let (name, value): (String, Vec<u8>) = ("n".repeat(512), (0..300 * 1024).map(|n| n as u8).collect());
    assert_eq!(ok(store.remember(&name, &value, moment(10), moment(0)).await), Memory::New);
    assert_eq!(ok(store.recall(&name, moment(1)).await), Some(value));
}
