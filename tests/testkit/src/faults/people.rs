use std::collections::BTreeSet;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, OptOut, Place, Said, Saying, Scope, Version},
    id::{ContactId, ListId, ObjectId},
    list::{List, Origin},
};
use listsync_engine::ports::{
    ContactChanges, ContactEdit, Contacts, Cursor, Heard, Heir, ListEdit, ListStore, Moves, PortResult,
};

use super::{Faulty, ports::through};

#[async_trait]
impl<P: ListStore + ?Sized> Contacts for Faulty<P> {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        through!(self, "contacts.contact", self.port.contact(id))
    }

    async fn successor(&self, id: &ContactId) -> PortResult<Option<ContactId>> {
        through!(self, "contacts.successor", self.port.successor(id))
    }

    async fn is_departed(&self, id: &ContactId) -> PortResult<bool> {
        through!(self, "contacts.is_departed", self.port.is_departed(id))
    }

    async fn heir(&self, list: &ListId) -> PortResult<Option<Heir>> {
        through!(self, "contacts.heir", self.port.heir(list))
    }

    async fn erased(&self, ids: &[ContactId]) -> PortResult<BTreeSet<ContactId>> {
        through!(self, "contacts.erased", self.port.erased(ids))
    }

    async fn refuse_departed(&self, id: &ContactId, scope: &Scope, no: OptOut) -> PortResult<()> {
        through!(self, "contacts.refuse_departed", self.port.refuse_departed(id, scope, no))
    }

    async fn find_contact(&self, address: &Address) -> PortResult<Option<Contact>> {
        through!(self, "contacts.find_contact", self.port.find_contact(address))
    }

    async fn find_external(&self, key: &ExternalId) -> PortResult<Option<Contact>> {
        through!(self, "contacts.find_external", self.port.find_external(key))
    }

    async fn contacts_by_id(&self, ids: &[ContactId]) -> PortResult<Vec<Contact>> {
        through!(self, "contacts.contacts_by_id", self.port.contacts_by_id(ids))
    }

    async fn contacts_of(&self, objects: &[ObjectId]) -> PortResult<Vec<Contact>> {
        through!(self, "contacts.contacts_of", self.port.contacts_of(objects))
    }

    async fn contacts(&self, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Contact>> {
        through!(self, "contacts.contacts", self.port.contacts(after, limit))
    }

    async fn contacts_cursor(&self) -> PortResult<Cursor> {
        through!(self, "contacts.contacts_cursor", self.port.contacts_cursor())
    }

    async fn contacts_changed(&self, since: &Cursor) -> PortResult<ContactChanges> {
        through!(self, "contacts.contacts_changed", self.port.contacts_changed(since))
    }

    async fn places(&self, id: &ContactId) -> PortResult<Vec<Place>> {
        through!(self, "contacts.places", self.port.places(id))
    }

    async fn sayings(&self, id: &ContactId) -> PortResult<Vec<Said>> {
        through!(self, "contacts.sayings", self.port.sayings(id))
    }

    async fn create_contact(
        &self,
        address: &Address,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        through!(self, "contacts.create_contact", self.port.create_contact(address, edit, by, now))
    }

    async fn edit_contact(
        &self,
        id: &ContactId,
        expected: Option<Version>,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact> {
        through!(self, "contacts.edit_contact", self.port.edit_contact(id, expected, edit, by, now))
    }

    async fn merge_contacts(
        &self,
        keep: &ContactId,
        other: &ContactId,
        now: Timestamp,
    ) -> PortResult<Contact> {
        through!(self, "contacts.merge_contacts", self.port.merge_contacts(keep, other, now))
    }

    async fn delete_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        through!(self, "contacts.delete_contact", self.port.delete_contact(id, now))
    }

    async fn prune_contact(
        &self,
        id: &ContactId,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> PortResult<bool> {
        through!(self, "contacts.prune_contact", self.port.prune_contact(id, before, now))
    }

    async fn erase_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        through!(self, "contacts.erase_contact", self.port.erase_contact(id, now))
    }

    async fn erase_address(&self, address: &Address, now: Timestamp) -> PortResult<()> {
        through!(self, "contacts.erase_address", self.port.erase_address(address, now))
    }

    async fn say(&self, saying: &Saying) -> PortResult<Heard> {
        through!(self, "contacts.say", self.port.say(saying))
    }

    async fn edit_list(
        &self,
        list: &ListId,
        expected: Option<Version>,
        edit: &ListEdit,
        now: Timestamp,
    ) -> PortResult<List> {
        through!(self, "contacts.edit_list", self.port.edit_list(list, expected, edit, now))
    }

    async fn followed(&self, list: &ListId) -> PortResult<Option<Cursor>> {
        through!(self, "contacts.followed", self.port.followed(list))
    }

    async fn move_members(&self, list: &ListId, moves: &Moves, now: Timestamp) -> PortResult<(u64, u64)> {
        through!(self, "contacts.move_members", self.port.move_members(list, moves, now))
    }
}
