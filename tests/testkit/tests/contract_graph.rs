//! The Graph client meets the contract of a directory, on the emulated Microsoft Graph.

use std::{process::ExitCode, sync::Arc, time::Duration};

use async_trait::async_trait;
use libtest_mimic::Arguments;
use listsync_core::{
    Timestamp,
    address::Address,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Principal, PrincipalKind},
};
use listsync_engine::ports::{
    Call, Clock as _, Directory, GroupKind, GroupQuery, Meter, Places as _, SystemClock,
};
use listsync_graph::{Credential, Graph, GraphSettings};
use listsync_graph_emulator as emulator;
use listsync_testkit::{
    contracts::{
        self,
        directory::{self, Tenant},
    },
    fakes::{ManualClock, TestStore},
};

struct Emulated {
    graph: Arc<Graph>,
    tenant: emulator::Tenant,
    _running: emulator::Running,
    _folder: tempfile::TempDir,
}

async fn make() -> Emulated {
    let running = emulator::Emulator::builder().start().await.expect("the emulator starts on a free port");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ca_pem = folder.path().join("ca.pem");
    std::fs::write(&ca_pem, &running.ca_pem).expect("a file in a temporary folder");
    let settings = GraphSettings {
        graph_url: running.graph_url.clone(),
        tenant: running.tenant_id.clone(),
        client_id: running.client_id.clone(),
        credential: Credential::Secret(running.client_secret.clone()),
        authority_host: Some(running.authority_host.clone()),
        ca_pem: Some(ca_pem),
    };
    let gate = TestStore::new(&ManualClock::default()).port();
    let graph = Graph::connect(settings, gate, Arc::new(SystemClock)).expect("the settings are complete");
    let tenant = running.tenant();
    Emulated { graph: Arc::new(graph), tenant, _running: running, _folder: folder }
}

fn theirs(id: &str) -> emulator::ObjectId {
    id.parse().expect("the contract's ids are those of directory objects")
}

fn user(person: &Principal) -> emulator::User {
    let text = |address: &Address| address.as_str().to_owned();
    let sign_in = person.upn.as_ref().map(text);
    let plain = emulator::User::without_mail(&person.name, &sign_in.unwrap_or_else(|| guest_name(person)));
    let primary = person.proxies.iter().take(1).map(|one| format!("SMTP:{one}"));
    let others = person.proxies.iter().skip(1).map(|one| format!("smtp:{one}"));
    emulator::User {
        id: theirs(person.id.as_str()),
        mail: person.mail.as_ref().map(text),
        proxy_addresses: primary.chain(others).collect(),
        other_mails: person.others.iter().map(text).collect(),
        user_type: match person.kind {
            PrincipalKind::Own | PrincipalKind::Agent => emulator::UserType::Member,
            PrincipalKind::Guest => emulator::UserType::Guest,
        },
        subtype: match person.kind {
            PrincipalKind::Own | PrincipalKind::Guest => emulator::Subtype::Plain,
            PrincipalKind::Agent => emulator::Subtype::Agent,
        },
        ..plain
    }
}

fn guest_name(person: &Principal) -> String {
    format!("{}#EXT#@contoso.onmicrosoft.com", person.id)
}

fn kind(kind: GroupKind) -> emulator::GroupKind {
    match kind {
        GroupKind::Microsoft365 => emulator::GroupKind::Microsoft365,
        GroupKind::Security => emulator::GroupKind::Security,
        GroupKind::Dynamic => emulator::GroupKind::Dynamic,
        GroupKind::OnPremises => emulator::GroupKind::OnPremises,
        GroupKind::GivenBack => emulator::GroupKind::GivenBack,
        GroupKind::AuthorityUnknown => emulator::GroupKind::TakenOver,
        GroupKind::MailEnabledSecurity => emulator::GroupKind::MailEnabledSecurity,
        GroupKind::DistributionList => emulator::GroupKind::Distribution,
        GroupKind::RoleAssignable => emulator::GroupKind::RoleAssignable,
        GroupKind::Restricted => emulator::GroupKind::Restricted,
    }
}

#[async_trait]
impl Tenant for Emulated {
    fn directory(&self) -> Arc<dyn Directory> {
        self.graph.clone()
    }

    fn until(&self) -> Timestamp {
        SystemClock.now().checked_add(Duration::from_secs(120)).expect("in range")
    }

    async fn put_person(&self, person: &Principal) {
        self.tenant.add_user(user(person));
    }

    async fn delete_person(&self, id: &ObjectId) {
        self.tenant.delete_user(theirs(id.as_str()));
    }

    async fn expire_people_cursors(&self) {
        self.tenant.reset_delta();
    }

    async fn put_group(&self, name: &str, of: GroupKind, members: &[ObjectId]) -> GroupId {
        let id = self.tenant.add_group(emulator::Group::new(kind(of), name));
        for member in members {
            assert!(self.tenant.add_member(id, theirs(member.as_str())), "a member that the tenant knows");
        }
        GroupId::parse(&id.to_string()).expect("an id")
    }

    async fn edit(&self, group: &GroupId, op: Op, member: &ObjectId) {
        let (group, member) = (theirs(group.as_str()), theirs(member.as_str()));
        match op {
            Op::Add => self.tenant.add_member(group, member),
            Op::Remove => self.tenant.remove_member(group, member),
        };
    }

    async fn delete_group(&self, group: &GroupId) {
        self.tenant.delete_group(theirs(group.as_str()));
    }

    async fn expire_cursors(&self, _: &GroupId) {
        self.tenant.reset_delta();
    }
}

fn main() -> ExitCode {
    let mut trials = contracts::trials("graph", directory::cases(), |_| make);
    trials.push(contracts::trial("graph::a_group_is_found_by_its_address", a_group_is_found_by_its_address));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

async fn a_group_is_found_by_its_address() {
    let emulated = make().await;
    let mut crew = emulator::Group::new(emulator::GroupKind::Microsoft365, "Stage crew");
    crew.mail = Some("crew@contoso.example".to_owned());
    let id = emulated.tenant.add_group(crew);
    let meter = Meter::default();
    let call = Call { until: emulated.until(), meter: &meter };
    let named = GroupQuery::parse("crew@contoso.example").expect("a name");
    let found = emulated.graph.group(call, &named).await.expect("the group");
    assert_eq!((found.name.as_str(), found.id.to_string()), ("Stage crew", id.to_string()));
    let begins = emulated.graph.groups(call, "CREW@", 5).await.expect("groups");
    assert_eq!(begins, [found]);
}
