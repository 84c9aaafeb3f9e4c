//! A value that one list or link may have of its own, or else takes from the settings.

use std::str::FromStr;

/// What is said of such a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own<T> {
    /// Nothing: the settings hold.
    AsSettings,
    /// This one holds.
    Set(T),
}

impl<T> Own<T> {
    /// The value; none: the settings hold.
    pub fn value(self) -> Option<T> {
        match self {
            Self::AsSettings => None,
            Self::Set(value) => Some(value),
        }
    }

    /// Reads it as people write it: the value as `read` has it, or `as-settings`.
    ///
    /// # Errors
    /// What `read` says.
    pub fn read<E>(text: &str, read: impl FnOnce(&str) -> Result<T, E>) -> Result<Self, E> {
        match text.trim() {
            "as-settings" => Ok(Self::AsSettings),
            value => read(value).map(Self::Set),
        }
    }
}

impl<T: FromStr> FromStr for Own<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::read(text, str::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::AdditionLimit;

    #[test]
    fn a_value_is_ones_own_unless_it_is_said_to_be_the_settings() {
        let read = |text: &str| text.parse::<Own<AdditionLimit>>().map(Own::value);
        assert_eq!(read("as-settings"), Ok(None));
        assert_eq!(read(" off "), Ok(Some(AdditionLimit::Off)));
        assert!(read("many").is_err());
    }
}
