//! Making groups, by POST or by an upsert on `uniqueName`.

use serde_json::{Map, Value, json};

use super::{groups, links_write, reference, render};
use crate::access::{self, Caller};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::state::group::{Group, GroupKind};
use crate::state::writes::LinkSet;
use crate::state::{Kind, ObjectId};
use crate::world::World;

const MAX_NICKNAME: usize = 64;
const MAX_DISPLAY_NAME: usize = 256;
const REFUSED_IN_NICKNAMES: &str = "@()\\[]\";:<>, ";
const BEHAVIOR: &[&str] = &[
    "AllowOnlyMembersToPost",
    "CalendarMemberReadOnly",
    "ConnectorsDisabled",
    "HideGroupInOutlook",
    "SubscribeMembersToCalendarEventsDisabled",
    "SubscribeNewGroupMembers",
    "WelcomeEmailDisabled",
];

/// What is to be made.
struct Draft {
    group: Group,
    owners: Vec<ObjectId>,
    members: Vec<ObjectId>,
}

/// `POST /groups`.
pub(crate) fn create(world: &mut World, call: &Call, who: &Caller) -> Reply {
    call.query.only(&[])?;
    let body = call.object()?;
    let unique = match body.get("uniqueName") {
        None | Some(Value::Null) => None,
        Some(value) => Some(text("uniqueName", value)?),
    };
    make(world, call, who, unique)
}

/// `PATCH /groups(uniqueName='...')` with `Prefer: create-if-missing`, where there is no such group.
pub(crate) fn upsert(world: &mut World, call: &Call, who: &Caller, unique: &str) -> Reply {
    if call.object()?.get("uniqueName").is_some_and(|value| value.as_str() != Some(unique)) {
        return Err(Refusal::bad_request("Property 'uniqueName' differs from the key in the URL."));
    }
    make(world, call, who, Some(unique.to_owned()))
}

fn make(world: &mut World, call: &Call, who: &Caller, unique: Option<String>) -> Reply {
    who.need(access::GROUP_CREATE)?;
    let mut draft = draft(world, call, unique)?;
    check(world, who, &draft)?;
    let now = world.now();
    draft.group.id = world.new_id();
    let id = world.directory.insert_group(draft.group, now);
    for (set, ids) in [(LinkSet::Owners, draft.owners), (LinkSet::Members, draft.members)] {
        for target in ids {
            world.directory.link(id, set, target, now);
        }
    }
    let newest = world.directory.newest();
    let (group, _) = world.directory.group_at(id, newest).ok_or_else(|| Refusal::missing(id))?;
    let mut body = render::group(group, None);
    body.insert("@odata.context".to_owned(), json!(format!("{}/$metadata#groups/$entity", call.base)));
    Ok(Answer::created(Value::Object(body)))
}

fn check(world: &World, who: &Caller, draft: &Draft) -> Result<(), Refusal> {
    if draft.owners.len() + draft.members.len() > reference::MAX_LINKS {
        return Err(reference::too_many());
    }
    let newest = world.directory.newest();
    let users = draft.owners.iter().chain(&draft.members);
    if users.into_iter().any(|id| world.directory.kind_at(*id, newest) == Some(Kind::User)) {
        who.need(access::USER_READ)?;
    }
    links_write::check_targets(world, who, (&draft.group, LinkSet::Owners), &draft.owners)?;
    links_write::check_targets(world, who, (&draft.group, LinkSet::Members), &draft.members)?;
    groups::check_nickname_clash(world, &draft.group)?;
    let taken = |name: &String| world.directory.group_unique(name, newest).is_some();
    if draft.group.unique_name.as_ref().is_some_and(taken) {
        return Err(Refusal::bad_request(
            "Another object with the same value for property uniqueName already exists.",
        ));
    }
    Ok(())
}

fn draft(world: &World, call: &Call, unique_name: Option<String>) -> Result<Draft, Refusal> {
    let body = call.object()?;
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        if body.get(name).is_none_or(Value::is_null) {
            return Err(Refusal::bad_request(format!(
                "A value is required for property '{name}' of resource 'Group'."
            )));
        }
    }
    let mut group = Group { unique_name, ..Group::new(GroupKind::Security, "") };
    let (mut owners, mut members) = (Vec::new(), Vec::new());
    for (name, value) in body {
        match name.as_str() {
            "owners@odata.bind" => owners = reference::targets(call, value)?,
            "members@odata.bind" => members = reference::targets(call, value)?,
            _ => set(&mut group, name, value)?,
        }
    }
    complete(world, &mut group, body)?;
    Ok(Draft { group, owners, members })
}

