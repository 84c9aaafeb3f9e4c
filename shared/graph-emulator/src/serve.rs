//! One HTTP request from its bytes to its answer: faults, authentication, throttling, the call itself, the journal.

use std::time::Duration;

use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::access::Caller;
use crate::errors::{Refusal, Stamp};
use crate::exchange::{Answer, Call, Payload, Place, Reply, Sent};
use crate::faults::{Effect, Refused};
use crate::graph::{batch, delta, router};
use crate::journal::Entry;
use crate::odata::query::{self, Query};
use crate::settings::JournalBodies;
use crate::state::date_time;
use crate::throttle::{self, Gatekeeper};
use crate::token;
use crate::world::World;

/// A request to Graph as it came in.
pub(crate) struct Incoming<'a> {
    pub(crate) method: Method,
    /// Path and query below `/v1.0`.
    pub(crate) path_and_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: &'a [u8],
    /// `https://host`
    pub(crate) origin: String,
}

/// An answer and how it is delivered.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    pub(crate) delay: Duration,
    pub(crate) cut: Option<Cut>,
    /// A new subscription, whose addresses are tried out before the answer goes.
    pub(crate) handshake: Option<uuid::Uuid>,
}

/// How a connection ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the first byte of the answer.
    Reset,
    /// In the middle of the body.
    Truncate,
}

impl Outcome {
    pub(crate) fn of(answer: Answer) -> Self {
        Self { answer, delay: Duration::ZERO, cut: None, handshake: None }
    }
}

/// Answers a request to Graph.
pub(crate) fn graph(world: &mut World, incoming: &Incoming<'_>) -> Outcome {
    world.journal.counters.http_requests += 1;
    let header = |name: &str| incoming.headers.get(name).and_then(|value| value.to_str().ok());
    let request_id = uuid::Uuid::new_v4().to_string();
    let stamp = Stamp {
        client_request_id: header("client-request-id").map_or_else(|| request_id.clone(), str::to_owned),
        request_id,
        date: date_time(world.now()).trim_end_matches('Z').to_owned(),
    };
    let who = token::check(world, header("authorization"), &incoming.origin);
    let base = format!("{}/v1.0", incoming.origin);
    let mut outcome = match call(&incoming.method, &incoming.path_and_query, incoming.headers.clone(), &base)
    {
        Ok(call) => {
            let call = Call { body: read_body(&incoming.headers, incoming.body), ..call };
            answer_call(world, &call, &who, (&stamp, None))
        }
        Err(refusal) => Outcome::of(refusal.into_answer(&stamp)),
    };
    outcome.answer.headers.push(("request-id", stamp.request_id));
    outcome.answer.headers.push(("client-request-id", stamp.client_request_id));
    outcome.delay += world.settings.latency;
    outcome.handshake = world.handshake.take();
    outcome
}

/// A call without its body.
pub(crate) fn call(
    method: &Method,
    path_and_query: &str,
    headers: HeaderMap,
    base: &str,
) -> Result<Call, Refusal> {
    let (path, raw_query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(query::decode)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Call {
        method: method.clone(),
        path: path.to_owned(),
        segments,
        query: Query::parse(raw_query)?,
        headers,
        body: Sent::Nothing,
        base: base.to_owned(),
        place: Place::Alone,
    })
}

fn read_body(headers: &HeaderMap, body: &[u8]) -> Sent {
    if body.is_empty() {
        return Sent::Nothing;
    }
    let typed = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    if !typed {
        return Sent::Unreadable("A body needs the header Content-Type: application/json.".to_owned());
    }
    match serde_json::from_slice(body) {
        Ok(value) => Sent::Json(value),
        Err(_) => Sent::Unreadable("Unable to read JSON request payload.".to_owned()),
    }
}

/// Answers a call, alone or as a part of a batch.
pub(crate) fn answer_call(
    world: &mut World,
    call: &Call,
    who: &Result<Caller, Refusal>,
    context: (&Stamp, Option<&str>),
) -> Outcome {
    let (stamp, part) = context;
    let effects = world.faults.strike(call.method.as_str(), &path_and_query(call), &mut world.rng);
    world.violation = None;
    let mut outcome = match injected(world, call, &effects) {
        Some(Err(refusal)) => Outcome::of(refusal.into_answer(stamp)),
        Some(Ok(cut)) => {
            let answer = Refusal::named(503, "serviceNotAvailable", "The connection was cut.");
            Outcome { cut: Some(cut), ..Outcome::of(answer.into_answer(stamp)) }
        }
        None => perform(world, call, who, stamp),
    };
    for effect in effects {
        spoil(&mut outcome, effect, (call, stamp));
    }
    record(world, call, &outcome, (stamp, part));
    outcome
}

/// A fault that keeps the call from taking effect.
fn injected(world: &World, call: &Call, effects: &[Effect]) -> Option<Result<Cut, Refusal>> {
    effects.iter().find_map(|effect| match effect {
        Effect::Refuse(refused) => Some(Err(refusal(refused))),
        Effect::ResetBefore => Some(Ok(Cut::Reset)),
        Effect::ExpiredCursor => Some(Err(Refusal::expired_page())),
        Effect::DeltaReset => Some(Err(delta::forced_reset(world, call))),
        _ => None,
    })
}

fn refusal(refused: &Refused) -> Refusal {
    let refusal = Refusal::named(refused.status, refused.code.clone(), refused.message.clone());
    match &refused.retry_after {
        Some(wait) => refusal.with_header("retry-after", wait.clone()),
        None => refusal,
    }
}

