//! `listsync serve`: timer, worker and HTTP API in one process, until it is stopped.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use listsync_core::summary::Summary;
use listsync_engine::{
    credentials::{self, Holder},
    ports::{Call, Meter},
};
use listsync_http::{Api, Options, Pulse};
use listsync_wiring::{Entrance, Wired};
use serde_json::json;
use tokio::{net::TcpListener, sync::watch::Receiver, task::JoinHandle};

use super::work;
use crate::{
    cli::ServeArgs,
    host::{
        self, Loop,
        crew::{self, Bench, Ending, News, Worked},
    },
    output::{self, Form, Outcome, Refusal, Reply},
    server::{self, Bounds},
};

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// So long the directory may take to say what a credential carries.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn run(wired: &Wired, args: &ServeArgs, form: Form) -> Outcome {
    let listener = TcpListener::bind(args.listen).await.map_err(|error| deaf(args.listen, &error))?;
    let address = listener.local_addr().unwrap_or(args.listen);
    if !address.ip().is_loopback() {
        output::note(&open_to_all(address));
    }
    let stop = host::stop_signal()?;
    let [timer, worker] = ["timer", "worker"].map(|name| Pulse::new(name, host::BEAT));
    let bounds = Bounds::behind(wired.trusted_proxies.clone());
    let router = router(wired, vec![timer.clone(), worker.clone()])?;
    let api = tokio::spawn(server::serve(router, listener, (bounds, stop.clone())));
    output::note(&format!(
        "Timer and worker are running, the HTTP API at http://{address}. Ctrl-C ends them once the runs under way have ended. 'listsync console' opens its pages."
    ));
    let note = |news: News<'_>| match news {
        News::Run(summary) => match form {
            Form::Text => output::to_stdout(&format!("{}\n", in_short(summary))),
            Form::Json => output::note(&in_short(summary)),
        },
        other => work::tell(form, &other),
    };
    let bench = Bench::of(wired, worker);
    let working =
        async { crew::work(&bench, Ending::WhenStopped(stop.clone()), &note).await.map_err(Refusal::from) };
    let (ticks, (), (), (), worked, ()) = tokio::try_join!(
        async { Ok(tick(wired, timer, stop.clone()).await) },
        async {
            see_to_notices(wired, stop.clone()).await;
            Ok(())
        },
        async {
            tell(wired, stop.clone()).await;
            Ok(())
        },
        async {
            note_credential(wired, stop.clone()).await;
            Ok(())
        },
        working,
        unless_stopped(api, stop.clone()),
    )?;
    let Worked { handled, runs, .. } = worked;
    Ok(Reply::done(json!({"handled": handled, "runs": runs, "ticks": ticks}), work::handled(handled, runs)))
}

/// One line of a run, which a journal may keep for long: ids and counts. Who failed is in the summary, which an erasure
/// reaches.
fn in_short(summary: &Summary) -> String {
    let Summary { run, link, outcome, list, group, failures, .. } = summary;
    let more = match failures.len() {
        0 => String::new(),
        failed => {
            format!("; {} (listsync runs show {run})", output::count(failed as u64, "failure", "failures"))
        }
    };
    format!(
        "link {link}, run {run}: {outcome}; list +{} -{}, group +{} -{}{more}",
        list.added, list.removed, group.added, group.removed
    )
}

/// What is said where the API listens beyond this machine, as it has no TLS of its own.
fn open_to_all(address: SocketAddr) -> String {
    format!(
        "{} at {address} the HTTP API is open to other machines, without TLS: keys and people's data cross the network \
         for anybody to read. Put a reverse proxy with TLS before it, and listen at 127.0.0.1",
        output::yellow("warning:")
    )
}

/// The timer.
async fn tick(wired: &Wired, pulse: Pulse, stop: Receiver<bool>) -> u64 {
    let looping = Loop { name: "timer", every: host::BEAT, pulse };
    let step = || {
        let service = wired.service.clone();
        async move { listsync_timer::send_due(&service).await.map(drop) }
    };
    host::keep_going(&looping, stop, step).await
}

/// Tells people of trouble beside the timer, where there is a way to.
async fn tell(wired: &Wired, stop: Receiver<bool>) {
    let Some(alerting) = work::alerting(wired).filter(|alerting| !alerting.channels.is_empty()) else {
        return;
    };
    let pulse = Pulse::new("alerts", host::BEAT);
    let looping = Loop { name: "alerts", every: host::BEAT, pulse };
    let step = || {
        let (service, alerting) = (wired.service.clone(), alerting.clone());
        async move { listsync_timer::tell(&service, &alerting).await }
    };
    host::keep_going(&looping, stop, step).await;
}

/// Notes each day until when the credential holds, for whoever is to be told before its end.
async fn note_credential(wired: &Wired, stop: Receiver<bool>) {
    let is_told = wired.alerting().is_ok_and(|alerting| !alerting.channels.is_empty());
    if !is_told || wired.graph().is_err() {
        return;
    }
    let looping = Loop { name: "credential", every: DAY, pulse: Pulse::new("credential", DAY) };
    let step = || {
        let service = wired.service.clone();
        async move {
            let meter = Meter::default();
            let until = service.ports.clock.now() + PATIENCE;
            let noted = credentials::note(&service, Holder::Worker, Call { until, meter: &meter }).await;
            if let Err(error) = noted {
                tracing::info!(code = error.code, "what the credential carries was not noted: {error}");
            }
            Ok(())
        }
    };
    host::keep_going(&looping, stop, step).await;
}

/// Keeps change notifications alive beside the timer, where there is an address for them.
async fn see_to_notices(wired: &Wired, stop: Receiver<bool>) {
    let Some(post) = wired.post() else { return };
    let pulse = Pulse::new("change notifications", host::BEAT);
    let looping = Loop { name: "change notifications", every: host::BEAT, pulse };
    let step = || {
        let (service, post) = (wired.service.clone(), post.clone());
        async move { listsync_timer::see_to_notices(&service, &post).await }
    };
    host::keep_going(&looping, stop, step).await;
}

/// Waits for the stop, from which on the API takes nothing new: requests under way have their answers when the runs have
/// ended, or their callers ask again. An API that ends before is an error, so that the process ends with it, and whoever
/// watches it starts it again.
async fn unless_stopped(mut api: JoinHandle<()>, stop: Receiver<bool>) -> Result<(), Refusal> {
    tokio::select! {
        // Asked first: the API ends by the stop as well, and may have done so before this is looked at.
        biased;
        () = host::stopped(&stop) => Ok(()),
        _ = &mut api => {
            Err(Refusal::new("api_ended", "the HTTP API ended by itself", "start it again, and report this"))
        }
    }
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

fn router(wired: &Wired, pulses: Vec<Pulse>) -> Result<Router, Refusal> {
    let entrance =
        wired.entrance()?.map(|Entrance { sign_ins, url }| listsync_console::Entrance::new(sign_ins, &url));
    let public_url = wired.public_url.clone();
    // Without the settings for the directory all but making links works.
    let trusted_proxies = wired.trusted_proxies.clone();
    let options =
        Options { tenant: wired.tenant().ok(), public_url, trusted_proxies, pulses, ..Options::default() };
    let api = Api::new(wired.service.clone(), options);
    Ok(api.router().merge(listsync_console::router_with(api.operations(), entrance)))
}
