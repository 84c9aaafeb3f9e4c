use std::{fmt, time::Duration};

use async_trait::async_trait;
pub use listsync_core::register::ListOutcome;
use listsync_core::{
    Timestamp,
    address::Address,
    case::ExtrasRelease,
    effects::Batch,
    id::{ContactId, GroupId, LinkId, ListId, ObjectId, TenantId},
    link::{Link, LinkPatch, LinkStatus},
    list::NewContact,
    member::{Change, Member, MemberKey},
    new_group::MadeGroup,
    opt_outs::OptOuts,
    protocol::Generations,
    quiet::{Quiet, Row},
    schedule::{COUNT_EVERY, SKEW, as_of, due_as_of, is_leased, later},
    scope::Scope,
    settings::Settings,
    shield::Named,
    sizes::{Found, Sizes},
    snapshot::{Nesting, Others},
    trigger::{Generation, Reason},
};
pub use listsync_core::{
    hold::{Hold, Ruling, RulingKind},
    link::Phase,
    protocol::Finished,
    status::Failing,
    unsettled::Tally,
};
use serde::{Deserialize, Serialize};

use super::{LinkBrief, PortError, PortResult};

/// An opaque resume point of one side.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub String);

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(…)")
    }
}

/// What a run hands to the next one. To the store it is one opaque value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Whether the first run has finished.
    #[serde(default)]
    pub phase: Phase,
    /// Where the next incremental read of the group goes on.
    #[serde(default)]
    pub group_cursor: Option<Cursor>,
    /// Where the next incremental read of the list goes on.
    #[serde(default)]
    pub list_cursor: Option<Cursor>,
    /// When both sides are read in full again; none: at once.
    #[serde(default)]
    pub full_read_at: Option<Timestamp>,
    /// When the group's count is compared again.
    #[serde(default)]
    pub count_at: Option<Timestamp>,
    /// When every belief of the link will have settled: until then a count proves nothing.
    #[serde(default)]
    pub settles_at: Option<Timestamp>,
    /// What is kept back.
    #[serde(default)]
    pub hold: Option<Hold>,
    /// Whether a person ever approved a removal of extras.
    #[serde(default)]
    pub extras_release: ExtrasRelease,
    /// Whether the last full read took in nested groups: then every read is a full one.
    #[serde(default)]
    pub nesting: Nesting,
    /// Who was in the group and no person, by the last full read.
    #[serde(default)]
    pub others: Others,
    /// Whose the protected addresses are, as the directory last told; an address that is not here was not asked for yet.
    #[serde(default)]
    pub named: Named,
    /// How many members the group had, lately, from the end of the first run on; none: no run has kept any yet.
    #[serde(default)]
    pub group_sizes: Option<Sizes>,
    /// How many continuations in a row made no progress.
    #[serde(default)]
    pub stalled: u8,
    /// Why runs of the link come to nothing, or nobody may ever finish the message that asked for one; none once a run ended
    /// in good order.
    #[serde(default)]
    pub failing: Option<Failing>,
    /// Who was out of step when the last finished run ended.
    #[serde(default)]
    pub tally: Tally,
    /// What the link looked at when a run finished last; none: no run has kept it yet.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// How many people opted out, and were taken off, lately.
    #[serde(default)]
    pub opt_outs: OptOuts,
    /// The token of the run that wrote this, where it read what changed and left nothing open. While it is the last token that
    /// was given, nobody has begun a run since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_rest: Option<u64>,
}

impl Progress {
    /// What outlives a relink, which forgets all else: the group's reads still lag behind what was written before, and who
    /// is protected was meant as a person.
    #[must_use]
    pub fn relinked(&self) -> Self {
        Self { settles_at: self.settles_at, named: self.named.clone(), ..Self::default() }
    }

    /// The same after the link was changed. A removal of extras that was approved before they were kept is asked for anew.
    fn changed(mut self, before: &Link, after: &Link) -> Self {
        if before.extras != after.extras {
            self.extras_release = ExtrasRelease::default();
        }
        if after.looks_at_others_than(before) {
            self.forget_reads();
        }
        self
    }

    /// The same for a link whose message is given up, or is about to be.
    #[must_use]
    pub fn given_up(self, reason: &str, now: Timestamp) -> Self {
        Self { failing: Some(Failing::given_up(self.failing, reason, now)), ..self }
    }

    /// Drops all that would let the next run read less than everything.
    pub fn forget_reads(&mut self) {
        self.group_cursor = None;
        self.list_cursor = None;
        self.full_read_at = None;
        self.count_at = None;
        self.stalled = 0;
    }
}

