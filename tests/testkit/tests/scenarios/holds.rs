//! Holds that nobody rules on, while people come and go: a hold ends by a person, or when its cause is gone.

use std::time::Duration;

use listsync_core::{
    id::RunId,
    link::{Link, Mode, RemovalLimit},
    summary::{Outcome, Summary},
    trigger::Reason,
};
use listsync_engine::{
    fan_out::tick,
    ports::{Clock as _, Decision, Group, GroupKind, Links as _, Membership, Queue as _, RulingKind},
    run::{RunRequest, run},
    watch::Unwatched,
    worker::{Handled, Receive, RunContext, handle},
};
use listsync_testkit::sample::{group, link, object, person};

use crate::{
    desk::{BOTH, Desk, Reading, crowd, names},
    play,
};

const QUARTER: Duration = Duration::from_secs(900);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Twenty on both sides since yesterday.
async fn twenty(reading: Reading) -> (Desk, Vec<String>) {
    let crowd = crowd('p', 20);
    let mut desk = Desk::settled(reading, &names(&crowd)).await;
    desk.wait(DAY).await;
    (desk, crowd)
}

impl Desk {
    /// A quarter of an hour passes, the timer beats, and a worker takes what it sent.
    async fn beat(&self) {
        self.clock.advance(QUARTER);
        tick(&self.ports).await.unwrap();
        let taken = self.store.receive(10, HOUR).await.unwrap();
        for delivery in taken {
            let until = self.clock.now().checked_add(QUARTER).unwrap();
            let run = RunId::parse(&format!("beat-{}", self.clock.now().as_second())).unwrap();
            let context = RunContext { run, until, receive: Receive::Early };
            let handled = handle(&self.ports, &delivery.body, &context, &Unwatched).await;
            assert!(matches!(handled, Handled::Acknowledge(_)), "{handled:?}");
            self.store.acknowledge(&delivery.receipt).await.unwrap();
        }
    }

    async fn beat_for(&self, time: Duration) {
        for _ in 0..time.as_secs() / QUARTER.as_secs() {
            self.beat().await;
        }
    }

    async fn join(&mut self, crowd: &[String], mut adds: impl AsyncFnMut(&mut Self, &str)) {
        for name in crowd {
            self.directory.put_person(person(name));
            adds(self, name).await;
        }
    }

    /// How many removals from the list and from the group wait for a person.
    async fn held(&self) -> (u64, u64) {
        let hold = self.state().await.progress.hold;
        hold.map_or((0, 0), |hold| (hold.list_removals, hold.group_removals))
    }

    /// A run of another link.
    async fn run_link(&self, other: &Link, number: u32) -> Summary {
        let request = RunRequest {
            run: RunId::parse(&format!("other-{number}")).unwrap(),
            link: other.id.clone(),
            reason: Reason::Schedule,
            until: self.clock.now().checked_add(QUARTER).unwrap(),
        };
        run(&self.ports, &request, &Unwatched).await.unwrap().summary
    }
}

#[test]
fn who_joins_the_list_does_not_let_go_who_is_held_in_the_group() {
    play(async {
        let (mut desk, all) = twenty(Reading::Incremental).await;
        for name in &all[..6] {
            desk.list_removes(name).await;
        }
        desk.join(&crowd('n', 10), async |desk: &mut Desk, name: &str| desk.list_adds(name).await).await;
        desk.beat().await;
        assert_eq!((desk.held().await, desk.grouped().len()), ((0, 6), 30), "held at the first run");
        desk.beat().await;
        assert_eq!((desk.held().await, desk.grouped().len()), ((0, 6), 30), "and at the next");
        desk.beat_for(3 * DAY).await;
        assert_eq!((desk.held().await, desk.grouped().len()), ((0, 6), 30), "and for days");
        let digest = desk.state().await.progress.hold.unwrap().digest;
        desk.rule(RulingKind::Approved, &digest).await;
        desk.beat().await;
        assert_eq!((desk.held().await, desk.grouped().len()), ((0, 0), 24), "until somebody rules");
    });
}

#[test]
fn a_hold_ends_for_who_is_back_and_for_nobody_else() {
    for reading in BOTH {
        play(async {
            let (mut desk, all) = twenty(reading).await;
            for name in &all[..6] {
                desk.list_removes(name).await;
            }
            assert_eq!(desk.sync().await.outcome, Outcome::Held);
            desk.list_adds(&all[0]).await;
            desk.group_removes(&all[1]);
            desk.says(&all[2], Decision::OptedOut).await;
            desk.sync().await;
            assert_eq!(desk.held().await, (0, 3), "three are below any limit, and nobody has looked at them");
            for name in &all[3..6] {
                desk.list_adds(name).await;
            }
            assert_eq!(desk.sync().await.outcome, Outcome::Converged);
            assert_eq!((desk.held().await, desk.grouped().len()), ((0, 0), 18));
        });
    }
}

#[test]
fn who_joins_the_group_does_not_let_go_who_is_held_on_the_list() {
    play(async {
        let (mut desk, all) = twenty(Reading::Incremental).await;
        for name in &all[..6] {
            desk.group_removes(name);
        }
        desk.join(&crowd('n', 10), async |desk: &mut Desk, name: &str| desk.group_adds(name)).await;
        for days in [0, 1, 3] {
            desk.beat().await;
            desk.beat_for(days * DAY).await;
            assert_eq!((desk.held().await, desk.listed().await.len()), ((6, 0), 30));
        }
        let digest = desk.state().await.progress.hold.unwrap().digest;
        desk.rule(RulingKind::Approved, &digest).await;
        desk.beat().await;
        assert_eq!((desk.held().await, desk.listed().await.len()), ((0, 0), 24));
    });
}

