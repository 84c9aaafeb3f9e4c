//! The tenant's directory, with its past.

pub(crate) mod directory;
pub(crate) mod group;
pub(crate) mod history;
pub(crate) mod links;
pub(crate) mod other;
pub(crate) mod subscriptions;
pub(crate) mod user;
pub(crate) mod writes;

/// The id of a directory object.
pub type ObjectId = uuid::Uuid;

/// The kinds of directory objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A user, guests included.
    User = 0,
    /// A group.
    Group = 1,
    /// A device.
    Device = 2,
    /// The presence of an application in the tenant.
    ServicePrincipal = 3,
    /// An organisational contact.
    OrgContact = 4,
}

impl Kind {
    pub(crate) const COUNT: usize = 5;

    /// The value of `@odata.type`.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::User => "#microsoft.graph.user",
            Self::Group => "#microsoft.graph.group",
            Self::Device => "#microsoft.graph.device",
            Self::ServicePrincipal => "#microsoft.graph.servicePrincipal",
            Self::OrgContact => "#microsoft.graph.orgContact",
        }
    }

    /// The kind by its name in `types` and casts.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let short = name.strip_prefix("microsoft.").unwrap_or(name);
        let short = short.strip_prefix("graph.").unwrap_or(short);
        Some(match short {
            "user" => Self::User,
            "group" => Self::Group,
            "device" => Self::Device,
            "servicePrincipal" => Self::ServicePrincipal,
            "orgContact" => Self::OrgContact,
            _ => return None,
        })
    }
}

/// Milliseconds since 1970 in Graph's form, in whole seconds.
pub(crate) fn date_time(ms: i64) -> String {
    let second = jiff::Timestamp::from_second(ms.div_euclid(1_000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    second.to_string()
}
