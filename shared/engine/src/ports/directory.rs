use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Principal, Reading},
    summary::GraphCost,
};

use super::{Cursor, PortResult};

/// Counts what one run costs at the directory.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    writes: AtomicU64,
}

impl Meter {
    /// Counts one request that went out, and the member writes in it.
    pub fn count(&self, writes: u64) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(writes, Ordering::Relaxed);
    }

    /// What was counted so far.
    #[must_use]
    pub fn cost(&self) -> GraphCost {
        GraphCost {
            requests: self.requests.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
        }
    }
}

/// What every call to the directory carries.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// No attempt starts that could still be under way then: the end of the lease or of the invocation.
    pub until: Timestamp,
    /// Where it is counted.
    pub meter: &'a Meter,
}

/// What a group is, as far as writing its members goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupKind {
    /// A Microsoft 365 group.
    Microsoft365,
    /// A security group without mail.
    Security,
    /// Its members follow a rule.
    Dynamic,
    /// Mastered in an on-premises directory.
    OnPremises,
    /// A mail-enabled security group.
    MailEnabledSecurity,
    /// A distribution list.
    DistributionList,
    /// A group that roles can be given to.
    RoleAssignable,
    /// Part of a restricted management unit.
    Restricted,
}

impl GroupKind {
    /// A stable code and a sentence for why its members cannot be written, if they cannot.
    #[must_use]
    pub fn refusal(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Microsoft365 | Self::Security => None,
            Self::Dynamic => Some(("group_dynamic", "its members follow a rule (dynamic membership)")),
            Self::OnPremises => Some(("group_onprem", "it is mastered in the on-premises directory")),
            Self::MailEnabledSecurity => Some((
                "mail_enabled_security",
                "it is a mail-enabled security group, which only Exchange can write",
            )),
            Self::DistributionList => {
                Some(("distribution_list", "it is a distribution list, which only Exchange can write"))
            }
            Self::RoleAssignable => Some((
                "group_role_assignable",
                "roles can be assigned to it, and listsync stays away from such groups",
            )),
            Self::Restricted => Some(("group_restricted", "it belongs to a restricted management unit")),
        }
    }
}

/// A group of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its display name.
    pub name: String,
    /// Its kind.
    pub kind: GroupKind,
}

/// How a person names a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupQuery {
    /// By object id.
    Id(GroupId),
    /// By its unique name or, where just one group has it, its display name.
    Name(String),
}

/// The kinds of group that we create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewGroupKind {
    /// A Microsoft 365 group, with its welcome mail off.
    Microsoft365,
    /// A security group.
    Security,
}

/// A group to be created, or found again under its unique name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// The key that makes a repeat harmless.
    pub unique_name: String,
    /// The display name.
    pub name: String,
    /// The kind.
    pub kind: NewGroupKind,
    /// User principal names or ids of its owners.
    pub owners: Vec<String>,
}

/// Whether a count is asked for together with the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountCheck {
    /// In the same request.
    Due,
    /// Not now.
    NotDue,
}

/// What changed in a group since a cursor, merged per member: the last word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// Users that came.
    pub added: BTreeSet<ObjectId>,
    /// Members that went.
    pub removed: BTreeSet<ObjectId>,
    /// Where the next read goes on.
    pub cursor: Cursor,
    /// How many users are members now, where that was asked.
    pub count: Option<u64>,
}

/// What a look-up found for one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// Exactly one.
    Found(Principal),
    /// Nobody.
    Nobody,
    /// Several: none is taken.
    Ambiguous(Vec<ObjectId>),
}

/// One page of all people of the tenant.
#[derive(Debug, Clone)]
pub struct PeoplePage {
    /// The people on it.
    pub people: Vec<Principal>,
    /// Where the next page begins; none: this was the last.
    pub next: Option<Cursor>,
}

/// Who of the tenant's people changed since a cursor; the last word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleChanges {
    /// Who was deleted, be it for good or not.
    pub gone: BTreeSet<ObjectId>,
    /// Who was made, came back, or has other addresses.
    pub changed: BTreeSet<ObjectId>,
    /// Where the next read goes on.
    pub cursor: Cursor,
}

/// What happened to one member write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It took effect.
    Done,
    /// It was so already.
    AlreadySo,
    /// It was refused. With [`super::Fault::Gone`] the group itself is gone; a member that is not there is
    /// [`super::code::NO_SUCH_USER`].
    Rejected(super::PortError),
    /// It may or may not have taken effect.
    Unknown(super::PortError),
    /// It was not sent.
    NotSent,
}

/// The tenant's directory of people and groups.
#[async_trait]
pub trait Directory: Send + Sync {
    /// What the named group is.
    async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group>;
    /// Creates a group, or finds the one that an earlier try made.
    async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group>;
    /// A cursor for all changes from now on: to be minted before the full read that it belongs to.
    async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor>;
    /// All members that are users, and the directory's count of them. A read that breaks off is an error.
    async fn read(&self, call: Call<'_>, group: &GroupId) -> PortResult<Reading>;
    /// What changed since a cursor. [`super::Fault::Gone`] when the cursor is too old or was reset.
    async fn changes(
        &self,
        call: Call<'_>,
        group: &GroupId,
        since: &Cursor,
        count: CountCheck,
    ) -> PortResult<Changes>;
    /// Which of these are members at this moment.
    async fn present(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>>;
    /// The group's owners.
    async fn owners(&self, call: Call<'_>, group: &GroupId) -> PortResult<BTreeSet<ObjectId>>;
    /// Looks people up by address: mail, then proxy addresses, then the user principal name, then other mails. One
    /// answer per address, in order.
    async fn look_up(&self, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>>;
    /// How many people the tenant has: to choose between look-ups and one pass over all.
    async fn head_count(&self, call: Call<'_>) -> PortResult<u64>;
    /// One page of all people. [`super::Fault::Gone`] when the page's cursor expired: begin anew.
    async fn people(&self, call: Call<'_>, page: Option<&Cursor>) -> PortResult<PeoplePage>;
    /// These people, with their addresses; who is not a user, or gone, is left out.
    async fn by_id(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<Vec<Principal>>;
    /// A cursor for all changes of people from now on.
    async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor>;
    /// Who changed since a cursor. [`super::Fault::Gone`] when the cursor is too old or was reset.
    async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges>;
    /// Adds or removes members; one answer per id, in order. What fails as a whole answers for each.
    async fn write(&self, call: Call<'_>, group: &GroupId, op: Op, ids: &[ObjectId]) -> Vec<Applied>;
    /// The domains of the tenant's own people, where the credential may read them.
    async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>>;
    /// The permissions that the credential carries.
    async fn permissions(&self, call: Call<'_>) -> PortResult<BTreeSet<String>>;
    /// How far the directory's clock is ahead of `now`, in seconds.
    async fn clock_skew(&self, call: Call<'_>, now: Timestamp) -> PortResult<i64>;
    /// How many addresses one [`Directory::look_up`] takes at its best: progress is saved after as many.
    fn look_up_batch(&self) -> usize;
    /// How many ids one [`Directory::write`] takes at its best.
    fn write_batch(&self, op: Op) -> usize;
    /// The most people that one page of [`Directory::people`] holds.
    fn people_page(&self) -> usize;
}
