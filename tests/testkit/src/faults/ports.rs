use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    address::Address,
    expected::Expected,
    grant::Lists,
    id::{ContactId, GroupId, ImportId, LinkId, ListId, ObjectId, RunId, TenantId},
    link::Link,
    list::{Entry, List, NewContact, Origin},
    matched::Binding,
    member::Member,
    new_group::MadeGroup,
    pace::Pace,
    register::KeptOff,
    settings::Settings,
    sizes::{Found, Sizes},
    summary::Summary,
    trigger::Generation,
};
use listsync_engine::ports::{
    Acquired, AddOutcome, Cursor, Decision, Delivery, DueLink, EffectsPage, EffectsQuery, EntryPage,
    EntryQuery, Finish, Finished, Fold, Gate, HeldPeople, Import, Imported, Lease, LinkBrief, LinkEdit,
    LinkState, Links, ListChanges, ListCounts, ListOutcome, ListSide, ListSize, ListStore, LogPage, LogQuery,
    MemberQuery, Moved, NewImport, Outgoing, PeopleWatch, PortResult, Queue, QueueState, QuietNote, Receipt,
    RemoveOutcome, Runs, SettingsStore, TakeEntry, TakeMember,
};

use super::Faulty;

/// Makes one call through the faults.
macro_rules! through {
    ($self:ident, $name:literal, $call:expr) => {
        match $self.faults.call($name, $call).await {
            Ok(result) => result,
            Err((error, _)) => Err(error),
        }
    };
}

pub(super) use through;

#[async_trait]
impl<P: ListStore + ?Sized> ListSide for Faulty<P> {
    async fn list(&self, list: &ListId) -> PortResult<Option<List>> {
        through!(self, "lists.list", self.port.list(list))
    }

    async fn cursor(&self, list: &ListId) -> PortResult<Cursor> {
        through!(self, "lists.cursor", self.port.cursor(list))
    }

    async fn entries(&self, list: &ListId, query: EntryQuery<'_>) -> PortResult<Vec<Entry>> {
        through!(self, "lists.entries", self.port.entries(list, query))
    }

    async fn all_entries(&self, list: &ListId, taken: TakeEntry) -> PortResult<Vec<Entry>> {
        through!(self, "lists.all_entries", self.port.all_entries(list, taken))
    }

