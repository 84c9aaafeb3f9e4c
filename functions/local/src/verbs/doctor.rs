//! `listsync doctor`: whether everything that a sync needs is there, and what to do where it is not.

use std::{collections::BTreeSet, time::Duration};

use listsync_core::link::{Externals, Side};
use listsync_engine::{
    Ports,
    ports::{Call, GroupQuery, LinkState, Meter, PortError},
};
use listsync_wiring::{Config, GraphAccess, Store, Wired};
use serde::Serialize;
use serde_json::json;

use crate::{
    find,
    output::{self, Outcome, Refusal, Reply},
};

const PATIENCE: Duration = Duration::from_secs(30);
/// Entra ID takes signatures whose clock is off by at most five minutes.
const MOST_SKEW: i64 = 300;
const SOME_SKEW: i64 = 60;

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    message: String,
    hint: String,
}

impl Check {
    fn new(name: &'static str, state: State, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, state, message: message.into(), hint: hint.into() }
    }

    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, State::Ok, message, "")
    }

    fn failed(name: &'static str, error: PortError) -> Self {
        Self::new(name, State::Fail, error.message, error.hint)
    }
}

pub(super) async fn run(config: Config) -> Outcome {
    let store = match &config.store {
        Store::Sqlite(path) => format!("sqlite:{}", path.display()),
        Store::DynamoDb(table) => format!("dynamodb:{table}"),
    };
    let wired = match listsync_wiring::open(config).await {
        Ok(wired) => wired,
        Err(error) => return Ok(reply(&[Check::failed("store", error)])),
    };
    let mut checks = vec![Check::ok("store", format!("{store} is open"))];
    match wired.graph() {
        Ok(access) => checks.push(Check::ok("settings", complete(access))),
        Err(error) => {
            checks.push(Check::failed("settings", error.into()));
            return Ok(reply(&checks));
        }
    }
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

async fn directory(Wired { ports, .. }: &Wired) -> Result<Vec<Check>, Refusal> {
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let links = find::every_link(ports).await?;
    let roles = match ports.directory.permissions(call).await {
        Ok(roles) => roles,
        Err(error) => return Ok(vec![Check::failed("token", error)]),
    };
    let mut checks = vec![Check::ok("token", "the authority gave one")];
    checks.extend(permissions(&roles, &links));
    checks.push(clock(ports, call).await);
    checks.push(internal_domains(ports).await?);
    for state in &links {
        checks.push(group(ports, call, state).await);
    }
    Ok(checks)
}

/// A permission, what it is for, and the broader ones that count for it (Microsoft Graph permissions reference).
struct Needed {
    permission: &'static str,
    purpose: &'static str,
    broader: &'static [&'static str],
    /// What it means that it is missing.
    missing: State,
}

fn permissions(roles: &BTreeSet<String>, links: &[LinkState]) -> Vec<Check> {
    let invites = links.iter().any(|state| state.link.externals == Externals::Invite);
    let needed = [
        Needed {
            permission: "GroupMember.ReadWrite.All",
            purpose: "to read and write the members of groups",
            broader: &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
            missing: State::Fail,
        },
        Needed {
            permission: "User.Read.All",
            purpose: "to find people by their addresses",
            broader: &["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
            missing: State::Fail,
        },
        Needed {
            permission: "Group.Create",
            purpose: "only for 'link --new-group'",
            broader: &["Group.ReadWrite.All", "Directory.ReadWrite.All"],
            missing: State::Ok,
        },
        Needed {
            permission: "User.Invite.All",
            purpose: "only for links with '--externals invite'",
            broader: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
            missing: if invites { State::Fail } else { State::Ok },
        },
    ];
    needed.iter().map(|needed| permission(roles, needed)).collect()
}

fn permission(roles: &BTreeSet<String>, needed: &Needed) -> Check {
    let Needed { permission, purpose, broader, missing } = needed;
    let has = |name: &str| roles.iter().any(|role| role.eq_ignore_ascii_case(name));
    if has(permission) {
        return Check::ok("permission", format!("{permission} is granted ({purpose})"));
    }
    if let Some(instead) = broader.iter().find(|name| has(name)) {
        let message =
            format!("{instead} is granted and counts for {permission}, which would be enough ({purpose})");
        return Check::ok("permission", message);
    }
    let message = format!("{permission} is not granted ({purpose})");
    let hint = match missing {
        State::Ok => String::new(),
        State::Warn | State::Fail => format!(
            "in Entra: App registrations > your app > API permissions > Microsoft Graph > Application permissions: add {permission} and grant admin consent"
        ),
    };
    Check::new("permission", *missing, message, hint)
}

/// The permissions that a sync needs and the token lacks, for a hint; empty where that is not the trouble.
pub(super) async fn missing_permissions(ports: &Ports) -> String {
    let meter = Meter::default();
    let call = Call { until: ports.clock.now() + PATIENCE, meter: &meter };
    let Ok(roles) = ports.directory.permissions(call).await else { return String::new() };
    let failed = permissions(&roles, &[]).into_iter().filter(|check| check.state == State::Fail);
    failed.map(|check| format!("{}: {}\n", check.message, check.hint)).collect()
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

async fn group(ports: &Ports, call: Call<'_>, LinkState { link, .. }: &LinkState) -> Check {
    let name = "link";
    let called = format!("the group '{}' ({})", link.group_name, link.group);
    match ports.directory.group(call, &GroupQuery::Id(link.group.clone())).await {
        Err(error) => Check::new(name, State::Fail, format!("{called}: {}", error.message), error.hint),
        Ok(group) => match group.kind.refusal().filter(|_| link.mode.writes(Side::Group)) {
            None => Check::ok(
                name,
                format!("{called} is there and can be {}", can_be(link.mode.writes(Side::Group))),
            ),
            Some((_, why)) => Check::new(
                name,
                State::Fail,
                format!("{called} cannot be written: {why}"),
                "link another group, or link this one with '--mode group-to-list'",
            ),
        },
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

    fn states(roles: &[&str]) -> Vec<State> {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        permissions(&roles, &[]).into_iter().map(|check| check.state).collect()
    }

    #[test]
    fn least_privilege_and_broader_roles_are_both_enough() {
        for roles in [
            &["GroupMember.ReadWrite.All", "User.Read.All"][..],
            &["Group.ReadWrite.All", "Directory.Read.All"],
            &["Directory.ReadWrite.All"],
            &["Group.ReadWrite.All", "User.ReadWrite.All"],
        ] {
            assert!(!states(roles).contains(&State::Fail), "{roles:?}");
        }
    }

    #[test]
    fn what_a_sync_needs_and_lacks_is_named() {
        assert_eq!(states(&["User.Read.All"])[0], State::Fail);
        assert_eq!(states(&["GroupMember.ReadWrite.All", "User.ReadBasic.All"])[1], State::Fail);
        let roles = BTreeSet::new();
        assert!(permissions(&roles, &[]).iter().any(|check| check.hint.contains("User.Read.All")));
    }

    #[test]
    fn a_failed_check_exits_with_one_and_a_warning_does_not() {
        let warned = Check::new("internal-domains", State::Warn, "not known", "set them");
        assert_eq!(reply(std::slice::from_ref(&warned)).exit, 0);
        assert_eq!(reply(&[warned, Check::new("token", State::Fail, "none", "set it")]).exit, 1);
    }
}
