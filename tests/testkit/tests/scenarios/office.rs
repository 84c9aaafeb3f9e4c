//! The same desk before a tenant that speaks Microsoft Graph: what people do in Entra ID is done in the emulated one.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::UndeliverableReason,
    id::{GroupId, LinkId, ListId, RunId, TenantId},
    link::{Externals, Extras, FirstMerge, Link, MemberRules, Mode, Writes},
    linkable::Voucher,
    list::{NewContact, Origin, Standing},
    summary::Summary,
    trigger::Reason,
};
use listsync_engine::{
    Ports,
    connect::{Asker, NewLink, Target, connect},
    ports::{
        Call, Clock, ContactEdit, Contacts as _, EntryQuery, GroupQuery, LinkEdit, Links as _, ListSide as _,
        ListStore as _, Meter, PortResult,
    },
    run::{Next, Ran, RunRequest, run},
    trigger::raise,
    watch::Unwatched,
};
use listsync_graph::{Credential, Graph, GraphSettings};
use listsync_graph_emulator::{self as emulator, Emulator, GroupKind, ObjectId, Settings, User};
use listsync_testkit::{
    fakes::{ManualClock, TestStore},
    sample::{self, address, tenant},
};

use crate::desk::Reading;

/// The permissions that most scenarios have.
pub(crate) const LEAST: [&str; 3] = ["GroupMember.ReadWrite.All", "User.Read.All", "Group.Create"];

/// The tenant's clock, which runs and can be moved on.
struct TenantTime(emulator::Clock);

impl Clock for TenantTime {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

pub(crate) struct Office {
    pub(crate) tenant: emulator::Tenant,
    pub(crate) store: TestStore,
    pub(crate) ports: Ports,
    pub(crate) list: ListId,
    reading: Reading,
    link: Option<LinkId>,
    runs: u32,
    _running: emulator::Running,
    _folder: tempfile::TempDir,
}

impl Office {
    /// A tenant of the domain contoso.example in which nobody is, and a list without contacts.
    pub(crate) async fn new(reading: Reading) -> Self {
        Self::with(reading, &[], Settings::default()).await
    }

    /// The same with more permissions than [`LEAST`], and a service that behaves as set.
    pub(crate) async fn with(reading: Reading, roles: &[&str], settings: Settings) -> Self {
        let roles = LEAST.iter().chain(roles).copied();
        let running = Emulator::builder().roles(roles).settings(settings).start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca_pem = folder.path().join("ca.pem");
        std::fs::write(&ca_pem, &running.ca_pem).unwrap();
        let graph_settings = GraphSettings {
            graph_url: running.graph_url.clone(),
            tenant: running.tenant_id.clone(),
            client_id: running.client_id.clone(),
            credential: Credential::Secret(running.client_secret.clone()),
            authority_host: Some(running.authority_host.clone()),
            ca_pem: Some(ca_pem),
        };
        let emulated = running.tenant();
        let clock: Arc<dyn Clock> = Arc::new(TenantTime(emulated.clock()));
        let store = TestStore::new(&ManualClock::at(clock.now()));
        let graph = Graph::connect(graph_settings, store.port(), Arc::clone(&clock)).unwrap();
        let list = store.create_list("News", clock.now()).await.unwrap().id;
        sample::set(&*store, |settings| settings.internal_domains = ["contoso.example".into()].into()).await;
        let ports = Ports { clock, ..store.beside(graph) };
        let (link, runs) = (None, 0);
        Self { tenant: emulated, store, ports, list, reading, link, runs, _running: running, _folder: folder }
    }

    /// The tenant's own domains are not known any more.
    pub(crate) async fn forget_domains(&self) {
        sample::set(&*self.store, |settings| settings.internal_domains.clear()).await;
    }

    /// Somebody of the organisation with a mailbox at `name@contoso.example`.
    pub(crate) fn person(&self, name: &str) -> ObjectId {
        self.tenant.add_user(User::member(name, &format!("{name}@contoso.example")))
    }

    /// A group with these members, known to every replica.
    pub(crate) fn group(&self, kind: GroupKind, members: &[ObjectId]) -> ObjectId {
        let id = self.tenant.add_group(emulator::Group::new(kind, "Staff"));
        for member in members {
            self.tenant.add_member(id, *member);
        }
        self.tenant.settle();
        id
    }

    /// A link between the list and a target, not asked for yet.
    pub(crate) fn wish(&self, target: Target, mode: Mode) -> NewLink {
        NewLink {
            id: LinkId::parse("link").unwrap(),
            list: self.list.clone(),
            target,
            more: Vec::new(),
            tenant: of_tenant(),
            mode,
            extras: Extras::Keep,
            first_merge: FirstMerge::Union,
            every: None,
            settle_window: None,
            externals: Externals::Match,
            max_removals: None,
            grace: Duration::ZERO,
            members: MemberRules::default(),
            writes: Writes::Direct,
            voucher: Voucher::Operator,
            asker: Asker::Runner,
        }
    }

