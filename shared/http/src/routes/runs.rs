//! Runs: what they did and to whom, and what failed in them.

use axum::{
    Json,
    extract::OriginalUri,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    effects::DonePlace,
    id::{ListId, RunId},
    summary::Summary,
};
use listsync_engine::{
    effects::{self, RecordedPage},
    history,
    ports::Fault,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::imports::wants_csv;
use crate::{
    ask::{Asked, Named},
    documents::{
        effects::{EffectDocument, csv},
        failures,
        summary::{SummaryDocument, SummarySchema},
    },
    page::{Page, PageQuery, Wanted, next_header},
    problem::Problem,
    within::{Within, not_bound},
};

/// So many runs are looked through at most for those that the caller may see.
const FARTHEST: usize = 20_000;

/// Which runs.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u16>,
    /// Of this link only.
    pub link: Option<String>,
}

/// The summaries of finished runs, newest first.
#[utoipa::path(get, path = "/v1/runs", tag = "runs", params(RunsQuery),
    responses((status = 200, description = "A page of summaries.", body = Page<SummarySchema>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<RunsQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(page_of(&app, &query).await?.answer(&uri))
}

/// The summaries, by page.
pub(crate) async fn page_of(app: &Within, query: &RunsQuery) -> Result<Page<Summary>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let link = match &query.link {
        Some(link) => Some(app.link(link).await?.link.id),
        None => None,
    };
    let runs = &app.ports().runs;
    let (mut last, mut found, mut looked) = (wanted.after_id::<RunId>()?, Vec::new(), 0);
    loop {
        let read = match &last {
            None => runs.latest(link.as_ref(), wanted.limit + 1).await,
            Some(run) => runs.earlier(run, link.as_ref(), wanted.limit + 1).await,
        };
        let read = read.map_err(|error| if error.fault == Fault::Gone { stale() } else { error.into() })?;
        looked += read.len();
        let is_all = read.len() <= wanted.limit || looked >= FARTHEST;
        last = read.last().map(|run| run.run.clone());
        found.extend(read.into_iter().filter(|run| is_own(app, run)));
        // A caller who is bound to lists may see none of a whole page.
        if is_all || found.len() > wanted.limit {
            return Ok(Page::cut(found, wanted.limit, |run: &Summary| run.run.to_string()));
        }
    }
}

fn stale() -> Problem {
    Problem::parameter("cursor", "the run that this cursor names is not kept any more")
        .hint("begin without a cursor")
}

/// One summary.
#[utoipa::path(get, path = "/v1/runs/{run}", tag = "runs",
    params(("run" = String, Path, description = "A run's id.")),
    responses((status = 200, description = "The summary.", body = SummaryDocument)))]
pub(crate) async fn one(app: Within, Named([run]): Named<1>) -> Result<Json<SummaryDocument>, Problem> {
    let summary = load(&app, &run).await?;
    Ok(Json(SummaryDocument::load(app.ports(), summary).await?))
}

/// What failed in a run, a row each, for a spreadsheet.
#[utoipa::path(get, path = "/v1/runs/{run}/failures.csv", tag = "runs",
    params(("run" = String, Path, description = "A run's id.")),
    responses((status = 200, description = "A row per failure.", body = String, content_type = "text/csv")))]
pub(crate) async fn failures_csv(app: Within, Named([run]): Named<1>) -> Result<Response, Problem> {
    Ok(csv_answer(StatusCode::OK, failures_of(&app, &run).await?.into_bytes(), "failures.csv"))
}

/// What failed in it, as CSV.
pub(crate) async fn failures_of(app: &Within, run: &str) -> Result<String, Problem> {
    Ok(failures::csv(&load(app, run).await?))
}

/// Whom a run added and removed, the newest batch first, or, where Accept asks for text/csv, the same as a table. It is kept
/// for as long as the setting `effects-keep` says.
#[utoipa::path(get, path = "/v1/runs/{run}/members", tag = "runs",
    params(("run" = String, Path, description = "A run's id."), PageQuery),
    responses((status = 200, description = "A page of effects.",
        content((Page<EffectDocument> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn members(
    app: Within,
    Named([run]): Named<1>,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = effects_of(&app, &run, &query).await?;
    if !wants_csv(&headers) {
        return Ok(page.answer(&uri));
    }
    let file = csv_answer(StatusCode::OK, csv(&page.items).into_bytes(), "members.csv");
    Ok((next_header(page.next.as_deref(), &uri), file).into_response())
}

/// Whom it added and removed, by page.
pub(crate) async fn effects_of(
    app: &Within,
    run: &str,
    query: &PageQuery,
) -> Result<Page<EffectDocument>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let from = wanted.after.as_deref().map(str::parse::<DonePlace>).transpose();
    let from = from.map_err(|_| Problem::parameter("cursor", "this is no cursor of a run's members"))?;
    let summary = load(app, run).await?;
    let Some(runs) = effects::WhichRuns::of_run(&summary) else { return Ok(Page::of(Vec::new(), None)) };
    let RecordedPage { items, next } = effects::page(app.ports(), &runs, from.as_ref(), wanted.limit).await?;
    let items = history::traced(&app.service, &runs.list, items).await?;
    let items: Vec<EffectDocument> = items.iter().map(EffectDocument::of).collect();
    Ok(Page::of(items, next.as_ref().map(ToString::to_string)))
}

pub(super) async fn load(app: &Within, run: &str) -> Result<Summary, Problem> {
    let found = match RunId::parse(run) {
        Ok(id) => app.ports().runs.load(&id).await?,
        Err(_) => None,
    };
    let missing = if app.bound_to().is_some() { not_bound } else { Problem::missing };
    found.filter(|run| is_own(app, run)).ok_or_else(|| missing("run"))
}

/// Whether a run is of a list of the caller's. A summary names its list as text, which is empty in none that a run saved.
fn is_own(app: &Within, run: &Summary) -> bool {
    app.bound_to().is_none() || ListId::parse(&run.list.id).is_ok_and(|list| app.covers(&list))
}

/// A CSV file as an answer.
pub(crate) fn csv_answer(status: StatusCode, file: Vec<u8>, name: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (status, headers, file).into_response()
}
