//! Users: members of the organisation and guests.

use serde_json::{Map, Value, json};

use super::{Kind, ObjectId};
use crate::odata::filter::{Field, Filterable};

/// A user object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The object id; the nil id asks the tenant for one.
    pub id: ObjectId,
    /// The name people see.
    pub display_name: String,
    /// The given name.
    pub given_name: Option<String>,
    /// The family name.
    pub surname: Option<String>,
    /// The primary address; absent for people without a mailbox and for some guests.
    pub mail: Option<String>,
    /// The sign-in name; for guests `local_domain#EXT#@tenant`.
    pub user_principal_name: String,
    /// Addresses with their type: `SMTP:` primary, `smtp:` others.
    pub proxy_addresses: Vec<String>,
    /// Further addresses.
    pub other_mails: Vec<String>,
    /// Member or guest.
    pub user_type: UserType,
    /// Whether the person may sign in.
    pub account_enabled: bool,
    /// `PendingAcceptance` or `Accepted`, for invited people.
    pub external_user_state: Option<String>,
    /// `Invitation` for invited people.
    pub creation_type: Option<String>,
    /// What the mailbox is for.
    pub purpose: MailboxPurpose,
    /// Whether the account is a subtype of user.
    pub subtype: Subtype,
    /// When it was made, in milliseconds since 1970; set by the tenant.
    pub created_ms: i64,
}

/// Subtypes of user. A cast to user has them too, and names them in `@odata.type` ("OData JSON Format Version 4.01",
/// section 4.6.3: a type derived from the declared one must be named).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subtype {
    /// None.
    Plain,
    /// `agentUser`: an agent with a user's account, which may be a member of groups and have a mailbox (the page
    /// "agentUser resource type").
    Agent,
    /// One that this emulator's clients have not heard of.
    Unheard,
}

/// Values of `userType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserType {
    /// Somebody of the organisation.
    Member,
    /// Somebody from outside.
    Guest,
}

/// Values of `userPurpose` in the mailbox settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailboxPurpose {
    /// A person's mailbox.
    User,
    /// One that several people read.
    Shared,
    /// A room.
    Room,
    /// There is none.
    Absent,
}

