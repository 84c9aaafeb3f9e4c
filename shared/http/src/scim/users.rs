//! Users: contacts.

mod find;
mod write;

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    audit::{Action, ObjectKind},
    contact::Contact,
    id::{ContactId, ListId},
    list::{Origin, Standing},
};
use listsync_engine::people;
use listsync_scim::{Cut, Kept, ListQuery, Patch, User, kept_of, schema::USERS};
use serde_json::{Value, json};

use super::{Base, Pairs, View, answer, document, etag, missing, resource, taken};
use crate::{
    ask::{Asked, Named},
    problem::Problem,
    within::Within,
};

pub(super) use find::page;

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
    let contact = named(&app, &id).await?;
    if etag::is_known(&headers, &tag(&contact)) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    told(&app, contact, &view, StatusCode::OK).await
}

/// Makes a user. Whoever has one of the addresses or the key, and was written by no client yet or was deleted by one, is
/// that user.
pub(crate) async fn create(
    app: Within,
    view: View,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let mut user = User::read(&document(&headers, body).await?)?;
    let mut found: BTreeMap<ContactId, Contact> = BTreeMap::new();
    for address in user.addresses() {
        found.extend(app.service.contacts.find_contact(&address).await?.map(|it| (it.id.clone(), it)));
    }
    if let Some(key) = &user.external_id {
        found.extend(app.service.contacts.find_external(key).await?.map(|it| (it.id.clone(), it)));
    }
    found.extend(find::by_user_name(&app, &user.user_name).await?.map(|it| (it.id.clone(), it)));
    let mut found = found.into_values();
    let contact = match (found.next(), found.next()) {
        (None, _) => {
            let written = user.written(None, Kept::default())?;
            people::create(&app.service, &written.address, &written.edit, Origin::Manual).await?.what
        }
        (Some(_), Some(_)) => {
            return Err(taken("userName, externalId and emails are those of several users"));
        }
        (Some(contact), None) => {
            if Kept::is_of_a_client(&contact) && kept_of(&contact).deleted.is_none() {
                return Err(taken("there is a user with this userName, externalId or address"));
            }
            app.did(Action::ContactEdit);
            user.active = Some(user.active.unwrap_or(true));
            write::write(&app, contact, &user).await?
        }
    };
    app.touch(ObjectKind::Contact, &contact.id);
    told(&app, contact, &view, StatusCode::CREATED).await
}

/// Replaces a user. What says nothing of `externalId` and `active` leaves them as they are.
pub(crate) async fn replace(
    app: Within,
    view: View,
    Named([id]): Named<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let contact = named(&app, &id).await?;
    etag::judge(&headers, &tag(&contact))?;
    let mut user = User::read(&document(&headers, body).await?)?;
    user.external_id = user.external_id.or_else(|| contact.external_id.clone());
    user.active = user.active.or_else(|| User::said_active(&contact));
    let contact = write::write(&app, contact, &user).await?;
    told(&app, contact, &view, StatusCode::OK).await
}

pub(crate) async fn edit(
    app: Within,
    view: View,
    Named([id]): Named<1>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let contact = named(&app, &id).await?;
    etag::judge(&headers, &tag(&contact))?;
    let patch = Patch::parse(&document(&headers, body).await?, &USERS)?;
    let user = User::read(&patch.apply(&User::shown(&contact))?)?;
    let contact = write::write(&app, contact, &user).await?;
    told(&app, contact, &view, StatusCode::OK).await
}

/// Deletes a user: they leave their lists as who is not there any more, and the contact stays with what they said.
pub(crate) async fn delete(
    app: Within,
    Named([id]): Named<1>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let contact = named(&app, &id).await?;
    etag::judge(&headers, &tag(&contact))?;
    write::delete(&app, contact).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The contact of an id, unless a client has deleted it.
async fn named(app: &Within, id: &str) -> Result<Contact, Problem> {
    let found = match ContactId::parse(id) {
        Ok(id) => app.service.contacts.contact(&id).await?,
        Err(_) => None,
    };
    let found = found.filter(|contact| kept_of(contact).deleted.is_none());
    let contact = found.ok_or_else(|| missing("contact"))?;
    app.touch(ObjectKind::Contact, &contact.id);
    Ok(contact)
}

fn tag(contact: &Contact) -> String {
    etag::weak(&contact.version.0.to_string())
}

async fn told(app: &Within, contact: Contact, view: &View, status: StatusCode) -> Result<Response, Problem> {
    let names = names(app, &view.cut).await?;
    let tag = tag(&contact);
    let shown = shown(app, &contact, view, &names).await?;
    Ok(resource(status, &view.cut.cut(shown), &tag))
}

/// The names of lists, where they are wanted.
async fn names(app: &Within, cut: &Cut) -> Result<BTreeMap<ListId, String>, Problem> {
    Ok(if cut.wants("groups") { app.ports().lists.list_names().await? } else { BTreeMap::new() })
}

async fn shown(
    app: &Within,
    contact: &Contact,
    View { base, cut }: &View,
    names: &BTreeMap<ListId, String>,
) -> Result<Value, Problem> {
    let mut shown = User::shown(contact);
    shown["meta"] = json!({
        "resourceType": "User",
        "location": format!("{base}/Users/{}", contact.id),
        "version": tag(contact),
    });
    if cut.wants("groups") {
        let places = app.service.contacts.places(&contact.id).await?;
        let lists = places.into_iter().filter(|place| place.standing == Standing::Member);
        let groups: Vec<Value> = lists
            .filter_map(|place| Some((names.get(&place.list)?, place.list)))
            .map(|(name, list)| {
                json!({"value": list.as_str(), "$ref": format!("{base}/Groups/{list}"), "display": name})
            })
            .collect();
        if !groups.is_empty() {
            shown["groups"] = groups.into();
        }
    }
    Ok(shown)
}
