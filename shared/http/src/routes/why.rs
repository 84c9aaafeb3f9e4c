//! Why somebody is in step on a list, or is not.

use axum::Json;
use listsync_core::schedule::later;
use listsync_engine::{
    ports::{Call, Meter},
    why,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::address;
use crate::{
    ask::{Asked, Named},
    documents::{status::moment, why::WhyDocument},
    problem::Problem,
    within::Within,
};

/// So much of a request's time is kept for the answer.
const RESERVE: std::time::Duration = std::time::Duration::from_secs(5);

/// Of whom.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyQuery {
    /// The person's e-mail address.
    pub(crate) address: String,
}

/// Why somebody is on the list and in its group, or is not, step by step: their contact, consent, who they are in the
/// directory, whether they are in the group as believed and as read now, what is protected, held or waits, and what happens
/// next. It costs a few requests to the directory and changes nothing.
#[utoipa::path(get, path = "/v1/lists/{list}/why", tag = "status",
    params(("list" = String, Path, description = "A list's name or id."), WhyQuery),
    responses((status = 200, description = "An answer for each link of the list.", body = WhyDocument)))]
pub(crate) async fn why(
    app: Within,
    Named([list]): Named<1>,
    Asked(query): Asked<WhyQuery>,
) -> Result<Json<WhyDocument>, Problem> {
    let list = app.list(&list).await?;
    let address = address("address", &query.address).map_err(|_| {
        Problem::parameter("address", "this is no e-mail address")
            .hint("give a bare address such as anna@contoso.com")
    })?;
    let meter = Meter::default();
    let until = later(app.now(), app.options.limits.time.saturating_sub(RESERVE));
    let call = Call { until, meter: &meter };
    let told = why::tell(app.ports(), &list, &address, call, &moment).await?;
    Ok(Json(WhyDocument::of(&list, &address, told, app.now())))
}
