use std::collections::BTreeSet;

use async_trait::async_trait;
pub use listsync_core::register::{ContactEdit, MailState};
use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, OptOut, Place, Said, Saying, Scope, Version},
    id::{ContactId, ListId, ObjectId},
    list::{List, Origin},
    register::{Keeper, Refusal},
};

use super::{Cursor, ListEdit, PortResult};

/// Contacts that changed since a cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChanges {
    /// Who was made or edited; who was deleted is not told, as they are on no list any more.
    pub contacts: Vec<ContactId>,
    /// Where the next read goes on.
    pub cursor: Cursor,
}

/// What storing a decision came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Who said it; none: an opt-out of somebody whom we do not keep.
    pub contact: Option<ContactId>,
    /// The lists on which they stand differently now.
    pub lists: Vec<ListId>,
}

/// Whose what is said about a deleted list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heir {
    /// The list that has had its name since.
    List(ListId),
    /// No list yet: it waits for one of that name.
    Nobody,
}

/// By whom many are moved at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mover {
    /// The list's filter.
    #[default]
    Filter,
    /// An operator.
    Operator,
    /// The end of the membership: of those who are to leave it moves just whose end has come by then, and of those who are to
    /// join just who left by an end that is still to come.
    EndDate,
}

impl Mover {
    /// Who is told to have brought them.
    #[must_use]
    pub fn origin(self) -> Origin {
        match self {
            Self::Filter => Origin::Filter,
            Self::Operator => Origin::Manual,
            Self::EndDate => Origin::EndDate,
        }
    }

    /// Whether they may move the members of a list that is kept like this.
    ///
    /// # Errors
    /// [`Refusal::Static`], [`Refusal::Filtered`].
    pub fn judge(self, list: &ListId, keeper: Keeper) -> Result<(), Refusal> {
        match (self, keeper) {
            (Self::Filter, Keeper::Filter) | (Self::Operator | Self::EndDate, Keeper::People) => Ok(()),
            (Self::Filter, Keeper::People) => Err(Refusal::Static(list.clone())),
            (Self::Operator | Self::EndDate, Keeper::Filter) => Err(Refusal::Filtered(list.clone())),
        }
    }
}

/// Who joins and who leaves a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moves {
    /// By whom.
    pub mover: Mover,
    /// Join it, unless they opted out.
    pub join: Vec<ContactId>,
    /// Leave it, where they are on it.
    pub leave: Vec<ContactId>,
    /// Up to where of [`Contacts::contacts_cursor`] the rule has been followed with these moves; none: that stays.
    pub upto: Option<Cursor>,
    /// The version of the list whose rule it was; none: any.
    pub version: Option<Version>,
}

