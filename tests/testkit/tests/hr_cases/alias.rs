//! A file that holds a person's primary address and an alias of theirs, and one that two people share: taken in by either
//! way, and synced with a group of the seeded directory.

use std::{collections::BTreeSet, fs, time::Duration};

use listsync_core::{
    address::Address,
    id::{LinkId, RunId},
    schedule::later,
    snapshot::{Principal, PrincipalKind},
    summary::Summary,
    trigger::Reason,
};
use listsync_engine::{
    ports::{Group, GroupKind, LinkEdit, Membership},
    run::{RunRequest, run},
    trigger::raise,
    watch::Unwatched,
};
use listsync_testkit::sample::{group, link, object};
use serde_json::{Value, json};

use crate::{
    fixture::{OneListFixture, now},
    table::folder,
    way::{Incoming, Way},
};

const TIME: Duration = Duration::from_secs(900);

/// Plays the case.
pub(crate) async fn play(fixture: &OneListFixture, way: Way) {
    let seed = fs::read_to_string(folder().join("alias-and-primary-on-one-list.seed.json")).unwrap();
    fixture.seed(&serde_json::from_str(&seed).unwrap());
    let step = json!({"file": "alias-and-primary-on-one-list.csv", "profile": "generic", "mode": "full"});
    let incoming = way.open(fixture).await;
    assert_eq!(incoming.send(&step, "the first file").await.import["added"], 5, "by {way:?}");
    let linked = fixture.link().await;
    let summary = fixture.sync(&linked, "first").await;
    assert_eq!((summary.group.added, summary.list.removed, summary.exit_code()), (1, 0, 2), "{summary}");
    fixture.is_right(&incoming).await;
    let told = |code: &str| summary.remarks.iter().find(|one| one.code == code).unwrap();
    let pair: Vec<&str> = told("duplicate_contact").addresses.iter().map(Address::as_str).collect();
    assert_eq!(pair, ["j.clark@contoso.com", "john.clark@contoso.com"]);
    let shared = told("ambiguous_address");
    assert_eq!(shared.addresses.iter().map(Address::as_str).collect::<Vec<_>>(), ["team@contoso.com"]);
    assert!(shared.message.contains("amb1@contoso.com, amb2@contoso.com"), "{}", shared.message);

    let again =
        json!({"options": {"again": "take_in"}, "file": step["file"], "profile": "generic", "mode": "full"});
    let import = incoming.send(&again, "the second file").await.import;
    assert_eq!((&import["added"], &import["removed"]), (&0.into(), &0.into()), "{import}");
    fixture.service.ports.links.edit(&linked, &LinkEdit::Resync, now()).await.unwrap();
    let summary = fixture.sync(&linked, "second").await;
    let moved = [summary.list.added, summary.list.removed, summary.group.added, summary.group.removed];
    assert_eq!(moved, [0; 4], "{summary}");
    fixture.is_right(&incoming).await;
}

impl OneListFixture {
    /// Puts the people and groups of a seed into the directory, each under their first name in it.
    fn seed(&self, seed: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let address = |text: &str| Address::parse(text).unwrap();
        let id = |mail: &Value| object(mail.as_str().unwrap().split('@').next().unwrap());
        for user in seed["users"].as_array().unwrap() {
            let proxies = user["proxyAddresses"].as_array().into_iter().flatten();
            self.directory.put_person(Principal {
                id: id(&user["mail"]),
                name: text(&user["displayName"]),
                mail: Some(address(&text(&user["mail"]))),
                proxies: proxies.map(|proxy| address(&text(proxy)["smtp:".len()..])).collect(),
                upn: Some(address(&text(&user["mail"]))),
                others: Vec::new(),
                kind: PrincipalKind::Own,
            });
        }
        for one in seed["groups"].as_array().unwrap() {
            let found = Group {
                id: group(one["uniqueName"].as_str().unwrap()),
                name: text(&one["displayName"]),
                kind: GroupKind::Security,
                membership: Membership::Shown,
            };
            self.directory.put_group(found, one["members"].as_array().unwrap().iter().map(id));
        }
    }

    /// A two-way link to the seeded group.
    async fn link(&self) -> LinkId {
        let link = link("link", &self.list, "news");
        self.service.ports.links.create(&link, now()).await.unwrap();
        link.id
    }

    async fn sync(&self, link: &LinkId, name: &str) -> Summary {
        let ports = &self.service.ports;
        raise(ports, link, Reason::Schedule).await.unwrap();
        let run_id = RunId::parse(name).unwrap();
        let until = later(now(), TIME);
        let request = RunRequest { run: run_id, link: link.clone(), reason: Reason::Schedule, until };
        run(ports, &request, &Unwatched).await.unwrap().summary
    }

    /// John is in the group once, and everybody of the file is on the list.
    async fn is_right(&self, incoming: &Incoming<'_>) {
        assert_eq!(incoming.members().await, ["j.clark", "john.clark", "team", "x0", "x1"]);
        let expected: BTreeSet<_> = ["john.clark", "x0", "x1"].map(object).into();
        assert_eq!(self.directory.members(&group("news")), expected);
    }
}
