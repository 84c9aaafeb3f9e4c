//! What every [`Contacts`] has to do.

mod edits;
mod feed;
mod filters;
mod forgetting;
mod matches;
mod merging;
mod opt_outs;
mod pruning;
mod recognizing;
mod rules;

use listsync_core::{
    contact::{Contact, Decision, ExternalId, OptOutReason, Place, Saying, Scope, Version, Via},
    id::{ContactId, ListId},
    list::{Origin, Standing},
};
use listsync_engine::ports::{
    AddOutcome, ContactEdit, Contacts, EntryQuery, Heard, ImportMode, ListEdit, ListStore, NewImport,
    PortResult,
};

use super::{Case, fault, ok};
use crate::sample::{address, contact, moment};

/// Every case, each on a store of its own.
pub fn cases<S: ListStore + Contacts + 'static, M: Fn() -> S>() -> Vec<Case<M>> {
    let parts = [
        edits::cases(),
        feed::cases(),
        opt_outs::cases(),
        rules::cases(),
        forgetting::cases(),
        recognizing::cases(),
        pruning::cases(),
        merging::cases(),
        matches::cases(),
        filters::cases(),
    ];
    parts.into_iter().flatten().collect()
}

/// A store with two lists.
struct Bed<S> {
    store: S,
    staff: ListId,
    news: ListId,
}

impl<S: ListStore + Contacts> Bed<S> {
    async fn make(make: &impl Fn() -> S) -> Self {
        let store = make();
        let staff = ok(store.create_list("Staff", moment(0)).await).id;
        let news = ok(store.create_list("News", moment(0)).await).id;
        Self { store, staff, news }
    }

    /// Somebody who is a member of these lists.
    async fn member(&self, local: &str, lists: &[&ListId]) -> ContactId {
        for list in lists {
            assert_eq!(self.add(list, local).await, AddOutcome::Added);
        }
        self.find(local).await.expect("they were added").id
    }

    async fn add(&self, list: &ListId, local: &str) -> AddOutcome {
        ok(self.store.add(list, &contact(local), Origin::Manual, moment(1)).await)
    }

    /// Takes a file in that names these; how many were put on the list, and the codes of rows that were not taken in.
    async fn import(&self, list: &ListId, names: &[&str]) -> (u64, Vec<String>) {
        let people = names.iter().map(|name| contact(name).into()).collect();
        let file = NewImport::new("staff.csv", ImportMode::Incremental, people, moment(6));
        let imported = ok(self.store.import(list, &file).await);
        (imported.import.added, imported.refused.into_iter().map(|row| row.code).collect())
    }

    async fn find(&self, local: &str) -> Option<Contact> {
        ok(self.store.find_contact(&address(local)).await)
    }

    async fn load(&self, id: &ContactId) -> Contact {
        ok(self.store.contact(id).await).expect("the contact is there")
    }

    async fn edit(&self, id: &ContactId, edit: &ContactEdit) -> Contact {
        ok(self.store.edit_contact(id, None, edit, Origin::Manual, moment(3)).await)
    }

    async fn say(&self, local: &str, decision: Decision, scope: Scope) -> PortResult<Heard> {
        self.store.say(&saying(local, decision, scope)).await
    }

    async fn opts_out(&self, local: &str, scope: Scope) -> Heard {
        ok(self.say(local, Decision::OptedOut, scope).await)
    }

    async fn subscribes(&self, local: &str, scope: Scope) -> Heard {
        ok(self.say(local, Decision::Subscribed, scope).await)
    }

    async fn complains(&self, local: &str, scope: Scope) -> Heard {
        let complaint = Saying {
            reason: OptOutReason::Complaint,
            via: Via::Event,
            ..saying(local, Decision::OptedOut, scope)
        };
        ok(self.store.say(&complaint).await)
    }

    async fn standing(&self, list: &ListId, local: &str) -> Standing {
        let wanted = [address(local)];
        let entries = ok(self.store.entries(list, EntryQuery::Addresses(&wanted)).await);
        entries.first().map_or(Standing::Absent, |entry| entry.standing)
    }

    async fn standings(&self, local: &str) -> [Standing; 2] {
        [self.standing(&self.staff, local).await, self.standing(&self.news, local).await]
    }

    async fn place(&self, id: &ContactId, list: &ListId) -> Option<Place> {
        ok(self.store.places(id).await).into_iter().find(|place| place.list == *list)
    }

    async fn edit_list(&self, list: &ListId, edit: &ListEdit) -> PortResult<listsync_core::list::List> {
        self.store.edit_list(list, None, edit, moment(4)).await
    }
}

fn saying(local: &str, decision: Decision, scope: Scope) -> Saying {
    Saying {
        address: address(local),
        decision,
        scope,
        reason: OptOutReason::Own,
        via: Via::OneClick,
        at: moment(2),
    }
}

fn of(list: &ListId) -> Scope {
    Scope::List(list.clone())
}

fn key(text: &str) -> ExternalId {
    ExternalId::parse(text).expect("a plain text is a key")
}

fn version(number: u64) -> Option<Version> {
    Some(Version(number))
}

/// The code that a call was refused with.
fn refused<T: std::fmt::Debug>(result: PortResult<T>) -> String {
    let error = result.expect_err("the call is to be refused");
    assert_eq!(error.fault, listsync_engine::ports::Fault::Rejected, "{error}");
    error.code
}
