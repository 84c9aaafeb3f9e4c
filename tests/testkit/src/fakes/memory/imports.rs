use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    import::{Departure, Keys},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Affected, Again, HeldPeople, Import, ImportMode, ImportRow, ImportState, Imported, Kept, NewImport,
    PortResult, Presence, RefusedRow, RemoveOutcome,
};

use super::{State, gone, rejected};

/// An import and whom it would still take off the list.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) import: Import,
    leavers: Vec<ContactId>,
    taken_at: u64,
}

/// An import while its rows are taken in.
struct Taking {
    given: Lists,
    import: Import,
    named: BTreeSet<ContactId>,
    refused: Vec<RefusedRow>,
}

impl Taking {
    fn conflict(&mut self, row: &ImportRow, both: impl IntoIterator<Item = ContactId>) {
        self.named.extend(both);
        self.import.rejected += 1;
        self.refuse(row, "external_id_conflict");
    }

    fn refuse(&mut self, row: &ImportRow, code: &str) {
        let message = "the row is not taken in".to_owned();
        self.refused.push(RefusedRow { row: row.row, code: code.to_owned(), message });
    }
}

impl State {
    /// Whom somebody named since, no held import takes off; one that holds nobody any more is done.
    pub(super) fn spare(&mut self, list: &ListId, contact: &ContactId) {
        for taken in self.imports.iter_mut().filter(|taken| taken.import.list == *list) {
            taken.leavers.retain(|leaver| leaver != contact);
            if taken.import.state == ImportState::Held {
                taken.import.held = taken.leavers.len() as u64;
                if taken.leavers.is_empty() {
                    taken.import.state = ImportState::Done;
                }
            }
        }
    }

    pub(super) fn import(&mut self, list: &ListId, new: &NewImport) -> PortResult<Imported> {
        self.book.by_people(list)?;
        if let Some(import) = self.repeated(list, new) {
            return Ok(Imported { import, refused: Vec::new() });
        }
        let before: BTreeSet<ContactId> = self.book.list(list)?.members().cloned().collect();
        let id = ImportId::parse(&format!("i{}", self.count_up())).expect("a counted id is an id");
        let import = Import::begun(id, list, new);
        let given = new.given.clone();
        let mut taking = Taking { given, import, named: BTreeSet::new(), refused: Vec::new() };
        for kept in &new.kept {
            taking.named.extend(match kept {
                Kept::Key(key) => self.book.of_key(key),
                Kept::Address(address) => self.book.by_address.get(address).cloned(),
            });
        }
        for row in new.people.iter() {
            self.take(list, &row, &mut taking)?;
        }
        let Taking { mut import, named, refused, .. } = taking;
        let mut leavers: Vec<_> = before.difference(&named).cloned().collect();
        if new.mode == ImportMode::Incremental || leavers.is_empty() {
            leavers.clear();
        } else if new.unreadable > 0 {
            import.state = ImportState::RemovalsSkipped;
            leavers.clear();
        } else if (before.len() - leavers.len()) * 100 < before.len() * 80 {
            import.state = ImportState::Held;
            import.held = leavers.len() as u64;
        } else {
            for contact in std::mem::take(&mut leavers) {
                self.book.dismiss(list, &contact, (Origin::Csv, new.at))?;
                import.removed += 1;
            }
        }
        named.iter().for_each(|contact| self.spare(list, contact));
        let taken_at = self.book.list(list)?.sequence;
        self.imports.push(Taken { import: import.clone(), leavers, taken_at });
        Ok(Imported { import, refused })
    }

    fn repeated(&self, list: &ListId, new: &NewImport) -> Option<Import> {
        let last = self.imports.iter().rfind(|taken| taken.import.list == *list)?.import.clone();
        let same = last.state == ImportState::Done && last.digest == new.digest && last.mode == new.mode;
        (new.again == Again::Skip && new.digest.is_some() && same)
            .then_some(Import { state: ImportState::Repeated, ..last })
    }

    fn take(&mut self, list: &ListId, row: &ImportRow, taking: &mut Taking) -> PortResult<()> {
        let of_address = self.book.by_address.get(&row.contact.address).cloned();
        let mut of_keys: Vec<ContactId> = row.keys().filter_map(|key| self.book.of_key(key)).collect();
        of_keys.dedup();
        if let [one, other, ..] = of_keys.as_slice() {
            taking.conflict(row, [one.clone(), other.clone()]);
            return Ok(());
        }
        match (row.presence, of_keys.pop(), of_address) {
            (_, Some(one), Some(other)) if one != other => {
                taking.conflict(row, [one, other]);
                Ok(())
            }
            (Presence::Leaving, of_key, of_address) => {
                taking.import.leaving += 1;
                match of_key.or(of_address) {
                    Some(contact) => self.take_departure(list, (row, &contact), taking),
                    None => Ok(()),
                }
            }
            (Presence::Present, of_key, of_address) => match of_key.or(of_address) {
                Some(contact) => self.take_known(list, (row, &contact), taking),
                None => self.take_new(list, row, taking),
            },
        }
    }

