//! What takes longer than a caller is kept waiting: it goes on, and its answer is kept where the caller can look for it.

use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::schedule::later;
use listsync_engine::ports::PortResult;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    gate::broken,
    kept::{Keeping, Kept},
};

/// How long the answer can be looked for.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A request that is kept track of.
#[derive(Serialize, Deserialize)]
pub(crate) struct Going {
    /// The id of the key that it came under: nobody else may see its answer.
    pub(crate) key: String,
    /// What it was answered with; none: it goes on.
    pub(crate) answer: Option<Kept>,
}

/// A request that goes on after its caller was answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct RequestDocument {
    /// Its id.
    pub(crate) id: String,
    /// Whether it goes on.
    pub(crate) state: RequestState,
    /// The HTTP status of its answer, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// Where what it made is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
    /// The answer, where it is JSON, was small enough to be kept and holds no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) answer: Option<serde_json::Value>,
}

/// Whether a request goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestState {
    /// It does, or its process ended under it.
    Pending,
    /// It has its answer.
    Done,
}

/// Under which name a request is kept.
pub(crate) fn name(id: &str) -> String {
    format!("request {id}")
}

/// Has a request go on, and tells its caller where to look for the answer.
///
/// # Errors
/// When the store does not keep it: it goes on all the same.
pub(crate) async fn go_on(
    app: &App,
    key: String,
    (task, keeping): (JoinHandle<Response>, Keeping),
) -> PortResult<Response> {
    let id = Uuid::now_v7().simple().to_string();
    let (name, until) = (name(&id), later(app.now(), KEPT));
    let going = serde_json::to_vec(&Going { key: key.clone(), answer: None }).unwrap_or_default();
    app.service.seen.replace(&name, &going, until).await?;
    let app = app.clone();
    tokio::spawn(async move {
        let response = task.await.unwrap_or_else(|_| broken().into_response());
        let (kept, _) = Kept::of(response, keeping).await;
        let value = serde_json::to_vec(&Going { key, answer: Some(kept) }).unwrap_or_default();
        if let Err(error) = app.service.seen.replace(&name, &value, until).await {
            tracing::warn!(code = error.code, "the answer to a long request could not be kept: {error}");
        }
    });
    let location = format!("/v1/requests/{id}");
    let document =
        RequestDocument { id, state: RequestState::Pending, status: None, location: None, answer: None };
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(document)).into_response())
}
