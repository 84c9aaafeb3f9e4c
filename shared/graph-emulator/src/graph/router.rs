//! From method and path to the call.

use http::Method;

use super::delta::{self, Tracked};
use super::groups::GroupKey;
use super::links_read::{self, Listing, Source};
use super::{directory_objects, group_create, groups, invitations, links_write, mail, subscriptions, users};
use crate::access::Caller;
use crate::errors::Refusal;
use crate::exchange::{Call, Place, Reply};
use crate::state::Kind;
use crate::state::writes::LinkSet;
use crate::world::World;

/// The longest URL outside a batch.
const MAX_URL: usize = 2_048;

/// Answers one call, `$batch` aside.
pub(crate) fn dispatch(world: &mut World, call: &Call, who: &Caller) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let method = call.method.as_str();
    if method == "DELETE" && !deletes_a_link(&segments) {
        world.violation = Some("deletes something else than a member's link or a subscription".to_owned());
    }
    check_url(call)?;
    check_headers(call)?;
    if let Some((key, rest)) = group_path(&segments) {
        return group(world, call, who, (method, &key, rest));
    }
    match (method, segments.as_slice()) {
        ("GET", ["groups"]) => groups::list(world, call, who),
        ("POST", ["groups"]) => group_create::create(world, call, who),
        ("GET", ["groups", last]) if is_delta(last) => delta::track(world, call, who, Tracked::Groups),
        ("GET", ["users"]) => users::list(world, call, who),
        ("GET", ["users", "$count"]) => users::count(world, call, who),
        ("GET", ["users", last]) if is_delta(last) => delta::track(world, call, who, Tracked::Users),
        ("GET", ["users", key]) => users::get(world, call, who, key),
        ("DELETE", ["users", key]) => users::delete(world, call, who, key),
        ("GET", ["users", key, "mailboxSettings"]) => users::mailbox_settings(world, call, who, key),
        ("POST", ["users", key, "sendMail" | "microsoft.graph.sendMail"]) => {
            mail::send(world, call, who, key)
        }
        ("POST", ["directoryObjects", "getByIds" | "microsoft.graph.getByIds"]) => {
            directory_objects::get_by_ids(world, call, who)
        }
        ("GET", ["directory", "deletedItems", id]) => directory_objects::deleted_item(world, call, who, id),
        ("GET", ["contacts"]) => directory_objects::contacts(world, call, who),
        ("GET", ["organization"]) => directory_objects::organization(world, call, who),
        ("POST", ["subscriptions"]) => subscriptions::create(world, call, who),
        ("GET", ["subscriptions", id]) => subscriptions::get(world, call, who, id),
        ("PATCH", ["subscriptions", id]) => subscriptions::renew(world, call, who, id),
        ("DELETE", ["subscriptions", id]) => subscriptions::end(world, call, who, id),
        ("POST", ["invitations"]) => invitations::invite(world, call, who),
        _ => Err(Refusal::unknown_segment(segments.last().copied().unwrap_or_default())),
    }
}

/// Whether a DELETE takes away a member's link or a subscription: nothing else may a careful client delete.
fn deletes_a_link(segments: &[&str]) -> bool {
    match group_path(segments) {
        Some((_, rest)) => matches!(rest, ["members", _, "$ref"]),
        None => matches!(segments, ["subscriptions", _]),
    }
}

