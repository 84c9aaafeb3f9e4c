//! Groups: finding, reading, changing.

use serde_json::{Map, Value, json};

use super::listing::Page;
use super::{group_create, links_write, reference, render};
use crate::access::{self, Caller};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::odata::filter::{self, Engine, Filter};
use crate::odata::parse;
use crate::state::directory::Directory;
use crate::state::group::{self, Group};
use crate::state::history::Seq;
use crate::state::writes::LinkSet;
use crate::state::{Kind, ObjectId};
use crate::world::World;

/// How a path names a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GroupKey {
    Id(String),
    /// `groups(uniqueName='...')`
    Unique(String),
}

/// `GET /groups`.
pub(crate) fn list(world: &mut World, call: &Call, who: &Caller) -> Reply {
    who.need(access::GROUP_READ)?;
    call.no_body()?;
    call.query.only(&["$top", "$select", "$count", "$filter", "$skiptoken"])?;
    let filter = match call.query.get("$filter") {
        None => None,
        Some(text) => {
            let filter = parse::parse(text)?;
            let engine = if call.advanced() { Engine::Advanced } else { Engine::Default };
            filter.check(&filter::GROUP, engine)?;
            Some(filter)
        }
    };
    let select = call.query.select(group::SELECTABLE, "group")?;
    let page = Page::open(world, call)?;
    let fits = |group: &&Group| filter.as_ref().is_none_or(|filter| filter.matches(*group));
    let rows: Vec<(ObjectId, Value)> = source(&world.directory, filter.as_ref(), page.after, page.at)
        .filter(fits)
        .take(page.top + 1)
        .map(|group| (group.id, Value::Object(render::group(group, select.as_deref()))))
        .collect();
    let count = (call.advanced() && page.is_first())
        .then(|| source(&world.directory, filter.as_ref(), None, page.at).filter(fits).count());
    Ok(page.close(world, call, rows, count))
}

/// All groups that the filter may fit, by id; through the index where it names a nickname, a unique name or an id.
fn source<'a>(
    directory: &'a Directory,
    filter: Option<&Filter>,
    after: Option<ObjectId>,
    at: Seq,
) -> Box<dyn Iterator<Item = &'a Group> + 'a> {
    let Some(keys) = filter.and_then(|filter| filter.keys(&["id", "mailNickname", "uniqueName"])) else {
        return Box::new(directory.groups_after(after, at).map(AsRef::as_ref));
    };
    let mut ids: Vec<ObjectId> = keys
        .iter()
        .flat_map(|key| directory.groups_keyed(key).iter().copied().chain(key.parse().ok()))
        .filter(|id| after.is_none_or(|after| *id > after))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Box::new(
        ids.into_iter().filter_map(move |id| directory.group_at(id, at)).map(|(group, _)| group.as_ref()),
    )
}

/// `GET /groups/{id}` and `GET /groups(uniqueName='...')`.
pub(crate) fn get(world: &mut World, call: &Call, who: &Caller, key: &GroupKey) -> Reply {
    who.need(access::GROUP_READ)?;
    call.no_body()?;
    call.query.only(&["$select"])?;
    let select = call.query.select(group::SELECTABLE, "group")?;
    let at = world.read_point();
    let group = find(&world.directory, key, at)?;
    let mut body = render::group(group, select.as_deref());
    body.insert("@odata.context".to_owned(), json!(format!("{}/$metadata#groups/$entity", call.base)));
    Ok(Answer::ok(Value::Object(body)))
}

/// `GET /groups/{id}/onPremisesSyncBehavior`: where its source of authority is. Who never was on premises has none here.
pub(crate) fn sync_behavior(world: &mut World, call: &Call, who: &Caller, id: ObjectId) -> Reply {
    who.need(access::SYNC_BEHAVIOR)?;
    call.no_body()?;
    call.query.only(&["$select"])?;
    call.query.select(&["id", "isCloudManaged"], "onPremisesSyncBehavior")?;
    let at = world.read_point();
    let (group, _) = world.directory.group_at(id, at).ok_or_else(|| Refusal::missing(id))?;
    let origin = group.on_premises.as_ref().ok_or_else(|| Refusal::missing(id))?;
    Ok(Answer::ok(json!({
        "@odata.context": format!("{}/$metadata#groups('{id}')/onPremisesSyncBehavior/$entity", call.base),
        "id": id.to_string(),
        "isCloudManaged": origin.cloud_managed,
    })))
}

