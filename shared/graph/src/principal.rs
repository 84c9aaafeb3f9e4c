//! Users as Graph shows them, read leniently: only the id is a must.

use listsync_core::{
    address::Address,
    id::ObjectId,
    snapshot::{Principal, PrincipalKind},
};
use listsync_engine::ports::PortResult;
use serde_json::Value;

use crate::deed::Deed;

/// What is asked of users.
pub(crate) const SELECT: &str = "id,displayName,mail,userPrincipalName,proxyAddresses,otherMails,userType";

/// One user. What is no address is left out.
pub(crate) fn principal(row: &Value, deed: &Deed) -> PortResult<Principal> {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    let upn = text("userPrincipalName");
    let guest = match text("userType") {
        "" => upn.to_ascii_uppercase().contains("#EXT#"),
        kind => kind.eq_ignore_ascii_case("guest"),
    };
    let kind = match Type::of(row) {
        Type::Agent => PrincipalKind::Agent,
        _ if guest => PrincipalKind::Guest,
        _ => PrincipalKind::Own,
    };
    let mail = Address::parse(text("mail")).ok();
    // Mostly the same text again: it is held once.
    let shared = |address: Address| mail.clone().filter(|mail| *mail == address).unwrap_or(address);
    Ok(Principal {
        id: id(row, deed)?,
        name: text("displayName").to_owned(),
        proxies: proxies(row).into_iter().map(shared).collect(),
        upn: Address::parse(upn).ok().map(shared),
        others: texts(row, "otherMails").filter_map(|other| Address::parse(other).ok()).collect(),
        kind,
        mail,
    })
}

/// One user among those of a group. A run holds all of a large group's, so what a proxy address says again after the mail
/// address is left out.
pub(crate) fn member(row: &Value, deed: &Deed) -> PortResult<Principal> {
    let mut member = principal(row, deed)?;
    member.proxies.retain(|proxy| Some(proxy) != member.mail.as_ref());
    member.proxies.shrink_to_fit();
    Ok(member)
}

/// What `@odata.type` says of a row. It is there where a row may be of any type, and for each type derived from the one that
/// was asked for ("OData JSON Format Version 4.01", section 4.6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// A user as such, or what needs not be named.
    User,
    /// A subtype of user behind which software stands (the page "agentUser resource type").
    Agent,
    /// A group.
    Group,
    /// Another object that can be a member of a group and is no user.
    Other,
    /// None that is known: it may be a new subtype of any.
    Unknown,
}

impl Type {
    /// Whatever a row says.
    pub(crate) fn of(row: &Value) -> Self {
        let name = row.get("@odata.type").and_then(Value::as_str).unwrap_or("#microsoft.graph.user");
        match name.to_ascii_lowercase().trim_start_matches("#microsoft.graph.") {
            "user" => Self::User,
            "agentuser" => Self::Agent,
            "group" => Self::Group,
            "device" | "serviceprincipal" | "orgcontact" | "application" => Self::Other,
            _ => Self::Unknown,
        }
    }
}

/// The id of a row.
pub(crate) fn id(row: &Value, deed: &Deed) -> PortResult<ObjectId> {
    row.get("id")
        .and_then(Value::as_str)
        .and_then(|id| ObjectId::parse(id).ok())
        .ok_or_else(|| deed.unreadable("the id of a row"))
}

/// Mail addresses among the proxy addresses: `SMTP:` marks the primary one, `smtp:` the others; other kinds, such as `SIP:`,
/// are none.
fn proxies(row: &Value) -> Vec<Address> {
    let mut found: Vec<(bool, Address)> = texts(row, "proxyAddresses")
        .filter_map(|proxy| {
            let (kind, address) = proxy.split_once(':')?;
            let address = kind.eq_ignore_ascii_case("smtp").then(|| Address::parse(address).ok())??;
            Some((kind != "SMTP", address))
        })
        .collect();
    found.sort_by_key(|(secondary, _)| *secondary);
    let mut addresses: Vec<Address> = found.into_iter().map(|(_, address)| address).collect();
    // Collected in place they keep the room that they had with their kind, and a run keeps a large group's.
    addresses.shrink_to_fit();
    addresses
}

fn texts<'a>(row: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    row.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(row: Value) -> PortResult<Principal> {
        principal(&row, &Deed::new("could not read", "User.Read.All"))
    }

    #[test]
    fn the_primary_proxy_comes_first_and_other_kinds_are_left_out() {
        let row = json!({"id": "U1", "proxyAddresses": ["smtp:b@x.example", "SIP:s@x.example", "SMTP:a@x.example", "x"]});
        let proxies = read(row).expect("a principal").proxies;
        let texts: Vec<&str> = proxies.iter().map(Address::as_str).collect();
        assert_eq!(texts, ["a@x.example", "b@x.example"]);
    }

    #[test]
    fn a_members_proxies_do_not_say_the_mail_address_again() {
        let row = json!({"id": "u1", "mail": "a@x.example", "proxyAddresses": ["SMTP:A@x.example", "smtp:b@x.example"]});
        let member = member(&row, &Deed::new("could not read", "User.Read.All")).expect("a member");
        let texts: Vec<&str> = member.addresses().map(Address::as_str).collect();
        assert_eq!(texts, ["a@x.example", "b@x.example"]);
    }

    #[test]
    fn a_row_without_properties_is_still_somebody() {
        let row =
            json!({"@odata.type": "#microsoft.graph.user", "id": "u1", "mail": null, "otherMails": null});
        let principal = read(row).expect("a principal");
        assert_eq!((principal.contact_address(), principal.kind), (None, PrincipalKind::Own));
    }

    #[test]
    fn a_guests_sign_in_name_is_no_address() {
        let row = json!({"id": "u1", "userPrincipalName": "a_home.example#EXT#@x.example"});
        let principal = read(row).expect("a principal");
        assert_eq!((principal.upn, principal.kind), (None, PrincipalKind::Guest));
    }

    #[test]
    fn an_agent_is_told_from_a_person_and_a_type_that_nobody_knows_is_what_the_cast_says() {
        for (name, kind) in [
            ("#microsoft.graph.agentUser", PrincipalKind::Agent),
            ("#microsoft.graph.user", PrincipalKind::Own),
            ("#microsoft.graph.someNewUser", PrincipalKind::Own),
        ] {
            let principal = read(json!({"@odata.type": name, "id": "u1"})).expect("a principal");
            assert_eq!(principal.kind, kind, "{name}");
        }
    }

    #[test]
    fn a_row_without_an_id_is_an_error() {
        assert!(read(json!({"mail": "a@x.example"})).is_err());
    }
}
