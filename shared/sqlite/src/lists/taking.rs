//! The rows of a file, one by one.

use std::collections::{BTreeSet, HashSet};

use listsync_core::{
    Timestamp,
    contact::{Contact, ExternalId},
    grant::Lists,
    growth::{Additions, Growth, Joining},
    import::{
        Departure, FileLeavers, Keys, Removals,
        changes::{Former, Moved, Print, Touched},
    },
    list::{Origin, Standing},
    mark::Mark,
};
use listsync_engine::ports::{Import, ImportMode, ImportRow, Kept, NewImport, Presence, RefusedRow};
use rusqlite::Connection;

use super::{
    catalog::Numbered,
    contacts::{self, Source, Stored, Updated},
    entries, gone, held, import_changes,
    memberships::{self, Move},
};
use crate::{
    error::Outcome,
    people::{edit, keys, person, read, suppressions},
};

/// A file while it is taken in.
pub(super) struct Taking<'a> {
    tx: &'a Connection,
    list: Numbered,
    /// Of people who stand on other lists than these, only how they stand to this one is changed.
    given: Lists,
    /// Whether those who join wait for a person.
    additions: Additions,
    /// Whether those of whom the file says that they leave wait for a person.
    told: Removals,
    /// Whom it takes off the list. How many it does not name is known for sure once all of it was taken in.
    pub(super) leavers: FileLeavers,
    /// When what it changes is so.
    pub(super) at: Timestamp,
    pub(super) import: Import,
    /// Whom it names.
    pub(super) named: HashSet<i64>,
    pub(super) refused: Vec<RefusedRow>,
    /// The rows of those who wait to join.
    pub(super) held: Vec<ImportRow>,
    /// Who waits although it is said that they leave.
    pub(super) staying: BTreeSet<i64>,
    /// Whether any contact has further keys: only then anybody is looked for by them.
    further: bool,
    /// What it changed of whom, as far as that is not kept yet.
    touched: Vec<Touched>,
}

/// Whom a row means.
enum Meant {
    Nobody,
    One(Box<Stored>),
    /// Its address and its external ids are of two contacts.
    Two(Box<[Stored; 2]>),
}

impl<'a> Taking<'a> {
    /// Before anything of a file was taken in.
    pub(super) fn begin(
        tx: &'a Connection,
        list: Numbered,
        (import, given): (Import, Lists),
    ) -> Outcome<Self> {
        let leavers = FileLeavers { told: 0, missing: 0, unreadable: 0, gone: 0, listed: import.listed };
        Ok(Self {
            tx,
            list,
            given,
            additions: Additions::Do,
            told: Removals::Do,
            leavers,
            at: import.at,
            import,
            named: HashSet::new(),
            refused: Vec::new(),
            held: Vec::new(),
            staying: BTreeSet::new(),
            further: keys::any_further(tx)?,
            touched: Vec::new(),
        })
    }

    /// After all of it was taken in.
    pub(super) fn end(mut self) -> Outcome<Self> {
        self.keep_touched()?;
        Ok(self)
    }

    fn note(&mut self, touched: Option<Touched>) -> Outcome<()> {
        self.touched.extend(touched);
        if self.touched.len() < import_changes::TOGETHER { Ok(()) } else { self.keep_touched() }
    }

    fn keep_touched(&mut self) -> Outcome<()> {
        let touched = std::mem::take(&mut self.touched);
        // One that an earlier version took in cannot be taken back: what it changed before was not kept.
        let Some(until) = self.import.undo_until else { return Ok(()) };
        let (list, import) = (self.list.n, &self.import.id);
        import_changes::keep(self.tx, import_changes::Keeping { list, import, at: self.at, until }, &touched)
    }

