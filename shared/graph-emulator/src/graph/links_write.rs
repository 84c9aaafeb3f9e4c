//! Adding and removing members and owners.

use serde_json::Value;

use super::reference;
use crate::access::{self, Caller};
use crate::clock::millis;
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::settings::{AbsentRemoval, GuestPolicy};
use crate::state::group::Group;
use crate::state::history::Life;
use crate::state::user::UserType;
use crate::state::writes::LinkSet;
use crate::state::{Kind, ObjectId};
use crate::world::World;

/// `POST .../members/$ref` and `.../owners/$ref`.
pub(crate) fn add_one(world: &mut World, call: &Call, who: &Caller, at: (ObjectId, LinkSet)) -> Reply {
    let (group, set) = at;
    call.query.only(&[])?;
    let body = call.object()?;
    if let Some(unknown) = body.keys().find(|key| *key != "@odata.id") {
        return Err(Refusal::bad_request(format!("Invalid property '{unknown}'.")));
    }
    let url = body.get("@odata.id").unwrap_or(&Value::Null);
    let id = reference::target(call, url)?;
    may_write(world, who, group, set)?;
    world.write_to(group)?;
    check_new(world, who, (group, set), &[id])?;
    let now = world.now();
    world.directory.link(group, set, id, now);
    Ok(Answer::no_content())
}

/// The additions of a PATCH: all of them or none.
pub(crate) fn add_all(
    world: &mut World,
    who: &Caller,
    at: (ObjectId, LinkSet),
    ids: &[ObjectId],
) -> Result<(), Refusal> {
    let (group, set) = at;
    may_write(world, who, group, set)?;
    world.write_to(group)?;
    check_new(world, who, at, ids)?;
    let now = world.now();
    for id in ids {
        world.directory.link(group, set, *id, now);
    }
    Ok(())
}

/// `DELETE .../members/{id}/$ref` and `.../owners/{id}/$ref`.
pub(crate) fn remove(world: &mut World, call: &Call, who: &Caller, at: (ObjectId, LinkSet, &str)) -> Reply {
    let (group, set, id) = at;
    call.query.only(&[])?;
    call.no_body()?;
    let id = reference::path_id(id)?;
    may_write(world, who, group, set)?;
    world.write_to(group)?;
    let now = world.now();
    if world.directory.unlink(group, set, id, now) {
        return Ok(Answer::no_content());
    }
    Err(match world.settings.absent_removal {
        AbsentRemoval::NotFound => Refusal::missing(id),
        AbsentRemoval::BadRequest => Refusal::not_linked(set.name()),
    })
}

/// `DELETE .../members/{id}`, without `/$ref`: the dangerous one. It deletes the object itself.
pub(crate) fn delete_target(world: &mut World, call: &Call, who: &Caller, at: (ObjectId, &str)) -> Reply {
    let (group, id) = at;
    call.query.only(&[])?;
    world.violation = Some(format!("deletes the object {id} itself: /$ref is missing"));
    let id = reference::path_id(id)?;
    let newest = world.directory.newest();
    let (_, record) = world.directory.group_at(group, newest).ok_or_else(|| Refusal::missing(group))?;
    let kind = record.members.kind(id).filter(|_| record.members.has(id));
    delete_object(world, who, id, kind.ok_or_else(|| Refusal::missing(id))?)
}

/// Deletes a user, group or other object, if the caller may.
pub(crate) fn delete_object(world: &mut World, who: &Caller, id: ObjectId, kind: Kind) -> Reply {
    who.need(match kind {
        Kind::User => access::USER_WRITE,
        Kind::Group => access::GROUP_WRITE,
        Kind::Device => access::DEVICE_WRITE,
        Kind::ServicePrincipal => access::APPLICATION_WRITE,
        Kind::OrgContact => &[],
    })?;
    let now = world.now();
    let gone = match kind {
        Kind::User => world.directory.set_user_life(id, Life::SoftDeleted, now),
        Kind::Group => world.directory.set_group_life(id, Life::SoftDeleted, now),
        _ => world.directory.remove_other(id, now),
    };
    if gone { Ok(Answer::no_content()) } else { Err(Refusal::missing(id)) }
}

