use std::collections::{BTreeMap, BTreeSet};

use super::{
    change::{By, Change, Looks},
    person::Person,
    refusal::Refusal,
    suppressed::Suppressed,
};
use crate::{
    Timestamp,
    address::Address,
    contact::{Contact, ExternalId, Field, Undeliverable, UndeliverableReason, Version},
    id::ContactId,
    list::{NewContact, Origin},
};

/// An edit of a contact: what it does not name stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactEdit {
    /// A new address; the former one becomes an alias, and on every list they stay who they were.
    pub address: Option<Address>,
    /// A new display name.
    pub name: Option<String>,
    /// A new key in the system that files come from.
    pub external_id: Option<ExternalId>,
    /// Keys to be theirs no more.
    pub ended_ids: BTreeSet<ExternalId>,
    /// Fields; an empty value clears one.
    pub fields: BTreeMap<String, String>,
    /// Addresses to be theirs besides.
    pub add_aliases: BTreeSet<Address>,
    /// Addresses to be theirs no more.
    pub remove_aliases: BTreeSet<Address>,
    /// Whether messages reach them.
    pub mail: Option<MailState>,
}

/// Whether messages reach a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// They do.
    Reaches,
    /// They do not.
    Undeliverable(UndeliverableReason),
}

/// Whether an edit changed a contact's name or fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// It did.
    Changed,
    /// All is as it was.
    Same,
}

/// Which addresses an edit makes a contact's that were not theirs.
#[must_use]
pub fn newly_theirs(contact: &Contact, edit: &ContactEdit) -> BTreeSet<Address> {
    let after = edited(contact, edit, By { origin: Origin::Manual, at: Timestamp::UNIX_EPOCH });
    let before = contact.addresses();
    after.addresses().into_iter().filter(|address| !before.contains(address)).cloned().collect()
}

/// The key that an edit makes a contact's that was not theirs.
#[must_use]
pub fn newly_known<'a>(contact: &Contact, edit: &'a ContactEdit) -> Option<&'a ExternalId> {
    edit.external_id.as_ref().filter(|key| !contact.has_key(key))
}

/// An edit, with what was said under the addresses that it makes a contact's.
#[derive(Debug, Clone)]
pub struct Edit<'a> {
    /// What is to become of the contact.
    pub edit: &'a ContactEdit,
    /// What was said under its [`newly_theirs`] addresses.
    pub said: &'a [Suppressed],
    /// What was said by who had its [`newly_known`] key before.
    pub recognized: &'a [Suppressed],
    /// Somebody else who has one of these addresses or the external id already.
    pub taken_by: Option<ContactId>,
}

/// Edits a contact, whose new addresses and key bring what was said under them; an address that is theirs no more keeps what they
/// said. An edit that says nothing changes nothing; any other is a version of its own.
///
/// # Errors
/// [`Refusal::Edited`] when the contact is at another version than expected; [`Refusal::Taken`].
pub fn edit(
    before: &Person,
    expected: Option<Version>,
    Edit { edit, said, recognized, taken_by }: Edit<'_>,
    by: By,
) -> Result<Option<Change>, Refusal> {
    let version = before.contact.version;
    if expected.is_some_and(|expected| expected != version) {
        return Err(Refusal::Edited { contact: before.contact.id.clone(), now: version });
    }
    if let Some(other) = taken_by {
        return Err(Refusal::Taken(other));
    }
    if *edit == ContactEdit::default() {
        return Ok(None);
    }
    let mut change = Change::of(before.clone());
    change.person.contact = edited(&before.contact, edit, by);
    if change.person.contact.address != before.contact.address {
        change.looks = Looks::Again(by);
    }
    change.take_over(said, by.at);
    change.recognize(recognized, by.at);
    change.person.contact.version = Version(version.0 + 1);
    change.left = change.person.nos();
    Ok(Some(change))
}

/// Makes a contact, to whom its addresses and key bring what was said under them.
///
/// # Errors
/// [`Refusal::Taken`].
pub fn create(
    blank: Person,
    Edit { edit, said, recognized, taken_by }: Edit<'_>,
    by: By,
) -> Result<Change, Refusal> {
    if let Some(other) = taken_by {
        return Err(Refusal::Taken(other));
    }
    let mut change = Change::of(blank);
    change.person.contact = edited(&change.person.contact, edit, by);
    change.take_over(said, by.at);
    change.recognize(recognized, by.at);
    Ok(change)
}

fn edited(contact: &Contact, edit: &ContactEdit, by: By) -> Contact {
    let ContactEdit { address, name, external_id, ended_ids, fields, add_aliases, remove_aliases, mail } =
        edit;
    let mut after = contact.clone();
    if let Some(address) = address {
        after.readdress(address, by.origin);
    }
    if let Some(name) = name {
        after.name.clone_from(name);
    }
    after.further_ids.retain(|key| !ended_ids.contains(key));
    if after.external_id.as_ref().is_some_and(|key| ended_ids.contains(key)) {
        after.external_id = after.further_ids.pop_first();
    }
    if let Some(key) = external_id {
        after.further_ids.remove(key);
        after.external_id = Some(key.clone());
    }
    after.set_fields(fields, by);
    after.aliases.extend(add_aliases.iter().filter(|alias| **alias != after.address).cloned());
    after.aliases.retain(|alias| !remove_aliases.contains(alias));
    match mail {
        None => {}
        Some(MailState::Reaches) => after.undeliverable = None,
        Some(MailState::Undeliverable(reason)) => {
            // Known for the same reason, it is known since then.
            let known = after.undeliverable.filter(|state| state.reason == *reason);
            after.undeliverable = known.or(Some(Undeliverable { reason: *reason, at: by.at }));
        }
    }
    after
}

impl Contact {
    /// Gives it another address; the former one stays as an alias.
    pub fn readdress(&mut self, address: &Address, by: Origin) {
        if *address == self.address {
            return;
        }
        if let (Origin::Entra, Some(grounds)) = (by, &mut self.grounds) {
            // The person's own, as the directory has it: that is no other person's.
            grounds.address = address.clone();
        }
        let before = std::mem::replace(&mut self.address, address.clone());
        self.aliases.insert(before);
        self.aliases.remove(address);
        // Whether messages reach an address is not known of another.
        self.undeliverable = None;
    }

    /// Takes name and fields over from a file or an operator. An empty name says nothing; an empty field clears it; others stay.
    pub fn take_in(&mut self, new: &NewContact, by: By) -> Details {
        let edited = self.set_fields(&new.fields, by);
        if new.name.is_empty() || new.name == self.name {
            return edited;
        }
        self.name.clone_from(&new.name);
        Details::Changed
    }

    /// Sets fields; an empty value clears one, and one that stays as it is keeps who set it.
    fn set_fields(&mut self, fields: &BTreeMap<String, String>, By { origin: source, at }: By) -> Details {
        let mut details = Details::Same;
        for (name, value) in fields {
            if self.fields.get(name).map_or("", |field| &field.value) == value {
                continue;
            }
            details = Details::Changed;
            match value.is_empty() {
                true => drop(self.fields.remove(name)),
                false => drop(self.fields.insert(name.clone(), Field { value: value.clone(), source, at })),
            }
        }
        details
    }
}
