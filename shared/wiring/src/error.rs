use listsync_engine::ports::{Fault, PortError};

/// A setting that is missing or makes no sense. It never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct SettingError {
    /// The variable, or the file, that is to be changed.
    pub variable: String,
    /// What is wrong with it.
    pub problem: String,
    /// What the operator can do.
    pub hint: String,
}

impl SettingError {
    /// A setting with what is wrong and what to do.
    #[must_use]
    pub fn new(variable: &str, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { variable: variable.to_owned(), problem: problem.into(), hint: hint.into() }
    }

    pub(crate) fn missing(variable: &str, what: &str) -> Self {
        Self::new(variable, "is not set", format!("set {variable} in the environment or in .env: {what}"))
    }

    pub(crate) fn dotenv(error: &dotenvy::Error) -> Self {
        let problem = match error {
            dotenvy::Error::LineParse(_, column) => {
                format!("has a line that is not NAME=VALUE (near character {column} of that line)")
            }
            dotenvy::Error::Io(error) => format!("cannot be read ({error})"),
            _ => "cannot be understood".to_owned(),
        };
        Self::new("the file .env", problem, "write one NAME=VALUE a line, or remove the file")
    }
}

impl From<SettingError> for PortError {
    fn from(error: SettingError) -> Self {
        Self::new(Fault::Denied, "setting", error.to_string()).with_hint(error.hint)
    }
}
