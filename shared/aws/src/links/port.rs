use std::time::Duration;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::Link,
    member::Member,
    new_group::MadeGroup,
    sizes::{Found, Sizes},
    trigger::Generation,
};
use listsync_engine::ports::{
    Acquired, DueLink, Finish, Finished, Fold, Lease, LinkEdit, LinkState, Links, ListOutcome, MemberQuery,
    Moved, PortResult, QuietNote, TakeMember,
};

use super::{
    counts, create, due, edit, fold, lease, members, quiet,
    row::{self, LinkRow},
    settle,
};
use crate::{DynamoStore, store::persistently};

#[async_trait]
impl Links for DynamoStore {
    async fn create(&self, link: &Link, now: Timestamp) -> PortResult<()> {
        persistently!("save the link", create::create(&self.table, link, now))
    }

    async fn page(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>> {
        row::page(&self.table, after, limit).await
    }

    async fn of_list(&self, list: &ListId) -> PortResult<Vec<LinkState>> {
        row::of_list(&self.table, list).await
    }

    async fn of_group(&self, tenant: &TenantId, group: &GroupId) -> PortResult<Vec<LinkState>> {
        row::of_group(&self.table, tenant, group).await
    }

    async fn load(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        Ok(LinkRow::find(&self.table, link).await?.map(LinkRow::state))
    }

    async fn glimpse(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        Ok(LinkRow::glimpse(&self.table, link).await?.map(LinkRow::state))
    }

    async fn note_quiet(&self, read: &LinkState, note: &QuietNote) -> PortResult<bool> {
        let is_noted = quiet::note(&self.table, read, note).await?;
        if is_noted {
            self.beat_pulse(note.quiet.finished_at).await?;
        }
        Ok(is_noted)
    }

    async fn reach(&self, link: &LinkId, generation: Generation) -> PortResult<bool> {
        persistently!("request a run of the link", due::reach(&self.table, link, generation))
    }

    async fn edit(&self, link: &LinkId, edit: &LinkEdit, now: Timestamp) -> PortResult<()> {
        persistently!("change the link", edit::edit(&self.table, link, edit, now))?;
        if *edit == LinkEdit::Relink {
            self.clear_garbage().await?;
        }
        Ok(())
    }

    async fn delete(&self, link: &LinkId) -> PortResult<()> {
        persistently!("delete the link", create::delete(&self.table, link))?;
        self.clear_garbage().await
    }

    /// Due links in the order of an index that lags behind by less than a second as a rule. A page is asked for in the
    /// process that got the one before it; in another it costs a read of all due links.
    async fn due(&self, now: Timestamp, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<DueLink>> {
        due::due(self, now, after, limit).await
    }

    async fn ahead(
        &self,
        beyond: Timestamp,
        after: Option<&LinkId>,
        limit: usize,
    ) -> PortResult<Vec<LinkState>> {
        due::ahead(&self.table, beyond, (after, limit)).await
    }

    async fn request(&self, link: &LinkId, next_due: Option<Timestamp>) -> PortResult<Generation> {
        persistently!("request a run of the link", due::request(&self.table, link, next_due))
    }

    async fn acquire(&self, link: &LinkId, now: Timestamp, ttl: Duration) -> PortResult<Acquired> {
        persistently!("take the link's lease", lease::acquire(&self.table, link, now, ttl))
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> PortResult<Lease> {
        lease::renew(&self.table, lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        persistently!("give the link's lease back", lease::release(&self.table, lease))
    }

    async fn settle_group(&self, lease: &Lease, made: &MadeGroup) -> PortResult<()> {
        persistently!("save the link's group", settle::settle(&self.table, lease, made))
    }

    async fn members(&self, link: &LinkId, query: MemberQuery<'_>) -> PortResult<Vec<Member>> {
        members::load(&self.table, link, query).await
    }

    async fn all_members(&self, link: &LinkId, taken: TakeMember) -> PortResult<Vec<Member>> {
        members::each(&self.table, link, taken).await
    }

    async fn group_size(&self, link: &LinkId) -> PortResult<u64> {
        Ok(LinkRow::load(&self.table, link).await?.in_group)
    }

    async fn moved(&self, link: &LinkId, since: Timestamp) -> PortResult<Vec<Moved>> {
        let link = LinkRow::load(&self.table, link).await?;
        counts::since(&self.table, &link, since).await
    }

    async fn list_sizes(&self, list: &ListId) -> PortResult<Option<Sizes>> {
        counts::sizes(&self.table, list).await
    }

    async fn note_list_size(&self, list: &ListId, found: Found) -> PortResult<()> {
        persistently!("keep the list's size", counts::note_size(&self.table, list, found))
    }

    /// Records a batch: in one transaction where it fits, else in several, each of which is whole in itself. The
    /// removals are recorded first.
    async fn fold(&self, lease: &Lease, fold: &Fold) -> PortResult<Vec<ListOutcome>> {
        fold::fold(&self.table, lease, fold, self.clock.now()).await
    }

    async fn finish(&self, lease: &Lease, finish: &Finish) -> PortResult<Finished> {
        if !finish.members.is_empty() {
            fold::save_rows(&self.table, lease, &finish.members).await?;
        }
        persistently!("record the run", lease::finish(&self.table, lease, finish))
    }
}
