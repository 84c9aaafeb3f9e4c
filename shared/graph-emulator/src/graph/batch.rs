//! `$batch`, as on the page "Combine multiple HTTP requests using JSON batching".

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use rand::seq::SliceRandom;
use serde_json::{Map, Value, json};

use crate::access::Caller;
use crate::errors::{Refusal, Stamp};
use crate::exchange::{Answer, Call, Place, Sent};
use crate::serve::{self, Cut, Outcome};
use crate::world::World;

const MAX_PARTS: usize = 20;
const FIELDS: &[&str] = &["id", "method", "url", "headers", "body", "dependsOn"];

/// One request of a batch.
#[derive(Clone, Debug)]
struct Part {
    id: String,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Sent,
    depends_on: Vec<String>,
}

/// `POST /$batch`.
pub(crate) fn run(world: &mut World, call: &Call, who: &Caller, stamp: &Stamp) -> Outcome {
    let parts = match read(call) {
        Ok(parts) => parts,
        Err(refusal) => return Outcome::of(refusal.into_answer(stamp)),
    };
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.shuffle(&mut world.rng);
    let mut done: BTreeMap<String, Answer> = BTreeMap::new();
    let (mut delay, mut cut) = (Duration::ZERO, None);
    while !order.is_empty() {
        let ready =
            order.iter().position(|index| parts[*index].depends_on.iter().all(|id| done.contains_key(id)));
        let Some(ready) = ready else {
            return Outcome::of(malformed("dependsOn forms a circle").into_answer(stamp));
        };
        let part = &parts[order.remove(ready)];
        let outcome = answer_part(world, (call, part), who, (stamp, &done));
        delay = delay.max(outcome.delay);
        done.insert(part.id.clone(), outcome.answer);
        cut = cut.or(outcome.cut);
        if outcome.cut == Some(Cut::Reset) {
            let answer = Refusal::named(503, "serviceNotAvailable", "The connection was cut.");
            return Outcome { delay, cut: Some(Cut::Reset), ..Outcome::of(answer.into_answer(stamp)) };
        }
    }
    let mut responses: Vec<Value> = done.iter().map(|(id, answer)| response(id, answer)).collect();
    responses.shuffle(&mut world.rng);
    Outcome { delay, cut, ..Outcome::of(Answer::ok(json!({"responses": responses}))) }
}

fn answer_part(
    world: &mut World,
    request: (&Call, &Part),
    who: &Caller,
    so_far: (&Stamp, &BTreeMap<String, Answer>),
) -> Outcome {
    let (outer, part) = request;
    let (stamp, done) = so_far;
    let failed =
        part.depends_on.iter().any(|id| done.get(id).is_some_and(|answer| !answer.status.is_success()));
    if failed {
        let refusal = Refusal::named(
            424,
            "FailedDependency",
            "The request failed because a request that it depends on failed.",
        );
        return Outcome::of(refusal.into_answer(stamp));
    }
    let url = format!("/{}", part.url.trim_start_matches('/'));
    match serve::call(&part.method, &url, part.headers.clone(), &outer.base) {
        Ok(call) => {
            let call = Call { body: part.body.clone(), place: Place::Part, ..call };
            serve::answer_call(world, &call, &Ok(who.clone()), (stamp, Some(&part.id)))
        }
        Err(refusal) => Outcome::of(refusal.into_answer(stamp)),
    }
}

/// One answer, with its headers spelled as the service spells them.
fn response(id: &str, answer: &Answer) -> Value {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        let name = match *name {
            "retry-after" => "Retry-After",
            "location" => "Location",
            other => other,
        };
        headers.insert(name.to_owned(), json!(value));
    }
    let mut response = json!({"id": id, "status": answer.status.as_u16()});
    if let Some(body) = answer.json() {
        let kind = if body.is_string() { "text/plain" } else { "application/json" };
        headers.insert("Content-Type".to_owned(), json!(kind));
        response["body"] = body;
    }
    response["headers"] = Value::Object(headers);
    response
}

fn read(call: &Call) -> Result<Vec<Part>, Refusal> {
    call.query.only(&[])?;
    let body = call.object()?;
    if body.keys().any(|key| key != "requests") {
        return Err(malformed("only 'requests' is expected"));
    }
    let requests =
        body.get("requests").and_then(Value::as_array).ok_or_else(|| malformed("'requests' is missing"))?;
    if requests.is_empty() {
        return Err(malformed("'requests' is empty"));
    }
    if requests.len() > MAX_PARTS {
        return Err(malformed(&format!("number of requests exceeds the limit of {MAX_PARTS}")));
    }
    let parts: Vec<Part> = requests.iter().map(read_part).collect::<Result<_, _>>()?;
    let ids: BTreeSet<String> = parts.iter().map(|part| part.id.to_lowercase()).collect();
    if ids.len() != parts.len() {
        return Err(malformed("request ids must be unique"));
    }
    let known: BTreeSet<&String> = parts.iter().map(|part| &part.id).collect();
    if parts.iter().flat_map(|part| &part.depends_on).any(|id| !known.contains(id)) {
        return Err(malformed("dependsOn names an unknown request"));
    }
    Ok(parts)
}

fn read_part(value: &Value) -> Result<Part, Refusal> {
    let part = value.as_object().ok_or_else(|| malformed("a request must be an object"))?;
    if let Some(unknown) = part.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(malformed(&format!("unknown property '{unknown}'")));
    }
    let text = |name: &str| {
        part.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| malformed(&format!("'{name}' is missing")))
    };
    let method = match text("method")?.to_ascii_uppercase().as_str() {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        "PUT" => Method::PUT,
        "DELETE" => Method::DELETE,
        other => return Err(malformed(&format!("unknown method '{other}'"))),
    };
    let url = text("url")?;
    if url.contains("://") && !url.starts_with('/') {
        return Err(malformed("'url' must be relative"));
    }
    let headers = read_headers(part.get("headers"))?;
    let typed = headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"));
    let body = match part.get("body") {
        None | Some(Value::Null) => Sent::Nothing,
        Some(_) if method == Method::GET => return Err(malformed("a GET request cannot have a body")),
        Some(_) if !typed => return Err(malformed("a body needs the header Content-Type: application/json")),
        Some(body) => Sent::Json(body.clone()),
    };
    let depends_on = read_depends_on(part.get("dependsOn"))?;
    Ok(Part { id: text("id")?, method, url, headers, body, depends_on })
}

fn read_headers(value: Option<&Value>) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    let Some(value) = value else { return Ok(headers) };
    let object = value.as_object().ok_or_else(|| malformed("'headers' must be an object"))?;
    for (name, value) in object {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed("a header name is invalid"))?;
        let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
        headers.insert(name, value.ok_or_else(|| malformed("a header value is invalid"))?);
    }
    Ok(headers)
}

fn read_depends_on(value: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let ids = value.as_array().ok_or_else(|| malformed("'dependsOn' must be an array"))?;
    ids.iter()
        .map(|id| id.as_str().map(str::to_owned).ok_or_else(|| malformed("'dependsOn' must name ids")))
        .collect()
}

fn malformed(reason: &str) -> Refusal {
    Refusal::named(400, "BadRequest", format!("Invalid batch payload format: {reason}."))
}
