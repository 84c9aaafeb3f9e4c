//! Who is who across links: what one link meets says nothing about another, and a person stays who they are.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    belief::Belief,
    contact::Decision,
    link::Mode,
    list::Origin,
    member::{Member, MemberKey, Op},
    snapshot::Principal,
    summary::{Outcome, Summary},
};
use listsync_engine::ports::{
    Acquired, Clock as _, ContactEdit, Contacts as _, Fold, Links as _, ListSide as _, ListStore as _,
    MemberChange,
};
use listsync_testkit::{
    fakes::Lag,
    sample::{address, contact, group, object, person},
};

use crate::{
    bureau::Bureau,
    desk::{BOTH, Desk, Reading, one_way},
    play,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn removed(summaries: &[Summary]) -> u64 {
    summaries.iter().map(|one| one.list.removed + one.group.removed).sum()
}

#[test]
fn eighty_new_users_on_two_lists_a_minute_apart_lose_nobody_however_replicas_lag() {
    for seed in 0..12 {
        for mode in [Mode::TwoWay, Mode::ListToGroup] {
            play(async {
                let lag = Lag { most: Duration::from_secs(900), replicas: 3 };
                let mut bureau = Bureau::new(lag, seed).await;
                let names: Vec<String> = (0..80).map(|number| format!("new{number}")).collect();
                names.iter().for_each(|name| bureau.directory.hire(person(name)));
                let mut links = Vec::new();
                for place in ["one", "two"] {
                    let list = bureau.list(place).await;
                    bureau.group(place, &[]);
                    links.push((list.clone(), bureau.link(&list, place, mode).await, place));
                }
                for (list, link, _) in &links {
                    bureau.imports(list, &names).await;
                    assert_eq!(removed(&bureau.sync(link).await), 0, "seed {seed}");
                    bureau.clock.advance(MINUTE);
                }
                for _ in 0..16 {
                    bureau.clock.advance(15 * MINUTE);
                    bureau.follow().await;
                    for (_, link, _) in &links {
                        assert_eq!(removed(&bureau.sync(link).await), 0, "seed {seed}, {mode:?}");
                    }
                }
                for (list, _, place) in &links {
                    assert_eq!(bureau.listed(list).await.len(), 80, "seed {seed}, {mode:?}");
                    assert_eq!(bureau.grouped(place).len(), 80, "seed {seed}, {mode:?}");
                }
            });
        }
    }
}

#[test]
fn who_was_deleted_leaves_a_group_fed_list_although_another_link_failed_to_add_them_first() {
    for others_first in [1, 3] {
        play(async {
            let mut bureau = Bureau::new(Lag::NONE, 7).await;
            for name in ["ann", "bob", "cid"] {
                bureau.directory.put_person(person(name));
            }
            let list = bureau.list("news").await;
            bureau.group("source", &["ann", "bob", "cid"]);
            bureau.group("target", &[]);
            let fed = bureau.link(&list, "source", Mode::GroupToList).await;
            let handed_on = bureau.link(&list, "target", Mode::ListToGroup).await;
            for _ in 0..4 {
                bureau.sync(&fed).await;
                bureau.sync(&handed_on).await;
                bureau.clock.advance(HOUR);
            }
            assert_eq!((bureau.listed(&list).await.len(), bureau.grouped("target").len()), (3, 3));
            bureau.directory.delete_person(&object("bob"));
            for _ in 0..others_first {
                bureau.resync(&handed_on).await;
                bureau.clock.advance(HOUR);
            }
            bureau.resync(&fed).await;
            assert_eq!(bureau.listed(&list).await, set(&["ann", "cid"]), "{others_first}");
            bureau.resync(&handed_on).await;
            bureau.clock.advance(HOUR);
            assert_eq!(bureau.sync(&handed_on).await.last().unwrap().outcome, Outcome::Converged);
        });
    }
}

#[test]
fn who_leaves_is_renamed_and_comes_back_has_the_new_address() {
    for reading in BOTH {
        for notices in [true, false] {
            play(async {
                let mut desk = Desk::settled(reading, &["ann", "bob", "cid"]).await;
                desk.follow().await;
                desk.list_removes("ann").await;
                desk.sync().await;
                desk.wait(3 * HOUR).await;
                assert!(!desk.grouped().contains("ann"));
                desk.directory.put_person(renamed("ann", "ann.lee"));
                if !notices {
                    desk.directory.expire_people_cursors();
                }
                desk.clock.advance(HOUR);
                desk.follow().await;
                desk.sync().await;
                desk.group_adds("ann");
                desk.sync().await;
                // What the changes of people did not tell is found by a full check.
                desk.wait(25 * HOUR).await;
                desk.are(&["ann.lee", "bob", "cid"], &["ann", "bob", "cid"]).await;
                let known = desk.store.contacts_of(&[object("ann")]).await.unwrap();
                assert_eq!(known.len(), 1, "she is one contact still");
            });
        }
    }
}

/// What an administrator of Exchange does: a new primary address, and the former one stays as an alias.
fn renamed(local: &str, to: &str) -> Principal {
    Principal {
        mail: Some(address(to)),
        proxies: vec![address(to), address(local)],
        upn: Some(address(to)),
        ..person(local)
    }
}

#[test]
fn a_file_with_the_new_address_of_somebody_on_no_list_finds_their_contact() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &["ann", "bob", "cid"]).await;
        desk.follow().await;
        let ann = desk.store.find_contact(&address("ann")).await.unwrap().unwrap().id;
        desk.list_removes("ann").await;
        desk.sync().await;
        desk.wait(3 * HOUR).await;
        desk.directory.put_person(renamed("ann", "ann.lee"));
        desk.clock.advance(HOUR);
        desk.follow().await;
        let now = desk.clock.now();
        let second = desk.store.create_list("Second", now).await.unwrap().id;
        desk.store.add(&second, &contact("ann.lee"), Origin::Csv, now).await.unwrap();
        let known = desk.store.find_contact(&address("ann.lee")).await.unwrap().unwrap();
        assert_eq!((known.id, known.address), (ann, address("ann.lee")));
        assert!(known.aliases.contains(&address("ann")));
    });
}

