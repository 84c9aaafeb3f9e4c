//! Reading a user out of a document.

use std::collections::BTreeMap;

use listsync_core::{
    address::Address,
    contact::ExternalId,
    text::{LONGEST_NAME, label},
};
use serde_json::Value;

use super::{At, Email, FIELDS, User};
use crate::{
    refusal::{Refusal, ScimType},
    schema::ENTERPRISE,
    values::{Object, get, truth},
};

impl User {
    /// Reads one.
    ///
    /// # Errors
    /// [`ScimType::InvalidValue`] without `userName` or an address, and with a value of another type.
    pub fn read(body: &Value) -> Result<Self, Refusal> {
        let object = body.as_object();
        let object = object.ok_or_else(|| Refusal::of(ScimType::InvalidSyntax, "the body is no object"))?;
        let user_name = text(object, "userName")?.ok_or_else(|| wrong("userName is missing"))?;
        let active = match get(object, "active") {
            None => None,
            Some(value) => Some(truth(value).ok_or_else(|| wrong("active is true or false"))?),
        };
        let external_id = text(object, "externalId")?.map(|text| ExternalId::parse(&text)).transpose();
        let user = Self {
            user_name,
            external_id: external_id.map_err(|error| wrong(&error.to_string()))?,
            active,
            name: name(object)?,
            emails: emails(object)?,
            fields: fields(object)?,
        };
        user.address()?;
        Ok(user)
    }
}

fn wrong(detail: &str) -> Refusal {
    Refusal::of(ScimType::InvalidValue, detail)
}

/// A text without space around it; none: it is blank.
fn text(object: &Object, name: &str) -> Result<Option<String>, Refusal> {
    let text = match get(object, name) {
        None => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err(wrong(&format!("{name} is a text"))),
    };
    if text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(wrong(&format!(
            "{name} has at most {LONGEST_NAME} characters, and no control characters"
        )));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// `displayName`; where there is none, `name.formatted` or the name's parts.
fn name(object: &Object) -> Result<String, Refusal> {
    let empty = Object::new();
    let parts = get(object, "name").and_then(Value::as_object).unwrap_or(&empty);
    let name = match (text(object, "displayName")?, text(parts, "formatted")?) {
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => return Ok(String::new()),
    };
    label(&name).map_err(|error| wrong(&error.to_string()))
}

fn emails(object: &Object) -> Result<Vec<Email>, Refusal> {
    let given = match get(object, "emails") {
        None => return Ok(Vec::new()),
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
    };
    let mut emails: Vec<Email> = Vec::new();
    for value in &given {
        // A value that is null says nothing: Okta sends one for each address that somebody has not.
        let Some(email) = Email::read(value).filter(|email| !email.value.is_empty()) else { continue };
        Address::parse(&email.value).map_err(|_| wrong("a value of emails is no address"))?;
        emails.push(email);
    }
    if emails.iter().filter(|email| email.primary == Some(true)).count() > 1 {
        return Err(wrong("one of emails is the primary one, and no other"));
    }
    Ok(emails)
}

fn fields(object: &Object) -> Result<BTreeMap<&'static str, String>, Refusal> {
    let empty = Object::new();
    let within = |name: &str| get(object, name).and_then(Value::as_object).unwrap_or(&empty);
    let mut fields = BTreeMap::new();
    for (at, field) in FIELDS {
        let value = match at {
            At::Own(name) => text(object, name)?,
            At::Name(name) => text(within("name"), name)?,
            At::Company(name) => text(within(ENTERPRISE), name)?,
        };
        fields.extend(value.map(|value| (field, value)));
    }
    Ok(fields)
}