/// A link's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkState {
    /// What a person set up.
    pub link: Link,
    /// What the last run handed on.
    pub progress: Progress,
    /// What a person said of the present hold.
    pub ruling: Option<Ruling>,
    /// Raised by each trigger.
    pub requested: Generation,
    /// Set by each finished run.
    pub synced: Generation,
    /// When it is due by the clock.
    pub due_at: Timestamp,
    /// Until when somebody holds its lease.
    pub leased_until: Option<Timestamp>,
    /// When a run finished last.
    pub finished_at: Option<Timestamp>,
    /// The token of the last lease; zero: none was given yet, or a store began with another.
    pub token: u64,
    /// The last run, where it found nothing ([`Links::note_quiet`]). What it counted is in `progress`.
    pub quiet: Option<Quiet>,
    /// Raised by each write of the row, where the store tells by it that a row is as it was read; else zero.
    pub rev: u64,
}

impl Progress {
    /// The same as it counts now: what was set further ahead than it ever is was set under a clock that ran ahead.
    #[must_use]
    pub fn as_of(self, now: Timestamp, settings: &Settings) -> Self {
        let window = settings.settle_window;
        let until = |at: Option<Timestamp>, term| at.map(|at| as_of(at, now, term));
        Self {
            full_read_at: until(
                self.full_read_at,
                settings.full_check_every.max(window).saturating_add(SKEW),
            ),
            count_at: until(self.count_at, COUNT_EVERY + SKEW),
            settles_at: until(self.settles_at, window.saturating_add(SKEW)),
            ..self
        }
    }
}

impl LinkState {
    /// What tells whether it may be looked at without a lease, for a message that asks so.
    #[must_use]
    pub fn row(&self, reason: Reason, asked: Generation, now: Timestamp) -> Row {
        Row {
            reason,
            asked,
            generations: self.generations(),
            status: self.link.status,
            leased_until: self.leased_until,
            token: self.token,
            at_rest: self.progress.at_rest,
            full_read_at: self.progress.full_read_at,
            now,
        }
    }

    /// The same with what its last run counted, where that found nothing.
    #[must_use]
    pub fn with_quiet(mut self, quiet: Option<Quiet>) -> Self {
        if let Some(counted) = quiet.as_ref().and_then(|quiet| quiet.counted_at) {
            self.progress.count_at = Some(later(counted, COUNT_EVERY));
        }
        Self { quiet, ..self }
    }

    /// How far its requests are answered.
    #[must_use]
    pub fn generations(&self) -> Generations {
        Generations { requested: self.requested, synced: self.synced }
    }

    /// The link and its progress after a person's change; none: the link is as it was.
    ///
    /// # Errors
    /// When a run is under way whose last write would undo a part of it.
    pub fn changed(&self, patch: &LinkPatch, now: Timestamp) -> PortResult<Option<(Link, Progress)>> {
        let after = self.link.patched(patch);
        if after == self.link {
            return Ok(None);
        }
        if after.begins_to_remove_extras(&self.link) && is_leased(self.leased_until, now) {
            return Err(PortError::link_busy(&self.link.id));
        }
        let progress = self.progress.clone().changed(&self.link, &after);
        Ok(Some((after, progress)))
    }

    /// The same as it counts now, its due time aside, which is the timer's.
    #[must_use]
    pub fn as_of(self, now: Timestamp, settings: &Settings) -> Self {
        let group_made_at = self.link.group_made_at.map(|made| made.min(now));
        let progress = self.progress.as_of(now, settings);
        Self { link: Link { group_made_at, ..self.link }, progress, ..self }
    }

    /// Whether something of it lies so far ahead that only a clock that ran ahead can have set it: its lease, or when it is
    /// due by a link's interval, which is this where it has none of its own.
    #[must_use]
    pub fn is_ahead(&self, now: Timestamp, every: Duration) -> bool {
        let lease = self.leased_until.is_some_and(|until| until > now && !is_leased(Some(until), now));
        let every = self.link.every.unwrap_or(every);
        lease || (self.due_at > now && due_as_of(self.due_at, now, every) == now)
    }
}

/// A time-limited exclusive right to run a link, with its fencing token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The link.
    pub link: LinkId,
    /// Larger than any token given before; stores refuse smaller ones.
    pub token: u64,
    /// Until when it is ours.
    pub until: Timestamp,
}

/// Whether a lease was to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours.
    Lease(Lease),
    /// Somebody has it until then.
    Busy(Timestamp),
}

/// A link that the timer has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLink {
    /// The link.
    pub link: LinkId,
    /// How often it is due; none: as the settings say.
    pub every: Option<Duration>,
    /// How far its requests are answered, which may be as it was a moment ago.
    pub generations: Generations,
}

/// The only write of a look that found nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietNote {
    /// The run.
    pub quiet: Quiet,
    /// The generation that its message asked for: it is requested and answered at once.
    pub asked: Generation,
    /// When the link is due by the clock.
    pub due_at: Timestamp,
}

