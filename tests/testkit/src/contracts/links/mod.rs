//! What every [`Links`] has to do.

mod briefs;
mod counts;
mod edits;
mod effects;
mod fold;
mod generations;
mod leases;
mod pending;
mod quiet;
mod rows;
mod setup;

use std::time::Duration;

use listsync_core::{
    Timestamp,
    id::{ContactId, LinkId, ListId},
    link::{Link, Mode},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    Acquired, EntryQuery, Finish, Finished, Fold, Lease, LinkBrief, LinkState, Links, ListStore,
    MemberChange, Progress, Runs,
};

use super::{Case, ok};
use crate::sample::{address, contact, link, moment};

const MINUTE: Duration = Duration::from_secs(60);

/// Every case, each on a store of its own.
pub fn cases<S: Links + ListStore + Runs + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    let parts = [
        setup::cases(),
        briefs::cases(),
        edits::cases(),
        leases::cases(),
        pending::cases(),
        generations::cases(),
        quiet::cases(),
        rows::cases(),
        counts::cases(),
        fold::cases(),
        effects::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// A store with one list and one two-way link on it.
struct Bed<S> {
    store: S,
    list: ListId,
    link: Link,
}

impl<S: Links + ListStore> Bed<S> {
    async fn make(make: &impl Fn() -> S) -> Self {
        let store = make();
        let list = ok(store.create_list("Staff", moment(0)).await).id;
        let link = link("link-1", &list, "group-1");
        ok(store.create(&link, moment(0)).await);
        Self { store, list, link }
    }

    /// Another link, not saved yet, from a list of its own to a group of its own.
    async fn further(&self, number: u32, mode: Mode) -> Link {
        let list = ok(self.store.create_list(&format!("List {number}"), moment(0)).await).id;
        Link { mode, ..link(&format!("link-{number}"), &list, &format!("group-{number}")) }
    }

    fn id(&self) -> &LinkId {
        &self.link.id
    }

    /// The link as it is kept, of which a brief tells the same.
    async fn state(&self) -> LinkState {
        let state = ok(self.store.load(self.id()).await).expect("the link is there");
        let briefs = ok(self.store.briefs(None, 10).await);
        assert!(briefs.contains(&LinkBrief::from(&state)), "{briefs:?} tells otherwise than {state:?}");
        state
    }

    async fn lease(&self, now: Timestamp) -> Lease {
        match ok(self.store.acquire(self.id(), now, MINUTE).await) {
            Acquired::Lease(lease) => lease,
            Acquired::Busy(_) => panic!("the lease is not free"),
        }
    }

    async fn put(&self, lease: &Lease, members: Vec<MemberChange>) {
        ok(self.store.fold(lease, &Fold { members, ..Fold::default() }).await);
    }

    async fn finish(&self, lease: &Lease, finish: Finish) -> Finished {
        ok(self.store.finish(lease, &finish).await)
    }

    /// Puts `local@contoso.example` on the list.
    async fn add(&self, local: &str) -> ContactId {
        ok(self.store.add(&self.list, &contact(local), Origin::Manual, moment(0)).await);
        self.contact(local).await
    }

    async fn contact(&self, local: &str) -> ContactId {
        let wanted = [address(local)];
        let found = ok(self.store.entries(&self.list, EntryQuery::Addresses(&wanted)).await);
        found.first().expect("the contact was made before").contact.clone()
    }

    async fn standing(&self, local: &str) -> Standing {
        let wanted = [address(local)];
        let found = ok(self.store.entries(&self.list, EntryQuery::Addresses(&wanted)).await);
        found.first().map_or(Standing::Absent, |entry| entry.standing)
    }
}

/// The last write of a run at this moment, which is due again an hour later.
fn finish(at: Timestamp) -> Finish {
    Finish {
        progress: Progress::default(),
        status: None,
        synced: None,
        due_at: at.checked_add(Duration::from_secs(3600)).unwrap_or(at),
        ruling_done: None,
        members: Vec::new(),
        at,
    }
}
