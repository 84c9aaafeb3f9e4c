//! What is kept of a user that a contact has no place for: one field of the contact, so that it goes wherever the person goes,
//! and is erased with them.

use std::collections::BTreeMap;

use listsync_core::{Timestamp, address::Address, contact::Contact, id::ListId, register::ContactEdit};
use serde_json::{Value, json};

use crate::{
    refusal::{Refusal, ScimType},
    values::{Object, get, truth},
};

/// The field.
pub(super) const FIELD: &str = "scim";
/// The longest value of a field, in characters.
const LONGEST: usize = listsync_core::text::LONGEST_VALUE;

/// An address of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// It.
    pub value: String,
    /// What it is for.
    pub kind: Option<String>,
    /// Whether it is the one that is written to.
    pub primary: Option<bool>,
}

/// What is kept of a user besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// What they sign in with; none: their address.
    pub user_name: Option<String>,
    /// Their addresses as they were sent; empty: the contact's alone.
    pub emails: Vec<Email>,
    /// The key that the client gave.
    pub key: Option<String>,
    /// The lists that they leave or left as they are not there any more, and until when they were to be on each before; none:
    /// without an end. They are on them again when they come back.
    pub left: BTreeMap<ListId, Option<Timestamp>>,
    /// Whether their memberships of those lists are still to be ended: it is written before they are, and taken back after.
    pub is_leaving: bool,
    /// Since when the client has deleted them: it sees them no more.
    pub deleted: Option<Timestamp>,
}

/// What is kept of a contact; the default: no client ever wrote them.
#[must_use]
pub fn kept_of(contact: &Contact) -> Kept {
    let text = contact.fields.get(FIELD).map_or("", |field| &field.value);
    let document: Value = serde_json::from_str(text).unwrap_or_default();
    let empty = Object::new();
    let object = document.as_object().unwrap_or(&empty);
    let word = |name: &str| get(object, name).and_then(Value::as_str);
    let left = get(object, "left").and_then(Value::as_object).unwrap_or(&empty);
    Kept {
        user_name: word("userName").map(str::to_owned),
        emails: get(object, "emails")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Email::read)
            .collect(),
        key: word("key").map(str::to_owned),
        left: left
            .iter()
            .filter_map(|(list, until)| {
                let until = until.as_str().and_then(|text| text.parse().ok());
                Some((ListId::parse(list).ok()?, until))
            })
            .collect(),
        is_leaving: get(object, "leaving").and_then(truth).unwrap_or(false),
        deleted: word("deleted").and_then(|text| text.parse().ok()),
    }
}

impl Kept {
    /// Whether any client wrote this contact.
    #[must_use]
    pub fn is_of_a_client(contact: &Contact) -> bool {
        contact.fields.contains_key(FIELD)
    }

    /// The edit by which a contact has this kept of them, and nothing else is changed.
    ///
    /// # Errors
    /// [`ScimType::InvalidValue`] when it is longer than a field may be.
    pub fn edit(&self) -> Result<ContactEdit, Refusal> {
        let fields = BTreeMap::from([(FIELD.to_owned(), self.text()?)]);
        Ok(ContactEdit { fields, ..ContactEdit::default() })
    }

    /// The field's value.
    pub(super) fn text(&self) -> Result<String, Refusal> {
        let Self { user_name, emails, key, left, is_leaving, deleted } = self;
        let mut document = json!({});
        if let Some(name) = user_name {
            document["userName"] = name.as_str().into();
        }
        if !emails.is_empty() {
            document["emails"] = emails.iter().map(Email::shown).collect();
        }
        if let Some(key) = key {
            document["key"] = key.as_str().into();
        }
        for (list, until) in left {
            document["left"][list.as_str()] =
                until.map_or_else(String::new, |until| until.to_string()).into();
        }
        if *is_leaving {
            document["leaving"] = true.into();
        }
        if let Some(at) = deleted {
            document["deleted"] = at.to_string().into();
        }
        let text = document.to_string();
        match text.chars().count() > LONGEST {
            true => {
                Err(Refusal::of(ScimType::InvalidValue, "userName, emails and lists are too long together"))
            }
            false => Ok(text),
        }
    }

    /// The addresses of a contact as they are shown: as they were sent, with the address that the contact has by now.
    pub(super) fn emails_of(&self, contact: &Contact) -> Vec<Email> {
        let is_own = |email: &Email| Address::parse(&email.value).is_ok_and(|it| it == contact.address);
        if self.emails.is_empty() {
            return vec![Email::of(&contact.address)];
        }
        let mut emails = self.emails.clone();
        if emails.iter().any(is_own) {
            return emails;
        }
        // Their address was changed elsewhere since.
        let at = emails.iter().position(|email| email.primary == Some(true)).unwrap_or_default();
        emails[at].value = contact.address.to_string();
        emails
    }
}

impl Email {
    /// The one of a contact of whom nothing else is known.
    #[must_use]
    pub fn of(address: &Address) -> Self {
        Self { value: address.to_string(), kind: Some("work".to_owned()), primary: Some(true) }
    }

    pub(super) fn is_of_work(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
    }

    /// One as it stands in a document; none: it has no value.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self { value: text.clone(), kind: None, primary: None }),
            Value::Object(fields) => Some(Self {
                value: get(fields, "value")?.as_str()?.trim().to_owned(),
                kind: get(fields, "type").and_then(Value::as_str).map(str::to_owned),
                primary: get(fields, "primary").and_then(truth),
            }),
            _ => None,
        }
    }

    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({"value": self.value});
        if let Some(kind) = &self.kind {
            shown["type"] = kind.as_str().into();
        }
        if let Some(primary) = self.primary {
            shown["primary"] = primary.into();
        }
        shown
    }
}
