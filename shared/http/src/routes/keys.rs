//! Keys of the API.

use std::collections::BTreeSet;

use axum::{
    Extension, Json,
    extract::{OriginalUri, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_engine::ports::AccessScope;
use serde::Deserialize;
use utoipa::ToSchema;

use super::name;
use crate::{
    app::App,
    ask::{Asked, Named, Told},
    documents::{
        trust::{KeyDocument, NewKeyDocument},
        words,
    },
    gate::Caller,
    keys::{NewKey, create as make},
    page::{Page, PageQuery, Wanted},
    problem::Problem,
};

/// Every key, revoked ones too, without secrets.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", params(PageQuery),
    responses((status = 200, description = "A page of keys.", body = Page<KeyDocument>)))]
pub(crate) async fn all(
    State(app): State<App>,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    let mut keys = app.service.keys.api_keys().await?;
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(wanted.of_all(keys, |key| key.id.clone()).map(KeyDocument::of).answer(&uri))
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename = "NewApiKey", deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub(crate) struct NewKeyBody {
    /// What it is for.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// What it may do; each scope holds the ones before it.
    #[schema(value_type = Vec<words::Scope>, min_items = 1, max_items = 3)]
    scopes: BTreeSet<AccessScope>,
}

/// Makes a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = NewKeyBody,
    responses((status = 201, description = "The key with its secret.", body = NewKeyDocument)))]
pub(crate) async fn create(State(app): State<App>, Told(new): Told<NewKeyBody>) -> Result<Response, Problem> {
    let name = name("name", &new.name)?;
    if new.scopes.is_empty() {
        return Err(Problem::invalid("scopes", "a key without a scope opens nothing: give one or more"));
    }
    let NewKey { key, text } = make(app.service.keys.as_ref(), &name, new.scopes, app.now()).await?;
    let document = NewKeyDocument { key: KeyDocument::of(key), secret: text };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(document)).into_response())
}

/// Revokes a key, from its next request on. A repeat changes nothing.
#[utoipa::path(delete, path = "/v1/keys/{key}", tag = "keys",
    params(("key" = String, Path, description = "A key's id.")),
    responses((status = 204, description = "It is revoked.")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named([id]): Named<1>,
) -> Result<StatusCode, Problem> {
    if caller.key == id {
        return Err(Problem::conflict(
            "own_key",
            "a key cannot revoke itself: the last one would lock everybody out",
        )
        .hint("use another key, or 'listsync keys revoke'"));
    }
    let keys = app.service.keys.api_keys().await?;
    let mut key = keys.into_iter().find(|key| key.id == id).ok_or_else(|| Problem::missing("key"))?;
    if key.revoked.is_none() {
        key.revoked = Some(app.now());
        app.service.keys.save_api_key(&key).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
