//! What a run tells of people that the operator may want to put right: it names them, as a count alone helps nobody.

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    case::Case,
    id::ObjectId,
    identity::Unmatched,
    list::Entry,
    snapshot::Principal,
    summary::{REMARKS, Remark},
};

use super::{look::Look, observe::Observed};
use crate::ports::PortResult;

/// The addresses under which one person is on the list, where they are several.
pub(super) fn same_person(case: &Case) -> Option<Remark> {
    let mut addresses: Vec<Address> = case.also.iter().map(|alias| alias.address.clone()).collect();
    if addresses.is_empty() {
        return None;
    }
    addresses.extend(case.record.address.clone());
    addresses.sort();
    Some(Remark {
        code: "duplicate_contact".into(),
        addresses,
        object_ids: case.record.key.object_id().into_iter().cloned().collect(),
        message: "one person is on the list under several addresses, and counts once".into(),
        hint: "merge the contacts, or take all but one off the list".into(),
    })
}

/// The addresses to which several people answer, as far as this run was told who they are, and these people.
pub(super) async fn ambiguous(look: Look<'_>, observed: &Observed) -> PortResult<Vec<Remark>> {
    let told: Vec<(&Entry, &Vec<ObjectId>)> = observed
        .entries
        .iter()
        .filter_map(|entry| Some((entry, observed.ambiguous.get(&entry.contact)?)))
        .take(REMARKS)
        .collect();
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let unread: BTreeSet<&ObjectId> = told.iter().flat_map(|(_, people)| *people).collect();
    let unread: Vec<ObjectId> =
        unread.into_iter().filter(|id| !observed.principals.contains_key(*id)).cloned().collect();
    let known = observed.principals.values();
    let mut read: BTreeMap<&ObjectId, &Principal> = known.map(|person| (&person.id, person)).collect();
    let people = match unread.is_empty() {
        true => Vec::new(),
        false => look.places().by_id(look.call(), &unread).await?,
    };
    read.extend(people.iter().map(|person| (&person.id, person)));
    Ok(told.into_iter().map(|(entry, people)| several(entry, people, &read)).collect())
}

fn several(entry: &Entry, people: &[ObjectId], read: &BTreeMap<&ObjectId, &Principal>) -> Remark {
    let (found, hint) = Unmatched::Ambiguous.explained();
    let name = |id: &ObjectId| {
        let address = read.get(id).and_then(|person| person.primary_address().or(person.upn.as_ref()));
        address.map_or_else(|| id.to_string(), ToString::to_string)
    };
    let names: Vec<String> = people.iter().map(name).collect();
    Remark {
        code: Unmatched::Ambiguous.code().into(),
        addresses: vec![entry.address.clone()],
        object_ids: people.to_vec(),
        message: format!("{found}: {}", names.join(", ")),
        hint: hint.into(),
    }
}
