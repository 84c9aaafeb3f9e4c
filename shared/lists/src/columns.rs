//! Which column of a file holds what.

use std::collections::BTreeMap;

use listsync_core::filter::fold_name;

use crate::{
    FileError,
    profile::{ColumnNames, Others, Profile},
};

/// Names of an e-mail column, the first that is found counts. A sign-in name is one only where nothing else is.
const EMAIL: &[&str] =
    &["email", "mail", "email address", "work email", "mail address", "primary email", "user principal name"];

const NAME: &[&str] = &["display name", "name", "full name"];
const GIVEN: &[&str] = &["first name", "given name"];
const FAMILY: &[&str] = &["last name", "surname", "family name"];

/// The two columns that a file of rejected rows has before the original ones.
pub(crate) const OUR_OWN: [&str; 2] = ["row", "reason"];

/// Where a row's display name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameColumns {
    None,
    One(usize),
    /// First and last name, to be joined.
    Two(usize, usize),
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    BySource,
    /// By us, with rejected rows: its formula cells stand behind an apostrophe.
    ByUs,
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) email: usize,
    pub(crate) name: NameColumns,
    pub(crate) external_id: Option<usize>,
    pub(crate) status: Option<usize>,
    pub(crate) status_date: Option<usize>,
    /// Fields of the contact, by their column, in the file's order.
    pub(crate) fields: Vec<(usize, String)>,
    /// How many columns there are in all.
    pub(crate) count: usize,
    pub(crate) written: Written,
}

impl Found {
    /// Finds the columns in a header row.
    pub(crate) fn find(header: &[String], profile: &Profile) -> Result<Self, FileError> {
        let keys: Vec<String> = header.iter().map(|name| key(name)).collect();
        let search = Search { header, keys: &keys };
        let columns = &profile.columns;
        let email = search.email(&columns.address)?;
        let name = search.name(profile)?;
        let external_id = search.named(&columns.external_id);
        let ours = header.starts_with(&OUR_OWN.map(str::to_owned));
        let taken = |column| {
            column == email
                || name == NameColumns::One(column)
                || external_id == Some(column)
                || (ours && column < OUR_OWN.len())
        };
        Ok(Self {
            fields: search.fields(profile, taken),
            status: search.named(&columns.status),
            status_date: search.named(&columns.status_date),
            written: if ours { Written::ByUs } else { Written::BySource },
            count: header.len(),
            email,
            name,
            external_id,
        })
    }
}

/// The name of a column, or a word, as it is compared: letters and digits alone, without regard to case.
pub(crate) fn key(name: &str) -> String {
    let mut key = fold_name(name);
    key.retain(|each| each != '.');
    key
}

struct Search<'a> {
    header: &'a [String],
    keys: &'a [String],
}

impl Search<'_> {
    fn email(&self, names: &ColumnNames) -> Result<usize, FileError> {
        let found = match names.0.as_slice() {
            [] => self.known(EMAIL),
            _ => self.named(names),
        };
        found.ok_or_else(|| self.missing(names))
    }

    /// Data must not be quoted as if it were column names.
    fn missing(&self, names: &ColumnNames) -> FileError {
        if self.header.iter().any(|name| name.contains('@')) {
            return FileError::NoHeader;
        }
        let found = self.header.iter().filter(|name| !name.is_empty()).cloned().collect();
        match names.0.as_slice() {
            [column] => FileError::NoSuchColumn { column: column.clone(), found },
            _ => FileError::NoEmailColumn { found },
        }
    }

    fn name(&self, profile: &Profile) -> Result<NameColumns, FileError> {
        let columns = &profile.columns;
        if let Some(name) = self.named(&columns.name) {
            return Ok(NameColumns::One(name));
        }
        if columns.name.0.len() == 1 && columns.given_name.0.is_empty() {
            return Err(self.missing(&columns.name));
        }
        if columns.name.0.is_empty() && columns.given_name.0.is_empty() {
            let name = self.known(NAME).map(NameColumns::One);
            return Ok(name.unwrap_or_else(|| two(self.known(GIVEN), self.known(FAMILY))));
        }
        Ok(two(self.named(&columns.given_name), self.named(&columns.family_name)))
    }

    /// A column that a profile names is called as the profile calls it, any other by its title.
    fn fields(&self, profile: &Profile, taken: impl Fn(usize) -> bool) -> Vec<(usize, String)> {
        let columns = &profile.columns;
        let own = [
            ("given_name", &columns.given_name),
            ("family_name", &columns.family_name),
            ("status", &columns.status),
            ("status_date", &columns.status_date),
        ];
        let named = columns.fields.iter().map(|(field, names)| (field.as_str(), names)).chain(own);
        let named: BTreeMap<usize, &str> =
            named.filter_map(|(field, names)| Some((self.named(names)?, field))).collect();
        let mut fields: Vec<(usize, String)> = Vec::new();
        for (column, title) in self.header.iter().enumerate() {
            let name = match named.get(&column) {
                Some(field) => *field,
                None if profile.others == Others::Drop => continue,
                None => title.as_str(),
            };
            let again = fields.iter().any(|(_, other)| other == name);
            if !taken(column) && !name.is_empty() && !again {
                fields.push((column, name.to_owned()));
            }
        }
        fields
    }

    fn known(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.keys.iter().position(|column| *column == key(name)))
    }

    /// The first of the names that the file has: exactly, or as names are compared.
    fn named(&self, names: &ColumnNames) -> Option<usize> {
        names.0.iter().find_map(|name| {
            let exact = self.header.iter().position(|column| column == name.trim());
            let key = key(name);
            exact.or_else(|| self.keys.iter().position(|column| !key.is_empty() && *column == key))
        })
    }
}

fn two(given: Option<usize>, family: Option<usize>) -> NameColumns {
    match (given, family) {
        (Some(given), Some(family)) => NameColumns::Two(given, family),
        _ => NameColumns::None,
    }
}

#[cfg(test)]
mod tests;
