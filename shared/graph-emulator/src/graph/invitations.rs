//! Inviting guests.

use serde_json::{Value, json};

use crate::access::{self, Caller};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::settings::Invitations;
use crate::state::ObjectId;
use crate::state::directory::same;
use crate::state::user::{User, UserType};
use crate::world::World;

/// From the description of `invitedUserEmailAddress` in the API reference.
const REFUSED_IN_ADDRESSES: &str = "~!#$%^&*()+=[]{}\\/|;:'<>?,";

const KNOWN: &[&str] = &[
    "invitedUserDisplayName",
    "invitedUserEmailAddress",
    "invitedUserType",
    "inviteRedirectUrl",
    "sendInvitationMessage",
];

struct Wanted {
    address: String,
    redirect: String,
    name: Option<String>,
    send: bool,
    guest: UserType,
}

/// `POST /invitations`.
pub(crate) fn invite(world: &mut World, call: &Call, who: &Caller) -> Reply {
    who.need(access::USER_INVITE)?;
    call.query.only(&[])?;
    let wanted = read(call)?;
    let user = match existing(world, &wanted.address)? {
        Some(id) => {
            let newest = world.directory.newest();
            world
                .directory
                .user_at(id, newest)
                .map(|user| User::clone(user))
                .ok_or_else(|| Refusal::missing(id))?
        }
        None => guest(world, &wanted),
    };
    let id = user.id;
    if world.settings.invitations == Invitations::Kept {
        keep(world, &user);
    }
    let status = if user.external_user_state.as_deref() == Some("Accepted") {
        "Completed"
    } else {
        "PendingAcceptance"
    };
    Ok(Answer::created(json!({
        "@odata.context": format!("{}/$metadata#invitations/$entity", call.base),
        "id": uuid::Uuid::new_v4().to_string(),
        "inviteRedeemUrl": format!("https://login.microsoftonline.com/redeem?rd={}", wanted.redirect),
        "invitedUserDisplayName": user.display_name,
        "invitedUserType": user.user_type.text(),
        "invitedUserEmailAddress": wanted.address,
        "sendInvitationMessage": wanted.send,
        "resetRedemption": false,
        "inviteRedirectUrl": wanted.redirect,
        "status": status,
        "invitedUser": {"id": id.to_string()},
    })))
}

fn read(call: &Call) -> Result<Wanted, Refusal> {
    let body = call.object()?;
    if let Some(unknown) = body.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(Refusal::bad_request(format!("Invalid property '{unknown}'.")));
    }
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::bad_request(format!("Invalid value specified for property '{name}'."))),
    };
    let required = |name: &str| {
        text(name)?.ok_or_else(|| {
            Refusal::bad_request(format!(
                "A value is required for property '{name}' of resource 'Invitation'."
            ))
        })
    };
    let address = required("invitedUserEmailAddress")?;
    if !may_be_invited(&address) {
        return Err(Refusal::bad_request("The invited user email address is not valid."));
    }
    let guest = match text("invitedUserType")?.as_deref() {
        None | Some("Guest") => UserType::Guest,
        Some("Member") => UserType::Member,
        Some(_) => {
            return Err(Refusal::bad_request("Invalid value specified for property 'invitedUserType'."));
        }
    };
    Ok(Wanted {
        redirect: required("inviteRedirectUrl")?,
        name: text("invitedUserDisplayName")?,
        send: body.get("sendInvitationMessage").and_then(Value::as_bool).unwrap_or(false),
        address,
        guest,
    })
}

fn may_be_invited(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let edges_fit =
        |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(['.', '-']);
    address.chars().all(|c| !REFUSED_IN_ADDRESSES.contains(c) && !c.is_whitespace())
        && !domain.contains('@')
        && edges_fit(local)
        && edges_fit(domain)
}

/// The guest who was invited before; somebody of the organisation cannot be invited.
fn existing(world: &World, address: &str) -> Result<Option<ObjectId>, Refusal> {
    let newest = world.directory.newest();
    let smtp = format!("smtp:{address}");
    let keyed = world.directory.users_keyed(address).iter().chain(world.directory.users_keyed(&smtp));
    for user in keyed.filter_map(|id| world.directory.user_at(*id, newest)) {
        if !user.keys().any(|key| same(key, address) || same(key, &smtp)) {
            continue;
        }
        if user.creation_type.as_deref() == Some("Invitation") {
            return Ok(Some(user.id));
        }
        return Err(Refusal::bad_request(format!(
            "The invited user already exists in the directory as objectID: {}. They can use that account to sign in to \
             shared apps and resources.",
            user.id
        )));
    }
    Ok(None)
}

fn guest(world: &mut World, wanted: &Wanted) -> User {
    let local = wanted.address.split('@').next().unwrap_or_default().to_owned();
    let name = wanted.name.clone().unwrap_or(local);
    let domain = world.initial_domain().to_owned();
    User {
        id: world.new_id(),
        user_type: wanted.guest,
        external_user_state: Some("PendingAcceptance".to_owned()),
        ..User::guest(&name, &wanted.address, &domain)
    }
}

fn keep(world: &mut World, user: &User) {
    let newest = world.directory.newest();
    if world.directory.user_at(user.id, newest).is_none() {
        let now = world.now();
        world.directory.insert_user(user.clone(), now);
    }
}
