use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{ContactId, ListId, ObjectId},
    list::{Entry, List},
    matched::Binding,
    register::KeptOff,
};
use listsync_engine::ports::{
    Cursor, EntryPage, EntryQuery, ListChanges, ListCounts, ListSide, ListSize, PortResult, TakeEntry,
};

use super::{catalog, changes, entries, matches, memberships};
use crate::{SqliteStore, people::suppressions};

#[async_trait]
impl ListSide for SqliteStore {
    async fn list(&self, list: &ListId) -> PortResult<Option<List>> {
        let list = list.clone();
        self.read("look the list up", move |tx| catalog::by_id(tx, &list)).await
    }

    async fn cursor(&self, list: &ListId) -> PortResult<Cursor> {
        let list = list.clone();
        self.read("read the list's cursor", move |tx| changes::cursor(tx, &list)).await
    }

    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
        let (list, wanted) = (list.clone(), entries::Wanted::from(query));
        self.read("read the list", move |tx| entries::load(tx, &list, &wanted)).await
    }

    async fn all_entries(&self, list: &ListId, taken: TakeEntry) -> PortResult<Vec<Entry>> {
        let list = list.clone();
        self.read("read the list", move |tx| entries::all(tx, &list, taken)).await
    }

    async fn entries_page(
        &self,
        lists: &[ListId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<EntryPage> {
        let (lists, after) = (lists.to_vec(), after.cloned());
        self.read("read the list", move |tx| entries::page(tx, &lists, after.as_ref(), limit)).await
    }

    async fn counts(&self, list: &ListId) -> PortResult<ListCounts> {
        let list = list.clone();
        self.read("count the list", move |tx| entries::counts(tx, &list)).await
    }

    async fn size(&self, list: &ListId) -> PortResult<u64> {
        let list = list.clone();
        self.read("count the list", move |tx| entries::size(tx, catalog::number(tx, &list)?)).await
    }

    async fn sizes(&self, lists: &[ListId]) -> PortResult<BTreeMap<ListId, ListSize>> {
        let lists = lists.to_vec();
        self.read("count the lists", move |tx| entries::sizes(tx, &lists)).await
    }

    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges> {
        let (list, since) = (list.clone(), since.clone());
        self.read("read the list's changes", move |tx| changes::since(tx, &list, &since)).await
    }

    async fn refused(&self, list: &ListId, addresses: &[Address]) -> PortResult<BTreeMap<Address, KeptOff>> {
        let (list, addresses) = (list.clone(), addresses.to_vec());
        self.read("read who said no", move |tx| {
            let list = catalog::numbered(tx, &list)?;
            let mut refused = BTreeMap::new();
            for address in addresses {
                if let Some(by) = suppressions::kept_off(tx, list, &address)? {
                    refused.insert(address, by);
                }
            }
            Ok(refused)
        })
        .await
    }

    async fn refused_objects(
        &self,
        list: &ListId,
        objects: &[ObjectId],
    ) -> PortResult<BTreeMap<ObjectId, KeptOff>> {
        let (list, objects) = (list.clone(), objects.to_vec());
        self.read("read who said no", move |tx| {
            let list = catalog::numbered(tx, &list)?;
            let mut refused = BTreeMap::new();
            for object in objects {
                let stand = suppressions::stand(tx, list, &[(&object).into()])?;
                if let Some(by) = stand.kept_off(list.terms.opt_out) {
                    refused.insert(object, by);
                }
            }
            Ok(refused)
        })
        .await
    }

    async fn approved_leavers(
        &self,
        list: &ListId,
        contacts: &[ContactId],
    ) -> PortResult<BTreeMap<ContactId, Timestamp>> {
        let (list, contacts) = (list.clone(), contacts.to_vec());
        self.read("read the list", move |tx| {
            memberships::approved_leavers(tx, catalog::number(tx, &list)?, &contacts)
        })
        .await
    }

    async fn bind(&self, matches: &[Binding]) -> PortResult<BTreeSet<ContactId>> {
        if matches.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (matches, now) = (matches.to_vec(), self.now());
        self.write("save the matches", move |tx| matches::bind(tx, &matches, now)).await
    }
}
