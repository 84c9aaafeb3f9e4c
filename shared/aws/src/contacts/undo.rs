//! Taking an import back: many people at once where they have to do with its list alone ([`together`]), each of the others in
//! a transaction of their own.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use listsync_core::{
    Timestamp,
    contact::ExternalId,
    grant::Lists,
    id::{ContactId, ImportId},
    import::undo::{Present, Step},
    register::{Farewell, Person},
};
use listsync_engine::ports::{ChangesPage, Cursor, Import, ImportChanges, PortResult, Undone};

use super::{
    forget,
    together::{self, On},
    whole::{Names, Whole, find},
};
use crate::{
    DynamoStore,
    lists::{head::Head, held, import_changes, person::external_key},
    store::persistently,
    table::{Fail, Table},
};

const DOING: &str = "take the import back";
/// So many people are read at a time.
const AT_ONCE: usize = 16;

#[async_trait]
impl ImportChanges for DynamoStore {
    async fn changes_of(&self, import: &ImportId, from: Option<&Cursor>) -> PortResult<ChangesPage> {
        import_changes::page(&self.table, import, from, self.clock.now()).await
    }

    async fn people(&self, ids: &[ContactId]) -> PortResult<Vec<Person>> {
        let people = stream::iter(ids.to_vec()).map(|id| person(&self.table, id));
        let people: Vec<Option<Person>> = people.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(people.into_iter().flatten().collect())
    }

    async fn take_back(
        &self,
        import: &ImportId,
        steps: &[Step],
        given: &Lists,
        now: Timestamp,
    ) -> PortResult<Vec<ContactId>> {
        let list = held::list_of(&self.table, import).await?;
        let head = Head::load(&self.table, &list).await?;
        head.check_static()?;
        let on = On { list: &list, rule: head.list.opt_out, given, now };
        let together::Done { mut others, alone } = together::take_back(&self.table, steps, on).await?;
        for step in alone {
            let done: bool = persistently!(DOING, take_back(&self.table, step, on))?;
            if !done {
                others.push(step.change.touched.contact.clone());
            }
        }
        Ok(others)
    }

    async fn end_undo(&self, import: &ImportId, undone: Undone) -> PortResult<Import> {
        let import = held::end_undo(&self.table, import, undone).await?;
        import_changes::clear(&self.table, &import.id).await?;
        Ok(import)
    }
}

async fn person(table: &Table, id: ContactId) -> PortResult<Option<Person>> {
    let Some(contact) = find(table, &id).await? else { return Ok(None) };
    Ok(Some(Whole::of(table, contact, &BTreeSet::new()).await?.person()))
}

/// Takes back what an import did to somebody; whether it is still what was judged.
async fn take_back(table: &Table, step: &Step, on: On<'_>) -> Result<bool, Fail> {
    let On { list, rule, given, now } = on;
    let id = &step.change.touched.contact;
    let Some(contact) = find(table, id).await? else { return Ok(false) };
    let owners = owners(table, step).await?;
    let before = Whole::of(table, contact, &BTreeSet::new()).await?;
    let person = before.person();
    let taken = owners.iter().filter(|(_, owner)| *owner != id).map(|(key, _)| key.clone()).collect();
    let present = Present { person: Some(&person), list, rule, taken: &taken, given };
    if step.change.judge(present) != step.verdict {
        return Ok(false);
    }
    if step.deletes() {
        for list in before.spots.keys() {
            held::spare_one(table, list, id).await?;
        }
        forget::forget_now(table, id, Farewell::Deleted, now).await?;
        return Ok(true);
    }
    let change = step.change_of(&person, list, now);
    for list in &change.spared {
        held::spare_one(table, list, id).await?;
    }
    let names = Names::load(table, &BTreeSet::new(), None).await?;
    let mut writes = before.writes(&change, None)?;
    writes.last.extend(names.ops(Some(&before.contact), writes.after(), &change.left)?);
    writes.commit(table, DOING).await?;
    Ok(true)
}

/// Whose the keys are now that somebody had before.
async fn owners(table: &Table, step: &Step) -> PortResult<BTreeMap<ExternalId, ContactId>> {
    let keys: Vec<ExternalId> = step.change.wanted_keys().cloned().collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = table.get_many("look the keys up", keys.iter().map(external_key).collect()).await?;
    let mut owners = BTreeMap::new();
    for key in keys {
        if let Some(stored) = found.get(&external_key(&key)) {
            owners.insert(key, stored.read("contact")?);
        }
    }
    Ok(owners)
}