#[test]
fn a_side_that_was_emptied_and_refilled_stays_held_without_any_limit() {
    for reading in BOTH {
        play(async {
            let off = |link| Link { max_removals: Some(RemovalLimit::Off), ..link };
            let all = crowd('p', 20);
            let both = &names(&all)[..];
            let mut desk = Desk::linked(reading, (both, both), off).await;
            desk.sync().await;
            desk.wait(DAY).await;
            for name in &all {
                desk.list_removes(name).await;
            }
            desk.join(&crowd('n', 10), async |desk: &mut Desk, name: &str| desk.list_adds(name).await).await;
            desk.sync().await;
            for _ in 0..3 {
                desk.wait(DAY).await;
                assert_eq!((desk.held().await, desk.grouped().len()), ((0, 20), 30));
            }
            let digest = desk.state().await.progress.hold.unwrap().digest;
            desk.rule(RulingKind::Approved, &digest).await;
            desk.sync().await;
            desk.both_are(&names(&crowd('n', 10))).await;
        });
    }
}

#[test]
fn who_joined_this_morning_does_not_widen_the_share_of_who_may_leave_today() {
    for reading in BOTH {
        play(async {
            let (mut desk, all) = twenty(reading).await;
            desk.join(&crowd('n', 10), async |desk: &mut Desk, name: &str| desk.list_adds(name).await).await;
            assert_eq!(desk.sync().await.group.added, 10);
            desk.wait(HOUR).await;
            for name in &all[..6] {
                desk.list_removes(name).await;
            }
            assert_eq!(desk.sync().await.held.group_removals, 6);
            assert_eq!(desk.grouped().len(), 30);
        });
    }
}

#[test]
fn who_joined_the_day_before_does() {
    for reading in BOTH {
        play(async {
            let (mut desk, all) = twenty(reading).await;
            desk.join(&crowd('n', 10), async |desk: &mut Desk, name: &str| desk.list_adds(name).await).await;
            desk.sync().await;
            desk.wait(DAY).await;
            for name in &all[..6] {
                desk.list_removes(name).await;
            }
            assert_eq!(desk.sync().await.group.removed, 6);
        });
    }
}

#[test]
fn opt_outs_are_in_no_base_and_in_no_count() {
    play(async {
        let (mut desk, all) = twenty(Reading::Incremental).await;
        for name in &all[..10] {
            desk.says(name, Decision::OptedOut).await;
        }
        assert_eq!(desk.sync().await.group.removed, 10);
        for name in &all[10..14] {
            desk.list_removes(name).await;
        }
        assert_eq!(desk.sync().await.group.removed, 4);
        for name in &all[14..16] {
            desk.list_removes(name).await;
        }
        assert_eq!(desk.sync().await.held.group_removals, 2, "six of the twenty of yesterday");
    });
}

#[test]
fn a_list_is_counted_once_for_all_its_links() {
    play(async {
        let (mut desk, all) = twenty(Reading::Incremental).await;
        for name in &all[..4] {
            desk.group_removes(name);
        }
        assert_eq!(desk.sync().await.list.removed, 4);
        desk.store.delete(&desk.link).await.unwrap();
        let second = link("second", &desk.list, "staff");
        desk.store.create(&second, desk.clock.now()).await.unwrap();
        desk.run_link(&second, 1).await;
        desk.clock.advance(HOUR);
        for name in &all[4..8] {
            desk.group_removes(name);
        }
        let summary = desk.run_link(&second, 2).await;
        assert_eq!((summary.list.removed, summary.held.list_removals), (0, 4), "eight of twenty in a day");
    });
}

#[test]
fn another_link_of_the_list_raises_no_base() {
    play(async {
        let (mut desk, all) = twenty(Reading::Incremental).await;
        for name in &all[..6] {
            desk.group_removes(name);
        }
        assert_eq!(desk.sync().await.held.list_removals, 6);
        for name in crowd('n', 30) {
            desk.directory.put_person(person(&name));
            desk.list_adds(&name).await;
        }
        let further = Link { mode: Mode::ListToGroup, ..link("further", &desk.list, "news") };
        let kind = GroupKind::Microsoft365;
        let news = Group { id: group("news"), name: "News".into(), kind, membership: Membership::Shown };
        desk.directory.put_group(news, [object("p000")]);
        desk.store.create(&further, desk.clock.now()).await.unwrap();
        desk.run_link(&further, 1).await;
        desk.group_removes(&all[6]);
        desk.wait(HOUR).await;
        assert_eq!(desk.held().await, (7, 0), "seven of the twenty of yesterday");
    });
}

#[test]
fn a_link_from_before_sizes_were_kept_begins_with_what_its_next_run_finds() {
    for reading in BOTH {
        play(async {
            let (mut desk, all) = twenty(reading).await;
            for name in &all[..6] {
                desk.list_removes(name).await;
            }
            desk.sync().await;
            desk.store.forget_sizes(&desk.link);
            assert_eq!(desk.state().await.progress.group_sizes, None);
            desk.join(&crowd('n', 30), async |desk: &mut Desk, name: &str| desk.list_adds(name).await).await;
            assert_eq!(desk.sync().await.group.added, 30);
            desk.list_removes(&all[6]).await;
            desk.wait(HOUR).await;
            assert_eq!(desk.held().await, (0, 7), "seven of the twenty that the first run found");
        });
    }
}

#[test]
fn a_link_at_rest_keeps_its_sizes_without_a_write() {
    play(async {
        let (desk, _) = twenty(Reading::Incremental).await;
        let before = desk.store.writes();
        desk.beat_for(2 * HOUR).await;
        assert_eq!(desk.store.writes().sizes, before.sizes);
        assert!(desk.store.list_sizes(&desk.list).await.unwrap().is_some());
    });
}
