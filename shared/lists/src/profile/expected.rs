//! What a profile expects of a file, for people.

use std::fmt;

use serde::Serialize;

use super::{ColumnNames, Profile, StatusWords};
use crate::known::{self, Known};

/// What a profile expects of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The profile's name.
    pub profile: String,
    /// What is looked for, and the titles that it is looked for by, the first that a file has counts.
    pub columns: Vec<ExpectedColumn>,
    /// What its status words mean; none: it looks for no status.
    pub status_words: Option<StatusWords>,
}

/// One column that a profile looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExpectedColumn {
    /// What it holds, as `--map` calls it, or the name of a field.
    pub what: String,
    /// Its titles.
    pub titles: Vec<String>,
}

/// So many titles of a column are told in a refusal.
const TOLD: usize = 4;

impl Profile {
    /// What it expects of a file.
    #[must_use]
    pub fn expected(&self) -> Expected {
        let columns = &self.columns;
        let usual = |field| known::titles(field).map(str::to_owned).collect::<Vec<_>>();
        let address = match columns.address.0.as_slice() {
            [] => ColumnNames(usual(Known::Address)),
            names => ColumnNames(names.to_vec()),
        };
        let name = match (columns.name.0.as_slice(), columns.given_name.0.as_slice()) {
            ([], []) => ColumnNames(usual(Known::Name)),
            (names, _) => ColumnNames(names.to_vec()),
        };
        let own = [
            ("email", &address),
            ("name", &name),
            ("given_name", &columns.given_name),
            ("family_name", &columns.family_name),
            ("external_id", &columns.external_id),
            ("status", &columns.status),
            ("employment_status", &columns.employment_status),
            ("status_date", &columns.status_date),
        ];
        let fields = columns.fields.iter().map(|(field, names)| (field.as_str(), names));
        let looked_for = own.into_iter().chain(fields).filter(|(_, names)| !names.0.is_empty());
        Expected {
            profile: self.name.clone(),
            columns: looked_for
                .map(|(what, names)| ExpectedColumn { what: what.to_owned(), titles: names.0.clone() })
                .collect(),
            status_words: self.expects_status().then(|| self.status_words.clone()),
        }
    }
}

impl Expected {
    /// What it needs besides the address to know who is there, as `--map` calls it.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &str> {
        let needed = ["external_id", "status"];
        self.columns.iter().map(|column| column.what.as_str()).filter(move |what| needed.contains(what))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { profile, columns, status_words: _ } = self;
        write!(f, "the profile '{profile}' looks for ")?;
        let deciding = ["email", "external_id", "status", "employment_status", "status_date"];
        let mut first = true;
        for ExpectedColumn { what, titles } in columns {
            if !deciding.contains(&what.as_str()) {
                continue;
            }
            let told: Vec<_> = titles.iter().take(TOLD).map(|title| format!("'{title}'")).collect();
            let more = if titles.len() > TOLD { ", …" } else { "" };
            write!(f, "{}{what}: {}{more}", if first { "" } else { "; " }, told.join(", "))?;
            first = false;
        }
        Ok(())
    }
}
