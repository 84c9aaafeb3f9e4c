//! From the start of the process to its first question for an event.

use std::time::{Duration, Instant};

use listsync_benches::Figure;
use listsync_end_to_end::{Function, World, binary};

const STARTS: usize = 31;

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
        // It is built, and its file is read once, before the clock runs.
        drop(std::fs::read(binary(function)));
        let mut times = Vec::new();
        for _ in 0..STARTS {
            times.push(start(function, &environment).await);
        }
        times.sort_unstable();
        let value = times[STARTS / 2].as_secs_f64() * 1_000.0;
        figures.push(Figure {
            what: format!("{function}: start to first /next, median"),
            value,
            bound,
            unit: "ms",
        });
    }
    figures
}

async fn start(function: &str, environment: &[(String, String)]) -> Duration {
    let began = Instant::now();
    let function = Function::start(function, environment).await;
    function.ready().await;
    began.elapsed()
}
