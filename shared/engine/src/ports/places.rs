use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    flight::Strain,
    id::{GroupId, ObjectId},
    member::Op,
    place::{NamedPlace, PlaceError, Scheme},
    settings::{is_almost_guid, parse_group_id},
    snapshot::{Depth, Principal, Reading},
    summary::GraphCost,
};

use super::{Cursor, PortResult};

/// Counts what one run costs at the directory, and keeps what the directory says to how much comes at once.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    writes: AtomicU64,
    slowed: AtomicBool,
    clashed: AtomicBool,
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

    /// Notes what an answer said of how much the directory bears, be the request tried again or not.
    pub fn note(&self, strain: Strain) {
        match strain {
            Strain::None => {}
            Strain::Slowed => self.slowed.store(true, Ordering::Relaxed),
            Strain::Clashed => self.clashed.store(true, Ordering::Relaxed),
        }
    }

    /// The worst that was noted since the last time.
    #[must_use]
    pub fn take_strain(&self) -> Strain {
        let slowed = self.slowed.swap(false, Ordering::Relaxed);
        let clashed = self.clashed.swap(false, Ordering::Relaxed);
        match (clashed, slowed) {
            (true, _) => Strain::Clashed,
            (false, true) => Strain::Slowed,
            (false, false) => Strain::None,
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
    /// It was managed in the cloud and is given back to the on-premises directory, which has not taken it over yet.
    GivenBack,
    /// It came from an on-premises directory, and who masters it now cannot be read.
    AuthorityUnknown,
    /// A mail-enabled security group.
    MailEnabledSecurity,
    /// A distribution list.
    DistributionList,
    /// A group that roles can be given to.
    RoleAssignable,
    /// Part of a restricted management unit.
    Restricted,
}

/// Why the members of a group cannot be written, and what can be done instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindRefusal {
    /// A stable code.
    pub code: &'static str,
    /// Why, to stand after "group X cannot be written: ".
    pub why: &'static str,
    /// What would work.
    pub instead: &'static str,
}

impl GroupKind {
    /// Why its members cannot be written, if they cannot.
    #[must_use]
    pub fn refusal(self) -> Option<KindRefusal> {
        let refusal = |code, why, instead| Some(KindRefusal { code, why, instead });
        match self {
            Self::Microsoft365 | Self::Security => None,
            Self::Dynamic => refusal(
                "group_dynamic",
                "its members follow a rule (dynamic membership)",
                "link it one-way with --mode group-to-list, or link a group with assigned members",
            ),
            Self::OnPremises => refusal(
                "group_onprem",
                "it is mastered in the on-premises directory",
                "link it one-way with --mode group-to-list; or convert it to cloud-managed (its source of authority), \
                 then link it",
            ),
            Self::GivenBack => refusal(
                "group_given_back",
                "its source of authority was given back to the on-premises directory",
                "link it one-way with --mode group-to-list; or convert it to cloud-managed again; until then nothing is \
                 written to it",
            ),
            Self::AuthorityUnknown => refusal(
                "group_authority_unknown",
                "it came from an on-premises directory, and the app may not read whether the cloud manages it now",
                "grant the application permission Group-OnPremisesSyncBehavior.ReadWrite.All with admin consent (listsync \
                 reads with it), or link it one-way with --mode group-to-list",
            ),
            Self::MailEnabledSecurity => refusal(
                "mail_enabled_security",
                "it is a mail-enabled security group, which only Exchange can write",
                "link it one-way with --mode group-to-list, or link a Microsoft 365 group or a security group without mail",
            ),
            Self::DistributionList => refusal(
                "distribution_list",
                "it is a distribution list, which only Exchange can write",
                "link it one-way with --mode group-to-list, or upgrade it to a Microsoft 365 group, then link that",
            ),
            Self::RoleAssignable => refusal(
                "group_role_assignable",
                "roles can be assigned to it, and listsync stays away from such groups",
                "link it one-way with --mode group-to-list, or link a group without roles",
            ),
            Self::Restricted => refusal(
                "group_restricted",
                "it belongs to a restricted management unit",
                "link it one-way with --mode group-to-list, or take it out of the unit, then link it",
            ),
        }
    }
}

