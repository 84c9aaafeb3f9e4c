//! Who set each field of a contact, and when.

use std::collections::BTreeMap;

use listsync_core::{Timestamp, contact::Field, list::Origin};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Fail, Outcome},
    values::{nanos, timestamp},
};

/// By field: who set it and when, in nanoseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Provenance(BTreeMap<String, (Origin, i64)>);

impl Provenance {
    pub(crate) fn known(fields: &BTreeMap<String, Field>) -> Self {
        Self(fields.iter().map(|(name, field)| (name.clone(), (field.source, nanos(field.at)))).collect())
    }

    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        serde_json::from_str(text).map_err(|_| Fail::Stored("field's provenance"))
    }

    pub(crate) fn text(&self) -> Outcome<String> {
        serde_json::to_string(self).map_err(|_| Fail::Stored("field's provenance"))
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
