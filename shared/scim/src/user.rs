//! Users: contacts, as SCIM shows and writes them.

mod kept;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use listsync_core::{
    address::Address,
    contact::{Contact, ExternalId},
    filter::fold_name,
    register::ContactEdit,
    text::judge_person,
};
use serde_json::{Value, json};

use crate::{
    refusal::{Refusal, ScimType},
    schema::{ENTERPRISE, USER},
};

pub use kept::{Email, Kept, kept_of};

/// The field of a contact that says whether the person is there: filters may ask for it.
const ACTIVE: &str = "active";

/// In which schema and attribute a field of a contact is.
#[derive(Debug, Clone, Copy)]
enum At {
    /// An attribute of users.
    Own(&'static str),
    /// A part of the name.
    Name(&'static str),
    /// An attribute of the company's schema.
    Company(&'static str),
}

/// Which fields of a contact are which attributes, under the names that filters of lists know.
const FIELDS: [(At, &str); 10] = [
    (At::Name("givenName"), "givenName"),
    (At::Name("familyName"), "familyName"),
    (At::Own("title"), "title"),
    (At::Own("userType"), "employeeType"),
    (At::Own("preferredLanguage"), "language"),
    (At::Company("employeeNumber"), "employeeNumber"),
    (At::Company("costCenter"), "costCenter"),
    (At::Company("organization"), "company"),
    (At::Company("division"), "division"),
    (At::Company("department"), "department"),
];

/// A user as a request writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What they sign in with.
    pub user_name: String,
    /// Their key in the system that sends them.
    pub external_id: Option<ExternalId>,
    /// Whether they are there; none: nobody says, and they are.
    pub active: Option<bool>,
    /// The name that is shown, possibly empty.
    pub name: String,
    /// Their addresses; none: what they sign in with is their address.
    pub emails: Vec<Email>,
    /// The other fields, by their name; what is blank is not in it.
    fields: BTreeMap<&'static str, String>,
}

/// What a user comes to as a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Their address.
    pub address: Address,
    /// What is edited; the default: nothing.
    pub edit: ContactEdit,
}

impl User {
    /// Their address: the primary one, else that of work, else the first, else what they sign in with.
    ///
    /// # Errors
    /// [`ScimType::InvalidValue`] when there is none.
    pub fn address(&self) -> Result<Address, Refusal> {
        let primary = self.emails.iter().find(|email| email.primary == Some(true));
        let work = || self.emails.iter().find(|email| email.is_of_work());
        let text = primary.or_else(work).or_else(|| self.emails.first()).map(|email| email.value.as_str());
        Address::parse(text.unwrap_or(&self.user_name)).map_err(|_| {
            let detail = "a user needs an address: in emails, or as userName";
            Refusal::of(ScimType::InvalidValue, detail)
        })
    }

    /// Every address that is said to be theirs.
    #[must_use]
    pub fn addresses(&self) -> BTreeSet<Address> {
        let texts = self.emails.iter().map(|email| email.value.as_str()).chain([self.user_name.as_str()]);
        texts.filter_map(|text| Address::parse(text).ok()).collect()
    }

