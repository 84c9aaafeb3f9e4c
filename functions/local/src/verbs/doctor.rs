//! `listsync doctor`: whether everything that a sync needs is there, and what to do where it is not.

use std::time::Duration;

use listsync_core::{
    id::GroupId,
    link::{Link, Side},
};
use listsync_engine::{
    Ports,
    ports::{Call, GroupQuery, KindRefusal, Membership, Meter, PortError, ProofLife},
};
use listsync_wiring::{Config, GraphAccess, Missing, Store, Wired};
use serde::Serialize;
use serde_json::json;

use super::{
    alerts, authority, functions, gate,
    grants::{self, Hidden},
    notices, queue, times, waiting,
};
use crate::{
    cli::DoctorArgs,
    find,
    output::{self, Outcome, Refusal, Reply},
};

const PATIENCE: Duration = Duration::from_secs(30);
/// Entra ID takes signatures whose clock is off by at most five minutes.
const MOST_SKEW: i64 = 300;
const SOME_SKEW: i64 = 60;
/// A credential that ends within so many seconds, four weeks, is worth a warning.
const SOON: i64 = 28 * 24 * 3600;
const RENEW: &str = "in Entra: App registrations > your app > Certificates & secrets: add another before that, set it here, \
                     then remove the old one";

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    name: &'static str,
    pub(super) state: State,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Check {
    pub(super) fn new(
        name: &'static str,
        state: State,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { name, state, message: message.into(), hint: hint.into() }
    }

    pub(super) fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, State::Ok, message, "")
    }

    pub(super) fn failed(name: &'static str, error: PortError) -> Self {
        Self::new(name, State::Fail, error.message, error.hint)
    }
}

pub(super) async fn run(config: Config, args: DoctorArgs) -> Outcome {
    let store = match &config.store {
        Store::Sqlite(path) if !path.exists() => {
            format!(
                "there is no store yet at {}: the first list makes it",
                listsync_wiring::full(path).display()
            )
        }
        Store::Sqlite(path) => format!("sqlite:{} is open", path.display()),
        Store::DynamoDb(table) => format!("dynamodb:{table} is open"),
    };
    let is_in_cloud = matches!(config.store, Store::DynamoDb(_));
    let dotenv = config.dotenv;
    let wired = match listsync_wiring::open(config, Missing::TakeForEmpty).await {
        Ok(wired) => wired,
        Err(error) => return Ok(reply(&[Check::failed("store", error)])),
    };
    let mut checks = vec![Check::ok("store", store)];
    checks.push(queue::check(&wired).await);
    checks.extend(authority::checks(&wired.service, dotenv).await?);
    checks.push(waiting::check(&wired.ports).await?);
    checks.push(alerts::check(&wired).await);
    if is_in_cloud {
        checks.extend(functions::checks(&wired.service).await);
    }
    match wired.graph() {
        Ok(access) => checks.push(Check::ok("settings", complete(access))),
        Err(error) => {
            checks.push(Check::failed("settings", error.into()));
            return Ok(reply(&checks));
        }
    }
    checks.push(gate::check(&wired, args).await?);
    checks.extend(directory(&wired).await?);
    Ok(reply(&checks))
}

/// The settings in force: a variable may come from elsewhere than a person thinks.
fn complete(GraphAccess { tenant, settings }: &GraphAccess) -> String {
    let trust = settings.ca_pem.as_ref().map(|path| format!(", trusting {} (SSL_CERT_FILE)", path.display()));
    format!(
        "complete: tenant {tenant}, app {}, {}, at {}{}",
        settings.client_id,
        settings.credential.setting(),
        settings.graph_url,
        trust.unwrap_or_default()
    )
}

async fn directory(wired: &Wired) -> Result<Vec<Check>, Refusal> {
    let ports = &wired.ports;
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let links = find::every_link(ports).await?;
    if let Err(error) = ports.directory.permissions(call).await {
        return Ok(vec![proof(ports, call).await, Check::failed("token", error)]);
    }
    let mut groups = Vec::new();
    let mut hidden = Hidden::None;
    for (link, one) in links.iter().flat_map(|state| named(&state.link)) {
        let (check, membership) = group(ports, call, (link, one)).await;
        groups.push(check);
        if membership == Membership::Hidden {
            hidden = Hidden::Some;
        }
    }
    let mut checks = vec![Check::ok("token", "the authority gave one"), proof(ports, call).await];
    checks.extend(grants::checks(ports, call, &links, hidden).await?);
    checks.push(clock(ports, call).await);
    checks.push(times::check(ports, &links).await);
    checks.push(internal_domains(ports).await?);
    checks.extend(groups);
    checks.push(notices::check(wired).await);
    Ok(checks)
}

/// The permissions that a sync needs and the token lacks, for a hint; empty where that is not the trouble.
pub(super) async fn missing_permissions(ports: &Ports) -> String {
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let Ok(links) = find::every_link(ports).await else { return String::new() };
    let Ok(checks) = grants::checks(ports, call, &links, Hidden::None).await else { return String::new() };
    let failed = checks.into_iter().filter(|check| check.state == State::Fail);
    failed.map(|check| format!("{}: {}\n", check.message, check.hint)).collect()
}

