use std::time::Duration;

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{GroupId, LinkId, ListId, TenantId},
    link::Link,
    member::Member,
    new_group::MadeGroup,
    protocol::Generations,
    schedule::{LEASE, SKEW, later},
    sizes::{Found, Sizes},
    trigger::Generation,
};
use listsync_engine::ports::{
    Acquired, DueLink, Finish, Finished, Fold, Lease, LinkBrief, LinkEdit, LinkState, Links, ListOutcome,
    MemberQuery, Moved, PortResult, QuietNote, TakeMember,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{counts, create, edit, finish, fold, lease, members, quiet, row};
use crate::{
    SqliteStore,
    error::Outcome,
    values::{collect, doc, nanos, stored_count, stored_limit},
};

#[async_trait]
impl Links for SqliteStore {
    async fn create(&self, link: &Link, now: Timestamp) -> PortResult<()> {
        let link = link.clone();
        self.write("save the link", move |tx| create::create(tx, &link, now)).await
    }

    async fn page(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>> {
        let after = after.cloned();
        self.read("read the links", move |tx| row::page(tx, after.as_ref(), limit)).await
    }

    async fn briefs(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkBrief>> {
        let after = after.cloned();
        self.read("read the links", move |tx| row::briefs(tx, after.as_ref(), limit)).await
    }

    async fn of_list(&self, list: &ListId) -> PortResult<Vec<LinkState>> {
        let list = list.clone();
        self.read("read the list's links", move |tx| row::of_list(tx, &list)).await
    }

    async fn of_group(&self, tenant: &TenantId, group: &GroupId) -> PortResult<Vec<LinkState>> {
        let (tenant, group) = (tenant.clone(), group.clone());
        self.read("read the group's links", move |tx| row::of_group(tx, &tenant, &group)).await
    }

    async fn load(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        let link = link.clone();
        self.read("read the link", move |tx| row::load(tx, &link)).await
    }

    async fn note_quiet(&self, read: &LinkState, note: &QuietNote) -> PortResult<bool> {
        let (read, note) = (read.clone(), note.clone());
        self.write("note that nothing changed", move |tx| quiet::note(tx, &read, &note)).await
    }

    async fn reach(&self, link: &LinkId, generation: Generation) -> PortResult<bool> {
        let link = link.clone();
        self.write("request a run of the link", move |tx| reach(tx, &link, generation)).await
    }

    async fn edit(&self, link: &LinkId, edit: &LinkEdit, now: Timestamp) -> PortResult<()> {
        let (link, edit) = (link.clone(), edit.clone());
        self.write("change the link", move |tx| edit::edit(tx, &link, &edit, now)).await
    }

    async fn delete(&self, link: &LinkId) -> PortResult<()> {
        let link = link.clone();
        self.write("delete the link", move |tx| delete(tx, &link)).await
    }

    async fn due(&self, now: Timestamp, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<DueLink>> {
        let after = after.cloned();
        self.read("read the due links", move |tx| due(tx, now, after.as_ref(), limit)).await
    }

    async fn ahead(
        &self,
        beyond: Timestamp,
        after: Option<&LinkId>,
        limit: usize,
    ) -> PortResult<Vec<LinkState>> {
        let after = after.cloned();
        self.read("read the links that lie ahead", move |tx| row::ahead(tx, beyond, (after.as_ref(), limit)))
            .await
    }

    async fn request(&self, link: &LinkId, next_due: Option<Timestamp>) -> PortResult<Generation> {
        let link = link.clone();
        self.write("request a run of the link", move |tx| request(tx, &link, next_due)).await
    }

    async fn acquire(&self, link: &LinkId, now: Timestamp, ttl: Duration) -> PortResult<Acquired> {
        let link = link.clone();
        self.write("take the link's lease", move |tx| lease::acquire(tx, &link, now, ttl)).await
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> PortResult<Lease> {
        let lease = lease.clone();
        self.write("renew the link's lease", move |tx| lease::renew(tx, &lease, now, ttl)).await
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        let lease = lease.clone();
        self.write("give the link's lease back", move |tx| lease::release(tx, &lease)).await
    }

    async fn settle_group(&self, lease: &Lease, made: &MadeGroup) -> PortResult<()> {
        let (lease, made) = (lease.clone(), made.clone());
        self.write("save the link's group", move |tx| create::settle(tx, &lease, &made)).await
    }

    async fn members(&self, link: &LinkId, query: MemberQuery<'_>) -> PortResult<Vec<Member>> {
        let (link, wanted) = (link.clone(), members::Wanted::from(query));
        self.read("read the link's members", move |tx| members::load(tx, &link, &wanted)).await
    }

    async fn all_members(&self, link: &LinkId, taken: TakeMember) -> PortResult<Vec<Member>> {
        let link = link.clone();
        self.read("read the link's members", move |tx| members::all(tx, &link, taken)).await
    }

    async fn group_size(&self, link: &LinkId) -> PortResult<u64> {
        let link = link.clone();
        self.read("count the link's members", move |tx| members::group_size(tx, &link)).await
    }

    async fn moved(&self, link: &LinkId, since: Timestamp) -> PortResult<Vec<Moved>> {
        let link = link.clone();
        self.read("read what the guard counts", move |tx| counts::moved(tx, &link, since)).await
    }

    async fn list_sizes(&self, list: &ListId) -> PortResult<Option<Sizes>> {
        let list = list.clone();
        self.read("read the list's sizes", move |tx| counts::sizes(tx, &list)).await
    }

    async fn note_list_size(&self, list: &ListId, found: Found) -> PortResult<()> {
        let list = list.clone();
        self.write("keep the list's size", move |tx| counts::note_size(tx, &list, found)).await
    }

    async fn fold(&self, lease: &Lease, fold: &Fold) -> PortResult<Vec<ListOutcome>> {
        let (lease, fold, now) = (lease.clone(), fold.clone(), self.now());
        self.write("record the batch", move |tx| fold::fold(tx, &lease, &fold, now)).await
    }

    async fn finish(&self, lease: &Lease, finish: &Finish) -> PortResult<Finished> {
        let (lease, finish) = (lease.clone(), finish.clone());
        self.write("record the run", move |tx| finish::finish(tx, &lease, &finish)).await
    }
}

fn delete(tx: &Connection, link: &LinkId) -> Outcome<()> {
    let n = row::number(tx, link)?;
    tx.execute("DELETE FROM links WHERE n = ?1", [n])?;
    counts::forget_unlinked(tx)
}

fn due(tx: &Connection, now: Timestamp, after: Option<&LinkId>, limit: usize) -> Outcome<Vec<DueLink>> {
    let statement = tx.prepare_cached(
        "SELECT doc, requested, synced FROM links
         WHERE id > ?1 AND active = 1 AND (leased_until IS NULL OR leased_until <= ?2 OR leased_until > ?4)
             AND (due_at <= ?2 OR requested > synced)
         ORDER BY id LIMIT ?3",
    )?;
    let after = after.map_or("", LinkId::as_str);
    // No lease lasts so long: one beyond it was taken under a clock that ran ahead.
    let lasting = later(now, LEASE + SKEW);
    collect(statement, params![after, nanos(now), stored_limit(limit), nanos(lasting)], |row| {
        let link: Link = doc(&row.get::<_, String>(0)?, "link")?;
        let [requested, synced] = [row::generation(row.get(1)?), row::generation(row.get(2)?)];
        Ok(DueLink { link: link.id, every: link.every, generations: Generations { requested, synced } })
    })
}

fn request(tx: &Connection, link: &LinkId, next_due: Option<Timestamp>) -> Outcome<Generation> {
    let requested: Option<i64> = tx
        .prepare_cached(
            "UPDATE links SET requested = requested + 1, due_at = coalesce(?2, due_at) WHERE id = ?1
             RETURNING requested",
        )?
        .query_row(params![link.as_str(), next_due.map(nanos)], |row| row.get(0))
        .optional()?;
    requested.map(row::generation).ok_or_else(|| row::gone(link))
}

fn reach(tx: &Connection, link: &LinkId, generation: Generation) -> Outcome<bool> {
    let n = row::number(tx, link)?;
    let raised = tx
        .prepare_cached("UPDATE links SET requested = ?2 WHERE n = ?1 AND requested < ?2")?
        .execute([n, stored_count(generation.0)])?;
    Ok(raised > 0)
}
