//! Subscriptions to changes of groups: made, renewed, ended (the pages "Create subscription", "Update subscription",
//! "Delete subscription").

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::{self, Caller};
use crate::errors::Refusal;
use crate::exchange::{Answer, Call, Place, Reply};
use crate::state::date_time;
use crate::state::subscriptions::Subscription;
use crate::world::World;

/// The longest life of a subscription to groups, in minutes (the page "subscription resource type").
const LONGEST_MINUTES: i64 = 41_760;
/// A shorter life is made so long.
const SHORTEST_MINUTES: i64 = 45;
/// How many an application may have on users and groups of one tenant (the page "Set up notifications").
const QUOTA: usize = 100;
/// The most characters of `clientState`.
const LONGEST_STATE: usize = 128;

const KNOWN: &[&str] = &[
    "changeType",
    "clientState",
    "expirationDateTime",
    "latestSupportedTlsVersion",
    "lifecycleNotificationUrl",
    "notificationUrl",
    "resource",
];

/// `POST /subscriptions`. It counts once the addresses have answered the trial call, which the server makes.
pub(crate) fn create(world: &mut World, call: &Call, who: &Caller) -> Reply {
    call.query.only(&[])?;
    if call.place == Place::Part {
        return Err(Refusal::bad_request("Subscriptions are not made in a batch here."));
    }
    who.need(access::SUBSCRIBE_GROUPS)?;
    let mut subscription = read(world, call.object()?, who)?;
    let own = world.subscriptions.all().filter(|one| one.app_id == who.app_id).count();
    if own >= QUOTA {
        return Err(Refusal::named(
            403,
            "Forbidden",
            format!("Subscription limit of {QUOTA} for the application in this tenant has been reached."),
        ));
    }
    subscription.id = world.new_id();
    world.collect_notices();
    world.handshake = Some(subscription.id);
    let body = shown(&subscription, &call.base);
    world.subscriptions.add(subscription);
    Ok(Answer::created(body))
}

/// `PATCH /subscriptions/{id}`: another end.
pub(crate) fn renew(world: &mut World, call: &Call, who: &Caller, id: &str) -> Reply {
    call.query.only(&[])?;
    world.collect_notices();
    who.need(access::SUBSCRIBE_GROUPS)?;
    let body = call.object()?;
    if let Some(unknown) = body.keys().find(|key| *key != "expirationDateTime") {
        return Err(Refusal::bad_request(format!("Property '{unknown}' cannot be updated.")));
    }
    let expires = expiry(body, world.now())?;
    let subscription = find(world, who, id)?;
    subscription.expires = expires;
    Ok(Answer::ok(shown(subscription, &call.base)))
}

/// `GET /subscriptions/{id}`.
pub(crate) fn get(world: &mut World, call: &Call, who: &Caller, id: &str) -> Reply {
    call.query.only(&[])?;
    call.no_body()?;
    world.collect_notices();
    who.need(access::SUBSCRIBE_GROUPS)?;
    // Only the answer to the creation shows the state.
    let mut body = shown(find(world, who, id)?, &call.base);
    body["clientState"] = Value::Null;
    Ok(Answer::ok(body))
}

/// `DELETE /subscriptions/{id}`.
pub(crate) fn end(world: &mut World, call: &Call, who: &Caller, id: &str) -> Reply {
    call.query.only(&[])?;
    call.no_body()?;
    world.collect_notices();
    who.need(access::SUBSCRIBE_GROUPS)?;
    let id = find(world, who, id)?.id;
    world.subscriptions.remove(id);
    Ok(Answer::no_content())
}

fn find<'a>(world: &'a mut World, who: &Caller, id: &str) -> Result<&'a mut Subscription, Refusal> {
    let found = id.parse().ok().and_then(|id: Uuid| world.subscriptions.get_mut(id));
    found
        .filter(|one| one.app_id == who.app_id && one.is_validated)
        .ok_or_else(|| Refusal::named(404, "ResourceNotFound", "The object was not found."))
}

