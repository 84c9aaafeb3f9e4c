//! `listsync sync`: all links of a list, or one, now, until they are done.

use std::time::Duration;

use listsync_core::{
    duration,
    effects::Done,
    id::LinkId,
    link::LinkStatus,
    plan::Shown,
    shell::Quoted,
    summary::{ExternalCounts, Outcome as Ending, SideCounts, Summary},
    trigger::Reason,
};
use listsync_engine::{
    Ports,
    effects::{self, WhichRuns},
    ports::{LinkState, PortResult},
    preview,
    run::{Next, Ran, RunRequest, run as run_link, run_shown},
    service::Service,
    worker,
};
use listsync_http::documents::summary::SummaryDocument;
use serde_json::{Value, json};
use tokio::{sync::watch::Receiver, time::sleep};

use super::{doctor, each::Each};
use crate::{
    cli::{SomeLinks, SyncArgs},
    find, host,
    output::{self, Outcome, Refusal, Reply},
    progress::Bars,
    view,
};

/// How long one run goes on before it saves its progress and another begins.
const BUDGET: Duration = Duration::from_secs(3600);
/// How long the directory is waited for in all, pause after pause: what is left then goes on with the link's next run.
const PATIENCE: Duration = Duration::from_secs(3600);
/// How often a lease that somebody else holds is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How often all links of a list have a turn: what one does to the list, the others carry on, and what that calls for is theirs
/// once more. What is left then goes on with the worker, as after any sync.
const TURNS: usize = 3;

/// `listsync sync`, keeping to a plan where one is named.
pub(super) async fn sync(service: &Service, args: &SyncArgs) -> Outcome {
    match &args.plan {
        None => run(&service.ports, &args.some).await,
        Some(digest) => as_shown(service, &args.some, digest).await,
    }
}

/// Runs the one link whose plan was shown under this digest. The run is not asked for: whoever answered that would do whatever
/// is due.
async fn as_shown(service: &Service, some: &SomeLinks, digest: &str) -> Outcome {
    let ports = &service.ports;
    for LinkState { link, .. } in find::links(ports, some).await? {
        let recalled = preview::recall(service.seen.as_ref(), &link.id, digest, ports.clock.now()).await?;
        let Some(shown) = recalled else { continue };
        let name = find::list_name(ports, &link.list).await?;
        let sought = Sought { link: &link.id, name: &name, shown: Some(shown) };
        let summary = until_done(ports, sought, host::stop_signal()?).await.map_err(Refusal::from);
        return answer(ports, summary).await;
    }
    Err(Refusal::new(
        "no_such_plan",
        format!("no plan of '{}' was shown under the digest '{digest}' within the last 24 hours", some.list),
        format!("look at it again: listsync plan {}", Quoted(&some.list)),
    ))
}

/// What is run, under which name it is shown, and the plan that it keeps to.
struct Sought<'a> {
    link: &'a LinkId,
    name: &'a str,
    shown: Option<Shown>,
}

pub(super) async fn run(ports: &Ports, some: &SomeLinks) -> Outcome {
    let found = find::links(ports, some).await?;
    let mut each = Each::of("runs", found.len());
    let links = unpaused(found);
    let stop = host::stop_signal()?;
    let mut summaries: Vec<Option<Result<Summary, Refusal>>> = links.iter().map(|_| None).collect();
    for state in &links {
        ports.links.request(&state.link.id, None).await?;
    }
    for turn in 0..TURNS {
        for (state, so_far) in links.iter().zip(&mut summaries) {
            let is_due = match (turn, &so_far) {
                (0, _) => true,
                _ if links.len() == 1 => false,
                (_, Some(Ok(_))) => is_asked_again(ports, &state.link.id).await?,
                _ => false,
            };
            if !is_due || (turn > 0 && *stop.borrow()) {
                continue;
            }
            let name = find::list_name(ports, &state.link.list).await?;
            let sought = Sought { link: &state.link.id, name: &name, shown: None };
            let ran = until_done(ports, sought, stop.clone()).await;
            *so_far = Some(match (so_far.take(), ran) {
                (Some(Ok(earlier)), Ok(later)) => Ok(together(earlier, later)),
                (_, ran) => ran.map_err(Refusal::from),
            });
        }
    }
    for (LinkState { link, .. }, summary) in links.iter().zip(summaries) {
        let Some(summary) = summary else { continue };
        let name = find::list_name(ports, &link.list).await?;
        each.add((link, &name), answer(ports, summary).await)?;
    }
    Ok(each.into_reply())
}

/// Who paused one of several links wants the others to go on without it.
fn unpaused(mut links: Vec<LinkState>) -> Vec<LinkState> {
    let is_paused = |state: &LinkState| state.link.status == LinkStatus::Paused;
    if links.len() > 1 && !links.iter().all(is_paused) {
        for state in links.extract_if(.., |state| is_paused(state)) {
            output::note(&format!("The link to {} is paused.", view::place(&state.link)));
        }
    }
    links
}

/// Whether a run of another link changed the list since the link's own.
async fn is_asked_again(ports: &Ports, link: &LinkId) -> PortResult<bool> {
    Ok(ports.links.load(link).await?.is_some_and(|state| state.requested > state.synced))
}

