use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    grant::Lists,
    id::{ContactId, ImportId},
    import::undo::Step,
    register::Person,
};
use listsync_engine::ports::{ChangesPage, Cursor, Import, ImportChanges, PortResult, Undone};

use super::{Faulty, ports::through};

#[async_trait]
impl<P: ImportChanges + ?Sized> ImportChanges for Faulty<P> {
    async fn changes_of(&self, import: &ImportId, from: Option<&Cursor>) -> PortResult<ChangesPage> {
        through!(self, "lists.changes_of", self.port.changes_of(import, from))
    }

    async fn people(&self, ids: &[ContactId]) -> PortResult<Vec<Person>> {
        through!(self, "lists.people", self.port.people(ids))
    }

    async fn take_back(
        &self,
        import: &ImportId,
        steps: &[Step],
        given: &Lists,
        now: Timestamp,
    ) -> PortResult<Vec<ContactId>> {
        through!(self, "lists.take_back", self.port.take_back(import, steps, given, now))
    }

    async fn end_undo(&self, import: &ImportId, undone: Undone) -> PortResult<Import> {
        through!(self, "lists.end_undo", self.port.end_undo(import, undone))
    }
}
