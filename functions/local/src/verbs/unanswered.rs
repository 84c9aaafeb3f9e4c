//! A word of warning where nobody in the tenant answers to what was written into a setting.

use std::time::Duration;

use listsync_core::settings::{Protected, Settings};
use listsync_engine::{
    Ports, answered,
    ports::{Call, Meter},
};

use crate::{cli::SettingName, output};

/// So long the directory may take to say it.
const PATIENCE: Duration = Duration::from_secs(10);

/// To whom or what of a setting nobody answers. Where the directory cannot be asked nothing is known, and nothing said.
pub(super) async fn of_setting(ports: &Ports, settings: &Settings, name: SettingName) -> Vec<String> {
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    match name {
        SettingName::Protected => of_protected(ports, &settings.protected).await,
        SettingName::LinkableGroups => {
            answered::without_group(ports, call, &settings.linkable_groups).await.unwrap_or_default()
        }
        SettingName::InternalDomains => match ports.directory.domains(call).await {
            Ok(known) if !known.is_empty() => settings.internal_domains.difference(&known).cloned().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// To whom of the protected nobody answers.
pub(super) async fn of_protected(ports: &Ports, protected: &Protected) -> Vec<String> {
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    answered::without_person(ports, call, protected).await.unwrap_or_default()
}

/// Says so.
pub(super) fn tell(nobody: &[String]) {
    for text in nobody {
        output::note(&format!(
            "{} nobody and nothing in the tenant answers to '{text}': look whether it is written as Entra has it",
            output::yellow("warning:")
        ));
    }
}
