//! Memberships that end by date: whose has come leaves the list and then the group, as after any other leave.

use std::time::Duration;

use listsync_core::{
    Timestamp,
    history::By,
    id::ListId,
    link::{Link, Mode, Side},
    list::Standing,
    member::Op,
    schedule::later,
    stay::Stay,
    summary::Outcome,
};
use listsync_engine::{
    fan_out::tick,
    history, people,
    ports::{
        AddOutcome, Clock as _, Contacts as _, Decision, Ends as _, ImportMode, ListSide as _,
        ListStore as _, NewImport, RulingKind,
    },
};
use listsync_testkit::{
    faults::{Fate, Faults, When},
    sample::{address, contact, person},
};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
    service::service,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);
const FOUR: [&str; 4] = ["ann", "bob", "cem", "dia"];

impl Desk {
    /// Has somebody be on the list for so long from now on; until when.
    async fn stays(&self, name: &str, time: Duration) -> Timestamp {
        let until = later(self.clock.now(), time);
        self.says_stay(name, Stay::Until(until)).await;
        until
    }

    async fn says_stay(&self, name: &str, stay: Stay) -> AddOutcome {
        people::add(&service(self), &self.list, &contact(name), stay).await.unwrap().what.outcome
    }

    async fn until(&self, name: &str) -> Option<Timestamp> {
        let contact = self.store.find_contact(&address(name)).await.unwrap().expect("there");
        let places = self.store.places(&contact.id).await.unwrap();
        places.into_iter().find(|place| place.list == self.list).and_then(|place| place.until)
    }
}

#[test]
fn whose_date_has_come_leaves_both_sides_by_the_next_run_and_nobody_before() {
    for reading in BOTH {
        for timer in [true, false] {
            play(async {
                let mut desk = Desk::settled(reading, &FOUR).await;
                assert_eq!(desk.says_stay("ann", Stay::AsItIs).await, AddOutcome::Already);
                let until = desk.stays("ann", DAY).await;
                desk.wait(DAY - Duration::from_secs(1)).await;
                desk.both_are(&FOUR).await;
                desk.clock.advance(Duration::from_secs(1));
                assert_eq!(desk.clock.now(), until);
                if timer {
                    assert!(tick(&desk.ports).await.unwrap().sent >= 1, "its link is due");
                    assert_eq!(desk.listed().await.len(), 3);
                    desk.sync_quietly().await;
                } else {
                    assert_eq!(desk.sync().await.group.removed, 1);
                }
                desk.both_are(&FOUR[1..]).await;
                desk.wait(HOUR).await;
                desk.both_are(&FOUR[1..]).await;
                let told = history::of_list(&service(&desk), &desk.list, None, 10).await.unwrap();
                let of_list = |one: &&listsync_core::history::Happened| one.change.side == Side::List;
                let left = told.items.iter().find(of_list).expect("they left");
                assert_eq!((left.change.op, &left.by), (Op::Remove, &By::EndDate));
            });
        }
    }
}

#[test]
fn it_is_no_opt_out_so_anybody_may_put_them_on_the_list_again_without_an_end() {
    for reading in BOTH {
        play(async {
            let mut desk = Desk::settled(reading, &FOUR).await;
            for name in ["ann", "bob"] {
                desk.stays(name, HOUR).await;
            }
            desk.wait(2 * HOUR).await;
            desk.both_are(&FOUR[2..]).await;
            desk.list_adds("ann").await;
            desk.group_adds("bob");
            desk.wait(HOUR).await;
            desk.wait(HOUR).await;
            desk.both_are(&FOUR).await;
            assert_eq!((desk.until("ann").await, desk.until("bob").await), (None, None));
        });
    }
}

#[test]
fn a_file_that_has_them_leaves_the_end_and_their_own_word_lifts_it() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &FOUR).await;
        let until = desk.stays("ann", DAY).await;
        desk.stays("bob", DAY).await;
        let file = FOUR.iter().map(|name| contact(name).into()).collect();
        let file = NewImport::new("staff.csv", ImportMode::Full, file, desk.clock.now());
        desk.store.import(&desk.list, &file).await.unwrap();
        assert_eq!(desk.until("ann").await, Some(until));
        let saying = listsync_core::contact::Saying {
            address: address("bob"),
            decision: Decision::Subscribed,
            scope: listsync_core::contact::Scope::List(desk.list.clone()),
            reason: listsync_core::contact::OptOutReason::Own,
            via: listsync_core::contact::Via::Page,
            at: desk.clock.now(),
        };
        people::say(&service(&desk), &saying, Duration::ZERO).await.unwrap();
        assert_eq!(desk.until("bob").await, None);
        assert_eq!(
            desk.says_stay("cem", Stay::Until(later(desk.clock.now(), DAY))).await,
            AddOutcome::Already
        );
        desk.says_stay("cem", Stay::ForGood).await;
        desk.wait(2 * DAY).await;
        desk.both_are(&FOUR[1..]).await;
    });
}

