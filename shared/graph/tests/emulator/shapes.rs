use std::collections::BTreeSet;

use listsync_core::{member::Op, snapshot::Depth};
use listsync_engine::ports::{
    Clock, CountCheck, Directory, GroupQuery, NewGroup, NewGroupKind, Places, SystemClock, Visibility,
};
use listsync_graph_emulator::{
    Emulator, Entry, GroupKind, JournalBodies, LEAST_ROLES, Settings,
    openapi::{Subset, Verdict},
};

use crate::rig::{Rig, address};

/// Paths that the description lacks, with the page of Microsoft's documentation that has them.
const UNDESCRIBED: [(&str, &str); 7] = [
    ("/$batch", "Combine multiple HTTP requests using JSON batching"),
    ("/members/microsoft.graph.user/$count", "Advanced query capabilities on Microsoft Entra ID objects"),
    ("/members/microsoft.graph.group/$count", "Advanced query capabilities on Microsoft Entra ID objects"),
    ("/members/microsoft.graph.device/$count", "Advanced query capabilities on Microsoft Entra ID objects"),
    (
        "/members/microsoft.graph.servicePrincipal/$count",
        "Advanced query capabilities on Microsoft Entra ID objects",
    ),
    (
        "/members/microsoft.graph.orgContact/$count",
        "Advanced query capabilities on Microsoft Entra ID objects",
    ),
    ("/users/$count", "Advanced query capabilities on Microsoft Entra ID objects"),
];

/// Every call of the port, so that every request that the client can make is made.
async fn everything(rig: &Rig) {
    let people = rig.people(45);
    let group = rig.group(GroupKind::Security, &people[..5]);
    let call = rig.call();
    let cursor = rig.graph.mint_cursor(call, &group).await.unwrap();
    for op in [Op::Add, Op::Remove] {
        rig.graph.write(call, &group, op, &people).await;
    }
    for check in [CountCheck::Due, CountCheck::NotDue] {
        rig.graph.changes(call, &group, &cursor, check).await.unwrap();
    }
    let asked = [address("p1@contoso.example"), address("x@contoso.example")];
    rig.graph.look_up(call, &asked).await.unwrap();
    rig.graph.read(call, &group, Depth::Direct).await.unwrap();
    rig.graph.present(call, &group, &people).await.unwrap();
    rig.graph.owners(call, &group).await.unwrap();
    rig.graph.by_id(call, &people).await.unwrap();
    rig.graph.people(call, None).await.unwrap();
    rig.graph.head_count(call).await.unwrap();
    rig.graph.domains(call).await.unwrap();
    rig.graph.clock_skew(call, SystemClock.now()).await.unwrap();
    rig.graph.group(call, &GroupQuery::Id(group)).await.unwrap();
    rig.graph.group(call, &GroupQuery::Name("Everybody".to_owned())).await.unwrap();
    let new = NewGroup {
        unique_name: "key".to_owned(),
        name: "Everybody else".to_owned(),
        kind: NewGroupKind::Microsoft365,
        visibility: Visibility::Private,
        owners: vec!["p1@contoso.example".to_owned()],
    };
    rig.graph.create_group(call, &new).await.unwrap();
}

#[tokio::test]
async fn every_request_and_every_answer_is_as_microsoft_describes_them() {
    let Some(subset) = Subset::load() else {
        #[expect(clippy::print_stderr, reason = "a check that cannot be made must say so")]
        {
            eprintln!("not checked: graph-openapi/graph-v1-subset.json is not beside this repository");
        }
        return;
    };
    let settings = Settings { journal: JournalBodies::Both, ..Settings::default() };
    let roles = LEAST_ROLES.iter().copied().chain(["Organization.Read.All"]);
    let rig = Rig::of(Emulator::builder().settings(settings).roles(roles)).await;
    everything(&rig).await;

    let entries = rig.tenant.journal();
    let mut lacking = BTreeSet::new();
    for entry in entries.iter().filter(|entry| !entry.path.contains("/oauth2/")) {
        let request = subset.check_request(&entry.method, &entry.path, entry.request.as_ref());
        let answer = subset.check_answer(&entry.method, &entry.path, entry.status, entry.answer.as_ref());
        for verdict in [request, answer] {
            match verdict {
                Verdict::Fits => {}
                Verdict::UnknownPath => lacking.extend([undescribed(entry)]),
                Verdict::Breaks(how) => panic!("{} {}: {how:?}", entry.method, entry.path),
            }
        }
    }
    assert_eq!(lacking.len(), UNDESCRIBED.len(), "{lacking:?}");
}

fn undescribed(entry: &Entry) -> &'static str {
    let path = entry.path.split('?').next().unwrap();
    let known = UNDESCRIBED.iter().find(|(end, _)| path.ends_with(end));
    known.unwrap_or_else(|| panic!("{} {path} is neither described nor listed", entry.method)).0
}
