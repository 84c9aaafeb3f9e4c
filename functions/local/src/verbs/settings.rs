//! `listsync settings`: what holds for every link that says nothing else.

use listsync_core::settings::Settings;
use listsync_engine::{service::Service, settings};
use listsync_http::documents::settings::{SettingsDocument, SettingsPatch};
use serde_json::{Map, Value, json};

use super::unanswered;
use crate::{
    cli::{SettingName, SettingsVerb},
    output::{self, Outcome, Refusal, Reply},
};

const ALL: [SettingName; 10] = [
    SettingName::Every,
    SettingName::FullCheckEvery,
    SettingName::SettleWindow,
    SettingName::MaxRemovals,
    SettingName::MaxAdditions,
    SettingName::InternalDomains,
    SettingName::Protected,
    SettingName::LinkableGroups,
    SettingName::AuditKeep,
    SettingName::EffectsKeep,
];

pub(super) async fn run(service: &Service, verb: &SettingsVerb) -> Outcome {
    match verb {
        SettingsVerb::Get { name: None } => {
            let settings = service.ports.settings.settings().await?;
            let rows: Vec<_> = ALL.map(|name| [word(name).to_owned(), text(&settings, name)]).into();
            Ok(Reply::done(document(&settings, &ALL), output::table(["SETTING", "VALUE"], &rows)))
        }
        SettingsVerb::Get { name: Some(name) } => {
            let settings = service.ports.settings.settings().await?;
            Ok(Reply::done(document(&settings, &[*name]), text(&settings, *name)))
        }
        SettingsVerb::Set { name, value } => {
            let set = |settings: &mut Settings| set(settings, *name, value);
            let settings = settings::edit_and_follow(service, set).await?.what;
            unanswered::tell(&unanswered::of_setting(&service.ports, &settings, *name).await);
            let said = format!("{} is {} from the next run on.", word(*name), text(&settings, *name));
            Ok(Reply::done(document(&settings, &[*name]), said))
        }
    }
}

pub(super) fn word(name: SettingName) -> &'static str {
    match name {
        SettingName::Every => "every",
        SettingName::FullCheckEvery => "full-check-every",
        SettingName::SettleWindow => "settle-window",
        SettingName::MaxRemovals => "max-removals",
        SettingName::MaxAdditions => "max-additions",
        SettingName::InternalDomains => "internal-domains",
        SettingName::Protected => "protected",
        SettingName::LinkableGroups => "linkable-groups",
        SettingName::AuditKeep => "audit-keep",
        SettingName::EffectsKeep => "effects-keep",
    }
}

fn set(settings: &mut Settings, name: SettingName, value: &str) -> Result<(), Refusal> {
    let one = || Some(value.to_owned());
    let many = || {
        let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
        Some(parts.map(str::to_owned).collect())
    };
    let nothing = SettingsPatch::default();
    let patch = match name {
        SettingName::Every => SettingsPatch { every: one(), ..nothing },
        SettingName::FullCheckEvery => SettingsPatch { full_check_every: one(), ..nothing },
        SettingName::SettleWindow => SettingsPatch { settle_window: one(), ..nothing },
        SettingName::MaxRemovals => SettingsPatch { max_removals: one(), ..nothing },
        SettingName::MaxAdditions => SettingsPatch { max_additions: one(), ..nothing },
        SettingName::InternalDomains => SettingsPatch { internal_domains: many(), ..nothing },
        SettingName::Protected => SettingsPatch { protected: many(), ..nothing },
        SettingName::LinkableGroups => SettingsPatch { linkable_groups: many(), ..nothing },
        SettingName::AuditKeep => SettingsPatch { audit_keep: one(), ..nothing },
        SettingName::EffectsKeep => SettingsPatch { effects_keep: one(), ..nothing },
    };
    patch.apply(settings).map_err(|refused| {
        Refusal::new("setting", refused.to_string(), "see 'listsync settings --help' for examples")
    })
}

fn value(settings: &Settings, name: SettingName) -> Value {
    json!(SettingsDocument::of(settings))[word(name)].take()
}

fn text(settings: &Settings, name: SettingName) -> String {
    match value(settings, name) {
        Value::Array(parts) if parts.is_empty() => "none".to_owned(),
        Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

fn document(settings: &Settings, names: &[SettingName]) -> Value {
    let entry = |name: &SettingName| (word(*name).to_owned(), value(settings, *name));
    Value::Object(names.iter().map(entry).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_reads_back_as_it_was_set() {
        let mut settings = Settings::default();
        let id = "2f4d0c1e-0000-4000-8000-000000000001";
        let everybody = format!("owners,{id},anna@contoso.com");
        for (name, given) in [
            (SettingName::Every, "1h30m"),
            (SettingName::FullCheckEvery, "12h"),
            (SettingName::SettleWindow, "0s"),
            (SettingName::MaxRemovals, "10%"),
            (SettingName::MaxAdditions, "200"),
            (SettingName::InternalDomains, "contoso.com,contoso.de"),
            (SettingName::Protected, everybody.as_str()),
            (SettingName::LinkableGroups, id),
            (SettingName::AuditKeep, "30d"),
            (SettingName::EffectsKeep, "400d"),
        ] {
            set(&mut settings, name, given).expect(given);
            assert_eq!(text(&settings, name), given);
        }
        set(&mut settings, SettingName::Protected, "").expect("nobody");
        assert_eq!(text(&settings, SettingName::Protected), "none");
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_names_the_setting() {
        for (name, given) in [
            (SettingName::Every, "often"),
            (SettingName::MaxRemovals, "200%"),
            (SettingName::MaxAdditions, "some"),
            (SettingName::InternalDomains, "not a domain"),
            (SettingName::Protected, "a b"),
            (SettingName::Protected, "@nobody"),
            (SettingName::Protected, "owner"),
            (SettingName::Protected, "owners,John.Doe"),
            (SettingName::InternalDomains, "contoso"),
            (SettingName::LinkableGroups, "staff"),
            (SettingName::Every, "0.5s"),
            (SettingName::AuditKeep, "1h"),
        ] {
            let refusal = set(&mut Settings::default(), name, given).expect_err(given);
            assert!(refusal.message.starts_with(word(name)), "{}", refusal.message);
        }
    }
}