#[test]
fn who_opts_out_before_their_date_is_opted_out_after_it() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &FOUR).await;
        desk.stays("ann", HOUR).await;
        desk.says("ann", Decision::OptedOut).await;
        desk.wait(2 * HOUR).await;
        desk.both_are(&FOUR[1..]).await;
        let entries = desk.store.entries(&desk.list, listsync_engine::ports::EntryQuery::All).await.unwrap();
        assert!(entries.iter().any(|entry| entry.standing == Standing::OptedOut));
        assert_eq!(
            desk.says_stay("ann", Stay::Until(later(desk.clock.now(), DAY))).await,
            AddOutcome::OptedOut
        );
    });
}

#[test]
fn many_whose_date_comes_at_once_are_held_as_any_removals_are() {
    for reading in BOTH {
        play(async {
            let people = crowd('p', 40);
            let mut desk = Desk::settled(reading, &names(&people)).await;
            for name in &people[..20] {
                desk.stays(name, DAY).await;
            }
            desk.clock.advance(DAY);
            let held = desk.sync().await;
            assert_eq!((held.outcome, held.held.group_removals), (Outcome::Held, 20), "{held}");
            desk.are(&names(&people[20..]), &names(&people)).await;
            desk.rule(RulingKind::Approved, &held.held.digest).await;
            assert_eq!(desk.sync().await.group.removed, 20);
            desk.both_are(&names(&people[20..])).await;
        });
    }
}

#[test]
fn a_date_comes_before_the_grace_of_a_link() {
    play(async {
        let week = 7 * DAY;
        let gracious = |link| Link { grace: week, mode: Mode::ListToGroup, ..link };
        let mut desk = Desk::linked(Reading::Incremental, (&FOUR, &FOUR), gracious).await;
        desk.sync().await;
        desk.wait(HOUR).await;
        desk.stays("ann", DAY).await;
        desk.wait(DAY).await;
        desk.are(&FOUR[1..], &FOUR).await;
        desk.wait(week).await;
        desk.both_are(&FOUR[1..]).await;
    });
}

/// Of the list alone: a directory at an earlier moment would be one of another world.
#[test]
fn a_clock_that_ran_ahead_and_is_put_right_loses_nobody_and_passes_over_nobody() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &FOUR).await;
        let right = desk.clock.now();
        let until = desk.stays("ann", 5 * DAY).await;
        desk.stays("bob", HOUR).await;
        desk.stays("cem", 5 * DAY).await;
        let listed = async |desk: &Desk| desk.listed().await.into_iter().collect::<Vec<_>>();
        desk.clock.advance(30 * DAY);
        tick(&desk.ports).await.unwrap();
        assert_eq!(listed(&desk).await, ["dia"]);
        desk.says("cem", Decision::OptedOut).await;

        desk.clock.set(right);
        desk.clock.advance(2 * HOUR);
        tick(&desk.ports).await.unwrap();
        assert_eq!(listed(&desk).await, ["ann", "dia"], "bob's date has come by now, and cem said no");
        assert_eq!(desk.until("ann").await, Some(until), "as it was said");
        desk.clock.advance(5 * DAY);
        tick(&desk.ports).await.unwrap();
        assert_eq!(listed(&desk).await, ["dia"]);
    });
}

#[test]
fn a_beat_that_dies_over_an_end_leaves_it_to_the_next_and_no_other_list_waits() {
    play(async {
        let mut desk = Desk::settled(Reading::Incremental, &FOUR).await;
        desk.directory.put_person(person("eva"));
        let other: ListId = desk.store.create_list("Other", desk.clock.now()).await.unwrap().id;
        desk.stays("ann", HOUR).await;
        let until = Stay::Until(later(desk.clock.now(), HOUR));
        people::add(&service(&desk), &other, &contact("eva"), until).await.unwrap();
        desk.clock.advance(HOUR);
        for (call, fate) in [
            ("contacts.move_members", Fate::Crash(When::Before)),
            ("contacts.move_members", Fate::Crash(When::After)),
            ("lists.forget_ends", Fate::Crash(When::Before)),
        ] {
            let faults =
                Faults::judged(Box::new(move |name, _| if name == call { fate } else { Fate::Pass }));
            drop(faults.process(tick(&faults.over(&desk.ports))).await);
        }
        tick(&desk.ports).await.unwrap();
        assert_eq!(desk.store.size(&other).await.unwrap(), 0, "a list without a link, too");
        desk.sync_quietly().await;
        desk.both_are(&FOUR[1..]).await;
        assert!(desk.store.ended(Timestamp::MAX, None, 10).await.unwrap().is_empty());
    });
}
