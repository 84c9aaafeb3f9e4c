//! People whose primary address changes: their contact follows, and stays who it was.

use std::time::Duration;

use listsync_core::{
    contact::Decision,
    link::Mode,
    list::{Origin, Standing},
    snapshot::Principal,
};
use listsync_engine::{
    departures::follow,
    ports::{Clock as _, Contacts as _, ListStore as _},
};
use listsync_graph_emulator::{GroupKind, Lag, ObjectId, Settings, User};
use listsync_testkit::sample::{address, contact, person, tenant};

use crate::{
    desk::{BOTH, Desk, Reading, one_way},
    office::{Office, existing, own},
    play,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// What an administrator of Exchange does: a new primary address, and the former one stays as an alias.
fn rename(office: &Office, who: ObjectId, to: &str) {
    let renamed = office.tenant.update_user(who, |user: &mut User| {
        let former = user.mail.replace(to.to_owned()).unwrap();
        user.proxy_addresses = vec![format!("SMTP:{to}"), format!("smtp:{former}")];
    });
    assert!(renamed);
}

/// The same in the directory in memory.
fn renamed(local: &str, to: &str) -> Principal {
    Principal {
        mail: Some(address(to)),
        proxies: vec![address(to), address(local)],
        upn: Some(address(to)),
        ..person(local)
    }
}

/// One beat: what changed among people is read, then the link runs.
async fn beat(office: &mut Office) -> listsync_core::summary::Summary {
    follow(&office.ports, &tenant(), office.ports.clock.now() + MINUTE).await.unwrap();
    office.sync().await
}

#[test]
fn a_changed_primary_address_becomes_the_contacts_with_all_that_was_decided_before() {
    for reading in BOTH {
        for lag in [Settings::default().lag, Lag { max: 15 * MINUTE, replicas: 3 }] {
            for mode in [Mode::TwoWay, Mode::ListToGroup, Mode::GroupToList] {
                play(async {
                    let settings = Settings { lag, ..Settings::default() };
                    let mut office = Office::with(reading, &[], settings).await;
                    let people = ["ann", "bob"].map(|name| office.person(name));
                    let group = office.group(GroupKind::Microsoft365, &people);
                    for name in ["ann", "bob"] {
                        office.list_adds(&format!("{name}@contoso.example")).await;
                    }
                    office.link(&office.wish(existing(group), mode)).await.unwrap();
                    beat(&mut office).await;
                    let before = office.store.find_contact(&address("ann")).await.unwrap().unwrap();
                    let now = office.ports.clock.now();
                    let events = office.store.create_list("Events", now).await.unwrap().id;
                    office.store.decide(&events, &address("ann"), Decision::OptedOut, now).await.unwrap();

                    office.tenant.clock().advance(HOUR);
                    beat(&mut office).await;
                    rename(&office, people[0], "ann.lee@contoso.example");
                    office.tenant.clock().advance(HOUR);
                    let summary = beat(&mut office).await;
                    assert_eq!(summary.renamed, 1, "{reading:?} {mode:?}");
                    assert_eq!(office.listed().await, own(&["ann.lee", "bob"]));
                    assert_eq!(office.grouped(group), people.into());
                    let after = office.store.find_contact(&address("ann")).await.unwrap().unwrap();
                    assert_eq!((after.id.clone(), after.address), (before.id, address("ann.lee")));
                    assert!(after.aliases.contains(&address("ann")), "the former address is theirs still");
                    let places = office.store.places(&after.id).await.unwrap();
                    assert!(
                        places.iter().any(|one| one.list == events && one.standing == Standing::OptedOut)
                    );

                    // An edit or a file that still has the former address means the same person.
                    office.list_adds("ann@contoso.example").await;
                    let quiet = beat(&mut office).await;
                    assert_eq!((quiet.renamed, quiet.list.added + quiet.list.removed), (0, 0));
                    assert_eq!(office.listed().await, own(&["ann.lee", "bob"]));
                });
            }
        }
    }
}

#[test]
fn a_replica_that_lags_behind_a_rename_does_not_undo_it() {
    for reading in BOTH {
        play(async {
            let lag = Lag { max: 15 * MINUTE, replicas: 3 };
            let mut office = Office::with(reading, &[], Settings { lag, ..Settings::default() }).await;
            let ann = office.person("ann");
            let group = office.group(GroupKind::Security, &[ann]);
            office.link_to(group, Mode::TwoWay).await;
            beat(&mut office).await;
            office.tenant.clock().advance(HOUR);
            beat(&mut office).await;
            rename(&office, ann, "ann.lee@contoso.example");
            let mut seen = Vec::new();
            for _ in 0..60 {
                office.tenant.clock().advance(MINUTE);
                beat(&mut office).await;
                seen.push(office.listed().await.contains("ann.lee@contoso.example"));
            }
            assert!(seen.is_sorted() && seen.last() == Some(&true), "{reading:?} {seen:?}");
        });
    }
}

#[test]
fn a_contact_that_was_listed_under_an_alias_keeps_it_when_the_primary_address_changes() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::with(reading, &["ann"], &["ann"]).await;
            let bob = Principal { proxies: vec![address("bob"), address("robert")], ..person("bob") };
            desk.directory.put_person(bob);
            desk.group_adds("bob");
            desk.list_adds("robert").await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.directory.put_person(Principal {
                mail: Some(address("bob.lee")),
                proxies: ["bob.lee", "bob", "robert"].map(address).into(),
                ..person("bob")
            });
            desk.follow().await;
            desk.wait(HOUR).await;
            desk.are(&["ann", "robert"], &["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_new_address_that_is_another_contacts_is_reported_and_nobody_is_guessed() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &["ann", "bob"]).await;
            desk.follow().await;
            // Somebody whom the list service knows, and who is not on this list.
            let now = desk.clock.now();
            let others = desk.store.create_list("Others", now).await.unwrap().id;
            desk.store.add(&others, &contact("ann.lee"), Origin::Manual, now).await.unwrap();
            desk.directory.put_person(renamed("ann", "ann.lee"));
            desk.clock.advance(HOUR);
            desk.follow().await;
            let summary = desk.sync().await;
            assert_eq!((summary.renamed, summary.skipped.get("address_taken")), (0, Some(&1)), "{reading:?}");
            desk.both_are(&["ann", "bob"]).await;
            // A person says that both are one: the address of the two that she has is the directory's.
            let id = async |local: &str| desk.store.find_contact(&address(local)).await.unwrap().unwrap().id;
            let (keep, other) = (id("ann.lee").await, id("ann").await);
            desk.store.merge_contacts(&keep, &other, desk.clock.now()).await.unwrap();
            desk.wait(HOUR).await;
            desk.are(&["ann.lee", "bob"], &["ann", "bob"]).await;
        });
    }
}

