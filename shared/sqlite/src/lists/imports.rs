//! Taking a file into a list.

use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    contact::ExternalId,
    grant::Lists,
    id::{ImportId, ListId},
    import::{Departure, FileRows, Keys, Removals, judge_removals},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Again, Import, ImportMode, ImportRow, ImportState, Imported, Kept, NewImport, Presence, RefusedRow,
};
use rusqlite::Connection;
use uuid::Uuid;

use super::{
    catalog::{self, Numbered},
    changes,
    contacts::{self, Details, Source, Stored},
    entries, held,
    memberships::{self, Move},
};
use crate::{
    error::{Fail, Outcome},
    people::{edit, keys, say, suppressions},
};

/// Takes a file into a list.
pub(super) fn take_in(tx: &Connection, list: &ListId, new: &NewImport) -> Outcome<Imported> {
    let row = catalog::by_people(tx, list)?;
    if let Some(import) = repeated(tx, row.n, new)? {
        return Ok(Imported { import, refused: Vec::new() });
    }
    let listed = entries::size(tx, row.n)?;
    let import = begun(list, new)?;
    let further = keys::any_further(tx)?;
    let given = &new.given;
    let mut taking =
        Taking { tx, list: row, given, import, named: HashSet::new(), refused: Vec::new(), further };
    for kept in &new.kept {
        taking.keep(kept)?;
    }
    for person in new.people.iter() {
        taking.take(&person)?;
    }
    let Taking { mut import, named, refused, .. } = taking;
    let leavers = match new.mode {
        ImportMode::Incremental => Vec::new(),
        ImportMode::Full => {
            members(tx, row.n)?.into_iter().filter(|member| !named.contains(member)).collect()
        }
    };
    let present = listed.saturating_sub(leavers.len() as u64);
    let mut kept = &leavers[..0];
    match judge_removals(FileRows { present, unreadable: new.unreadable }, listed) {
        _ if leavers.is_empty() => {}
        Removals::Do => import.removed += dismiss(tx, row.n, &leavers, new.at)?,
        Removals::Skip => import.state = ImportState::RemovalsSkipped,
        Removals::Hold => {
            import.state = ImportState::Held;
            kept = &leavers;
        }
    }
    import.held = kept.len() as u64;
    held::release_named(tx, row.n, &named)?;
    held::save(tx, row.n, &import, kept)?;
    changes::compact(tx, row.n, new.at)?;
    Ok(Imported { import, refused })
}

/// The list's last import, where this is the same file once more.
fn repeated(tx: &Connection, list: i64, new: &NewImport) -> Outcome<Option<Import>> {
    if new.again == Again::TakeIn || new.digest.is_none() {
        return Ok(None);
    }
    let last = held::last_of(tx, list)?;
    let same = last
        .filter(|last| last.state == ImportState::Done && last.digest == new.digest && last.mode == new.mode);
    Ok(same.map(|last| Import { state: ImportState::Repeated, ..last }))
}

fn begun(list: &ListId, new: &NewImport) -> Outcome<Import> {
    let id = ImportId::parse(&Uuid::now_v7().to_string()).map_err(|_| Fail::Stored("import's id"))?;
    Ok(Import::begun(id, list, new))
}

/// A file while it is taken in.
struct Taking<'a> {
    tx: &'a Connection,
    list: Numbered,
    /// Of people who stand on other lists than these, only how they stand to this one is changed.
    given: &'a Lists,
    import: Import,
    named: HashSet<i64>,
    refused: Vec<RefusedRow>,
    /// Whether any contact has further keys: only then anybody is looked for by them.
    further: bool,
}

/// Whom a row means.
enum Meant {
    Nobody,
    One(Stored),
    /// Its address and its external ids are of two contacts.
    Two([Stored; 2]),
}

