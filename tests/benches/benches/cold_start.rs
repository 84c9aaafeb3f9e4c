//! From the start of the process to its first question for an event.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use listsync_benches::Figure;
use listsync_end_to_end::{Function, World, binary};

const STARTS: usize = 31;
const API: &str = "listsync-api";
/// Names the folder of another build, whose API is started in turns with this one's.
const BESIDE: &str = "LISTSYNC_BESIDE_BIN_DIR";

pub(crate) async fn figures() -> Vec<Figure> {
    let world = World::of(1).await;
    let mut environment = world.environment();
    // Nothing is asked of them at the start.
    let aws = [
        ("LISTSYNC_STORE", "dynamodb:listsync"),
        ("LISTSYNC_QUEUE", "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/listsync"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    environment.extend(aws.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut figures = Vec::new();
    let bounds = [
        ("listsync-timer", 15.0),
        ("listsync-inbox", 15.0),
        ("listsync-worker", 25.0),
        ("listsync-api", 25.0),
    ];
    for (function, bound) in bounds {
        let [value] = medians(function, [&binary(function)], &environment).await;
        figures.push(Figure {
            what: format!("{function}: start to first /next, median"),
            value,
            bound,
            unit: "ms",
        });
    }
    if let Some(folder) = std::env::var_os(BESIDE) {
        figures.push(beside(Path::new(&folder), &environment).await);
    }
    figures
}

/// The API's start in terms of another build's.
async fn beside(folder: &Path, environment: &[(String, String)]) -> Figure {
    let (own, other) = (binary(API), folder.join(API));
    let [own, other] = medians(API, [&own, &other], environment).await;
    let what = format!("{API}: start beside the other's ({own:.1} ms, {other:.1} ms)");
    Figure { what, value: own / other, bound: 1.2, unit: "times" }
}

/// How long each of some builds of a function takes, in milliseconds: they start in turns, so that a machine that is busy slows
/// all of them.
async fn medians<const N: usize>(
    function: &str,
    binaries: [&PathBuf; N],
    environment: &[(String, String)],
) -> [f64; N] {
    // Each file is read once, before the clock runs.
    binaries.iter().for_each(|binary| drop(std::fs::read(binary)));
    let mut times = [const { Vec::new() }; N];
    for _ in 0..STARTS {
        for (binary, times) in binaries.iter().zip(&mut times) {
            times.push(start(binary, function, environment).await);
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[STARTS / 2].as_secs_f64() * 1_000.0
    })
}

async fn start(binary: &Path, function: &str, environment: &[(String, String)]) -> Duration {
    let began = Instant::now();
    let function = Function::start_at(binary, function, environment).await;
    function.ready().await;
    began.elapsed()
}
