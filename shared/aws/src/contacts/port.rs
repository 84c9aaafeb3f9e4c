use std::collections::BTreeSet;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact as Card, Decision, ExternalId, OptOut, Place, Said, Saying, Scope, Version, Via},
    id::{ContactId, ListId, ObjectId},
    import::Keys,
    list::{List, Origin},
    register::{By, Farewell},
};
use listsync_engine::ports::{
    ContactChanges, ContactEdit, Contacts, Cursor, Heard, Heir, ListEdit, Moves, PortResult,
};

use super::{
    departed, edit, forget, merge, moves, pages, rule, say,
    whole::{self, Whole, gone},
};
use crate::{
    DynamoStore,
    lists::{
        catalog, feed,
        head::Head,
        owner::Owner,
        person::{external_key, said_partition},
    },
    store::persistently,
    table::{Stored, span},
};

#[async_trait]
impl Contacts for DynamoStore {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Card>> {
        Ok(whole::find(&self.table, id).await?.map(|contact| contact.card))
    }

    async fn successor(&self, id: &ContactId) -> PortResult<Option<ContactId>> {
        merge::successor(&self.table, id).await
    }

    async fn is_departed(&self, id: &ContactId) -> PortResult<bool> {
        departed::is_known(&self.table, id).await
    }

    async fn heir(&self, list: &ListId) -> PortResult<Option<Heir>> {
        catalog::heir(&self.table, list).await
    }

    async fn erased(&self, ids: &[ContactId]) -> PortResult<BTreeSet<ContactId>> {
        merge::erased(&self.table, ids).await
    }

    async fn refuse_departed(&self, id: &ContactId, scope: &Scope, no: OptOut) -> PortResult<()> {
        persistently!("save the decision", departed::refuse(&self.table, id, scope, no))
    }

    async fn find_contact(&self, address: &Address) -> PortResult<Option<Card>> {
        let key = self.table.pepper().await?.key(address);
        let Some(stored) = self.table.get("look the contact up", &key).await? else { return Ok(None) };
        match Owner::read(&stored)?.contact {
            Some(id) => self.contact(&id).await,
            None => Ok(None),
        }
    }

    async fn find_external(&self, key: &ExternalId) -> PortResult<Option<Card>> {
        let Some(stored) = self.table.get("look the contact up", &external_key(key)).await? else {
            return Ok(None);
        };
        let found = self.contact(&stored.read("contact")?).await?;
        // What is changed between the two reads is nobody's answer.
        Ok(found.filter(|card| Keys::of(card).iter().any(|known| known == key)))
    }

    async fn contacts_of(&self, objects: &[ObjectId]) -> PortResult<Vec<Card>> {
        pages::of_objects(&self.table, objects).await
    }

    async fn contacts_by_id(&self, ids: &[ContactId]) -> PortResult<Vec<Card>> {
        pages::of_ids(&self.table, ids).await
    }

    async fn contacts(&self, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Card>> {
        pages::page(&self.table, after, limit).await
    }

    async fn contacts_cursor(&self) -> PortResult<Cursor> {
        feed::now(&self.table).await
    }

    async fn contacts_changed(&self, since: &Cursor) -> PortResult<ContactChanges> {
        feed::since(&self.table, since).await
    }

    async fn places(&self, id: &ContactId) -> PortResult<Vec<Place>> {
        Ok(Whole::load(&self.table, id).await?.places())
    }

    async fn sayings(&self, id: &ContactId) -> PortResult<Vec<Said>> {
        whole::find(&self.table, id).await?.ok_or_else(|| gone(id))?;
        let newest = span(said_partition(id)).newest_first();
        self.table.read("read the decisions", &newest, said).await
    }

    async fn create_contact(
        &self,
        address: &Address,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Card> {
        persistently!(
            "make the contact",
            edit::create(&self.table, address, edit, By { origin: by, at: now })
        )
    }

    async fn edit_contact(
        &self,
        id: &ContactId,
        expected: Option<Version>,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Card> {
        persistently!(
            "edit the contact",
            edit::edit(&self.table, id, expected, (edit, By { origin: by, at: now }))
        )
    }

    async fn merge_contacts(&self, keep: &ContactId, other: &ContactId, now: Timestamp) -> PortResult<Card> {
        let merged: PortResult<Card> =
            persistently!("merge the contacts", merge::merge(&self.table, (keep, other), now));
        let merged = merged?;
        self.clear_garbage().await?;
        Ok(merged)
    }

    async fn delete_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        let lists = forget::forget(&self.table, id, Farewell::Deleted, now).await?;
        self.clear_garbage().await?;
        Ok(lists)
    }

    async fn prune_contact(
        &self,
        id: &ContactId,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> PortResult<bool> {
        // What they said no to on a list that was deleted is theirs once its rows are cleared away.
        self.clear_garbage().await?;
        let pruned = forget::prune(&self.table, id, before, now).await?;
        if pruned {
            self.clear_garbage().await?;
        }
        Ok(pruned)
    }

    async fn erase_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>> {
        let lists = forget::forget(&self.table, id, Farewell::Erased, now).await?;
        self.clear_garbage().await?;
        Ok(lists)
    }

    async fn erase_address(&self, address: &Address, now: Timestamp) -> PortResult<()> {
        let erased: PortResult<()> =
            persistently!("erase the address", forget::erase_address(&self.table, address, now));
        erased?;
        self.clear_garbage().await
    }

    async fn say(&self, saying: &Saying) -> PortResult<Heard> {
        persistently!("save the decision", say::say(&self.table, saying))
    }

    async fn edit_list(
        &self,
        list: &ListId,
        expected: Option<Version>,
        edit: &ListEdit,
        now: Timestamp,
    ) -> PortResult<List> {
        if let Some(name) = &edit.name {
            self.clear_what_had_the_name(name).await?;
        }
        let edited: PortResult<List> =
            persistently!("edit the list", catalog::edit(&self.table, list, expected, (edit, now)));
        let edited = edited?;
        rule::ruled(&self.table, list, now).await?;
        Ok(edited)
    }

    async fn followed(&self, list: &ListId) -> PortResult<Option<Cursor>> {
        Ok(Head::load(&self.table, list).await?.followed)
    }

    async fn move_members(&self, list: &ListId, moves: &Moves, now: Timestamp) -> PortResult<(u64, u64)> {
        moves::move_members(&self.table, list, moves, now).await
    }
}

fn said(stored: &Stored) -> PortResult<Said> {
    let list: Option<ListId> = stored.read_option("list")?;
    Ok(Said {
        decision: stored.read_document::<Decision>("decision")?,
        scope: list.map_or(Scope::All, Scope::List),
        via: stored.read_document::<Via>("via")?,
        at: stored.instant("at")?,
    })
}
