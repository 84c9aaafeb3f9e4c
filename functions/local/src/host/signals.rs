//! Ctrl-C and SIGTERM.

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch::{self, Receiver},
};

use crate::output::{self, Refusal};

/// Turns true at the first Ctrl-C or SIGTERM; the second ends the process at once, which loses nothing either.
pub(crate) fn stop_signal() -> Result<Receiver<bool>, Refusal> {
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

/// Waits for the stop.
pub(crate) async fn stopped(stop: &Receiver<bool>) {
    let _ = stop.clone().wait_for(|stopped| *stopped).await;
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
