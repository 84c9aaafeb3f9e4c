//! People whose primary address changed: their contact follows, and what was decided under the former address stays.
//!
//! What an address was belongs to the contact and not to a link's row: who left every group, was renamed and comes back is
//! followed as anybody.

use listsync_core::{
    address::Address,
    list::{Entry, Origin},
    matched::{Binding, Doubt, Grounds},
    member::MemberKey,
    rename::Named,
};

use super::{
    doubts::doubt_of,
    look::{Look, Matches},
    observe::Observed,
};
use crate::ports::{ContactEdit, Fault, PortResult};

/// What became of changed addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Renamed {
    /// Contacts that have their person's new address.
    pub(crate) done: u64,
    /// Contacts that keep the former one, because another contact has the new one.
    pub(crate) taken: u64,
    /// Contacts of which something was learned and saved.
    pub(crate) saved: usize,
    /// Whether time ran out before all were looked at.
    pub(crate) rest: Rest,
}

/// Whether something is left for another run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Rest {
    #[default]
    None,
    Some,
}

/// How many contacts are remembered between two looks at the clock.
const SAVED_AT_ONCE: usize = 250;

/// Compares the addresses of everybody who was read with those of the last time, and has contacts follow them.
pub(crate) async fn follow_renames(look: Look<'_>, observed: &mut Observed) -> PortResult<Renamed> {
    let mut renamed = Renamed::default();
    let mut learned = Vec::new();
    for index in 0..observed.entries.len() {
        let Some(address) = primary(observed, &observed.entries[index]).cloned() else { continue };
        let Some(news) = news(look, observed, (index, &address)) else { continue };
        if learned.len() >= SAVED_AT_ONCE {
            renamed.saved += save(look, observed, std::mem::take(&mut learned)).await?;
        }
        if renamed.saved + learned.len() > 0 && look.is_out_of_time() {
            renamed.saved += save(look, observed, learned).await?;
            return Ok(Renamed { rest: Rest::Some, ..renamed });
        }
        let News { mut binding, rename: to } = news;
        match to {
            None => {}
            Some(to) => match rename(look, &mut observed.entries[index], to.clone()).await? {
                Outcome::Done => {
                    binding.grounds.address = to;
                    renamed.done += 1;
                }
                Outcome::Theirs => {}
                // Not remembered, so that each full read tries it again.
                Outcome::Taken => {
                    renamed.taken += 1;
                    continue;
                }
            },
        }
        learned.push((index, binding));
    }
    renamed.saved += save(look, observed, learned).await?;
    Ok(renamed)
}

/// The primary address of an entry's person, where they were read and have one.
fn primary<'o>(observed: &'o Observed, entry: &Entry) -> Option<&'o Address> {
    let id = entry.object_id.as_ref()?;
    // Whoever was read with the group and looked up as well counts as the group has them.
    let mut read = [&observed.principals, &observed.looked_up].into_iter();
    read.find_map(|people| people.get(id)?.primary_address())
}

/// What is to be remembered of a contact's person, and the address that the contact is to have.
struct News {
    binding: Binding,
    rename: Option<Address>,
}

/// What a read of somebody's primary address tells of their contact; none: nothing that is not known.
fn news(look: Look<'_>, observed: &Observed, (index, read): (usize, &Address)) -> Option<News> {
    let entry = &observed.entries[index];
    let object = entry.object_id.clone()?;
    let known = entry.grounds.as_ref().and_then(|grounds| grounds.named.as_ref());
    // Before contacts remembered it, the row of each link did.
    let row = observed.records.get(&MemberKey::Principal(object.clone()));
    let before = known.or_else(|| row.and_then(|row| row.named.as_deref()));
    let after = Named::after(before, read, look.now(), look.settings.settle_window);
    if known == Some(&after) {
        return None;
    }
    if entry.grounds.is_none() && doubt_of(observed, entry) == Some(Doubt::Readdressed) {
        // Whose address it is now was asked for and could not be told: it is asked again.
        return None;
    }
    let rename = Named::renames(before, &after, &entry.address);
    let fresh = || Grounds::new(entry.address.clone(), None, look.now());
    let grounds = Grounds { named: Some(after), ..entry.grounds.clone().unwrap_or_else(fresh) };
    Some(News { binding: Binding { contact: entry.contact.clone(), object, grounds }, rename })
}

/// Remembers what was learned; of how many contacts.
async fn save(look: Look<'_>, observed: &mut Observed, learned: Vec<(usize, Binding)>) -> PortResult<usize> {
    let bindings: Vec<Binding> = learned.iter().map(|(_, binding)| binding.clone()).collect();
    if look.matches == Matches::Saved {
        look.ports.lists.bind(&bindings).await?;
    }
    for (index, binding) in learned {
        observed.entries[index].grounds = Some(binding.grounds);
    }
    Ok(bindings.len())
}

enum Outcome {
    Done,
    /// Another contact of the same person has the address: both stay as they are.
    Theirs,
    /// A contact of somebody else has it.
    Taken,
}

async fn rename(look: Look<'_>, entry: &mut Entry, address: Address) -> PortResult<Outcome> {
    let holder = look.ports.lists.find_contact(&address).await?;
    if let Some(other) = holder.filter(|holder| holder.id != entry.contact) {
        let is_theirs = other.object_id.is_some() && other.object_id == entry.object_id;
        return Ok(if is_theirs { Outcome::Theirs } else { Outcome::Taken });
    }
    if look.matches == Matches::Saved {
        let edit = ContactEdit { address: Some(address.clone()), ..ContactEdit::default() };
        match look.ports.lists.edit_contact(&entry.contact, None, &edit, Origin::Entra, look.now()).await {
            // Somebody was faster.
            Err(error) if error.fault == Fault::Rejected => return Ok(Outcome::Taken),
            // Deleted a moment ago: the list's changes tell the next run.
            Err(error) if error.fault == Fault::Gone => {}
            other => drop(other?),
        }
    }
    entry.address = address;
    entry.undeliverable = None;
    Ok(Outcome::Done)
}