async fn answer(ports: &Ports, summary: Result<Summary, Refusal>) -> Outcome {
    let summary = summary?;
    let hint = match summary.exit_code() {
        1 => doctor::missing_permissions(ports).await,
        _ => String::new(),
    };
    Ok(reply(&SummaryDocument::load(ports, summary).await?, &hint))
}

/// The answer for one summary: where nothing was done, the document says so as every error does.
fn reply(shown: &SummaryDocument, hint: &str) -> Reply {
    let SummaryDocument { summary, unsettled } = shown;
    let mut document = json!(shown);
    let exit = summary.exit_code();
    if let (1, Value::Object(fields)) = (exit, &mut document) {
        let hint = if hint.is_empty() { summary.hint.as_str() } else { hint };
        let error = Refusal::new(&summary.reason, summary.message.as_str(), hint);
        fields.extend(error.document().as_object().cloned().unwrap_or_default());
    }
    let people = view::out_of_step(unsettled);
    Reply::done(document, format!("{}{hint}{people}", summary.window(view::moment))).exiting(exit)
}

/// Runs the link, waits while another run has it or the directory asks to wait, and goes on until nothing is left or it is
/// stopped: then the run under way saves its progress and ends in good order, and the request stays open for the next one.
async fn until_done(ports: &Ports, sought: Sought<'_>, stop: Receiver<bool>) -> PortResult<Summary> {
    let Sought { link, name, mut shown } = sought;
    let bars = Bars::default();
    let mut reason = Reason::OnDemand;
    let mut so_far: Option<Summary> = None;
    let mut is_waiting = false;
    let mut waited = Duration::ZERO;
    loop {
        let until = ports.clock.now() + BUDGET;
        let request = RunRequest { run: listsync_worker::new_run_id(), link: link.clone(), reason, until };
        let watch = bars.bar(name).until(&stop);
        let Ran { summary, next } = match &shown {
            Some(shown) => run_shown(ports, &request, shown, &watch).await?,
            None => run_link(ports, &request, &watch).await?,
        };
        if let (Some(whole), Next::Continue(_) | Next::RetryAfter(_)) = (&mut shown, &next) {
            // What goes on from here is what is left of the plan.
            *whole = std::mem::take(whole).without(&done_by(ports, &summary).await?);
        }
        let is_stopped = *stop.borrow();
        if let (Next::Busy(_), false) = (&next, is_stopped) {
            if !std::mem::replace(&mut is_waiting, true) {
                output::note(
                    "Another run of this link is under way, or was killed: waiting until its lease ends.",
                );
            }
            rest(LOOK, &stop).await;
            continue;
        }
        let summary = match so_far.take() {
            Some(earlier) => together(earlier, summary),
            None => summary,
        };
        match next {
            Next::Continue(_) | Next::RetryAfter(_) if is_stopped => return Ok(summary),
            Next::Continue(_) => {}
            Next::RetryAfter(wait) if summary.outcome == Ending::Continued && waited + wait <= PATIENCE => {
                waited += wait;
                output::note(&format!("The directory asks to wait for {}.", duration::format(wait)));
                rest(wait, &stop).await;
                if *stop.borrow() {
                    return Ok(summary);
                }
            }
            // The directory is not to be had: the person decides when to try again.
            Next::RetryAfter(_) | Next::Done | Next::Busy(_) => return Ok(summary),
            Next::FollowUp(generation) => {
                // Somebody asked again during the run: that is the worker's.
                worker::follow_up(ports, link, next, generation).await?;
                return Ok(summary);
            }
        }
        so_far = Some(summary);
        reason = Reason::Continuation;
    }
}

/// What a run did.
async fn done_by(ports: &Ports, summary: &Summary) -> PortResult<Vec<Done>> {
    let recorded = match WhichRuns::of_run(summary) {
        Some(runs) => effects::all(ports, &runs).await?,
        None => Vec::new(),
    };
    Ok(recorded.into_iter().map(|one| one.done).collect())
}

/// Waits so long, or until it is stopped.
async fn rest(time: Duration, stop: &Receiver<bool>) {
    tokio::select! {
        () = sleep(time) => {}
        () = host::stopped(stop) => {}
    }
}

/// One summary of a run and the one that went on from it.
fn together(earlier: Summary, later: Summary) -> Summary {
    let side = |earlier: SideCounts, later: SideCounts| SideCounts {
        id: later.id,
        name: later.name,
        added: earlier.added + later.added,
        removed: earlier.removed + later.removed,
        add_failed: earlier.add_failed + later.add_failed,
        remove_failed: earlier.remove_failed + later.remove_failed,
    };
    let mut failures = earlier.failures;
    failures.extend(later.failures);
    let mut graph = later.graph;
    graph.requests += earlier.graph.requests;
    graph.writes += earlier.graph.writes;
    Summary {
        trigger: earlier.trigger,
        started_at: earlier.started_at,
        read: earlier.read,
        list: side(earlier.list, later.list),
        group: side(earlier.group, later.group),
        external: ExternalCounts {
            added: earlier.external.added + later.external.added,
            removed: earlier.external.removed + later.external.removed,
            invited: earlier.external.invited + later.external.invited,
        },
        failures,
        graph,
        duration_ms: earlier.duration_ms + later.duration_ms,
        ..later
    }
}
