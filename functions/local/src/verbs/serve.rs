//! `listsync serve`: timer and worker in one process, until it is stopped.

use std::time::Duration;

use listsync_engine::Ports;
use listsync_wiring::Wired;
use serde_json::json;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch::{self, Receiver},
    time::sleep,
};

use super::work;
use crate::{
    crew::{self, Ending},
    output::{self, Form, Outcome, Refusal},
};

/// How often the timer looks for due links: one query of the store.
const TICK: Duration = Duration::from_secs(10);

pub(super) async fn run(wired: &Wired, form: Form) -> Outcome {
    let stop = stop_signal()?;
    output::note("Timer and worker are running. Ctrl-C ends them once the runs under way have ended.");
    let tell = |news: crew::News<'_>| work::tell(form, &news);
    let (ticks, worked) =
        tokio::join!(tick_until(&wired.ports, stop.clone()), crew::work(wired, Ending::When(stop), &tell));
    let mut reply = work::reply(&worked?);
    reply.document["ticks"] = json!(ticks);
    reply.exit = 0;
    Ok(reply)
}

/// Ticks until it is stopped. A tick that fails is told and tried again: nothing is lost by it.
async fn tick_until(ports: &Ports, mut stop: Receiver<bool>) -> u64 {
    let mut ticks = 0;
    while !*stop.borrow() {
        if let Err(error) = listsync_timer::handle(ports).await {
            output::note(&format!("{} {error}. {}", output::yellow("the timer:"), error.hint));
        }
        ticks += 1;
        tokio::select! {
            () = sleep(TICK) => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }
    ticks
}

/// Turns true at the first Ctrl-C or SIGTERM; the second ends the process at once, which loses nothing either.
pub(super) fn stop_signal() -> Result<Receiver<bool>, Refusal> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Refusal::new("signals", format!("signals cannot be received: {error}"), ""))
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        output::note("Stopping once the runs under way have ended; once more ends at once.");
        let _ = sender.send(true);
        either(&mut interrupt, &mut terminate).await;
        std::process::exit(130);
    });
    Ok(receiver)
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
