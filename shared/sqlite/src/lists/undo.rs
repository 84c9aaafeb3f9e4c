//! Taking an import back.

use std::collections::BTreeSet;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    contact::ExternalId,
    grant::Lists,
    id::{ContactId, ImportId},
    import::undo::{Change, Present, Step},
    register::Person,
};
use listsync_engine::ports::{ChangesPage, Cursor, Import, ImportChanges, PortResult, Undone};
use rusqlite::Connection;

use super::{
    catalog, changes,
    contacts::{self, Stored},
    held, import_changes,
};
use crate::{
    SqliteStore,
    error::Outcome,
    people::{forget, person},
};

#[async_trait]
impl ImportChanges for SqliteStore {
    async fn changes_of(&self, import: &ImportId, from: Option<&Cursor>) -> PortResult<ChangesPage> {
        let (import, from, now) = (import.clone(), from.cloned(), self.now());
        self.read("read what the import changed", move |tx| {
            import_changes::page(tx, &import, from.as_ref(), now)
        })
        .await
    }

    async fn people(&self, ids: &[ContactId]) -> PortResult<Vec<Person>> {
        let ids = ids.to_vec();
        self.read("read the contacts", move |tx| people(tx, &ids)).await
    }

    async fn take_back(
        &self,
        import: &ImportId,
        steps: &[Step],
        given: &Lists,
        now: Timestamp,
    ) -> PortResult<Vec<ContactId>> {
        let (import, steps, given) = (import.clone(), steps.to_vec(), given.clone());
        self.write("take the import back", move |tx| take_back(tx, &import, &steps, &given, now)).await
    }

    async fn end_undo(&self, import: &ImportId, undone: Undone) -> PortResult<Import> {
        let import = import.clone();
        self.write("take the import back", move |tx| held::end_undo(tx, &import, undone)).await
    }
}

fn people(tx: &Connection, ids: &[ContactId]) -> Outcome<Vec<Person>> {
    let mut people = Vec::new();
    for id in ids {
        if let Some(contact) = contacts::by_id(tx, id)? {
            people.push(person::load(tx, contact.n)?);
        }
    }
    Ok(people)
}

fn take_back(
    tx: &Connection,
    import: &ImportId,
    steps: &[Step],
    given: &Lists,
    at: Timestamp,
) -> Outcome<Vec<ContactId>> {
    let list = held::list_of(tx, import)?;
    let row = catalog::by_people(tx, &list)?;
    let mut others = Vec::new();
    for step in steps {
        let id = &step.change.touched.contact;
        let stored = contacts::by_id(tx, id)?;
        let known = stored.as_ref().map(|stored| person::load(tx, stored.n)).transpose()?;
        let taken = taken(tx, &step.change, stored.as_ref())?;
        let rule = row.terms.opt_out;
        let present = Present { person: known.as_ref(), list: &list, rule, taken: &taken, given };
        let as_shown = step.change.judge(present) == step.verdict;
        match (stored, &known) {
            (Some(_), Some(_)) if as_shown && step.deletes() => drop(forget::delete(tx, id, at)?),
            (Some(stored), Some(person)) if as_shown => {
                person::save(tx, stored.n, &person.contact, &step.change_of(person, &list, at))?;
            }
            _ => others.push(id.clone()),
        }
    }
    changes::compact(tx, row.n, at)?;
    Ok(others)
}

/// Of somebody's former keys, those that are other contacts' now.
fn taken(tx: &Connection, change: &Change, own: Option<&Stored>) -> Outcome<BTreeSet<ExternalId>> {
    let mut taken = BTreeSet::new();
    for key in change.wanted_keys() {
        let owner = contacts::by_external_id(tx, key.as_str())?;
        if owner.is_some_and(|owner| own.is_none_or(|own| own.n != owner.n)) {
            taken.insert(key.clone());
        }
    }
    Ok(taken)
}
