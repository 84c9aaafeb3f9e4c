//! `listsync settings`: what holds for every link that says nothing else.

use std::collections::BTreeSet;

use listsync_core::{address::Address, settings::Settings};
use listsync_engine::{people, service::Service};
use serde_json::{Map, Value, json};

use super::protected;
use crate::{
    cli::{SettingName, SettingsVerb},
    durations,
    output::{self, Outcome, Refusal, Reply},
};

const ALL: [SettingName; 6] = [
    SettingName::Every,
    SettingName::FullCheckEvery,
    SettingName::SettleWindow,
    SettingName::MaxRemovals,
    SettingName::InternalDomains,
    SettingName::Protected,
];

pub(super) async fn run(service: &Service, verb: &SettingsVerb) -> Outcome {
    let mut settings = service.ports.settings.settings().await?;
    match verb {
        SettingsVerb::Get { name: None } => {
            let rows: Vec<_> = ALL.map(|name| [word(name).to_owned(), text(&settings, name)]).into();
            Ok(Reply::done(document(&settings, &ALL), output::table(["SETTING", "VALUE"], &rows)))
        }
        SettingsVerb::Get { name: Some(name) } => {
            Ok(Reply::done(document(&settings, &[*name]), text(&settings, *name)))
        }
        SettingsVerb::Set { name, value } => {
            set(&mut settings, *name, value)?;
            people::save_settings(service, &settings).await?;
            let said = format!("{} is {} from the next run on.", word(*name), text(&settings, *name));
            Ok(Reply::done(document(&settings, &[*name]), said))
        }
    }
}

fn word(name: SettingName) -> &'static str {
    match name {
        SettingName::Every => "every",
        SettingName::FullCheckEvery => "full-check-every",
        SettingName::SettleWindow => "settle-window",
        SettingName::MaxRemovals => "max-removals",
        SettingName::InternalDomains => "internal-domains",
        SettingName::Protected => "protected",
    }
}

fn set(settings: &mut Settings, name: SettingName, value: &str) -> Result<(), Refusal> {
    let time = || durations::parse(value).map_err(|error| refuse(name, &error.to_string()));
    match name {
        SettingName::Every if time()?.is_zero() => {
            return Err(refuse(name, "a link cannot be due all the time; give a time such as 15m"));
        }
        SettingName::Every => settings.every = time()?,
        SettingName::FullCheckEvery => settings.full_check_every = time()?,
        SettingName::SettleWindow => settings.settle_window = time()?,
        SettingName::MaxRemovals => {
            settings.max_removals = value.parse().map_err(|error| refuse(name, &format!("{error}")))?;
        }
        SettingName::InternalDomains => settings.internal_domains = domains(value)?,
        SettingName::Protected => {
            settings.protected = protected::read(parts(value)).map_err(|why| refuse(name, &why))?
        }
    }
    Ok(())
}

fn refuse(name: SettingName, why: &str) -> Refusal {
    Refusal::new("setting", format!("{}: {why}", word(name)), "see 'listsync settings --help' for examples")
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// Domains in the form that addresses have them in.
fn domains(value: &str) -> Result<BTreeSet<String>, Refusal> {
    let domain = |part: &str| {
        let part = part.trim_start_matches('@');
        let probe = Address::parse(&format!("probe@{part}"));
        probe.map(|address| address.domain().to_owned()).map_err(|_| {
            refuse(SettingName::InternalDomains, &format!("'{part}' is no domain such as contoso.com"))
        })
    };
    parts(value).map(domain).collect()
}

fn value(settings: &Settings, name: SettingName) -> Value {
    match name {
        SettingName::Every => json!(durations::format(settings.every)),
        SettingName::FullCheckEvery => json!(durations::format(settings.full_check_every)),
        SettingName::SettleWindow => json!(durations::format(settings.settle_window)),
        SettingName::MaxRemovals => json!(settings.max_removals),
        SettingName::InternalDomains => json!(settings.internal_domains),
        SettingName::Protected => json!(protected::texts(&settings.protected)),
    }
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
            (SettingName::InternalDomains, "contoso.com,contoso.de"),
            (SettingName::Protected, everybody.as_str()),
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
            (SettingName::InternalDomains, "not a domain"),
            (SettingName::Protected, "a b"),
            (SettingName::Protected, "@nobody"),
        ] {
            let refusal = set(&mut Settings::default(), name, given).expect_err(given);
            assert!(refusal.message.starts_with(word(name)), "{}", refusal.message);
        }
    }
}
