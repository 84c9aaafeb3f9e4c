//! Taking a file into a list.

use std::collections::HashSet;

use listsync_core::{
    Timestamp,
    id::{ImportId, ListId},
    import::{FileRows, Removals, judge_removals},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Again, Import, ImportMode, ImportRow, ImportState, Imported, NewImport, Presence, RefusedRow,
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
    people::{edit, say, suppressions},
};

/// Takes a file into a list.
pub(super) fn take_in(tx: &Connection, list: &ListId, new: &NewImport) -> Outcome<Imported> {
    let row = catalog::by_people(tx, list)?;
    if let Some(import) = repeated(tx, row.n, new)? {
        return Ok(Imported { import, refused: Vec::new() });
    }
    let listed = entries::size(tx, row.n)?;
    let import = blank(list, new)?;
    let mut taking = Taking { tx, list: row, import, named: HashSet::new(), refused: Vec::new() };
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
    match judge_removals(FileRows { present, unreadable: new.rejected }, listed) {
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

fn blank(list: &ListId, new: &NewImport) -> Outcome<Import> {
    let id = ImportId::parse(&Uuid::now_v7().to_string()).map_err(|_| Fail::Stored("import's id"))?;
    Ok(Import {
        id,
        list: list.clone(),
        file: new.file.clone(),
        at: new.at,
        mode: new.mode,
        state: ImportState::Done,
        rows: new.rows,
        added: 0,
        updated: 0,
        unchanged: 0,
        removed: 0,
        held: 0,
        opted_out: 0,
        repeated: new.repeated,
        rejected: new.rejected,
        leaving: 0,
        digest: new.digest.clone(),
        profile: new.profile.clone(),
    })
}

/// A file while it is taken in.
struct Taking<'a> {
    tx: &'a Connection,
    list: Numbered,
    import: Import,
    named: HashSet<i64>,
    refused: Vec<RefusedRow>,
}

/// Whom a row means.
enum Meant {
    Nobody,
    One(Stored),
    /// Its address is of one contact and its external id of another, or of none.
    Two(Vec<Stored>),
}

impl Taking<'_> {
    fn take(&mut self, row: &ImportRow) -> Outcome<()> {
        match (row.presence, self.meant(row)?) {
            (_, Meant::Two(both)) => {
                self.named.extend(both.iter().map(|contact| contact.n));
                self.import.rejected += 1;
                self.refuse(row, "external_id_conflict", "the address belongs to a contact with another key");
            }
            (Presence::Leaving, meant) => {
                self.import.leaving += 1;
                if let Meant::One(contact) = meant {
                    self.named.insert(contact.n);
                    self.take_off(&contact)?;
                }
            }
            (Presence::Present, Meant::One(contact)) => {
                self.named.insert(contact.n);
                self.take_known(row, contact)?;
            }
            (Presence::Present, Meant::Nobody) => self.take_new(row)?,
        }
        Ok(())
    }

    fn meant(&self, row: &ImportRow) -> Outcome<Meant> {
        let of_address = contacts::by_address(self.tx, &row.contact.address)?;
        let Some(key) = row.external_id.as_ref().map(|id| id.as_str()) else {
            return Ok(of_address.map_or(Meant::Nobody, Meant::One));
        };
        Ok(match (contacts::by_external_id(self.tx, key)?, of_address) {
            (Some(of_key), Some(of_address)) if of_key.n == of_address.n => Meant::One(of_key),
            (Some(of_key), Some(of_address)) => Meant::Two(vec![of_key, of_address]),
            (Some(of_key), None) => Meant::One(of_key),
            (None, Some(of_address)) if of_address.external_id.is_some() => Meant::Two(vec![of_address]),
            (None, Some(of_address)) => Meant::One(of_address),
            (None, None) => Meant::Nobody,
        })
    }

    fn take_off(&mut self, contact: &Stored) -> Outcome<()> {
        let now = memberships::of(self.tx, self.list.n, contact.n)?.standing;
        if matches!(now, Standing::Member | Standing::Pending) {
            self.import.removed += dismiss(self.tx, self.list.n, &[contact.n], self.import.at)?;
        }
        Ok(())
    }

    fn take_known(&mut self, row: &ImportRow, contact: Stored) -> Outcome<()> {
        let moved = self.take_key_and_address(row, &contact)?;
        let now = memberships::of(self.tx, self.list.n, contact.n)?.standing;
        // The new address may have been suppressed.
        let contact = if moved == Details::Changed { self.again(&contact)? } else { contact };
        if say::refuses(self.list, &contact, now)? {
            self.opted_out(row);
            return Ok(());
        }
        let details = contacts::update(self.tx, &contact, &row.contact, self.source())?;
        match (now, details, moved) {
            (Standing::Member, Details::Same, Details::Same) => self.import.unchanged += 1,
            (Standing::Member, ..) => self.import.updated += 1,
            _ => self.join(contact.n)?,
        }
        Ok(())
    }

    /// A key names the contact: its address is theirs now.
    fn take_key_and_address(&self, row: &ImportRow, contact: &Stored) -> Outcome<Details> {
        let Some(key) = &row.external_id else { return Ok(Details::Same) };
        let mut moved = Details::Same;
        if contact.external_id.is_none() {
            edit::set_external_id(self.tx, contact.n, key)?;
            contacts::touch(self.tx, contact.n)?;
            moved = Details::Changed;
        }
        if contact.address != row.contact.address.as_str() {
            edit::set_address(self.tx, contact, (&row.contact.address, self.source()))?;
            contacts::touch(self.tx, contact.n)?;
            moved = Details::Changed;
        }
        Ok(moved)
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
        if let Some(key) = &row.external_id {
            edit::set_external_id(self.tx, made.n, key)?;
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
