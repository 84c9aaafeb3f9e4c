//! Law 6 and law 7: every order in which a few requests, two workers, a timer and a queue that repeats and loses can meet, with
//! crashes between any two steps, played against the product's own decisions.
//!
//! A world is small: two changes, two workers, one link. What a step decides, `listsync_core::protocol` and `schedule` decide;
//! the model adds only who moves, and what of a step is lost with whom. At rest nothing may be left that nobody has seen, and
//! at no moment may `synced` speak of a change that no run has seen.

mod world;

use listsync_core::{
    protocol::{Beat, Finished, Generations},
    schedule::is_leased,
    trigger::{Generation, Reason},
};
use stateright::{Checker, Model, Property};
use world::{Asker, Luck, NOW, Worker, World};

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Ask(usize),
    AskerDies(usize),
    Work(usize),
    EndEarly(usize),
    RetryLater(usize),
    WorkerDies(usize),
    Take { worker: usize, message: usize, stays: bool },
    Lose(usize),
    LeaseRunsOut,
    Beat { is_sent: bool },
}

/// A system with this luck; the timer is there or not; the first asker's event precedes its change or not.
struct System {
    luck: Luck,
    has_timer: bool,
    has_early_event: bool,
}

impl System {
    fn steps(&self, world: &World, steps: &mut Vec<Step>) {
        let luck = world.luck;
        for (who, asker) in world.askers.iter().enumerate().filter(|(_, asker)| **asker != Asker::Gone) {
            steps.push(Step::Ask(who));
            // Who dies before anything was stored has promised nothing, and a sender repeats an event that was not taken.
            if luck.crashes > 0 && matches!(asker, Asker::Stored | Asker::Raised(_)) {
                steps.push(Step::AskerDies(who));
            }
        }
        for (who, worker) in world.workers.iter().enumerate() {
            match worker {
                Worker::Idle => self.deliveries(world, who, steps),
                other => {
                    steps.push(Step::Work(who));
                    if luck.crashes > 0 {
                        steps.push(Step::WorkerDies(who));
                    }
                    if luck.early_ends > 0 && matches!(other, Worker::Observed(..)) {
                        steps.extend([Step::EndEarly(who), Step::RetryLater(who)]);
                    }
                }
            }
        }
        if luck.losses > 0 {
            steps.extend((0..world.queue.len()).map(Step::Lose));
        }
        if is_leased(world.leased_until, NOW) && (luck.slow_workers > 0 || world.is_orphaned()) {
            steps.push(Step::LeaseRunsOut);
        }
        let must = world.is_still() && world.is_due();
        if self.has_timer && (must || luck.beats > 0) && !is_leased(world.leased_until, NOW) {
            steps.push(Step::Beat { is_sent: true });
            if luck.crashes > 0 {
                steps.push(Step::Beat { is_sent: false });
            }
        }
    }

    /// A delayed event is not delivered before its change is there.
    fn deliveries(&self, world: &World, worker: usize, steps: &mut Vec<Step>) {
        for (message, trigger) in world.queue.iter().enumerate() {
            if trigger.reason == Reason::DelayedEvent && world.askers[0] == Asker::Announced {
                continue;
            }
            steps.push(Step::Take { worker, message, stays: false });
            if world.luck.duplicates > 0 {
                steps.push(Step::Take { worker, message, stays: true });
            }
        }
    }
}

