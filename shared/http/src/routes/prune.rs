//! Deleting contacts that are on no list any more.

use std::time::Duration;

use axum::Json;
use listsync_core::{duration, schedule::later};
use listsync_engine::prune;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    ask::Asked,
    documents::prune::{PrunableDocument, PrunedDocument},
    problem::Problem,
    within::Within,
};

/// So long before its time is over a request begins with nobody else.
const SPARE: Duration = Duration::from_secs(5);

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PruneQuery {
    /// Only those of whom nothing changed for so long, such as `90d`; `off`: whatever changed when.
    #[param(default = "30d")]
    older_than: Option<String>,
}

impl PruneQuery {
    fn older_than(&self) -> Result<Duration, Problem> {
        let parse = |text: &String| {
            duration::parse_wait(text).map_err(|error| Problem::parameter("older_than", error.to_string()))
        };
        self.older_than.as_ref().map_or(Ok(prune::OLDER_THAN), parse)
    }
}

/// How many contacts are on no list, and would be deleted. Nothing is changed.
#[utoipa::path(get, path = "/v1/contacts/prune", tag = "contacts", params(PruneQuery),
    responses((status = 200, description = "How many they are.", body = PrunableDocument)))]
pub(crate) async fn look(
    app: Within,
    Asked(query): Asked<PruneQuery>,
) -> Result<Json<PrunableDocument>, Problem> {
    let found = prune::find(&app.service, query.older_than()?).await?;
    Ok(Json(PrunableDocument::of(&found)))
}

/// Deletes the contacts that are on no list. Whoever said no to one, or to all, stays, and so does what is kept of opt-outs of
/// those who are kept no more.
#[utoipa::path(post, path = "/v1/contacts/prune", tag = "contacts", params(PruneQuery),
    responses((status = 200, description = "How many are gone; where some are left, ask once more.", body = PrunedDocument)))]
pub(crate) async fn carry_out(
    app: Within,
    Asked(query): Asked<PruneQuery>,
) -> Result<Json<PrunedDocument>, Problem> {
    let until = later(app.now(), app.options.limits.time.saturating_sub(SPARE));
    let found = prune::find(&app.service, query.older_than()?).await?;
    let pruned = prune::carry_out(&app.service, &found, until).await?;
    if pruned.deleted == 0 {
        app.did_nothing();
    }
    Ok(Json(PrunedDocument::of(&found, pruned)))
}
