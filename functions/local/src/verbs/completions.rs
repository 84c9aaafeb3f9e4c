//! `listsync completions`: a script for a shell.

use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::json;

use crate::{
    cli::Cli,
    output::{Outcome, Reply},
};

pub(super) fn run(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "listsync", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Ok(Reply::done(json!({"shell": shell.to_string(), "script": script}), script).into_file())
}
