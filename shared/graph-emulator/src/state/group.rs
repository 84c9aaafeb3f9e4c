//! Groups and their kinds.

use serde_json::{Value, json};

use super::ObjectId;
use super::history::History;
use super::links::Links;
use crate::odata::filter::{Field, Filterable};

/// The properties of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The object id; the nil id asks the tenant for one.
    pub id: ObjectId,
    /// The name people see.
    pub display_name: String,
    /// The description.
    pub description: Option<String>,
    /// The alternate key that an upsert uses.
    pub unique_name: Option<String>,
    /// The address, where mail is enabled.
    pub mail: Option<String>,
    /// The local part of the address.
    pub mail_nickname: String,
    /// Whether it receives mail.
    pub mail_enabled: bool,
    /// Whether it can be given rights.
    pub security_enabled: bool,
    /// `Unified`, `DynamicMembership`, both or none.
    pub group_types: Vec<String>,
    /// The rule of a dynamic group.
    pub membership_rule: Option<String>,
    /// True where it is mastered in an on-premises directory.
    pub on_premises_sync_enabled: Option<bool>,
    /// Its origin, where it came from an on-premises directory once.
    pub on_premises: Option<OnPremises>,
    /// Whether directory roles can be assigned to it.
    pub assignable_to_role: bool,
    /// Whether it belongs to a restricted management unit.
    pub management_restricted: bool,
    /// `Public`, `Private` or `HiddenMembership`.
    pub visibility: Option<String>,
    /// Options given at creation, for instance `WelcomeEmailDisabled`.
    pub behavior_options: Vec<String>,
    /// When it was made, in milliseconds since 1970; set by the tenant.
    pub created_ms: i64,
}

/// A group that came from an on-premises directory (the pages "onPremisesSyncBehavior resource type" and "Configure Group
/// Source of Authority").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnPremises {
    /// `onPremisesSecurityIdentifier`, which stays when the cloud takes the group over.
    pub security_identifier: String,
    /// `isCloudManaged` of its `onPremisesSyncBehavior`.
    pub cloud_managed: bool,
}

/// The kinds of groups that differ in what may be done with their members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupKind {
    /// A Microsoft 365 group: users only.
    Microsoft365,
    /// A security group: users, groups, devices, service principals and contacts.
    Security,
    /// A security group whose members follow a rule.
    Dynamic,
    /// A security group that receives mail: read-only in Graph.
    MailEnabledSecurity,
    /// A distribution list: read-only in Graph.
    Distribution,
    /// A security group mastered on premises.
    OnPremises,
    /// A security group from on premises that the cloud manages now: `onPremisesSyncEnabled` is null again.
    TakenOver,
    /// One that was given back: `onPremisesSyncEnabled` stays null until the sync client has taken it over again.
    GivenBack,
    /// A group that directory roles can be assigned to.
    RoleAssignable,
    /// A group in a restricted management unit.
    Restricted,
    /// A Microsoft 365 group that hides its members.
    HiddenMembership,
}

/// What is shown when nothing is selected.
const DEFAULT: &[&str] = &[
    "classification",
    "createdDateTime",
    "deletedDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "id",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "theme",
    "uniqueName",
    "visibility",
];

/// Every property that `$select` may name.
pub(crate) const SELECTABLE: &[&str] = &[
    "classification",
    "createdDateTime",
    "deletedDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "id",
    "isAssignableToRole",
    "isManagementRestricted",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "theme",
    "uniqueName",
    "visibility",
];

pub(crate) fn default_properties() -> Vec<String> {
    DEFAULT.iter().map(|name| (*name).to_owned()).collect()
}

impl OnPremises {
    fn managed(cloud_managed: bool) -> Self {
        Self {
            security_identifier: "S-1-5-21-1180699209-877415012-3182924384-1104".to_owned(),
            cloud_managed,
        }
    }
}

