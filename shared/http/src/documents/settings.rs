//! The List Service settings as a document, and a change of them.

use std::time::Duration;

use listsync_core::{
    duration,
    settings::{Protected, Settings, parse_domain, parse_group_id},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Settings)]
pub struct SettingsDocument {
    /// How often a link is due, such as `15m`.
    pub every: String,
    /// How often both sides are read in full.
    pub full_check_every: String,
    /// How long what was written or newly seen outranks one read that contradicts it.
    pub settle_window: String,
    /// How many removals go on without a person: `standard`, a share such as `20%`, a number, or `off`.
    pub max_removals: String,
    /// How many additions by files and runs go on without a person: `standard`, a share such as `200%`, a number, or `off`.
    pub max_additions: String,
    /// The domains of the tenant's own people; none: every address counts as internal.
    pub internal_domains: Vec<String>,
    /// Who is never removed: object ids, addresses, or the word `owners`.
    pub protected: Vec<String>,
    /// The object ids of the groups that may be linked; none: those that were created for a list, and those that the
    /// operator linked.
    pub linkable_groups: Vec<String>,
    /// For how many days the audit keeps what is recorded from now on, such as `400d`.
    pub audit_keep: String,
    /// For how many days it is kept whom each run added and removed, of runs from now on, such as `90d`.
    pub effects_keep: String,
}

/// The settings after a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingsEdit {
    #[serde(flatten)]
    #[schema(inline)]
    /// The settings in force.
    pub settings: SettingsDocument,
    /// Those of the people and groups that were named now to whom nobody in the tenant answers.
    pub unanswered: Vec<String>,
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
    /// How long what was written or newly seen outranks one read that contradicts it.
    #[schema(min_length = 2, pattern = "^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$")]
    pub settle_window: Option<String>,
    /// How many removals go on without a person.
    #[schema(pattern = "^(standard|off|100%|[1-9]?[0-9]%|[0-9]{1,18})$")]
    pub max_removals: Option<String>,
    /// How many additions by files and runs go on without a person.
    #[schema(pattern = "^(standard|off|10000%|[1-9]?[0-9]{1,3}%|[0-9]{1,18})$")]
    pub max_additions: Option<String>,
    /// The domains of the tenant's own people, all of them.
    #[schema(max_items = 1000)]
    pub internal_domains: Option<Vec<String>>,
    /// Who is never removed, all of them.
    #[schema(max_items = 1000)]
    pub protected: Option<Vec<String>>,
    /// The object ids of the groups that may be linked, all of them.
    #[schema(max_items = 1000)]
    pub linkable_groups: Option<Vec<String>>,
    /// For how many days the audit keeps what is recorded from now on: 1 to 3650.
    #[schema(pattern = "^([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650)d$")]
    pub audit_keep: Option<String>,
    /// For how many days it is kept whom each run added and removed, of runs from now on: 1 to 3650.
    #[schema(pattern = "^([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650)d$")]
    pub effects_keep: Option<String>,
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
        let Settings {
            every,
            full_check_every,
            settle_window,
            max_removals,
            max_additions,
            internal_domains,
            protected,
            linkable_groups,
            audit_keep,
            effects_keep,
        } = settings;
        Self {
            every: duration::format(*every),
            full_check_every: duration::format(*full_check_every),
            settle_window: duration::format(*settle_window),
            max_removals: max_removals.to_string(),
            max_additions: max_additions.to_string(),
            internal_domains: internal_domains.iter().cloned().collect(),
            protected: protected.texts(),
            linkable_groups: linkable_groups.iter().map(ToString::to_string).collect(),
            audit_keep: duration::format_days(*audit_keep),
            effects_keep: duration::format_days(*effects_keep),
        }
    }
}

