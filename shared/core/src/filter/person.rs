use std::collections::BTreeSet;

use super::{Attributes, Value, fold_name};
use crate::{contact::Contact, settings::Settings};

/// The fields of HR systems that a filter may name whether or not anybody has a value in them.
const USUAL: [&str; 17] = [
    "building",
    "city",
    "company",
    "costcenter",
    "country",
    "department",
    "division",
    "employeetype",
    "familyname",
    "givenname",
    "hiredate",
    "language",
    "location",
    "manager",
    "status",
    "timezone",
    "title",
];
/// What every contact has of its own.
const OWN: [&str; 7] =
    ["address", "displayname", "domain", "external", "externalid", "name", "undeliverable"];
/// What stands before the name of a field that could be taken for one of a contact's own.
const CUSTOM: &str = "custom.";

/// A contact as filters see it: `address`, `domain`, `name` (also `displayName`), `externalId`, `external`,
/// `undeliverable`, and each field under its name, also as `custom.NAME`.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The contact.
    pub contact: &'a Contact,
    /// The settings, whose internal domains say who is external.
    pub settings: &'a Settings,
}

impl Attributes for Person<'_> {
    fn get(&self, field: &str) -> Option<Value<'_>> {
        let Contact { address, name, external_id, undeliverable, fields, .. } = self.contact;
        match field {
            "address" => Some(address.as_str().into()),
            "domain" => Some(address.domain().into()),
            "name" | "displayname" => Some(name.as_str().into()),
            "externalid" => external_id.as_ref().map(|id| id.as_str().into()),
            "external" => Some(self.settings.is_external(address).into()),
            "undeliverable" => Some(undeliverable.is_some().into()),
            other => {
                let wanted = other.strip_prefix(CUSTOM).unwrap_or(other);
                let found = fields.iter().find(|(name, _)| fold_name(name) == wanted);
                found.map(|(_, field)| field.value.as_str().into())
            }
        }
    }
}

/// The names of fields that filters may ask for.
#[derive(Debug, Clone, Default)]
pub struct KnownFields(BTreeSet<String>);

impl KnownFields {
    /// Those of one more contact.
    pub fn note(&mut self, contact: &Contact) {
        self.0.extend(contact.fields.keys().map(|name| fold_name(name)));
    }

    /// Whether a field is known by this name, which is written as [`fold_name`] does: a contact's own, a usual one of HR
    /// systems, or one that some contact carries.
    #[must_use]
    pub fn holds(&self, field: &str) -> bool {
        let bare = field.strip_prefix(CUSTOM).unwrap_or(field);
        OWN.contains(&field) || USUAL.contains(&bare) || self.0.contains(bare)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        Timestamp,
        address::Address,
        contact::{ExternalId, Field},
        filter::Filter,
        id::ContactId,
        list::Origin,
    };

    fn anna() -> Contact {
        let field =
            |value: &str| Field { value: value.into(), source: Origin::Csv, at: Timestamp::UNIX_EPOCH };
        let id = ContactId::parse("c1").expect("an id");
        let address = Address::parse("anna@contoso.example").expect("an address");
        Contact {
            name: "Anna Meier".into(),
            external_id: ExternalId::parse("E-7").ok(),
            fields: BTreeMap::from([
                ("Cost Center".to_owned(), field("4711")),
                ("department".to_owned(), field("Sales")),
            ]),
            ..Contact::new(id, address)
        }
    }

    fn matches(text: &str) -> bool {
        let settings = Settings {
            internal_domains: BTreeSet::from(["contoso.example".to_owned()]),
            ..Settings::default()
        };
        let (contact, filter) = (anna(), Filter::parse(text).expect("a filter"));
        filter.matches(&Person { contact: &contact, settings: &settings })
    }

    #[test]
    fn a_contact_is_asked_by_its_own_names_and_by_those_of_its_fields() {
        for text in [
            r#"address eq "ANNA@contoso.example""#,
            r#"domain eq "contoso.example" and external eq false and undeliverable eq false"#,
            r#"displayName co "meier" and externalId eq "E-7""#,
            r#"department eq "sales" and custom.costCenter eq "4711" and cost_center pr"#,
        ] {
            assert!(matches(text), "{text}");
        }
        for text in [r#"external eq true"#, r#"title pr"#, r#"custom.address pr"#] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn a_field_is_known_when_it_is_usual_or_somebody_carries_it() {
        let mut known = KnownFields::default();
        let check = |known: &KnownFields, text: &str| {
            Filter::parse(text).expect("a filter").check(|field| known.holds(field)).is_ok()
        };
        assert!(check(&known, r#"department eq "Sales" and external eq true"#));
        assert!(!check(&known, r#"shoeSize eq "43""#));
        let mut contact = anna();
        let field = Field { value: "43".into(), source: Origin::Csv, at: Timestamp::UNIX_EPOCH };
        contact.fields.insert("Shoe size".into(), field);
        known.note(&contact);
        assert!(check(&known, r#"shoeSize eq "43" or custom.shoeSize eq "44""#));
    }
}
