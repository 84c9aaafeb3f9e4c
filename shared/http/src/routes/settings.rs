//! The List Service settings.

use std::time::Duration;

use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse as _, Response},
};
use listsync_core::{audit::ObjectKind, settings::Settings};
use listsync_engine::{
    answered,
    ports::{Call, Meter, PortError},
    settings,
};

use crate::{
    ask::Told,
    documents::settings::{SettingsDocument, SettingsEdit, SettingsPatch},
    etag::{self, Expected},
    problem::Problem,
    within::Within,
};

/// So long the directory may take to say who answers to a name.
const PATIENCE: Duration = Duration::from_secs(10);

/// The settings in force.
#[utoipa::path(get, path = "/v1/settings", tag = "settings",
    responses((status = 200, description = "The settings; what they are is the ETag.", body = SettingsDocument)))]
pub(crate) async fn get(app: Within) -> Result<Response, Problem> {
    let document = in_force(&app).await?;
    Ok(([(header::ETAG, etag::of(&document))], Json(document)).into_response())
}

/// Them.
pub(crate) async fn in_force(app: &Within) -> Result<SettingsDocument, Problem> {
    Ok(SettingsDocument::of(&app.ports().settings.settings().await?))
}

/// Changes settings from the next run on; what is not named stays, also where others change it at the same time. With
/// If-Match nothing is changed unless the settings are still those that were read.
#[utoipa::path(patch, path = "/v1/settings", tag = "settings", request_body = SettingsPatch,
    responses((status = 200, description = "The settings as they are now.", body = SettingsEdit)))]
pub(crate) async fn edit(
    app: Within,
    headers: HeaderMap,
    Told(patch): Told<SettingsPatch>,
) -> Result<Response, Problem> {
    let expected = etag::if_given(&headers)?;
    let edit = changed(&app, patch, &expected).await?;
    Ok(([(header::ETAG, etag::of(&edit.settings))], Json(edit)).into_response())
}

/// Changes them, where they are still those of the tag.
pub(crate) async fn changed(
    app: &Within,
    patch: SettingsPatch,
    expected: &Expected,
) -> Result<SettingsEdit, Problem> {
    let named = NamesOf { people: patch.protected.is_some(), groups: patch.linkable_groups.is_some() };
    let names = patch.names();
    for name in &names {
        app.touch(ObjectKind::Setting, name);
    }
    if names.is_empty() {
        app.did_nothing();
    }
    let change = |settings: &mut Settings| {
        if !expected.admits(etag::version_of(&SettingsDocument::of(settings))) {
            return Err(PortError::settings_changed().into());
        }
        patch.clone().apply(settings).map_err(|refused| Problem::invalid(refused.name, refused.why))
    };
    let settings = settings::edit_and_follow(&app.service, change).await?.what;
    let unanswered = unanswered(app, &settings, named).await;
    Ok(SettingsEdit { settings: SettingsDocument::of(&settings), unanswered })
}

/// Of what a change names somebody or something that may not be there.
struct NamesOf {
    people: bool,
    groups: bool,
}

/// Those of what was named now to whom nobody in the tenant answers; none where the directory cannot be asked.
async fn unanswered(app: &Within, settings: &Settings, NamesOf { people, groups }: NamesOf) -> Vec<String> {
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