    fn take_departure(
        &mut self,
        list: &ListId,
        (row, contact): (&ImportRow, &ContactId),
        taking: &mut Taking,
    ) -> PortResult<()> {
        match Keys::of(self.book.person(contact)?).without(row.ended()) {
            Departure::NotTheirs => {}
            Departure::Remains(_) if self.book.is_out_of_reach(&taking.given, contact) => {
                taking.import.details_kept += 1;
            }
            Departure::Remains(left) => {
                self.book.set_keys(contact, left)?;
                self.book.touch(contact);
            }
            Departure::Leaves => {
                taking.named.insert(contact.clone());
                let left = self.book.dismiss(list, contact, (Origin::Csv, taking.import.at))?;
                taking.import.removed += u64::from(left == RemoveOutcome::Removed);
            }
        }
        Ok(())
    }

    fn take_known(
        &mut self,
        list: &ListId,
        (row, contact): (&ImportRow, &ContactId),
        taking: &mut Taking,
    ) -> PortResult<()> {
        let source = (Origin::Csv, taking.import.at);
        let mut news = false;
        let out_of_reach = self.book.is_out_of_reach(&taking.given, contact);
        let standing = self.book.standing(list, contact).map(|entry| entry.standing);
        let is_unseen = standing.is_none_or(|standing| standing == Standing::Absent);
        let by_key_alone = is_unseen && !self.book.by_address.contains_key(&row.contact.address);
        let keys = Keys::of(self.book.person(contact)?).with(row.in_force(), &row.ended_ids);
        let keys = keys.ok().filter(|_| !(out_of_reach && by_key_alone));
        let Some(keys) = keys else {
            taking.conflict(row, [contact.clone()]);
            return Ok(());
        };
        taking.named.insert(contact.clone());
        if row.external_id.is_some() && !out_of_reach {
            news |= self.book.set_keys(contact, keys)?;
            news |= self.book.set_address(contact, &row.contact.address, source);
            if news {
                self.book.touch(contact);
            }
        }
        if self.book.refuses(list, contact) {
            taking.import.opted_out += 1;
            taking.refuse(row, "opted_out");
            return Ok(());
        }
        match out_of_reach {
            true => taking.import.details_kept += 1,
            false => news |= self.book.inform(contact, &row.contact, source),
        }
        match self.book.standing(list, contact).map(|entry| entry.standing) {
            Some(Standing::Member) if news => taking.import.updated += 1,
            Some(Standing::Member) => taking.import.unchanged += 1,
            _ => {
                self.book.stand(list, contact, Standing::Member, source)?;
                taking.import.added += 1;
            }
        }
        Ok(())
    }

    fn take_new(&mut self, list: &ListId, row: &ImportRow, taking: &mut Taking) -> PortResult<()> {
        if self.book.holds_off(list, &row.contact.address) {
            taking.import.opted_out += 1;
            taking.refuse(row, "opted_out");
            return Ok(());
        }
        let source = (Origin::Csv, taking.import.at);
        let contact = self.book.make(&row.contact, source);
        if let Ok(keys) = Keys::default().with(row.in_force(), &[]) {
            self.book.set_keys(&contact, keys)?;
        }
        self.book.stand(list, &contact, Standing::Member, source)?;
        taking.import.added += 1;
        taking.named.insert(contact);
        Ok(())
    }

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
        let Taken { import, leavers, taken_at } = &self.imports[place];
        let stands = |contact: &&ContactId| {
            let entry = self.book.standing(&import.list, contact);
            entry.is_some_and(|entry| entry.standing == Standing::Member && entry.changed <= *taken_at)
        };
        leavers.iter().filter(stands).cloned().collect()
    }

    pub(super) fn held_people(&self, id: &ImportId) -> PortResult<HeldPeople> {
        let mut leaves = Vec::new();
        for contact in self.leavers(self.taken(id)?) {
            let contact = self.book.person(&contact)?;
            leaves.push(Affected { row: None, address: contact.address.clone(), name: contact.name.clone() });
        }
        Ok(HeldPeople::sorted(Vec::new(), leaves))
    }

    pub(super) fn approve_import(&mut self, id: &ImportId, now: Timestamp) -> PortResult<Import> {
        let place = self.holding(id)?;
        let leavers = self.leavers(place);
        let list = self.imports[place].import.list.clone();
        for contact in &leavers {
            self.book.dismiss(&list, contact, (Origin::Csv, now))?;
        }
        let Taken { import, leavers: held, .. } = &mut self.imports[place];
        held.clear();
        import.removed += leavers.len() as u64;
        import.state = ImportState::Done;
        import.held = 0;
        Ok(import.clone())
    }

    pub(super) fn discard_import(&mut self, id: &ImportId) -> PortResult<Import> {
        let place = self.holding(id)?;
        let Taken { import, leavers, .. } = &mut self.imports[place];
        leavers.clear();
        *import = import.clone().dropped();
        Ok(import.clone())
    }
}
