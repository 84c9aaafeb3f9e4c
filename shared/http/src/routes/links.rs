//! Links between lists and groups.

use std::time::Duration;

use axum::{
    Json,
    extract::OriginalUri,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    id::LinkId,
    link::{Link, LinkStatus},
    plan::Plan,
    schedule::later,
    trigger::Reason,
};
use listsync_engine::{
    Ports,
    connect::{self, Asker},
    credentials::{self, Holder},
    ports::{Call, LinkEdit, LinkState, Meter, PortResult},
    preview::{keep, preview},
    trigger,
    watch::Unwatched,
};

use super::newlink::{NewLinkBody, PATIENCE, connected};
use crate::{
    ask::{Asked, Named, Told},
    documents::{
        link::{LinkChange, LinkDocument},
        plan::PlanSchema,
    },
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    within::Within,
};

const PAGE: usize = 200;
/// A preview ends so long before the time of its request does.
const RESERVE: Duration = Duration::from_secs(5);

/// Every link.
#[utoipa::path(get, path = "/v1/links", tag = "links", params(PageQuery),
    responses((status = 200, description = "A page of links.", body = Page<LinkDocument>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let after = match &wanted.after {
        Some(after) => {
            Some(LinkId::parse(after).map_err(|error| Problem::parameter("cursor", error.to_string()))?)
        }
        None => None,
    };
    let states = page_of(&app, after.as_ref(), wanted.limit + 1).await?;
    let page = Page::cut(states, wanted.limit, |state| state.link.id.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for state in page.items {
        items.push(LinkDocument::load(app.ports(), state).await?);
    }
    Ok(Page { items, next: page.next }.answer(&uri))
}

/// Links in the order of ids, after one: all, or those of the caller's lists.
async fn page_of(app: &Within, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>> {
    let Some(lists) = app.bound_to() else { return app.ports().links.page(after, limit).await };
    let mut states = Vec::new();
    for list in lists {
        states.extend(app.ports().links.of_list(list).await?);
    }
    states.retain(|state| after.is_none_or(|after| state.link.id > *after));
    states.sort_by(|a, b| a.link.id.cmp(&b.link.id));
    states.truncate(limit);
    Ok(states)
}

/// Every link of the deployment, in pages.
pub(crate) async fn every(ports: &Ports) -> PortResult<Vec<LinkState>> {
    let mut all: Vec<LinkState> = Vec::new();
    loop {
        let after = all.last().map(|state| state.link.id.clone());
        let page = ports.links.page(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Links a list and a group. It is due at once, and a run of it is asked for: that one first creates the group, where one is
/// to be created. Until then the link is `pending`.
#[utoipa::path(post, path = "/v1/links", tag = "links", request_body = NewLinkBody,
    responses((status = 201, description = "The link; its path is in Location.", body = LinkDocument)))]
pub(crate) async fn create(app: Within, Told(new): Told<NewLinkBody>) -> Result<Response, Problem> {
    let document = made(&app, new).await?;
    let location = format!("/v1/links/{}", document.0.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], document).into_response())
}

/// Makes it.
pub(crate) async fn made(app: &Within, new: NewLinkBody) -> Result<Json<LinkDocument>, Problem> {
    let connected = connected(app, new).await;
    note_credential(app).await;
    let link = connected?;
    if link.is_pending() {
        // The link is saved and due: without the message the timer sends one.
        if let Err(error) = trigger::raise(app.ports(), &link.id, Reason::OnDemand).await {
            tracing::warn!(link.id = %link.id, code = error.code, "a run of a new link was not asked for: {error}");
        }
    }
    shown(app, &link.id).await
}

/// One link.
#[utoipa::path(get, path = "/v1/links/{link}", tag = "links",
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 200, description = "The link.", body = LinkDocument)))]
pub(crate) async fn one(app: Within, Named([link]): Named<1>) -> Result<Json<LinkDocument>, Problem> {
    let state = app.link(&link).await?;
    Ok(Json(LinkDocument::load(app.ports(), state).await?))
}

/// Changes how a link does what it does, and asks for a run. It keeps what it remembers: nobody joins or leaves because of
/// the change alone.
#[utoipa::path(patch, path = "/v1/links/{link}", tag = "links", request_body = LinkChange,
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 200, description = "The link as it is now.", body = LinkDocument)))]
pub(crate) async fn change(
    app: Within,
    Named([link]): Named<1>,
    Told(change): Told<LinkChange>,
) -> Result<Json<LinkDocument>, Problem> {
    let id = app.link(&link).await?.link.id;
    let patch = change.read().map_err(|refused| Problem::invalid(refused.name, refused.why))?;
    let meter = Meter::default();
    let call = Call { until: later(app.now(), PATIENCE), meter: &meter };
    connect::change(app.ports(), &id, &patch, app.options.asker, call).await?;
    trigger::raise(app.ports(), &id, Reason::OnDemand).await?;
    shown(&app, &id).await
}

