//! Laws about whole histories that need no trouble to be tested.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    id::RunId,
    link::RemovalLimit,
    member::Op,
    settings::Settings,
    summary::{Outcome, Summary},
    trigger::Reason,
};
use listsync_engine::{
    ports::{Clock as _, LinkEdit, Links as _, Ruling, RulingKind},
    run::{RunRequest, run},
    trigger::raise,
    watch::Unwatched,
};
use listsync_testkit::{dice::Dice, fakes::Lag};

use crate::{
    history::{Deed, Stage, Telling},
    scene::{Scene, at_once, play},
};

/// How every run of a history reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    AsIsCheapest,
    InFull,
}

fn settings() -> Settings {
    Settings { max_removals: RemovalLimit::Off, ..Settings::default() }
}

async fn sync(scene: &Scene, reading: Reading, number: u64) -> Summary {
    if reading == Reading::InFull {
        at_once(scene.store.edit(&scene.link, &LinkEdit::Resync, scene.clock.now()));
    }
    raise(&scene.ports, &scene.link, Reason::OnDemand).await.expect("raised");
    let request = RunRequest {
        run: RunId::parse(&format!("run-{number}")).expect("a counted id is an id"),
        link: scene.link.clone(),
        reason: Reason::OnDemand,
        until: scene.clock.now().checked_add(Duration::from_secs(900)).expect("in range"),
    };
    run(&scene.ports, &request, &Unwatched).await.expect("a run").summary
}

/// Plays the edits of a seed, with two syncs and a rest after some of them, and gives both sides at each rest.
///
/// What one way of reading believes, the other may set aside for the rest of its window. Were somebody changed once more
/// before that is over, the two would be told different things; so a third sync finds all at rest.
fn edited(seed: u64, reading: Reading) -> Vec<(BTreeSet<String>, BTreeSet<String>)> {
    let mut dice = Dice::new(seed);
    let people: Vec<String> = (0..3 + dice.below(8)).map(|number| format!("p{number}")).collect();
    let scene = Scene::new((Lag::NONE, dice.fork()), &settings(), &people);
    let stage = Stage::new(
        scene,
        people,
        Duration::ZERO,
        if std::env::var("LISTSYNC_TELL").is_ok() { Telling::Aloud } else { Telling::Silently },
    );
    let mut sides = Vec::new();
    play(async {
        for act in 0..5 {
            for number in 0..2 {
                for _ in 0..1 + dice.below(4) {
                    stage.edit(&mut dice.fork());
                    stage.scene.wait(dice.below(1_000));
                }
                let summary = sync(&stage.scene, reading, act * 10 + number).await;
                stage.tell(|| summary.to_string());
            }
            for number in 2..6 {
                stage.scene.wait(1_900);
                approve(&stage.scene);
                let summary = sync(&stage.scene, reading, act * 10 + number).await;
                stage.tell(|| summary.to_string());
            }
            sides.push((stage.scene.listed(), stage.scene.grouped()));
        }
    });
    sides
}

/// A side that would be left empty is held, however many it takes.
fn approve(scene: &Scene) {
    if let Some(hold) = scene.state().progress.hold {
        let ruling = Ruling { digest: hold.digest, kind: RulingKind::Approved };
        at_once(scene.store.edit(&scene.link, &LinkEdit::Rule(ruling), scene.clock.now()));
    }
}

/// Law 14.
#[test]
fn incremental_and_full_reads_come_to_the_same_end() {
    for seed in 0..500 {
        assert_eq!(edited(seed, Reading::AsIsCheapest), edited(seed, Reading::InFull), "seed {seed}");
    }
}

/// Law 9.
#[test]
fn at_rest_a_run_costs_one_request_and_writes_no_row_of_a_member() {
    let people: Vec<String> = (0..300).map(|number| format!("p{number}")).collect();
    let scene = Scene::new((Lag::NONE, Dice::new(3)), &settings(), &people);
    let stage = Stage::new(scene, people.clone(), Duration::ZERO, Telling::Silently);
    for name in &people[..200] {
        stage.scene.store_adds(name);
    }
    for name in &people[100..] {
        stage.group(name, Op::Add);
    }
    play(async {
        let scene = &stage.scene;
        for number in 0..4 {
            sync(scene, Reading::AsIsCheapest, number).await;
            scene.wait(1_900);
        }
        assert_eq!((scene.listed().len(), scene.grouped().len()), (300, 300));
        for number in 10..20 {
            let before = scene.store.writes();
            let summary = sync(scene, Reading::AsIsCheapest, number).await;
            let after = scene.store.writes();
            assert_eq!((summary.outcome, summary.graph.requests), (Outcome::Converged, 1), "run {number}");
            assert_eq!(summary.graph.writes, 0);
            assert_eq!((after.members, after.entries), (before.members, before.entries));
            assert_eq!(after.runs, before.runs + 1);
            scene.wait(900);
        }
    });
}

#[test]
fn a_first_sync_of_ten_thousand_costs_five_hundred_writes_and_two_hundred_requests_at_most() {
    let people: Vec<String> = (0..10_000).map(|number| format!("p{number}")).collect();
    let scene = Scene::new((Lag::NONE, Dice::new(3)), &settings(), &people);
    for name in &people {
        scene.store_adds(name);
    }
    play(async {
        let summary = sync(&scene, Reading::AsIsCheapest, 1).await;
        assert_eq!((summary.outcome, summary.group.added), (Outcome::Converged, 10_000));
        assert!(summary.graph.writes <= 500, "{:?}", summary.graph);
        assert!(summary.graph.requests <= 200, "{:?}", summary.graph);
    });
}

#[test]
fn who_opts_out_a_minute_after_joining_leaves_the_group_at_once() {
    let people = vec!["ann".to_owned(), "bob".to_owned()];
    let scene =
        Scene::new((Lag { most: Duration::from_secs(900), replicas: 3 }, Dice::new(9)), &settings(), &people);
    let stage = Stage::new(scene, people, Duration::from_secs(900), Telling::Silently);
    play(async {
        stage.list("bob", Deed::Add);
        stage.list("ann", Deed::Subscribe);
        sync(&stage.scene, Reading::AsIsCheapest, 1).await;
        assert!(stage.scene.grouped().contains("ann"));
        stage.scene.wait(60);
        stage.list("ann", Deed::OptOut);
        sync(&stage.scene, Reading::AsIsCheapest, 2).await;
        assert!(!stage.scene.grouped().contains("ann"));
    });
}
