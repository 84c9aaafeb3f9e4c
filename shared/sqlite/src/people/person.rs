//! A person as one value: loaded whole, and committed as the register's rules have it.

use std::collections::{BTreeMap, HashSet};

use listsync_core::{
    Timestamp,
    address::Address,
    contact::{Contact, OptOut, Scope, Version},
    id::{ContactId, ListId, ObjectId},
    import::Keys,
    list::Standing,
    mark::Mark,
    register::{Change, Looks, Move, Person, Spoken, Stance, Stand, Stranger, Suppressed},
};
use rusqlite::{Connection, params};

use super::{
    accepts, departed,
    fields::Provenance,
    former, keys, read, suppressions,
    words::{self, last_word},
};
use crate::{
    error::{Fail, Outcome},
    lists::{
        catalog::{self, Numbered},
        contacts::{self, Stored},
        held, matches, memberships,
    },
    values::{collect, name_of, nanos, origin, standing, stored_count, timestamp, typed},
};

/// A contact with how they stand to each list, and all they said.
pub(crate) fn load(tx: &Connection, contact: i64) -> Outcome<Person> {
    let statement = tx.prepare_cached(
        "SELECT l.id, l.n, l.opt_out, l.filter IS NOT NULL, m.standing, m.origin, m.since
         FROM lists l LEFT JOIN memberships m ON m.list = l.n AND m.contact = ?1
         WHERE m.contact IS NOT NULL OR l.n IN (SELECT list FROM sayings WHERE contact = ?1)",
    )?;
    let stances = collect(statement, [contact], |row| {
        let list = catalog::read_numbered(row, 1)?;
        let blank = Stance { word: last_word(tx, contact, list.n)?, ..Stance::blank(list.terms) };
        let stance = match row.get::<_, Option<String>>(4)? {
            None => blank,
            Some(name) => Stance {
                standing: standing(&name)?,
                origin: origin(&row.get::<_, String>(5)?)?,
                since: timestamp(row.get(6)?),
                ..blank
            },
        };
        Ok((typed::<ListId>(row, 0, "list's id")?, stance))
    })?;
    Ok(Person {
        contact: read::of_number(tx, contact)?,
        erased: contacts::of_number(tx, contact)?.erased,
        stances: stances.into_iter().collect(),
        of_former: BTreeMap::new(),
        of_all: words::last_of_all(tx, contact)?,
    })
}

/// Gives a person a stance to a list that they have none to.
pub(super) fn facing(tx: &Connection, mut person: Person, lists: &[ListId]) -> Outcome<Person> {
    for list in lists {
        let blank = Stance::blank(catalog::numbered(tx, list)?.terms);
        person.stances.entry(list.clone()).or_insert(blank);
    }
    Ok(person)
}

/// The same for each list that a no is about.
pub(super) fn facing_nos(tx: &Connection, person: Person, said: &[Suppressed]) -> Outcome<Person> {
    let lists: Vec<ListId> = said.iter().filter_map(Suppressed::list).cloned().collect();
    facing(tx, person, &lists)
}

/// Whoever would be the contact of an address that is nobody's.
pub(super) fn stranger(tx: &Connection, address: &Address) -> Outcome<Stranger> {
    let id = ContactId::parse(&uuid::Uuid::now_v7().to_string()).map_err(|_| Fail::Stored("contact's id"))?;
    let contact = Contact { version: Version(1), ..Contact::new(id, address.clone()) };
    let said = suppressions::of(tx, address)?;
    Ok(Stranger { blank: facing_nos(tx, Person::new(contact), &said)?, said })
}

/// How a contact stands to one list, with all they said that is about it.
pub(crate) fn stand(tx: &Connection, list: Numbered, contact: &Stored) -> Outcome<Stand> {
    Ok(Stand {
        standing: memberships::of(tx, list.n, contact.n)?.standing,
        word: last_word(tx, contact.n, list.n)?,
        to_all: contact.to_all,
        since: accepts::since_no(tx, list.n, contact.n)?,
        erased: contact.erased,
    })
}

/// The same as far as it is asked whether somebody else may put them on it: unless they are on it, or left it by their word.
pub(crate) fn stand_to_add(
    tx: &Connection,
    list: Numbered,
    (contact, standing): (&Stored, Standing),
) -> Outcome<Stand> {
    match standing {
        Standing::Absent => stand(tx, list, contact),
        standing => Ok(Stand { standing, ..Stand::BLANK }),
    }
}

/// Whether a no keeps a contact off a list where they stand like this.
pub(crate) fn is_held_off(tx: &Connection, list: Numbered, standing: (&Stored, Standing)) -> Outcome<bool> {
    Ok(stand_to_add(tx, list, standing)?.held_off(list.terms.opt_out).is_some())
}

/// Makes the contact of a person who is not kept yet, and commits what becomes of them.
pub(super) fn insert(tx: &Connection, change: &Change) -> Outcome<()> {
    let Contact { id, address, .. } = &change.person.contact;
    tx.prepare_cached("INSERT INTO contacts (id, address, name, fields) VALUES (?1, ?2, '', '{}')")?
        .execute([id.as_str(), address.as_str()])?;
    let n = tx.last_insert_rowid();
    free(tx, n, address)?;
    let blank = Contact::new(id.clone(), address.clone());
    save(tx, n, &blank, change)
}

