//! The ways by which people are told of trouble.

use axum::{Json, http::StatusCode};
use listsync_engine::alerts;

use crate::{documents::alert::ChannelDocument, problem::Problem, within::Within};

/// How each channel of alerts does that was used so far. Which there are is set where the timer runs.
#[utoipa::path(get, path = "/v1/alerts", tag = "alerts",
    responses((status = 200, description = "The channels, by name.", body = Vec<ChannelDocument>)))]
pub(crate) async fn channels(app: Within) -> Result<Json<Vec<ChannelDocument>>, Problem> {
    let channels = alerts::channels(&app.service).await?;
    Ok(Json(channels.into_iter().map(|(name, state)| ChannelDocument::of(name, state)).collect()))
}

/// Has every channel send a test at the next beat of the timer.
#[utoipa::path(post, path = "/v1/alerts/test", tag = "alerts",
    responses((status = 202, description = "It is sent at the next beat.")))]
pub(crate) async fn test(app: Within) -> Result<StatusCode, Problem> {
    alerts::ask_for_test(&app.service).await?;
    Ok(StatusCode::ACCEPTED)
}