impl Model for System {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            generations: Generations::default(),
            leased_until: None,
            token: 0,
            changes: 0,
            seen: 0,
            promises: Vec::new(),
            queue: Vec::new(),
            askers: [Asker::Before; 2],
            workers: [Worker::Idle, Worker::Idle],
            luck: self.luck,
            at_rest: None,
            was_found_by_timer: false,
            was_quiet: false,
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        self.steps(world, steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut world = world.clone();
        let luck = &mut world.luck;
        match step {
            Step::Ask(who) => world.ask(who, self.has_early_event && who == 0),
            Step::AskerDies(who) => {
                luck.crashes -= 1;
                // Its change is stored and nobody was asked: the next regular run sees it, which is nobody's promise.
                world.askers[who] = Asker::Gone;
            }
            Step::Work(who) => world.work(who),
            Step::EndEarly(who) => {
                luck.early_ends -= 1;
                world.end_early(who, false);
            }
            Step::RetryLater(who) => {
                luck.early_ends -= 1;
                world.end_early(who, true);
            }
            Step::WorkerDies(who) => {
                luck.crashes -= 1;
                world.die(who);
            }
            Step::Take { worker, message, stays } => {
                luck.duplicates -= u8::from(stays);
                let trigger = world.queue[message].clone();
                if !stays {
                    world.queue.remove(message);
                }
                world.workers[worker] = Worker::Took(trigger);
            }
            Step::Lose(message) => {
                luck.losses -= 1;
                world.queue.remove(message);
            }
            Step::LeaseRunsOut => {
                if !world.is_orphaned() {
                    world.luck.slow_workers -= 1;
                }
                world.leased_until = Some(NOW);
            }
            Step::Beat { is_sent } => {
                let must = world.is_still() && world.is_due();
                world.was_found_by_timer |= must;
                match (is_sent, must) {
                    (false, _) => world.luck.crashes -= 1,
                    (true, true) => {}
                    (true, false) => world.luck.beats -= 1,
                }
                let asked = match world.generations.beat() {
                    // Nothing is written, so that nothing is promised: the link is due until somebody has looked.
                    Beat::Look(generation) => generation,
                    Beat::Raise => {
                        let raised = world.raise();
                        world.promise(raised);
                        raised
                    }
                };
                if is_sent {
                    world.send(Reason::Schedule, asked);
                }
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut all = vec![
            Property::always("what is synced was seen", |_: &Self, world: &World| {
                let kept = |(generation, changes): &(Generation, u8)| {
                    world.generations.synced < *generation || world.seen >= *changes
                };
                world.promises.iter().all(kept)
            }),
            Property::always("nothing is synced that was not requested", |_: &Self, world: &World| {
                world.generations.synced <= world.generations.requested
            }),
            Property::always("at rest nothing waits unseen", |system: &Self, world: &World| {
                let mut steps = Vec::new();
                system.steps(world, &mut steps);
                let promised = world.promises.iter().map(|(_, changes)| *changes).max().unwrap_or(0);
                !steps.is_empty() || (!world.generations.is_open() && world.seen >= promised)
            }),
        ];
        // A timer that looks although nothing asks for it finds a link at rest in some world.
        if self.has_timer && self.luck.beats > 0 {
            all.push(Property::sometimes("a look takes no lease", |_: &Self, world: &World| world.was_quiet));
        }
        all
    }
}

/// Plays all of a system's worlds, and says how many there were.
fn play(system: System) -> usize {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let checker = system.checker().threads(threads).spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

const NO_LUCK_NEEDED: Luck =
    Luck { crashes: 0, duplicates: 0, losses: 0, early_ends: 0, slow_workers: 0, beats: 0 };

#[test]
fn without_faults_messages_alone_bring_every_change_to_a_run() {
    for has_early_event in [false, true] {
        let luck = Luck { duplicates: 2, ..NO_LUCK_NEEDED };
        let worlds = play(System { luck, has_timer: false, has_early_event });
        assert!(worlds > 1000, "{worlds} worlds");
    }
}

/// What a usual run plays: seven million worlds.
const LUCKS: [Luck; 7] = [
    Luck { beats: 1, crashes: 1, ..NO_LUCK_NEEDED },
    Luck { crashes: 2, ..NO_LUCK_NEEDED },
    Luck { losses: 2, beats: 1, ..NO_LUCK_NEEDED },
    Luck { slow_workers: 1, duplicates: 1, ..NO_LUCK_NEEDED },
    Luck { early_ends: 1, beats: 1, ..NO_LUCK_NEEDED },
    Luck { crashes: 1, losses: 1, early_ends: 1, ..NO_LUCK_NEEDED },
    Luck { crashes: 1, slow_workers: 1, ..NO_LUCK_NEEDED },
];
/// What `LISTSYNC_WORLDS=all` plays besides: tens of millions of worlds, in many gigabytes.
const MORE: [Luck; 4] = [
    Luck { beats: 2, ..NO_LUCK_NEEDED },
    Luck { beats: 2, duplicates: 1, crashes: 1, ..NO_LUCK_NEEDED },
    Luck { early_ends: 2, beats: 1, ..NO_LUCK_NEEDED },
    Luck { crashes: 1, slow_workers: 1, beats: 1, ..NO_LUCK_NEEDED },
];

#[test]
fn whatever_dies_is_lost_or_is_slow_the_timer_brings_every_request_to_a_run() {
    let more =
        if std::env::var("LISTSYNC_WORLDS").is_ok_and(|worlds| worlds == "all") { &MORE[..] } else { &[] };
    let lucks = LUCKS.iter().chain(more);
    for (luck, has_early_event) in lucks.flat_map(|luck| [(*luck, false), (*luck, true)]) {
        // Only the queue knows of an event that precedes its change: where that is lost, nobody promised anything.
        if has_early_event && luck.losses > 0 {
            continue;
        }
        let worlds = play(System { luck, has_timer: true, has_early_event });
        assert!(worlds > 1000, "{worlds} worlds of {luck:?}");
    }
}

#[test]
fn the_timer_is_needed_where_a_message_is_lost() {
    let luck = Luck { losses: 1, ..NO_LUCK_NEEDED };
    let system = System { luck, has_timer: false, has_early_event: false };
    let checker = system.checker().spawn_bfs().join();
    assert!(
        checker.discovery("at rest nothing waits unseen").is_some(),
        "the model sees a request that is left"
    );
}

#[test]
fn a_burst_makes_few_messages() {
    let mut generations = Generations::default();
    let mut sent = 0;
    for _ in 0..1000 {
        generations = generations.raised();
        sent += u32::from(generations.announces(generations.requested));
    }
    assert_eq!(sent, 1);
    let (after, finished) = generations.finished(Some(Generation(400)));
    assert_eq!(finished, Finished::Moved(Generation(1000)));
    assert!(after.is_open() && !after.finished(Some(Generation(1000))).0.is_open());
    assert_eq!(after.finished(Some(Generation(7))).0.synced, Generation(400), "synced never falls");
}
