//! The directory, connected at its first use: verbs that need none work without its settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    alert::{Envelope, Letter},
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Depth, Principal, Reading},
};
use listsync_engine::ports::{
    Applied, Call, Changes, CountCheck, Cursor, Directory, Grant, Group, GroupQuery, Guest, Invited, Lookup,
    Mailer, Need, NewGroup, NoticeOrder, Notices, PeopleChanges, PeoplePage, Places, PortResult, ProofLife,
};
use listsync_graph::Graph;

/// Makes the directory when it is first needed.
pub(crate) type Connect = Box<dyn Fn() -> PortResult<Arc<Graph>> + Send + Sync>;

/// A directory that is connected at its first use; every call answers with the error of that.
pub(crate) struct LazyDirectory {
    connect: Connect,
    connected: OnceLock<PortResult<Arc<Graph>>>,
}

impl LazyDirectory {
    pub(crate) fn new(connect: Connect) -> Self {
        Self { connect, connected: OnceLock::new() }
    }

    /// Connects now.
    pub(crate) fn connect(&self) -> PortResult<()> {
        self.get().map(drop)
    }

    fn get(&self) -> PortResult<&Graph> {
        match self.connected.get_or_init(|| (self.connect)()) {
            Ok(directory) => Ok(directory.as_ref()),
            Err(error) => Err(error.clone()),
        }
    }
}

#[async_trait]
impl Places for LazyDirectory {
    async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group> {
        self.get()?.group(call, query).await
    }

    async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor> {
        self.get()?.mint_cursor(call, group).await
    }

    async fn read(&self, call: Call<'_>, group: &GroupId, depth: Depth) -> PortResult<Reading> {
        self.get()?.read(call, group, depth).await
    }

    async fn changes(
        &self,
        call: Call<'_>,
        group: &GroupId,
        since: &Cursor,
        count: CountCheck,
    ) -> PortResult<Changes> {
        self.get()?.changes(call, group, since, count).await
    }

    async fn present(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>> {
        self.get()?.present(call, group, ids).await
    }

    async fn owners(&self, call: Call<'_>, group: &GroupId) -> PortResult<BTreeSet<ObjectId>> {
        self.get()?.owners(call, group).await
    }

    async fn look_up(&self, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>> {
        self.get()?.look_up(call, addresses).await
    }

    async fn head_count(&self, call: Call<'_>) -> PortResult<u64> {
        self.get()?.head_count(call).await
    }

    async fn people(&self, call: Call<'_>, page: Option<&Cursor>) -> PortResult<PeoplePage> {
        self.get()?.people(call, page).await
    }

    async fn by_id(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<Vec<Principal>> {
        self.get()?.by_id(call, ids).await
    }

    async fn write(&self, call: Call<'_>, group: &GroupId, op: Op, ids: &[ObjectId]) -> Vec<Applied> {
        match self.get() {
            Ok(directory) => directory.write(call, group, op, ids).await,
            Err(error) => ids.iter().map(|_| Applied::Rejected(error.clone())).collect(),
        }
    }

    async fn write_again(&self, call: Call<'_>, group: &GroupId, ids: &[ObjectId]) -> Vec<Applied> {
        match self.get() {
            Ok(directory) => directory.write_again(call, group, ids).await,
            Err(error) => ids.iter().map(|_| Applied::Rejected(error.clone())).collect(),
        }
    }

    fn look_up_batch(&self) -> usize {
        self.get().map_or(1, Places::look_up_batch)
    }

    fn write_batch(&self, op: Op) -> usize {
        self.get().map_or(1, |directory| directory.write_batch(op))
    }

    fn people_page(&self) -> usize {
        self.get().map_or(1, Places::people_page)
    }
}

#[async_trait]
impl Directory for LazyDirectory {
    async fn groups(&self, call: Call<'_>, begins: &str, most: usize) -> PortResult<Vec<Group>> {
        self.get()?.groups(call, begins, most).await
    }

    async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group> {
        self.get()?.create_group(call, new).await
    }

    async fn owners_of_each(
        &self,
        call: Call<'_>,
        groups: &[GroupId],
    ) -> PortResult<BTreeMap<GroupId, BTreeSet<ObjectId>>> {
        self.get()?.owners_of_each(call, groups).await
    }

    async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor> {
        self.get()?.people_cursor(call).await
    }

    async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges> {
        self.get()?.people_changes(call, since).await
    }

    async fn invite(&self, call: Call<'_>, guests: &[Guest]) -> Vec<Invited> {
        match self.get() {
            Ok(directory) => directory.invite(call, guests).await,
            Err(error) => guests.iter().map(|_| Invited::Refused(error.clone())).collect(),
        }
    }

    async fn shared_mailboxes(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<BTreeSet<ObjectId>> {
        self.get()?.shared_mailboxes(call, ids).await
    }

    async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        self.get()?.domains(call).await
    }

    async fn permissions(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        self.get()?.permissions(call).await
    }

    async fn grants(&self, call: Call<'_>, needs: &[Need]) -> PortResult<Vec<Grant>> {
        self.get()?.grants(call, needs).await
    }

    async fn proof_life(&self, call: Call<'_>) -> PortResult<ProofLife> {
        self.get()?.proof_life(call).await
    }

    async fn clock_skew(&self, call: Call<'_>, now: Timestamp) -> PortResult<i64> {
        self.get()?.clock_skew(call, now).await
    }

    fn invite_batch(&self) -> usize {
        self.get().map_or(1, Directory::invite_batch)
    }
}

#[async_trait]
impl Notices for LazyDirectory {
    async fn order(&self, call: Call<'_>, url: &str, until: Timestamp) -> PortResult<NoticeOrder> {
        self.get()?.order(call, url, until).await
    }

    async fn prolong(&self, call: Call<'_>, id: &str, until: Timestamp) -> PortResult<Timestamp> {
        self.get()?.prolong(call, id, until).await
    }

    async fn cancel(&self, call: Call<'_>, id: &str) -> PortResult<()> {
        self.get()?.cancel(call, id).await
    }
}

#[async_trait]
impl Mailer for LazyDirectory {
    async fn mail(&self, envelope: &Envelope, letter: &Letter, now: Timestamp) -> PortResult<()> {
        self.get()?.mail(envelope, letter, now).await
    }
}
