//! Whether the server answers, and its loops look.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    problem::Problem,
    pulse::{Health as LoopHealth, Standing},
};

/// How soon a load balancer may ask again, in seconds.
const SOON: u64 = 10;

/// That the server answers, and that its loops look.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
    /// The loops of the host; none in a function, which has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    loops: Vec<LoopDocument>,
}

/// When a loop of the host last looked at what it is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoopDocument {
    /// `timer` or `worker`.
    name: &'static str,
    /// How many seconds ago.
    looked_seconds_ago: u64,
}

/// Whether the server answers, and whether its loops have looked at the store and the queue within three beats: where a
/// loop stands still, what is taken in is not carried out.
#[utoipa::path(get, path = "/healthz", tag = "server",
    responses((status = 200, description = "It does.", body = Health)))]
pub(crate) async fn healthz(State(app): State<App>) -> Result<Json<Health>, Problem> {
    let standings: Vec<Standing> = app.options.pulses.iter().map(|pulse| pulse.standing()).collect();
    match standings.iter().find(|standing| standing.health == LoopHealth::Still) {
        Some(still) => Err(stands_still(still)),
        None => Ok(Json(Health { status: "ok", loops: standings.iter().map(document).collect() })),
    }
}

fn document(standing: &Standing) -> LoopDocument {
    LoopDocument { name: standing.name, looked_seconds_ago: standing.age.as_secs() }
}

fn stands_still(standing: &Standing) -> Problem {
    let detail = format!("the {} has not looked for {} seconds", standing.name, standing.age.as_secs());
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_looking", detail)
        .hint("see what it says on standard error: the store or the queue does not answer it")
        .retry_after(SOON)
}
