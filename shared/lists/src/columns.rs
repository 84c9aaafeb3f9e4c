//! Which column of a file holds what.

use crate::{FileError, Mapping};

/// Names of an e-mail column, the first that is found counts. A sign-in name is one only where nothing else is.
const EMAIL: &[&str] = &[
    "email",
    "e mail",
    "mail",
    "email address",
    "e mail address",
    "emailaddress",
    "work email",
    "workemail",
    "work e mail",
    "mail address",
    "primary email",
    "userprincipalname",
    "user principal name",
];

const NAME: &[&str] = &["display name", "displayname", "name", "full name", "fullname"];
const FIRST: &[&str] = &["first name", "firstname", "given name", "givenname"];
const LAST: &[&str] = &["last name", "lastname", "surname", "family name", "familyname"];

/// Where a row's display name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameColumns {
    None,
    One(usize),
    /// First and last name, to be joined.
    Two(usize, usize),
}

/// The columns of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) email: usize,
    pub(crate) name: NameColumns,
    /// Further columns that have a name.
    pub(crate) fields: Vec<(usize, String)>,
    /// How many there are in all.
    pub(crate) count: usize,
}

impl Columns {
    /// Finds the columns in a header row.
    pub(crate) fn find(header: &[String], mapping: &Mapping) -> Result<Self, FileError> {
        let keys: Vec<String> = header.iter().map(|name| key(name)).collect();
        let email = match &mapping.email {
            Some(column) => named(header, &keys, column)?,
            None => known(&keys, EMAIL).ok_or_else(|| no_email(header))?,
        };
        let name = match &mapping.name {
            Some(column) => NameColumns::One(named(header, &keys, column)?),
            None => name_columns(&keys),
        };
        let mut fields: Vec<(usize, String)> = Vec::new();
        for (column, title) in header.iter().enumerate() {
            let taken = column == email || name == NameColumns::One(column) || title.is_empty();
            if !taken && fields.iter().all(|(_, other)| other != title) {
                fields.push((column, title.clone()));
            }
        }
        Ok(Self { email, name, fields, count: header.len() })
    }
}

fn name_columns(keys: &[String]) -> NameColumns {
    match (known(keys, NAME), known(keys, FIRST), known(keys, LAST)) {
        (Some(name), _, _) => NameColumns::One(name),
        (None, Some(first), Some(last)) => NameColumns::Two(first, last),
        _ => NameColumns::None,
    }
}

/// A column's name as it is compared: without regard to case, hyphens, underscores and repeated space.
fn key(name: &str) -> String {
    let name = name.to_lowercase().replace(['-', '_'], " ");
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn known(keys: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| keys.iter().position(|key| key == name))
}

fn named(header: &[String], keys: &[String], column: &str) -> Result<usize, FileError> {
    let exact = header.iter().position(|name| name == column.trim());
    exact.or_else(|| keys.iter().position(|name| *name == key(column))).ok_or_else(|| {
        if holds_address(header) {
            return FileError::NoHeader;
        }
        FileError::NoSuchColumn { column: column.to_owned(), found: titles(header) }
    })
}

fn no_email(header: &[String]) -> FileError {
    // Data must not be quoted as if it were column names.
    if holds_address(header) {
        FileError::NoHeader
    } else {
        FileError::NoEmailColumn { found: titles(header) }
    }
}

fn holds_address(header: &[String]) -> bool {
    header.iter().any(|name| name.contains('@'))
}

fn titles(header: &[String]) -> Vec<String> {
    header.iter().filter(|name| !name.is_empty()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &[&str], mapping: &str) -> Result<Columns, FileError> {
        let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        Columns::find(&header, &mapping.parse().expect("a mapping"))
    }

    #[test]
    fn an_email_column_is_known_by_its_usual_names() {
        for name in [
            "email",
            "E-Mail",
            "mail",
            "Email Address",
            "E-mail Address",
            "Work Email",
            "workEmail",
            "Mail Address",
            "Primary Email",
            "UserPrincipalName",
            "EMAIL_ADDRESS",
            " e-mail ",
        ] {
            assert_eq!(find(&["Id", name], "").expect(name).email, 1, "{name}");
        }
    }

    #[test]
    fn a_sign_in_name_is_taken_only_where_nothing_else_is() {
        assert_eq!(find(&["UserPrincipalName", "Mail"], "").expect("found").email, 1);
    }

    #[test]
    fn a_name_is_one_column_or_first_and_last() {
        assert_eq!(find(&["email", "Display Name"], "").expect("found").name, NameColumns::One(1));
        let two = find(&["Last Name", "email", "First Name"], "").expect("found");
        assert_eq!(two.name, NameColumns::Two(2, 0));
        assert_eq!(two.fields.len(), 2);
        assert_eq!(find(&["email", "First Name"], "").expect("found").name, NameColumns::None);
    }

    #[test]
    fn a_mapping_goes_before_the_known_names() {
        let found = find(&["email", "Private", "Who"], "email=private,name=Who").expect("found");
        assert_eq!((found.email, found.name), (1, NameColumns::One(2)));
        assert_eq!(found.fields, [(0, "email".to_owned())]);
    }

    #[test]
    fn what_is_missing_is_named_with_what_is_there() {
        let error = find(&["Id", "Team"], "").expect_err("no e-mail column").to_string();
        assert!(error.contains("'Id', 'Team'") && error.contains("--map email=COLUMN"), "{error}");
        let error = find(&["email"], "name=Who").expect_err("no such column").to_string();
        assert!(error.contains("'Who'") && error.contains("'email'"), "{error}");
    }

    #[test]
    fn a_file_without_a_header_shows_no_data_in_its_error() {
        for mapping in ["", "email=Mail"] {
            let error = find(&["anna@contoso.example", "Anna"], mapping).expect_err("no header");
            assert!(matches!(error, FileError::NoHeader));
            assert!(!error.to_string().contains("anna"));
        }
    }
}
