//! Directory objects that are neither users nor groups.

use serde_json::{Value, json};

use super::{Kind, ObjectId};
use crate::odata::filter::{Field, Filterable};

/// A device, a service principal or an organisational contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherObject {
    /// The object id; the nil id asks the tenant for one.
    pub id: ObjectId,
    /// Which of the three it is.
    pub kind: Kind,
    /// The name people see.
    pub display_name: String,
    /// The address of a contact.
    pub mail: Option<String>,
    /// The typed addresses of a contact.
    pub proxy_addresses: Vec<String>,
}

/// Every property of a contact that `$select` may name.
pub(crate) const CONTACT_SELECTABLE: &[&str] =
    &["companyName", "deletedDateTime", "displayName", "id", "mail", "mailNickname", "proxyAddresses"];

impl OtherObject {
    /// A device.
    #[must_use]
    pub fn device(display_name: &str) -> Self {
        Self::plain(Kind::Device, display_name)
    }

    /// The service principal of an application.
    #[must_use]
    pub fn service_principal(display_name: &str) -> Self {
        Self::plain(Kind::ServicePrincipal, display_name)
    }

    /// An organisational contact at `address`.
    #[must_use]
    pub fn contact(display_name: &str, address: &str) -> Self {
        Self {
            mail: Some(address.to_owned()),
            proxy_addresses: vec![format!("SMTP:{address}")],
            ..Self::plain(Kind::OrgContact, display_name)
        }
    }

    fn plain(kind: Kind, display_name: &str) -> Self {
        Self {
            id: ObjectId::nil(),
            kind,
            display_name: display_name.to_owned(),
            mail: None,
            proxy_addresses: Vec::new(),
        }
    }

    /// The value, or `None` where the type has no such property.
    pub(crate) fn property(&self, name: &str) -> Option<Value> {
        match (name, self.kind) {
            ("id", _) => Some(json!(self.id.to_string())),
            ("displayName", _) => Some(json!(self.display_name)),
            ("deletedDateTime", _) => Some(Value::Null),
            ("mail", Kind::OrgContact) => Some(json!(self.mail)),
            ("proxyAddresses", Kind::OrgContact) => Some(json!(self.proxy_addresses)),
            ("mailNickname", Kind::OrgContact) => {
                Some(json!(self.mail.as_deref().and_then(|mail| mail.split('@').next())))
            }
            ("companyName", Kind::OrgContact) => Some(Value::Null),
            _ => None,
        }
    }
}

impl Filterable for OtherObject {
    fn field(&self, name: &str) -> Field<'_> {
        match name {
            "id" => Field::Id(self.id),
            "displayName" => Field::Text(Some(&self.display_name)),
            "mail" => Field::Text(self.mail.as_deref()),
            "proxyAddresses" => Field::Many(&self.proxy_addresses),
            _ => Field::Text(None),
        }
    }
}
