//! Without lag, the fake directory meets the contract that the real one has to meet.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::Principal,
};
use listsync_engine::ports::{Directory, Group, GroupKind, Membership};
use listsync_testkit::{
    contracts::directory::{self, Tenant},
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

#[tokio::test]
async fn the_fake_directory_without_lag_is_a_directory() {
    directory::all(async || Fake {
        directory: FakeDirectory::new(&ManualClock::default(), Lag::NONE, Dice::new(1)),
        groups: AtomicU64::new(0),
    })
    .await;
}
