//! The people of a file, kept compactly.

use std::{borrow::Cow, collections::BTreeMap, iter, sync::Arc};

use listsync_core::{address::Address, contact::ExternalId, list::NewContact};
use listsync_engine::ports::{ImportRow, Presence, RowSource};

/// The people of a file, each once, in the file's order. They are kept compactly, and made into rows one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    pub(crate) fields: Arc<[String]>,
    pub(crate) people: Vec<Person>,
}

impl Default for People {
    fn default() -> Self {
        Self { fields: Arc::from([]), people: Vec::new() }
    }
}

impl People {
    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    /// Somebody besides who leaves, and was known by a key alone.
    pub(crate) fn leaves(&mut self, address: Address, key: ExternalId) {
        let keys = Keys::of(Some(key), iter::empty());
        let (values, presence) = (Values::none(), Presence::Leaving);
        self.people.push(Person { row: 0, address, keys, values, presence });
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = ImportRow> {
        self.people.iter().map(|person| person.clone().into_row(&self.fields))
    }
}

impl RowSource for People {
    fn count(&self) -> usize {
        self.people.len()
    }

    fn row(&self, number: usize) -> ImportRow {
        self.people[number].clone().into_row(&self.fields)
    }

    fn presence(&self, number: usize) -> Presence {
        self.people[number].presence
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) row: u64,
    pub(crate) address: Address,
    pub(crate) keys: Keys,
    pub(crate) values: Values,
    pub(crate) presence: Presence,
}

/// The keys of a person: most have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    first: Option<ExternalId>,
    others: Option<Box<Others>>,
}

/// Keys besides the first one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Others {
    further: Vec<ExternalId>,
    ended: Vec<ExternalId>,
}

impl Keys {
    /// The only key, or all of them, each with whether it is in force: the first of those is the person's, or where there
    /// is none the first of all.
    pub(crate) fn of(only: Option<ExternalId>, all: impl Iterator<Item = (ExternalId, bool)>) -> Self {
        let (mut further, mut ended) = (Vec::new(), Vec::new());
        for (id, in_force) in all {
            if in_force { further.push(id) } else { ended.push(id) }
        }
        let first = match (further.is_empty(), ended.is_empty()) {
            (true, true) => return Self { first: only, others: None },
            (false, _) => further.remove(0),
            (true, false) => ended.remove(0),
        };
        let others = Others { further, ended };
        Self { first: Some(first), others: (others != Others::default()).then(|| Box::new(others)) }
    }
}

impl Person {
    pub(crate) fn into_row(self, fields: &[String]) -> ImportRow {
        let Self { row, address, keys: Keys { first: external_id, others }, values, presence } = self;
        let Others { further: further_ids, ended: ended_ids } =
            others.map_or_else(Others::default, |others| *others);
        let mut texts = values.iter();
        let name = texts.next().unwrap_or_default().to_owned();
        let fields: BTreeMap<_, _> = fields.iter().cloned().zip(texts.map(str::to_owned)).collect();
        let contact = NewContact { address, name, fields };
        ImportRow { row, contact, external_id, further_ids, ended_ids, presence }
    }
}

/// A name and the fields after it, as far as the row had them. No text of a file holds the byte 0 that parts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values(Box<str>);

impl Values {
    /// Nothing at all.
    pub(crate) fn none() -> Self {
        Self("".into())
    }

    pub(crate) fn of<'a>(name: &str, fields: impl Iterator<Item = Cow<'a, str>>) -> Self {
        let mut text = name.to_owned();
        for field in fields {
            text.push('\0');
            text.push_str(&field);
        }
        Self(text.into())
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split('\0')
    }

    /// Takes from other values what these leave blank.
    pub(crate) fn fill(&mut self, other: &Self) {
        let filled = {
            let (mut own, mut others) = (self.iter(), other.iter());
            let next = || match (own.next(), others.next()) {
                (None, None) => None,
                (Some("") | None, Some(text)) | (Some(text), _) => Some(text),
            };
            iter::from_fn(next).collect::<Vec<_>>().join("\0")
        };
        *self = Self(filled.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blank_is_filled_and_what_stands_stays() {
        let values = |texts: &[&str]| Values::of(texts[0], texts[1..].iter().map(|&text| text.into()));
        for (own, other, expected) in [
            (&["Anna", "", "x"][..], &["Bo", "a", "b"][..], &["Anna", "a", "x"][..]),
            (&[""], &["Bo", "a"], &["Bo", "a"]),
            (&["Anna", "a"], &[""], &["Anna", "a"]),
            (&["", ""], &[""], &["", ""]),
        ] {
            let mut filled = values(own);
            filled.fill(&values(other));
            assert_eq!(filled, values(expected));
        }
    }
}
