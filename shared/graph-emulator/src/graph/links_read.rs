//! Reading the members and owners of a group.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

use super::listing::Page;
use super::render::{self, Shown, Typing};
use crate::access::{Caller, GROUP_READ, HIDDEN_READ};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::odata::filter::{self, Engine, Filter, Filters};
use crate::odata::parse;
use crate::state::directory::Directory;
use crate::state::group::GroupRecord;
use crate::state::history::Seq;
use crate::state::user;
use crate::state::writes::LinkSet;
use crate::state::{Kind, ObjectId};
use crate::world::World;

/// Which objects of a group are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Direct(LinkSet),
    /// Members of member groups too.
    Transitive,
}

/// A listing below a group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    pub(crate) group: ObjectId,
    pub(crate) source: Source,
    pub(crate) cast: Option<Kind>,
}

const ID_ONLY: Filters = Filters { equal: &["id"], starts: &[], flags: &[], any: &[] };

/// `GET .../members`, `.../transitiveMembers`, `.../owners`, with or without a cast.
pub(crate) fn list(world: &mut World, call: &Call, who: &Caller, listing: Listing) -> Reply {
    call.no_body()?;
    who.need(GROUP_READ)?;
    call.query.only(&["$top", "$select", "$count", "$filter", "$skiptoken"])?;
    if listing.cast.is_some() && !call.advanced() {
        return Err(Refusal::needs_advanced("a cast of directory objects"));
    }
    let filter = read_filter(call, listing)?;
    let select = read_select(call, listing.cast)?;
    let page = Page::open(world, call)?;
    let directory = &world.directory;
    let record = find(directory, who, listing, page.at)?;
    let typing = if listing.cast.is_some() { Typing::Implied } else { Typing::Named };
    let shown = Shown { select: select.as_deref(), typing, at: page.at };
    let rows: Vec<(ObjectId, Value)> =
        matching(directory, record, listing, filter.as_ref(), (page.after, page.at))
            .take(page.top + 1)
            .filter_map(|id| Some((id, render::object(directory, id, who, shown)?)))
            .collect();
    let count = (call.eventual() && call.query.flag("$count") && page.is_first())
        .then(|| count_at(directory, record, listing, filter.as_ref(), page.at));
    Ok(page.close(world, call, rows, count))
}

/// `GET .../members/$count` and its like.
pub(crate) fn count(world: &mut World, call: &Call, who: &Caller, listing: Listing) -> Reply {
    call.no_body()?;
    who.need(GROUP_READ)?;
    call.query.only(&["$filter"])?;
    if !call.eventual() {
        return Err(Refusal::needs_advanced("the $count segment"));
    }
    let filter = match call.query.get("$filter") {
        None => None,
        Some(text) => Some(checked(text, listing, Engine::Advanced)?),
    };
    let at = world.read_point();
    let record = find(&world.directory, who, listing, at)?;
    Ok(Answer::count(count_at(&world.directory, record, listing, filter.as_ref(), at)))
}

fn read_filter(call: &Call, listing: Listing) -> Result<Option<Filter>, Refusal> {
    let Some(text) = call.query.get("$filter") else { return Ok(None) };
    if !call.advanced() {
        return Err(Refusal::needs_advanced("$filter on members and owners"));
    }
    checked(text, listing, Engine::Advanced).map(Some)
}

fn checked(text: &str, listing: Listing, engine: Engine) -> Result<Filter, Refusal> {
    let filter = parse::parse(text)?;
    let filters = if listing.cast == Some(Kind::User) { &filter::USER } else { &ID_ONLY };
    filter.check(filters, engine)?;
    Ok(filter)
}

fn read_select(call: &Call, cast: Option<Kind>) -> Result<Option<Vec<String>>, Refusal> {
    match cast {
        Some(Kind::User) => call.query.select(user::SELECTABLE, "user"),
        _ => call.query.select(&render::any_selectable(), "directoryObject"),
    }
}

/// The group, if the caller may see who is in it.
fn find<'a>(
    directory: &'a Directory,
    who: &Caller,
    listing: Listing,
    at: Seq,
) -> Result<&'a GroupRecord, Refusal> {
    let (group, record) =
        directory.group_at(listing.group, at).ok_or_else(|| Refusal::missing(listing.group))?;
    let hidden = group.visibility.as_deref() == Some("HiddenMembership");
    if hidden && listing.source != Source::Direct(LinkSet::Owners) {
        who.need(HIDDEN_READ)?;
    }
    Ok(record)
}

/// The ids that the listing has after `place.0` in the state `place.1`.
fn matching<'a>(
    directory: &'a Directory,
    record: &'a GroupRecord,
    listing: Listing,
    filter: Option<&'a Filter>,
    place: (Option<ObjectId>, Seq),
) -> Box<dyn Iterator<Item = ObjectId> + 'a> {
    let (after, at) = place;
    let rows = candidates(directory, record, listing, filter, place);
    Box::new(
        rows.filter(move |(id, _)| after.is_none_or(|after| *id > after))
            .filter(move |(_, kind)| listing.cast.is_none_or(|cast| cast == *kind))
            .filter(move |(id, kind)| directory.is_live(*id, *kind, at))
            .filter(move |(id, _)| filter.is_none_or(|filter| fits(directory, filter, *id, at)))
            .map(|(id, _)| id),
    )
}

/// A superset of what the listing has, cheap where the filter names ids.
fn candidates<'a>(
    directory: &'a Directory,
    record: &'a GroupRecord,
    listing: Listing,
    filter: Option<&Filter>,
    place: (Option<ObjectId>, Seq),
) -> Box<dyn Iterator<Item = (ObjectId, Kind)> + 'a> {
    let (after, at) = place;
    match listing.source {
        Source::Transitive => Box::new(transitive(directory, listing.group, at).into_iter()),
        Source::Direct(set) => {
            let links = record.links(set);
            let Some(keys) = filter.and_then(|filter| filter.keys(&["id"])) else {
                return Box::new(links.after(after, at));
            };
            let mut ids: Vec<ObjectId> = keys.iter().filter_map(|key| key.parse().ok()).collect();
            ids.sort_unstable();
            ids.dedup();
            ids.retain(|id| links.has_at(*id, at));
            Box::new(ids.into_iter().filter_map(|id| Some((id, links.kind(id)?))))
        }
    }
}

fn fits(directory: &Directory, filter: &Filter, id: ObjectId, at: Seq) -> bool {
    directory.user_at(id, at).is_some_and(|user| filter.matches(&**user))
        || directory.group_at(id, at).is_some_and(|(group, _)| filter.matches(&**group))
        || directory.other_at(id, at).is_some_and(|other| filter.matches(&**other))
}

fn count_at(
    directory: &Directory,
    record: &GroupRecord,
    listing: Listing,
    filter: Option<&Filter>,
    at: Seq,
) -> usize {
    match (listing.source, filter) {
        (Source::Direct(set), None) => record.links(set).counts_at(at).of(listing.cast),
        _ => matching(directory, record, listing, filter, (None, at)).count(),
    }
}

/// Members, members of member groups and so on, without the group itself.
fn transitive(directory: &Directory, group: ObjectId, at: Seq) -> BTreeMap<ObjectId, Kind> {
    let mut found = BTreeMap::new();
    let mut open = VecDeque::from([group]);
    while let Some(next) = open.pop_front() {
        let Some((_, record)) = directory.group_at(next, at) else { continue };
        for (id, kind) in record.members.after(None, at) {
            if id != group && found.insert(id, kind).is_none() && kind == Kind::Group {
                open.push_back(id);
            }
        }
    }
    found
}
