//! Which attributes of a resource a client wants (RFC 7644, section 3.9).

use serde_json::Value;

use crate::{
    refusal::{Refusal, ScimType},
    schema::{ENTERPRISE, GROUP, USER},
};

/// What every answer has (RFC 7643, section 7, `returned` is `always`).
const ALWAYS: [&str; 2] = ["schemas", "id"];

/// Which attributes are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// All.
    Nothing,
    /// These, and what every answer has.
    Only(Vec<Name>),
    /// All but these.
    Without(Vec<Name>),
}

/// The name of an attribute, or of a part of it, in small letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    is_of_company: bool,
    /// None: all of the company's schema.
    attribute: Option<String>,
    part: Option<String>,
}

impl Cut {
    /// Of what is named and what is left out.
    ///
    /// # Errors
    /// [`ScimType::InvalidValue`] when both are said.
    pub fn of(wanted: &[String], unwanted: &[String]) -> Result<Self, Refusal> {
        let names = |texts: &[String]| -> Vec<Name> {
            texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(Name::of).collect()
        };
        let (wanted, unwanted) = (names(wanted), names(unwanted));
        match (wanted.is_empty(), unwanted.is_empty()) {
            (true, true) => Ok(Self::Nothing),
            (false, true) => Ok(Self::Only(wanted)),
            (true, false) => Ok(Self::Without(unwanted)),
            (false, false) => Err(Refusal::of(
                ScimType::InvalidValue,
                "attributes and excludedAttributes exclude each other",
            )),
        }
    }

    /// Whether an attribute of the resource is wanted at all: what is not need not be read.
    #[must_use]
    pub fn wants(&self, attribute: &str) -> bool {
        let names = |name: &Name| !name.is_of_company && name.attribute.as_deref() == Some(&lower(attribute));
        match self {
            Self::Nothing => true,
            Self::Only(wanted) => wanted.iter().any(names),
            Self::Without(unwanted) => !unwanted.iter().any(|name| names(name) && name.part.is_none()),
        }
    }

    /// The resource with what is wanted.
    #[must_use]
    pub fn cut(&self, mut resource: Value) -> Value {
        let Some(fields) = resource.as_object_mut() else { return resource };
        let is_company = |own: &str| own.eq_ignore_ascii_case(ENTERPRISE);
        match self {
            Self::Nothing => {}
            Self::Only(wanted) => {
                fields.retain(|own, value| {
                    if ALWAYS.contains(&own.as_str()) {
                        return true;
                    }
                    let meant: Vec<&Name> =
                        wanted.iter().filter(|name| name.is_about(own, is_company(own))).collect();
                    if is_company(own) {
                        keep(value, &meant.iter().map(|name| name.attribute.clone()).collect::<Vec<_>>());
                    } else {
                        keep(value, &meant.iter().map(|name| name.part.clone()).collect::<Vec<_>>());
                    }
                    !meant.is_empty()
                });
            }
            Self::Without(unwanted) => {
                fields.retain(|own, value| {
                    if ALWAYS.contains(&own.as_str()) {
                        return true;
                    }
                    for name in unwanted.iter().filter(|name| name.is_about(own, is_company(own))) {
                        match if is_company(own) { &name.attribute } else { &name.part } {
                            None => return false,
                            Some(part) => leave_out(value, part),
                        }
                    }
                    true
                });
            }
        }
        resource
    }
}

impl Name {
    fn of(text: &str) -> Self {
        let text = lower(text);
        let company = lower(ENTERPRISE);
        if text == company {
            return Self { is_of_company: true, attribute: None, part: None };
        }
        let behind = |schema: &str| text.strip_prefix(&format!("{}:", lower(schema))).map(str::to_owned);
        let company = behind(&company);
        let is_of_company = company.is_some();
        let bare = company.or_else(|| behind(USER)).or_else(|| behind(GROUP)).unwrap_or_else(|| text.clone());
        let (attribute, part) = match bare.split_once('.') {
            Some((attribute, part)) => (attribute.to_owned(), Some(part.to_owned())),
            None => (bare, None),
        };
        Self { is_of_company, attribute: Some(attribute), part }
    }

    fn is_about(&self, own: &str, is_company: bool) -> bool {
        match is_company {
            true => self.is_of_company,
            false => !self.is_of_company && self.attribute.as_deref() == Some(&lower(own)),
        }
    }
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Keeps these parts of a value, or of each; where one of them is none, all.
fn keep(value: &mut Value, parts: &[Option<String>]) {
    if parts.iter().any(Option::is_none) {
        return;
    }
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| keep(value, parts)),
        Value::Object(fields) => {
            fields.retain(|own, _| parts.iter().flatten().any(|part| part.eq_ignore_ascii_case(own)));
        }
        _ => {}
    }
}

fn leave_out(value: &mut Value, part: &str) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| leave_out(value, part)),
        Value::Object(fields) => fields.retain(|own, _| !own.eq_ignore_ascii_case(part)),
        _ => {}
    }
}
