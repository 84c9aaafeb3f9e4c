//! Microsoft Graph and its token endpoint on this machine, to try listsync on as on a real tenant.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use listsync_graph_emulator::{
    Care, Control, Emulator, Lag, Running, Settings, StartError, Throttle, sample,
};

#[derive(Debug, Parser)]
#[command(
    version,
    about = "A stateful Microsoft Graph v1.0 with a sample tenant, over TLS",
    after_help = "Example:\n  listsync-graph-emulator --env-out emulator.env --people-out people.csv\n  \
                  # in another terminal: set -a; . ./emulator.env; set +a; listsync doctor"
)]
struct Options {
    /// Port on the loopback address; 0 takes any that is free
    #[arg(long, default_value_t = 8443)]
    port: u16,
    /// How many people the sample tenant has
    #[arg(long, default_value_t = 2_000)]
    people: usize,
    /// Seed of the people, of ids and of replicas
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How far reads may lag behind writes, for instance 15m
    #[arg(long, default_value = "0s", value_parser = duration)]
    lag: Duration,
    /// Time added to each request, for instance 50ms
    #[arg(long, default_value = "0s", value_parser = duration)]
    latency: Duration,
    /// Lift the limits on resource units and writes
    #[arg(long)]
    unthrottled: bool,
    /// How long an access token lives, for instance 1m
    #[arg(long, default_value = "3599s", value_parser = duration)]
    token_life: Duration,
    /// Application permissions of the registered application [default: the least that a sync needs]
    #[arg(long, value_delimiter = ',')]
    roles: Vec<String>,
    /// Where people who sign in are sent back to, such as http://localhost:8080/sign-in/back; may be repeated
    #[arg(long, value_name = "URL")]
    redirect: Vec<String>,
    /// Let scripts steer it under /emulator/
    #[arg(long)]
    control: bool,
    /// Where the certificate authority is written
    #[arg(long, default_value = "./listsync-emulator-ca.pem")]
    ca_out: PathBuf,
    /// A file that gets the settings as NAME=VALUE lines too
    #[arg(long)]
    env_out: Option<PathBuf>,
    /// A CSV file that gets some of its people, to be imported
    #[arg(long)]
    people_out: Option<PathBuf>,
}

/// How many of the people are in the file.
const IN_FILE: usize = 40;

#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("could not start the emulator")]
    Start(#[from] StartError),
    #[error("could not write {path}")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("could not wait for Ctrl-C")]
    Signal(#[source] std::io::Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = format!("error: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                text.push_str(&format!(": {inner}"));
                cause = inner.source();
            }
            // Nothing is left to do if standard error is closed.
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), RunError> {
    let settings = Settings {
        lag: Lag { max: options.lag, ..Settings::default().lag },
        latency: options.latency,
        throttle: if options.unthrottled { Throttle::Off } else { Settings::default().throttle },
        access_token_life: options.token_life,
        ..Settings::default()
    };
    let control = if options.control { Control::On } else { Control::Off };
    let mut emulator = Emulator::builder()
        .care(Care::Noted)
        .port(options.port)
        .seed(options.seed)
        .settings(settings)
        .redirects(options.redirect.iter().cloned())
        .control(control);
    if !options.roles.is_empty() {
        emulator = emulator.roles(options.roles.iter().cloned());
    }
    let running = emulator.start().await?;
    let tenant = sample::tenant(&running.tenant(), options.people, options.seed);
    write(&options.ca_out, &running.ca_pem)?;
    if let Some(path) = &options.people_out {
        let rows = tenant.people.iter().take(IN_FILE);
        let rows = rows.map(|(person, _)| format!("{},{}\n", person.address, person.name()));
        write(path, &format!("email,name\n{}", rows.collect::<String>()))?;
    }
    announce(options, &running)?;
    tokio::signal::ctrl_c().await.map_err(RunError::Signal)
}

/// Prints what to export, exactly as it is set for a real tenant.
fn announce(options: &Options, running: &Running) -> Result<(), RunError> {
    let ca = std::path::absolute(&options.ca_out).unwrap_or_else(|_| options.ca_out.clone());
    let environment = running.environment(&ca);
    if let Some(path) = &options.env_out {
        let lines: String = environment.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        write(path, &lines)?;
    }
    let mut text = format!("# Microsoft Graph for {} people at {}\n", options.people, running.graph_url);
    for (name, value) in environment {
        text.push_str(&format!("export {name}={value}\n"));
    }
    for group in running.tenant().groups() {
        text.push_str(&format!("# group {} {}\n", group.id, group.display_name));
    }
    text.push_str("# Ctrl-C ends it.\n");
    let mut out = std::io::stdout().lock();
    let stdout = |source| RunError::Write { path: PathBuf::from("standard output"), source };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(stdout)
}

fn write(path: &Path, text: &str) -> Result<(), RunError> {
    std::fs::write(path, text).map_err(|source| RunError::Write { path: path.to_owned(), source })
}

/// A number with one of the units ms, s, m, h, d.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 =
        text[..digits].parse().map_err(|_| format!("'{text}' does not start with a whole number"))?;
    let unit_ms = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        other => return Err(format!("'{other}' is not one of the units ms, s, m, h, d")),
    };
    Ok(Duration::from_millis(number.saturating_mul(unit_ms)))
}