/// Commits what becomes of a contact who was this before.
pub(crate) fn save(tx: &Connection, n: i64, before: &Contact, change: &Change) -> Outcome<()> {
    let after = &change.person.contact;
    write(tx, n, &change.person)?;
    if after.addresses() != before.addresses() || after.address != before.address {
        save_addresses(tx, (n, before), change)?;
    }
    if Keys::of(after) != Keys::of(before) {
        keys::set(tx, n, &Keys::of(after))?;
    }
    if after.accepts != before.accepts {
        accepts::set(tx, n, &after.accepts)?;
    }
    for Spoken { scope, decision, told } in &change.words {
        let list = match scope {
            Scope::All => None,
            Scope::List(list) => Some(catalog::number(tx, list)?),
        };
        words::write(tx, n, (list, *decision), *told)?;
    }
    for list in &change.spared {
        held::release_named(tx, catalog::number(tx, list)?, &HashSet::from([n]))?;
    }
    for Move { list, to, by } in &change.moves {
        let change = memberships::Move { to: *to, by: by.origin, at: by.at };
        memberships::set(tx, catalog::number(tx, list)?, n, change)?;
    }
    if let Looks::Again(by) = change.looks {
        matches::log_on_its_lists(tx, n, (by.origin, by.at))?;
    }
    if change.is_news(Some(before)) { contacts::tell(tx, n) } else { Ok(()) }
}

fn write(tx: &Connection, n: i64, person: &Person) -> Outcome<()> {
    let Contact { address, name, object_id, fields, undeliverable, opted_out, version, .. } = &person.contact;
    let grounds = person.contact.grounds.as_ref().map(contacts::grounds_text).transpose()?;
    tx.prepare_cached(
        "UPDATE contacts SET address = ?2, name = ?3, object_id = ?4, fields = ?5, provenance = ?6, grounds = ?7,
             undeliverable = ?8, undeliverable_at = ?9, opted_out = ?10, opted_out_at = ?11, opted_out_via = ?12,
             erased_at = ?13, version = ?14 WHERE n = ?1",
    )?
    .execute(params![
        n,
        address.as_str(),
        name,
        object_id.as_ref().map(ObjectId::as_str),
        contacts::values_text(fields),
        Provenance::known(fields).text()?,
        grounds,
        undeliverable.map(|state| name_of(state.reason)).transpose()?,
        undeliverable.map(|state| nanos(state.at)),
        opted_out.map(|no| name_of(no.reason)).transpose()?,
        opted_out.map(|no| nanos(no.at)),
        opted_out.map(|no| name_of(no.via)).transpose()?,
        person.erased.map(|no: OptOut| nanos(no.at)),
        stored_count(version.0),
    ])?;
    Ok(())
}

fn save_addresses(tx: &Connection, (n, before): (i64, &Contact), change: &Change) -> Outcome<()> {
    let after = &change.person.contact;
    tx.prepare_cached("DELETE FROM aliases WHERE contact = ?1")?.execute([n])?;
    let mut insert = tx.prepare_cached("INSERT INTO aliases (address, contact) VALUES (?1, ?2)")?;
    for alias in &after.aliases {
        insert.execute(params![alias.as_str(), n])?;
    }
    for fresh in after.addresses().difference(&before.addresses()) {
        free(tx, n, fresh)?;
    }
    for lost in change.lost(before) {
        suppressions::put(tx, lost, &change.left)?;
        for kept in after.addresses() {
            former::spread(tx, lost, kept)?;
        }
    }
    Ok(())
}

/// What was said under an address is its contact's from now on, and links of whoever had it before lead to them.
pub(super) fn free(tx: &Connection, n: i64, address: &Address) -> Outcome<()> {
    departed::succeed(tx, n, address)?;
    suppressions::put(tx, address, &[])
}

/// Makes what was said under an address its new contact's own.
pub(crate) fn bring(tx: &Connection, n: i64, address: &Address, at: Timestamp) -> Outcome<()> {
    departed::succeed(tx, n, address)?;
    let said = suppressions::of(tx, address)?;
    if said.is_empty() {
        return Ok(());
    }
    suppressions::put(tx, address, &[])?;
    let person = facing_nos(tx, load(tx, n)?, &said)?;
    let before = person.contact.clone();
    save(tx, n, &before, &Change::bringing(person, &said, at))
}

/// Makes what was said under keys and an object that a contact comes to have its own.
///
/// This is done whenever a contact gets one, be it new or long known. Somebody who is made by an address, and whose key only a
/// later file brings, is the one who said no under that key. Nothing else would ever tell of it.
pub(crate) fn recognize(tx: &Connection, n: i64, marks: &[Mark<'_>], at: Timestamp) -> Outcome<()> {
    let said = suppressions::of_each(tx, marks)?;
    if said.is_empty() {
        return Ok(());
    }
    marks.iter().try_for_each(|mark| suppressions::put(tx, *mark, &[]))?;
    let person = facing_nos(tx, load(tx, n)?, &said)?;
    let before = person.contact.clone();
    save(tx, n, &before, &Change::recognizing(person, &said, at))
}

/// Has a contact inherit a no to a deleted list whose name this one took.
pub(super) fn inherit(
    tx: &Connection,
    (n, list): (i64, &ListId),
    (no, at): (OptOut, Timestamp),
) -> Outcome<()> {
    let person = facing(tx, load(tx, n)?, std::slice::from_ref(list))?;
    let before = person.contact.clone();
    save(tx, n, &before, &Change::inheriting(person, list, no, at))
}
