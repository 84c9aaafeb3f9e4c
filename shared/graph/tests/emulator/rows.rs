use std::time::Duration;

use listsync_core::{id::GroupId, snapshot::Depth};
use listsync_engine::ports::{CountCheck, Cursor, Directory, Fault, Places, PortError};
use listsync_graph_emulator::{Effect, Fault as Trouble, GroupKind};

use crate::rig::{Rig, group_id, theirs};

/// A tenant of three people in a group, of whom two joined since the cursors.
struct Read {
    rig: Rig,
    group: GroupId,
    group_cursor: Cursor,
    people_cursor: Cursor,
}

impl Read {
    async fn new() -> Self {
        let rig = Rig::new().await;
        let people_cursor = rig.graph.people_cursor(rig.call()).await.unwrap();
        let people = rig.people(3);
        let group = rig.group(GroupKind::Security, &people[..1]);
        let group_cursor = rig.graph.mint_cursor(rig.call(), &group).await.unwrap();
        for person in &people[1..] {
            rig.tenant.add_member(group_id(&group), theirs(person));
        }
        rig.tenant.settle();
        rig.tenant.clock().advance(Duration::from_secs(1));
        Self { rig, group, group_cursor, people_cursor }
    }

    /// Each way to read that takes many rows; whether it found anything wrong.
    async fn each(&self) -> Vec<(&'static str, Result<usize, PortError>)> {
        let (graph, call) = (&self.rig.graph, self.rig.call());
        let members = graph.read(call, &self.group, Depth::Direct).await;
        let changes = graph.changes(call, &self.group, &self.group_cursor, CountCheck::NotDue).await;
        let people = graph.people(call, None).await;
        let changed = graph.people_changes(call, &self.people_cursor).await;
        let ids: Vec<_> = self.rig.members(&self.group);
        let named = graph.by_id(call, &ids).await;
        vec![
            ("members", members.map(|reading| reading.rows.len())),
            ("changes", changes.map(|changes| changes.added.len())),
            ("people", people.map(|page| page.people.len())),
            ("people's changes", changed.map(|changes| changes.changed.len())),
            ("people by id", named.map(|people| people.len())),
        ]
    }
}

#[tokio::test]
async fn a_row_that_is_not_understood_fails_the_read_and_never_makes_it_short() {
    let read = Read::new().await;
    for (what, found) in read.each().await {
        let expected = if what == "changes" { 2 } else { 3 };
        assert_eq!(found.unwrap(), expected, "{what}");
    }
    read.rig.tenant.inject(Trouble::on("GET", "*", Effect::OddRows(1)));
    for (what, found) in read.each().await {
        let error = found.expect_err(what);
        assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "rows_lost"), "{what}");
        assert!(error.message.contains("could be understood"), "{what}: {error}");
    }
}
