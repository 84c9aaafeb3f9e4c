//! What imports changed of people, and how it is taken back.

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    grant::Lists,
    id::{ContactId, ImportId},
    import::undo::{Change, Step, Totals},
    register::Person,
};
use serde::{Deserialize, Serialize};

use super::{Cursor, Import, PortResult};

/// That an import was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// When.
    pub at: Timestamp,
    /// What it came to.
    #[serde(flatten)]
    pub totals: Totals,
}

/// A part of what an import changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangesPage {
    /// What it changed of whom, in the order in which it did. The same person may come twice.
    pub changes: Vec<Change>,
    /// Where the next page begins; none: this is the last one.
    pub next: Option<Cursor>,
}

/// What imports changed of people. It is kept with each import as it is taken in and as what it held is approved, until
/// [`Import::undo_until`]; an erasure takes out of it who somebody was.
#[async_trait]
pub trait ImportChanges: Send + Sync {
    /// What an import changed, from a place on.
    async fn changes_of(&self, import: &ImportId, from: Option<&Cursor>) -> PortResult<ChangesPage>;
    /// All that is kept of those of these contacts that there are, in no order.
    async fn people(&self, ids: &[ContactId]) -> PortResult<Vec<Person>>;
    /// Takes back what an import did to these people for whoever is given these lists, as far as each step is what would be judged of them now; of whom it is
    /// another, nothing. Gives whom it left as they are. What is interrupted goes on where it was when it is said again.
    async fn take_back(
        &self,
        import: &ImportId,
        steps: &[Step],
        given: &Lists,
        now: Timestamp,
    ) -> PortResult<Vec<ContactId>>;
    /// Says of an import that it was taken back. [`super::Fault::Gone`] (`no_such_import`) when there is none.
    async fn end_undo(&self, import: &ImportId, undone: Undone) -> PortResult<Import>;
}
