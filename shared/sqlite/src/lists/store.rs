use std::collections::BTreeMap;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    expected::Expected,
    grant::Lists,
    id::{ContactId, ImportId, ListId},
    list::{List, NewContact, Origin},
};
use listsync_engine::ports::{
    AddOutcome, HeldPeople, Import, Imported, ListStore, LogPage, LogQuery, NewImport, PortResult,
    RemoveOutcome,
};

use super::{catalog, changes, contacts, edits, gone, held, imports};
use crate::SqliteStore;

#[async_trait]
impl ListStore for SqliteStore {
    async fn create_list(&self, name: &str, now: Timestamp) -> PortResult<List> {
        let name = name.to_owned();
        self.write("create the list", move |tx| catalog::create(tx, &name, now)).await
    }

    async fn lists(&self) -> PortResult<Vec<List>> {
        self.read("read the lists", catalog::all).await
    }

    async fn list_names(&self) -> PortResult<BTreeMap<ListId, String>> {
        self.read("read the names of the lists", catalog::names).await
    }

    async fn expected(&self) -> PortResult<Vec<Expected>> {
        self.read("read which files should come", |tx| catalog::expected(tx)).await
    }

    async fn heard(&self, list: &ListId, at: Timestamp) -> PortResult<()> {
        let list = list.clone();
        self.write("note that a file came", move |tx| catalog::heard(tx, &list, at)).await
    }

    async fn find_list(&self, name: &str) -> PortResult<Option<List>> {
        let name = name.to_owned();
        self.read("look the list up", move |tx| catalog::find(tx, &name)).await
    }

    async fn delete_list(&self, list: &ListId) -> PortResult<()> {
        let list = list.clone();
        self.write("delete the list", move |tx| catalog::delete(tx, &list)).await
    }

    async fn add(
        &self,
        list: &ListId,
        contact: &NewContact,
        origin: Origin,
        now: Timestamp,
    ) -> PortResult<AddOutcome> {
        let (list, contact) = (list.clone(), contact.clone());
        self.write("add the contact", move |tx| edits::add(tx, &list, &contact, (origin, now))).await
    }

    async fn remove(&self, list: &ListId, address: &Address, now: Timestamp) -> PortResult<RemoveOutcome> {
        let (list, address) = (list.clone(), address.clone());
        self.write("remove the contact", move |tx| edits::remove(tx, &list, &address, now)).await
    }

    async fn import(&self, list: &ListId, import: &NewImport) -> PortResult<Imported> {
        let (list, import) = (list.clone(), import.clone());
        self.write("import the file", move |tx| imports::take_in(tx, &list, &import)).await
    }

    async fn imports_of(
        &self,
        lists: &Lists,
        before: Option<&ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>> {
        let (lists, before) = (lists.clone(), before.cloned());
        self.read("read the imports", move |tx| held::page(tx, &lists, before.as_ref(), limit)).await
    }

    async fn find_import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        let id = id.clone();
        self.read("read the import", move |tx| held::by_id(tx, &id)).await
    }

    async fn approve_import(&self, import: &ImportId, now: Timestamp) -> PortResult<Import> {
        let import = import.clone();
        self.write("approve the import", move |tx| held::approve(tx, &import, now)).await
    }

    async fn held_people(&self, import: &ImportId) -> PortResult<HeldPeople> {
        let import = import.clone();
        self.read("read the held import", move |tx| held::people(tx, &import)).await
    }

    async fn discard_import(&self, import: &ImportId) -> PortResult<Import> {
        let import = import.clone();
        self.write("discard the import", move |tx| held::discard(tx, &import)).await
    }

    async fn log(&self, query: &LogQuery) -> PortResult<LogPage> {
        let query = query.clone();
        self.read("read the list's history", move |tx| changes::page(tx, &query)).await
    }

    async fn gone(&self, list: &ListId, now: Timestamp) -> PortResult<u64> {
        let list = list.clone();
        self.read("read who left the list", move |tx| gone::count(tx, &list, now)).await
    }

    async fn fields(&self, contact: &ContactId) -> PortResult<BTreeMap<String, String>> {
        let contact = contact.clone();
        self.read("read the contact", move |tx| contacts::fields_of(tx, &contact)).await
    }
}
