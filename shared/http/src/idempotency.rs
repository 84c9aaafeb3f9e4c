//! `Idempotency-Key`: a POST that is sent twice is done once, and answered the same both times.
//!
//! A claim is remembered before the handler runs, with a fingerprint of the request; the answer is remembered after it.
//! A claim whose answer never came, because the process died, is taken over once no handler can be at it any more.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use listsync_core::{
    Timestamp,
    schedule::{as_of, later},
};
use listsync_engine::ports::{Memory, PortResult};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    app::App,
    ask,
    kept::{Keeping, Kept},
    keys::hex,
    problem::Problem,
};

/// The header, as the draft "The Idempotency-Key HTTP Header Field" of the IETF names it.
const HEADER: &str = "idempotency-key";
/// How long an answer is remembered.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// A claim is taken over so often; then its request has died each time.
const TRIES: u32 = 20;

/// Whether a request came with a key.
pub(crate) enum Claim {
    /// It came without.
    None,
    /// It came with one that nobody used before.
    Ours(Claimed),
}

/// A claim of ours.
pub(crate) struct Claimed {
    name: String,
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Mark {
    fingerprint: String,
    /// Since when a handler is at it.
    at: Timestamp,
}

/// Claims the key of a request. The answer instead, where there is one already, or a refusal.
pub(crate) async fn claim(
    app: &App,
    caller: &str,
    request: Request,
) -> Result<(Claim, Request), Box<Response>> {
    let key = match named(request.headers()) {
        Ok(None) => return Ok((Claim::None, request)),
        Ok(Some(key)) => key,
        Err(problem) => return Err(Box::new(problem.into_response())),
    };
    let (parts, body) = request.into_parts();
    // The handler judges the size once more, by its own and smaller bound.
    let most = app.options.limits.import.max(app.options.limits.body);
    let body = ask::read(body, most).await.map_err(|problem| Box::new(problem.into_response()))?;
    let fingerprint = fingerprint(parts.method.as_str(), &parts.uri.to_string(), &body);
    let name = format!("idempotency {caller} {key}");
    let request = Request::from_parts(parts, Body::from(body));
    match claimed(app, &name, fingerprint).await {
        Ok(Ok(claimed)) => Ok((Claim::Ours(claimed), request)),
        Ok(Err(response)) => Err(response),
        Err(error) => Err(Box::new(Problem::from(error).into_response())),
    }
}

async fn claimed(app: &App, name: &str, fingerprint: String) -> PortResult<Result<Claimed, Box<Response>>> {
    let now = app.now();
    let until = later(now, KEPT);
    let mark = Mark { fingerprint, at: now };
    let value = serde_json::to_vec(&mark).unwrap_or_default();
    for number in 0..TRIES {
        let name = format!("{name} {number}");
        let known = match app.service.seen.remember(&name, &value, until, now).await? {
            Memory::New => return Ok(Ok(Claimed { name, until })),
            Memory::Known(known) => serde_json::from_slice::<Mark>(&known).ok(),
        };
        let Some(known) = known else { continue };
        if known.fingerprint != mark.fingerprint {
            return Ok(Err(Box::new(other_request().into_response())));
        }
        if let Some(kept) = app.service.seen.recall(&answer_name(&name), now).await? {
            return Ok(Err(Box::new(repeated(&kept))));
        }
        // Twice the time that a handler has: its clock may not be ours. One that is further ahead than that ran ahead.
        let twice = app.options.limits.time * 2;
        if as_of(later(known.at, twice), now, twice * 2) > now {
            return Ok(Err(Box::new(in_progress().into_response())));
        }
    }
    Ok(Err(Box::new(in_progress().into_response())))
}

/// Remembers the answer. One that says "not now" is forgotten, so that the next try is a first one; and so is a refusal
/// whose text may name somebody: nothing was done, and the next try is told why as the first was.
pub(crate) async fn keep(app: &App, claimed: &Claimed, keeping: Keeping, response: Response) -> Response {
    let status = response.status();
    let names_somebody = keeping == Keeping::Outline && status.is_client_error();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || names_somebody {
        let _ = app.service.seen.forget(&claimed.name).await;
        return response;
    }
    let (kept, response) = Kept::of(response, keeping).await;
    let value = serde_json::to_vec(&kept).unwrap_or_default();
    let name = answer_name(&claimed.name);
    if let Err(error) = app.service.seen.remember(&name, &value, claimed.until, app.now()).await {
        // The request is done: a repeat is told to wait rather than done again.
        tracing::warn!(code = error.code, "the answer to a request could not be remembered: {error}");
    }
    response
}

fn answer_name(claim: &str) -> String {
    format!("{claim} answer")
}

fn repeated(kept: &[u8]) -> Response {
    match serde_json::from_slice::<Kept>(kept) {
        Ok(kept) => kept.given_again().unwrap_or_else(|status| not_kept(status).into_response()),
        Err(_) => in_progress().into_response(),
    }
}

fn not_kept(status: u16) -> Problem {
    let detail = format!("the request was answered with {status} before, and that answer was not kept");
    Problem::conflict("answer_not_kept", detail).hint("look at what it made, or use another Idempotency-Key")
}

fn named(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(given) = headers.get(HEADER) else { return Ok(None) };
    let text = given.to_str().unwrap_or_default().trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    if text.is_empty() || text.len() > 128 || !text.bytes().all(is_plain) {
        let detail = "an idempotency key is 1 to 128 letters, digits, hyphens, dots, colons and underscores";
        return Err(Problem::parameter("Idempotency-Key", detail));
    }
    Ok(Some(text.to_owned()))
}

fn fingerprint(method: &str, uri: &str, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{method}\n{uri}\n"));
    hash.update(body);
    hex(&hash.finalize())
}

fn other_request() -> Problem {
    let detail = "this key was used for another request";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
        .field("Idempotency-Key")
        .hint("use a new key for each new request")
}

fn in_progress() -> Problem {
    Problem::conflict("in_progress", "the first request with this key is not answered yet")
        .field("Idempotency-Key")
        .hint("wait, and send it again")
        .retry_after(2)
}
