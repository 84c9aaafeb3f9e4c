//! The List Service settings as a document, and a change of them.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::{
    address::Address,
    id::ObjectId,
    settings::{Owners, Protected, Settings},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::durations;

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Settings)]
pub struct SettingsDocument {
    /// How often a link is due, such as `15m`.
    pub every: String,
    /// How often both sides are read in full.
    pub full_check_every: String,
    /// How long what was written or newly seen outranks a contradicting read.
    pub settle_window: String,
    /// How many removals go on without a person: `standard`, a share such as `20%`, a number, or `off`.
    pub max_removals: String,
    /// The domains of the tenant's own people; none: every address counts as internal.
    pub internal_domains: Vec<String>,
    /// Who is never removed: object ids, addresses, or the word `owners`.
    pub protected: Vec<String>,
}

/// A change of settings: what it does not name stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SettingsPatch {
    /// How often a link is due, such as `15m`.
    #[schema(min_length = 2, pattern = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")]
    pub every: Option<String>,
    /// How often both sides are read in full.
    #[schema(min_length = 2, pattern = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")]
    pub full_check_every: Option<String>,
    /// How long what was written or newly seen outranks a contradicting read.
    #[schema(min_length = 2, pattern = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")]
    pub settle_window: Option<String>,
    /// How many removals go on without a person.
    #[schema(pattern = "^(standard|off|100%|[1-9]?[0-9]%|[0-9]{1,18})$")]
    pub max_removals: Option<String>,
    /// The domains of the tenant's own people, all of them.
    #[schema(max_items = 1000)]
    pub internal_domains: Option<Vec<String>>,
    /// Who is never removed, all of them.
    #[schema(max_items = 1000)]
    pub protected: Option<Vec<String>>,
}

/// A setting that makes no sense: its name and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {why}")]
pub struct SettingRefused {
    /// Its name.
    pub name: &'static str,
    /// Why.
    pub why: String,
}

impl SettingsDocument {
    /// Of the settings.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let Settings { every, full_check_every, settle_window, max_removals, internal_domains, protected } =
            settings;
        Self {
            every: durations::format(*every),
            full_check_every: durations::format(*full_check_every),
            settle_window: durations::format(*settle_window),
            max_removals: max_removals.to_string(),
            internal_domains: internal_domains.iter().cloned().collect(),
            protected: protected_parts(protected),
        }
    }
}

impl SettingsPatch {
    /// Does the change.
    ///
    /// # Errors
    /// When a value makes no sense; the settings may be changed in part then.
    pub fn apply(self, settings: &mut Settings) -> Result<(), SettingRefused> {
        let Self { every, full_check_every, settle_window, max_removals, internal_domains, protected } = self;
        if let Some(text) = every {
            settings.every = time("every", &text)?;
            if settings.every.is_zero() {
                return Err(refuse("every", "a link cannot be due all the time; give a time such as 15m"));
            }
        }
        if let Some(text) = full_check_every {
            settings.full_check_every = time("full-check-every", &text)?;
        }
        if let Some(text) = settle_window {
            settings.settle_window = time("settle-window", &text)?;
        }
        if let Some(text) = max_removals {
            settings.max_removals = text.parse().map_err(|error| refuse("max-removals", error))?;
        }
        if let Some(parts) = internal_domains {
            settings.internal_domains =
                parts.iter().map(|part| domain(part)).collect::<Result<BTreeSet<_>, _>>()?;
        }
        if let Some(parts) = protected {
            settings.protected = protected_of(&parts)?;
        }
        Ok(())
    }
}

fn refuse(name: &'static str, why: impl ToString) -> SettingRefused {
    SettingRefused { name, why: why.to_string() }
}

fn time(name: &'static str, text: &str) -> Result<Duration, SettingRefused> {
    durations::parse(text).map_err(|error| refuse(name, error))
}

/// A domain in the form that addresses have it in.
fn domain(part: &str) -> Result<String, SettingRefused> {
    let part = part.trim().trim_start_matches('@');
    let probe = Address::parse(&format!("probe@{part}"));
    probe
        .map(|address| address.domain().to_owned())
        .map_err(|_| refuse("internal-domains", format!("'{part}' is no domain such as contoso.com")))
}

fn protected_of(parts: &[String]) -> Result<Protected, SettingRefused> {
    let mut protected = Protected::default();
    for part in parts.iter().map(|part| part.trim()) {
        if part.eq_ignore_ascii_case("owners") {
            protected.owners = Owners::Protected;
        } else if let Ok(address) = Address::parse(part) {
            protected.addresses.insert(address);
        } else if let (Ok(id), false) = (ObjectId::parse(part), part.contains('@')) {
            protected.object_ids.insert(id);
        } else {
            let why = format!("'{part}' is neither an object id, nor an address, nor the word owners");
            return Err(refuse("protected", why));
        }
    }
    Ok(protected)
}

fn protected_parts(protected: &Protected) -> Vec<String> {
    let Protected { object_ids, addresses, owners } = protected;
    let owners = (*owners == Owners::Protected).then(|| "owners".to_owned());
    let ids = object_ids.iter().map(ToString::to_string);
    owners.into_iter().chain(ids).chain(addresses.iter().map(ToString::to_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patch(document: serde_json::Value) -> Result<SettingsDocument, SettingRefused> {
        let patch: SettingsPatch = serde_json::from_value(document).expect("a patch");
        let mut settings = Settings::default();
        patch.apply(&mut settings)?;
        Ok(SettingsDocument::of(&settings))
    }

    #[test]
    fn every_setting_reads_back_as_it_was_set() {
        let given = json!({
            "every": "1h30m",
            "full-check-every": "12h",
            "settle-window": "0s",
            "max-removals": "10%",
            "internal-domains": ["contoso.com", "contoso.de"],
            "protected": ["owners", "2f4d0c1e-0000-4000-8000-000000000001", "anna@contoso.com"],
        });
        let document = patch(given.clone()).expect("settings");
        assert_eq!(serde_json::to_value(document).expect("JSON"), given);
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_names_the_setting() {
        for (name, value) in [
            ("every", json!("often")),
            ("every", json!("0s")),
            ("max-removals", json!("200%")),
            ("internal-domains", json!(["not a domain"])),
            ("protected", json!(["a b"])),
            ("protected", json!(["@nobody"])),
        ] {
            let refused = patch(json!({name: value})).expect_err(name);
            assert_eq!(refused.name, name);
        }
    }

    #[test]
    fn what_a_change_does_not_name_stays() {
        let unchanged = SettingsDocument::of(&Settings::default());
        assert_eq!(patch(json!({})), Ok(unchanged));
    }
}