#[test]
fn a_rename_that_fell_into_a_gap_of_the_changes_is_found_by_the_full_check() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        desk.follow().await;
        desk.directory.put_person(renamed("ann", "ann.lee"));
        desk.directory.expire_people_cursors();
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.links, [desk.link.clone()]);
        assert_eq!(desk.sync().await.renamed, 1);
        desk.are(&["ann.lee", "bob"], &["ann", "bob"]).await;
    });
}

#[test]
fn only_the_links_that_know_a_renamed_person_read_in_full_and_a_preview_renames_nobody() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob"]).await;
        desk.follow().await;
        desk.directory.put_person(renamed("eve", "eve.lee"));
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.links, [], "nobody knows Eve");
        desk.directory.put_person(renamed("ann", "ann.lee"));
        desk.clock.advance(HOUR);
        assert_eq!(desk.follow().await.links, [desk.link.clone()]);
        desk.plan().await;
        desk.both_are(&["ann", "bob"]).await;
        desk.sync().await;
        desk.are(&["ann.lee", "bob"], &["ann", "bob"]).await;
        let writes = desk.store.writes().members;
        desk.wait(HOUR).await;
        desk.wait(HOUR).await;
        assert_eq!(desk.store.writes().members, writes, "and then all is quiet");
    });
}

#[test]
fn who_opted_out_and_is_renamed_stays_out_under_the_new_address() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::with(reading, &["ann", "bob"], &["ann", "bob"]).await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.says("ann", Decision::OptedOut).await;
            desk.sync().await;
            desk.both_are(&["bob"]).await;
            desk.directory.put_person(renamed("ann", "ann.lee"));
            desk.clock.advance(HOUR);
            desk.follow().await;
            desk.group_adds("ann");
            desk.sync().await;
            desk.both_are(&["bob"]).await;
        });
    }
}

#[test]
fn who_is_renamed_and_leaves_the_group_before_any_run_reads_it_is_followed_all_the_same() {
    for mode in [Mode::TwoWay, Mode::GroupToList] {
        play(async {
            let both = ["ann", "bob", "cid"];
            let mut desk = Desk::linked(Reading::Incremental, (&both, &both), one_way(mode)).await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.follow().await;
            desk.directory.put_person(renamed("bob", "bob.lee"));
            desk.group_removes("bob");
            desk.clock.advance(HOUR);
            assert_eq!(desk.follow().await.links, [desk.link.clone()]);
            let summary = desk.sync().await;
            assert_eq!((summary.list.removed, summary.renamed), (1, 1), "{mode:?}: {summary}");
            desk.both_are(&["ann", "cid"]).await;
            desk.list_adds("bob.lee").await;
            let contact = desk.store.find_contact(&address("bob")).await.unwrap().unwrap();
            assert_eq!(contact.address, address("bob.lee"), "one contact of one person");
        });
    }
}
