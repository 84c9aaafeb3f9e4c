//! What a person says of what a guard kept back.

use axum::Json;
use listsync_core::{audit::ObjectKind, hold::Hold, id::LinkId};
use listsync_engine::{ports::RulingKind, rule::rule};
use serde::Serialize;
use utoipa::ToSchema;

use super::links::every;
use crate::{ask::Named, documents::words, problem::Problem, within::Within};

/// What was said of a hold.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulingDocument {
    /// The link.
    link: String,
    /// What it holds.
    digest: String,
    /// What was said.
    #[schema(value_type = words::Ruling)]
    ruling: RulingKind,
}

/// Releases just what is held under this digest, once. A run that does it is asked for.
#[utoipa::path(post, path = "/v1/holds/{digest}/approve", tag = "holds",
    params(("digest" = String, Path, description = "The digest of a hold.")),
    responses((status = 200, description = "It is approved.", body = RulingDocument)))]
pub(crate) async fn approve(app: Within, Named([digest]): Named<1>) -> Result<Json<RulingDocument>, Problem> {
    ruled(&app, digest, RulingKind::Approved).await
}

/// Drops what is held under this digest: who was to be removed stays.
#[utoipa::path(post, path = "/v1/holds/{digest}/discard", tag = "holds",
    params(("digest" = String, Path, description = "The digest of a hold.")),
    responses((status = 200, description = "It is discarded.", body = RulingDocument)))]
pub(crate) async fn discard(app: Within, Named([digest]): Named<1>) -> Result<Json<RulingDocument>, Problem> {
    ruled(&app, digest, RulingKind::Discarded).await
}

async fn ruled(app: &Within, digest: String, ruling: RulingKind) -> Result<Json<RulingDocument>, Problem> {
    let (link, hold) = held(app, &digest).await?;
    rule(app.ports(), &link, &hold, ruling).await?;
    Ok(Json(RulingDocument { link: link.into(), digest, ruling }))
}

async fn held(app: &Within, digest: &str) -> Result<(LinkId, Hold), Problem> {
    let held = every(app.ports())
        .await?
        .into_iter()
        .filter_map(|state| Some((state.link.id, state.link.list, state.progress.hold?)));
    let found = held.into_iter().find(|(_, _, hold)| hold.digest == digest);
    let (link, list, hold) = app.own(found, |(_, list, _)| list).map_err(|missing| {
        missing("hold").hint("a hold gets a new digest when what it holds changes: look at the link again")
    })?;
    app.touch(ObjectKind::Hold, &hold.digest);
    app.touch(ObjectKind::Link, &link);
    app.touch(ObjectKind::List, &list);
    Ok((link, hold))
}
