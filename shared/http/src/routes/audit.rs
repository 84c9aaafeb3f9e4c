//! Who did what.

use axum::{extract::OriginalUri, response::Response};
use listsync_core::{
    Timestamp,
    audit::{AuditFilter, AuditPlace},
};
use listsync_engine::audit::{self, Wanted as WantedPart};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    ask::Asked,
    documents::audit::{AuditDocument, Names},
    page::{Page, Wanted},
    problem::Problem,
    within::Within,
};

/// Which entries.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// How many items at most. A page may have fewer, even none, and go on.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u16>,
    /// Only of this actor: `local`, `self`, `inbox`, or the id of a key or sender.
    pub actor: Option<String>,
    /// Only what was done to this: the id of a list, link, contact, import, key or sender, the name of a setting, the digest
    /// of a hold.
    pub object: Option<String>,
    /// Only what was done at this moment or later.
    pub since: Option<Timestamp>,
    /// Only what was done before this moment.
    pub until: Option<Timestamp>,
}

/// Who did what, the newest first: each change that somebody made over HTTP, at the command line, by an event, an opt-out
/// link or the inbox. Runs are not in it: they have summaries.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(AuditQuery),
    responses((status = 200, description = "A page of entries.", body = Page<AuditDocument>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<AuditQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(page_of(&app, query).await?.answer(&uri))
}

/// They, by page.
pub(crate) async fn page_of(app: &Within, query: AuditQuery) -> Result<Page<AuditDocument>, Problem> {
    let AuditQuery { cursor, limit, actor, object, since, until } = query;
    let wanted = Wanted::of(cursor.as_deref(), limit)?;
    let place = wanted.after.as_deref().map(str::parse::<AuditPlace>).transpose();
    let place = place.map_err(|_| Problem::parameter("cursor", "this is no cursor of the audit"))?;
    // Of one moment, the place without an id is before all others.
    let end = until.map(|at| AuditPlace { at, id: String::new() });
    let before = match (place, end) {
        (Some(place), Some(end)) => Some(place.min(end)),
        (place, end) => place.or(end),
    };
    let filter = AuditFilter { actor, object };
    let part = WantedPart { filter, since, before, limit: wanted.limit };
    let page = audit::page(&app.service, part).await?;
    let mut names = Names::new(&app.service);
    let mut items = Vec::with_capacity(page.entries.len());
    for entry in page.entries {
        items.push(names.document(entry).await?);
    }
    Ok(Page::of(items, page.next.as_ref().map(ToString::to_string)))
}
