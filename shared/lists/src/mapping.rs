use std::str::FromStr;

/// Which columns hold what, where the file's own names do not tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    /// The column of the e-mail address.
    pub email: Option<String>,
    /// The column of the display name.
    pub name: Option<String>,
    /// The column of the person's key in the system that the file comes from.
    pub external_id: Option<String>,
    /// The column that tells whether the person is there.
    pub status: Option<String>,
    /// The column of the day on which the person leaves.
    pub status_date: Option<String>,
}

/// Why a text is no mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A part is not of the form `what=COLUMN`.
    #[error(
        "'{0}' does not name a column: write email=COLUMN, name=COLUMN or external_id=COLUMN, with commas between"
    )]
    NoColumn(String),
    /// What a part maps is not known.
    #[error("'{0}' cannot be mapped: email, name, external_id, status and status_date can")]
    Unknown(String),
    /// The same thing is mapped twice.
    #[error("'{0}' is mapped twice: name one column for it")]
    Twice(String),
}

impl FromStr for Mapping {
    type Err = MappingError;

    /// Reads `email=Column,name=Column,external_id=Column,status=Column,status_date=Column`; each part may be missing.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut mapping = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (what, column) =
                part.split_once('=').map_or((part, ""), |(what, column)| (what, column.trim()));
            let what = what.trim().to_ascii_lowercase();
            let slot = match what.as_str() {
                "email" => &mut mapping.email,
                "name" => &mut mapping.name,
                "external_id" => &mut mapping.external_id,
                "status" => &mut mapping.status,
                "status_date" => &mut mapping.status_date,
                _ => return Err(MappingError::Unknown(what)),
            };
            if column.is_empty() {
                return Err(MappingError::NoColumn(part.to_owned()));
            }
            if slot.replace(column.to_owned()).is_some() {
                return Err(MappingError::Twice(what));
            }
        }
        Ok(mapping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_names_the_columns_that_the_file_does_not_tell() {
        let all = Mapping {
            email: Some("Work Contact: E-mail".into()),
            name: Some("Who".into()),
            external_id: Some("No".into()),
            ..Mapping::default()
        };
        assert_eq!("email=Work Contact: E-mail, name=Who,external_id=No".parse(), Ok(all));
        assert_eq!("".parse(), Ok(Mapping::default()));
    }

    #[test]
    fn a_wrong_mapping_is_refused_with_what_to_write() {
        for (text, error) in [
            ("email", MappingError::NoColumn("email".into())),
            ("email=", MappingError::NoColumn("email=".into())),
            ("phone=Tel", MappingError::Unknown("phone".into())),
            ("email=A,EMAIL=B", MappingError::Twice("email".into())),
        ] {
            assert_eq!(text.parse::<Mapping>(), Err(error), "{text}");
        }
    }
}