/// A change to a link outside of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEdit {
    /// Run, pause or halt it. A link that becomes active is due at once.
    Status(LinkStatus),
    /// What was said of the present hold.
    Rule(Ruling),
    /// How the link does what it does. It is due at once, and keeps what it remembers. That it removes extras from now on is
    /// [`super::Fault::Busy`] while a lease is live: the run's last write would bring back an approval from before.
    Change(LinkPatch),
    /// Read both sides in full at the next run; the baseline stays.
    Resync,
    /// Forget baseline, beliefs and cursors: the next run unions, and removes nobody. Waits for no lease: the store
    /// takes it only while none is live, else it is [`super::Fault::Unavailable`].
    Relink,
    /// The message that asked for a run comes for the last time: sets [`Progress::failing`] to this reason and now, unless
    /// the link is known to fail already ([`Progress::given_up`]). The next run that ends in good order clears it, as the
    /// last write of a run replaces [`Progress`].
    Failing(String),
}

/// What becomes of a member's row as it is read.
pub type TakeMember = Box<dyn Fn(Member) -> Member + Send + Sync>;

/// Which of a link's members are wanted.
#[derive(Debug, Clone, Copy)]
pub enum MemberQuery<'a> {
    /// Every row.
    All,
    /// Those with an open observation or an open intent.
    Open,
    /// Those of these objects or contacts.
    Of {
        /// By directory object.
        objects: &'a [ObjectId],
        /// By contact, also where the row's key is a directory object.
        contacts: &'a [ContactId],
    },
}

/// One change to what a link remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// Written anew or over.
    Put(Member),
    /// Not remembered any more.
    Delete(MemberKey),
}

impl MemberChange {
    /// Whose row it is.
    #[must_use]
    pub fn key(&self) -> &MemberKey {
        match self {
            Self::Put(member) => &member.key,
            Self::Delete(key) => key,
        }
    }
}

/// One effect on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListEffect {
    /// This directory object becomes a contact of the list.
    Add {
        /// As what.
        contact: NewContact,
        /// Which object it is.
        object_id: ObjectId,
        /// The object's primary address, where it was read: the match that is made with it remembers it.
        primary: Option<Address>,
    },
    /// This contact leaves the list.
    Remove(ContactId),
}

/// One effect on the list and what is remembered once it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListStep {
    /// The effect.
    pub effect: ListEffect,
    /// The row to be saved with it when it was done or was so already; the store fills in the contact.
    pub then: Member,
}

/// Changes of one kind that were done and count for the guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// What, and where.
    pub change: Change,
    /// When.
    pub at: Timestamp,
    /// How many.
    pub count: u64,
    /// How many members the side had before: the guard goes by it where no sizes of the side are kept.
    pub members_before: u64,
}

/// Results of one batch, recorded in one write.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    /// Effects on our own list, done in the same transaction.
    pub list: Vec<ListStep>,
    /// The list cursor up to which the run has read: a contact changed after it is left alone.
    pub list_seen: Option<Cursor>,
    /// Rows.
    pub members: Vec<MemberChange>,
    /// What counts for the guard.
    pub moved: Vec<Moved>,
    /// Whom it adds and removes, to be read by [`super::Runs::effects`].
    pub effects: Option<FoldEffects>,
}

/// Effects that are kept with the fold that records them. They are in the store before any row that remembers them is, so
/// that a crash leaves nobody in the baseline of whose coming nothing is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldEffects {
    /// Where the fold has effects on the list: one for each of its steps, in their order, of which those are kept whose step
    /// is [`ListOutcome::Done`]. A crash in between may leave all of them, as uncertain. Else they are done already.
    pub batch: Batch,
    /// For how long from its moment on.
    pub keep: Duration,
}

/// The last write of a run.
#[derive(Debug, Clone)]
pub struct Finish {
    /// What the next run gets.
    pub progress: Progress,
    /// A new status, if the run stopped the link.
    pub status: Option<LinkStatus>,
    /// The generation that the run read before it observed; none: the run leaves it open.
    pub synced: Option<Generation>,
    /// When the link is due by the clock.
    pub due_at: Timestamp,
    /// The ruling that was carried out.
    pub ruling_done: Option<String>,
    /// Rows.
    pub members: Vec<MemberChange>,
    /// When.
    pub at: Timestamp,
}