fn group(world: &mut World, call: &Call, who: &Caller, at: (&str, &GroupKey, &[&str])) -> Reply {
    let (method, key, rest) = at;
    match (method, rest) {
        ("GET", []) => return groups::get(world, call, who, key),
        ("PATCH", []) => return groups::patch(world, call, who, key),
        ("DELETE", []) => return groups::delete(world, call, who, key),
        _ => {}
    }
    let id = groups::resolve(world, key)?;
    match (method, rest) {
        ("GET", ["onPremisesSyncBehavior"]) => groups::sync_behavior(world, call, who, id),
        ("GET", [source, tail @ ..]) => read_links(world, call, who, (id, source, tail)),
        ("POST", ["members", "$ref"]) => links_write::add_one(world, call, who, (id, LinkSet::Members)),
        ("POST", ["owners", "$ref"]) => links_write::add_one(world, call, who, (id, LinkSet::Owners)),
        ("POST", ["members" | "owners"]) => {
            Err(Refusal::named(400, "BadRequest", "Write requests are only supported on contained entities"))
        }
        ("PATCH", ["members" | "owners", ..]) => Err(Refusal::named(
            400,
            "BadRequest",
            "The request is currently not supported on the targeted entity set",
        )),
        ("DELETE", ["members", member, "$ref"]) => {
            links_write::remove(world, call, who, (id, LinkSet::Members, member))
        }
        ("DELETE", ["owners", owner, "$ref"]) => {
            links_write::remove(world, call, who, (id, LinkSet::Owners, owner))
        }
        ("DELETE", ["members", member]) if *member != "$ref" => {
            links_write::delete_target(world, call, who, (id, member))
        }
        _ => Err(Refusal::unknown_segment(rest.last().copied().unwrap_or_default())),
    }
}

fn read_links(
    world: &mut World,
    call: &Call,
    who: &Caller,
    at: (crate::state::ObjectId, &str, &[&str]),
) -> Reply {
    let (group, source, tail) = at;
    let source = match source {
        "members" => Source::Direct(LinkSet::Members),
        "owners" => Source::Direct(LinkSet::Owners),
        "transitiveMembers" => Source::Transitive,
        other => return Err(Refusal::unknown_segment(other)),
    };
    let listing = |cast| Listing { group, source, cast };
    let cast = |name: &str| {
        name.contains("graph.")
            .then(|| Kind::named(name))
            .flatten()
            .ok_or_else(|| Refusal::unknown_segment(name))
    };
    match tail {
        [] => links_read::list(world, call, who, listing(None)),
        ["$count"] => links_read::count(world, call, who, listing(None)),
        [name] => links_read::list(world, call, who, listing(Some(cast(name)?))),
        [name, "$count"] => links_read::count(world, call, who, listing(Some(cast(name)?))),
        [.., last] => Err(Refusal::unknown_segment(last)),
    }
}

/// The group that a path is about, and the segments after it.
fn group_path<'a>(segments: &'a [&'a str]) -> Option<(GroupKey, &'a [&'a str])> {
    match segments {
        ["groups", last] if is_delta(last) => None,
        ["groups", id, rest @ ..] => Some((GroupKey::Id((*id).to_owned()), rest)),
        [first, rest @ ..] => {
            let quoted = first.strip_prefix("groups(uniqueName='")?.strip_suffix("')")?;
            Some((GroupKey::Unique(quoted.replace("''", "'")), rest))
        }
        [] => None,
    }
}

fn is_delta(segment: &str) -> bool {
    matches!(segment, "delta" | "delta()" | "microsoft.graph.delta" | "microsoft.graph.delta()")
}

fn check_url(call: &Call) -> Result<(), Refusal> {
    let length = call.base.len() + call.path.len() + 1 + call.query.raw_without(&[]).len();
    if call.place == Place::Alone && length > MAX_URL {
        return Err(Refusal::named(
            400,
            "BadRequest",
            format!("The request URL has {length} characters. Max allowed: {MAX_URL}."),
        ));
    }
    Ok(())
}

/// Headers that would change the meaning of a call are used or refused.
fn check_headers(call: &Call) -> Result<(), Refusal> {
    for name in ["if-match", "if-none-match", "x-http-method-override", "x-http-method"] {
        if call.headers.contains_key(name) {
            return Err(Refusal::bad_request(format!("The header '{name}' is not supported.")));
        }
    }
    if call.header("consistencylevel").is_some() && !call.eventual() {
        return Err(Refusal::bad_request("The ConsistencyLevel header takes the value 'eventual' only."));
    }
    let tracks = call.segments.last().is_some_and(|last| is_delta(last));
    let upserts = call.method == Method::PATCH
        && call.segments.len() == 1
        && call.segments[0].starts_with("groups(uniqueName=");
    if call.headers.contains_key("prefer") && !tracks && !upserts {
        return Err(Refusal::bad_request("The Prefer header is not supported here."));
    }
    Ok(())
}