fn perform(world: &mut World, call: &Call, who: &Result<Caller, Refusal>, stamp: &Stamp) -> Outcome {
    let who = match who {
        Ok(who) => who,
        Err(refusal) => return Outcome::of(refusal.clone().into_answer(stamp)),
    };
    if call.place == Place::Alone && call.method == Method::POST && call.segments == ["$batch"] {
        return batch::run(world, call, who, stamp);
    }
    world.journal.counters.calls += 1;
    let reply = metered(world, call, who);
    Outcome::of(reply.unwrap_or_else(|refusal| refusal.into_answer(stamp)))
}

/// The call behind the throttle.
fn metered(world: &mut World, call: &Call, who: &Caller) -> Reply {
    let cost = throttle::cost(call);
    world.journal.counters.writes += cost.writes;
    world.journal.counters.member_writes += u64::from(is_member_write(call));
    let gate = Gatekeeper {
        throttle: world.settings.throttle,
        form: world.settings.retry_after,
        users: world.directory.user_count_at(world.directory.newest()),
        now: world.clock.now_ms(),
        app: &who.app_id,
        tenant: &world.tenant.id.to_string(),
    };
    let admitted = world.meters.entry(who.app_id.clone()).or_default().admit(cost, &gate);
    let share = admitted.inspect_err(|_| world.journal.counters.throttled += 1)?;
    let mut headers = vec![("x-ms-resource-unit", cost.units.to_string())];
    headers.extend(share.map(|share| ("x-ms-throttle-limit-percentage", format!("{share:.2}"))));
    match router::dispatch(world, call, who) {
        Ok(mut answer) => {
            answer.headers.extend(headers);
            Ok(answer)
        }
        Err(mut refusal) => {
            refusal.headers.extend(headers);
            Err(refusal)
        }
    }
}

fn is_member_write(call: &Call) -> bool {
    let binds = matches!(&call.body, Sent::Json(body) if body.get("members@odata.bind").is_some());
    let refs = call.method != Method::GET
        && call.segments.iter().any(|segment| segment == "members")
        && call.segments.first().is_some_and(|segment| segment.starts_with("groups"));
    refs || (call.method == Method::PATCH && binds)
}

/// A fault in the answer of a call that took effect.
fn spoil(outcome: &mut Outcome, effect: Effect, (call, stamp): (&Call, &Stamp)) {
    match effect {
        Effect::RefuseAfter(refused) => outcome.answer = refusal(&refused).into_answer(stamp),
        Effect::ResetAfter => outcome.cut = Some(Cut::Reset),
        Effect::Truncate => outcome.cut = Some(Cut::Truncate),
        Effect::Delay(by) => outcome.delay += by,
        Effect::ShortPage(rows) => {
            if let Payload::Json(body) = &mut outcome.answer.body
                && let Some(value) = body.get_mut("value").and_then(Value::as_array_mut)
            {
                value.truncate(value.len().saturating_sub(rows));
            }
        }
        Effect::LeadsToItself => {
            if let Payload::Json(Value::Object(body)) = &mut outcome.answer.body {
                body.remove("@odata.deltaLink");
                let link = format!("{}{}", call.base, path_and_query(call));
                body.insert("@odata.nextLink".to_owned(), json!(link));
            }
        }
        Effect::OddRows(rows) => {
            if let Payload::Json(body) = &mut outcome.answer.body {
                blot(body, rows);
            }
        }
        Effect::WrongCount(by) => match &mut outcome.answer.body {
            Payload::Json(body) => {
                if let Some(count) = body.get("@odata.count").and_then(Value::as_i64) {
                    body["@odata.count"] = json!(count + by);
                }
            }
            Payload::Text(text) => {
                if let Ok(count) = text.parse::<i64>() {
                    *text = (count + by).to_string();
                }
            }
            Payload::Empty | Payload::Html(_) => {}
        },
        Effect::Refuse(_) | Effect::ResetBefore | Effect::ExpiredCursor | Effect::DeltaReset => {}
    }
}

fn blot(body: &mut Value, rows: usize) {
    let index = body["value"].as_array().map_or(0, Vec::len).saturating_sub(1);
    let members = format!("/value/{index}/members@delta");
    let place = if body.pointer(&members).is_some() { members.as_str() } else { "/value" };
    if let Some(found) = body.pointer_mut(place).and_then(Value::as_array_mut) {
        found.iter_mut().rev().take(rows).for_each(|row| *row = Value::Null);
    }
}

fn path_and_query(call: &Call) -> String {
    if call.query.is_empty() {
        call.path.clone()
    } else {
        format!("{}?{}", call.path, call.query.raw_without(&[]))
    }
}

fn record(world: &mut World, call: &Call, outcome: &Outcome, context: (&Stamp, Option<&str>)) {
    let (stamp, part) = context;
    let keeps = world.settings.journal;
    let request = match &call.body {
        Sent::Json(body) if keeps != JournalBodies::Neither => Some(body.clone()),
        _ => None,
    };
    let entry = Entry {
        at: world.clock.now(),
        method: call.method.to_string(),
        path: path_and_query(call),
        status: outcome.answer.status.as_u16(),
        part: part.map(str::to_owned),
        request,
        answer: (keeps == JournalBodies::Both).then(|| outcome.answer.json()).flatten(),
        client_request_id: Some(stamp.client_request_id.clone()),
        violation: world.violation.take(),
    };
    world.journal.add(entry);
}
