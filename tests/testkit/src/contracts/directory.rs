//! What every [`Directory`] has to do, where its reads show each write at once.

mod groups;
mod people;
mod reads;
mod writes;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use listsync_core::{
    Timestamp,
    id::{GroupId, ObjectId},
    member::Op,
    snapshot::{Depth, Principal, PrincipalKind},
};
use listsync_engine::ports::{Applied, Call, Directory, GroupKind, Meter};

use super::{Case, ok};
use crate::sample::{address, object};

/// A tenant that a test can change as an administrator would, behind the port's back.
#[async_trait]
pub trait Tenant: Send + Sync {
    /// The port to it.
    fn directory(&self) -> Arc<dyn Directory>;
    /// A moment far enough ahead for every call.
    fn until(&self) -> Timestamp;
    /// Puts a person into it.
    async fn put_person(&self, person: &Principal);
    /// Deletes a person.
    async fn delete_person(&self, id: &ObjectId);
    /// Makes every cursor for changes of people too old.
    async fn expire_people_cursors(&self);
    /// Puts a group of this name and kind into it.
    async fn put_group(&self, name: &str, kind: GroupKind, members: &[ObjectId]) -> GroupId;
    /// Changes a group.
    async fn edit(&self, group: &GroupId, op: Op, member: &ObjectId);
    /// Deletes a group.
    async fn delete_group(&self, group: &GroupId);
    /// Makes every change cursor of a group too old.
    async fn expire_cursors(&self, group: &GroupId);
}

/// Every case, each on a tenant of its own.
pub fn cases<T: Tenant + 'static, M: AsyncFn() -> T>() -> Vec<Case<M>> {
    let parts = [reads::cases(), writes::cases(), people::cases(), groups::cases()];
    parts.into_iter().flatten().collect()
}

/// A tenant of six people with a group of the first two.
struct Bed<T> {
    tenant: T,
    directory: Arc<dyn Directory>,
    group: GroupId,
    meter: Meter,
}

impl<T: Tenant> Bed<T> {
    async fn make(make: &impl AsyncFn() -> T) -> Self {
        let tenant = make().await;
        for number in 0..6 {
            tenant.put_person(&user(number)).await;
        }
        let group = tenant.put_group("Staff", GroupKind::Security, &ids(&[0, 1])).await;
        let directory = tenant.directory();
        Self { tenant, directory, group, meter: Meter::default() }
    }

    fn call(&self) -> Call<'_> {
        Call { until: self.tenant.until(), meter: &self.meter }
    }

    async fn members(&self) -> BTreeSet<ObjectId> {
        let reading = ok(self.directory.read(self.call(), &self.group, Depth::Direct).await);
        reading.rows.into_iter().map(|row| row.id).collect()
    }

    async fn write(&self, op: Op, numbers: &[u32]) -> Vec<Applied> {
        self.directory.write(self.call(), &self.group, op, &ids(numbers)).await
    }
}

fn id(number: u32) -> ObjectId {
    object(&format!("00000000-0000-4000-8000-{number:012}"))
}

fn ids(numbers: &[u32]) -> Vec<ObjectId> {
    numbers.iter().map(|number| id(*number)).collect()
}

fn id_set(numbers: &[u32]) -> BTreeSet<ObjectId> {
    ids(numbers).into_iter().collect()
}

/// A user whose mail is `user-N@contoso.example`.
fn user(number: u32) -> Principal {
    let mail = address(&format!("user-{number}"));
    Principal {
        id: id(number),
        name: format!("User {number}"),
        mail: Some(mail.clone()),
        proxies: vec![mail.clone()],
        upn: Some(mail),
        others: Vec::new(),
        kind: PrincipalKind::Own,
    }
}
