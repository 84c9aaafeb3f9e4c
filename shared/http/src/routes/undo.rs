//! Taking back what a run did.

use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    audit::ObjectKind,
    id::{LinkId, ListId},
    schedule::later,
    summary::Summary,
};
use listsync_engine::{
    ports::{Call, Meter},
    undo::{self, Proposal},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::runs::load;
use crate::{
    ask::{Named, Told},
    documents::undo::{UndoDocument, UndoneDocument},
    problem::Problem,
    within::Within,
};

/// So long before its time is over a request stops asking the directory.
const SPARE: Duration = Duration::from_secs(2);

/// What would take a run back on both sides, and from whom it would not be taken. Nothing is changed.
#[utoipa::path(get, path = "/v1/runs/{run}/undo", tag = "runs",
    params(("run" = String, Path, description = "A run's id.")),
    responses((status = 200, description = "Who would come back to the list, and who would leave it.", body = UndoDocument)))]
pub(crate) async fn plan(app: Within, Named([run]): Named<1>) -> Result<Json<UndoDocument>, Problem> {
    let summary = load(&app, &run).await?;
    Ok(Json(UndoDocument::of(&proposed(&app, &summary).await?)))
}

/// Which undo is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UndoBody {
    /// The digest that it was shown under. Where something else would be done by now, nothing is.
    digest: String,
}

/// Takes a run back, as it was shown: who is to come back to the list comes back, who is to leave it leaves, and the links of
/// the list are asked to run.
#[utoipa::path(post, path = "/v1/runs/{run}/undo", tag = "runs", request_body = UndoBody,
    params(("run" = String, Path, description = "A run's id.")),
    responses((status = 202, description = "The list is as it was; Location tells where to look for the run that carries it on.",
        body = UndoneDocument)))]
pub(crate) async fn carry_out(
    app: Within,
    Named([run]): Named<1>,
    Told(body): Told<UndoBody>,
) -> Result<Response, Problem> {
    let document = taken_back(&app, &run, &body.digest).await?;
    let location = format!("/v1/links/{}/syncs/{}", document.link, document.generation);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(document)).into_response())
}

/// Takes it back, where it is still what the digest is of.
pub(crate) async fn taken_back(app: &Within, run: &str, digest: &str) -> Result<UndoneDocument, Problem> {
    let summary = load(app, run).await?;
    let proposal = proposed(app, &summary).await?;
    proposal.demand(digest)?;
    touch(app, &proposal.undo.run.to_string(), &proposal.link.id, &proposal.list.id);
    let done = undo::carry_out(app.ports(), &proposal).await?;
    Ok(UndoneDocument::of(&proposal, &done))
}

async fn proposed(app: &Within, summary: &Summary) -> Result<Proposal, Problem> {
    let meter = Meter::default();
    let until = later(app.now(), app.options.limits.time.saturating_sub(SPARE));
    Ok(undo::propose(app.ports(), app.service.contacts.as_ref(), summary, Call { until, meter: &meter })
        .await?)
}

fn touch(app: &Within, run: &str, link: &LinkId, list: &ListId) {
    app.touch(ObjectKind::Run, run);
    app.touch(ObjectKind::Link, link);
    app.touch(ObjectKind::List, list);
}
