//! One POST to a receiver that an operator named.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use listsync_core::network::is_public;
use listsync_engine::ports::{Fault, PortError, PortResult};
use reqwest::{
    StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use tokio::net::lookup_host;
use url::{Host, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(10);

/// Which addresses a message may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those of the public Internet, over TLS.
    Public,
    /// Any over TLS, and this machine itself without it.
    Anywhere,
}

/// Sends documents to receivers.
pub struct Poster {
    client: reqwest::Client,
    reach: Reach,
}

/// A name or an address that leads into a private network.
#[derive(Debug, thiserror::Error)]
#[error("the receiver is not on the public Internet")]
struct NotPublic;

/// Resolves a name, and refuses it if any of its addresses is not public: what was checked is what is connected to.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Poster {
    /// A client that follows no redirect.
    ///
    /// # Errors
    /// When no TLS client can be made, as where the system has no certificates.
    pub fn new(reach: Reach) -> PortResult<Self> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("listsync/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        if reach == Reach::Public {
            // A proxy would look the name up by itself, and nothing would be checked.
            builder = builder.dns_resolver(PublicOnly).no_proxy();
        }
        let client = builder.build().map_err(|_| {
            PortError::new(Fault::Rejected, "tls", "no TLS client could be made").with_hint(
                "see that this machine has root certificates, or name a file with them in SSL_CERT_FILE",
            )
        })?;
        Ok(Self { client, reach })
    }

    /// Posts a JSON document. Any answer of success is one; what it says is not read.
    pub(crate) async fn post(&self, url: &str, headers: HeaderMap, body: String) -> PortResult<()> {
        let url = self.checked(url)?;
        let request = self
            .client
            .post(url)
            .headers(headers)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        let answer = request.send().await.map_err(|error| unsent(&error))?;
        judged(answer.status())
    }

    fn checked(&self, text: &str) -> PortResult<Url> {
        let odd = || {
            PortError::new(Fault::Rejected, "receiver_url", "the receiver's address is no https URL")
                .with_hint("write the whole URL, which begins with https://")
        };
        let url = Url::parse(text.trim()).map_err(|_| odd())?;
        let host = url.host().ok_or_else(odd)?;
        let literal = match host {
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
            Host::Domain(_) => None,
        };
        let is_local = literal.is_some_and(|address| address.is_loopback());
        match (url.scheme(), self.reach) {
            ("https", Reach::Public) if literal.is_some_and(|address| !is_public(address)) => Err(private()),
            ("https", _) => Ok(url),
            ("http", Reach::Anywhere) if is_local => Ok(url),
            _ => Err(odd()),
        }
    }
}

pub(crate) fn private() -> PortError {
    PortError::new(Fault::Rejected, "receiver_private", NotPublic.to_string()).with_hint(
        "name one that is, or set LISTSYNC_ALERTS_ALLOW_PRIVATE=yes if it is meant to be in your own network",
    )
}

/// Why nothing was answered, without a word of the URL, which the error carries.
fn unsent(error: &reqwest::Error) -> PortError {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<NotPublic>() {
            return private();
        }
        source = cause.source();
    }
    let (code, message, hint) = match error {
        _ if error.is_timeout() => (
            "receiver_slow",
            "the receiver did not answer in time",
            "see that the receiver answers at once, and does its work later",
        ),
        _ if error.is_connect() => (
            "receiver_unreachable",
            "the receiver cannot be reached",
            "see that its name resolves, that it listens, and that its certificate is one that this machine trusts",
        ),
        _ => ("receiver_broke_off", "the receiver broke off", "look at the receiver's own log"),
    };
    PortError::new(Fault::Unavailable, code, message).with_hint(hint)
}

fn judged(status: StatusCode) -> PortResult<()> {
    let (fault, code, hint) = match status {
        _ if status.is_success() => return Ok(()),
        _ if status.is_redirection() => {
            (Fault::Rejected, "receiver_redirects", "name the address that it redirects to: none is followed")
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            (Fault::Unavailable, "receiver_busy", "nothing is to be done: it is tried again")
        }
        _ if status.is_client_error() => (
            Fault::Rejected,
            "receiver_refused",
            "see that the URL and the secret are those that the receiver gave",
        ),
        _ => (Fault::Unavailable, "receiver_failed", "look at the receiver's own log"),
    };
    let message = format!("the receiver answered {}", status.as_u16());
    Err(PortError::new(fault, code, message).with_hint(hint))
}