/// An operator gives the contact at `from` another address.
pub(crate) async fn corrects(desk: &Desk, from: &str, to: &str) {
    let known = desk.store.find_contact(&address(from)).await.unwrap().unwrap();
    let edit = ContactEdit { address: Some(address(to)), ..ContactEdit::default() };
    desk.store.edit_contact(&known.id, None, &edit, Origin::Manual, desk.clock.now()).await.unwrap();
}

const STAFF: [&str; 4] = ["ann", "bob", "cid", "dan"];

#[test]
fn a_contact_that_is_given_the_address_of_somebody_else_is_somebody_else() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::ListToGroup] {
            play(async {
                let mut desk = Desk::linked(reading, (&STAFF, &STAFF), one_way(mode)).await;
                desk.sync().await;
                desk.wait(HOUR).await;
                desk.directory.put_person(person("bobby"));
                corrects(&desk, "bob", "bobby").await;
                desk.sync().await;
                for _ in 0..3 {
                    let both = ["ann", "bobby", "cid", "dan"];
                    desk.are(&both, &both).await;
                    desk.wait(HOUR).await;
                }
                // Bob is a person of his own again.
                desk.list_adds("bob").await;
                desk.sync().await;
                let all = ["ann", "bob", "bobby", "cid", "dan"];
                desk.are(&all, &all).await;
            });
        }
    }
}

#[test]
fn on_a_list_that_a_group_feeds_who_the_contact_was_comes_back_as_themselves() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::linked(reading, (&[], &STAFF), one_way(Mode::GroupToList)).await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.directory.put_person(person("bobby"));
            corrects(&desk, "bob", "bobby").await;
            desk.sync().await;
            desk.wait(HOUR).await;
            desk.are(&["ann", "bob", "bobby", "cid", "dan"], &STAFF).await;
        });
    }
}

