use std::{fmt, sync::Arc};

use super::{ImportRow, Presence};

/// Rows that are kept in some compact way.
pub trait RowSource: Send + Sync {
    /// How many they are.
    fn count(&self) -> usize;
    /// The one of this number, from 0 on; of one that is not there, nothing is to be asked.
    fn row(&self, number: usize) -> ImportRow;
    /// What that row says of whether somebody is on the list.
    fn presence(&self, number: usize) -> Presence;
}

impl RowSource for Vec<ImportRow> {
    fn count(&self) -> usize {
        self.len()
    }

    fn row(&self, number: usize) -> ImportRow {
        self[number].clone()
    }

    fn presence(&self, number: usize) -> Presence {
        self[number].presence
    }
}

/// The rows of a file, each made when it is looked at: a large file would take ten times its size. Clones are the same.
#[derive(Clone)]
pub struct Rows(Arc<dyn RowSource>);

impl Rows {
    /// Rows of a source.
    #[must_use]
    pub fn of(source: impl RowSource + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// How many they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = ImportRow> {
        (0..self.len()).map(|number| self.0.row(number))
    }

    /// The places of the rows that say of somebody that they leave.
    pub fn leaving(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter(|number| self.0.presence(*number).leaves())
    }

    /// The one at this place.
    #[must_use]
    pub fn at(&self, place: usize) -> ImportRow {
        self.0.row(place)
    }

    /// Some of them, at most `most` from a number on.
    #[must_use]
    pub fn some(&self, from: usize, most: usize) -> Vec<ImportRow> {
        (from..self.len().min(from.saturating_add(most))).map(|number| self.0.row(number)).collect()
    }
}

impl From<Vec<ImportRow>> for Rows {
    fn from(rows: Vec<ImportRow>) -> Self {
        Self::of(rows)
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({})", self.len())
    }
}
