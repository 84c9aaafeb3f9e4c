//! Contacts that people, files and the directory make and edit.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    contact::{Contact, ExternalId, Version},
    id::ContactId,
    register::{self, By, ContactEdit, Edit, Stranger, Suppressed},
};
use rusqlite::Connection;

use super::{person, read, suppressions};
use crate::{
    error::Outcome,
    lists::contacts::{self, Source, Stored},
};

pub(super) fn create(
    tx: &Connection,
    address: &Address,
    edit: &ContactEdit,
    source: Source,
) -> Outcome<Contact> {
    let Stranger { blank, mut said } = person::stranger(tx, address)?;
    let mut fresh = register::newly_theirs(&blank.contact, edit);
    said.extend(said_under(tx, &fresh)?);
    fresh.insert(address.clone());
    let taken_by = taken_by(tx, &fresh, (edit.external_id.as_ref(), None))?;
    let key = register::newly_known(&blank.contact, edit);
    let recognized = said_by_who_had(tx, key)?;
    let blank = person::facing_nos(tx, person::facing_nos(tx, blank, &said)?, &recognized)?;
    let asked = Edit { edit, said: &said, recognized: &recognized, taken_by };
    let change = register::create(blank, asked, by(source))?;
    person::insert(tx, &change)?;
    free(tx, key)?;
    read::expect(tx, &change.person.contact.id)
}

pub(super) fn edit(
    tx: &Connection,
    id: &ContactId,
    expected: Option<Version>,
    (edit, source): (&ContactEdit, Source),
) -> Outcome<Contact> {
    apply(tx, contacts::expect(tx, id)?.n, expected, (edit, source))?;
    read::expect(tx, id)
}

/// Gives a contact another address; the former one becomes an alias, and each list looks at them again.
pub(crate) fn set_address(
    tx: &Connection,
    contact: &Stored,
    (address, source): (&Address, Source),
) -> Outcome<()> {
    let edit = ContactEdit { address: Some(address.clone()), ..ContactEdit::default() };
    apply(tx, contact.n, None, (&edit, source))
}

fn apply(
    tx: &Connection,
    n: i64,
    expected: Option<Version>,
    (edit, source): (&ContactEdit, Source),
) -> Outcome<()> {
    let person = person::load(tx, n)?;
    let fresh = register::newly_theirs(&person.contact, edit);
    let said = said_under(tx, &fresh)?;
    let taken_by = taken_by(tx, &fresh, (edit.external_id.as_ref(), Some(n)))?;
    let key = register::newly_known(&person.contact, edit);
    let recognized = said_by_who_had(tx, key)?;
    let person = person::facing_nos(tx, person::facing_nos(tx, person, &said)?, &recognized)?;
    let asked = Edit { edit, said: &said, recognized: &recognized, taken_by };
    match register::edit(&person, expected, asked, by(source))? {
        Some(change) => {
            person::save(tx, n, &person.contact, &change)?;
            free(tx, key)
        }
        None => Ok(()),
    }
}

fn said_by_who_had(tx: &Connection, key: Option<&ExternalId>) -> Outcome<Vec<Suppressed>> {
    key.map_or(Ok(Vec::new()), |key| suppressions::of(tx, key))
}

/// What was said under a key is its contact's from now on.
fn free(tx: &Connection, key: Option<&ExternalId>) -> Outcome<()> {
    key.map_or(Ok(()), |key| suppressions::put(tx, key, &[]))
}

fn by((origin, at): Source) -> By {
    By { origin, at }
}

fn said_under(tx: &Connection, addresses: &BTreeSet<Address>) -> Outcome<Vec<Suppressed>> {
    let said = addresses.iter().map(|address| suppressions::of(tx, address));
    Ok(said.collect::<Outcome<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Who else has one of these addresses, or the key.
fn taken_by(
    tx: &Connection,
    addresses: &BTreeSet<Address>,
    (key, own): (Option<&ExternalId>, Option<i64>),
) -> Outcome<Option<ContactId>> {
    let mut owners = Vec::new();
    for address in addresses {
        owners.extend(contacts::by_address(tx, address)?);
    }
    if let Some(key) = key {
        owners.extend(contacts::by_external_id(tx, key.as_str())?);
    }
    owners.iter().find(|owner| Some(owner.n) != own).map(Stored::contact_id).transpose()
}

/// Every address of a contact.
pub(super) fn addresses(tx: &Connection, contact: i64) -> Outcome<Vec<Address>> {
    let contact = read::of_number(tx, contact)?;
    Ok(contact.addresses().into_iter().cloned().collect())
}