/// Whether everybody who may read a group sees its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Membership {
    /// They do.
    #[default]
    Shown,
    /// It takes a permission of its own: without it the group would look empty.
    Hidden,
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
    /// Whether its members are hidden.
    pub membership: Membership,
}

/// How a person names a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupQuery {
    /// By object id.
    Id(GroupId),
    /// By its unique name or, where just one group has it, its display name or address.
    Name(String),
}

/// A text that can name no group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupQueryError {
    /// There is nothing in it.
    #[error("the group is not named: give an object id or a unique name")]
    Empty,
    /// An object id with a slip.
    #[error("'{0}' looks like an object id and is none: a GUID has 32 digits in groups of 8, 4, 4, 4 and 12")]
    AlmostId(String),
    /// A place of a kind that is not known.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Too long, or with control characters.
    #[error("a unique name has at most 256 characters, none of them a control character")]
    Name,
}

impl GroupQuery {
    /// Reads an object id, with or without braces, or else a unique name; either with `entra:` before it, or without.
    ///
    /// # Errors
    /// When it can be neither.
    pub fn parse(text: &str) -> Result<Self, GroupQueryError> {
        let NamedPlace { scheme: Scheme::Entra, name: text } = NamedPlace::parse(text)?;
        let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
        if let Ok(id) = parse_group_id(bare) {
            return Ok(Self::Id(id));
        }
        match text {
            "" => Err(GroupQueryError::Empty),
            slip if is_almost_guid(slip) => Err(GroupQueryError::AlmostId(slip.to_owned())),
            long if long.chars().count() > 256 || long.chars().any(char::is_control) => {
                Err(GroupQueryError::Name)
            }
            name => Ok(Self::Name(name.to_owned())),
        }
    }
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
    /// Groups that became members.
    pub nested: BTreeSet<ObjectId>,
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
    /// It was refused together with others of whom some are so already, and nobody was asked for alone: a later read tells
    /// who is.
    Undecided,
    /// It was not sent.
    NotSent,
}

/// The places of one kind that links lead to, such as the groups of a tenant: what a run needs of them.
///
/// Who is in a place is told by ids of the directory that the place belongs to.
#[async_trait]
pub trait Places: Send + Sync {
    /// What the named group is.
    async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group>;
    /// A cursor for all changes from now on: to be minted before the full read that it belongs to.
    async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor>;
    /// All members that are users, and the directory's count of them. A read that breaks off is an error. With
    /// [`Depth::Nested`] the people of the groups in it are among them, if it holds any.
    async fn read(&self, call: Call<'_>, group: &GroupId, depth: Depth) -> PortResult<Reading>;
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
    /// Adds or removes members; one answer per id, in order. What fails as a whole answers for each.
    async fn write(&self, call: Call<'_>, group: &GroupId, op: Op, ids: &[ObjectId]) -> Vec<Applied>;
    /// Adds members once more of whom it is not known whether an earlier request added them, in the order of that request.
    /// Whom the directory refuses together because some are so already is [`Applied::Undecided`], and so is who comes after
    /// them: an earlier request that took effect for some did so for most, and asking for each alone would cost a write each.
    async fn write_again(&self, call: Call<'_>, group: &GroupId, ids: &[ObjectId]) -> Vec<Applied>;
    /// How many addresses one [`Places::look_up`] takes at its best: progress is saved after as many.
    fn look_up_batch(&self) -> usize;
    /// How many ids one [`Places::write`] takes at its best.
    fn write_batch(&self, op: Op) -> usize;
    /// The most people that one page of [`Places::people`] holds.
    fn people_page(&self) -> usize;
}