    /// Judges whether the people of a file may join without a person, and those leave of whom it says it, before any of them
    /// does.
    pub(super) fn judge(&mut self, new: &NewImport) -> Outcome<()> {
        self.told = self.judge_told(new)?;
        let past = held::grown(self.tx, self.list.n, new.at)?;
        let growth = Growth::of_files(past, new.at, self.import.listed);
        let mut joining = Joining::new(growth, new.max_additions, new.people.len() as u64);
        let mut rows = new.people.iter();
        self.additions = loop {
            match (joining.judged(), rows.next()) {
                (Some(judged), _) => break judged,
                (None, Some(row)) => joining.saw(1, u64::from(self.joins(&row, None)?)),
                (None, None) => break Additions::Do,
            }
        };
        Ok(())
    }

    /// Judges those of whom the file says that they leave, together with those whom it does not name.
    fn judge_told(&mut self, new: &NewImport) -> Outcome<Removals> {
        let rows = new.people.leaving().count() as u64;
        let nobody_leaves = rows == 0 && new.mode == ImportMode::Incremental;
        self.leavers.unreadable = new.unreadable;
        if nobody_leaves || self.leavers.listed == 0 {
            return Ok(Removals::Do);
        }
        self.leavers.gone = gone::count(self.tx, &self.import.list, new.at)?;
        // Most files have so few of them that nobody needs to be looked for.
        let at_most = new.judge(FileLeavers { told: rows, ..self.leavers });
        if new.mode == ImportMode::Incremental && at_most.told == Removals::Do {
            return Ok(Removals::Do);
        }
        let mut told = HashSet::new();
        for place in new.people.leaving() {
            told.extend(self.leaves(&new.people.at(place))?);
        }
        self.leavers.told = told.len() as u64;
        let alone = new.judge(self.leavers).told;
        if told.is_empty() || alone == Removals::Hold || new.mode == ImportMode::Incremental {
            return Ok(alone);
        }
        let missing = self.missing(new, &told)?;
        Ok(new.judge(FileLeavers { missing, ..self.leavers }).told)
    }

    /// How many members a full file does not name, besides these of whom it says that they leave; or more, where those would
    /// change nothing either.
    fn missing(&self, new: &NewImport, told: &HashSet<i64>) -> Outcome<u64> {
        let mut missing = new.without_a_row(entries::members(self.tx, self.list.n)?);
        missing.retain(|member| !told.contains(member) && !self.named.contains(member));
        let at_most = FileLeavers { missing: missing.len() as u64, ..self.leavers };
        if new.judge(at_most).told == Removals::Hold {
            for row in new.people.iter() {
                for named in self.names(&row)? {
                    missing.remove(&named);
                }
            }
        }
        Ok(missing.len() as u64)
    }

    /// Whom a row takes off the list.
    fn leaves(&self, row: &ImportRow) -> Outcome<Option<i64>> {
        let (Presence::Leaving, Meant::One(contact)) = (row.presence, self.meant(row)?) else {
            return Ok(None);
        };
        let leaves = keys::of(self.tx, &contact)?.without(row.ended()) == Departure::Leaves
            && memberships::of(self.tx, self.list.n, contact.n)?.standing == Standing::Member;
        Ok(leaves.then_some(contact.n))
    }

    /// Whether somebody joins by a row, who did not leave after the list's change of this number.
    pub(super) fn joins(&self, row: &ImportRow, since: Option<i64>) -> Outcome<bool> {
        match (row.presence, self.meant(row)?) {
            (Presence::Leaving, _) | (_, Meant::Two(_)) => Ok(false),
            (Presence::Present, Meant::Nobody) => {
                Ok(!suppressions::holds_off(self.tx, self.list, &marks(row))?)
            }
            (Presence::Present, Meant::One(contact)) => {
                let now = memberships::of(self.tx, self.list.n, contact.n)?;
                let may = now.standing != Standing::Member && !now.changed_after(since);
                let is_told = self.is_out_of_reach(&contact)? && self.is_told_by_key_alone(row, &contact)?;
                Ok(may
                    && !is_told
                    && !person::is_held_off(self.tx, self.list, (&contact, now.standing))?
                    && keys::of(self.tx, &contact)?.with(row.in_force(), &row.ended_ids).is_ok())
            }
        }
    }

