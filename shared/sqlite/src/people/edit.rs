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
    let blank = person::facing_nos(tx, blank, &said)?;
    let change = register::create(blank, Edit { edit, said: &said, taken_by }, by(source))?;
    person::insert(tx, &change)?;
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
    let person = person::facing_nos(tx, person, &said)?;
    match register::edit(&person, expected, Edit { edit, said: &said, taken_by }, by(source))? {
        Some(change) => person::save(tx, n, &person.contact, &change),
        None => Ok(()),
    }
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
