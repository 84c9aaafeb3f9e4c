use std::time::Duration;

use listsync_core::{
    address::Address,
    link::{Externals, Link},
    list::{NewContact, Origin},
    matched::{Binding, Grounds},
    snapshot::{Principal, PrincipalKind},
    summary::Outcome,
    trigger::Reason,
};
use listsync_engine::ports::{Clock as _, Decision, EntryQuery, ListSide as _, ListStore as _};
use listsync_testkit::sample::{address, moment, object, person};

use crate::{
    desk::{BOTH, Desk},
    play,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn outside(text: &str) -> NewContact {
    NewContact { address: Address::parse(text).unwrap(), name: String::new(), fields: [].into() }
}

/// Law 13.
#[test]
fn an_opt_out_outlives_a_re_import_and_a_group_admin() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.says("ann", Decision::OptedOut).await;
            desk.sync().await;
            desk.both_are(&["bob"]).await;
            desk.list_adds("ann").await;
            desk.sync().await;
            desk.both_are(&["bob"]).await;
            desk.clock.advance(HOUR);
            desk.group_adds("ann");
            desk.sync().await;
            desk.both_are(&["bob"]).await;
            desk.says("ann", Decision::Subscribed).await;
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

/// Law 13.
#[test]
fn an_opt_out_of_somebody_never_on_the_list_takes_them_out_of_the_group() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::with(reading, &["ann"], &["ann", "bob"]).await;
            desk.says("bob", Decision::OptedOut).await;
            desk.sync().await;
            desk.both_are(&["ann"]).await;
        });
    }
}

/// Law 13.
#[test]
fn an_opt_out_under_one_address_holds_for_the_person_under_another() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.directory.put_person(Principal {
                others: vec![address("bobby")],
                proxies: vec![address("bob"), address("robert")],
                ..person("bob")
            });
            desk.says("robert", Decision::OptedOut).await;
            desk.sync().await;
            desk.clock.advance(HOUR);
            desk.group_adds("bob");
            desk.sync().await;
            desk.both_are(&["ann"]).await;
        });
    }
}

#[test]
fn an_alias_on_the_list_is_its_person_in_the_group() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::with(reading, &["ann"], &["ann"]).await;
            desk.directory
                .put_person(Principal { proxies: vec![address("bob"), address("robert")], ..person("bob") });
            desk.group_adds("bob");
            desk.list_adds("robert").await;
            let summary = desk.sync().await;
            desk.are(&["ann", "robert"], &["ann", "bob"]).await;
            assert_eq!(summary.list.added + summary.group.added, 0);
        });
    }
}

#[test]
fn an_address_that_two_people_share_is_not_guessed() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            for name in ["bob", "cid"] {
                desk.directory.put_person(Principal {
                    mail: Some(address("team")),
                    proxies: vec![],
                    ..person(name)
                });
            }
            desk.list_adds("team").await;
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("ambiguous_address"), Some(&1));
            desk.are(&["ann", "team"], &["ann"]).await;
        });
    }
}

#[test]
fn a_misspelt_address_fails_once_stays_listed_and_is_tried_again() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.list_adds("bbo").await;
            let summary = desk.sync().await;
            assert_eq!((summary.outcome, summary.group.add_failed), (Outcome::Partial, 1));
            assert_eq!(summary.failures[0].code, "no_such_user");
            let again = desk.sync().await;
            assert_eq!((again.outcome, again.group.add_failed), (Outcome::Waiting, 0));
            assert_eq!(again.skipped.get("no_such_user"), Some(&1));
            desk.directory.put_person(person("bbo"));
            desk.clock.advance(HOUR);
            desk.sync().await;
            desk.both_are(&["ann", "bbo"]).await;
        });
    }
}

#[test]
fn a_corrected_address_syncs_at_once() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.list_adds("bbo").await;
            desk.sync().await;
            desk.directory.put_person(person("bob"));
            desk.list_removes("bbo").await;
            desk.list_adds("bob").await;
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

#[test]
fn an_external_is_added_when_there_is_a_guest_else_skipped() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            let guest = Address::parse("gus@gmail.example").unwrap();
            desk.directory.put_person(Principal {
                mail: None,
                proxies: vec![],
                upn: None,
                others: vec![guest],
                kind: PrincipalKind::Guest,
                ..person("gus")
            });
            for text in ["gus@gmail.example", "eva@gmail.example"] {
                desk.store.add(&desk.list, &outside(text), Origin::Manual, moment(0)).await.unwrap();
            }
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("guest_not_invited"), Some(&1));
            assert_eq!((summary.outcome, summary.group.added), (Outcome::Converged, 1));
            desk.are(&["ann", "eva", "gus"], &["ann", "gus"]).await;
        });
    }
}