/// Whether the caller may change these links of this group, judged by the newest state.
fn may_write(world: &World, who: &Caller, group: ObjectId, set: LinkSet) -> Result<(), Refusal> {
    let newest = world.directory.newest();
    let found = world.directory.group_at(group, newest);
    let owned = found.is_some_and(|(_, record)| record.owners.has(who.service_principal));
    let by_owner = owned && who.has(&["Group.Create"]);
    match set {
        _ if by_owner => {}
        LinkSet::Members => who.need(access::MEMBER_WRITE)?,
        LinkSet::Owners => who.need(access::GROUP_WRITE)?,
    }
    let (facts, record) = found.ok_or_else(|| Refusal::missing(group))?;
    let age = world.now() - world.directory.group_created_ms(record);
    if age < millis(world.settings.new_group_unready) {
        return Err(Refusal::bad_request(
            "The source resource object or one of the objects being referenced do not exist.",
        ));
    }
    if set == LinkSet::Owners { Ok(()) } else { takes_members(facts, who) }
}

/// The kinds of groups whose members Graph does not change.
fn takes_members(group: &Group, who: &Caller) -> Result<(), Refusal> {
    if group.dynamic() || group.management_restricted {
        return Err(Refusal::denied());
    }
    if group.mail_enabled && !group.unified() {
        return Err(Refusal::bad_request(
            "Cannot Update a mail-enabled security groups and or distribution list.",
        ));
    }
    if group.on_premises_sync_enabled == Some(true) {
        return Err(Refusal::bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects \
             currently undergoing migration.",
        ));
    }
    if group.assignable_to_role {
        who.need(access::ROLE_GROUPS)?;
    }
    Ok(())
}

/// Whether all of `ids` may be linked.
pub(crate) fn check_new(
    world: &World,
    who: &Caller,
    at: (ObjectId, LinkSet),
    ids: &[ObjectId],
) -> Result<(), Refusal> {
    let (group, set) = at;
    let newest = world.directory.newest();
    let (facts, record) = world.directory.group_at(group, newest).ok_or_else(|| Refusal::missing(group))?;
    check_targets(world, who, (facts, set), ids)?;
    let links = record.links(set);
    if ids.iter().any(|id| links.has(*id)) {
        return Err(Refusal::already(set.name()));
    }
    Ok(())
}

/// Whether all of `ids` exist, may be linked to such a group, and are named once.
pub(crate) fn check_targets(
    world: &World,
    who: &Caller,
    at: (&Group, LinkSet),
    ids: &[ObjectId],
) -> Result<(), Refusal> {
    let (group, set) = at;
    let newest = world.directory.newest();
    for id in ids {
        let kind = world.directory.kind_at(*id, newest).ok_or_else(|| Refusal::missing(*id))?;
        check_kind(group, set, kind)?;
        if set == LinkSet::Members {
            check_right(who, kind)?;
        }
        if kind == Kind::Group
            && world.directory.group_at(*id, newest).is_some_and(|(inner, _)| inner.unified())
        {
            return Err(wrong_kind("Microsoft 365 group"));
        }
        let guest =
            world.directory.user_at(*id, newest).is_some_and(|user| user.user_type == UserType::Guest);
        if guest && world.settings.guests == GuestPolicy::Refused && set == LinkSet::Members {
            return Err(Refusal::named(
                403,
                "Authorization_RequestDenied",
                "Guests users are not allowed to join this Unified Group due to policy setting.",
            ));
        }
    }
    let mut once: Vec<ObjectId> = ids.to_vec();
    once.sort_unstable();
    once.dedup();
    if once.len() == ids.len() { Ok(()) } else { Err(Refusal::already(set.name())) }
}

fn check_kind(group: &Group, set: LinkSet, kind: Kind) -> Result<(), Refusal> {
    let takes = match set {
        LinkSet::Owners => matches!(kind, Kind::User | Kind::ServicePrincipal),
        LinkSet::Members => kind == Kind::User || !group.unified(),
    };
    if takes { Ok(()) } else { Err(wrong_kind(kind.type_name().trim_start_matches("#microsoft.graph."))) }
}

fn wrong_kind(kind: &str) -> Refusal {
    Refusal::bad_request(format!("An object of type '{kind}' cannot be linked to this group."))
}

/// Adding objects other than users and groups needs a right on their kind as well.
fn check_right(who: &Caller, kind: Kind) -> Result<(), Refusal> {
    match kind {
        Kind::User | Kind::Group => Ok(()),
        Kind::Device => who.need(access::DEVICE_WRITE),
        Kind::ServicePrincipal => who.need(access::APPLICATION_WRITE),
        Kind::OrgContact => who.need(access::CONTACT_READ),
    }
}
