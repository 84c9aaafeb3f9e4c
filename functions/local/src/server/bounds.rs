//! What connections may cost.

use std::{net::IpAddr, time::Duration};

use listsync_core::network::Networks;

/// What connections may cost.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    /// The proxies that many clients come through.
    pub(crate) proxies: Networks,
    /// So many connections are open at a time. Each is a file, of which a process has 1,024 where nobody said otherwise; the
    /// store and the calls to the directory need some too.
    pub(crate) connections: usize,
    /// So many of them are of one peer, unless it is a proxy.
    pub(crate) per_peer: usize,
    /// How long the headers of a request may take, its idle time before them included.
    pub(crate) head_time: Duration,
    /// The same for a proxy, which keeps connections open between the requests of its clients. It is longer than the 60
    /// seconds for which nginx keeps one, so that the proxy is the one to close it: a request that crosses the end of its
    /// connection is lost, and a mail program's one click is not sent twice.
    pub(crate) proxy_head_time: Duration,
    /// How many headers a request may have.
    pub(crate) headers: usize,
    /// The largest head of a request, in bytes.
    pub(crate) head_size: usize,
    /// How long a body may take.
    pub(crate) body: BodyTime,
}

/// How long a body may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyTime {
    /// From one part to the next.
    pub(crate) between: Duration,
    /// All of it.
    pub(crate) whole: Duration,
}

impl Bounds {
    /// The bounds, where these are the trusted proxies.
    pub(crate) fn behind(proxies: Networks) -> Self {
        Self {
            proxies,
            connections: 512,
            per_peer: 64,
            head_time: Duration::from_secs(15),
            proxy_head_time: Duration::from_secs(75),
            headers: 100,
            head_size: 32 * 1024,
            body: BodyTime { between: Duration::from_secs(15), whole: Duration::from_secs(90) },
        }
    }

    pub(crate) fn head_time(&self, from: IpAddr) -> Duration {
        if self.is_proxy(from) { self.proxy_head_time } else { self.head_time }
    }

    /// Whether many clients may come from here: a trusted proxy, or this machine itself, where the proxy is that nobody has
    /// told us of.
    pub(crate) fn is_proxy(&self, from: IpAddr) -> bool {
        self.proxies.hold(from) || from.to_canonical().is_loopback()
    }
}