#[test]
fn externals_are_not_even_looked_up_where_they_are_skipped() {
    for reading in BOTH {
        play(async {
            let skip = |link| Link { externals: Externals::Skip, ..link };
            let mut desk = Desk::linked(reading, (&["ann"], &["ann"]), skip).await;
            desk.store
                .add(&desk.list, &outside("eva@gmail.example"), Origin::Manual, moment(0))
                .await
                .unwrap();
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("external_skipped"), Some(&1));
            desk.are(&["ann", "eva"], &["ann"]).await;
        });
    }
}

#[test]
fn a_group_member_without_an_address_is_skipped_until_it_has_one() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.directory.put_person(Principal { mail: None, proxies: vec![], upn: None, ..person("bob") });
            desk.group_adds("bob");
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("no_address"), Some(&1));
            desk.are(&["ann"], &["ann", "bob"]).await;
            desk.directory.put_person(person("bob"));
            desk.clock.advance(HOUR);
            desk.sync().await;
            desk.both_are(&["ann", "bob"]).await;
        });
    }
}

/// Law 11.
#[test]
fn one_refused_member_stops_only_itself_and_a_person_may_have_it_tried_at_once() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            for name in ["bob", "cid"] {
                desk.directory.put_person(person(name));
                desk.list_adds(name).await;
            }
            desk.directory.reject(&object("bob"));
            let summary = desk.sync().await;
            assert_eq!(
                (summary.outcome, summary.group.added, summary.group.add_failed),
                (Outcome::Partial, 1, 1)
            );
            let waiting = desk.sync().await;
            assert_eq!((waiting.group.add_failed, waiting.skipped.len()), (0, 1));
            desk.directory.accept(&object("bob"));
            desk.sync_as(Reason::OnDemand).await;
            desk.both_are(&["ann", "bob", "cid"]).await;
        });
    }
}

#[test]
fn a_subscriber_stands_in_the_group_after_one_sync() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann"]).await;
            desk.directory.put_person(person("bob"));
            desk.says("bob", Decision::Subscribed).await;
            desk.sync_as(Reason::Event).await;
            desk.both_are(&["ann", "bob"]).await;
            assert!(desk.clock.now() > moment(0));
        });
    }
}

#[test]
fn an_account_that_was_made_anew_is_the_same_person() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.group_removes("bob");
            desk.directory.delete_person(&object("bob"));
            let anew = Principal { id: object("bob-2"), ..person("bob") };
            desk.directory.put_person(anew);
            desk.group_adds("bob-2");
            for _ in 0..3 {
                desk.sync().await;
            }
            desk.are(&["ann", "bob", "cid"], &["ann", "bob-2", "cid"]).await;
        });
    }
}

#[test]
fn a_contact_of_a_deleted_account_is_looked_up_anew_at_once() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
            desk.list_removes("bob").await;
            desk.sync().await;
            desk.directory.delete_person(&object("bob"));
            desk.directory.put_person(Principal { id: object("bob-2"), ..person("bob") });
            desk.list_adds("bob").await;
            let first = desk.sync().await;
            assert_eq!((first.outcome, first.group.add_failed), (Outcome::Continued, 0));
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.are(&["ann", "bob", "cid"], &["ann", "bob-2", "cid"]).await;
        });
    }
}

#[test]
fn an_opt_out_under_an_alias_takes_the_persons_other_contact_off_the_list() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.directory
                .put_person(Principal { proxies: vec![address("bob"), address("robert")], ..person("bob") });
            desk.says("robert", Decision::OptedOut).await;
            assert_eq!(desk.sync().await.outcome, Outcome::Continued);
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            desk.both_are(&["ann"]).await;
            desk.clock.advance(HOUR);
            desk.group_adds("bob");
            desk.sync().await;
            desk.both_are(&["ann"]).await;
        });
    }
}

#[test]
fn externals_that_another_link_matched_are_skipped_all_the_same() {
    for reading in BOTH {
        play(async {
            let skip = |link| Link { externals: Externals::Skip, ..link };
            let mut desk = Desk::linked(reading, (&["ann"], &["ann"]), skip).await;
            let guest = Address::parse("gus@gmail.example").unwrap();
            desk.directory.put_person(Principal {
                mail: Some(guest),
                kind: PrincipalKind::Guest,
                ..person("gus")
            });
            desk.store
                .add(&desk.list, &outside("gus@gmail.example"), Origin::Manual, moment(0))
                .await
                .unwrap();
            let entries = desk.store.entries(&desk.list, EntryQuery::All).await.unwrap();
            let gus = entries.iter().find(|entry| entry.address.domain() == "gmail.example").unwrap();
            let grounds = Grounds::new(gus.address.clone(), None, moment(0));
            let matched = Binding { contact: gus.contact.clone(), object: object("gus"), grounds };
            desk.store.bind(&[matched]).await.unwrap();
            let summary = desk.sync().await;
            assert_eq!(summary.skipped.get("external_skipped"), Some(&1));
            desk.are(&["ann", "gus"], &["ann"]).await;
        });
    }
}