    /// Links the list as wished.
    pub(crate) async fn link(&mut self, wish: &NewLink) -> PortResult<ObjectId> {
        let link = self.connected(wish).await?;
        Ok(link.group.as_str().parse().unwrap())
    }

    /// The same, as the link that came of it, whose group may still be to be made.
    pub(crate) async fn connected(&mut self, wish: &NewLink) -> PortResult<Link> {
        let meter = Meter::default();
        let until = self.ports.clock.now() + Duration::from_secs(60);
        let link = connect(&self.ports, wish, Call { until, meter: &meter }).await?;
        self.link = Some(link.id.clone());
        Ok(link)
    }

    /// Links the list to a group of the tenant.
    pub(crate) async fn link_to(&mut self, group: ObjectId, mode: Mode) {
        let wish = self.wish(existing(group), mode);
        self.link(&wish).await.unwrap();
    }

    pub(crate) async fn list_adds(&mut self, address: &str) {
        let address = Address::parse(address).unwrap();
        let contact = NewContact { address, name: String::new(), fields: [].into() };
        self.store.add(&self.list, &contact, Origin::Manual, self.ports.clock.now()).await.unwrap();
    }

    pub(crate) async fn list_removes(&mut self, address: &str) {
        let address = Address::parse(address).unwrap();
        self.store.remove(&self.list, &address, self.ports.clock.now()).await.unwrap();
    }

    /// A person gives the contact at `name@contoso.example` another address of that domain.
    pub(crate) async fn corrects(&self, name: &str, to: &str) {
        let contact = self.store.find_contact(&address(name)).await.unwrap().unwrap();
        let edit = ContactEdit { address: Some(address(to)), ..ContactEdit::default() };
        let now = self.ports.clock.now();
        self.store.edit_contact(&contact.id, None, &edit, Origin::Manual, now).await.unwrap();
    }

    /// Why messages do not reach the contact at `name@contoso.example`.
    pub(crate) async fn flag(&self, name: &str) -> Option<UndeliverableReason> {
        let contact = self.store.find_contact(&address(name)).await.unwrap().unwrap();
        contact.undeliverable.map(|flag| flag.reason)
    }

    /// A run, and those that go on from it.
    pub(crate) async fn sync(&mut self) -> Summary {
        let link = self.link.clone().unwrap();
        if self.reading == Reading::Full {
            self.store.edit(&link, &LinkEdit::Resync, self.ports.clock.now()).await.unwrap();
        }
        raise(&self.ports, &link, Reason::Schedule).await.unwrap();
        loop {
            self.runs += 1;
            let request = RunRequest {
                run: RunId::parse(&format!("run-{}", self.runs)).unwrap(),
                link: link.clone(),
                reason: Reason::Schedule,
                until: self.ports.clock.now() + Duration::from_secs(900),
            };
            let Ran { summary, next } = run(&self.ports, &request, &Unwatched).await.unwrap();
            if !matches!(next, Next::Continue(_)) {
                return summary;
            }
        }
    }

    /// What the next sync would do, as the effects' reasons and addresses.
    pub(crate) async fn plan(&self) -> String {
        let until = self.ports.clock.now() + Duration::from_secs(900);
        let link = self.link.as_ref().unwrap();
        let plan = listsync_engine::preview::preview(&self.ports, link, until, &Unwatched).await.unwrap();
        plan.to_string()
    }

    /// Time passes, and what falls due in it is done.
    pub(crate) async fn wait(&mut self, time: Duration) -> Summary {
        self.tenant.clock().advance(time);
        self.sync().await
    }

    /// The addresses on the list.
    pub(crate) async fn listed(&self) -> BTreeSet<String> {
        let entries = self.store.entries(&self.list, EntryQuery::All).await.unwrap();
        let members = entries.into_iter().filter(|entry| entry.standing == Standing::Member);
        members.map(|entry| entry.address.as_str().to_owned()).collect()
    }

    /// The objects in a group, people or not.
    pub(crate) fn grouped(&self, group: ObjectId) -> BTreeSet<ObjectId> {
        self.tenant.members(group).into_iter().collect()
    }
}

pub(crate) fn existing(group: ObjectId) -> Target {
    Target::Existing(GroupQuery::Id(GroupId::parse(&group.to_string()).unwrap()))
}

/// Addresses of contoso.example.
pub(crate) fn own(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| format!("{name}@contoso.example")).collect()
}

fn of_tenant() -> TenantId {
    tenant()
}
