//! `getByIds`, organisational contacts and the organisation.

use serde_json::{Map, Value, json};

use super::listing::Page;
use super::reference;
use super::render::{self, Shown, Typing};
use crate::access::{self, Caller, Sight};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::odata::filter::{self, Engine, Filter};
use crate::odata::parse;
use crate::state::group;
use crate::state::other::{CONTACT_SELECTABLE, OtherObject};
use crate::state::{Kind, ObjectId, date_time};
use crate::world::World;

const MAX_IDS: usize = 1_000;
const ALL: &[Kind] = &[Kind::User, Kind::Group, Kind::Device, Kind::ServicePrincipal, Kind::OrgContact];

/// `POST /directoryObjects/getByIds`: the default properties of objects; unknown ids are absent.
pub(crate) fn get_by_ids(world: &mut World, call: &Call, who: &Caller) -> Reply {
    call.query.only(&[])?;
    let body = call.object()?;
    if let Some(unknown) = body.keys().find(|key| !["ids", "types"].contains(&key.as_str())) {
        return Err(Refusal::bad_request(format!("Invalid property '{unknown}'.")));
    }
    let ids = read_ids(body.get("ids"))?;
    let kinds = read_kinds(body.get("types"))?;
    if kinds.iter().all(|kind| who.sight(*kind) == Sight::Outline) {
        return Err(Refusal::denied());
    }
    let at = world.read_point();
    let shown = Shown { select: None, typing: Typing::Named, at };
    let directory = &world.directory;
    let value: Vec<Value> = ids
        .into_iter()
        .filter(|id| directory.kind_at(*id, at).is_some_and(|kind| kinds.contains(&kind)))
        .filter_map(|id| render::object(directory, id, who, shown))
        .collect();
    let context = format!("{}/$metadata#directoryObjects", call.base);
    Ok(Answer::ok(json!({"@odata.context": context, "value": value})))
}

fn read_ids(value: Option<&Value>) -> Result<Vec<ObjectId>, Refusal> {
    let ids = value
        .and_then(Value::as_array)
        .filter(|ids| !ids.is_empty())
        .ok_or_else(|| Refusal::bad_request("The 'ids' parameter is required."))?;
    if ids.len() > MAX_IDS {
        return Err(Refusal::bad_request(format!("Too many ids: {}. Max allowed: {MAX_IDS}.", ids.len())));
    }
    let mut parsed = Vec::with_capacity(ids.len());
    for id in ids {
        let text = id.as_str().ok_or_else(|| Refusal::invalid_id(&id.to_string()))?;
        parsed.push(reference::path_id(text)?);
    }
    parsed.sort_unstable();
    parsed.dedup();
    Ok(parsed)
}

fn read_kinds(value: Option<&Value>) -> Result<Vec<Kind>, Refusal> {
    let invalid = || Refusal::bad_request("The 'types' parameter names an unknown type.");
    match value {
        None | Some(Value::Null) => Ok(ALL.to_vec()),
        Some(Value::Array(names)) => names
            .iter()
            .map(|name| match name.as_str() {
                Some("directoryObject") => Ok(ALL.to_vec()),
                Some(name) => Kind::named(name).map(|kind| vec![kind]).ok_or_else(invalid),
                None => Err(invalid()),
            })
            .collect::<Result<Vec<_>, _>>()
            .map(|kinds| kinds.concat()),
        Some(_) => Err(invalid()),
    }
}

/// `GET /directory/deletedItems/{id}`, of groups.
pub(crate) fn deleted_item(world: &mut World, call: &Call, who: &Caller, id: &str) -> Reply {
    who.need(access::DELETED_GROUP_READ)?;
    call.no_body()?;
    call.query.only(&["$select"])?;
    let select = call.query.select(group::SELECTABLE, "group")?;
    let key = reference::path_id(id)?;
    let at = world.read_point();
    let (group, deleted_ms) =
        world.directory.deleted_group_at(key, at).ok_or_else(|| Refusal::missing(id))?;
    let mut row = render::group(group, select.as_deref());
    if row.contains_key("deletedDateTime") {
        row.insert("deletedDateTime".to_owned(), json!(date_time(deleted_ms)));
    }
    row.insert("@odata.type".to_owned(), json!(Kind::Group.type_name()));
    Ok(Answer::ok(Value::Object(row)))
}

/// `GET /contacts`.
pub(crate) fn contacts(world: &mut World, call: &Call, who: &Caller) -> Reply {
    who.need(access::CONTACT_READ)?;
    call.no_body()?;
    call.query.only(&["$top", "$select", "$count", "$filter", "$skiptoken"])?;
    let filter = match call.query.get("$filter") {
        None => None,
        Some(text) => Some(contact_filter(call, text)?),
    };
    let select = call.query.select(CONTACT_SELECTABLE, "orgContact")?;
    let page = Page::open(world, call)?;
    let fits = |contact: &&OtherObject| {
        contact.kind == Kind::OrgContact && filter.as_ref().is_none_or(|filter| filter.matches(*contact))
    };
    let all = |after: Option<ObjectId>| {
        world.directory.others_after(after, page.at).map(AsRef::as_ref).filter(fits)
    };
    let rows: Vec<(ObjectId, Value)> = all(page.after)
        .take(page.top + 1)
        .map(|contact| (contact.id, Value::Object(render::other(contact, select.as_deref(), Sight::Full))))
        .collect();
    let count = (call.advanced() && page.is_first()).then(|| all(None).count());
    Ok(page.close(world, call, rows, count))
}

fn contact_filter(call: &Call, text: &str) -> Result<Filter, Refusal> {
    let filter = parse::parse(text)?;
    let engine = if call.advanced() { Engine::Advanced } else { Engine::Default };
    filter.check(&filter::CONTACT, engine)?;
    Ok(filter)
}

const ORGANIZATION: &[&str] = &["id", "displayName", "tenantType", "verifiedDomains"];

/// `GET /organization`.
pub(crate) fn organization(world: &World, call: &Call, who: &Caller) -> Reply {
    who.need(access::ORGANIZATION_READ)?;
    call.no_body()?;
    call.query.only(&["$select"])?;
    let select = call.query.select(ORGANIZATION, "organization")?;
    let names = select.unwrap_or_else(|| ORGANIZATION.iter().map(|name| (*name).to_owned()).collect());
    let row: Map<String, Value> = names
        .into_iter()
        .map(|name| {
            let value = match name.as_str() {
                "id" => json!(world.tenant.id.to_string()),
                "displayName" => json!(world.tenant.name),
                "tenantType" => json!("AAD"),
                _ => verified_domains(world),
            };
            (name, value)
        })
        .collect();
    let context = format!("{}/$metadata#organization", call.base);
    Ok(Answer::ok(json!({"@odata.context": context, "value": [row]})))
}

fn verified_domains(world: &World) -> Value {
    let last = world.tenant.domains.len().saturating_sub(1);
    let domains = world.tenant.domains.iter().enumerate().map(|(index, name)| {
        json!({
            "capabilities": "Email, OfficeCommunicationsOnline",
            "isDefault": index == 0,
            "isInitial": index == last,
            "name": name,
            "type": "Managed",
        })
    });
    Value::Array(domains.collect())
}