fn set(group: &mut Group, name: &str, value: &Value) -> Result<(), Refusal> {
    match name {
        "displayName" => group.display_name = display_name(value)?,
        "description" => group.description = optional_text(name, value)?,
        "mailNickname" => group.mail_nickname = nickname(value)?,
        "mailEnabled" => group.mail_enabled = flag(name, value)?,
        "securityEnabled" => group.security_enabled = flag(name, value)?,
        "visibility" => group.visibility = visibility(value)?,
        "uniqueName" => {}
        "groupTypes" => group.group_types = texts(name, value, &["Unified"])?,
        "resourceBehaviorOptions" => group.behavior_options = texts(name, value, BEHAVIOR)?,
        _ => return Err(Refusal::bad_request(format!("Invalid property '{name}'."))),
    }
    Ok(())
}

/// Rules across properties, and what the service fills in.
fn complete(world: &World, group: &mut Group, body: &Map<String, Value>) -> Result<(), Refusal> {
    if group.unified() {
        if !group.mail_enabled {
            return Err(Refusal::bad_request("A Microsoft 365 group must be mail-enabled."));
        }
        group.mail = Some(format!("{}@{}", group.mail_nickname, world.default_domain()));
        group.visibility.get_or_insert_with(|| "Public".to_owned());
        return Ok(());
    }
    if group.mail_enabled {
        return Err(Refusal::bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement \
             property is unset and the security-enablement property is set.",
        ));
    }
    if !group.security_enabled {
        return Err(Refusal::bad_request("A group must be security-enabled or a Microsoft 365 group."));
    }
    if body.contains_key("resourceBehaviorOptions") {
        return Err(Refusal::bad_request(
            "Property 'resourceBehaviorOptions' applies to Microsoft 365 groups only.",
        ));
    }
    if group.visibility.as_deref() == Some("HiddenMembership") {
        return Err(Refusal::bad_request("HiddenMembership applies to Microsoft 365 groups only."));
    }
    Ok(())
}

pub(crate) fn display_name(value: &Value) -> Result<String, Refusal> {
    let name = text("displayName", value)?;
    if name.is_empty() || name.chars().count() > MAX_DISPLAY_NAME {
        return Err(invalid("displayName"));
    }
    Ok(name)
}

pub(crate) fn nickname(value: &Value) -> Result<String, Refusal> {
    let name = text("mailNickname", value)?;
    let fits = !name.is_empty()
        && name.len() <= MAX_NICKNAME
        && name.chars().all(|c| c.is_ascii() && !c.is_ascii_control() && !REFUSED_IN_NICKNAMES.contains(c));
    if fits { Ok(name) } else { Err(invalid("mailNickname")) }
}

pub(crate) fn visibility(value: &Value) -> Result<Option<String>, Refusal> {
    match optional_text("visibility", value)? {
        Some(name) if !["Public", "Private", "HiddenMembership"].contains(&name.as_str()) => {
            Err(invalid("visibility"))
        }
        other => Ok(other),
    }
}

pub(crate) fn optional_text(name: &str, value: &Value) -> Result<Option<String>, Refusal> {
    if value.is_null() { Ok(None) } else { text(name, value).map(Some) }
}

fn text(name: &str, value: &Value) -> Result<String, Refusal> {
    value.as_str().map(str::to_owned).ok_or_else(|| invalid(name))
}

fn flag(name: &str, value: &Value) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| invalid(name))
}

fn texts(name: &str, value: &Value, known: &[&str]) -> Result<Vec<String>, Refusal> {
    let values = value.as_array().ok_or_else(|| invalid(name))?;
    values
        .iter()
        .map(|value| value.as_str().filter(|text| known.contains(text)).map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| invalid(name))
}

fn invalid(name: &str) -> Refusal {
    Refusal::bad_request(format!("Invalid value specified for property '{name}' of resource 'Group'."))
}
