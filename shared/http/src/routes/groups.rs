//! The groups of the tenant, for whoever looks for one to link.

use axum::Json;
use listsync_core::schedule::later;
use listsync_engine::{
    groups::{Wanted, find},
    ports::{Call, Meter},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::newlink::{PATIENCE, no_tenant};
use crate::{ask::Asked, documents::group::GroupsDocument, problem::Problem, within::Within};

/// Which groups.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GroupsQuery {
    /// What their name or address begins with; left out: any group.
    #[serde(default)]
    #[param(value_type = Option<String>, max_length = 256)]
    pub(crate) begins: String,
}

/// Groups of the tenant, with whether each can be linked, why not, and to which lists it is linked. At most 50: more letters
/// find fewer.
#[utoipa::path(get, path = "/v1/groups", tag = "links", params(GroupsQuery),
    responses((status = 200, description = "The groups, by name.", body = GroupsDocument)))]
pub(crate) async fn all(
    app: Within,
    Asked(GroupsQuery { begins }): Asked<GroupsQuery>,
) -> Result<Json<GroupsDocument>, Problem> {
    if begins.chars().count() > 256 || begins.chars().any(char::is_control) {
        return Err(Problem::parameter(
            "begins",
            "a group's name has at most 256 characters, none of them a control character",
        ));
    }
    let tenant = app.options.tenant.clone().ok_or_else(no_tenant)?;
    let meter = Meter::default();
    let call = Call { until: later(app.now(), PATIENCE), meter: &meter };
    let wanted = Wanted { tenant: &tenant, begins: &begins, voucher: app.voucher() };
    let found = find(app.ports(), wanted, call).await?;
    Ok(Json(GroupsDocument::load(app.ports(), found).await?))
}
