//! Change tracking: `groups/delta` and `users/delta`, their tokens and their pages.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::delta_round::{self, Detail, Round};
use super::delta_spot::Spot;
use crate::access::{self, Caller};
use crate::clock::millis;
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Reply};
use crate::odata::cursor::Cursor;
use crate::odata::filter::{Filter, Literal, Test};
use crate::odata::parse;
use crate::settings::Replay;
use crate::state::{ObjectId, group, user};
use crate::world::World;

const ROUND_END: u8 = 2;
const MID_ROUND: u8 = 3;
const MAX_IDS: usize = 50;

/// Whose changes are tracked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tracked {
    Groups,
    Users,
}

/// The query that a token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Scope {
    pub(crate) tracked: Tracked,
    pub(crate) ids: Option<Vec<ObjectId>>,
    pub(crate) select: Option<Vec<String>>,
    /// The options as sent, for the place to start anew.
    raw: String,
}

impl Scope {
    pub(crate) fn covers(&self, id: ObjectId) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&id))
    }

    pub(crate) fn members(&self) -> bool {
        self.tracked == Tracked::Groups
            && self.select.as_ref().is_none_or(|names| names.iter().any(|name| name == "members"))
    }

    /// The properties that are shown and that wake.
    pub(crate) fn properties(&self) -> Vec<String> {
        match (&self.select, self.tracked) {
            (Some(names), _) => names.iter().filter(|name| *name != "members").cloned().collect(),
            (None, Tracked::Groups) => group::default_properties(),
            (None, Tracked::Users) => user::default_properties(),
        }
    }
}

/// `GET /groups/delta` and `GET /users/delta`.
pub(crate) fn track(world: &mut World, call: &Call, who: &Caller, tracked: Tracked) -> Reply {
    who.need(match tracked {
        Tracked::Groups => access::GROUP_READ,
        Tracked::Users => access::USER_READ,
    })?;
    call.no_body()?;
    call.query.only(&["$select", "$filter", "$deltatoken", "$skiptoken"])?;
    let detail = match call.header("prefer") {
        None => Detail::Selected,
        Some("return=minimal") => Detail::Changed,
        Some(_) => return Err(Refusal::bad_request("The Prefer header is not supported here.")),
    };
    let (scope, spec, round) = match (call.query.get("$skiptoken"), call.query.get("$deltatoken")) {
        (Some(token), None) => resume(world, call, tracked, (token, MID_ROUND))?,
        (None, Some(token)) if !token.is_empty() && token != "latest" => {
            resume(world, call, tracked, (token, ROUND_END))?
        }
        (None, start) => begin(world, call, tracked, start == Some("latest"))?,
        (Some(_), Some(_)) => return Err(invalid_token()),
    };
    let page = delta_round::page(world, &scope, &round, detail);
    Ok(answer(world, call, (tracked, spec), &round, page))
}

/// The first round, or with `latest` an empty one that ends now.
fn begin(
    world: &mut World,
    call: &Call,
    tracked: Tracked,
    latest: bool,
) -> Result<(Scope, u32, Round), Refusal> {
    let scope = read_scope(call, tracked)?;
    let text = serde_json::to_string(&scope).unwrap_or_default();
    let spec = world.cursors.spec(&text);
    let at = world.read_point();
    let from = if latest { at } else { 0 };
    let kind = if latest { delta_round::Kind::Empty } else { delta_round::Kind::Initial };
    Ok((scope, spec, Round { kind, from, at, fresh: from, spot: Spot::Start { empty_pages: 0 } }))
}

fn resume(
    world: &mut World,
    call: &Call,
    tracked: Tracked,
    token: (&str, u8),
) -> Result<(Scope, u32, Round), Refusal> {
    let (text, kind) = token;
    if !call.query.raw_without(&["$skiptoken", "$deltatoken"]).is_empty() {
        return Err(Refusal::bad_request(
            "Query options cannot be combined with a token; follow the link as it was given.",
        ));
    }
    let cursor = world.cursors.open(text).filter(|cursor| cursor.kind == kind).ok_or_else(invalid_token)?;
    let scope =
        scope_of(world, &cursor).filter(|scope| scope.tracked == tracked).ok_or_else(invalid_token)?;
    if cursor.epoch != world.delta_epoch {
        return Err(reset(call, &scope));
    }
    if world.now() - cursor.issued > millis(world.settings.delta.token_life) {
        return Err(Refusal::expired_delta());
    }
    let round = if kind == MID_ROUND {
        let kind = if cursor.from == 0 { delta_round::Kind::Initial } else { delta_round::Kind::Changes };
        Round { kind, from: cursor.from, at: cursor.at, fresh: cursor.fresh, spot: Spot::of(&cursor) }
    } else {
        let replay = world.settings.delta.replay == Replay::LastRound && cursor.fresh != 0;
        let from = if replay { cursor.fresh } else { cursor.at };
        let at = world.read_point().max(cursor.at);
        let kind = if from == 0 { delta_round::Kind::Initial } else { delta_round::Kind::Changes };
        Round { kind, from, at, fresh: cursor.at, spot: Spot::Start { empty_pages: 0 } }
    };
    Ok((scope, cursor.spec, round))
}