    /// What it comes to for a contact, or for a new one. `kept` is what is to be kept of them besides, but for what this user
    /// says itself. What stays as it is is not edited.
    ///
    /// # Errors
    /// [`ScimType::InvalidValue`] without an address, and when name and fields are longer than a contact's may be.
    pub fn written(&self, before: Option<&Contact>, kept: Kept) -> Result<Written, Refusal> {
        let address = self.address()?;
        let key = self.external_id.as_ref();
        let kept = Kept {
            user_name: (self.user_name != address.as_str()).then(|| self.user_name.clone()),
            emails: if self.is_plain(&address) { Vec::new() } else { self.emails.clone() },
            key: key.map(ToString::to_string),
            ..kept
        };
        let mut fields = BTreeMap::from([(kept::FIELD.to_owned(), kept.text()?)]);
        fields.insert(ACTIVE.to_owned(), self.active.map_or_else(String::new, |active| active.to_string()));
        for (_, field) in FIELDS {
            let value = self.fields.get(field).cloned().unwrap_or_default();
            fields.insert(before.map_or(field, |contact| own_field(contact, field)).to_owned(), value);
        }
        let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        judge_person(&self.name, pairs)
            .map_err(|error| Refusal::of(ScimType::InvalidValue, error.to_string()))?;
        let held = before.map_or_else(BTreeSet::new, Contact::addresses);
        let mut aliases = self.addresses();
        aliases.retain(|alias| *alias != address && !held.contains(alias));
        let own_key = before.and_then(|contact| contact.external_id.as_ref());
        // A key that another system gave, such as a file's, is not this client's to take away.
        let given_before = before.and_then(|contact| kept_of(contact).key);
        let ended = own_key.filter(|own| key.is_none() && given_before.as_deref() == Some(own.as_str()));
        fields.retain(|name, value| before.map_or("", |contact| value_of(contact, name)) != value);
        let edit = ContactEdit {
            address: before.filter(|contact| contact.address != address).map(|_| address.clone()),
            name: before.is_none_or(|contact| contact.name != self.name).then(|| self.name.clone()),
            external_id: key.filter(|key| Some(*key) != own_key).cloned(),
            ended_ids: ended.cloned().into_iter().collect(),
            fields,
            add_aliases: aliases,
            remove_aliases: BTreeSet::new(),
            mail: None,
        };
        Ok(Written { address, edit })
    }

    /// Whether its addresses say no more than a contact with that address does by itself.
    fn is_plain(&self, address: &Address) -> bool {
        match self.emails.as_slice() {
            [] => true,
            [only] => *only == Email::of(address),
            _ => false,
        }
    }

    /// Whether a contact is there, as far as a client said.
    #[must_use]
    pub fn is_active(contact: &Contact) -> bool {
        value_of(contact, ACTIVE) != "false"
    }

    /// The same where a client said it; none: nobody did.
    #[must_use]
    pub fn said_active(contact: &Contact) -> Option<bool> {
        (!value_of(contact, ACTIVE).is_empty()).then(|| Self::is_active(contact))
    }

    /// The field that says of a contact that the person is not there.
    #[must_use]
    pub fn absent() -> BTreeMap<String, String> {
        BTreeMap::from([(ACTIVE.to_owned(), false.to_string())])
    }

    /// What is shown of a contact, without the lists that they are on.
    #[must_use]
    pub fn shown(contact: &Contact) -> Value {
        let kept = kept_of(contact);
        let mut schemas = vec![USER];
        let mut shown = json!({
            "id": contact.id.as_str(),
            "userName": kept.user_name.clone().unwrap_or_else(|| contact.address.to_string()),
            "emails": kept.emails_of(contact).iter().map(Email::shown).collect::<Vec<_>>(),
        });
        if let Some(active) = Self::said_active(contact) {
            shown["active"] = active.into();
        }
        if let Some(key) = &contact.external_id {
            shown["externalId"] = key.as_str().into();
        }
        if !contact.name.is_empty() {
            shown["displayName"] = contact.name.as_str().into();
        }
        for (at, field) in FIELDS {
            let value = value_of(contact, own_field(contact, field));
            if value.is_empty() {
                continue;
            }
            match at {
                At::Own(name) => shown[name] = value.into(),
                At::Name(name) => shown["name"][name] = value.into(),
                At::Company(name) => {
                    if !schemas.contains(&ENTERPRISE) {
                        schemas.push(ENTERPRISE);
                    }
                    shown[ENTERPRISE][name] = value.into();
                }
            }
        }
        shown["schemas"] = schemas.into();
        shown
    }
}

/// The name under which a contact has a field: a file may have brought it as "Cost Center".
fn own_field<'a>(contact: &'a Contact, field: &'a str) -> &'a str {
    let wanted = fold_name(field);
    contact.fields.keys().find(|name| fold_name(name) == wanted).map_or(field, String::as_str)
}

fn value_of<'a>(contact: &'a Contact, field: &str) -> &'a str {
    contact.fields.get(field).map_or("", |field| &field.value)
}
