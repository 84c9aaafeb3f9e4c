//! What somebody says of one file beside its profile.

use std::collections::BTreeMap;

use super::{AddressBy, ColumnNames, Columns, Dates, Encoding, OptOutRule, Others, Profile, StatusRule};
use crate::{Mapping, Meaning};

/// What somebody says of one file beside its profile: it goes before what the profile says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// Which columns hold what.
    pub mapping: Mapping,
    /// Columns that tell of status, besides the profile's.
    pub status_columns: Vec<String>,
    /// What is done about columns that smell of status.
    pub status_rule: Option<StatusRule>,
    /// What is done about columns that tell who opted out.
    pub opt_out_rule: Option<OptOutRule>,
    /// Status words with a meaning of their own.
    pub status_words: Vec<(String, Meaning)>,
    /// By what the e-mail column is found where its title does not tell.
    pub address_by: Option<AddressBy>,
    /// In which encoding the file is.
    pub encoding: Option<Encoding>,
    /// In which order a date with slashes stands.
    pub dates: Option<Dates>,
    /// How many rows stand above the header row.
    pub skip_rows: Option<u16>,
}

impl Profile {
    /// With what somebody says of one file. A column that they name has to be there.
    #[must_use]
    pub fn with(mut self, said: &Overrides) -> Self {
        self = self.mapped(&said.mapping);
        for column in &said.status_columns {
            self.columns.status.0.push(column.clone());
            self.required.push(column.clone());
        }
        for (word, meaning) in &said.status_words {
            self.status_words.set(word, *meaning);
        }
        self.status_rule = said.status_rule.unwrap_or(self.status_rule);
        self.opt_out_rule = said.opt_out_rule.unwrap_or(self.opt_out_rule);
        self.address_by = said.address_by.unwrap_or(self.address_by);
        self.encoding = said.encoding.unwrap_or(self.encoding);
        self.dates = said.dates.unwrap_or(self.dates);
        self.skip_rows = said.skip_rows.unwrap_or(self.skip_rows);
        self
    }

    /// Reads whom a file names by their address, and nothing else of them: whether they are still employed says nothing about
    /// what they decided, so no status, leave date or key keeps an address back.
    #[must_use]
    pub fn of_addresses(mut self) -> Self {
        self.columns = Columns { address: self.columns.address, ..Columns::default() };
        self.others = Others::Drop;
        self.status_rule = StatusRule::PassedOver;
        self.opt_out_rule = OptOutRule::PassedOver;
        self
    }

    /// With the status words of a list's files, which go before its own.
    #[must_use]
    pub fn with_words(mut self, words: &BTreeMap<String, Meaning>) -> Self {
        for (word, meaning) in words {
            self.status_words.set(word, *meaning);
        }
        self
    }

    /// With the columns that a mapping names in place of its own; they have to be there.
    #[must_use]
    pub fn mapped(mut self, mapping: &Mapping) -> Self {
        let Mapping { email, name, external_id, status, status_date } = mapping;
        let columns = &mut self.columns;
        for (slot, column) in [
            (&mut columns.address, email),
            (&mut columns.name, name),
            (&mut columns.external_id, external_id),
            (&mut columns.status, status),
            (&mut columns.status_date, status_date),
        ] {
            if let Some(column) = column {
                *slot = ColumnNames(vec![column.clone()]);
                self.required.push(column.clone());
            }
        }
        self
    }
}
