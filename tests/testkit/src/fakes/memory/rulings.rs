//! What a person says of what an import holds.

use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ImportId},
    list::{Origin, Standing},
};
use listsync_engine::ports::{Affected, HeldPeople, Import, ImportRow, ImportState, PortResult};

use super::{
    State, gone,
    imports::{Taken, Taking},
    rejected,
};

impl State {
    fn taken(&self, id: &ImportId) -> PortResult<usize> {
        self.imports.iter().position(|taken| taken.import.id == *id).ok_or_else(|| gone("import"))
    }

    fn holding(&self, id: &ImportId) -> PortResult<usize> {
        let place = self.taken(id)?;
        match self.imports[place].import.state {
            ImportState::Held => Ok(place),
            _ => Err(rejected("not_held", "the import holds nothing")),
        }
    }

    fn leavers(&self, place: usize) -> Vec<ContactId> {
        let Taken { import, leavers, taken_at, .. } = &self.imports[place];
        let stands = |contact: &&ContactId| {
            let entry = self.book.standing(&import.list, contact);
            entry.is_some_and(|entry| entry.standing == Standing::Member && entry.changed <= *taken_at)
        };
        leavers.iter().filter(stands).cloned().collect()
    }

    fn joiners(&self, place: usize) -> Vec<ImportRow> {
        let Taken { import, rows, taken_at, given, .. } = &self.imports[place];
        rows.iter().filter(|row| self.joins((&import.list, given), row, *taken_at)).cloned().collect()
    }

    pub(super) fn held_people(&self, id: &ImportId) -> PortResult<HeldPeople> {
        let (place, mut leaves) = (self.taken(id)?, Vec::new());
        for contact in self.leavers(place) {
            let contact = self.book.person(&contact)?;
            leaves.push(Affected { row: None, address: contact.address.clone(), name: contact.name.clone() });
        }
        Ok(HeldPeople::sorted(self.joiners(place).into_iter().map(Affected::by).collect(), leaves))
    }

    pub(super) fn approve_import(&mut self, id: &ImportId, now: Timestamp) -> PortResult<Import> {
        let place = self.holding(id)?;
        let (leavers, joiners) = (self.leavers(place), self.joiners(place));
        let import = self.imports[place].import.clone();
        let list = import.list.clone();
        for contact in &leavers {
            self.book.dismiss_approved(&list, contact, (Origin::Csv, now))?;
        }
        let mut taking = Taking::of((import, self.imports[place].given.clone()), now);
        for row in &joiners {
            self.take(&list, row, &mut taking)?;
        }
        taking.import.removed += leavers.len() as u64;
        Ok(self.settle(place, Import { held: 0, held_additions: 0, ..taking.import }.settled()))
    }

    /// Forgets the rows of an address that wait to join any list.
    pub(super) fn forget_rows(&mut self, address: &Address) {
        for taken in &mut self.imports {
            taken.rows.retain(|row| row.contact.address != *address);
            taken.recount();
        }
    }

    /// Nothing of it waits any more.
    fn settle(&mut self, place: usize, after: Import) -> Import {
        let Taken { import, leavers, rows, .. } = &mut self.imports[place];
        leavers.clear();
        rows.clear();
        import.clone_from(&after);
        after
    }

    pub(super) fn discard_import(&mut self, id: &ImportId) -> PortResult<Import> {
        let place = self.holding(id)?;
        let dropped = self.imports[place].import.clone().dropped();
        Ok(self.settle(place, dropped))
    }
}
