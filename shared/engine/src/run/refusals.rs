//! Nos that were said under an address that only the directory knows to be somebody's. A run that
//! reads them gives each to its person, be it somebody whom the list has under another address, or
//! a member of the group whom nobody keeps.

use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    consent::SinceNo,
    contact::{Decision, OptOut, OptOutReason, Saying, Scope},
    id::ContactId,
    list::{Entry, Origin, Standing},
    refusal::{Attributed, By, Keeper, attribute, untold},
    snapshot::Principal,
};

use super::{
    look::{Look, Matches},
    observe::{Observed, once_each},
    renames::Rest,
};
use crate::ports::{ContactEdit, EntryQuery, Fault, PortError, PortResult};

/// Notes who of those that were read said no. An address that some entry has is not asked for: that tells by itself.
pub(super) async fn find(look: Look<'_>, observed: &mut Observed) -> PortResult<Rest> {
    let asked: Vec<Address> = untold(observed.people(), &observed.entries).into_iter().cloned().collect();
    if asked.is_empty() {
        return Ok(Rest::None);
    }
    let mut nos = BTreeMap::new();
    for address in look.ports.lists.refused(&look.link().list, &asked).await? {
        let keeper = keeper(look, &address).await?;
        nos.insert(address, keeper);
    }
    let attributed = attribute(observed.people(), &observed.entries, &nos);
    observed.refusing.clone_from(&attributed.refusing);
    keep(look, observed, attributed).await
}

impl Observed {
    /// Everybody whose addresses were read: with the group, or by a look-up.
    fn people(&self) -> impl Iterator<Item = &Principal> + Clone {
        self.principals.values().chain(self.looked_up.values())
    }
}

async fn keeper(look: Look<'_>, address: &Address) -> PortResult<Keeper> {
    Ok(match look.ports.lists.find_contact(address).await? {
        None => Keeper::Nobody,
        Some(contact) => {
            let by = if contact.address == *address { By::Own } else { By::Alias };
            Keeper::Contact { id: contact.id, object: contact.object_id, by }
        }
    })
}

/// Has each no be that of its person's contact, which so leaves every list that it holds for.
async fn keep(look: Look<'_>, observed: &mut Observed, attributed: Attributed) -> PortResult<Rest> {
    let given = attributed.given.into_iter().map(|(contact, addresses)| {
        (contact, Kept::Addresses(ContactEdit { add_aliases: addresses, ..ContactEdit::default() }))
    });
    let repeated = attributed.repeated.into_iter().map(|(contact, said)| (contact, Kept::Word(said)));
    let (mut kept, mut rest) = (Vec::new(), Rest::None);
    for (contact, what) in given.chain(repeated) {
        if !kept.is_empty() && look.is_out_of_time() {
            rest = Rest::Some;
            break;
        }
        if look.matches == Matches::Saved {
            match what {
                Kept::Addresses(edit) => give(look, (&contact, &edit)).await?,
                Kept::Word(said) => repeat(look, (&contact, &said)).await?,
            }
        }
        kept.push(contact);
    }
    if kept.is_empty() {
        return Ok(rest);
    }
    let mut fresh = look.ports.lists.entries(&look.link().list, EntryQuery::Contacts(&kept)).await?;
    if look.matches == Matches::Unsaved {
        fresh.iter_mut().for_each(|entry| entry.standing = Standing::OptedOut);
    }
    let entries: Vec<Entry> = std::mem::take(&mut observed.entries);
    observed.entries = once_each(entries.into_iter().chain(fresh).collect());
    Ok(rest)
}

/// How a no becomes a contact's.
enum Kept {
    Addresses(ContactEdit),
    Word(ContactId),
}

/// A no to all lists that comes with an address is the person's own word: should the contact be given to somebody else one
/// day, it stays with whoever said it.
async fn give(look: Look<'_>, (id, edit): (&ContactId, &ContactEdit)) -> PortResult<()> {
    let lists = &look.ports.lists;
    passing_over(lists.edit_contact(id, None, edit, Origin::Entra, look.now()).await)?;
    let given = lists.contact(id).await?.and_then(|contact| Some((contact.opted_out?, contact.address)));
    let Some((OptOut { reason, via, at }, address)) = given else { return Ok(()) };
    if is_own_word(look, id).await? {
        return Ok(());
    }
    let (decision, scope) = (Decision::OptedOut, Scope::All);
    passing_over(lists.say(&Saying { address, decision, scope, reason, via, at }).await)
}

/// Says for a contact what another of the same person said: of all lists, or of this one.
async fn repeat(look: Look<'_>, (contact, said): (&ContactId, &ContactId)) -> PortResult<()> {
    let lists = &look.ports.lists;
    let (Some(contact), Some(other)) = (lists.contact(contact).await?, lists.contact(said).await?) else {
        return Ok(());
    };
    let list = Scope::List(look.link().list.clone());
    let word = match other.opted_out.filter(|_| other.since_no(&look.link().list) == SinceNo::Nothing) {
        Some(no) => Some((Scope::All, no)),
        None => {
            let words = lists.sayings(said).await?;
            let last = words.into_iter().find(|word| word.scope == list);
            let last = last.filter(|word| word.decision == Decision::OptedOut);
            last.map(|word| (list, OptOut { reason: OptOutReason::Own, via: word.via, at: word.at }))
        }
    };
    let Some((scope, OptOut { reason, via, at })) = word else { return Ok(()) };
    let decision = Decision::OptedOut;
    let saying = Saying { address: contact.address, decision, scope, reason, via, at };
    passing_over(lists.say(&saying).await)
}

/// What people changed meanwhile the changes of the list tell the next run.
fn passing_over<T>(done: PortResult<T>) -> PortResult<()> {
    match done {
        Err(PortError { fault: Fault::Rejected | Fault::Gone, .. }) => Ok(()),
        other => other.map(drop),
    }
}

/// Whether a no to all lists is a contact's own word on them, and did not come with an address that it was given.
pub(super) async fn is_own_word(look: Look<'_>, contact: &ContactId) -> PortResult<bool> {
    let words = look.ports.lists.sayings(contact).await?;
    let last = words.iter().find(|word| word.scope == Scope::All);
    Ok(last.is_some_and(|word| word.decision == Decision::OptedOut))
}
