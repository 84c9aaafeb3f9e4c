//! Groups: lists.

mod find;
mod members;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    audit::{Action, ObjectKind},
    id::ListId,
    list::List,
};
use listsync_engine::{
    naming, people,
    ports::{Cursor, ListEdit},
    pushed::{self, Leave, Membership},
};
use listsync_scim::{Base as Others, Group, GroupPatch, ListQuery, MemberSteps};
use serde_json::json;

use super::{Base, Pairs, View, answer, document, etag, missing, resource};
use crate::{
    ask::{Asked, Named},
    etag::version_of,
    problem::Problem,
    routes::name as good_name,
    within::Within,
};

pub(super) use find::{page, walk};

pub(crate) async fn all(
    app: Within,
    Base(base): Base,
    Asked(pairs): Asked<Pairs>,
) -> Result<Response, Problem> {
    let query = ListQuery::of_url(&pairs)?;
    Ok(answer(StatusCode::OK, &page(&app, &query, &base).await?))
}

pub(crate) async fn one(
    app: Within,
    view: View,
    Named([id]): Named<1>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let list = named(&app, &id).await?;
    if etag::is_known(&headers, &tag(&app, &list).await?) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    told(&app, &list, &view, StatusCode::OK).await
}

pub(crate) async fn create(
    app: Within,
    view: View,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let group = Group::read(&document(&headers, body).await?)?;
    let members = members::judged(&app, group.members.unwrap_or_default()).await?;
    let name = good_name("displayName", &group.name)?;
    let list = naming::create_list(app.ports().lists.as_ref(), &name, app.now()).await?;
    app.touch(ObjectKind::List, &list.id);
    find::keep_key(&app, &list.id, group.external_id.as_deref()).await?;
    let steps = MemberSteps { join: members, ..MemberSteps::default() };
    pushed_by(&app, &list, steps).await?;
    told(&app, &list, &view, StatusCode::CREATED).await
}

/// Replaces a group. What says nothing of members leaves them as they are, as whoever left them out did not mean that everybody
/// goes.
pub(crate) async fn replace(
    app: Within,
    view: View,
    Named([id]): Named<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let list = named(&app, &id).await?;
    etag::judge(&headers, &tag(&app, &list).await?)?;
    let group = Group::read(&document(&headers, body).await?)?;
    let steps = group.members.map_or_else(MemberSteps::default, |members| Group::replaces(Some(members)));
    let key = group.external_id.or(find::key_of(&app, &list.id).await?);
    let after = GroupPatch { name: group.name, external_id: key, members: steps };
    let list = written(&app, list, after).await?;
    told(&app, &list, &view, StatusCode::OK).await
}

pub(crate) async fn edit(
    app: Within,
    view: View,
    Named([id]): Named<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let list = named(&app, &id).await?;
    etag::judge(&headers, &tag(&app, &list).await?)?;
    let key = find::key_of(&app, &list.id).await?;
    let patch = GroupPatch::read(&document(&headers, body).await?, &list, key.as_deref())?;
    let list = written(&app, list, patch).await?;
    told(&app, &list, &view, StatusCode::OK).await
}

/// Deletes a group: its members leave it first, judged as any who leave; then the list goes.
pub(crate) async fn delete(
    app: Within,
    Named([id]): Named<1>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let list = named(&app, &id).await?;
    etag::judge(&headers, &tag(&app, &list).await?)?;
    pushed::judge(&app.service, &list).await?;
    if !app.ports().links.of_list(&list.id).await?.is_empty() {
        // The store says so in its own words, before anybody has left.
        app.ports().lists.delete_list(&list.id).await?;
    }
    pushed_by(&app, &list, Group::replaces(None)).await?;
    app.did(Action::ListDelete);
    app.ports().lists.delete_list(&list.id).await?;
    find::keep_key(&app, &list.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn written(app: &Within, list: List, patch: GroupPatch) -> Result<List, Problem> {
    let GroupPatch { name, external_id, members } = patch;
    // What is wrong with members is told before anything is changed.
    let join = members::judged(app, members.join.into_iter().collect()).await?;
    if join.len() + members.leave.len() > 0 || members.base == Others::Nobody {
        pushed::judge(&app.service, &list).await?;
    }
    if find::key_of(app, &list.id).await? != external_id {
        find::keep_key(app, &list.id, external_id.as_deref()).await?;
    }
    let mut list = list;
    if list.name != name {
        let name = good_name("displayName", &name)?;
        let name = naming::fresh_name(app.ports().lists.as_ref(), &name, Some(&list.id)).await?;
        let edit = ListEdit { name: Some(name), ..ListEdit::default() };
        list = people::edit_list(&app.service, &list.id, Some(list.version), &edit).await?.what;
    }
    pushed_by(app, &list, MemberSteps { join, ..members }).await?;
    Ok(list)
}

/// Puts members on the list and takes others off it. Where they wait for a person, the client is told so, and what else it
/// asked for is done.
async fn pushed_by(app: &Within, list: &List, steps: MemberSteps) -> Result<(), Problem> {
    if steps.is_empty() {
        return Ok(());
    }
    let join = members::present(app, &list.id, &steps).await?;
    let leave = match steps.base {
        Others::Present => Leave::These(steps.leave),
        Others::Nobody => Leave::Others,
    };
    let came = pushed::push(&app.service, list, &Membership { join, leave }).await?;
    let Some(waiting) = came.waiting else { return Ok(()) };
    app.touch(ObjectKind::Import, &waiting.import);
    app.record(Action::ListEdit).await;
    let detail = format!(
        "{} people would leave list {}, and wait until a person has looked; all else is done",
        waiting.people, list.id
    );
    Err(Problem::conflict("scim_held", detail).hint(format!(
        "look with 'listsync imports show {0}', then approve or discard it; a request that is repeated changes nothing",
        waiting.import
    )))
}

/// The list of an id.
async fn named(app: &Within, id: &str) -> Result<List, Problem> {
    let found = match ListId::parse(id) {
        Ok(id) => app.ports().lists.list(&id).await?,
        Err(_) => None,
    };
    let list = found.ok_or_else(|| missing("list"))?;
    app.touch(ObjectKind::List, &list.id);
    Ok(list)
}

/// The version of a list and of who is on it.
async fn tag(app: &Within, list: &List) -> Result<String, Problem> {
    let Cursor(members) = app.ports().lists.cursor(&list.id).await?;
    let key = find::key_of(app, &list.id).await?;
    Ok(etag::weak(&format!("{:016x}", version_of(&(list.version, members, key)).0)))
}

async fn told(app: &Within, list: &List, view: &View, status: StatusCode) -> Result<Response, Problem> {
    let tag = tag(app, list).await?;
    let (mut shown, _) = find::shown(app, list, view).await?;
    shown["meta"] = json!({
        "resourceType": "Group",
        "location": format!("{}/Groups/{}", view.base, list.id),
        "version": tag,
    });
    Ok(resource(status, &view.cut.cut(shown), &tag))
}
