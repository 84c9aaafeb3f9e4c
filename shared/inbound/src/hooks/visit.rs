//! Fetching over the web, which only events of Amazon SNS need: a certificate, and the confirmation of a subscription.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use listsync_core::Timestamp;
use url::Url;

const TIMEOUT: Duration = Duration::from_secs(5);
/// A certificate is about 2 KiB.
const MAX_ANSWER: usize = 64 * 1024;
/// A certificate is fetched anew after a day: SNS replaces them about yearly.
const KEEP_SECONDS: i64 = 86_400;
const MAX_KEPT: usize = 16;

/// Why a visit brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VisitError {
    /// There was an answer, and it was no.
    #[error("the visited server refused")]
    Refused,
    /// There was no answer, or none that could be read to its end.
    #[error("the visited server did not answer")]
    Unreachable,
}

/// One GET of an https URL.
#[async_trait]
pub trait Visit: Send + Sync {
    /// The body of the answer, which was 200.
    async fn visit(&self, url: &Url) -> Result<Vec<u8>, VisitError>;
}

/// Visits over the web: 5 seconds at most, no redirect followed, 64 KiB taken at most. The client is made at the first
/// visit, as most hosts never make one.
#[derive(Debug, Default)]
pub struct Web {
    client: OnceLock<Option<reqwest::Client>>,
}

impl Web {
    fn client(&self) -> Result<&reqwest::Client, VisitError> {
        let make = || {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("listsync/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .https_only(true)
                .timeout(TIMEOUT);
            builder.build().inspect_err(|error| tracing::error!(%error, "no web client could be made")).ok()
        };
        self.client.get_or_init(make).as_ref().ok_or(VisitError::Unreachable)
    }
}

#[async_trait]
impl Visit for Web {
    async fn visit(&self, url: &Url) -> Result<Vec<u8>, VisitError> {
        let answer = self.client()?.get(url.clone()).send().await;
        let mut answer = answer.map_err(|_| VisitError::Unreachable)?;
        if answer.status().is_server_error() {
            return Err(VisitError::Unreachable);
        }
        if answer.status() != reqwest::StatusCode::OK {
            return Err(VisitError::Refused);
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|_| VisitError::Unreachable)? {
            body.extend_from_slice(&part);
            if body.len() > MAX_ANSWER {
                return Err(VisitError::Refused);
            }
        }
        Ok(body)
    }
}

/// Certificates that were fetched, for a day.
pub(super) struct Certificates {
    visit: Arc<dyn Visit>,
    kept: Mutex<BTreeMap<Url, Kept>>,
}

#[derive(Clone)]
struct Kept {
    since: Timestamp,
    pem: Arc<[u8]>,
}

impl Certificates {
    pub(super) fn new(visit: Arc<dyn Visit>) -> Self {
        Self { visit, kept: Mutex::default() }
    }

    /// The certificate at a URL, in PEM.
    pub(super) async fn get(&self, url: &Url, now: Timestamp) -> Result<Arc<[u8]>, VisitError> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned();
        if let Some(kept) = kept
            && (0..KEEP_SECONDS).contains(&(now.as_second() - kept.since.as_second()))
        {
            return Ok(kept.pem);
        }
        let pem: Arc<[u8]> = self.visit.visit(url).await?.into();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(url.clone(), Kept { since: now, pem: pem.clone() });
        Ok(pem)
    }

    /// Visits an address for its effect.
    pub(super) async fn confirm(&self, url: &Url) -> Result<(), VisitError> {
        self.visit.visit(url).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_https_is_visited() {
        let url = Url::parse("http://127.0.0.1:1/").expect("a URL");
        let web = Web::default();
        assert!(web.client().is_ok());
        assert_eq!(web.visit(&url).await, Err(VisitError::Unreachable));
    }
}
