//! Who set each field of a contact, and when.

use std::collections::BTreeMap;

use listsync_core::{Timestamp, contact::Field, list::Origin};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Fail, Outcome},
    lists::contacts::Source,
    values::{nanos, timestamp},
};

/// By field: who set it and when, in nanoseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Provenance(BTreeMap<String, (Origin, i64)>);

impl Provenance {
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a String>, (by, at): Source) -> Self {
        Self(names.map(|name| (name.clone(), (by, nanos(at)))).collect())
    }

    pub(crate) fn load(tx: &Connection, contact: i64) -> Outcome<Self> {
        let mut statement = tx.prepare_cached("SELECT provenance FROM contacts WHERE n = ?1")?;
        Self::parse(&statement.query_row([contact], |row| row.get::<_, String>(0))?)
    }

    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        serde_json::from_str(text).map_err(|_| Fail::Stored("field's provenance"))
    }

    pub(crate) fn text(&self) -> Outcome<String> {
        serde_json::to_string(self).map_err(|_| Fail::Stored("field's provenance"))
    }

    /// After fields were set so.
    pub(crate) fn after(
        mut self,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
        (by, at): Source,
    ) -> Self {
        self.0.retain(|name, _| after.contains_key(name));
        let fresh = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
        self.0.extend(fresh.map(|(name, _)| (name.clone(), (by, nanos(at)))));
        self
    }

    /// Takes in what another contact brings for these fields.
    pub(crate) fn take<'a>(&mut self, other: &Self, names: impl Iterator<Item = &'a String>) {
        for name in names {
            if let Some(set) = other.0.get(name) {
                self.0.insert(name.clone(), *set);
            }
        }
    }

    /// The fields with what is known of each; what was stored before that was kept came from a file.
    pub(crate) fn fields(&self, values: BTreeMap<String, String>) -> BTreeMap<String, Field> {
        let field = |(name, value): (String, String)| {
            let (source, at) = self
                .0
                .get(&name)
                .map_or((Origin::Csv, Timestamp::UNIX_EPOCH), |(by, at)| (*by, timestamp(*at)));
            (name, Field { value, source, at })
        };
        values.into_iter().map(field).collect()
    }
}
