//! What a group is, as far as writing its members goes: by its own properties, and by its source of authority.

use listsync_core::id::GroupId;
use listsync_engine::ports::{Call, Fault, Group, GroupKind, Membership, PortResult};
use serde_json::Value;

use crate::{
    ask::Ask,
    deed::{Deed, SYNC_BEHAVIOR},
    path,
    send::Sender,
};

/// What is asked of groups.
pub(crate) const SELECT: &str = "id,displayName,groupTypes,mailEnabled,securityEnabled,membershipRule,onPremisesSyncEnabled,onPremisesSecurityIdentifier,isAssignableToRole,isManagementRestricted,visibility";

/// A group by its own properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) group: Group,
    origin: Origin,
}

/// Where a group came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Cloud,
    /// It has the security identifier of an on-premises directory, which stays when the cloud takes it over.
    OnPremises,
}

impl Sender {
    /// Asks for the source of authority where the properties do not tell it. A group that the cloud took over shows no
    /// `onPremisesSyncEnabled`; nor does one that was given back, until the sync client has taken it over again (the page
    /// "Configure Group Source of Authority"). What is written to that one in the meantime is lost, or fought over.
    pub(crate) async fn under_its_authority(&self, call: Call<'_>, judged: Judged) -> PortResult<Group> {
        let Judged { group, origin } = judged;
        if origin == Origin::Cloud || group.kind.refusal().is_some() {
            return Ok(group);
        }
        let deed = Deed::on_group("read the source of authority of", &group.id, SYNC_BEHAVIOR);
        let id = path::segment(group.id.as_str());
        let ask = Ask::get(format!("/groups/{id}/onPremisesSyncBehavior?$select=isCloudManaged"));
        let managed = match self.obtain(call, &ask, &deed).await {
            Ok(answer) => answer.body.get("isCloudManaged").and_then(Value::as_bool),
            Err(error) if matches!(error.fault, Fault::Denied | Fault::Gone | Fault::Rejected) => None,
            Err(error) => return Err(error),
        };
        let kind = match managed {
            Some(true) => group.kind,
            Some(false) => GroupKind::GivenBack,
            None => GroupKind::AuthorityUnknown,
        };
        Ok(Group { kind, ..group })
    }
}

/// What a group's own properties say.
pub(crate) fn judged(body: &Value, deed: &Deed) -> PortResult<Judged> {
    let id = body.get("id").and_then(Value::as_str).and_then(|id| GroupId::parse(id).ok());
    let id = id.ok_or_else(|| deed.unreadable("the group's id"))?;
    let name = body.get("displayName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let visibility = body.get("visibility").and_then(Value::as_str).unwrap_or_default();
    let membership = match visibility.eq_ignore_ascii_case("HiddenMembership") {
        true => Membership::Hidden,
        false => Membership::Shown,
    };
    let came = body.get("onPremisesSecurityIdentifier").is_some_and(|id| !id.is_null());
    let origin = if came { Origin::OnPremises } else { Origin::Cloud };
    Ok(Judged { group: Group { id, name, kind: kind(body), membership }, origin })
}

/// What refuses writes is looked at first.
fn kind(body: &Value) -> GroupKind {
    let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
    let is = |kind: &str| {
        let kinds = body.get("groupTypes").and_then(Value::as_array).into_iter().flatten();
        kinds.filter_map(Value::as_str).any(|found| found.eq_ignore_ascii_case(kind))
    };
    match () {
        () if is("DynamicMembership") => GroupKind::Dynamic,
        () if flag("onPremisesSyncEnabled") => GroupKind::OnPremises,
        () if flag("isAssignableToRole") => GroupKind::RoleAssignable,
        () if flag("isManagementRestricted") => GroupKind::Restricted,
        () if is("Unified") => GroupKind::Microsoft365,
        () if flag("mailEnabled") && flag("securityEnabled") => GroupKind::MailEnabledSecurity,
        () if flag("mailEnabled") => GroupKind::DistributionList,
        () => GroupKind::Security,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_group_is_told() {
        for (body, expected) in [
            (json!({"groupTypes": ["Unified"], "mailEnabled": true}), GroupKind::Microsoft365),
            (json!({"groupTypes": [], "securityEnabled": true, "mailEnabled": false}), GroupKind::Security),
            (json!({"groupTypes": ["Unified", "DynamicMembership"]}), GroupKind::Dynamic),
            (
                json!({"groupTypes": [], "securityEnabled": true, "onPremisesSyncEnabled": true}),
                GroupKind::OnPremises,
            ),
            (json!({"mailEnabled": true, "securityEnabled": true}), GroupKind::MailEnabledSecurity),
            (json!({"mailEnabled": true, "securityEnabled": false}), GroupKind::DistributionList),
            (json!({"securityEnabled": true, "isAssignableToRole": true}), GroupKind::RoleAssignable),
            (json!({"securityEnabled": true, "isManagementRestricted": true}), GroupKind::Restricted),
        ] {
            assert_eq!(kind(&body), expected, "{body}");
        }
    }
}
