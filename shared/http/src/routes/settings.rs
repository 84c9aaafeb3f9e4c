//! The List Service settings.

use axum::{Json, extract::State};
use listsync_engine::people;

use crate::{
    app::App,
    ask::Told,
    documents::settings::{SettingsDocument, SettingsPatch},
    problem::Problem,
};

/// The settings in force.
#[utoipa::path(get, path = "/v1/settings", tag = "settings",
    responses((status = 200, description = "The settings.", body = SettingsDocument)))]
pub(crate) async fn get(State(app): State<App>) -> Result<Json<SettingsDocument>, Problem> {
    let settings = app.ports().settings.settings().await?;
    Ok(Json(SettingsDocument::of(&settings)))
}

/// Changes settings from the next run on; what is not named stays.
#[utoipa::path(patch, path = "/v1/settings", tag = "settings", request_body = SettingsPatch,
    responses((status = 200, description = "The settings as they are now.", body = SettingsDocument)))]
pub(crate) async fn edit(
    State(app): State<App>,
    Told(patch): Told<SettingsPatch>,
) -> Result<Json<SettingsDocument>, Problem> {
    let mut settings = app.ports().settings.settings().await?;
    patch.apply(&mut settings).map_err(|refused| Problem::invalid(refused.name, refused.why))?;
    people::save_settings(&app.service, &settings).await?;
    Ok(Json(SettingsDocument::of(&settings)))
}
