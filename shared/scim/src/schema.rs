//! The attributes that are kept, as tables: what `/Schemas` tells and what paths may name.

/// The schema of users.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of what companies know of users.
pub const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The schema of groups.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// Of what type a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A truth.
    Truth,
    /// A reference to a resource of one of these types.
    Reference(&'static [&'static str]),
    /// Named values.
    Complex(&'static [Attribute]),
}

/// Who changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// The client.
    ReadWrite,
    /// The server alone.
    ReadOnly,
    /// The client, once.
    Immutable,
}

/// How many values it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// One, or none.
    One,
    /// Just one.
    Needed,
    /// Any number.
    Many,
    /// One at least.
    ManyNeeded,
}

impl Number {
    /// Whether it may have several.
    #[must_use]
    pub fn is_many(self) -> bool {
        matches!(self, Self::Many | Self::ManyNeeded)
    }

    /// Whether there has to be one.
    #[must_use]
    pub fn is_needed(self) -> bool {
        matches!(self, Self::Needed | Self::ManyNeeded)
    }
}

/// How texts are compared, and whether two may have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Without regard to case.
    Folded,
    /// Letter by letter.
    Exact,
    /// Without regard to case, and no other has it.
    Unique,
}

/// An attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// Of what type it is.
    pub kind: Kind,
    /// How many values it has.
    pub number: Number,
    /// Who changes it.
    pub mutability: Mutability,
    /// How it is compared.
    pub compared: Compared,
    /// The values that are usual.
    pub usual: &'static [&'static str],
}

const fn text(name: &'static str, about: &'static str) -> Attribute {
    Attribute {
        name,
        about,
        kind: Kind::Text,
        number: Number::One,
        mutability: Mutability::ReadWrite,
        compared: Compared::Folded,
        usual: &[],
    }
}

const fn truth(name: &'static str, about: &'static str) -> Attribute {
    Attribute { kind: Kind::Truth, ..text(name, about) }
}

const fn exact(mut attribute: Attribute) -> Attribute {
    attribute.compared = Compared::Exact;
    attribute
}

const fn read_only(mut attribute: Attribute) -> Attribute {
    attribute.mutability = Mutability::ReadOnly;
    attribute
}

const fn immutable(mut attribute: Attribute) -> Attribute {
    attribute.mutability = Mutability::Immutable;
    attribute
}

const fn numbered(mut attribute: Attribute, number: Number) -> Attribute {
    attribute.number = number;
    attribute
}

const fn of(mut attribute: Attribute, kind: Kind) -> Attribute {
    attribute.kind = kind;
    attribute
}

const EXTERNAL_ID: Attribute = exact(text("externalId", "The key of it in the system that sends it."));

/// What is kept of users.
pub const USER_ATTRIBUTES: &[Attribute] = &[
    EXTERNAL_ID,
    Attribute {
        compared: Compared::Unique,
        number: Number::Needed,
        ..text("userName", "What the user signs in with. An address is an address of theirs.")
    },
    of(
        text("name", "The parts of the name."),
        Kind::Complex(&[text("givenName", "The given name."), text("familyName", "The family name.")]),
    ),
    text("displayName", "The name that is shown."),
    text("title", "The job title."),
    text("userType", "How the person is employed."),
    text("preferredLanguage", "The language that they read."),
    truth("active", "Whether the person is there; false: they leave their lists after a grace."),
    numbered(
        of(
            text(
                "emails",
                "The addresses. The primary one, or else that of work, or else the first is the contact's.",
            ),
            Kind::Complex(&[
                numbered(text("value", "The address."), Number::Needed),
                Attribute { usual: &["work", "home", "other"], ..text("type", "What it is for.") },
                truth("primary", "Whether it is the one that is written to."),
            ]),
        ),
        Number::ManyNeeded,
    ),
    numbered(
        read_only(of(
            text("groups", "The lists that they are on."),
            Kind::Complex(&[
                read_only(exact(text("value", "The id of the list."))),
                read_only(of(text("$ref", "The group."), Kind::Reference(&["Group"]))),
                read_only(text("display", "The name of the list.")),
            ]),
        )),
        Number::Many,
    ),
];

/// What companies know of users, as far as it is kept.
pub const ENTERPRISE_ATTRIBUTES: &[Attribute] = &[
    text("employeeNumber", "The number of the person in the company."),
    text("costCenter", "The cost centre."),
    text("organization", "The company."),
    text("division", "The division."),
    text("department", "The department."),
];

/// What is kept of groups.
pub const GROUP_ATTRIBUTES: &[Attribute] = &[
    EXTERNAL_ID,
    Attribute {
        compared: Compared::Unique,
        number: Number::Needed,
        ..text("displayName", "The name of the list.")
    },
    numbered(
        of(
            text("members", "Who is on the list."),
            Kind::Complex(&[
                immutable(exact(text("value", "The id of the user."))),
                immutable(of(text("$ref", "The user."), Kind::Reference(&["User"]))),
                immutable(Attribute { usual: &["User"], ..text("type", "Always a user.") }),
            ]),
        ),
        Number::Many,
    ),
];

/// What RFC 7643 has of users and groups, and is not kept. A request may name it, as providers send what they have.
pub(crate) const NOT_KEPT: &[&str] = &[
    "nickName",
    "profileUrl",
    "locale",
    "timezone",
    "password",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
    "manager",
];

/// The same within an attribute that is kept.
pub(crate) const NOT_KEPT_WITHIN: &[&str] =
    &["formatted", "middleName", "honorificPrefix", "honorificSuffix", "display"];

/// What a kind of resource has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The schema.
    pub schema: &'static str,
    /// Its attributes.
    pub own: &'static [Attribute],
    /// The schema beside it, and its attributes.
    pub extension: Option<(&'static str, &'static [Attribute])>,
}

/// Users.
pub const USERS: Shape =
    Shape { schema: USER, own: USER_ATTRIBUTES, extension: Some((ENTERPRISE, ENTERPRISE_ATTRIBUTES)) };
/// Groups.
pub const GROUPS: Shape = Shape { schema: GROUP, own: GROUP_ATTRIBUTES, extension: None };

/// The attribute of a name.
#[must_use]
pub(crate) fn named(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}