fn scope_of(world: &World, cursor: &Cursor) -> Option<Scope> {
    serde_json::from_str(world.cursors.spec_text(cursor.spec)?).ok()
}

fn read_scope(call: &Call, tracked: Tracked) -> Result<Scope, Refusal> {
    let select = match tracked {
        Tracked::Groups => {
            let known: Vec<&str> = group::SELECTABLE.iter().copied().chain(["members"]).collect();
            call.query.select(&known, "group")?
        }
        Tracked::Users => call.query.select(user::SELECTABLE, "user")?,
    };
    let ids = match call.query.get("$filter") {
        None => None,
        Some(text) => Some(ids_of(&parse::parse(text)?)?),
    };
    Ok(Scope { tracked, ids, select, raw: call.query.raw_without(&["$deltatoken", "$skiptoken"]) })
}

/// Change tracking filters only by `id eq ... or id eq ...`, up to 50.
fn ids_of(filter: &Filter) -> Result<Vec<ObjectId>, Refusal> {
    let unsupported =
        || Refusal::unsupported_query("The $filter of a delta query supports only 'id eq' joined by 'or'.");
    let parts = match filter {
        Filter::Or(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    if parts.len() > MAX_IDS {
        return Err(Refusal::unsupported_query(format!(
            "Too many objects in the $filter of a delta query: {}. Max allowed: {MAX_IDS}.",
            parts.len()
        )));
    }
    parts
        .iter()
        .map(|part| match part {
            Filter::Test { property, test: Test::Equal(Literal::Text(id)) } if property == "id" => {
                id.parse().map_err(|_| Refusal::invalid_id(id))
            }
            _ => Err(unsupported()),
        })
        .collect()
}

/// The refusal that sends the client back to the start of the token's query.
fn reset(call: &Call, scope: &Scope) -> Refusal {
    let set = path(scope.tracked);
    let separator = if scope.raw.is_empty() { "" } else { "&" };
    let location = format!("{}{set}?{}{separator}$deltatoken=", call.base, scope.raw);
    Refusal::named(410, "syncStateInvalid", "The sync state is invalid. Data must be synchronized again.")
        .with_header("location", location)
}

/// The refusal for an injected reset.
pub(crate) fn forced_reset(world: &World, call: &Call) -> Refusal {
    let tracked = if call.segments.first().is_some_and(|set| set == "users") {
        Tracked::Users
    } else {
        Tracked::Groups
    };
    let token = call.query.get("$skiptoken").or(call.query.get("$deltatoken"));
    let scope = token
        .and_then(|token| world.cursors.open(token))
        .and_then(|cursor| scope_of(world, &cursor))
        .or_else(|| read_scope(call, tracked).ok());
    let scope = scope.unwrap_or(Scope { tracked, ids: None, select: None, raw: String::new() });
    reset(call, &scope)
}

fn path(tracked: Tracked) -> &'static str {
    match tracked {
        Tracked::Groups => "/groups/delta",
        Tracked::Users => "/users/delta",
    }
}

fn answer(
    world: &World,
    call: &Call,
    query: (Tracked, u32),
    round: &Round,
    page: (Vec<Value>, Option<Spot>),
) -> Answer {
    let (tracked, spec) = query;
    let (rows, next) = page;
    let (after, inner) = next.map_or((0, 0), Spot::packed);
    let kind = if next.is_some() { MID_ROUND } else { ROUND_END };
    let cursor = Cursor {
        spec,
        kind,
        from: round.from,
        at: round.at,
        fresh: round.fresh,
        after,
        inner,
        issued: world.now(),
        epoch: world.delta_epoch,
    };
    let token = world.cursors.seal(&cursor);
    let set = path(tracked);
    let (link, option) =
        if next.is_some() { ("@odata.nextLink", "skiptoken") } else { ("@odata.deltaLink", "deltatoken") };
    let context =
        format!("{}/$metadata#{}", call.base, if tracked == Tracked::Users { "users" } else { "groups" });
    Answer::ok(json!({
        "@odata.context": context,
        link: format!("{}{set}?${option}={token}", call.base),
        "value": rows,
    }))
}

fn invalid_token() -> Refusal {
    Refusal::bad_request("Badly formed token.")
}