/// Removes a link. List and group stay as they are.
#[utoipa::path(delete, path = "/v1/links/{link}", tag = "links",
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn delete(app: Within, Named([link]): Named<1>) -> Result<StatusCode, Problem> {
    let state = app.link(&link).await?;
    app.ports().links.delete(&state.link.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops a link until it is resumed.
#[utoipa::path(post, path = "/v1/links/{link}/pause", tag = "links",
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 200, description = "The link as it is now.", body = LinkDocument)))]
pub(crate) async fn pause(app: Within, Named([link]): Named<1>) -> Result<Json<LinkDocument>, Problem> {
    let Link { id, status, .. } = app.link(&link).await?.link;
    if matches!(status, LinkStatus::Halted(_)) {
        return Err(Problem::conflict("halted", format!("the link is {status} and does not run anyway"))
            .hint("put that right and resume it, or leave it as it is"));
    }
    edited(&app, &id, LinkEdit::Status(LinkStatus::Paused)).await
}

/// Runs a link again that was paused or halted.
#[utoipa::path(post, path = "/v1/links/{link}/resume", tag = "links",
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 200, description = "The link as it is now.", body = LinkDocument)))]
pub(crate) async fn resume(app: Within, Named([link]): Named<1>) -> Result<Json<LinkDocument>, Problem> {
    let id = app.link(&link).await?.link.id;
    edited_and_run(&app, &id, LinkEdit::Status(LinkStatus::Active)).await
}

/// Forgets what both sides had in common: the next run unions them and removes nobody.
#[utoipa::path(post, path = "/v1/links/{link}/relink", tag = "links",
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 200, description = "The link as it is now.", body = LinkDocument)))]
pub(crate) async fn relink(app: Within, Named([link]): Named<1>) -> Result<Json<LinkDocument>, Problem> {
    let id = app.link(&link).await?.link.id;
    edited_and_run(&app, &id, LinkEdit::Relink).await
}

/// What a run would do now; nothing is changed.
#[utoipa::path(get, path = "/v1/links/{link}/plan", tag = "links",
    params(("link" = String, Path, description = "A link's id.")),
    responses((status = 200, description = "The plan.", body = PlanSchema)))]
pub(crate) async fn plan(app: Within, Named([link]): Named<1>) -> Result<Json<Plan>, Problem> {
    let id = app.link(&link).await?.link.id;
    let until = later(app.now(), app.options.limits.time.saturating_sub(RESERVE));
    let plan = preview(app.ports(), &id, until, &Unwatched).await;
    note_credential(&app).await;
    let plan = plan?;
    if let Err(error) = keep(app.service.seen.as_ref(), &plan, app.now()).await {
        tracing::warn!(code = error.code, "what a plan showed could not be kept: {error}");
    }
    Ok(Json(plan))
}

/// Where the credential is not that of the runs, an operator cannot see what it carries but by this. The token was asked for
/// already, so this costs no call.
async fn note_credential(app: &Within) {
    if app.options.asker == Asker::Runner {
        return;
    }
    let meter = Meter::default();
    let call = Call { until: later(app.now(), RESERVE), meter: &meter };
    if let Err(error) = credentials::note(&app.service, Holder::Api, call).await {
        tracing::info!(code = error.code, "what the credential carries was not noted: {error}");
    }
}

async fn edited(app: &Within, id: &LinkId, edit: LinkEdit) -> Result<Json<LinkDocument>, Problem> {
    app.ports().links.edit(id, &edit, app.now()).await?;
    shown(app, id).await
}

async fn edited_and_run(app: &Within, id: &LinkId, edit: LinkEdit) -> Result<Json<LinkDocument>, Problem> {
    app.ports().links.edit(id, &edit, app.now()).await?;
    trigger::raise(app.ports(), id, Reason::OnDemand).await?;
    shown(app, id).await
}

async fn shown(app: &Within, id: &LinkId) -> Result<Json<LinkDocument>, Problem> {
    let state = app.link(id.as_str()).await?;
    Ok(Json(LinkDocument::load(app.ports(), state).await?))
}
