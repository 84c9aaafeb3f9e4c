//! What the host tells the API about itself.

use std::time::Duration;

use listsync_core::id::TenantId;

/// What the host tells the API about itself.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The tenant of the directory that new links are made in; none: no link can be made here.
    pub tenant: Option<TenantId>,
    /// Where people reach this server, such as `https://lists.contoso.com`: the beginning of signed opt-out links and of
    /// the URLs that event senders are given; none: opt-out links cannot be made here, and those URLs are paths.
    pub public_url: Option<String>,
    /// What a request may cost.
    pub limits: Limits,
}

/// What a request may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    pub body: usize,
    /// The largest file of an import, in bytes.
    pub import: usize,
    /// How long one request may take.
    pub time: Duration,
    /// How many requests a caller may make at once after a pause.
    pub burst: u32,
    /// How many requests a caller may make per second in the long run.
    pub per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1024 * 1024,
            import: 64 * 1024 * 1024,
            time: Duration::from_secs(90),
            burst: 200,
            per_second: 50,
        }
    }
}
