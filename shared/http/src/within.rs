//! The service as far as the caller's grant reaches: every handler behind a key finds lists, links and people through it.
//!
//! A key that is bound to lists gets one and the same refusal for what is of another list and for what is not there at
//! all, so that it learns nothing of other lists by asking.

use std::{collections::BTreeSet, ops::Deref};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use listsync_core::{
    address::Address,
    audit::{Action, Actor, Completion, ObjectKind},
    contact::{Contact, Place, Via},
    grant::{Lists, Verb},
    id::{ContactId, ImportId, LinkId, ListId},
    linkable::Voucher,
    list::{List, Standing},
};
use listsync_engine::{
    audit::{self, Deed},
    naming,
    ports::{Cursor, EntryPage, Import, LinkState},
};

use crate::{
    app::{App, Inner},
    gate::Caller,
    page::{self, Page, Wanted},
    problem::Problem,
    trail::Trail,
};

/// The service as far as the caller's grant reaches.
#[derive(Clone)]
pub(crate) struct Within {
    app: App,
    caller: Caller,
    trail: Trail,
}

impl FromRequestParts<App> for Within {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        // The gate has put it there for every route that needs a key.
        let caller = parts.extensions.get::<Caller>().cloned().ok_or_else(crate::gate::no_key)?;
        let trail = parts.extensions.get::<Trail>().cloned().unwrap_or_default();
        Ok(Self { app: app.clone(), caller, trail })
    }
}

impl Deref for Within {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.app
    }
}

impl Within {
    /// For a caller who asks from inside the process.
    pub(crate) fn of(app: App, caller: Caller, trail: Trail) -> Self {
        Self { app, caller, trail }
    }

    /// The id of the caller's key.
    pub(crate) fn key(&self) -> &str {
        &self.caller.key
    }

    /// The way by which the caller brings what somebody said: a program, or a person at this machine.
    pub(crate) fn via(&self) -> Via {
        match self.caller.actor {
            Actor::Local | Actor::Person(_) => Via::Operator,
            _ => Via::Api,
        }
    }

    /// The lists that the caller is bound to; none: bound to no list.
    pub(crate) fn bound_to(&self) -> Option<&BTreeSet<ListId>> {
        self.caller.grant.bound_to()
    }

    /// The lists that the caller is given.
    pub(crate) fn given(&self) -> &Lists {
        &self.caller.grant.lists
    }

    /// Whether something of this list is the caller's to see.
    pub(crate) fn covers(&self, list: &ListId) -> bool {
        self.caller.grant.covers(list)
    }

    /// Refuses a bound caller where a request that is of one list by its path is about the whole tenant by its body.
    pub(crate) fn demand_tenant(&self) -> Result<(), Problem> {
        if self.bound_to().is_some() { Err(no_tenant()) } else { Ok(()) }
    }

    /// What the caller's word is worth where a group is linked.
    pub(crate) fn voucher(&self) -> Voucher {
        let is_operators = self.caller.is_of_before || self.caller.grant.verbs.contains(&Verb::Admin);
        if is_operators { Voucher::Operator } else { Voucher::Key }
    }

    /// Notes for the audit that the request is about this: whatever was not found here, such as what it made.
    pub(crate) fn touch(&self, kind: ObjectKind, id: impl ToString) {
        self.trail.touch(kind, id);
    }

    /// The same of whoever has an address now.
    pub(crate) async fn touch_person(&self, address: &Address) -> Result<(), Problem> {
        if let Some(contact) = self.service.contacts.find_contact(address).await? {
            self.touch(ObjectKind::Contact, &contact.id);
        }
        Ok(())
    }

    /// Notes for the audit what the request does, where its route may do one of several things.
    pub(crate) fn did(&self, action: Action) {
        self.trail.did(action);
    }

    /// Notes for the audit that it changes nothing.
    pub(crate) fn did_nothing(&self) {
        self.trail.did_nothing();
    }

    /// Writes into the audit that the caller did this to what the request is about, whatever it is answered: of what is refused
    /// in part the gate records nothing.
    pub(crate) async fn record(&self, action: Action) {
        let (actor, objects) = (self.caller.actor.clone(), self.trail.objects());
        audit::record(&self.service, Deed { actor, action, objects, completion: Completion::Done }).await;
    }

    /// The list of a name or an id.
    pub(crate) async fn list(&self, text: &str) -> Result<List, Problem> {
        let found = match text.chars().any(char::is_control) {
            true => None,
            false => naming::find_list(self.ports().lists.as_ref(), text).await?,
        };
        let list = self.own(found, |list| &list.id).map_err(|missing| missing("list"))?;
        self.touch(ObjectKind::List, &list.id);
        Ok(list)
    }

    /// The link of an id.
    pub(crate) async fn link(&self, text: &str) -> Result<LinkState, Problem> {
        let found = match LinkId::parse(text) {
            Ok(id) => self.ports().links.load(&id).await?,
            Err(_) => None,
        };
        let state = self.own(found, |state| &state.link.list).map_err(|missing| missing("link"))?;
        self.touch(ObjectKind::Link, &state.link.id);
        self.touch(ObjectKind::List, &state.link.list);
        Ok(state)
    }

    /// The import of an id.
    pub(crate) async fn import(&self, text: &str) -> Result<Import, Problem> {
        let found = match ImportId::parse(text) {
            Ok(id) => self.ports().lists.find_import(&id).await?,
            Err(_) => None,
        };
        let import = self.own(found, |import| &import.list).map_err(|missing| missing("import"))?;
        self.touch(ObjectKind::Import, &import.id);
        self.touch(ObjectKind::List, &import.list);
        Ok(import)
    }

