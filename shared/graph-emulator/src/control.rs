//! `/emulator/...`: what scripts may look at and change.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::exchange::Answer;
use crate::faults::{Effect, Fault, Refused, When};
use crate::server::plain;
use crate::settings::Throttle;
use crate::state::ObjectId;
use crate::state::writes::LinkSet;
use crate::world::World;

/// Settings that scripts may change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    lag_seconds: Option<u64>,
    latency_ms: Option<u64>,
    throttle: Option<bool>,
    advance_clock_seconds: Option<u64>,
}

/// A fault that scripts may set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    method: String,
    path: String,
    nth: Option<u64>,
    rate: Option<f64>,
    effect: What,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum What {
    Status { status: u16, retry_after: Option<u64> },
    StatusAfter { status: u16 },
    ResetBefore,
    ResetAfter,
    Truncate,
    ShortPage { rows: usize },
    ExpiredCursor,
    DeltaReset,
    Delay { ms: u64 },
}

/// Answers a request to the control surface.
pub(crate) fn answer(world: &mut World, method: &str, segments: &[&str], body: &[u8]) -> Answer {
    match (method, segments) {
        ("GET", ["groups", group, "members"]) => members(world, group),
        ("PUT", ["groups", group, "members", member]) => link(world, (group, member), Step::Add),
        ("DELETE", ["groups", group, "members", member]) => link(world, (group, member), Step::Remove),
        ("GET", ["groups"]) => groups(world),
        ("GET", ["counters"]) => counters(world),
        ("PATCH", ["settings"]) => read(body).map_or_else(bad, |change: Change| set(world, &change)),
        ("POST", ["faults"]) => read(body).map_or_else(bad, |wanted: Wanted| {
            world.faults.add(fault(wanted));
            plain(201, json!({}))
        }),
        ("DELETE", ["faults"]) => {
            world.faults.clear();
            plain(200, json!({}))
        }
        _ => plain(404, json!({"error": "there is no such control"})),
    }
}

enum Step {
    Add,
    Remove,
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn bad(reason: String) -> Answer {
    plain(400, json!({"error": reason}))
}

fn find_group(world: &World, key: &str) -> Option<ObjectId> {
    let newest = world.directory.newest();
    match key.parse() {
        Ok(id) => world.directory.group_at(id, newest).map(|_| id),
        Err(_) => world.directory.group_unique(key, newest).map(|group| group.id),
    }
}

fn find_object(world: &World, key: &str) -> Option<ObjectId> {
    let newest = world.directory.newest();
    key.parse().ok().or_else(|| {
        world
            .directory
            .users_keyed(key)
            .iter()
            .copied()
            .find(|id| world.directory.user_at(*id, newest).is_some())
    })
}

fn members(world: &World, group: &str) -> Answer {
    let newest = world.directory.newest();
    let found = find_group(world, group).and_then(|id| world.directory.group_at(id, newest));
    let Some((_, record)) = found else { return missing() };
    let rows: Vec<Value> = record
        .members
        .after(None, newest)
        .filter(|(id, kind)| world.directory.is_live(*id, *kind, newest))
        .map(|(id, kind)| {
            let mail = world.directory.user_at(id, newest).and_then(|user| user.mail.clone());
            json!({"id": id.to_string(), "type": kind.type_name(), "mail": mail})
        })
        .collect();
    plain(200, json!({"members": rows}))
}

fn groups(world: &World) -> Answer {
    let newest = world.directory.newest();
    let rows: Vec<Value> = world
        .directory
        .groups_after(None, newest)
        .map(|group| {
            json!({"id": group.id.to_string(), "displayName": group.display_name, "uniqueName": group.unique_name})
        })
        .collect();
    plain(200, json!({"groups": rows}))
}

fn link(world: &mut World, target: (&str, &str), step: Step) -> Answer {
    let found = (find_group(world, target.0), find_object(world, target.1));
    let (Some(group), Some(member)) = found else { return missing() };
    let now = world.now();
    let changed = match step {
        Step::Add => world.directory.link(group, LinkSet::Members, member, now),
        Step::Remove => world.directory.unlink(group, LinkSet::Members, member, now),
    };
    plain(200, json!({"changed": changed}))
}

fn counters(world: &World) -> Answer {
    let counters = world.journal.counters;
    plain(
        200,
        json!({
            "http_requests": counters.http_requests,
            "calls": counters.calls,
            "writes": counters.writes,
            "member_writes": counters.member_writes,
            "throttled": counters.throttled,
            "token_requests": counters.token_requests,
            "most_under_way": counters.most_under_way,
            "most_writing": counters.most_writing,
        }),
    )
}

fn set(world: &mut World, change: &Change) -> Answer {
    if let Some(seconds) = change.lag_seconds {
        world.settings.lag.max = Duration::from_secs(seconds);
    }
    if let Some(ms) = change.latency_ms {
        world.settings.latency = Duration::from_millis(ms);
    }
    match change.throttle {
        Some(true) => world.settings.throttle = crate::settings::Settings::default().throttle,
        Some(false) => world.settings.throttle = Throttle::Off,
        None => {}
    }
    if let Some(seconds) = change.advance_clock_seconds {
        world.clock.advance(Duration::from_secs(seconds));
    }
    plain(200, json!({}))
}

fn fault(wanted: Wanted) -> Fault {
    let effect = match wanted.effect {
        What::Status { status, retry_after } => {
            let refused = Refused::status(status);
            Effect::Refuse(match retry_after {
                Some(seconds) => refused.retry_after(seconds),
                None => refused,
            })
        }
        What::StatusAfter { status } => Effect::RefuseAfter(Refused::status(status)),
        What::ResetBefore => Effect::ResetBefore,
        What::ResetAfter => Effect::ResetAfter,
        What::Truncate => Effect::Truncate,
        What::ShortPage { rows } => Effect::ShortPage(rows),
        What::ExpiredCursor => Effect::ExpiredCursor,
        What::DeltaReset => Effect::DeltaReset,
        What::Delay { ms } => Effect::Delay(Duration::from_millis(ms)),
    };
    let when = match (wanted.nth, wanted.rate) {
        (Some(nth), _) => When::Nth(nth),
        (None, Some(rate)) => When::Rate(rate),
        (None, None) => When::Every,
    };
    Fault::on(&wanted.method, &wanted.path, effect).when(when)
}

fn missing() -> Answer {
    plain(404, json!({"error": "there is no such group or object"}))
}