fn read(world: &World, body: &Map<String, Value>, who: &Caller) -> Result<Subscription, Refusal> {
    if let Some(unknown) = body.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(Refusal::bad_request(format!("Invalid property '{unknown}'.")));
    }
    let required = |name: &str| {
        text(body, name)?
            .ok_or_else(|| invalid(format!("Subscription property '{name}' is required and was missing.")))
    };
    let client_state = text(body, "clientState")?;
    if client_state.as_ref().is_some_and(|state| state.chars().count() > LONGEST_STATE) {
        return Err(invalid(format!("The clientState property exceeds {LONGEST_STATE} characters.")));
    }
    let tls = text(body, "latestSupportedTlsVersion")?.unwrap_or_else(|| "v1_2".to_owned());
    if !["v1_0", "v1_1", "v1_2", "v1_3"].contains(&tls.as_str()) {
        return Err(invalid(format!("'{tls}' is no TLS version.")));
    }
    Ok(Subscription {
        id: Uuid::nil(),
        app_id: who.app_id.clone(),
        resource: resource(required("resource")?)?,
        change_type: change_type(&required("changeType")?)?,
        notification_url: receiver(required("notificationUrl")?)?,
        lifecycle_url: text(body, "lifecycleNotificationUrl")?.map(receiver).transpose()?,
        client_state,
        tls,
        expires: expiry(body, world.now())?,
        is_validated: false,
    })
}

fn text(body: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::bad_request(format!("Invalid value specified for property '{name}'."))),
    }
}

/// Of what Graph tells changes of, groups are emulated: all, or one.
fn resource(text: String) -> Result<String, Refusal> {
    let path: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    match path.as_slice() {
        ["groups"] => Ok(text),
        ["groups", id] if id.parse::<Uuid>().is_ok() => Ok(text),
        _ => Err(invalid(format!("Invalid 'Resource' attribute in the subscription: '{text}'."))),
    }
}

/// Groups tell no `created`: a new one comes as `updated` (the page "subscription resource type").
fn change_type(text: &str) -> Result<String, Refusal> {
    let kinds: Vec<&str> = text.split(',').map(str::trim).collect();
    if kinds.iter().all(|kind| ["updated", "deleted"].contains(kind)) {
        return Ok(kinds.join(","));
    }
    Err(invalid(format!("Invalid 'changeType' attribute for the resource: '{text}'.")))
}

/// Graph takes https addresses only. One of this machine is taken over plain HTTP too, as nothing ends TLS here.
fn receiver(text: String) -> Result<String, Refusal> {
    let url = url::Url::parse(&text).ok();
    let is_taken = url.is_some_and(|url| {
        let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        url.scheme() == "https" || (url.scheme() == "http" && is_here)
    });
    if is_taken { Ok(text) } else { Err(invalid("Notification endpoint must use https.".to_owned())) }
}

fn expiry(body: &Map<String, Value>, now: i64) -> Result<Timestamp, Refusal> {
    let given = text(body, "expirationDateTime")?
        .ok_or_else(|| invalid("Subscription expiration is required and was missing.".to_owned()))?;
    let given: Timestamp = given
        .parse()
        .map_err(|_| invalid(format!("'{given}' is no time of the type Edm.DateTimeOffset.")))?;
    let minute = 60_000;
    let in_ms = given.as_millisecond() - now;
    if in_ms <= 0 {
        return Err(invalid("Subscription expiration must be in the future.".to_owned()));
    }
    if in_ms > LONGEST_MINUTES * minute {
        return Err(invalid(format!(
            "Subscription expiration can only be {LONGEST_MINUTES} minutes in the future."
        )));
    }
    let until = now + in_ms.max(SHORTEST_MINUTES * minute);
    Timestamp::from_millisecond(until).map_err(|_| invalid("Subscription expiration is invalid.".to_owned()))
}

fn invalid(message: String) -> Refusal {
    Refusal::named(400, "InvalidRequest", message)
}

fn shown(subscription: &Subscription, base: &str) -> Value {
    json!({
        "@odata.context": format!("{base}/$metadata#subscriptions/$entity"),
        "id": subscription.id.to_string(),
        "resource": subscription.resource,
        "applicationId": subscription.app_id,
        "changeType": subscription.change_type,
        "clientState": subscription.client_state,
        "notificationUrl": subscription.notification_url,
        "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": date_time(subscription.expires.as_millisecond()),
        "latestSupportedTlsVersion": subscription.tls,
    })
}
