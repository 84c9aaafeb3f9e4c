//! What happens before a verb runs.

use std::{ffi::OsStr, io::stderr, process::ExitCode};

use clap::{Parser as _, error::ErrorKind};
use listsync_wiring::function::logged;
use tokio::runtime::{Builder, Runtime};
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::{
    cli::Cli,
    output::{self, Form, Refusal},
};

/// Reads the command line. A wrong one exits with 1, as 2 says that changes are pending; help exits with 0.
pub(crate) fn parse() -> Result<(Cli, Form), ExitCode> {
    let error = match Cli::try_parse() {
        Ok(cli) => {
            let form = if cli.json { Form::Json } else { Form::Text };
            return Ok((cli, form));
        }
        Err(error) => error,
    };
    let is_json = std::env::args_os().any(|word| word == OsStr::new("--json"));
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Err(ExitCode::SUCCESS)
        }
        _ if is_json => {
            let message = error.to_string();
            let message = message.trim().trim_start_matches("error: ");
            let refusal = Refusal::new("usage", message, "see 'listsync --help'");
            Err(output::print(Form::Json, &Err(refusal)))
        }
        _ => {
            let _ = error.print();
            Err(ExitCode::FAILURE)
        }
    }
}

/// Log lines go to standard error; `LISTSYNC_LOG` says which, as `warn` or `listsync_engine=debug`.
pub(crate) fn log() {
    let filter = logged(Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(stderr).with_ansi(false);
    tracing_subscriber::registry().with(filter).with(lines).init();
}

/// The threads that everything runs on.
pub(crate) fn runtime() -> Result<Runtime, Refusal> {
    Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Refusal::new(
            "threads",
            format!("the program's threads could not be started: {error}"),
            "free some memory",
        )
    })
}
