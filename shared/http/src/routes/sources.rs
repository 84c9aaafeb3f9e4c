//! Senders of events that are trusted.

use axum::{
    Json,
    extract::OriginalUri,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::audit::ObjectKind;
use listsync_engine::ports::{EventSource, Secret, SourceKind};
use listsync_inbound::events::{source::check, standard::secret_text};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{in_field, name};
use crate::{
    ask::{Asked, Named, Told},
    documents::{
        trust::{NewSourceDocument, SourceDocument},
        words,
    },
    keys::{hex, random_secret},
    page::{Page, PageQuery, Wanted},
    problem::Problem,
    within::Within,
};

/// Every sender, without secrets.
#[utoipa::path(get, path = "/v1/sources", tag = "sources", params(PageQuery),
    responses((status = 200, description = "A page of senders.", body = Page<SourceDocument>)))]
pub(crate) async fn all(
    app: Within,
    Asked(query): Asked<PageQuery>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let wanted = Wanted::of(query.cursor.as_deref(), query.limit)?;
    Ok(wanted.of_all(every(&app).await?, |source| source.id.clone()).map(SourceDocument::of).answer(&uri))
}

/// Every sender, by id.
pub(crate) async fn every(app: &Within) -> Result<Vec<EventSource>, Problem> {
    let mut sources = app.service.keys.sources().await?;
    sources.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(sources)
}

/// A sender to be trusted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSource {
    /// Its id, a part of its URL.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    id: String,
    /// What it is.
    #[schema(
        min_length = 1,
        max_length = 256,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// Who sends.
    #[schema(value_type = words::SourceKind)]
    kind: SourceKind,
    /// The name or id of the list that its subscriptions are about; left out: its events name one, or are about all.
    list: Option<String>,
    /// What its events are verified by: for `sendgrid` its public key, for `ses` the topic's ARN, for `standard` the secret
    /// that the sender made, `whsec_` and base64. Left out for `standard` or `mailchimp`, a secret is made and shown once.
    key: Option<String>,
    /// How many seconds a sync waits after an event, for senders whose event precedes the change.
    #[serde(default)]
    #[schema(maximum = 900)]
    delay_seconds: u32,
}

/// Trusts a sender. A secret that is made for it is in this answer and nowhere else.
#[utoipa::path(post, path = "/v1/sources", tag = "sources", request_body = NewSource,
    responses((status = 201, description = "The sender, with its URL and secret.", body = NewSourceDocument)))]
pub(crate) async fn create(app: Within, Told(new): Told<NewSource>) -> Result<Response, Problem> {
    let NewSource { id, name: given, kind, list, key, delay_seconds } = new;
    let list = match list {
        Some(text) => Some(app.list(&text).await.map_err(in_field("list"))?.id),
        None => None,
    };
    let (stored, shown) = secret(kind, key)?;
    let secrets = vec![Secret(stored.into_bytes())];
    let source =
        EventSource { id, name: name("name", &given)?, kind, list, secrets, delay_seconds, made: app.now() };
    check(&source).map_err(|error| {
        let field = if error.field() == "secrets" { "key" } else { error.field() };
        Problem::invalid(field, error.to_string())
    })?;
    app.touch(ObjectKind::Source, &source.id);
    app.service.keys.add_source(&source).await.map_err(|error| match error.code.as_str() {
        "source_exists" => Problem::from(error).field("id"),
        _ => error.into(),
    })?;
    let document = NewSourceDocument {
        url: url(&app, &source, shown.as_deref()),
        source: SourceDocument::of(source),
        secret: shown,
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(document)).into_response())
}

/// What is kept of the secret, and what is shown of it.
fn secret(kind: SourceKind, given: Option<String>) -> Result<(String, Option<String>), Problem> {
    match (kind, given) {
        (SourceKind::Standard, None) => {
            let made = secret_text(&random_secret());
            Ok((made.clone(), Some(made)))
        }
        (SourceKind::Mailchimp, None) => {
            let made = hex(&random_secret());
            Ok((made.clone(), Some(made)))
        }
        (SourceKind::Mailchimp, Some(_)) => {
            Err(Problem::invalid("key", "a secret is made for this kind of sender: leave key out"))
        }
        (SourceKind::Standard | SourceKind::Sendgrid | SourceKind::Ses, Some(given)) => {
            Ok((given.trim().to_owned(), None))
        }
        (SourceKind::Sendgrid, None) => {
            Err(Problem::invalid("key", "give SendGrid's public verification key"))
        }
        (SourceKind::Ses, None) => Err(Problem::invalid("key", "give the ARN of the SNS topic")),
    }
}

/// Where it sends to; Mailchimp, which signs nothing, has its secret in there.
fn url(app: &Within, source: &EventSource, secret: Option<&str>) -> String {
    let base = app.options.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
    match (source.kind, secret) {
        (SourceKind::Mailchimp, Some(secret)) => format!("{base}/hooks/{}/{secret}", source.id),
        _ => format!("{base}/hooks/{}", source.id),
    }
}

/// Trusts a sender no more.
#[utoipa::path(delete, path = "/v1/sources/{source}", tag = "sources",
    params(("source" = String, Path, description = "A sender's id.")),
    responses((status = 204, description = "It is gone.")))]
pub(crate) async fn delete(app: Within, Named([id]): Named<1>) -> Result<StatusCode, Problem> {
    if app.service.keys.source(&id).await?.is_none() {
        return Err(Problem::missing("source"));
    }
    app.touch(ObjectKind::Source, &id);
    app.service.keys.delete_source(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
