use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Depth, Principal, Reading},
};
use listsync_engine::ports::{
    Applied, Call, Changes, CountCheck, Cursor, Directory, Fault, Grant, Group, GroupQuery, Guest, Invited,
    Lookup, Need, NewGroup, PeopleChanges, PeoplePage, Places, PortError, PortResult, ProofLife,
};

use super::{Faulty, When};

macro_rules! through {
    ($self:ident, $name:literal, $call:expr) => {{
        let call = async {
            $self.faults.begin().await?;
            $call.await
        };
        match $self.faults.call($name, call).await {
            Ok(result) => result,
            Err((error, _)) => Err(error),
        }
    }};
}

/// The same of a call that answers for each of several.
macro_rules! through_each {
    ($self:ident, $name:literal, $call:expr, $all:expr, $failed:ident) => {{
        let call = async {
            match $self.faults.begin().await {
                Ok(()) => $call.await,
                Err(error) => $all.iter().map(|_| $failed(&error, When::Before)).collect(),
            }
        };
        match $self.faults.call($name, call).await {
            Ok(answers) => answers,
            Err((error, when)) => $all.iter().map(|_| $failed(&error, when)).collect(),
        }
    }};
}

/// What the caller hears of each member when a write failed as a whole.
fn unheard(error: &PortError, when: When) -> Applied {
    match (error.fault, when) {
        (Fault::Throttled(_), When::Before) => Applied::Rejected(error.clone()),
        (Fault::Denied | Fault::Gone | Fault::Rejected, When::Before) => Applied::Rejected(error.clone()),
        _ => Applied::Unknown(error.clone()),
    }
}

/// The same of invitations.
fn uninvited(error: &PortError, when: When) -> Invited {
    match unheard(error, when) {
        Applied::Rejected(error) => Invited::Refused(error),
        _ => Invited::Unknown(error.clone()),
    }
}

#[async_trait]
impl<P: Places + ?Sized> Places for Faulty<P> {
    async fn group(&self, call: Call<'_>, query: &GroupQuery) -> PortResult<Group> {
        through!(self, "directory.group", self.port.group(call, query))
    }

    async fn mint_cursor(&self, call: Call<'_>, group: &GroupId) -> PortResult<Cursor> {
        through!(self, "directory.mint_cursor", self.port.mint_cursor(call, group))
    }

    async fn read(&self, call: Call<'_>, group: &GroupId, depth: Depth) -> PortResult<Reading> {
        through!(self, "directory.read", self.port.read(call, group, depth))
    }

    async fn changes(
        &self,
        call: Call<'_>,
        group: &GroupId,
        since: &Cursor,
        count: CountCheck,
    ) -> PortResult<Changes> {
        through!(self, "directory.changes", self.port.changes(call, group, since, count))
    }

    async fn present(
        &self,
        call: Call<'_>,
        group: &GroupId,
        ids: &[ObjectId],
    ) -> PortResult<BTreeSet<ObjectId>> {
        through!(self, "directory.present", self.port.present(call, group, ids))
    }

    async fn owners(&self, call: Call<'_>, group: &GroupId) -> PortResult<BTreeSet<ObjectId>> {
        through!(self, "directory.owners", self.port.owners(call, group))
    }

    async fn look_up(&self, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>> {
        through!(self, "directory.look_up", self.port.look_up(call, addresses))
    }

    async fn head_count(&self, call: Call<'_>) -> PortResult<u64> {
        through!(self, "directory.head_count", self.port.head_count(call))
    }

    async fn people(&self, call: Call<'_>, page: Option<&Cursor>) -> PortResult<PeoplePage> {
        through!(self, "directory.people", self.port.people(call, page))
    }

    async fn by_id(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<Vec<Principal>> {
        through!(self, "directory.by_id", self.port.by_id(call, ids))
    }

    async fn write(&self, call: Call<'_>, group: &GroupId, op: Op, ids: &[ObjectId]) -> Vec<Applied> {
        let write = self.faults.on_its_way(call.meter, self.port.write(call, group, op, ids));
        through_each!(self, "directory.write", write, ids, unheard)
    }

    async fn write_again(&self, call: Call<'_>, group: &GroupId, ids: &[ObjectId]) -> Vec<Applied> {
        let write = self.faults.on_its_way(call.meter, self.port.write_again(call, group, ids));
        through_each!(self, "directory.write_again", write, ids, unheard)
    }

    fn look_up_batch(&self) -> usize {
        self.port.look_up_batch()
    }

    fn write_batch(&self, op: Op) -> usize {
        self.port.write_batch(op)
    }

    fn people_page(&self) -> usize {
        self.port.people_page()
    }
}

#[async_trait]
impl<P: Directory + ?Sized> Directory for Faulty<P> {
    async fn groups(&self, call: Call<'_>, begins: &str, most: usize) -> PortResult<Vec<Group>> {
        through!(self, "directory.groups", self.port.groups(call, begins, most))
    }

    async fn create_group(&self, call: Call<'_>, new: &NewGroup) -> PortResult<Group> {
        through!(self, "directory.create_group", self.port.create_group(call, new))
    }

    async fn owners_of_each(
        &self,
        call: Call<'_>,
        groups: &[GroupId],
    ) -> PortResult<BTreeMap<GroupId, BTreeSet<ObjectId>>> {
        through!(self, "directory.owners_of_each", self.port.owners_of_each(call, groups))
    }

    async fn people_cursor(&self, call: Call<'_>) -> PortResult<Cursor> {
        through!(self, "directory.people_cursor", self.port.people_cursor(call))
    }

    async fn people_changes(&self, call: Call<'_>, since: &Cursor) -> PortResult<PeopleChanges> {
        through!(self, "directory.people_changes", self.port.people_changes(call, since))
    }

    async fn invite(&self, call: Call<'_>, guests: &[Guest]) -> Vec<Invited> {
        through_each!(self, "directory.invite", self.port.invite(call, guests), guests, uninvited)
    }

    async fn shared_mailboxes(&self, call: Call<'_>, ids: &[ObjectId]) -> PortResult<BTreeSet<ObjectId>> {
        through!(self, "directory.shared_mailboxes", self.port.shared_mailboxes(call, ids))
    }

    async fn domains(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        through!(self, "directory.domains", self.port.domains(call))
    }

    async fn permissions(&self, call: Call<'_>) -> PortResult<BTreeSet<String>> {
        through!(self, "directory.permissions", self.port.permissions(call))
    }

    async fn grants(&self, call: Call<'_>, needs: &[Need]) -> PortResult<Vec<Grant>> {
        through!(self, "directory.grants", self.port.grants(call, needs))
    }

    async fn proof_life(&self, call: Call<'_>) -> PortResult<ProofLife> {
        through!(self, "directory.proof_life", self.port.proof_life(call))
    }

    async fn clock_skew(&self, call: Call<'_>, now: Timestamp) -> PortResult<i64> {
        through!(self, "directory.clock_skew", self.port.clock_skew(call, now))
    }

    fn invite_batch(&self) -> usize {
        self.port.invite_batch()
    }
}
