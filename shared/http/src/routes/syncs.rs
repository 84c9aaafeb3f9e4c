//! Syncing a link on demand.

use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    id::LinkId,
    link::LinkStatus,
    trigger::{Generation, Reason},
};
use listsync_engine::trigger;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    ask::{Asked, Named},
    documents::summary::SummaryDocument,
    problem::Problem,
    within::Within,
};

const LONGEST_WAIT: u16 = 60;
/// So long before its time is over a request that waits is answered.
const SPARE: Duration = Duration::from_secs(2);

/// How a sync is asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SyncQuery {
    /// So many seconds the answer waits for the summary.
    #[param(minimum = 0, maximum = 60, default = 0)]
    wait: Option<u16>,
    /// Refused: a run that is asked for here is answered by whichever comes first, and does whatever is due then. To keep to a
    /// plan: `listsync sync LIST --plan DIGEST`.
    plan: Option<String>,
}

/// A sync that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct SyncDocument {
    /// The link.
    link: String,
    /// The number of the request.
    generation: u64,
    /// Whether a run has taken it in.
    state: SyncState,
    /// The last run, once one has.
    run: Option<SummaryDocument>,
}

/// Whether a run has taken a request in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SyncState {
    /// Not yet.
    Pending,
    /// One has.
    Done,
}

/// Asks for a run of the link now. With `wait`, the answer is its summary if it finishes in that time.
#[utoipa::path(post, path = "/v1/links/{link}/sync", tag = "links", params(
        ("link" = String, Path, description = "A link's id."), SyncQuery),
    responses(
        (status = 200, description = "It ran: the summary.", body = SummaryDocument),
        (status = 202, description = "It will run; Location tells where to look.", body = SyncDocument)))]
pub(crate) async fn start(
    app: Within,
    Named([link]): Named<1>,
    Asked(query): Asked<SyncQuery>,
) -> Result<Response, Problem> {
    let wait = query.wait.unwrap_or(0);
    if wait > LONGEST_WAIT {
        return Err(Problem::parameter("wait", format!("wait is 0 to {LONGEST_WAIT} seconds")));
    }
    if query.plan.is_some() {
        return Err(Problem::conflict(
            "plan_not_queued",
            "a run that is queued is done by whichever comes first, and does whatever is due then",
        )
        .hint("to keep to a plan: listsync sync LIST --plan DIGEST"));
    }
    let Requested { link, generation } = request(&app, &link).await?;
    // The answer has to be on its way before the request is broken off.
    let longest = app.options.limits.time.saturating_sub(SPARE);
    let patience = Duration::from_secs(wait.into()).min(longest);
    if let Some(run) = trigger::await_summary(app.ports(), (&link, generation), patience).await? {
        return Ok(Json(SummaryDocument::load(app.ports(), run).await?).into_response());
    }
    let location = format!("/v1/links/{link}/syncs/{}", generation.0);
    let looked = document(&link, generation, None);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(looked)).into_response())
}

/// A run that was asked for.
pub(crate) struct Requested {
    /// Of this link.
    pub(crate) link: LinkId,
    /// The number of the request.
    pub(crate) generation: Generation,
}

/// Asks for it.
pub(crate) async fn request(app: &Within, link: &str) -> Result<Requested, Problem> {
    let link = app.link(link).await?.link;
    runnable(link.status)?;
    let generation = trigger::raise(app.ports(), &link.id, Reason::OnDemand).await?;
    Ok(Requested { link: link.id, generation })
}

/// Whether a run has taken in a sync that was asked for.
#[utoipa::path(get, path = "/v1/links/{link}/syncs/{generation}", tag = "links", params(
        ("link" = String, Path, description = "A link's id."),
        ("generation" = u64, Path, description = "The number of the request.")),
    responses((status = 200, description = "What became of it so far.", body = SyncDocument)))]
pub(crate) async fn one(
    app: Within,
    Named([link, generation]): Named<2>,
) -> Result<Json<SyncDocument>, Problem> {
    let state = app.link(&link).await?;
    let known = generation.parse().ok().filter(|number| (1..=state.requested.0).contains(number));
    let generation = Generation(known.ok_or_else(|| Problem::missing("sync"))?);
    let run = match trigger::summary_of(app.ports(), &state.link.id, generation).await? {
        Some(run) => Some(SummaryDocument::load(app.ports(), run).await?),
        None => None,
    };
    Ok(Json(document(&state.link.id, generation, run)))
}

fn runnable(status: LinkStatus) -> Result<(), Problem> {
    match status {
        LinkStatus::Active => Ok(()),
        LinkStatus::Paused => Err(Problem::conflict("paused", "the link is paused").hint("resume it")),
        LinkStatus::Halted(_) => Err(Problem::conflict("halted", format!("the link is {status}"))
            .hint("put that right, and resume it")),
    }
}

fn document(link: &LinkId, generation: Generation, run: Option<SummaryDocument>) -> SyncDocument {
    let state = if run.is_some() { SyncState::Done } else { SyncState::Pending };
    SyncDocument { link: link.to_string(), generation: generation.0, state, run }
}
