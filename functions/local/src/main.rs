//! `listsync`: the operator's command line, and timer and worker on one machine.

use std::{process::ExitCode, time::Duration};

use listsync_wiring::Environment;

mod cli;
mod confirm;
mod demo;
mod find;
mod host;
mod output;
mod progress;
mod server;
mod start;
mod verbs;
mod view;

/// How long the process waits at its end for what cannot be broken off.
const LAST_MOMENT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    verbs::answer_completion();
    let (cli, form) = match start::parse() {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    // Before any thread is started, because it completes the process environment.
    let environment = Environment::load();
    start::log();
    let outcome = start::runtime().and_then(|runtime| {
        let outcome = runtime.block_on(verbs::run(&cli.verb, form, environment));
        // Tasks that were left behind end here and let go of the store, which so is closed in good order.
        runtime.shutdown_timeout(LAST_MOMENT);
        outcome
    });
    output::print(form, &outcome)
}
