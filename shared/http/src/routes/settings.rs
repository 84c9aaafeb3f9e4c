//! The List Service settings.

use std::time::Duration;

use axum::Json;
use listsync_core::settings::Settings;
use listsync_engine::{
    answered, people,
    ports::{Call, Meter},
};

use crate::{
    ask::Told,
    documents::settings::{SettingsDocument, SettingsEdit, SettingsPatch},
    problem::Problem,
    within::Within,
};

/// So long the directory may take to say who answers to a name.
const PATIENCE: Duration = Duration::from_secs(10);

/// The settings in force.
#[utoipa::path(get, path = "/v1/settings", tag = "settings",
    responses((status = 200, description = "The settings.", body = SettingsDocument)))]
pub(crate) async fn get(app: Within) -> Result<Json<SettingsDocument>, Problem> {
    let settings = app.ports().settings.settings().await?;
    Ok(Json(SettingsDocument::of(&settings)))
}

/// Changes settings from the next run on; what is not named stays.
#[utoipa::path(patch, path = "/v1/settings", tag = "settings", request_body = SettingsPatch,
    responses((status = 200, description = "The settings as they are now.", body = SettingsEdit)))]
pub(crate) async fn edit(
    app: Within,
    Told(patch): Told<SettingsPatch>,
) -> Result<Json<SettingsEdit>, Problem> {
    let mut settings = app.ports().settings.settings().await?;
    let named = (patch.protected.is_some(), patch.linkable_groups.is_some());
    patch.apply(&mut settings).map_err(|refused| Problem::invalid(refused.name, refused.why))?;
    people::save_settings(&app.service, &settings).await?;
    let unanswered = unanswered(&app, &settings, named).await;
    Ok(Json(SettingsEdit { settings: SettingsDocument::of(&settings), unanswered }))
}

/// Those of what was named now to whom nobody in the tenant answers; none where the directory cannot be asked.
async fn unanswered(app: &Within, settings: &Settings, (people, groups): (bool, bool)) -> Vec<String> {
    let meter = Meter::default();
    let call = Call { until: app.now() + PATIENCE, meter: &meter };
    let mut unanswered = Vec::new();
    if people {
        let nobody = answered::without_person(app.ports(), call, &settings.protected).await;
        unanswered.extend(nobody.unwrap_or_default());
    }
    if groups {
        let missing = answered::without_group(app.ports(), call, &settings.linkable_groups).await;
        unanswered.extend(missing.unwrap_or_default());
    }
    unanswered
}