/// What the list service keeps of people, beyond one list. Each call is one transaction (in an adapter that cannot do
/// one so large: each person is), and writes the change log of each list that it touches.
///
/// An address of an alias finds its contact in every call of every port that takes an address.
///
/// Who opted out of all lists, or is suppressed, stands to each list that allows it as if they had opted out of it, but for
/// those that they said yes to since:
/// [`super::ListStore::add`], [`super::ListStore::import`], [`super::Links::fold`] and [`Contacts::move_members`] refuse
/// them, and [`super::ListSide::entries`] shows them as opted out where they are asked for one by one. A mandatory list
/// passes over such an opt-out, though not over one with the reason erased. A suppression is taken over by the contact
/// that is made with its address or gets it, as an opt-out of all or of its list, and is forgotten then. An alias that
/// is taken from somebody who opted out leaves suppressions behind, as a deleted contact does.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// One contact.
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>>;
    /// Those of these ids that there are, each once, in the order of ids.
    async fn contacts_by_id(&self, ids: &[ContactId]) -> PortResult<Vec<Contact>>;
    /// Who a contact became: by being merged, over however many merges, or by being deleted where somebody has one of their
    /// addresses since; none: nobody, as far as is known.
    async fn successor(&self, id: &ContactId) -> PortResult<Option<ContactId>>;
    /// Whether a contact of that id was deleted or erased, from the version on that keeps it.
    async fn is_departed(&self, id: &ContactId) -> PortResult<bool>;
    /// Who took a deleted list over, however many lists had its name one after the other; none: no list of that id was
    /// deleted, from the version on that keeps it.
    async fn heir(&self, list: &ListId) -> PortResult<Option<Heir>>;
    /// Those of these former contacts who were erased, be it under the contact that they became by a merge: nothing that is
    /// kept may lead to who they were. Who came back under each of their addresses since is told by their new contact.
    async fn erased(&self, ids: &[ContactId]) -> PortResult<BTreeSet<ContactId>>;
    /// Keeps a no that a link in an old message says, where somebody or something that it names is kept no more: that of a
    /// deleted contact under the keyed hash of each mark that they had, and one about a deleted list, be it of a contact
    /// that is kept, for the next list of its name. [`super::Fault::Gone`] when nobody of that id was deleted and the list was
    /// not either, or has an heir.
    async fn refuse_departed(&self, id: &ContactId, scope: &Scope, no: OptOut) -> PortResult<()>;
    /// By address or alias.
    async fn find_contact(&self, address: &Address) -> PortResult<Option<Contact>>;
    /// By a key of theirs in the system that files come from, be it the one that is shown or a further one.
    async fn find_external(&self, key: &ExternalId) -> PortResult<Option<Contact>>;
    /// Those who are matched to these directory objects, on whatever list or none.
    async fn contacts_of(&self, objects: &[ObjectId]) -> PortResult<Vec<Contact>>;
    /// By page: after this one in the order of ids, at most `limit`.
    async fn contacts(&self, after: Option<&ContactId>, limit: usize) -> PortResult<Vec<Contact>>;
    /// The cursor of this moment: to be taken before contacts are read.
    async fn contacts_cursor(&self) -> PortResult<Cursor>;
    /// Who changed since a cursor. [`super::Fault::Gone`] when that is not known so far back.
    async fn contacts_changed(&self, since: &Cursor) -> PortResult<ContactChanges>;
    /// How they stand to each list that they are or were on.
    async fn places(&self, id: &ContactId) -> PortResult<Vec<Place>>;
    /// Their decisions, newest first.
    async fn sayings(&self, id: &ContactId) -> PortResult<Vec<Said>>;
    /// Makes a contact. [`super::Fault::Rejected`] (`contact_exists`) when the address or external id is somebody's.
    async fn create_contact(
        &self,
        address: &Address,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact>;
    /// Edits a contact. [`super::Fault::Rejected`] when an address or external id is somebody else's
    /// (`contact_exists`), or the contact is at another version than expected (`version`).
    ///
    /// An address that the directory gave ([`Origin::Entra`]) is the person's own: the grounds of the match take it over.
    /// One that anybody else gave leaves them as they are, so that the next run asks whose it is.
    async fn edit_contact(
        &self,
        id: &ContactId,
        expected: Option<Version>,
        edit: &ContactEdit,
        by: Origin,
        now: Timestamp,
    ) -> PortResult<Contact>;
    /// Makes two contacts one: `keep` takes over the other's addresses, blank fields, places and decisions. An opt-out
    /// of either is one of the merged contact, for each list and for all (but for the lists that they accept since:
    /// [`Contact::accepts_with`]); else a member of either is one. Where `keep` takes
    /// over the other's match, it rests on the address that `keep` has: a person said that both are one.
    async fn merge_contacts(
        &self,
        keep: &ContactId,
        other: &ContactId,
        now: Timestamp,
    ) -> PortResult<Contact>;
    /// Deletes a contact from every list. Their opt-outs stay, as keyed hashes of their marks.
    async fn delete_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>>;
    /// The same, if nothing speaks against it ([`listsync_core::register::idle`]) at the moment of the deletion; whether it did.
    /// Who is there no more is not deleted.
    async fn prune_contact(
        &self,
        id: &ContactId,
        before: Option<Timestamp>,
        now: Timestamp,
    ) -> PortResult<bool>;
    /// Erases a person: as [`Contacts::delete_contact`], with every trace of address, name and fields in decisions and
    /// imports, and keeps a suppression of all lists (reason erased) as keyed hashes, so that no file and no group
    /// brings them back.
    async fn erase_contact(&self, id: &ContactId, now: Timestamp) -> PortResult<Vec<ListId>>;
    /// Erases whoever has an address that is no contact's: takes it out of all that is kept, as [`Contacts::erase_contact`]
    /// does, such as rows of files that wait and what runs did, and keeps the same suppression. It need not be known at all,
    /// and may be erased already. [`super::Fault::Rejected`] (`contact_exists`) when somebody has it.
    async fn erase_address(&self, address: &Address, now: Timestamp) -> PortResult<()>;
    /// Stores a person's decision; the contact is made where there is none and the decision is to subscribe, or an
    /// opt-out of one list.
    ///
    /// An opt-out of all lists also makes them opted out of each list where they are a member or pending, except of
    /// mandatory ones. A complaint stays one when the person opts out once more by themselves. Subscribing to a list
    /// makes them a member of it (a filtered list takes back its opt-out only: its filter decides) and lifts an opt-out
    /// of all lists for that list alone ([`Contact::accepts`]), whether or not they ever stood to the others. Subscribing
    /// to all lists lifts it for all, and makes them a member again where it had made them opted out: where their last
    /// word on that very list is no opt-out. The rule is
    /// [`listsync_core::register::say`].
    ///
    /// [`super::Fault::Rejected`]: `opt_out_not_allowed`, the list's rule allows no opt-out; `complained`, a complaint
    /// stands against subscribing and the way is not [`Via::Operator`](listsync_core::contact::Via).
    async fn say(&self, saying: &Saying) -> PortResult<Heard>;
    /// Edits a list. [`super::Fault::Rejected`] when the name is taken or no name (`list_exists`, `bad_list_name`), the
    /// list is at another version than expected (`version`), or a link that writes to the list stands in the way of a
    /// filter (`list_linked`).
    ///
    /// Another filter sets [`Contacts::followed`] back. A list that becomes static keeps its members.
    async fn edit_list(
        &self,
        list: &ListId,
        expected: Option<Version>,
        edit: &ListEdit,
        now: Timestamp,
    ) -> PortResult<List>;
    /// Up to where the list's filter has been followed, as [`Moves::upto`] last said; none: nowhere yet.
    async fn followed(&self, list: &ListId) -> PortResult<Option<Cursor>>;
    /// Moves contacts by the list's filter or as an operator (origin [`Mover::origin`]), who opted out or is suppressed not;
    /// how many joined and left. [`super::Fault::Rejected`] when the list is at another version (`version`), or has no filter
    /// (`list_static`) or one (`list_filtered`) and is moved by the other ([`Mover::judge`]).
    async fn move_members(&self, list: &ListId, moves: &Moves, now: Timestamp) -> PortResult<(u64, u64)>;
}
