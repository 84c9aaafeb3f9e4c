//! Edits of people, each followed by the runs that it calls for.

use listsync_core::{
    contact::{Contact, Version},
    id::{ContactId, ListId},
    list::Origin,
    trigger::Reason,
};
use listsync_engine::{ports::ContactEdit, trigger};

use crate::{app::Inner, problem::Problem, routes::texts};

impl Inner {
    /// Asks for a run of each link of these lists whose change is stored by now.
    pub(crate) async fn ask_for(&self, lists: &[ListId]) -> Result<Vec<String>, Problem> {
        let mut links = Vec::new();
        for list in lists {
            links.extend(texts(&trigger::raise_list(self.ports(), list, Reason::Event).await?));
        }
        Ok(links)
    }
}

impl Inner {
    /// Edits a contact.
    pub(crate) async fn edit_contact(
        &self,
        id: &ContactId,
        expected: Option<Version>,
        edit: &ContactEdit,
    ) -> Result<Contact, Problem> {
        let edited = self.service.contacts.edit_contact(id, expected, edit, Origin::Manual, self.now()).await?;
        self.ask_for(&self.lists_of(id).await?).await?;
        Ok(edited)
    }

    /// Makes two contacts one.
    pub(crate) async fn merge_contacts(&self, keep: &ContactId, other: &ContactId) -> Result<Contact, Problem> {
        let merged = self.service.contacts.merge_contacts(keep, other, self.now()).await?;
        self.ask_for(&self.lists_of(keep).await?).await?;
        Ok(merged)
    }

    /// Deletes a contact.
    pub(crate) async fn delete_contact(&self, id: &ContactId) -> Result<Vec<ListId>, Problem> {
        let lists = self.service.contacts.delete_contact(id, self.now()).await?;
        self.ask_for(&lists).await?;
        Ok(lists)
    }

    /// Erases a person.
    pub(crate) async fn erase_contact(&self, id: &ContactId) -> Result<Vec<ListId>, Problem> {
        let lists = self.service.contacts.erase_contact(id, self.now()).await?;
        self.ask_for(&lists).await?;
        Ok(lists)
    }

    async fn lists_of(&self, id: &ContactId) -> Result<Vec<ListId>, Problem> {
        Ok(self.service.contacts.places(id).await?.into_iter().map(|place| place.list).collect())
    }
}
