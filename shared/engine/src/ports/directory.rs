use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId},
    new_group::NewGroup,
};

use super::{Call, Cursor, Grant, Group, Need, Places, PortResult};

/// Who of the tenant's people changed since a cursor; the last word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleChanges {
    /// Who was deleted, be it for good or not.
    pub gone: BTreeSet<ObjectId>,
    /// Who was made, came back, or has other addresses; with the primary one, if they have one.
    pub changed: BTreeMap<ObjectId, Option<Address>>,
    /// Where the next read goes on.
    pub cursor: Cursor,
}

/// Somebody to be invited as a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The address.
    pub address: Address,
    /// The display name, possibly empty.
    pub name: String,
}

/// What came of one invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// There is a guest now, as there may have been before. Reads may not show it yet.
    Guest(ObjectId),
    /// Somebody of the tenant has the address, although no look-up found them.
    Known(ObjectId),
    /// It was refused.
    Refused(super::PortError),
    /// It may or may not have been made.
    Unknown(super::PortError),
    /// It was not sent.
    NotSent,
}

/// Until when the app's own proof of who it is holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofLife {
    /// Until then.
    Until(Timestamp),
    /// It has no end of its own, for this reason.
    Endless(&'static str),
    /// It cannot be read, for this reason.
    Unreadable(&'static str),
}

/// The tenant's directory: its groups as places, and what no other kind of place has.
#[async_trait]
pub trait Directory: Places {
    /// Groups whose name or address begins so, in any case of letters, or of all groups where nothing is given: `most` of
    /// them at most, in no order.
    async fn groups(&self, call: Call<'_>, begins: &str, most: usize) -> PortResult<Vec<Group>>;
    /// Creates a group, or finds the one that an earlier try made.
    async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group>;
    /// The owners of each of several groups ([`Places::owners`]); without those that are gone.
    async fn owners_of_each(
        &self,
        call: Call<'_>,
        groups: &[GroupId],
    ) -> PortResult<BTreeMap<GroupId, BTreeSet<ObjectId>>>;
    /// A cursor for all changes of people from now on.
    async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor>;
    /// Who changed since a cursor. [`super::Fault::Gone`] when the cursor is too old or was reset.
    async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges>;
    /// Invites people as guests, without any mail to them; one answer each, in order. What fails as a whole answers for
    /// each.
    async fn invite(&self, call: Call<'_>, guests: &[Guest]) -> Vec<Invited>;
    /// Who of these is no person but a shared mailbox, a room or equipment.
    async fn shared_mailboxes(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<BTreeSet<ObjectId>>;
    /// The domains of the tenant's own people, where the credential may read them.
    async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>>;
    /// The permissions that the credential carries.
    async fn permissions(&self, call: Call<'_>) -> PortResult<BTreeSet<String>>;
    /// Whether the credential may do each of these, in order. Nothing is tried: it is read off the credential.
    async fn grants(&self, call: Call<'_>, needs: &[Need]) -> PortResult<Vec<Grant>>;
    /// Until when the app's proof of who it is holds.
    async fn proof_life(&self, call: Call<'_>) -> PortResult<ProofLife>;
    /// How far the directory's clock is ahead of `now`, in seconds.
    async fn clock_skew(&self, call: Call<'_>, now: Timestamp) -> PortResult<i64>;
    /// How many guests one [`Directory::invite`] takes at its best.
    fn invite_batch(&self) -> usize;
}