#[test]
fn an_address_that_is_nobodys_or_several_or_anothers_is_reported_until_it_is_put_right() {
    for reading in BOTH {
        for (to, code) in [
            ("bobb", "corrected_to_nobody"),
            ("team", "corrected_to_several"),
            ("bobby", "corrected_to_another"),
        ] {
            play(async {
                let mut desk = Desk::settled(reading, &STAFF).await;
                for name in ["twin1", "twin2"] {
                    let mail = Some(address("team"));
                    desk.directory.put_person(Principal { mail, proxies: Vec::new(), ..person(name) });
                }
                desk.directory.put_person(Principal {
                    proxies: vec![address("bobby"), address("robert")],
                    ..person("bobby")
                });
                let now = desk.clock.now();
                let second = desk.store.create_list("Second", now).await.unwrap().id;
                desk.store.add(&second, &contact("robert"), Origin::Manual, now).await.unwrap();
                let robert = desk.store.find_contact(&address("robert")).await.unwrap().unwrap();
                let binding = listsync_testkit::sample::bound(&robert.id, ("robert", "bobby"));
                desk.store.bind(&[binding]).await.unwrap();

                corrects(&desk, "bob", to).await;
                for _ in 0..4 {
                    let summary = desk.sync().await;
                    assert_eq!(summary.outcome, Outcome::Partial, "{reading:?} {code}");
                    assert_eq!(summary.failures[0].code, code);
                    desk.are(&["ann", to, "cid", "dan"], &STAFF).await;
                    desk.clock.advance(20 * MINUTE);
                }
                corrects(&desk, to, "bob").await;
                desk.wait(HOUR).await;
                assert_eq!(desk.sync().await.outcome, Outcome::Converged, "{reading:?} {code}");
                desk.both_are(&STAFF).await;
            });
        }
    }
}

#[test]
fn an_address_that_somebody_gets_later_is_followed_then() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &STAFF).await;
            corrects(&desk, "bob", "bobby").await;
            assert_eq!(desk.sync().await.outcome, Outcome::Partial);
            desk.directory.put_person(person("bobby"));
            desk.wait(2 * HOUR).await;
            desk.both_are(&["ann", "bobby", "cid", "dan"]).await;
        });
    }
}

#[test]
fn an_opt_out_stays_with_both_addresses() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &STAFF).await;
            desk.says("bob", Decision::OptedOut).await;
            desk.sync().await;
            desk.directory.put_person(person("bobby"));
            corrects(&desk, "bob", "bobby").await;
            desk.sync().await;
            desk.clock.advance(HOUR);
            desk.group_adds("bob");
            desk.group_adds("bobby");
            desk.sync().await;
            desk.wait(HOUR).await;
            assert_eq!(desk.listed().await, set(&["ann", "cid", "dan"]), "{reading:?}");
            assert!(!desk.grouped().contains("bobby"), "{reading:?}");
        });
    }
}

#[test]
fn of_contacts_stored_before_matches_had_grounds_nobody_is_lost_and_corrections_are_found() {
    play(async {
        let mut desk = Desk::settled(Reading::Full, &STAFF).await;
        desk.directory.put_person(person("bobby"));
        corrects(&desk, "bob", "bobby").await;
        desk.directory.put_person(renamed("cid", "cid.lee"));
        desk.store.forget_grounds();
        let summary = desk.sync().await;
        assert_eq!(summary.renamed, 1);
        desk.wait(HOUR).await;
        desk.are(&["ann", "bobby", "cid.lee", "dan"], &["ann", "bobby", "cid", "dan"]).await;
        let writes = desk.store.writes().entries;
        desk.wait(HOUR).await;
        assert_eq!(desk.store.writes().entries, writes, "what was learned is kept");
    });
}

#[test]
fn an_old_addition_that_the_feed_repeats_brings_nobody_back() {
    for deleted in [true, false] {
        play(async {
            let mut desk = Desk::settled(Reading::Incremental, &STAFF).await;
            desk.follow().await;
            match deleted {
                true => desk.directory.delete_person(&object("bob")),
                false => desk.group_removes("bob"),
            }
            desk.clock.advance(HOUR);
            desk.follow().await;
            desk.sync().await;
            let rest = ["ann", "cid", "dan"];
            desk.are(&rest, &rest).await;
            for _ in 0..3 {
                desk.wait(2 * HOUR).await;
                desk.directory.repeat_change(&group("staff"), Op::Add, &object("bob"));
                let summary = desk.sync().await;
                assert_eq!((summary.list.added, summary.set_aside), (0, 1), "deleted: {deleted}");
                desk.are(&rest, &rest).await;
            }
            desk.wait(HOUR).await;
            desk.wait(HOUR).await;
            desk.are(&rest, &rest).await;
            let quiet = desk.sync().await;
            assert_eq!((quiet.outcome, quiet.graph.requests), (Outcome::Converged, 1));
        });
    }
}

