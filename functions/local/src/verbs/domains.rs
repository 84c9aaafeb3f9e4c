//! The tenant's own domains, where nobody set them and the token may read them.

use std::collections::BTreeSet;

use listsync_core::{
    audit::{Action, Object, ObjectKind},
    settings::Settings,
};
use listsync_engine::{
    ports::{Call, PortError, PortResult},
    service::Service,
    settings,
};

use super::record;
use crate::output;

/// Any of these lets an app read the tenant's verified domains (Microsoft Graph, "List organization").
const READERS: [&str; 4] =
    ["Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"];

/// Keeps the tenant's domains as the setting `internal-domains` where it is empty, so that a run has to ask nobody.
/// Without the permission nothing is asked: every address counts as internal then.
pub(super) async fn learn(service: &Service, call: Call<'_>) -> PortResult<()> {
    let ports = &service.ports;
    let settings = ports.settings.settings().await?;
    if !settings.internal_domains.is_empty() || !may_read(&ports.directory.permissions(call).await?) {
        return Ok(());
    }
    let Ok(domains) = ports.directory.domains(call).await else { return Ok(()) };
    if domains.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = domains.iter().map(String::as_str).collect();
    output::note(&format!(
        "The tenant's own domains are now the setting internal-domains: {}",
        names.join(", ")
    ));
    let learned = |settings: &mut Settings| {
        if settings.internal_domains.is_empty() {
            settings.internal_domains = domains.clone();
        }
        Ok::<_, PortError>(())
    };
    settings::edit_and_follow(service, learned).await?;
    let setting = Object::new(ObjectKind::Setting, "internal-domains");
    record::done(service, Action::SettingsEdit, vec![setting]).await;
    Ok(())
}

/// Whether the token may read the tenant's domains.
fn may_read(roles: &BTreeSet<String>) -> bool {
    READERS.iter().any(|reader| roles.iter().any(|role| role.eq_ignore_ascii_case(reader)))
}
