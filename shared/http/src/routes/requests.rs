//! Requests that took longer than their callers are kept waiting.

use axum::{Extension, Json, extract::State};

use crate::{
    app::App,
    ask::Named,
    gate::Caller,
    later::{self, Going, RequestDocument, RequestState},
    problem::Problem,
};

/// What became of a request that was answered with 202, for a day. Only the key that it came under sees it.
#[utoipa::path(get, path = "/v1/requests/{request}", tag = "server",
    params(("request" = String, Path, description = "A request's id, as Location gave it.")),
    responses((status = 200, description = "What became of it so far.", body = RequestDocument)))]
pub(crate) async fn one(
    State(app): State<App>,
    Extension(caller): Extension<Caller>,
    Named([id]): Named<1>,
) -> Result<Json<RequestDocument>, Problem> {
    let missing = || Problem::missing("request");
    // No id of ours is longer, and the store takes no name without bounds.
    if id.len() > 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    let kept = app.service.seen.recall(&later::name(&id), app.now()).await?.ok_or_else(missing)?;
    let going: Going = serde_json::from_slice(&kept).map_err(|_| missing())?;
    if going.key != caller.key {
        return Err(missing());
    }
    let Some(answer) = going.answer else {
        let state = RequestState::Pending;
        return Ok(Json(RequestDocument { id, state, status: None, location: None, answer: None }));
    };
    Ok(Json(RequestDocument {
        id,
        state: RequestState::Done,
        status: Some(answer.status()),
        location: answer.header("location"),
        answer: answer.document(),
    }))
}
