//! Whom the protected addresses mean: asked of the directory, and kept from one full read to the next.

use std::collections::BTreeSet;

use listsync_core::{
    address::Address,
    case::Reach,
    id::ObjectId,
    member::MemberKey,
    settings::Protected,
    shield::{self, Named, Shield},
};

use super::{
    look::Look,
    observe::{Observed, Read},
};
use crate::{
    answered,
    ports::{Lookup, PortResult},
};

/// Who is never removed from this link's sides. What a protected address means is asked at each full
/// read, and of an address that was protected since then at once. While one of them is nobody's, the
/// addresses of everybody are read who could be removed: among them may be who is meant.
pub(super) async fn find(look: Look<'_>, observed: &mut Observed) -> PortResult<Shield> {
    observed.named = named(look, observed).await?;
    let shield = Shield::new(said(look), &observed.named, owners(look, observed.reach).await?);
    if shield.asks_who_is_unread() {
        read_all(look, observed).await?;
    }
    Ok(shield)
}

fn said(look: Look<'_>) -> [&Protected; 2] {
    [&look.settings.protected, &look.link().members.protected]
}

/// What is known of each protected address by now, and of no other.
async fn named(look: Look<'_>, observed: &Observed) -> PortResult<Named> {
    let known = &look.progress().named;
    let all = shield::addresses(said(look));
    let is_full = matches!(observed.read, Read::Full(_));
    let asked: Vec<Address> =
        all.iter().filter(|address| is_full || !known.contains_key(*address)).cloned().collect();
    let found = answered::look_up(look.ports, look.call(), &asked).await?;
    let mut named: Named = all
        .into_iter()
        .map(|address| (address.clone(), known.get(&address).cloned().unwrap_or_default()))
        .collect();
    for (address, found) in asked.into_iter().zip(found) {
        match found {
            Lookup::Found(one) => drop(named.insert(address, BTreeSet::from([one.id]))),
            Lookup::Ambiguous(several) => drop(named.insert(address, several.into_iter().collect())),
            // Taken from its person, be it by a rename: that person was meant and stays protected.
            Lookup::Nobody => {}
        }
    }
    Ok(named)
}

async fn owners(look: Look<'_>, reach: Reach) -> PortResult<BTreeSet<ObjectId>> {
    let mut owners = BTreeSet::new();
    if shield::covers_owners(said(look)) {
        for group in look.link().groups() {
            match look.places().owners(look.call(), group).await {
                Ok(of_group) => owners.extend(of_group),
                // Nobody is removed in such a run, whoever the owners are.
                Err(_) if reach == Reach::NotAll => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(owners)
}

/// Reads the addresses of all whom this run decides on.
async fn read_all(look: Look<'_>, observed: &mut Observed) -> PortResult<()> {
    let remembered = observed.records.keys().filter_map(MemberKey::object_id);
    let listed = observed.entries.iter().filter_map(|entry| entry.object_id.as_ref());
    let unread: BTreeSet<&ObjectId> =
        remembered.chain(listed).filter(|id| !observed.principals.contains_key(*id)).collect();
    if unread.is_empty() {
        return Ok(());
    }
    let unread: Vec<ObjectId> = unread.into_iter().cloned().collect();
    let people = look.places().by_id(look.call(), &unread).await?;
    observed.principals.extend(people);
    Ok(())
}
