use std::{collections::BTreeMap, io, path::Path};

use crate::SettingError;

/// The variables that settings are read from.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Reads the process environment and the file `.env` of the current folder, where there is one. What the
    /// environment sets wins over the file. The file's variables become part of the process environment, because the
    /// trust store reads `SSL_CERT_FILE` from there: so this comes first in `main`, before any thread is started.
    ///
    /// # Errors
    /// When the file is there but cannot be read or understood.
    pub fn load() -> Result<Self, SettingError> {
        match dotenvy::from_path(Path::new(".env")) {
            Err(dotenvy::Error::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(SettingError::dotenv(&error)),
            Ok(()) => {}
        }
        Ok(Self::of_process())
    }

    /// Reads the process environment alone.
    #[must_use]
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// Takes these variables and no others.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// A variable's value without outer space; none where it is not set or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}
