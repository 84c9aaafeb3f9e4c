//! Whether somebody in the directory answers to what a person wrote into a setting: nobody is no error, as they may come,
//! and worth a word, as it protects or opens nothing until then.

use listsync_core::{
    address::Address,
    id::{GroupId, ObjectId},
    settings::Protected,
};

use crate::{
    Ports,
    ports::{Call, Fault, GroupQuery, Lookup, PortResult},
};

/// Those of the protected to whom nobody answers, as they are written.
///
/// # Errors
/// When the directory does not answer: nothing is known then.
pub async fn without_person(ports: &Ports, call: Call<'_>, protected: &Protected) -> PortResult<Vec<String>> {
    let mut nobody = Vec::new();
    let ids: Vec<ObjectId> = protected.object_ids.iter().cloned().collect();
    if !ids.is_empty() {
        let found = ports.directory.by_id(call, &ids).await?;
        let missing = ids.iter().filter(|id| found.iter().all(|person| person.id != **id));
        nobody.extend(missing.map(ToString::to_string));
    }
    let addresses: Vec<Address> = protected.addresses.iter().cloned().collect();
    let found = look_up(ports, call, &addresses).await?;
    let missing = addresses.iter().zip(found).filter(|(_, found)| *found == Lookup::Nobody);
    nobody.extend(missing.map(|(address, _)| address.to_string()));
    Ok(nobody)
}

/// Who answers to each of these addresses, in their order.
///
/// # Errors
/// As [`without_person`].
pub(crate) async fn look_up(ports: &Ports, call: Call<'_>, addresses: &[Address]) -> PortResult<Vec<Lookup>> {
    let mut found = Vec::with_capacity(addresses.len());
    for batch in addresses.chunks(ports.directory.look_up_batch().max(1)) {
        found.extend(ports.directory.look_up(call, batch).await?);
    }
    Ok(found)
}

/// Those of the groups that are not there.
///
/// # Errors
/// As [`without_person`].
pub async fn without_group<'a>(
    ports: &Ports,
    call: Call<'_>,
    groups: impl IntoIterator<Item = &'a GroupId>,
) -> PortResult<Vec<String>> {
    let mut missing = Vec::new();
    for group in groups {
        match ports.directory.group(call, &GroupQuery::Id(group.clone())).await {
            Ok(_) => {}
            Err(error) if error.fault == Fault::Gone => missing.push(group.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}