    async fn entries_page(
        &self,
        lists: &[ListId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<EntryPage> {
        through!(self, "lists.entries_page", self.port.entries_page(lists, after, limit))
    }

    async fn counts(&self, list: &ListId) -> PortResult<ListCounts> {
        through!(self, "lists.counts", self.port.counts(list))
    }

    async fn size(&self, list: &ListId) -> PortResult<u64> {
        through!(self, "lists.size", self.port.size(list))
    }

    async fn sizes(&self, lists: &[ListId]) -> PortResult<BTreeMap<ListId, ListSize>> {
        through!(self, "lists.sizes", self.port.sizes(lists))
    }

    async fn changes(&self, list: &ListId, since: &Cursor) -> PortResult<ListChanges> {
        through!(self, "lists.changes", self.port.changes(list, since))
    }

    async fn refused(&self, list: &ListId, addresses: &[Address]) -> PortResult<BTreeMap<Address, KeptOff>> {
        through!(self, "lists.refused", self.port.refused(list, addresses))
    }

    async fn refused_objects(
        &self,
        list: &ListId,
        objects: &[ObjectId],
    ) -> PortResult<BTreeMap<ObjectId, KeptOff>> {
        through!(self, "lists.refused_objects", self.port.refused_objects(list, objects))
    }

    async fn approved_leavers(
        &self,
        list: &ListId,
        contacts: &[ContactId],
    ) -> PortResult<BTreeMap<ContactId, Timestamp>> {
        through!(self, "lists.approved_leavers", self.port.approved_leavers(list, contacts))
    }

    async fn bind(&self, matches: &[Binding]) -> PortResult<BTreeSet<ContactId>> {
        through!(self, "lists.bind", self.port.bind(matches))
    }
}

#[async_trait]
impl<P: ListStore + ?Sized> ListStore for Faulty<P> {
    async fn create_list(&self, name: &str, now: Timestamp) -> PortResult<List> {
        through!(self, "lists.create_list", self.port.create_list(name, now))
    }

    async fn lists(&self) -> PortResult<Vec<List>> {
        through!(self, "lists.lists", self.port.lists())
    }

    async fn list_names(&self) -> PortResult<BTreeMap<ListId, String>> {
        through!(self, "lists.list_names", self.port.list_names())
    }

    async fn expected(&self) -> PortResult<Vec<Expected>> {
        through!(self, "lists.expected", self.port.expected())
    }

    async fn heard(&self, list: &ListId, at: Timestamp) -> PortResult<()> {
        through!(self, "lists.heard", self.port.heard(list, at))
    }

    async fn find_list(&self, name: &str) -> PortResult<Option<List>> {
        through!(self, "lists.find_list", self.port.find_list(name))
    }

    async fn delete_list(&self, list: &ListId) -> PortResult<()> {
        through!(self, "lists.delete_list", self.port.delete_list(list))
    }

    async fn add(
        &self,
        list: &ListId,
        contact: &NewContact,
        origin: Origin,
        now: Timestamp,
    ) -> PortResult<AddOutcome> {
        through!(self, "lists.add", self.port.add(list, contact, origin, now))
    }

    async fn remove(&self, list: &ListId, address: &Address, now: Timestamp) -> PortResult<RemoveOutcome> {
        through!(self, "lists.remove", self.port.remove(list, address, now))
    }

    async fn decide(
        &self,
        list: &ListId,
        address: &Address,
        decision: Decision,
        now: Timestamp,
    ) -> PortResult<()> {
        through!(self, "lists.decide", self.port.decide(list, address, decision, now))
    }

    async fn import(&self, list: &ListId, import: &NewImport) -> PortResult<Imported> {
        through!(self, "lists.import", self.port.import(list, import))
    }

    async fn imports_of(
        &self,
        lists: &Lists,
        before: Option<&ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>> {
        through!(self, "lists.imports_of", self.port.imports_of(lists, before, limit))
    }

    async fn find_import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        through!(self, "lists.find_import", self.port.find_import(id))
    }

    async fn approve_import(&self, import: &ImportId, now: Timestamp) -> PortResult<Import> {
        through!(self, "lists.approve_import", self.port.approve_import(import, now))
    }

    async fn held_people(&self, import: &ImportId) -> PortResult<HeldPeople> {
        through!(self, "lists.held_people", self.port.held_people(import))
    }

    async fn discard_import(&self, import: &ImportId) -> PortResult<Import> {
        through!(self, "lists.discard_import", self.port.discard_import(import))
    }

    async fn log(&self, query: &LogQuery) -> PortResult<LogPage> {
        through!(self, "lists.log", self.port.log(query))
    }

    async fn gone(&self, list: &ListId, now: Timestamp) -> PortResult<u64> {
        through!(self, "lists.gone", self.port.gone(list, now))
    }

    async fn fields(&self, contact: &ContactId) -> PortResult<BTreeMap<String, String>> {
        through!(self, "lists.fields", self.port.fields(contact))
    }
}

#[async_trait]
impl<P: Links + ?Sized> Links for Faulty<P> {
    async fn create(&self, link: &Link, now: Timestamp) -> PortResult<()> {
        through!(self, "links.create", self.port.create(link, now))
    }

    async fn page(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkState>> {
        through!(self, "links.page", self.port.page(after, limit))
    }

    async fn briefs(&self, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<LinkBrief>> {
        through!(self, "links.briefs", self.port.briefs(after, limit))
    }

    async fn of_list(&self, list: &ListId) -> PortResult<Vec<LinkState>> {
        through!(self, "links.of_list", self.port.of_list(list))
    }

    async fn of_group(&self, tenant: &TenantId, group: &GroupId) -> PortResult<Vec<LinkState>> {
        through!(self, "links.of_group", self.port.of_group(tenant, group))
    }

    async fn load(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        through!(self, "links.load", self.port.load(link))
    }

    async fn glimpse(&self, link: &LinkId) -> PortResult<Option<LinkState>> {
        through!(self, "links.glimpse", self.port.glimpse(link))
    }

    async fn note_quiet(&self, read: &LinkState, note: &QuietNote) -> PortResult<bool> {
        through!(self, "links.note_quiet", self.port.note_quiet(read, note))
    }

    async fn reach(&self, link: &LinkId, generation: Generation) -> PortResult<bool> {
        through!(self, "links.reach", self.port.reach(link, generation))
    }

    async fn edit(&self, link: &LinkId, edit: &LinkEdit, now: Timestamp) -> PortResult<()> {
        through!(self, "links.edit", self.port.edit(link, edit, now))
    }

    async fn delete(&self, link: &LinkId) -> PortResult<()> {
        through!(self, "links.delete", self.port.delete(link))
    }

    async fn due(&self, now: Timestamp, after: Option<&LinkId>, limit: usize) -> PortResult<Vec<DueLink>> {
        through!(self, "links.due", self.port.due(now, after, limit))
    }

    async fn request(&self, link: &LinkId, next_due: Option<Timestamp>) -> PortResult<Generation> {
        through!(self, "links.request", self.port.request(link, next_due))
    }

    async fn acquire(&self, link: &LinkId, now: Timestamp, ttl: Duration) -> PortResult<Acquired> {
        through!(self, "links.acquire", self.port.acquire(link, now, ttl))
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, ttl: Duration) -> PortResult<Lease> {
        through!(self, "links.renew", self.port.renew(lease, now, ttl))
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        through!(self, "links.release", self.port.release(lease))
    }

    async fn settle_group(&self, lease: &Lease, made: &MadeGroup) -> PortResult<()> {
        through!(self, "links.settle_group", self.port.settle_group(lease, made))
    }

    async fn members(&self, link: &LinkId, query: MemberQuery<'_>) -> PortResult<Vec<Member>> {
        through!(self, "links.members", self.port.members(link, query))
    }

    async fn all_members(&self, link: &LinkId, taken: TakeMember) -> PortResult<Vec<Member>> {
        through!(self, "links.all_members", self.port.all_members(link, taken))
    }

    async fn group_size(&self, link: &LinkId) -> PortResult<u64> {
        through!(self, "links.group_size", self.port.group_size(link))
    }

    async fn moved(&self, link: &LinkId, since: Timestamp) -> PortResult<Vec<Moved>> {
        through!(self, "links.moved", self.port.moved(link, since))
    }

    async fn list_sizes(&self, list: &ListId) -> PortResult<Option<Sizes>> {
        through!(self, "links.list_sizes", self.port.list_sizes(list))
    }

    async fn note_list_size(&self, list: &ListId, found: Found) -> PortResult<()> {
        through!(self, "links.note_list_size", self.port.note_list_size(list, found))
    }

    async fn fold(&self, lease: &Lease, fold: &Fold) -> PortResult<Vec<ListOutcome>> {
        through!(self, "links.fold", self.port.fold(lease, fold))
    }

    async fn finish(&self, lease: &Lease, finish: &Finish) -> PortResult<Finished> {
        through!(self, "links.finish", self.port.finish(lease, finish))
    }
}

#[async_trait]
impl<P: Runs + ?Sized> Runs for Faulty<P> {
    async fn save(&self, summary: &Summary) -> PortResult<()> {
        through!(self, "runs.save", self.port.save(summary))
    }

    async fn load(&self, run: &RunId) -> PortResult<Option<Summary>> {
        through!(self, "runs.load", self.port.load(run))
    }

    async fn latest(&self, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        through!(self, "runs.latest", self.port.latest(link, limit))
    }

    async fn earlier(&self, run: &RunId, link: Option<&LinkId>, limit: usize) -> PortResult<Vec<Summary>> {
        through!(self, "runs.earlier", self.port.earlier(run, link, limit))
    }

    async fn last_finished(&self) -> PortResult<Option<Timestamp>> {
        through!(self, "runs.last_finished", self.port.last_finished())
    }

    async fn effects(&self, query: &EffectsQuery) -> PortResult<EffectsPage> {
        through!(self, "runs.effects", self.port.effects(query))
    }
}

#[async_trait]
impl<P: Gate + ?Sized> Gate for Faulty<P> {
    async fn closed_until(&self, tenant: &TenantId) -> PortResult<Option<Timestamp>> {
        through!(self, "gate.closed_until", self.port.closed_until(tenant))
    }

    async fn close(&self, tenant: &TenantId, until: Timestamp) -> PortResult<()> {
        through!(self, "gate.close", self.port.close(tenant, until))
    }

    async fn replace(&self, tenant: &TenantId, read: Timestamp, until: Timestamp) -> PortResult<()> {
        through!(self, "gate.replace", self.port.replace(tenant, read, until))
    }

    async fn pace(&self, tenant: &TenantId) -> PortResult<Option<Pace>> {
        through!(self, "gate.pace", self.port.pace(tenant))
    }

    async fn keep_pace(&self, tenant: &TenantId, read: Option<Pace>, pace: Pace) -> PortResult<bool> {
        through!(self, "gate.keep_pace", self.port.keep_pace(tenant, read, pace))
    }

    async fn people_watch(&self, tenant: &TenantId) -> PortResult<Option<PeopleWatch>> {
        through!(self, "gate.people_watch", self.port.people_watch(tenant))
    }

    async fn keep_people_watch(&self, tenant: &TenantId, watch: &PeopleWatch) -> PortResult<()> {
        through!(self, "gate.keep_people_watch", self.port.keep_people_watch(tenant, watch))
    }
}

#[async_trait]
impl<P: SettingsStore + ?Sized> SettingsStore for Faulty<P> {
    async fn settings(&self) -> PortResult<Settings> {
        through!(self, "settings.settings", self.port.settings())
    }

    async fn save_settings(&self, before: &Settings, after: &Settings) -> PortResult<()> {
        through!(self, "settings.save_settings", self.port.save_settings(before, after))
    }
}

#[async_trait]
impl<P: Queue + ?Sized> Queue for Faulty<P> {
    async fn send(&self, messages: &[Outgoing]) -> Vec<PortResult<()>> {
        match self.faults.call("queue.send", self.port.send(messages)).await {
            Ok(sent) => sent,
            Err((error, _)) => messages.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn receive(&self, max: usize, visibility: Duration) -> PortResult<Vec<Delivery>> {
        through!(self, "queue.receive", self.port.receive(max, visibility))
    }

    async fn acknowledge(&self, receipt: &Receipt) -> PortResult<()> {
        through!(self, "queue.acknowledge", self.port.acknowledge(receipt))
    }

    async fn state(&self) -> PortResult<QueueState> {
        through!(self, "queue.state", self.port.state())
    }
}