const DEFAULT: &[&str] = &[
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// Every property that `$select` may name.
pub(crate) const SELECTABLE: &[&str] = &[
    "accountEnabled",
    "businessPhones",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "displayName",
    "externalUserState",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "otherMails",
    "preferredLanguage",
    "proxyAddresses",
    "surname",
    "userPrincipalName",
    "userType",
];

/// What `User.ReadBasic.All` lets one see.
pub(crate) const BASIC: &[&str] = &["displayName", "givenName", "id", "mail", "surname", "userPrincipalName"];

impl User {
    /// Somebody of the organisation with a mailbox at `address`, which is the sign-in name too.
    #[must_use]
    pub fn member(display_name: &str, address: &str) -> Self {
        Self {
            mail: Some(address.to_owned()),
            user_principal_name: address.to_owned(),
            proxy_addresses: vec![format!("SMTP:{address}")],
            ..Self::without_mail(display_name, address)
        }
    }

    /// Somebody of the organisation who has no mailbox.
    #[must_use]
    pub fn without_mail(display_name: &str, user_principal_name: &str) -> Self {
        let mut names = display_name.splitn(2, ' ').map(str::to_owned);
        Self {
            id: ObjectId::nil(),
            display_name: display_name.to_owned(),
            given_name: names.next(),
            surname: names.next(),
            mail: None,
            user_principal_name: user_principal_name.to_owned(),
            proxy_addresses: Vec::new(),
            other_mails: Vec::new(),
            user_type: UserType::Member,
            account_enabled: true,
            external_user_state: None,
            creation_type: None,
            purpose: MailboxPurpose::User,
            subtype: Subtype::Plain,
            created_ms: 0,
        }
    }

    /// An agent with a mailbox at `address`.
    #[must_use]
    pub fn agent(display_name: &str, address: &str) -> Self {
        Self { subtype: Subtype::Agent, ..Self::member(display_name, address) }
    }

    /// A guest who was invited at `address` into the tenant of `domain` (its initial domain), and accepted.
    #[must_use]
    pub fn guest(display_name: &str, address: &str, domain: &str) -> Self {
        Self {
            mail: Some(address.to_owned()),
            proxy_addresses: vec![format!("SMTP:{address}")],
            other_mails: vec![address.to_owned()],
            user_type: UserType::Guest,
            external_user_state: Some("Accepted".to_owned()),
            creation_type: Some("Invitation".to_owned()),
            purpose: MailboxPurpose::Absent,
            ..Self::without_mail(display_name, &guest_name(address, domain))
        }
    }

    /// The same user with one more address, held as a secondary `smtp:` one.
    #[must_use]
    pub fn with_alias(mut self, address: &str) -> Self {
        self.proxy_addresses.push(format!("smtp:{address}"));
        self
    }

    /// Names the type of a subtype, as a row has to whose type is not the declared one.
    pub(crate) fn name_subtype(&self, row: &mut Map<String, Value>) {
        if self.subtype != Subtype::Plain {
            row.insert("@odata.type".to_owned(), json!(self.subtype.type_name()));
        }
    }

    /// Every text by which the user can be looked up.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.mail
            .iter()
            .chain(std::iter::once(&self.user_principal_name))
            .chain(&self.proxy_addresses)
            .chain(&self.other_mails)
            .map(String::as_str)
    }

    pub(crate) fn property(&self, name: &str) -> Value {
        match name {
            "id" => json!(self.id.to_string()),
            "displayName" => json!(self.display_name),
            "givenName" => json!(self.given_name),
            "surname" => json!(self.surname),
            "mail" => json!(self.mail),
            "mailNickname" => json!(self.user_principal_name.split('@').next()),
            "userPrincipalName" => json!(self.user_principal_name),
            "proxyAddresses" => json!(self.proxy_addresses),
            "otherMails" => json!(self.other_mails),
            "userType" => json!(self.user_type.text()),
            "accountEnabled" => json!(self.account_enabled),
            "externalUserState" => json!(self.external_user_state),
            "creationType" => json!(self.creation_type),
            "createdDateTime" => json!(super::date_time(self.created_ms)),
            "businessPhones" => json!([]),
            _ => Value::Null,
        }
    }
}

impl Subtype {
    /// The value of `@odata.type`.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Plain => Kind::User.type_name(),
            Self::Agent => "#microsoft.graph.agentUser",
            Self::Unheard => "#microsoft.graph.unheardOfUser",
        }
    }
}

impl UserType {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Guest => "Guest",
        }
    }
}

impl MailboxPurpose {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Room => "room",
            Self::Absent => "others",
        }
    }
}

/// What is shown when nothing is selected.
pub(crate) fn default_properties() -> Vec<String> {
    DEFAULT.iter().map(|name| (*name).to_owned()).collect()
}

/// The sign-in name that an invited address gets.
pub(crate) fn guest_name(address: &str, domain: &str) -> String {
    format!("{}#EXT#@{domain}", address.replace('@', "_"))
}

impl Filterable for User {
    fn field(&self, name: &str) -> Field<'_> {
        match name {
            "id" => Field::Id(self.id),
            "displayName" => Field::Text(Some(&self.display_name)),
            "givenName" => Field::Text(self.given_name.as_deref()),
            "surname" => Field::Text(self.surname.as_deref()),
            "mail" => Field::Text(self.mail.as_deref()),
            "userPrincipalName" => Field::Text(Some(&self.user_principal_name)),
            "userType" => Field::Text(Some(self.user_type.text())),
            "externalUserState" => Field::Text(self.external_user_state.as_deref()),
            "creationType" => Field::Text(self.creation_type.as_deref()),
            "accountEnabled" => Field::Flag(self.account_enabled),
            "proxyAddresses" => Field::Many(&self.proxy_addresses),
            "otherMails" => Field::Many(&self.other_mails),
            _ => Field::Text(None),
        }
    }
}
