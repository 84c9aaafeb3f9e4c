//! The parts of a request, judged: what cannot be taken is a problem that names the field.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Query as AxumQuery, RawPathParams, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use listsync_inbound::body::{self, Unread};
use serde::de::DeserializeOwned;

use crate::{app::App, problem::Problem};

/// A JSON body.
pub(crate) struct Told<T>(pub(crate) T);

/// A JSON body, or none at all.
pub(crate) struct MayTell<T>(pub(crate) T);

/// The parameters of the query string.
pub(crate) struct Asked<T>(pub(crate) T);

/// The parameters of the path, in order.
pub(crate) struct Named<const N: usize>(pub(crate) [String; N]);

impl<T: DeserializeOwned> FromRequest<App> for Told<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        parsed(&json(request, app).await?).map(Self)
    }
}

impl<T: DeserializeOwned + Default> FromRequest<App> for MayTell<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let body = json_or_nothing(request, app).await?;
        body.map_or_else(|| Ok(T::default()), |body| parsed(&body)).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequestParts<App> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let read = AxumQuery::<T>::try_from_uri(&parts.uri);
        read.map(|AxumQuery(query)| Self(query)).map_err(|rejection| misasked(rejection.body_text()))
    }
}

fn misasked(detail: String) -> Problem {
    // "…: mode: unknown variant `ful`, …" names the parameter first, "…: unknown field `mod`, …" in quotes alone.
    let named = detail.split(": ").nth(1).filter(|name| !name.contains(' '));
    let field = named.or_else(|| detail.split('`').nth(1)).map(str::to_owned);
    let mut problem = Problem::new(StatusCode::BAD_REQUEST, "bad_parameter", detail);
    problem.field = field;
    problem
}

impl<const N: usize> FromRequestParts<App> for Named<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let missing = || Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing under this path");
        let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| missing())?;
        let names: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
        names.try_into().map(Self).map_err(|_| missing())
    }
}

// What is alike for every type of body stands apart from what is not, and is compiled once.

/// A body that has to be JSON, unread.
async fn json(request: Request, app: &App) -> Result<Bytes, Problem> {
    judge_type(request.headers(), &["application/json"])?;
    read(request.into_body(), app.options.limits.body).await
}

/// The same where there may be none.
async fn json_or_nothing(request: Request, app: &App) -> Result<Option<Bytes>, Problem> {
    let typed = judge_type(request.headers(), &["application/json"]);
    let body = read(request.into_body(), app.options.limits.body).await?;
    if body.is_empty() {
        return Ok(None);
    }
    typed.map(|()| Some(body))
}

/// Refuses a body of another type than these.
///
/// # Errors
/// 415 with what is taken.
pub(crate) fn judge_type(headers: &HeaderMap, wanted: &[&str]) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = given.split(';').next().unwrap_or_default().trim();
    if wanted.iter().any(|wanted| bare.eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    let detail = format!("the body has to be {}", wanted.join(" or "));
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
        .field("Content-Type"))
}

/// The whole body.
///
/// # Errors
/// 413 when it is larger than this many bytes, 400 when it breaks off.
pub(crate) async fn read(body: Body, most: usize) -> Result<Bytes, Problem> {
    body::whole(body, most).await.map_err(|unread| match unread {
        Unread::TooLarge => too_large(most),
        Unread::BrokenOff | Unread::Busy => {
            Problem::new(StatusCode::BAD_REQUEST, "bad_body", "the body broke off")
        }
    })
}

/// A body larger than it may be.
pub(crate) fn too_large(most: usize) -> Problem {
    let detail = format!("the body is larger than {most} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| refused_at(&error))?;
    json.end().map_err(|error| refused(&error))?;
    Ok(value)
}

fn refused_at(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let field = error.path().to_string();
    let problem = refused(error.inner());
    if problem.status == StatusCode::UNPROCESSABLE_ENTITY && field != "." && field != "?" {
        problem.field(field)
    } else {
        problem
    }
}

fn refused(error: &serde_json::Error) -> Problem {
    match error.classify() {
        serde_json::error::Category::Data => {
            let detail = error.to_string();
            // "missing field `name`", "unknown field `nmae`, expected …": the first quoted word is the field.
            let named =
                detail.contains(" field `").then(|| detail.split('`').nth(1).map(str::to_owned)).flatten();
            let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail);
            problem.field = named;
            problem
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "bad_json", format!("the body is no JSON: {error}")),
    }
}
