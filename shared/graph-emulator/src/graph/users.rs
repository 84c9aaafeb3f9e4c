//! Users: listing, reading one, counting, mailbox settings.

use serde_json::{Value, json};

use super::listing::Page;
use super::{links_write, reference, render};
use crate::access::{self, Caller, Sight};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::odata::filter::{self, Engine, Filter};
use crate::odata::parse;
use crate::state::directory::Directory;
use crate::state::history::Seq;
use crate::state::user::{self, MailboxPurpose, User};
use crate::state::{Kind, ObjectId};
use crate::world::World;

const INDEXED: &[&str] = &["id", "mail", "userPrincipalName", "otherMails", "proxyAddresses"];

/// `GET /users`.
pub(crate) fn list(world: &mut World, call: &Call, who: &Caller) -> Reply {
    let sight = sight(who)?;
    call.no_body()?;
    call.query.only(&["$top", "$select", "$count", "$filter", "$skiptoken"])?;
    let filter = read_filter(call)?;
    let select = call.query.select(user::SELECTABLE, "user")?;
    let page = Page::open(world, call)?;
    let directory = &world.directory;
    let rows: Vec<(ObjectId, Value)> = matching(directory, filter.as_ref(), page.after, page.at)
        .take(page.top + 1)
        .map(|user| (user.id, Value::Object(render::user(user, select.as_deref(), sight))))
        .collect();
    let count = (call.advanced() && page.is_first()).then(|| count_at(directory, filter.as_ref(), page.at));
    Ok(page.close(world, call, rows, count))
}

/// `GET /users/$count`.
pub(crate) fn count(world: &mut World, call: &Call, who: &Caller) -> Reply {
    sight(who)?;
    call.no_body()?;
    call.query.only(&["$filter"])?;
    if !call.eventual() {
        return Err(Refusal::needs_advanced("the $count segment"));
    }
    let filter = match call.query.get("$filter") {
        None => None,
        Some(text) => Some(checked(text, Engine::Advanced)?),
    };
    let at = world.read_point();
    Ok(Answer::count(count_at(&world.directory, filter.as_ref(), at)))
}

/// `GET /users/{id or userPrincipalName}`.
pub(crate) fn get(world: &mut World, call: &Call, who: &Caller, key: &str) -> Reply {
    let sight = sight(who)?;
    call.no_body()?;
    call.query.only(&["$select"])?;
    let select = call.query.select(user::SELECTABLE, "user")?;
    let at = world.read_point();
    let user = find(&world.directory, key, at)?;
    let mut body = render::user(user, select.as_deref(), sight);
    body.insert("@odata.context".to_owned(), json!(format!("{}/$metadata#users/$entity", call.base)));
    Ok(Answer::ok(Value::Object(body)))
}

/// `GET /users/{id}/mailboxSettings`, with the purpose of the mailbox.
pub(crate) fn mailbox_settings(world: &mut World, call: &Call, who: &Caller, key: &str) -> Reply {
    who.need(access::MAILBOX_READ)?;
    call.no_body()?;
    call.query.only(&["$select"])?;
    call.query.select(&["userPurpose"], "mailboxSettings")?;
    let at = world.read_point();
    let user = find(&world.directory, key, at)?;
    if user.purpose == MailboxPurpose::Absent {
        return Err(no_mailbox());
    }
    Ok(Answer::ok(json!({
        "@odata.context": format!("{}/$metadata#users('{}')/mailboxSettings", call.base, user.id),
        "userPurpose": user.purpose.text(),
    })))
}

/// The refusal of what needs a mailbox in Exchange Online.
pub(crate) fn no_mailbox() -> Refusal {
    let text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
    Refusal::named(404, "MailboxNotEnabledForRESTAPI", text)
}

/// `DELETE /users/{id}`: nothing that keeps lists and groups in step ever does this.
pub(crate) fn delete(world: &mut World, call: &Call, who: &Caller, key: &str) -> Reply {
    call.query.only(&[])?;
    world.violation = Some(format!("deletes the user {key}"));
    who.need(access::USER_WRITE)?;
    let newest = world.directory.newest();
    let id = find(&world.directory, key, newest)?.id;
    links_write::delete_object(world, who, id, Kind::User)
}

fn sight(who: &Caller) -> Result<Sight, Refusal> {
    match who.sight(Kind::User) {
        Sight::Outline => Err(Refusal::denied()),
        sight => Ok(sight),
    }
}

pub(crate) fn find<'a>(directory: &'a Directory, key: &str, at: Seq) -> Result<&'a User, Refusal> {
    let user = if key.contains('@') {
        directory.user_named(key, at)
    } else {
        directory.user_at(reference::path_id(key)?, at)
    };
    user.map(AsRef::as_ref).ok_or_else(|| Refusal::missing(key))
}

fn read_filter(call: &Call) -> Result<Option<Filter>, Refusal> {
    let Some(text) = call.query.get("$filter") else { return Ok(None) };
    checked(text, if call.advanced() { Engine::Advanced } else { Engine::Default }).map(Some)
}

fn checked(text: &str, engine: Engine) -> Result<Filter, Refusal> {
    let filter = parse::parse(text)?;
    filter.check(&filter::USER, engine)?;
    Ok(filter)
}

fn count_at(directory: &Directory, filter: Option<&Filter>, at: Seq) -> usize {
    match filter {
        None => directory.user_count_at(at),
        Some(_) => matching(directory, filter, None, at).count(),
    }
}

/// Users that fit, by id, after `after`; through the index where the filter allows it.
fn matching<'a>(
    directory: &'a Directory,
    filter: Option<&'a Filter>,
    after: Option<ObjectId>,
    at: Seq,
) -> Box<dyn Iterator<Item = &'a User> + 'a> {
    let fits = move |user: &User| filter.is_none_or(|filter| filter.matches(user));
    let Some(keys) = filter.and_then(|filter| filter.keys(INDEXED)) else {
        return Box::new(directory.users_after(after, at).map(AsRef::as_ref).filter(move |user| fits(user)));
    };
    let mut ids: Vec<ObjectId> = keys
        .iter()
        .flat_map(|key| directory.users_keyed(key).iter().copied().chain(key.parse().ok()))
        .filter(|id| after.is_none_or(|after| *id > after))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Box::new(
        ids.into_iter()
            .filter_map(move |id| directory.user_at(id, at))
            .map(AsRef::as_ref)
            .filter(move |user| fits(user)),
    )
}
