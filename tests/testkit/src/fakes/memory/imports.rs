use std::collections::BTreeSet;

use listsync_core::{
    Timestamp,
    address::Address,
    grant::Lists,
    growth::{Additions, Growth, judge_additions},
    id::{ContactId, ImportId, ListId},
    import::{Departure, Keys, Removals, judge_ended},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Again, Import, ImportMode, ImportRow, ImportState, Imported, Kept, NewImport, PortResult, Presence,
    RefusedRow, RemoveOutcome,
};

use super::State;

/// An import and whom it would still take off the list.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) import: Import,
    pub(super) leavers: Vec<ContactId>,
    /// The rows of those whom it would still put on it.
    pub(super) rows: Vec<ImportRow>,
    pub(super) taken_at: u64,
    /// The lists that whoever sent the file was given.
    pub(super) given: Lists,
}

/// An import while its rows are taken in.
pub(super) struct Taking {
    given: Lists,
    pub(super) import: Import,
    /// When what it changes is so.
    pub(super) at: Timestamp,
    named: BTreeSet<ContactId>,
    refused: Vec<RefusedRow>,
}

impl Taking {
    pub(super) fn of((import, given): (Import, Lists), at: Timestamp) -> Self {
        Self { given, import, at, named: BTreeSet::new(), refused: Vec::new() }
    }

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

impl Taken {
    /// One that holds nobody any more is done.
    pub(super) fn recount(&mut self) {
        if self.import.state == ImportState::Held {
            let (held, held_additions) = (self.leavers.len() as u64, self.rows.len() as u64);
            self.import = Import { held, held_additions, ..self.import.clone() }.settled();
        }
    }
}

impl State {
    /// Whom somebody named since, no held import takes off; one that holds nobody any more is done.
    pub(super) fn spare(&mut self, list: &ListId, contact: &ContactId) {
        for taken in self.imports.iter_mut().filter(|taken| taken.import.list == *list) {
            taken.leavers.retain(|leaver| leaver != contact);
            taken.recount();
        }
    }

    pub(super) fn import(&mut self, list: &ListId, new: &NewImport) -> PortResult<Imported> {
        self.book.by_people(list)?;
        if let Some(import) = self.repeated(list, new) {
            return Ok(Imported { import, refused: Vec::new() });
        }
        let before: BTreeSet<ContactId> = self.book.list(list)?.members().cloned().collect();
        let id = ImportId::parse(&format!("i{}", self.count_up())).expect("a counted id is an id");
        let import = Import { listed: before.len() as u64, ..Import::begun(id, list, new) };
        let additions = self.judge(list, (new, import.listed));
        let ends = self.judge_ended(list, (new, import.listed));
        let mut taking = Taking::of((import, new.given.clone()), new.at);
        for kept in &new.kept {
            taking.named.extend(match kept {
                Kept::Key(key) => self.book.of_key(key),
                Kept::Address(address) => self.book.by_address.get(address).cloned(),
            });
        }
        let (mut rows, mut ended) = (Vec::new(), BTreeSet::new());
        for row in new.people.iter() {
            if let (Removals::Hold, Some(contact)) = (ends, self.ends(list, &row)) {
                taking.import.leaving += 1;
                taking.named.insert(contact.clone());
                ended.insert(contact);
            } else if additions == Additions::Hold && self.joins((list, &new.given), &row, u64::MAX) {
                taking.named.extend(self.meant(&row));
                rows.push(row);
            } else {
                if row.presence == Presence::Present {
                    let there = self.meant(&row);
                    ended.retain(|contact| !there.contains(contact));
                }
                self.take(list, &row, &mut taking)?;
            }
        }
        let Taking { mut import, named, refused, .. } = taking;
        let mut leavers: Vec<_> = before.difference(&named).cloned().collect();
        if new.mode == ImportMode::Incremental || leavers.is_empty() {
            leavers.clear();
        } else if new.unreadable > 0 {
            import.kept_back = leavers.len() as u64;
            leavers.clear();
        } else if (before.len() - leavers.len()) * 100 >= before.len() * 80 {
            for contact in std::mem::take(&mut leavers) {
                self.book.dismiss(list, &contact, (Origin::Csv, new.at))?;
                import.removed += 1;
            }
        }
        leavers.extend(ended);
        import.held = leavers.len() as u64;
        import.held_additions = rows.len() as u64;
        let import = import.settled();
        named.iter().for_each(|contact| self.spare(list, contact));
        self.supersede(list, new);
        let taken_at = self.book.list(list)?.sequence;
        let given = new.given.clone();
        self.imports.push(Taken { import: import.clone(), leavers, rows, taken_at, given });
        Ok(Imported { import, refused })
    }

