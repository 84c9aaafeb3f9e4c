//! Without lag, the fake directory meets the contract that the real one has to meet.

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use libtest_mimic::Arguments;
use listsync_core::{
    Timestamp,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::Principal,
};
use listsync_engine::ports::{
    Applied, Call, CountCheck, Directory, Group, GroupKind, Lookup, Membership, Meter, Places as _,
};
use listsync_testkit::{
    contracts::{
        self,
        directory::{self, Tenant},
    },
    dice::Dice,
    fakes::{FakeDirectory, Lag, ManualClock},
    sample,
};

struct Fake {
    directory: FakeDirectory,
    groups: AtomicU64,
}

#[async_trait]
impl Tenant for Fake {
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(self.directory.clone())
    }

    fn until(&self) -> Timestamp {
        Timestamp::MAX
    }

    async fn put_person(&self, person: &Principal) {
        self.directory.put_person(person.clone());
    }

    async fn delete_person(&self, id: &ObjectId) {
        self.directory.delete_person(id);
    }

    async fn expire_people_cursors(&self) {
        self.directory.expire_people_cursors();
    }

    async fn put_group(&self, name: &str, kind: GroupKind, members: &[ObjectId]) -> GroupId {
        let id = sample::group(&format!("group-{}", self.groups.fetch_add(1, Ordering::Relaxed)));
        let group = Group { id: id.clone(), name: name.to_owned(), kind, membership: Membership::Shown };
        self.directory.put_group(group, members.iter().cloned());
        id
    }

    async fn edit(&self, group: &GroupId, op: Op, member: &ObjectId) {
        self.directory.edit(group, op, member);
    }

    async fn delete_group(&self, group: &GroupId) {
        self.directory.delete_group(group);
    }

    async fn expire_cursors(&self, group: &GroupId) {
        self.directory.expire_cursors(group);
    }
}

async fn make() -> Fake {
    Fake {
        directory: FakeDirectory::new(&ManualClock::default(), Lag::NONE, Dice::new(1)),
        groups: AtomicU64::new(0),
    }
}

fn main() -> ExitCode {
    let mut trials = contracts::trials("fake", directory::cases(), |_| make);
    trials.push(contracts::trial(
        "fake::a_new_account_is_late_at_some_replicas",
        a_new_account_is_late_at_some_replicas,
    ));
    trials
        .push(contracts::trial("fake::a_feed_repeats_an_old_change_once", a_feed_repeats_an_old_change_once));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Some replicas find it before others, and all once the lag is over.
async fn a_new_account_is_late_at_some_replicas() {
    let clock = ManualClock::at(sample::moment(0));
    let lag = Lag { most: Duration::from_secs(900), replicas: 3 };
    let directory = FakeDirectory::new(&clock, lag, Dice::new(1));
    let staff = Group {
        id: sample::group("staff"),
        name: "Staff".to_owned(),
        kind: GroupKind::Security,
        membership: Membership::Shown,
    };
    directory.put_group(staff, []);
    let names: Vec<String> = (0..60).map(|number| format!("new{number}")).collect();
    let ids: Vec<ObjectId> = names.iter().map(|name| sample::object(name)).collect();
    let addresses: Vec<_> = names.iter().map(|name| sample::address(name)).collect();
    names.iter().for_each(|name| directory.hire(sample::person(name)));
    let meter = Meter::default();
    let call = Call { until: Timestamp::MAX, meter: &meter };
    let found = async || {
        let looked_up = directory.look_up(call, &addresses).await.expect("an answer");
        let looked_up = looked_up.iter().filter(|answer| matches!(answer, Lookup::Found(_))).count();
        (looked_up, directory.by_id(call, &ids).await.expect("an answer").len())
    };
    clock.advance(Duration::from_secs(300));
    let (looked_up, by_id) = found().await;
    assert!((1..60).contains(&looked_up) && (1..60).contains(&by_id), "{looked_up} {by_id}");
    let added = directory.write(call, &sample::group("staff"), Op::Add, &ids).await;
    let refused = added.iter().filter(|answer| matches!(answer, Applied::Rejected(_))).count();
    assert!((1..60).contains(&refused), "{refused}");
    clock.advance(Duration::from_secs(600));
    assert_eq!(found().await, (60, 60));
}

/// Even one of somebody who was deleted since.
async fn a_feed_repeats_an_old_change_once() {
    let clock = ManualClock::at(sample::moment(0));
    let directory = FakeDirectory::new(&clock, Lag::NONE, Dice::new(1));
    let (group, ann) = (sample::group("staff"), sample::object("ann"));
    let staff = Group {
        id: group.clone(),
        name: "Staff".to_owned(),
        kind: GroupKind::Security,
        membership: Membership::Shown,
    };
    directory.put_person(sample::person("ann"));
    directory.put_group(staff, [ann.clone()]);
    let meter = Meter::default();
    let call = Call { until: Timestamp::MAX, meter: &meter };
    let cursor = directory.mint_cursor(call, &group).await.expect("a cursor");
    directory.delete_person(&ann);
    for (op, added, removed) in [(Op::Add, 1, 0), (Op::Remove, 0, 1)] {
        directory.repeat_change(&group, op, &ann);
        for told in [(added, removed), (0, 0)] {
            let changes =
                directory.changes(call, &group, &cursor, CountCheck::NotDue).await.expect("changes");
            assert_eq!((changes.added.len(), changes.removed.len()), told);
        }
    }
    assert!(directory.present(call, &group, &[ann]).await.expect("an answer").is_empty());
}
