//! Members of a group whose address leads to somebody else's contact, or to one that may be.

use std::time::Duration;

use listsync_core::{
    link::Mode,
    list::Origin,
    snapshot::Principal,
    summary::{Outcome, Summary},
};
use listsync_engine::ports::{Clock as _, ContactEdit, Contacts as _, ListSide as _};
use listsync_testkit::sample::{address, bound, person};

use crate::{
    desk::{BOTH, Desk, Reading, one_way},
    identity::corrects,
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Bob's contact, which no run has matched, is corrected to Bobby's address; then Bob himself comes into the group.
async fn who_was_corrected_away_comes(reading: Reading, mode: Mode, bobby: Option<Principal>) -> Desk {
    let mut desk = Desk::linked(reading, (&[], &["ann", "cid"]), one_way(mode)).await;
    desk.sync().await;
    desk.wait(HOUR).await;
    let now = desk.clock.now();
    desk.store.create_contact(&address("bob"), &ContactEdit::default(), Origin::Manual, now).await.unwrap();
    corrects(&desk, "bob", "bobby").await;
    [person("bob")].into_iter().chain(bobby).for_each(|one| desk.directory.put_person(one));
    desk.group_adds("bob");
    desk.sync().await;
    desk
}

#[test]
fn who_comes_under_the_former_address_of_somebody_elses_contact_is_reported_and_both_stay() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::GroupToList] {
            play(async {
                let mut desk = who_was_corrected_away_comes(reading, mode, Some(person("bobby"))).await;
                for _ in 0..3 {
                    desk.clock.advance(HOUR);
                    let Summary { failures, skipped, .. } = desk.sync().await;
                    let told = failures.iter().map(|one| &one.code).chain(skipped.keys());
                    assert_eq!(told.collect::<Vec<_>>(), ["ambiguous_address"], "{reading:?} {mode:?}");
                    desk.are(&["ann", "cid"], &["ann", "bob", "cid"]).await;
                }
                let bobby = desk.store.find_contact(&address("bobby")).await.unwrap().unwrap();
                assert_eq!(bobby.object_id, None, "nobody took the contact for Bob's");
                let edit = ContactEdit { remove_aliases: [address("bob")].into(), ..ContactEdit::default() };
                let now = desk.clock.now();
                desk.store.edit_contact(&bobby.id, None, &edit, Origin::Manual, now).await.unwrap();
                desk.wait(24 * HOUR).await;
                desk.both_are(&["ann", "bob", "cid"]).await;
            });
        }
    }
}

#[test]
fn who_comes_under_the_former_address_of_a_contact_that_is_nobodys_is_on_the_list_and_reported() {
    for reading in BOTH {
        play(async {
            let mut desk = who_was_corrected_away_comes(reading, Mode::TwoWay, None).await;
            for _ in 0..3 {
                let summary = desk.sync().await;
                assert_eq!(summary.outcome, Outcome::Partial, "{reading:?}");
                assert_eq!(summary.failures[0].code, "corrected_to_nobody");
                desk.are(&["ann", "bobby", "cid"], &["ann", "bob", "cid"]).await;
                desk.wait(HOUR).await;
            }
        });
    }
}

#[test]
fn who_comes_under_a_further_address_of_their_own_is_their_contact() {
    for reading in BOTH {
        play(async {
            let bob = Principal { others: vec![address("bobby")], ..person("bob") };
            let mut desk = Desk::linked(reading, (&[], &["ann", "cid"]), one_way(Mode::TwoWay)).await;
            desk.sync().await;
            desk.directory.put_person(bob);
            let now = desk.clock.now();
            let edit = ContactEdit { add_aliases: [address("bob")].into(), ..ContactEdit::default() };
            desk.store.create_contact(&address("bobby"), &edit, Origin::Manual, now).await.unwrap();
            desk.group_adds("bob");
            desk.sync().await;
            desk.wait(HOUR).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Converged, "{reading:?}");
            desk.are(&["ann", "bobby", "cid"], &["ann", "bob", "cid"]).await;
        });
    }
}

#[test]
fn who_comes_into_a_group_is_not_taken_for_a_contact_that_was_corrected_from_them_elsewhere() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::GroupToList] {
            play(async {
                let mut desk = Desk::linked(reading, (&[], &["ann", "cid"]), one_way(mode)).await;
                desk.sync().await;
                desk.wait(HOUR).await;
                let now = desk.clock.now();
                desk.store
                    .create_contact(&address("bob"), &ContactEdit::default(), Origin::Manual, now)
                    .await
                    .unwrap();
                let bob = desk.store.find_contact(&address("bob")).await.unwrap().unwrap();
                desk.store.bind(&[bound(&bob.id, ("bob", "bob"))]).await.unwrap();
                ["bob", "bobby"].into_iter().for_each(|name| desk.directory.put_person(person(name)));
                corrects(&desk, "bob", "bobby").await;
                desk.group_adds("bob");
                desk.sync().await;
                desk.wait(HOUR).await;
                desk.both_are(&["ann", "bob", "cid"]).await;
                desk.group_adds("bobby");
                desk.sync().await;
                desk.wait(HOUR).await;
                desk.both_are(&["ann", "bob", "bobby", "cid"]).await;
                let bobby = desk.store.find_contact(&address("bobby")).await.unwrap().unwrap();
                assert_eq!(bobby.id, bob.id, "{reading:?} {mode:?}");
            });
        }
    }
}