    /// Takes a row in, or has it wait as it is: then nothing of it is stored elsewhere.
    pub(super) fn take_or_hold(&mut self, row: ImportRow) -> Outcome<()> {
        if self.told == Removals::Hold
            && let Some(contact) = self.leaves(&row)?
        {
            self.import.leaving += 1;
            self.named.insert(contact);
            self.staying.insert(contact);
            return Ok(());
        }
        if self.additions == Additions::Do || !self.joins(&row, None)? {
            return self.take(&row);
        }
        if let Meant::One(contact) = self.meant(&row)? {
            self.named.insert(contact.n);
        }
        self.held.push(row);
        Ok(())
    }

    pub(super) fn take(&mut self, row: &ImportRow) -> Outcome<()> {
        match (row.presence, self.meant(row)?) {
            (_, Meant::Two(both)) => self.refuse_conflict(row, both.as_slice()),
            (Presence::Leaving, meant) => {
                self.import.leaving += 1;
                if let Meant::One(contact) = meant {
                    self.take_departure(row, &contact)?;
                }
            }
            (Presence::Present, Meant::One(contact)) => self.take_known(row, *contact)?,
            (Presence::Present, Meant::Nobody) => self.take_new(row)?,
        }
        Ok(())
    }

    /// Whom a file names without saying anything of them is not missing.
    pub(super) fn keep(&mut self, kept: &Kept) -> Outcome<()> {
        let contact = match kept {
            Kept::Key(key) => self.by_key(key)?,
            Kept::Address(address) => contacts::by_address(self.tx, address)?,
        };
        self.named.extend(contact.map(|contact| contact.n));
        Ok(())
    }

    /// Whom a row names, as they are.
    fn names(&self, row: &ImportRow) -> Outcome<Vec<i64>> {
        Ok(match (row.presence, self.meant(row)?) {
            (_, Meant::Nobody) => Vec::new(),
            (_, Meant::Two(both)) => both.iter().map(|contact| contact.n).collect(),
            (Presence::Present, Meant::One(contact)) => vec![contact.n],
            (Presence::Leaving, Meant::One(contact)) => {
                let leaves = keys::of(self.tx, &contact)?.without(row.ended()) == Departure::Leaves;
                leaves.then_some(contact.n).into_iter().collect()
            }
        })
    }

    fn by_key(&self, key: &ExternalId) -> Outcome<Option<Stored>> {
        match self.further {
            true => contacts::by_external_id(self.tx, key.as_str()),
            false => contacts::by_first_id(self.tx, key.as_str()),
        }
    }

    fn meant(&self, row: &ImportRow) -> Outcome<Meant> {
        let of_address = contacts::by_address(self.tx, &row.contact.address)?;
        let mut of_key: Option<Stored> = None;
        for key in row.keys() {
            match (of_key, self.by_key(key)?) {
                (Some(one), Some(other)) if one.n != other.n => {
                    return Ok(Meant::Two(Box::new([one, other])));
                }
                (one, other) => of_key = one.or(other),
            }
        }
        Ok(match (of_key, of_address) {
            (Some(of_key), Some(of_address)) if of_key.n != of_address.n => {
                Meant::Two(Box::new([of_key, of_address]))
            }
            (Some(one), _) | (None, Some(one)) => Meant::One(Box::new(one)),
            (None, None) => Meant::Nobody,
        })
    }

    fn refuse_conflict(&mut self, row: &ImportRow, both: &[Stored]) {
        self.named.extend(both.iter().map(|contact| contact.n));
        self.import.rejected += 1;
        self.refuse(row, "external_id_conflict", "the address belongs to a contact with another key");
    }

    /// Keys that have ended take somebody off the list with whom nothing else is left. Who has others may be missing from
    /// a full file nevertheless, so that the row does not name them.
    fn take_departure(&mut self, row: &ImportRow, contact: &Stored) -> Outcome<()> {
        match keys::of(self.tx, contact)?.without(row.ended()) {
            Departure::NotTheirs => Ok(()),
            Departure::Remains(_) if self.is_out_of_reach(contact)? => {
                self.import.details_kept += 1;
                Ok(())
            }
            Departure::Remains(left) => {
                let before = read::of_number(self.tx, contact.n)?;
                keys::set(self.tx, contact.n, &left)?;
                contacts::touch(self.tx, contact.n)?;
                let former = Former::between(&before, &read::of_number(self.tx, contact.n)?);
                self.note(Touched::known(before.id, None, former))
            }
            Departure::Leaves => {
                self.named.insert(contact.n);
                let now = memberships::of(self.tx, self.list.n, contact.n)?.standing;
                match now {
                    Standing::Member | Standing::Pending => self.take_off(contact.n, &contact.id, now),
                    Standing::OptedOut | Standing::Absent => Ok(()),
                }
            }
        }
    }

