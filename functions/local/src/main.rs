//! `listsync`: the operator's command line, and timer and worker on one machine.

use std::process::ExitCode;

use listsync_wiring::Environment;

mod cli;
mod demo;
mod find;
mod host;
mod output;
mod progress;
mod server;
mod start;
mod verbs;
mod view;

fn main() -> ExitCode {
    let (cli, form) = match start::parse() {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    // Before any thread is started, because it completes the process environment.
    let environment = Environment::load();
    start::log();
    let outcome = start::runtime().and_then(|runtime| {
        let outcome = runtime.block_on(verbs::run(&cli.verb, form, environment));
        runtime.shutdown_background();
        outcome
    });
    output::print(form, &outcome)
}