/// State of the links. Each write of a run carries its lease and is refused when a larger token was given since.
#[async_trait]
pub trait Links: Send + Sync {
    /// Saves a new link. [`super::Fault::Rejected`] when another link writes the group, or writes to the list.
    async fn create(&self, link: &Link, now: Timestamp) -> PortResult<()>;
    /// Every link, by page: after this one, at most `limit`.
    async fn page(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>>;
    /// The same as a status tells of them, where that is cheaper to read.
    async fn briefs(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkBrief>> {
        Ok(self.page(after, limit).await?.iter().map(LinkBrief::from).collect())
    }
    /// The links of a list.
    async fn of_list(&self, list: &ListId) -> PortResult<Vec<LinkState>>;
    /// The links of a group, whichever side they write.
    async fn of_group(&self, tenant: &TenantId, group: &GroupId) -> PortResult<Vec<LinkState>>;
    /// One link.
    async fn load(&self, link: &LinkId) -> PortResult<Option<LinkState>>;
    /// The same as it was a moment ago at most, where that is cheaper. Who writes by it does so by [`Links::note_quiet`].
    async fn glimpse(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        self.load(link).await
    }
    /// Notes a look that found nothing, if the row is as it was read; `false`: it is not, and nothing was written. Then the
    /// generation is requested and answered, the link is due anew, and the run is answered by [`super::Runs`] until the next.
    async fn note_quiet(&self, read: &LinkState, note: &QuietNote) -> PortResult<bool>;
    /// Raises the requested generation to this one; `false`: it was there already.
    async fn reach(&self, link: &LinkId, generation: Generation) -> PortResult<bool>;
    /// A person's change.
    async fn edit(&self, link: &LinkId, edit: &LinkEdit, now: Timestamp) -> PortResult<()>;
    /// Removes a link and all that it remembers.
    async fn delete(&self, link: &LinkId) -> PortResult<()>;

    /// Links that are due: active, and by the clock, or requested beyond synced without a live lease. By page.
    async fn due(&self, now: Timestamp, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<DueLink>>;
    /// Links that [`Links::due`] shows at some moment beyond this one only, by page in the order of ids: after this one, about
    /// `limit`. The timer asks for those that lie further ahead than any is set.
    async fn ahead(
        &self,
        beyond: Timestamp,
        after: Option<&LinkId>,
        limit: usize,
    ) -> PortResult<Vec<LinkState>> {
        let (mut found, mut after) = (Vec::new(), after.cloned());
        while found.len() < limit {
            let page = self.page(after.as_ref(), limit).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.link.id.clone());
            found.extend(page.into_iter().filter(|state| state.due_at > beyond));
        }
        Ok(found)
    }
    /// Raises the requested generation, and sets when the link is next due by the clock if that is given.
    async fn request(&self, link: &LinkId, next_due: Option<Timestamp>) -> PortResult<Generation>;

    /// Takes the lease unless somebody holds a live one.
    async fn acquire(&self, link: &LinkId, now: Timestamp, ttl: Duration) -> PortResult<Acquired>;
    /// Lengthens a lease that nobody took since.
    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> PortResult<Lease>;
    /// Gives a lease back; harmless when it is somebody else's by now.
    async fn release(&self, lease: &Lease) -> PortResult<()>;

    /// The group of a pending link was made, and the link is of it from now on ([`Link::with_group`]). Refused
    /// ([`super::Fault::Rejected`], `group_taken`) when another link writes that group; the link is pending then as before.
    /// A link that is not pending, or not any more, is left as it is.
    async fn settle_group(&self, lease: &Lease, made: &MadeGroup) -> PortResult<()>;

    /// What the link remembers of these members.
    async fn members(&self, link: &LinkId, query: MemberQuery<'_>) -> PortResult<Vec<Member>>;
    /// The same as [`MemberQuery::All`], each as `taken` gives it back. It is called for each as it is read, so that of a
    /// large link nothing is held that whoever reads it has no use for.
    async fn all_members(&self, link: &LinkId, taken: TakeMember) -> PortResult<Vec<Member>>;
    /// How many members we hold to be in the group.
    async fn group_size(&self, link: &LinkId) -> PortResult<u64>;
    /// Removals that the guard of a link counts, done at or after this moment, oldest first: from its group by the link,
    /// from its list by any link, also one that is deleted by now.
    async fn moved(&self, link: &LinkId, since: Timestamp) -> PortResult<Vec<Moved>>;
    /// How many members a list had, lately; none where no run has told since it got its first link.
    async fn list_sizes(&self, list: &ListId) -> PortResult<Option<Sizes>>;
    /// Keeps how many members a list has ([`Sizes::after`]). Writes nothing where that is no news. Of runs that tell at the
    /// same time none is lost.
    async fn note_list_size(&self, list: &ListId, found: Found) -> PortResult<()>;
    /// Records the results of one batch in one write, and does its effects on the list in the same. One outcome per
    /// list step, in order; a step that is superseded or refused saves no row.
    async fn fold(&self, lease: &Lease, fold: &Fold) -> PortResult<Vec<ListOutcome>>;
    /// The last write: saves all, sets synced, and frees the lease.
    async fn finish(&self, lease: &Lease, finish: &Finish) -> PortResult<Finished>;
}
