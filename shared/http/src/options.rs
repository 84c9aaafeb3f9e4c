//! What the host tells the API about itself.

use std::time::Duration;

use listsync_core::{id::TenantId, network::Networks};
use listsync_engine::connect::Asker;

use crate::pulse::Pulse;

/// What the host tells the API about itself.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The tenant of the directory that new links are made in; none: no link can be made here.
    pub tenant: Option<TenantId>,
    /// With whose credential this server asks the directory.
    pub asker: Asker,
    /// Where people reach this server, such as `https://lists.contoso.com`: the beginning of signed opt-out links and of
    /// the URLs that event senders are given; none: opt-out links cannot be made here, and those URLs are paths.
    pub public_url: Option<String>,
    /// What a request may cost.
    pub limits: Limits,
    /// The reverse proxies whose word is taken for where a request comes from.
    pub trusted_proxies: Networks,
    /// The loops that run beside the API in the same process; none in a function.
    pub pulses: Vec<Pulse>,
}

/// What a request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub body: usize,
    /// The largest file of an import, in bytes.
    pub import: usize,
    /// The largest body of an answer, in bytes as the host sends it.
    pub answer: usize,
    /// How long a body that is larger than `body` waits until the one before it is answered.
    pub place: Duration,
    /// How long one request may take.
    pub time: Duration,
    /// How often each caller may ask: one with a key, or anybody by where they come from.
    pub callers: Pace,
    /// How often each verified sender of events may deliver: a mailing to everybody makes thousands of them in a minute, and
    /// not every sender repeats what was refused. Also each key that pushes by SCIM: a company is pushed one by one.
    pub senders: Pace,
}

/// How often somebody may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often at once after a pause.
    pub burst: u32,
    /// How often per second in the long run.
    pub per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            import: 64 * 1024 * 1024,
            answer: usize::MAX,
            place: Duration::from_secs(30),
            time: Duration::from_secs(90),
            callers: Pace { burst: 200, per_second: 50 },
            senders: Pace { burst: 10_000, per_second: 1_000 },
        }
    }
}