    /// What was found, if it is of a list of the caller's; else how to refuse it, by the word for what was asked for.
    pub(crate) fn own<T>(
        &self,
        found: Option<T>,
        list: impl Fn(&T) -> &ListId,
    ) -> Result<T, fn(&str) -> Problem> {
        let missing = if self.bound_to().is_some() { not_bound } else { Problem::missing };
        found.filter(|found| self.covers(list(found))).ok_or(missing)
    }

    /// The contact of an id or an address, for a bound caller only one who is on a list of theirs, or opted out of it.
    pub(crate) async fn contact(&self, text: &str) -> Result<Contact, Problem> {
        let found = self.found_contact(text).await?;
        if let Some(contact) = &found {
            self.touch(ObjectKind::Contact, &contact.id);
        }
        if self.bound_to().is_none() {
            return found.ok_or_else(|| Problem::missing("contact"));
        }
        let contact = found.ok_or_else(|| not_bound("contact"))?;
        let is_own = self.places(&contact.id).await?.iter().any(|place| self.covers(&place.list));
        if is_own { Ok(contact) } else { Err(not_bound("contact")) }
    }

    /// The contact, to be edited: what is edited of a contact holds on every list that they are on, so a bound caller has
    /// to have them all.
    pub(crate) async fn contact_to_edit(&self, text: &str) -> Result<Contact, Problem> {
        let contact = self.contact(text).await?;
        if !self.may_edit(&contact.id).await? {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "list",
                "this person is on other lists too, and the key is not bound to those",
            )
            .hint("use a key that is not bound to lists"));
        }
        Ok(contact)
    }

    /// Whether what is known of a contact is the caller's to change ([`Lists::hold_all_of`]).
    pub(crate) async fn may_edit(&self, contact: &ContactId) -> Result<bool, Problem> {
        if self.bound_to().is_none() {
            return Ok(true);
        }
        Ok(self.given().hold_all_of(self.places(contact).await?.iter().map(|place| &place.list)))
    }

    /// The same of whoever has an address; of nobody it is.
    pub(crate) async fn may_edit_at(&self, address: &Address) -> Result<bool, Problem> {
        if self.bound_to().is_none() {
            return Ok(true);
        }
        match self.service.contacts.find_contact(address).await? {
            Some(contact) => self.may_edit(&contact.id).await,
            None => Ok(true),
        }
    }

    /// Where a contact is, or said something, and not where they merely were once.
    async fn places(&self, contact: &ContactId) -> Result<Vec<Place>, Problem> {
        let mut places = self.service.contacts.places(contact).await?;
        places.retain(|place| place.standing != Standing::Absent);
        Ok(places)
    }

    /// The address that this text is, if it is no contact's. A caller that is bound to lists is told of none: who it may know
    /// of is on them.
    pub(crate) async fn nobodys_address(&self, text: &str) -> Result<Option<Address>, Problem> {
        let (true, Ok(address), None) = (text.contains('@'), Address::parse(text), self.bound_to()) else {
            return Ok(None);
        };
        Ok(self.service.contacts.find_contact(&address).await?.is_none().then_some(address))
    }

    async fn found_contact(&self, text: &str) -> Result<Option<Contact>, Problem> {
        let contacts = &self.service.contacts;
        Ok(match (text.contains('@'), Address::parse(text), ContactId::parse(text)) {
            (true, Ok(address), _) => contacts.find_contact(&address).await?,
            (false, _, Ok(id)) => contacts.contact(&id).await?,
            _ => None,
        })
    }

    /// A page of contacts: of all, or of those who stand to the caller's lists.
    pub(crate) async fn contacts(&self, wanted: &Wanted) -> Result<Page<Contact>, Problem> {
        let contacts = &self.service.contacts;
        let Some(bound_to) = self.bound_to() else {
            let found = contacts.contacts(wanted.after_id()?.as_ref(), wanted.limit + 1).await?;
            return Ok(Page::cut(found, wanted.limit, |contact| contact.id.to_string()));
        };
        let mut lists = Vec::new();
        for list in bound_to {
            // The key outlives a list that it is bound to.
            lists.extend(self.ports().lists.list(list).await?.map(|list| list.id));
        }
        let page = self.ports().lists.entries_page(&lists, wanted.cursor().as_ref(), wanted.limit).await;
        let EntryPage { entries, next } = page.map_err(page::refused)?;
        let ids: Vec<ContactId> = entries.into_iter().map(|entry| entry.contact).collect();
        Ok(Page::of(contacts.contacts_by_id(&ids).await?, next.map(|Cursor(next)| next)))
    }
}

/// The refusal of what is about the whole tenant to a key that is bound to lists.
pub(crate) fn no_tenant() -> Problem {
    let detail = "this is about the whole tenant, and the key is bound to lists";
    Problem::new(StatusCode::FORBIDDEN, "tenant", detail).hint("use a key that is not bound to lists")
}

/// The refusal of what is of no list that a key is bound to.
pub(crate) fn not_bound(what: &str) -> Problem {
    let detail = format!("the key is bound to lists, and there is no such {what} of theirs");
    Problem::new(StatusCode::FORBIDDEN, "list", detail).hint("use a key of that list")
}
