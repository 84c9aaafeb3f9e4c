//! Users of a collection.

use listsync_core::{
    address::Address,
    contact::{Contact, ExternalId},
    id::ContactId,
};
use listsync_scim::{ListQuery, Needle, Paging, Refusal, ScimType, User, kept_of, listed};
use serde_json::Value;

use super::{View, names, shown};
use crate::{problem::Problem, within::Within};

/// How many contacts are in memory at a time.
const PAGE: usize = 500;

/// A page of users.
pub(in crate::scim) async fn page(app: &Within, query: &ListQuery, base: &str) -> Result<Value, Problem> {
    let found = match query.filter.as_ref().and_then(|filter| filter.needle()) {
        Some(needle) => of_needle(app, query, &needle).await?,
        None => walk(app, query).await?,
    };
    let Found { contacts, total, next } = found;
    let names = names(app, &query.cut).await?;
    let view = View { base: base.to_owned(), cut: query.cut.clone() };
    let mut resources = Vec::with_capacity(contacts.len());
    for contact in &contacts {
        let shown = shown(app, contact, &view, &names).await?;
        resources.push(query.cut.cut(shown));
    }
    Ok(listed(resources, &query.paging, total, next))
}

/// The contacts of a page, how many there are in all where that was counted, and the cursor of the next.
struct Found {
    contacts: Vec<Contact>,
    total: Option<usize>,
    next: Option<String>,
}

/// Whether a client sees a contact, and the filter admits it.
fn admits(query: &ListQuery, contact: &Contact) -> bool {
    let is_seen = kept_of(contact).deleted.is_none();
    is_seen && query.filter.as_ref().is_none_or(|filter| filter.admits(&User::shown(contact)))
}

async fn of_needle(app: &Within, query: &ListQuery, needle: &Needle) -> Result<Found, Problem> {
    let contacts = &app.service.contacts;
    let found = match needle {
        Needle::Id(text) => match ContactId::parse(text) {
            Ok(id) => contacts.contact(&id).await?,
            Err(_) => None,
        },
        Needle::ExternalId(text) => match ExternalId::parse(text) {
            Ok(key) => contacts.find_external(&key).await?,
            Err(_) => None,
        },
        Needle::Email(text) => match Address::parse(text) {
            Ok(address) => contacts.find_contact(&address).await?,
            Err(_) => None,
        },
        Needle::UserName(text) => by_user_name(app, text).await?,
        // Several may be called the same.
        Needle::DisplayName(_) => return walk(app, query).await,
    };
    let found: Vec<Contact> = found.into_iter().filter(|contact| admits(query, contact)).collect();
    let total = Some(found.len());
    let contacts = match &query.paging {
        Paging::From(1) | Paging::After(None) if query.count > 0 => found,
        _ => Vec::new(),
    };
    Ok(Found { contacts, total, next: None })
}

/// Who signs in so. What is an address is found by it; for any other name every contact is read.
pub(super) async fn by_user_name(app: &Within, name: &str) -> Result<Option<Contact>, Problem> {
    let contacts = &app.service.contacts;
    if let Ok(address) = Address::parse(name) {
        return Ok(contacts.find_contact(&address).await?);
    }
    let is_same = |contact: &Contact| {
        kept_of(contact).user_name.is_some_and(|own| own.to_lowercase() == name.to_lowercase())
    };
    let mut after: Option<ContactId> = None;
    loop {
        let page = contacts.contacts(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|contact| contact.id.clone());
        if let Some(found) = page.into_iter().find(is_same) {
            return Ok(Some(found));
        }
        if is_last {
            return Ok(None);
        }
    }
}

/// Goes through all contacts, in the order of ids.
async fn walk(app: &Within, query: &ListQuery) -> Result<Found, Problem> {
    let (start, mut after) = match &query.paging {
        Paging::From(start) => (*start, None),
        Paging::After(None) => (1, None),
        Paging::After(Some(cursor)) => (1, Some(id(cursor)?)),
    };
    let is_counted = matches!(query.paging, Paging::From(_));
    let (mut found, mut total) = (Vec::new(), 0_usize);
    loop {
        let page = app.service.contacts.contacts(after.as_ref(), PAGE).await?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|contact| contact.id.clone());
        for contact in page {
            if !admits(query, &contact) {
                continue;
            }
            total += 1;
            if found.len() == query.count && !is_counted {
                // There is one more than the page takes.
                let next = found.last().map(|last: &Contact| last.id.to_string());
                return Ok(Found { contacts: found, total: None, next });
            }
            if total >= start && found.len() < query.count {
                found.push(contact);
            }
        }
        if is_last {
            return Ok(Found { contacts: found, total: is_counted.then_some(total), next: None });
        }
    }
}

fn id(cursor: &str) -> Result<ContactId, Problem> {
    ContactId::parse(cursor)
        .map_err(|_| Refusal::of(ScimType::InvalidCursor, "the cursor is none that a page gave").into())
}