    /// Takes members off the list.
    pub(super) fn dismiss(&mut self, members: &[i64]) -> Outcome<()> {
        for contact in members {
            let id = contacts::id_of(self.tx, *contact)?;
            self.take_off(*contact, &id, Standing::Member)?;
        }
        Ok(())
    }

    fn take_off(&mut self, contact: i64, id: &str, from: Standing) -> Outcome<()> {
        let leaves = Move { to: Standing::Absent, by: Origin::Csv, at: self.at };
        memberships::set(self.tx, self.list.n, contact, leaves)?;
        self.import.removed += 1;
        let moved = Moved { from, to: Standing::Absent };
        self.note(Touched::known(contacts::typed_id(id)?, Some(moved), Former::Same))
    }

    /// Whether the person stands on lists that whoever sent the file is not given.
    fn is_out_of_reach(&self, contact: &Stored) -> Outcome<bool> {
        match &self.given {
            Lists::All => Ok(false),
            given @ Lists::Only(_) => {
                let stands_on = memberships::lists_of(self.tx, contact.n)?;
                Ok(!given.hold_all_of(&stands_on))
            }
        }
    }

    /// Whether somebody who is out of reach and not on the list is named by a key and not by an address of theirs: putting
    /// them on it would show who they are to whoever guesses numbers.
    fn is_told_by_key_alone(&self, row: &ImportRow, contact: &Stored) -> Outcome<bool> {
        let standing = memberships::of(self.tx, self.list.n, contact.n)?.standing;
        Ok(standing == Standing::Absent && contacts::by_address(self.tx, &row.contact.address)?.is_none())
    }

    fn take_known(&mut self, row: &ImportRow, contact: Stored) -> Outcome<()> {
        let out_of_reach = self.is_out_of_reach(&contact)?;
        let moved = match out_of_reach {
            true if self.is_told_by_key_alone(row, &contact)? => None,
            true => keys::of(self.tx, &contact)?.with(row.in_force(), &row.ended_ids).is_ok().then_some(None),
            false => self.take_key_and_address(row, &contact)?,
        };
        let Some(before) = moved else {
            self.refuse_conflict(row, std::slice::from_ref(&contact));
            return Ok(());
        };
        self.named.insert(contact.n);
        // Another row, of another address of theirs, says that they are there.
        self.staying.remove(&contact.n);
        let now = memberships::of(self.tx, self.list.n, contact.n)?.standing;
        // The new address may have been suppressed.
        let contact = if before.is_some() { self.again(&contact)? } else { contact };
        if person::is_held_off(self.tx, self.list, (&contact, now))? {
            self.opted_out(row);
            let former = self.former(before, None, contact.n)?;
            return self.note(Touched::known(contact.contact_id()?, None, former));
        }
        let updated = match out_of_reach {
            true => {
                self.import.details_kept += 1;
                None
            }
            false => contacts::update(self.tx, &contact, &row.contact, self.source())?,
        };
        match (now, &updated, &before) {
            (Standing::Member, None, None) => {
                self.import.unchanged += 1;
                return Ok(());
            }
            (Standing::Member, ..) => self.import.updated += 1,
            _ => self.join(contact.n)?,
        }
        let joined = Moved { from: now, to: Standing::Member };
        let former = self.former(before, updated, contact.n)?;
        self.note(Touched::known(
            contact.contact_id()?,
            Some(joined).filter(|_| now != Standing::Member),
            former,
        ))
    }

