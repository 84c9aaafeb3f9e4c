//! What every [`ListStore`], and every [`ListSide`](listsync_engine::ports::ListSide) below it, has to do.

mod changes;
mod ends;
mod entries;
mod expected;
mod given;
mod growth;
mod imports;
mod keyed;
mod leavers;
mod log;
mod pages;
mod setup;
mod standings;
mod undo;

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    id::{ContactId, ListId},
    list::{Entry, NewContact, Origin, Standing},
};
use listsync_engine::ports::{
    AddOutcome, Contacts, Decision, EntryQuery, Import, ImportMode, ListStore, NewImport, RemoveOutcome,
};

use super::{Case, ok};
use crate::sample::{address, contact, moment};

/// Every case, each on a store of its own.
pub fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    let parts = [
        setup::cases(),
        standings::cases(),
        entries::cases(),
        changes::cases(),
        log::cases(),
        imports::cases(),
        growth::cases(),
        leavers::cases(),
        ends::cases(),
        expected::cases(),
        keyed::cases(),
        pages::cases(),
        given::cases(),
        undo::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// A store with one list.
struct Bed<S> {
    store: S,
    list: ListId,
}

impl<S: ListStore> Bed<S> {
    async fn make(make: &impl Fn() -> S) -> Self {
        let store = make();
        let list = ok(store.create_list("Staff", moment(0)).await).id;
        Self { store, list }
    }

    async fn add(&self, local: &str) -> AddOutcome {
        ok(self.store.add(&self.list, &contact(local), Origin::Manual, moment(1)).await)
    }

    async fn remove(&self, local: &str) -> RemoveOutcome {
        ok(self.store.remove(&self.list, &address(local), moment(1)).await)
    }

    async fn decide(&self, local: &str, decision: Decision) {
        ok(self.store.decide(&self.list, &address(local), decision, moment(1)).await);
    }

    async fn entry(&self, local: &str) -> Option<Entry> {
        let wanted = [address(local)];
        ok(self.store.entries(&self.list, EntryQuery::Addresses(&wanted)).await).pop()
    }

    async fn contact(&self, local: &str) -> ContactId {
        self.entry(local).await.expect("the contact was made before").contact
    }

    async fn standing(&self, local: &str) -> Standing {
        self.entry(local).await.map_or(Standing::Absent, |entry| entry.standing)
    }

    /// The local parts of all members.
    async fn members(&self) -> BTreeSet<String> {
        let all = ok(self.store.entries(&self.list, EntryQuery::All).await);
        let members = all.into_iter().filter(|entry| entry.standing == Standing::Member);
        members.map(|entry| local(&entry)).collect()
    }

    async fn import(&self, mode: ImportMode, names: &[&str]) -> Import {
        ok(self.store.import(&self.list, &file(mode, names)).await).import
    }
}

fn local(entry: &Entry) -> String {
    entry.address.as_str().split('@').next().unwrap_or_default().to_owned()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn file(mode: ImportMode, names: &[&str]) -> NewImport {
    let people = names.iter().map(|name| contact(name).into()).collect();
    NewImport::new("staff.csv", mode, people, moment(5))
}

fn with_fields(local: &str, fields: &[(&str, &str)]) -> NewContact {
    let fields: BTreeMap<_, _> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    NewContact { fields, ..contact(local) }
}
