//! Costs and limits, as on the page "Microsoft Graph service-specific throttling limits", identity and access.

use std::time::Duration;

use http::Method;

use crate::clock::millis;
use crate::errors::Refusal;
use crate::exchange::Call;
use crate::settings::{RetryAfterForm, TenantSize, Throttle};

/// What a call costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) units: u64,
    pub(crate) writes: u64,
    pub(crate) invitations: u64,
}

/// The cost of a call in resource units and writes.
pub(crate) fn cost(call: &Call) -> Cost {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    if call.method != Method::GET {
        // Mail has limits of its own, "Outlook service limits" on the same page, which a few letters do not reach.
        if let ["users", _, "sendMail" | "microsoft.graph.sendMail"] = segments.as_slice() {
            return Cost { units: 0, writes: 0, invitations: 0 };
        }
        let by_ids = segments.last().is_some_and(|last| last.ends_with("getByIds"));
        let invitations = u64::from(segments == ["invitations"]);
        return Cost { units: if by_ids { 3 } else { 1 }, writes: u64::from(!by_ids), invitations };
    }
    let base: i64 = match segments.as_slice() {
        ["groups", _, "members", ..] => 3,
        ["groups", _, "transitiveMembers", ..] => 5,
        ["users"] => 2,
        _ => 1,
    };
    let small = call.query.get("$top").and_then(|top| top.parse::<u32>().ok()).is_some_and(|top| top < 20);
    let units = base - i64::from(call.query.get("$select").is_some()) - i64::from(small);
    Cost { units: u64::try_from(units.max(1)).unwrap_or(1), writes: 0, invitations: 0 }
}

#[derive(Debug, Default)]
struct Window {
    started: i64,
    used: u64,
}

/// What one app has used of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    units: Window,
    writes: Window,
    invitations: Window,
}

/// What admission needs to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gatekeeper<'a> {
    pub(crate) throttle: Throttle,
    pub(crate) form: RetryAfterForm,
    pub(crate) users: usize,
    pub(crate) now: i64,
    pub(crate) app: &'a str,
    pub(crate) tenant: &'a str,
}

const UNITS_WINDOW: Duration = Duration::from_secs(10);
const WRITES: f64 = 3_000.0;
const WRITES_WINDOW: Duration = Duration::from_secs(150);
const INVITATIONS: f64 = 150.0;
const INVITATIONS_WINDOW: Duration = Duration::from_secs(5);

impl Meter {
    /// Counts a call; the share of the limit that is used if that is above 0.8, or the refusal. Refused calls count too.
    pub(crate) fn admit(&mut self, cost: Cost, gate: &Gatekeeper<'_>) -> Result<Option<f64>, Refusal> {
        let Throttle::On { size, multiplier } = gate.throttle else { return Ok(None) };
        let checks = [
            (
                self.units.add(cost.units, UNITS_WINDOW, gate.now),
                units_limit(size, gate.users),
                "ResourceUnitLimitExceeded",
            ),
            (self.writes.add(cost.writes, WRITES_WINDOW, gate.now), WRITES, "WriteLimitExceeded"),
            (
                self.invitations.add(cost.invitations, INVITATIONS_WINDOW, gate.now),
                INVITATIONS,
                "WriteLimitExceeded",
            ),
        ];
        let asked = [cost.units, cost.writes, cost.invitations];
        let mut share: f64 = 0.0;
        for ((used, wait_ms), limit, information) in
            checks.into_iter().zip(asked).filter(|(_, asked)| *asked > 0).map(|(check, _)| check)
        {
            let part = used / (limit * multiplier);
            if part > 1.0 {
                return Err(refusal(gate, information, wait_ms, part));
            }
            share = share.max(part);
        }
        Ok((share > 0.8).then_some(share))
    }
}

impl Window {
    /// Counts, and tells how much is used and in how many milliseconds the window ends.
    fn add(&mut self, amount: u64, length: Duration, now: i64) -> (f64, i64) {
        if now >= self.started + millis(length) {
            *self = Self { started: now, used: 0 };
        }
        self.used += amount;
        let used = u32::try_from(self.used).unwrap_or(u32::MAX);
        (f64::from(used), self.started + millis(length) - now)
    }
}

fn units_limit(size: TenantSize, users: usize) -> f64 {
    match size {
        TenantSize::Small => 3_500.0,
        TenantSize::Medium => 5_000.0,
        TenantSize::Large => 8_000.0,
        TenantSize::Counted if users < 50 => 3_500.0,
        TenantSize::Counted if users <= 500 => 5_000.0,
        TenantSize::Counted => 8_000.0,
    }
}

fn refusal(gate: &Gatekeeper<'_>, information: &str, wait_ms: i64, share: f64) -> Refusal {
    let seconds = wait_ms.max(1).saturating_add(999) / 1_000;
    Refusal::named(429, "TooManyRequests", "Please retry again later.")
        .with_header("retry-after", retry_after(gate.form, seconds, gate.now))
        .with_header(
            "x-ms-throttle-scope",
            format!("Tenant_Application/ReadWrite/{}/{}", gate.app, gate.tenant),
        )
        .with_header("x-ms-throttle-information", information.to_owned())
        .with_header("x-ms-throttle-limit-percentage", format!("{:.1}", share.min(1.8)))
}

fn retry_after(form: RetryAfterForm, seconds: i64, now: i64) -> String {
    match form {
        RetryAfterForm::Seconds => seconds.to_string(),
        RetryAfterForm::HttpDate => {
            // Rounded up to a whole second, which is all that the form can say.
            let until = u64::try_from((now + 999).div_euclid(1_000) + seconds).unwrap_or(0);
            httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_secs(until))
        }
    }
}