impl SettingsDocument {
    /// Each setting by its name, as a person types it: what there may be several of, one to a line.
    #[must_use]
    pub fn texts(&self) -> [(&'static str, String); 10] {
        let Self {
            every,
            full_check_every,
            settle_window,
            max_removals,
            max_additions,
            internal_domains,
            protected,
            linkable_groups,
            audit_keep,
            effects_keep,
        } = self;
        [
            ("every", every.clone()),
            ("full-check-every", full_check_every.clone()),
            ("settle-window", settle_window.clone()),
            ("max-removals", max_removals.clone()),
            ("max-additions", max_additions.clone()),
            ("internal-domains", internal_domains.join("\n")),
            ("protected", protected.join("\n")),
            ("linkable-groups", linkable_groups.join("\n")),
            ("audit-keep", audit_keep.clone()),
            ("effects-keep", effects_keep.clone()),
        ]
    }
}

impl SettingsPatch {
    /// The names of the settings that it changes.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let Self {
            every,
            full_check_every,
            settle_window,
            max_removals,
            max_additions,
            internal_domains,
            protected,
            linkable_groups,
            audit_keep,
            effects_keep,
        } = self;
        let named = [
            ("every", every.is_some()),
            ("full-check-every", full_check_every.is_some()),
            ("settle-window", settle_window.is_some()),
            ("max-removals", max_removals.is_some()),
            ("max-additions", max_additions.is_some()),
            ("internal-domains", internal_domains.is_some()),
            ("protected", protected.is_some()),
            ("linkable-groups", linkable_groups.is_some()),
            ("audit-keep", audit_keep.is_some()),
            ("effects-keep", effects_keep.is_some()),
        ];
        named.into_iter().filter(|(_, is_named)| *is_named).map(|(name, _)| name).collect()
    }

    /// Does the change.
    ///
    /// # Errors
    /// When a value makes no sense; the settings may be changed in part then.
    pub fn apply(self, settings: &mut Settings) -> Result<(), SettingRefused> {
        let Self {
            every,
            full_check_every,
            settle_window,
            max_removals,
            max_additions,
            internal_domains,
            protected,
            linkable_groups,
            audit_keep,
            effects_keep,
        } = self;
        if let Some(text) = every {
            settings.every = duration::parse_interval(&text).map_err(|error| refuse("every", error))?;
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
        if let Some(text) = max_additions {
            settings.max_additions = text.parse().map_err(|error| refuse("max-additions", error))?;
        }
        if let Some(parts) = internal_domains {
            let domains = parts.iter().map(|part| parse_domain(part)).collect::<Result<_, _>>();
            settings.internal_domains = domains.map_err(|error| refuse("internal-domains", error))?;
        }
        if let Some(parts) = protected {
            let read = Protected::parse(parts.iter().map(String::as_str));
            settings.protected = read.map_err(|error| refuse("protected", error))?;
        }
        if let Some(parts) = linkable_groups {
            let groups = parts.iter().map(|part| parse_group_id(part)).collect::<Result<_, _>>();
            settings.linkable_groups = groups.map_err(|error| refuse("linkable-groups", error))?;
        }
        if let Some(text) = audit_keep {
            settings.audit_keep = duration::parse_days(&text).map_err(|error| refuse("audit-keep", error))?;
        }
        if let Some(text) = effects_keep {
            settings.effects_keep =
                duration::parse_days(&text).map_err(|error| refuse("effects-keep", error))?;
        }
        Ok(())
    }
}

fn refuse(name: &'static str, why: impl ToString) -> SettingRefused {
    SettingRefused { name, why: why.to_string() }
}

fn time(name: &'static str, text: &str) -> Result<Duration, SettingRefused> {
    duration::parse(text).map_err(|error| refuse(name, error))
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
            "max-additions": "300%",
            "internal-domains": ["contoso.com", "contoso.de"],
            "protected": ["owners", "2f4d0c1e-0000-4000-8000-000000000001", "anna@contoso.com"],
            "linkable-groups": ["2f4d0c1e-0000-4000-8000-000000000002"],
            "audit-keep": "500d",
            "effects-keep": "30d",
        });
        let document = patch(given.clone()).expect("settings");
        assert_eq!(serde_json::to_value(document).expect("JSON"), given);
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_names_the_setting() {
        for (name, value) in [
            ("every", json!("often")),
            ("every", json!("0s")),
            ("every", json!("0.5s")),
            ("every", json!("1ns")),
            ("max-removals", json!("200%")),
            ("max-additions", json!("many")),
            ("internal-domains", json!(["not a domain"])),
            ("protected", json!(["a b"])),
            ("protected", json!(["@nobody"])),
            ("protected", json!(["owner"])),
            ("internal-domains", json!(["contoso"])),
            ("linkable-groups", json!(["staff"])),
            ("audit-keep", json!("off")),
            ("audit-keep", json!("0d")),
            ("effects-keep", json!("3651d")),
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