/// Until when the app's own proof of who it is holds.
async fn proof(ports: &Ports, call: Call<'_>) -> Check {
    let name = "credential";
    match ports.directory.proof_life(call).await {
        Err(error) => Check::failed(name, error),
        Ok(ProofLife::Endless(why)) => Check::ok(name, format!("it does not expire: {why}")),
        Ok(ProofLife::Unreadable(why)) => Check::ok(name, format!("when it expires cannot be told: {why}")),
        Ok(ProofLife::Until(end)) => {
            let left = end.duration_since(ports.clock.now());
            let message = format!("it expires at {end}");
            match left {
                _ if left.is_negative() || left.is_zero() => {
                    Check::new(name, State::Fail, format!("it expired at {end}"), RENEW)
                }
                _ if left.as_secs() < SOON => Check::new(name, State::Warn, message, RENEW),
                _ => Check::ok(name, message),
            }
        }
    }
}

async fn clock(ports: &Ports, call: Call<'_>) -> Check {
    match ports.directory.clock_skew(call, ports.clock.now()).await {
        Err(error) => Check::failed("clock", error),
        Ok(skew) => {
            let state = match skew.abs() {
                off if off > MOST_SKEW => State::Fail,
                off if off > SOME_SKEW => State::Warn,
                _ => State::Ok,
            };
            let hint = if state == State::Ok { "" } else { "set this machine's clock, for instance by NTP" };
            Check::new("clock", state, format!("it differs from the directory's by {skew} s"), hint)
        }
    }
}

async fn internal_domains(ports: &Ports) -> Result<Check, Refusal> {
    let name = "internal-domains";
    let domains = ports.settings.settings().await?.internal_domains;
    if domains.is_empty() {
        return Ok(Check::new(
            name,
            State::Warn,
            "not known: every address counts as internal",
            "set them with 'listsync settings set internal-domains contoso.com,contoso.de'; where the token may read \
             the tenant's domains (Organization.Read.All), 'listsync link' does it",
        ));
    }
    let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
    Ok(Check::ok(name, format!("set to {}", domains.join(", "))))
}

/// Each group of a link, with its name.
fn named(link: &Link) -> impl Iterator<Item = (&Link, (&GroupId, &str))> {
    let more = link.more.iter().map(|source| (&source.group, source.name.as_str()));
    let first = (!link.is_pending()).then_some((&link.group, link.group_name.as_str()));
    first.into_iter().chain(more).map(move |group| (link, group))
}

async fn group(
    ports: &Ports,
    call: Call<'_>,
    (link, (id, called)): (&Link, (&GroupId, &str)),
) -> (Check, Membership) {
    let name = "link";
    let called = format!("the group '{called}' ({id})");
    let writes = link.mode.writes(Side::Group);
    match ports.directory.group(call, &GroupQuery::Id(id.clone())).await {
        Err(error) => {
            let message = format!("{called}: {}", error.message);
            (Check::new(name, State::Fail, message, error.hint), Membership::Shown)
        }
        Ok(group) => {
            let check = match group.kind.refusal().filter(|_| writes) {
                None => Check::ok(name, format!("{called} is there and can be {}", can_be(writes))),
                Some(KindRefusal { why, instead, .. }) => {
                    Check::new(name, State::Fail, format!("{called} cannot be written: {why}"), instead)
                }
            };
            (check, group.membership)
        }
    }
}

fn can_be(written: bool) -> &'static str {
    if written { "written" } else { "read" }
}

fn reply(checks: &[Check]) -> Reply {
    let line = |check: &Check| {
        let Check { name, state, message, hint } = check;
        let mark = match state {
            State::Ok => output::green("ok  "),
            State::Warn => output::yellow("warn"),
            State::Fail => output::red("FAIL"),
        };
        let hint = if hint.is_empty() { String::new() } else { format!("\n      {hint}") };
        format!("{mark}  {name}: {message}{hint}\n")
    };
    let text: String = checks.iter().map(line).collect();
    let failed: Vec<_> = checks.iter().filter(|check| check.state == State::Fail).collect();
    let mut document = json!({"ok": failed.is_empty(), "checks": checks});
    if let Some(first) = failed.first() {
        let refusal = Refusal::new(first.name, first.message.as_str(), first.hint.as_str());
        document["error"] = refusal.document()["error"].take();
    }
    Reply::done(document, text).exiting(u8::from(!failed.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_exits_with_one_and_a_warning_does_not() {
        let warned = Check::new("internal-domains", State::Warn, "not known", "set them");
        assert_eq!(reply(std::slice::from_ref(&warned)).exit, 0);
        assert_eq!(reply(&[warned, Check::new("token", State::Fail, "none", "set it")]).exit, 1);
    }
}