/// The id behind a key, in the newest state.
pub(crate) fn resolve(world: &World, key: &GroupKey) -> Result<ObjectId, Refusal> {
    match key {
        GroupKey::Id(text) => reference::path_id(text),
        GroupKey::Unique(_) => Ok(find(&world.directory, key, world.directory.newest())?.id),
    }
}

fn find<'a>(directory: &'a Directory, key: &GroupKey, at: Seq) -> Result<&'a Group, Refusal> {
    match key {
        GroupKey::Id(text) => {
            let id = reference::path_id(text)?;
            directory.group_at(id, at).map(|(group, _)| group.as_ref()).ok_or_else(|| Refusal::missing(text))
        }
        GroupKey::Unique(name) => {
            directory.group_unique(name, at).map(AsRef::as_ref).ok_or_else(|| Refusal::missing(name))
        }
    }
}

/// `PATCH /groups/{id}`: properties, and members to add.
pub(crate) fn patch(world: &mut World, call: &Call, who: &Caller, key: &GroupKey) -> Reply {
    call.query.only(&[])?;
    let body = call.object()?.clone();
    if let GroupKey::Unique(name) = key {
        let newest = world.directory.newest();
        let known = world.directory.group_unique(name, newest).is_some();
        match call.header("prefer") {
            Some("create-if-missing") if !known => return group_create::upsert(world, call, who, name),
            Some("create-if-missing") | None => {}
            Some(_) => return Err(Refusal::bad_request("The Prefer header is not supported here.")),
        }
    }
    let id = resolve(world, key)?;
    let newest = world.directory.newest();
    let (current, record) = world.directory.group_at(id, newest).ok_or_else(|| Refusal::missing(id))?;
    let current = Group::clone(current);
    let owned = record.owners.has(who.service_principal) && who.has(&["Group.Create"]);
    let members = match body.get("members@odata.bind") {
        None => Vec::new(),
        Some(urls) => reference::targets(call, urls)?,
    };
    let changed = apply(&current, &body)?;
    let only_members = body.len() == 1 && !members.is_empty();
    if !only_members && !owned {
        who.need(access::GROUP_WRITE)?;
    }
    check_nickname_clash(world, &changed)?;
    if !members.is_empty() {
        links_write::add_all(world, who, (id, LinkSet::Members), &members)?;
    }
    let now = world.now();
    world.directory.change_group(id, now, |group| *group = changed);
    Ok(Answer::no_content())
}

/// The group with the properties of a PATCH; those that are fixed at creation may only repeat what they are.
fn apply(current: &Group, body: &Map<String, Value>) -> Result<Group, Refusal> {
    let mut group = current.clone();
    for (name, value) in body {
        match name.as_str() {
            "members@odata.bind" => {}
            "displayName" => group.display_name = group_create::display_name(value)?,
            "description" => group.description = group_create::optional_text(name, value)?,
            "mailNickname" => group.mail_nickname = group_create::nickname(value)?,
            "visibility" if value.as_str() == Some("HiddenMembership") => {
                return Err(Refusal::bad_request(
                    "Property 'visibility' can be set to HiddenMembership only when the group is created.",
                ));
            }
            "visibility" => group.visibility = group_create::visibility(value)?,
            "uniqueName" | "mailEnabled" | "securityEnabled" | "groupTypes" | "resourceBehaviorOptions" => {
                if *value != current.property(name) {
                    return Err(Refusal::bad_request(format!(
                        "Property '{name}' is read-only and cannot be set."
                    )));
                }
            }
            _ => return Err(Refusal::bad_request(format!("Invalid property '{name}'."))),
        }
    }
    Ok(group)
}

/// Nicknames are unique among Microsoft 365 groups.
pub(crate) fn check_nickname_clash(world: &World, group: &Group) -> Result<(), Refusal> {
    let newest = world.directory.newest();
    let clash = group.unified()
        && world.directory.groups_keyed(&group.mail_nickname).iter().any(|id| {
            *id != group.id
                && world.directory.group_at(*id, newest).is_some_and(|(other, _)| {
                    other.unified() && other.mail_nickname.eq_ignore_ascii_case(&group.mail_nickname)
                })
        });
    if clash {
        return Err(Refusal::bad_request(
            "Another object with the same value for property mailNickname already exists.",
        ));
    }
    Ok(())
}

/// `DELETE /groups/{id}`: nothing that keeps lists and groups in step ever does this.
pub(crate) fn delete(world: &mut World, call: &Call, who: &Caller, key: &GroupKey) -> Reply {
    call.query.only(&[])?;
    world.violation = Some("deletes a group".to_owned());
    who.need(access::GROUP_WRITE)?;
    let id = resolve(world, key)?;
    links_write::delete_object(world, who, id, Kind::Group)
}
