//! A run that dies at any port call, before the call's effect or after it, ends after the next run as if nothing had
//! happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use listsync_core::{list::Standing, member::Op, settings::Settings};
use listsync_engine::{
    ports::{Fault, Links as _, MemberQuery, Queue as _},
    worker::Handled,
};
use listsync_testkit::{
    dice::Dice,
    fakes::Lag,
    faults::{Fate, Faults, When},
    sample::person,
};

use crate::{
    history::{Deed, Stage, Telling},
    plant::poll_once,
    scene::{Scene, at_once, play},
};

/// Everything that a story leaves behind.
#[derive(Debug, PartialEq, Eq)]
struct End {
    standings: BTreeMap<String, Standing>,
    grouped: BTreeSet<String>,
    /// By key: whether it is in the baseline, and whether we hold it to be in the group.
    rows: BTreeMap<String, (bool, bool)>,
}

/// Law 2.
#[test]
fn a_run_killed_at_any_call_is_made_good_by_the_next() {
    everywhere(&[Fate::Crash(When::Before), Fate::Crash(When::After)]);
}

#[test]
fn a_call_that_fails_anywhere_is_made_good_by_the_next_run() {
    let slow_down = Fault::Throttled(Duration::from_secs(30));
    everywhere(&[
        Fate::Fail(Fault::Unavailable, When::Before),
        Fate::Fail(Fault::Unavailable, When::After),
        Fate::Fail(slow_down, When::Before),
    ]);
}

/// Law 7.
#[test]
fn a_worker_that_sleeps_at_any_call_while_another_takes_over_changes_nothing_that_is_not_so() {
    everywhere(&[Fate::Stall]);
}

/// Plays the story once undisturbed, then once for each call and each fate.
fn everywhere(fates: &[Fate]) {
    let faults = Faults::none();
    let undisturbed = story(&faults);
    let calls = faults.calls();
    assert!(calls > 40, "the story makes {calls} calls");
    for at in 0..calls {
        for fate in fates {
            let fate = *fate;
            let judge = move |_: &'static str, number: u64| if number == at { fate } else { Fate::Pass };
            let faults = Faults::judged(Box::new(judge));
            let end = story(&faults);
            let name = faults.names()[usize::try_from(at).expect("few calls")];
            assert_eq!(end, undisturbed, "{fate:?} at call {at}, {name}");
        }
    }
}

/// A first sync, changes of every kind, a second sync, an account for somebody who had none, a third sync, and a rest.
fn story(faults: &Faults) -> End {
    let people: Vec<String> = ["ann", "bob", "cid", "dan", "eva", "fay", "gus"].map(str::to_owned).into();
    let scene = Scene::new((Lag::NONE, Dice::new(1)), &Settings::default(), &people);
    let stage = Stage::new(scene, people, Duration::ZERO, Telling::Silently);
    play(async {
        for name in ["ann", "bob", "cid"] {
            stage.list(name, Deed::Add);
        }
        for name in ["cid", "dan", "eva"] {
            stage.group(name, Op::Add);
        }
        stage.scene.store_adds("hal");
        sync(&stage.scene, faults).await;
        assert_eq!(stage.scene.grouped().len(), 5, "after the first sync");
        assert_eq!(stage.scene.listed().len(), 6, "nobody answers to one of them");
        stage.scene.wait(3_600);
        stage.list("fay", Deed::Add);
        stage.list("ann", Deed::Remove);
        stage.list("dan", Deed::OptOut);
        stage.group("gus", Op::Add);
        stage.group("eva", Op::Remove);
        sync(&stage.scene, faults).await;
        assert_eq!(stage.scene.grouped().len(), 4, "after the second sync");
        stage.scene.wait(3_600);
        stage.scene.directory.put_person(person("hal"));
        sync(&stage.scene, faults).await;
        assert_eq!(stage.scene.listed(), stage.scene.grouped(), "after the third sync");
        for _ in 0..8 {
            stage.scene.wait(900);
            sync(&stage.scene, &Faults::none()).await;
        }
    });
    End::of(&stage.scene)
}

/// The timer beats and a worker works; what goes wrong is left to those that come later.
async fn sync(scene: &Scene, faults: &Faults) {
    let mut runs = 1_000 * faults.calls();
    let mut ticking = std::pin::pin!(scene.tick(faults));
    if poll_once(ticking.as_mut()).await.is_none() {
        scene.wait(200);
        scene.tick(&Faults::none()).await;
        ticking.await;
    }
    while let Some(delivery) = at_once(scene.store.receive(1, Duration::from_secs(90))).pop() {
        runs += 1;
        let mut handling = std::pin::pin!(scene.handle(faults, (runs, 900), &delivery.body));
        let mut handled = poll_once(handling.as_mut()).await;
        if handled.is_none() {
            // Asleep for longer than its lease lasts.
            scene.wait(200);
            scene.tick(&Faults::none()).await;
            scene.work(&mut runs).await;
            handled = Some(handling.await);
        }
        match handled {
            Some(Ok(Handled::Acknowledge(_))) => at_once(scene.store.acknowledge(&delivery.receipt)),
            Some(Err(_)) => break,
            _ => {}
        }
    }
    for _ in 0..3 {
        scene.wait(200);
        scene.tick(&Faults::none()).await;
        scene.work(&mut runs).await;
    }
}

impl End {
    fn of(scene: &Scene) -> Self {
        let rows = at_once(scene.store.members(&scene.link, MemberQuery::All));
        let rows = rows.into_iter().inspect(|row| {
            assert!(row.intent.is_none() && row.open.is_none(), "nothing is left open: {row:?}");
        });
        let told = |row: listsync_core::member::Member| {
            (row.key.to_string(), (row.in_baseline, row.group.is_some_and(|belief| belief.present)))
        };
        Self {
            standings: scene.standings(),
            grouped: scene.grouped(),
            rows: rows.map(told).filter(|(_, state)| *state != (false, false)).collect(),
        }
    }
}