impl Taking<'_> {
    fn take(&mut self, row: &ImportRow) -> Outcome<()> {
        match (row.presence, self.meant(row)?) {
            (_, Meant::Two(both)) => self.refuse_conflict(row, &both),
            (Presence::Leaving, meant) => {
                self.import.leaving += 1;
                if let Meant::One(contact) = meant {
                    self.take_departure(row, &contact)?;
                }
            }
            (Presence::Present, Meant::One(contact)) => self.take_known(row, contact)?,
            (Presence::Present, Meant::Nobody) => self.take_new(row)?,
        }
        Ok(())
    }

    /// Whom a file names without saying anything of them is not missing.
    fn keep(&mut self, kept: &Kept) -> Outcome<()> {
        let contact = match kept {
            Kept::Key(key) => self.by_key(key)?,
            Kept::Address(address) => contacts::by_address(self.tx, address)?,
        };
        self.named.extend(contact.map(|contact| contact.n));
        Ok(())
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
                (Some(one), Some(other)) if one.n != other.n => return Ok(Meant::Two([one, other])),
                (one, other) => of_key = one.or(other),
            }
        }
        Ok(match (of_key, of_address) {
            (Some(of_key), Some(of_address)) if of_key.n != of_address.n => Meant::Two([of_key, of_address]),
            (Some(one), _) | (None, Some(one)) => Meant::One(one),
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
                keys::set(self.tx, contact.n, &left)?;
                contacts::touch(self.tx, contact.n)
            }
            Departure::Leaves => {
                self.named.insert(contact.n);
                self.take_off(contact)
            }
        }
    }

    fn take_off(&mut self, contact: &Stored) -> Outcome<()> {
        let now = memberships::of(self.tx, self.list.n, contact.n)?.standing;
        if matches!(now, Standing::Member | Standing::Pending) {
            self.import.removed += dismiss(self.tx, self.list.n, &[contact.n], self.import.at)?;
        }
        Ok(())
    }

    /// Whether the person stands on lists that whoever sent the file is not given.
    fn is_out_of_reach(&self, contact: &Stored) -> Outcome<bool> {
        match self.given {
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
            true => keys::of(self.tx, &contact)?
                .with(row.in_force(), &row.ended_ids)
                .is_ok()
                .then_some(Details::Same),
            false => self.take_key_and_address(row, &contact)?,
        };
        let Some(moved) = moved else {
            self.refuse_conflict(row, std::slice::from_ref(&contact));
            return Ok(());
        };
        self.named.insert(contact.n);
        let now = memberships::of(self.tx, self.list.n, contact.n)?.standing;
        // The new address may have been suppressed.
        let contact = if moved == Details::Changed { self.again(&contact)? } else { contact };
        if say::refuses(self.tx, self.list, &contact, now)? {
            self.opted_out(row);
            return Ok(());
        }
        let details = match out_of_reach {
            true => {
                self.import.details_kept += 1;
                Details::Same
            }
            false => contacts::update(self.tx, &contact, &row.contact, self.source())?,
        };
        match (now, details, moved) {
            (Standing::Member, Details::Same, Details::Same) => self.import.unchanged += 1,
            (Standing::Member, ..) => self.import.updated += 1,
            _ => self.join(contact.n)?,
        }
        Ok(())
    }

    /// A key names the contact: it is theirs, and so is its address now. None: the key cannot be theirs.
    fn take_key_and_address(&mut self, row: &ImportRow, contact: &Stored) -> Outcome<Option<Details>> {
        let Some(key) = &row.external_id else { return Ok(Some(Details::Same)) };
        let known = contact.external_id.as_deref() == Some(key.as_str());
        let plain = row.further_ids.is_empty() && row.ended_ids.is_empty();
        let mut moved = Details::Same;
        if !(known && plain) {
            let own = keys::of(self.tx, contact)?;
            let Ok(after) = own.with(row.in_force(), &row.ended_ids) else { return Ok(None) };
            if after != own {
                self.set_keys(contact.n, &after)?;
                contacts::touch(self.tx, contact.n)?;
                moved = Details::Changed;
            }
        }
        if contact.address != row.contact.address.as_str() {
            edit::set_address(self.tx, contact, (&row.contact.address, self.source()))?;
            contacts::touch(self.tx, contact.n)?;
            moved = Details::Changed;
        }
        Ok(Some(moved))
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
        if suppressions::holds_off(self.tx, self.list, &row.contact.address)? {
            self.opted_out(row);
            return Ok(());
        }
        let made = contacts::insert(self.tx, &row.contact, self.source())?;
        if let Ok(after) = Keys::default().with(row.in_force(), &[])
            && after.first.is_some()
        {
            self.set_keys(made.n, &after)?;
        }
        self.named.insert(made.n);
        self.join(made.n)
    }

    fn join(&mut self, contact: i64) -> Outcome<()> {
        let joins = Move { to: Standing::Member, by: Origin::Csv, at: self.import.at };
        memberships::set(self.tx, self.list.n, contact, joins)?;
        self.import.added += 1;
        Ok(())
    }

    fn source(&self) -> Source {
        (Origin::Csv, self.import.at)
    }

    fn opted_out(&mut self, row: &ImportRow) {
        self.import.opted_out += 1;
        self.refuse(row, "opted_out", "the person opted out, and only they can undo that");
    }

    fn refuse(&mut self, row: &ImportRow, code: &str, message: &str) {
        self.refused.push(RefusedRow { row: row.row, code: code.to_owned(), message: message.to_owned() });
    }
}

fn members(tx: &Connection, list: i64) -> Outcome<Vec<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT contact FROM memberships WHERE list = ?1 AND standing = 'member' ORDER BY contact",
    )?;
    Ok(statement.query_map([list], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

pub(super) fn dismiss(tx: &Connection, list: i64, leavers: &[i64], at: Timestamp) -> Outcome<u64> {
    for contact in leavers {
        memberships::set(tx, list, *contact, Move { to: Standing::Absent, by: Origin::Csv, at })?;
    }
    Ok(leavers.len() as u64)
}
