//! The people of a list as a table that can be imported again.

use std::collections::BTreeSet;

use listsync_core::{
    contact::Contact,
    csv::{Shape, row},
    list::{Entry, Standing},
};
use listsync_engine::{ports::PortResult, service::Service};

const ADDRESS: &str = "email";
const NAME: &str = "name";
const KEY: &str = "external_id";

/// A table of those of the entries that are on the list: whoever said no to it, or has yet to confirm, would be put on a
/// list by whoever imports it elsewhere.
///
/// # Errors
/// When the store does not answer.
pub async fn table(service: &Service, entries: &[Entry]) -> PortResult<String> {
    let members = entries.iter().filter(|entry| entry.standing == Standing::Member);
    let ids: Vec<_> = members.map(|entry| entry.contact.clone()).collect();
    let mut people = service.contacts.contacts_by_id(&ids).await?;
    people.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(of(&people))
}

/// The address and the name of each, their key where anybody has one, and their fields, each by its name.
fn of(people: &[Contact]) -> String {
    let has_keys = people.iter().any(|person| person.external_id.is_some());
    let own: Vec<&str> = [ADDRESS, NAME].into_iter().chain(has_keys.then_some(KEY)).collect();
    let fields = people.iter().flat_map(|person| person.fields.keys().map(String::as_str));
    // A column that is there twice would be read as either.
    let fields: BTreeSet<&str> = fields.filter(|name| !own.contains(name)).collect();
    let header = row(own.iter().chain(&fields).copied(), Shape::LINES);
    people.iter().fold(header, |text, person| {
        let key = person.external_id.as_ref().map_or("", |key| key.as_str());
        let cells = [person.address.as_str(), &person.name].into_iter().chain(has_keys.then_some(key));
        let field = |name: &&str| person.fields.get(*name).map_or("", |field| field.value.as_str());
        text + &row(cells.chain(fields.iter().map(field)), Shape::LINES)
    })
}