#[test]
fn an_old_removal_that_the_feed_repeats_takes_nobody_off_the_list() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &STAFF).await;
        desk.group_removes("bob");
        desk.wait(HOUR).await;
        desk.group_adds("bob");
        desk.wait(HOUR).await;
        desk.both_are(&STAFF).await;
        for _ in 0..3 {
            desk.wait(2 * HOUR).await;
            desk.directory.repeat_change(&group("staff"), Op::Remove, &object("bob"));
            let summary = desk.sync().await;
            assert_eq!((summary.list.removed, summary.set_aside), (0, 1));
            desk.both_are(&STAFF).await;
        }
        desk.wait(HOUR).await;
        desk.wait(HOUR).await;
        desk.both_are(&STAFF).await;
        let quiet = desk.sync().await;
        assert_eq!((quiet.outcome, quiet.graph.requests), (Outcome::Converged, 1));
    });
}

#[test]
fn who_leaves_the_group_is_asked_for_and_taken_off_the_list_at_once() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &STAFF).await;
        desk.follow().await;
        desk.group_removes("bob");
        let summary = desk.sync().await;
        // The changes, and the read of the member.
        assert_eq!((summary.list.removed, summary.graph.requests), (1, 2));
        desk.both_are(&["ann", "cid", "dan"]).await;
    });
}

#[test]
fn who_joins_the_group_is_asked_for_and_listed_at_once() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &STAFF).await;
        desk.directory.put_person(person("eve"));
        desk.group_adds("eve");
        let summary = desk.sync().await;
        // The changes, the read of the member, and her addresses.
        assert_eq!((summary.list.added, summary.graph.requests), (1, 3));
        desk.both_are(&["ann", "bob", "cid", "dan", "eve"]).await;
    });
}

/// What an earlier version left when one link could not add somebody: the contact has no match any more, for no link, and
/// the link's row names whom it stood for.
async fn with_a_dropped_match(reading: Reading, mode: Mode) -> Desk {
    let both = ["ann", "bob"];
    let mut desk = Desk::linked(reading, (&both, &both), one_way(mode)).await;
    desk.sync().await;
    desk.wait(HOUR).await;
    desk.directory.put_person(person("rob"));
    desk.group_adds("rob");
    desk.list_adds("robert").await;
    let contact = desk.store.find_contact(&address("robert")).await.unwrap().unwrap();
    assert_eq!(contact.object_id, None);
    let now = desk.clock.now();
    let row = Member {
        contact: Some(contact.id),
        address: Some(address("robert")),
        in_baseline: true,
        group: Some(Belief::observed(true, now)),
        ..Member::unknown(MemberKey::Principal(object("rob")))
    };
    let lease = desk.store.acquire(&desk.link, now, MINUTE).await.unwrap();
    let Acquired::Lease(lease) = lease else { panic!("nothing runs: {lease:?}") };
    let fold = Fold { members: vec![MemberChange::Put(row)], ..Fold::default() };
    desk.store.fold(&lease, &fold).await.unwrap();
    desk.store.release(&lease).await.unwrap();
    desk
}

#[test]
fn a_match_that_was_dropped_is_given_back_by_the_links_row() {
    for reading in BOTH {
        for mode in [Mode::TwoWay, Mode::ListToGroup, Mode::GroupToList] {
            play(async {
                let mut desk = with_a_dropped_match(reading, mode).await;
                for _ in 0..3 {
                    desk.wait(HOUR).await;
                    desk.are(&["ann", "bob", "robert"], &["ann", "bob", "rob"]).await;
                }
                let contact = desk.store.find_contact(&address("robert")).await.unwrap().unwrap();
                assert_eq!(contact.object_id, Some(object("rob")), "{mode:?}");
            });
        }
    }
}
