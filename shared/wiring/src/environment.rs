use std::collections::BTreeMap;

use crate::{SettingError, dotenv};

/// The variables that settings are read from.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    dotenv: Option<Dotenv>,
}

/// A file `.env` that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dotenv {
    /// Its permission bits, such as `0o600`.
    pub mode: u32,
}

impl Dotenv {
    /// Whether somebody else may read it: it holds the credential, as a rule.
    #[must_use]
    pub fn is_readable_by_others(self) -> bool {
        self.mode & 0o077 != 0
    }
}

impl Environment {
    /// Reads the process environment and the file `.env` of the current folder, where there is one. What the
    /// environment sets wins over the file. The file's variables become part of the process environment, because the
    /// trust store reads `SSL_CERT_FILE` from there: so this comes first in `main`, before any thread is started.
    ///
    /// # Errors
    /// When the file is there but cannot be read or understood, is not the user's own, can be written by others, or would
    /// send a credential of the process elsewhere. Nothing of it is taken then.
    pub fn load() -> Result<Self, SettingError> {
        let dotenv = dotenv::load(&variables())?;
        Ok(Self { variables: variables(), dotenv })
    }

    /// Reads the process environment alone.
    #[must_use]
    pub fn of_process() -> Self {
        Self { variables: variables(), dotenv: None }
    }

    /// Takes these variables and no others.
    #[must_use]
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { variables: variables.collect(), dotenv: None }
    }

    /// A variable's value without outer space; none where it is not set or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The file that was read besides the process environment.
    #[must_use]
    pub fn dotenv(&self) -> Option<Dotenv> {
        self.dotenv
    }
}

fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}