    /// Whether the people of a file may join without a person.
    fn judge(&self, list: &ListId, (new, listed): (&NewImport, u64)) -> Additions {
        let past = self.imports.iter().map(|taken| &taken.import).filter(|import| import.list == *list);
        let growth = Growth::of_files(past.map(Import::grown), new.at, listed);
        let planned =
            new.people.iter().filter(|row| self.joins((list, &new.given), row, u64::MAX)).count() as u64;
        judge_additions(Growth { planned, ..growth }, new.max_additions)
    }

    /// Whether those whose last day is past leave without a person.
    fn judge_ended(&self, list: &ListId, (new, listed): (&NewImport, u64)) -> Removals {
        let ended: BTreeSet<_> = new.people.iter().filter_map(|row| self.ends(list, &row)).collect();
        judge_ended(ended.len() as u64, listed)
    }

    /// Whom a row takes off the list because their last day is past.
    fn ends(&self, list: &ListId, row: &ImportRow) -> Option<ContactId> {
        let mut meant = self.meant(row).into_iter();
        let (Presence::Ended, Some(contact), None) = (row.presence, meant.next(), meant.next()) else {
            return None;
        };
        let leaves = Keys::of(self.book.person(&contact).ok()?).without(row.ended()) == Departure::Leaves;
        let standing = self.book.standing(list, &contact).map(|entry| entry.standing);
        (leaves && standing == Some(Standing::Member)).then_some(contact)
    }

    /// Whom a later file names, an earlier one's rows put on the list no more.
    fn supersede(&mut self, list: &ListId, later: &NewImport) {
        let named: BTreeSet<Address> = later.people.iter().map(|row| row.contact.address).collect();
        for taken in self.imports.iter_mut().filter(|taken| taken.import.list == *list) {
            taken.rows.retain(|row| !named.contains(&row.contact.address));
            taken.recount();
        }
    }

    /// Everybody whom a row may mean.
    fn meant(&self, row: &ImportRow) -> BTreeSet<ContactId> {
        let of_keys = row.keys().filter_map(|key| self.book.of_key(key));
        of_keys.chain(self.book.by_address.get(&row.contact.address).cloned()).collect()
    }

    /// Whether somebody joins by a row, who did not leave after the list's change of this number.
    pub(super) fn joins(&self, (list, given): (&ListId, &Lists), row: &ImportRow, since: u64) -> bool {
        let mut meant = self.meant(row).into_iter();
        match (row.presence, meant.next(), meant.next()) {
            (Presence::Leaving | Presence::Ended, ..) | (_, _, Some(_)) => false,
            (Presence::Present, None, _) => !self.book.holds_off(list, &row.contact.address),
            (Presence::Present, Some(contact), None) => {
                let entry = self.book.standing(list, &contact);
                let may =
                    entry.is_none_or(|entry| entry.standing != Standing::Member && entry.changed <= since);
                let fits = self
                    .book
                    .person(&contact)
                    .is_ok_and(|person| Keys::of(person).with(row.in_force(), &row.ended_ids).is_ok());
                let is_unseen = entry.is_none_or(|entry| entry.standing == Standing::Absent);
                let by_key_alone = is_unseen && !self.book.by_address.contains_key(&row.contact.address);
                let is_told = self.book.is_out_of_reach(given, &contact) && by_key_alone;
                may && fits && !is_told && !self.book.refuses(list, &contact)
            }
        }
    }

    fn repeated(&self, list: &ListId, new: &NewImport) -> Option<Import> {
        let last = self.imports.iter().rfind(|taken| taken.import.list == *list)?.import.clone();
        let same = last.state == ImportState::Done && last.digest == new.digest && last.mode == new.mode;
        (new.again == Again::Skip && new.digest.is_some() && same)
            .then_some(Import { state: ImportState::Repeated, ..last })
    }

    pub(super) fn take(&mut self, list: &ListId, row: &ImportRow, taking: &mut Taking) -> PortResult<()> {
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
            (Presence::Leaving | Presence::Ended, of_key, of_address) => {
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
                let left = self.book.dismiss(list, contact, (Origin::Csv, taking.at))?;
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
        let source = (Origin::Csv, taking.at);
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
        let source = (Origin::Csv, taking.at);
        let contact = self.book.make(&row.contact, source);
        if let Ok(keys) = Keys::default().with(row.in_force(), &[]) {
            self.book.set_keys(&contact, keys)?;
        }
        self.book.stand(list, &contact, Standing::Member, source)?;
        taking.import.added += 1;
        taking.named.insert(contact);
        Ok(())
    }
}
