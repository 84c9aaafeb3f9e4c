//! Keys of the API.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::OriginalUri,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    Timestamp,
    audit::ObjectKind,
    grant::{Grant, Lists, Verb},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{in_field, name};
use crate::{
    ask::{Asked, Named, Told},
    documents::{
        trust::{KeyDocument, NewKeyDocument},
        words,
    },
    keys::{NewKey, Wish, create as make, last_used},
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    within::Within,
};

/// Every key, revoked ones too, without secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(PageQuery),
    responses((status = 200, description = "A page of keys.", body = Page<KeyDocument>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    Ok(page_of(&app, &query).await?.answer(&uri))
}

/// They, by page.
pub(crate) async fn page_of(app: &Within, query: &PageQuery) -> Result<Page<KeyDocument>, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let mut keys = app.service.keys.api_keys().await?;
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    let page = wanted.of_all(keys, |key| key.id.clone());
    let mut items = Vec::with_capacity(page.items.len());
    for key in page.items {
        let used = last_used(app.service.seen.as_ref(), &key.id, app.now()).await?;
        items.push(KeyDocument::of(key, used));
    }
    Ok(Page { items, next: page.next })
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename = "NewApiKey", deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub struct NewKeyBody {
    /// What it is for.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub name: String,
    /// What it may do.
    #[schema(value_type = Vec<words::Scope>, min_items = 1, max_items = 6)]
    pub scopes: BTreeSet<Verb>,
    /// The names or ids of the lists that it is bound to; left out: it is bound to none. What is about the whole tenant is
    /// refused to a bound key.
    #[schema(min_items = 1, max_items = 100)]
    pub lists: Option<Vec<String>>,
    /// From when on it is worth nothing; left out: it has no end.
    pub expires: Option<Timestamp>,
}

/// Makes a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = NewKeyBody,
    responses((status = 201, description = "The key with its secret.", body = NewKeyDocument)))]
pub(crate) async fn create(app: Within, Told(new): Told<NewKeyBody>) -> Result<Response, Problem> {
    let document = made(&app, new).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(document)).into_response())
}

/// Makes it.
pub(crate) async fn made(app: &Within, new: NewKeyBody) -> Result<NewKeyDocument, Problem> {
    let name = name("name", &new.name)?;
    let mut lists = Lists::All;
    if let Some(texts) = new.lists {
        let mut ids = BTreeSet::new();
        for text in texts {
            ids.insert(app.list(&text).await.map_err(in_field("lists"))?.id);
        }
        lists = Lists::Only(ids);
    }
    let wish = Wish { name, grant: Grant { verbs: new.scopes, lists }, expires: new.expires };
    wish.check(app.now()).map_err(|error| Problem::invalid(error.field(), error.to_string()))?;
    let NewKey { key, text } = make(app.service.keys.as_ref(), wish, app.now()).await?;
    app.touch(ObjectKind::Key, &key.id);
    Ok(NewKeyDocument { key: KeyDocument::of(key, None), secret: text })
}

/// Revokes a key, from its next request on. A repeat changes nothing.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "keys",
    params(("key" = String, Path, description = "A key's id.")),
    responses((status = 204, description = "It is revoked.")))]
pub(crate) async fn revoke(app: Within, Named([id]): Named<1>) -> Result<StatusCode, Problem> {
    if app.key() == id {
        return Err(Problem::conflict(
            "own_key",
            "a key cannot revoke itself: the last one would lock everybody out",
        )
        .hint("use another key, or 'listsync keys revoke'"));
    }
    let keys = app.service.keys.api_keys().await?;
    let mut key = keys.into_iter().find(|key| key.id == id).ok_or_else(|| Problem::missing("key"))?;
    app.touch(ObjectKind::Key, &key.id);
    if key.revoked.is_some() {
        app.did_nothing();
        return Ok(StatusCode::NO_CONTENT);
    }
    key.revoked = Some(app.now());
    app.service.keys.save_api_key(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}