    /// Who somebody was before a row gave them other keys or another address, and other details after that.
    fn former(
        &self,
        before: Option<Contact>,
        updated: Option<Box<Updated>>,
        contact: i64,
    ) -> Outcome<Former> {
        Ok(match (before, updated) {
            (None, None) => Former::Same,
            (Some(before), None) => Former::between(&before, &read::of_number(self.tx, contact)?),
            (before, Some(updated)) => Former::between(&before.unwrap_or(updated.before), &updated.after),
        })
    }

    /// A key names the contact: it is theirs, and so is its address now. Who they were, where that changes them. None: the key
    /// cannot be theirs.
    fn take_key_and_address(
        &mut self,
        row: &ImportRow,
        contact: &Stored,
    ) -> Outcome<Option<Option<Contact>>> {
        let Some(key) = &row.external_id else { return Ok(Some(None)) };
        let known = contact.external_id.as_deref() == Some(key.as_str());
        let plain = row.further_ids.is_empty() && row.ended_ids.is_empty();
        let mut before = None;
        if !(known && plain) {
            let own = keys::of(self.tx, contact)?;
            let Ok(after) = own.with(row.in_force(), &row.ended_ids) else { return Ok(None) };
            if after != own {
                before = Some(read::of_number(self.tx, contact.n)?);
                self.set_keys(contact.n, &after)?;
                let fresh: Vec<Mark<'_>> =
                    after.iter().filter(|key| own.iter().all(|other| other != *key)).map(Mark::Key).collect();
                person::recognize(self.tx, contact.n, &fresh, self.at)?;
                contacts::touch(self.tx, contact.n)?;
            }
        }
        if contact.address != row.contact.address.as_str() {
            before =
                before.map_or_else(|| read::of_number(self.tx, contact.n).map(Some), |one| Ok(Some(one)))?;
            edit::set_address(self.tx, contact, (&row.contact.address, self.source()))?;
        }
        Ok(Some(before))
    }

    fn set_keys(&mut self, contact: i64, after: &Keys) -> Outcome<()> {
        self.further |= !after.further.is_empty();
        match self.further {
            true => keys::set(self.tx, contact, after),
            false => keys::set_first(self.tx, contact, after.first.as_ref()),
        }
    }

    fn again(&self, contact: &Stored) -> Outcome<Stored> {
        contacts::expect(self.tx, &contact.contact_id()?)
    }

    fn take_new(&mut self, row: &ImportRow) -> Outcome<()> {
        if suppressions::holds_off(self.tx, self.list, &marks(row))? {
            self.opted_out(row);
            return Ok(());
        }
        let made = contacts::insert(self.tx, &row.contact, self.source())?;
        let own = Keys::default().with(row.in_force(), &[]).unwrap_or_default();
        if own.first.is_some() {
            self.set_keys(made.n, &own)?;
            person::recognize(self.tx, made.n, &own.iter().map(Mark::Key).collect::<Vec<_>>(), self.at)?;
        }
        self.named.insert(made.n);
        self.join(made.n)?;
        let print = Print::of_new(&row.contact, &own);
        self.note(Some(Touched::made(made.contact_id()?, print)))
    }

    fn join(&mut self, contact: i64) -> Outcome<()> {
        let joins = Move { to: Standing::Member, by: Origin::Csv, at: self.at };
        memberships::set(self.tx, self.list.n, contact, joins)?;
        self.import.added += 1;
        Ok(())
    }

    fn source(&self) -> Source {
        (Origin::Csv, self.at)
    }

    fn opted_out(&mut self, row: &ImportRow) {
        self.import.opted_out += 1;
        self.refuse(row, "opted_out", "the person opted out, and only they can undo that");
    }

    fn refuse(&mut self, row: &ImportRow, code: &str, message: &str) {
        self.refused.push(RefusedRow { row: row.row, code: code.to_owned(), message: message.to_owned() });
    }
}

/// By what whoever a row brings is known.
fn marks(row: &ImportRow) -> Vec<Mark<'_>> {
    std::iter::once(Mark::Address(&row.contact.address)).chain(row.in_force().map(Mark::Key)).collect()
}
