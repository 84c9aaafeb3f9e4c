//! How the lists stand.

use axum::{
    Json,
    extract::OriginalUri,
    response::{IntoResponse as _, Response},
};
use listsync_core::{list::List, unsettled::Unsettled};
use listsync_engine::{
    ports::{LinkState, PortResult},
    status::{self, Row},
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    ask::Asked,
    documents::status::{StatusDocument, StatusRow},
    page::Wanted,
    problem::Problem,
    within::Within,
};

/// Whose status.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusQuery {
    /// The `next` of the page before.
    cursor: Option<String>,
    /// How many rows at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<u16>,
    /// Only of this list, by its name or id, and with who is out of step.
    list: Option<String>,
}

/// Whether the lists are in step; if not, since or until when, why, and what to do. What needs somebody comes first. The key
/// sees the lists that it is given.
#[utoipa::path(get, path = "/v1/status", tag = "status", params(StatusQuery),
    responses((status = 200, description = "How they stand, by page.", body = StatusDocument)))]
pub(crate) async fn status(
    app: Within,
    Asked(query): Asked<StatusQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let list = match &query.list {
        Some(list) => Some(app.list(list).await?),
        None => None,
    };
    let rows = rows(&app, list.as_ref()).await?;
    let mut document = StatusDocument::over(&rows, app.now());
    let page = wanted.behind(rows, id)?;
    for row in page.items {
        let people = if list.is_some() { people(&app, &row).await? } else { None };
        document.items.push(StatusRow::of(row, people));
    }
    document.next = page.next;
    let headers = crate::page::next_header(document.next.as_deref(), &uri);
    Ok((headers, Json(document)).into_response())
}

/// How all lists stand that the caller may see, or this one: what needs somebody comes first.
pub(crate) async fn rows(app: &Within, list: Option<&List>) -> Result<Vec<Row>, Problem> {
    let mut rows = match list {
        Some(list) => status::rows_of(app.ports(), list).await?,
        None => status::rows(app.ports()).await?,
    };
    rows.retain(|row| app.covers(&row.list));
    Ok(rows)
}

/// What tells a row from all others.
fn id(row: &Row) -> String {
    let link = row.link.as_ref().map_or("", |link| link.id.as_str());
    format!("{} {link}", row.list)
}

/// Who is out of step; none: it is about no link.
async fn people(app: &Within, row: &Row) -> PortResult<Option<Vec<Unsettled>>> {
    match link(app, row).await? {
        Some(link) => status::unsettled(app.ports(), &link).await.map(Some),
        None => Ok(None),
    }
}

/// The link that a row is about, with all that is known of it.
pub(crate) async fn link(app: &Within, row: &Row) -> PortResult<Option<LinkState>> {
    match &row.link {
        Some(link) => app.ports().links.load(&link.id).await,
        None => Ok(None),
    }
}