impl Group {
    /// A group of `kind` named `display_name`, with a nickname made from the name.
    #[must_use]
    pub fn new(kind: GroupKind, display_name: &str) -> Self {
        let mail_nickname: String =
            display_name.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = Self {
            id: ObjectId::nil(),
            display_name: display_name.to_owned(),
            description: None,
            unique_name: None,
            mail: None,
            mail_nickname,
            mail_enabled: false,
            security_enabled: true,
            group_types: Vec::new(),
            membership_rule: None,
            on_premises_sync_enabled: None,
            on_premises: None,
            assignable_to_role: false,
            management_restricted: false,
            visibility: None,
            behavior_options: Vec::new(),
            created_ms: 0,
        };
        plain.of_kind(kind)
    }

    fn of_kind(mut self, kind: GroupKind) -> Self {
        match kind {
            GroupKind::Microsoft365 | GroupKind::HiddenMembership => {
                self.group_types.push("Unified".to_owned());
                self.mail_enabled = true;
                self.security_enabled = false;
                let visibility =
                    if kind == GroupKind::HiddenMembership { "HiddenMembership" } else { "Public" };
                self.visibility = Some(visibility.to_owned());
            }
            GroupKind::Security => {}
            GroupKind::Dynamic => {
                self.group_types.push("DynamicMembership".to_owned());
                self.membership_rule = Some("user.accountEnabled -eq true".to_owned());
            }
            GroupKind::MailEnabledSecurity => self.mail_enabled = true,
            GroupKind::Distribution => {
                self.mail_enabled = true;
                self.security_enabled = false;
            }
            GroupKind::OnPremises => {
                self.on_premises_sync_enabled = Some(true);
                self.on_premises = Some(OnPremises::managed(false));
            }
            GroupKind::TakenOver => self.on_premises = Some(OnPremises::managed(true)),
            GroupKind::GivenBack => self.on_premises = Some(OnPremises::managed(false)),
            GroupKind::RoleAssignable => self.assignable_to_role = true,
            GroupKind::Restricted => self.management_restricted = true,
        }
        self
    }

    pub(crate) fn unified(&self) -> bool {
        self.group_types.iter().any(|kind| kind == "Unified")
    }

    pub(crate) fn dynamic(&self) -> bool {
        self.group_types.iter().any(|kind| kind == "DynamicMembership")
    }

    pub(crate) fn property(&self, name: &str) -> Value {
        match name {
            "id" => json!(self.id.to_string()),
            "displayName" => json!(self.display_name),
            "description" => json!(self.description),
            "uniqueName" => json!(self.unique_name),
            "mail" => json!(self.mail),
            "mailNickname" => json!(self.mail_nickname),
            "mailEnabled" => json!(self.mail_enabled),
            "securityEnabled" => json!(self.security_enabled),
            "groupTypes" => json!(self.group_types),
            "membershipRule" => json!(self.membership_rule),
            "membershipRuleProcessingState" => json!(self.membership_rule.as_ref().map(|_| "On")),
            "onPremisesSyncEnabled" => json!(self.on_premises_sync_enabled),
            "onPremisesSecurityIdentifier" => {
                json!(self.on_premises.as_ref().map(|origin| &origin.security_identifier))
            }
            "isAssignableToRole" => json!(self.assignable_to_role.then_some(true)),
            "isManagementRestricted" => json!(self.management_restricted.then_some(true)),
            "visibility" => json!(self.visibility),
            "resourceBehaviorOptions" => json!(self.behavior_options),
            "createdDateTime" | "renewedDateTime" => json!(super::date_time(self.created_ms)),
            "proxyAddresses" => {
                json!(self.mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>())
            }
            "resourceProvisioningOptions" => json!([]),
            _ => Value::Null,
        }
    }
}

impl Filterable for Group {
    fn field(&self, name: &str) -> Field<'_> {
        match name {
            "id" => Field::Id(self.id),
            "displayName" => Field::Text(Some(&self.display_name)),
            "mail" => Field::Text(self.mail.as_deref()),
            "mailNickname" => Field::Text(Some(&self.mail_nickname)),
            "uniqueName" => Field::Text(self.unique_name.as_deref()),
            _ => Field::Text(None),
        }
    }
}

/// A group as the tenant holds it.
#[derive(Clone, Debug)]
pub(crate) struct GroupRecord {
    pub(crate) history: History<Group>,
    pub(crate) members: Links,
    pub(crate) owners: Links,
}
