//! The port, call by call.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    alert::{Envelope, Letter},
    id::{GroupId, ObjectId, TenantId},
    member::Op,
    snapshot::{Depth, Principal, Reading},
};
use listsync_engine::{
    ports::{
        Applied, Call, Changes, Clock, CountCheck, Cursor, Directory, Gate, Grant, Group, GroupQuery, Guest,
        Invited, Lookup, Mailer, Meter, Need, NewGroup, NoticeOrder, Notices, PeopleChanges, PeoplePage,
        Places, PortResult, ProofLife,
    },
    throttle::Throttle,
};

use crate::{
    clockwork::later,
    invitations::INVITE_BATCH,
    look_up::LOOK_UP_BATCH,
    members::PAGE,
    root::Root,
    send::Sender,
    settings::{ConnectError, GraphSettings},
    sign_in::SignIn,
    transport,
    write::{ADD_BATCH, REMOVE_BATCH},
};

/// So long a letter may take, its tries and its wait at the gate included: a write begins only while its whole time-out is left.
/// Who sends alerts waits for less.
const MAIL_WITHIN: Duration = Duration::from_secs(60);

/// The directory of one tenant, over Microsoft Graph v1.0. It is to be made once and kept: it holds the connections, the
/// access token and what is known of the gate.
pub struct Graph {
    sender: Sender,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph").field("root", &self.sender.root.address("")).finish_non_exhaustive()
    }
}

impl Graph {
    /// Makes the client. Nothing is sent yet: a wrong secret shows at the first call.
    ///
    /// # Errors
    /// When a setting is malformed or names a file that cannot be used; the error names the setting.
    pub fn connect(
        settings: GraphSettings,
        gate: Arc<dyn Gate>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConnectError> {
        let root = Root::parse(&settings.graph_url)?;
        let client = transport::client(settings.ca_pem.as_deref())?;
        let sign_in = SignIn::new(&settings, client.clone(), root.scope(), Arc::clone(&clock))?;
        let tenant = TenantId::parse(&settings.tenant)
            .map_err(|error| ConnectError::wrong("AZURE_TENANT_ID", format!("is not usable: {error}")))?;
        let throttle = Throttle::new(gate, tenant, Arc::clone(&clock));
        Ok(Self { sender: Sender { client, root, sign_in, throttle, clock } })
    }
}

#[async_trait]
impl Places for Graph {
    async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group> {
        self.sender.group(call, query).await
    }

    async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor> {
        self.sender.mint_cursor(call, group).await
    }

    async fn read(&self, call: Call<'_>, group: &GroupId, depth: Depth) -> PortResult<Reading> {
        self.sender.read(call, group, depth).await
    }

    async fn changes(
        &self,
        call: Call<'_>,
        group: &GroupId,
        since: &Cursor,
        count: CountCheck,
    ) -> PortResult<Changes> {
        self.sender.changes(call, group, since, count).await
    }

    async fn present(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>> {
        self.sender.present(call, group, ids).await
    }

    async fn owners(&self, call: Call<'_>, group: &GroupId) -> PortResult<BTreeSet<ObjectId>> {
        self.sender.owners(call, group).await
    }

    async fn look_up(&self, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>> {
        self.sender.look_up(call, addresses).await
    }

    async fn head_count(&self, call: Call<'_>) -> PortResult<u64> {
        self.sender.head_count(call).await
    }

    async fn people(&self, call: Call<'_>, page: Option<&Cursor>) -> PortResult<PeoplePage> {
        self.sender.people(call, page).await
    }

    async fn by_id(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<Vec<Principal>> {
        self.sender.by_id(call, ids).await
    }

    async fn write(&self, call: Call<'_>, group: &GroupId, op: Op, ids: &[ObjectId]) -> Vec<Applied> {
        self.sender.write(call, group, op, ids).await
    }

    async fn write_again(&self, call: Call<'_>, group: &GroupId, ids: &[ObjectId]) -> Vec<Applied> {
        self.sender.write_again(call, group, ids).await
    }

    fn look_up_batch(&self) -> usize {
        LOOK_UP_BATCH
    }

    fn write_batch(&self, op: Op) -> usize {
        match op {
            Op::Add => ADD_BATCH,
            Op::Remove => REMOVE_BATCH,
        }
    }

    fn people_page(&self) -> usize {
        PAGE
    }
}

#[async_trait]
impl Directory for Graph {
    async fn groups(&self, call: Call<'_>, begins: &str, most: usize) -> PortResult<Vec<Group>> {
        self.sender.groups(call, begins, most).await
    }

    async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group> {
        self.sender.create_group(call, new).await
    }

    async fn owners_of_each(
        &self,
        call: Call<'_>,
        groups: &[GroupId],
    ) -> PortResult<BTreeMap<GroupId, BTreeSet<ObjectId>>> {
        self.sender.owners_of_each(call, groups).await
    }

    async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor> {
        self.sender.people_cursor(call).await
    }

    async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges> {
        self.sender.people_changes(call, since).await
    }

    async fn invite(&self, call: Call<'_>, guests: &[Guest]) -> Vec<Invited> {
        self.sender.invite(call, guests).await
    }

    async fn shared_mailboxes(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<BTreeSet<ObjectId>> {
        self.sender.shared_mailboxes(call, ids).await
    }

    async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        self.sender.domains(call).await
    }

    async fn permissions(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        self.sender.permissions(call).await
    }

    async fn grants(&self, call: Call<'_>, needs: &[Need]) -> PortResult<Vec<Grant>> {
        self.sender.grants(call, needs).await
    }

    async fn proof_life(&self, _: Call<'_>) -> PortResult<ProofLife> {
        Ok(self.sender.sign_in.proof_life())
    }

    async fn clock_skew(&self, call: Call<'_>, now: Timestamp) -> PortResult<i64> {
        self.sender.clock_skew(call, now).await
    }

    fn invite_batch(&self) -> usize {
        INVITE_BATCH
    }
}

#[async_trait]
impl Notices for Graph {
    async fn order(&self, call: Call<'_>, url: &str, until: Timestamp) -> PortResult<NoticeOrder> {
        self.sender.subscribe(call, url, until).await
    }

    async fn prolong(&self, call: Call<'_>, id: &str, until: Timestamp) -> PortResult<Timestamp> {
        self.sender.renew(call, id, until).await
    }

    async fn cancel(&self, call: Call<'_>, id: &str) -> PortResult<()> {
        self.sender.unsubscribe(call, id).await
    }
}

#[async_trait]
impl Mailer for Graph {
    async fn mail(&self, envelope: &Envelope, letter: &Letter, now: Timestamp) -> PortResult<()> {
        let call = Call { until: later(now, MAIL_WITHIN), meter: &Meter::default() };
        self.sender.mail(call, envelope, letter).await
    }
}
