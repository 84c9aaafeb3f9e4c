//! `listsync serve`: timer, worker and HTTP API in one process, until it is stopped.

use std::{io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware,
};
use listsync_http::{Options, Peer};
use listsync_wiring::Wired;
use serde_json::json;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch::{self, Receiver},
    time::sleep,
};

use super::work;
use crate::{
    cli::ServeArgs,
    crew::{self, Ending},
    output::{self, Form, Outcome, Refusal},
};

/// How often the timer looks for due links: one query of the store.
const TICK: Duration = Duration::from_secs(10);

pub(super) async fn run(wired: &Wired, args: &ServeArgs, form: Form) -> Outcome {
    let listener = TcpListener::bind(args.listen).await.map_err(|error| deaf(args.listen, &error))?;
    let address = listener.local_addr().unwrap_or(args.listen);
    if !address.ip().is_loopback() {
        output::note(&open_to_all(address));
    }
    let stop = stop_signal()?;
    let api = tokio::spawn(api(router(wired), listener, stop.clone()));
    output::note(&format!(
        "Timer and worker are running, the HTTP API at http://{address}. Ctrl-C ends them once the runs under way have ended."
    ));
    let tell = |news: crew::News<'_>| work::tell(form, &news);
    let (ticks, worked) =
        tokio::join!(tick_until(wired, stop.clone()), crew::work(wired, Ending::When(stop), &tell));
    let mut reply = work::reply(&worked?);
    // Requests under way have their answers by now, or their callers ask again.
    api.abort();
    reply.document["ticks"] = json!(ticks);
    reply.exit = 0;
    Ok(reply)
}

/// What is said where the API listens beyond this machine, as it has no TLS of its own.
fn open_to_all(address: SocketAddr) -> String {
    format!(
        "{} at {address} the HTTP API is open to other machines, without TLS: keys and people's data cross the network \
         for anybody to read. Put a reverse proxy with TLS before it, and listen at 127.0.0.1",
        output::yellow("warning:")
    )
}

/// Why the API cannot listen, and what to do.
fn deaf(address: SocketAddr, error: &io::Error) -> Refusal {
    let (why, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            "another program listens there already, perhaps another 'listsync serve'".to_owned(),
            "end that one, or choose another port: listsync serve --listen 127.0.0.1:8081",
        ),
        io::ErrorKind::AddrNotAvailable => (
            "this machine has no such address".to_owned(),
            "give one of its own, or 0.0.0.0 for all of them, with --listen",
        ),
        io::ErrorKind::PermissionDenied => (
            "that is not permitted".to_owned(),
            "ports below 1024 are reserved: choose a higher one with --listen",
        ),
        _ => (error.to_string(), "give another address with --listen ADDRESS:PORT"),
    };
    Refusal::new("listen", format!("the HTTP API cannot listen at {address}: {why}"), hint)
}

fn router(wired: &Wired) -> Router {
    let public_url = wired.public_url.clone();
    // Without the settings for the directory all but making links works.
    let options = Options { tenant: wired.tenant().ok(), public_url, ..Options::default() };
    listsync_http::router(wired.service.clone(), options).layer(middleware::map_request(named))
}

/// Names where a request comes from.
async fn named(ConnectInfo(peer): ConnectInfo<SocketAddr>, mut request: Request) -> Request {
    request.extensions_mut().insert(Peer(peer.ip().to_string()));
    request
}

async fn api(router: Router, listener: TcpListener, mut stop: Receiver<bool>) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        let _ = stop.wait_for(|stopped| *stopped).await;
    };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
        output::note(&format!("{} {error}", output::yellow("the HTTP API:")));
    }
}

/// Ticks until it is stopped. A tick that fails is told and tried again: nothing is lost by it.
async fn tick_until(wired: &Wired, mut stop: Receiver<bool>) -> u64 {
    let (mut ticks, post) = (0, wired.post());
    while !*stop.borrow() {
        if let Err(error) = listsync_timer::handle(&wired.service, post.as_ref()).await {
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
