//! One request: verified, read, applied.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use listsync_core::Timestamp;
use listsync_engine::{
    ports::{EventSource, SourceKind},
    service::Service,
};
use serde_json::json;

use super::{
    MAX_BODY, Tally, Visit,
    apply::Applying,
    refusal::Refusal,
    visit::{Certificates, VisitError},
};
use crate::{
    admission::{Admission, Peer, Visitor},
    body::Reading,
    events::{Entry, NotVerified, mailchimp, sendgrid, ses, sns, standard},
};

/// No source has a longer id.
const MAX_SOURCE: usize = 128;

pub(super) struct Receiver {
    service: Service,
    admission: Arc<dyn Admission>,
    reading: Reading,
    certificates: Certificates,
}

/// A request, but for its body.
#[derive(Clone, Copy)]
pub(super) struct Delivered<'a> {
    pub(super) source: &'a str,
    pub(super) secret: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
}

impl Delivered<'_> {
    fn header(&self, name: &str) -> Result<&str, NotVerified> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).ok_or(NotVerified)
    }

    /// The three headers of Standard Webhooks. Svix, from whose scheme that one came, goes on to send its own names.
    fn signed(&self) -> Result<standard::Signed<'_>, NotVerified> {
        let prefix = if self.headers.contains_key("webhook-signature") { "webhook" } else { "svix" };
        let header = |name: &str| self.header(&format!("{prefix}-{name}"));
        Ok(standard::Signed {
            id: header("id")?,
            timestamp: header("timestamp")?,
            signature: header("signature")?,
        })
    }
}

/// Every event of a request was handled.
pub(super) struct Accepted {
    status: StatusCode,
    tally: Tally,
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let body = json!({"events": self.tally.total(), "outcomes": self.tally}).to_string();
        let kind = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
        (self.status, kind, body).into_response()
    }
}

impl Receiver {
    pub(super) fn new(service: Service, admission: Arc<dyn Admission>, visit: Arc<dyn Visit>) -> Self {
        let certificates = Certificates::new(visit);
        Self { service, admission, reading: Reading::new(MAX_BODY), certificates }
    }

    /// What a request is told that was refused. Who could not be verified is counted as a stranger, and only then: what a
    /// crowd of strangers does takes nothing from a sender that comes from the same address.
    pub(super) fn refused(&self, peer: &Peer, refusal: Refusal) -> Refusal {
        let Refusal::NotVerified = refusal else { return refusal };
        self.admission.admit(peer, Visitor::Stranger).map_or_else(Refusal::from, |()| refusal)
    }

    pub(super) async fn try_out(&self, source: &str, secret: &str) -> Result<(), Refusal> {
        let source = self.source(source).await?;
        if source.kind != SourceKind::Mailchimp {
            return Err(Refusal::NotVerified);
        }
        Ok(mailchimp::verify(&source.secrets, secret)?)
    }

    pub(super) async fn receive(&self, request: Delivered<'_>, body: Body) -> Result<Accepted, Refusal> {
        let now = self.service.ports.clock.now();
        let source = self.source(request.source).await?;
        worth_reading(&source, request)?;
        let body = self.reading.read(body).await?;
        let entries = self.verified(&source, request, &body).await?;
        // Nobody but the source itself uses up what it may send.
        self.admission.admit(&Peer::default(), Visitor::Sender(&source.id))?;
        let mut applying = Applying::new(&self.service, &source, now);
        for entry in &entries {
            applying.take(entry).await?;
        }
        let tally = applying.finish();
        // Standard Webhooks takes any 2xx; the others have 200 in their documentation.
        let status = match source.kind {
            SourceKind::Standard => StatusCode::ACCEPTED,
            SourceKind::Mailchimp | SourceKind::Sendgrid | SourceKind::Ses => StatusCode::OK,
        };
        Ok(Accepted { status, tally })
    }

    async fn source(&self, id: &str) -> Result<EventSource, Refusal> {
        if id.len() > MAX_SOURCE {
            return Err(Refusal::NotVerified);
        }
        self.service.keys.source(id).await?.ok_or(Refusal::NotVerified)
    }

    async fn verified(
        &self,
        source: &EventSource,
        request: Delivered<'_>,
        body: &[u8],
    ) -> Result<Vec<Entry>, Refusal> {
        let now = self.service.ports.clock.now();
        match source.kind {
            SourceKind::Standard => {
                let signed = request.signed()?;
                standard::verify(&source.secrets, signed, body, now)?;
                Ok(standard::read(signed.id, body)?)
            }
            // Verified by its URL before the body was read.
            SourceKind::Mailchimp => Ok(vec![mailchimp::read(body)?]),
            SourceKind::Sendgrid => {
                let signed = (request.header(sendgrid::TIMESTAMP)?, request.header(sendgrid::SIGNATURE)?);
                sendgrid::verify(&source.secrets, signed, body, now)?;
                Ok(sendgrid::read(body)?)
            }
            SourceKind::Ses => self.of_topic(source, body, now).await,
        }
    }

    async fn of_topic(
        &self,
        source: &EventSource,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Entry>, Refusal> {
        let claim = sns::claim(&source.secrets, body, now)?;
        let pem = self.certificates.get(&claim.certificate, now).await?;
        let envelope = claim.verify(&pem, now)?;
        match envelope.r#type.as_str() {
            "SubscriptionConfirmation" => {
                self.confirm(source, &envelope).await?;
                Ok(Vec::new())
            }
            "UnsubscribeConfirmation" => {
                tracing::warn!(source.id, "the topic does not deliver here any more");
                Ok(Vec::new())
            }
            _ => Ok(ses::read(&envelope.message_id, &envelope.message)),
        }
    }

    /// Confirms a subscription. An address that is refused was confirmed before or is out of date: to be asked again
    /// would change nothing.
    async fn confirm(&self, source: &EventSource, envelope: &sns::Envelope) -> Result<(), Refusal> {
        match self.certificates.confirm(&envelope.confirmation()?).await {
            Ok(()) => tracing::info!(source.id, "the topic delivers here from now on"),
            Err(VisitError::Refused) => tracing::warn!(source.id, "the topic refused the confirmation"),
            Err(VisitError::Unreachable) => return Err(VisitError::Unreachable.into()),
        }
        Ok(())
    }
}

/// What can be judged of a request before its body: whether it comes to the right place, a secret in its URL, and that it is
/// signed at all.
fn worth_reading(source: &EventSource, request: Delivered<'_>) -> Result<(), NotVerified> {
    if request.secret.is_some() != (source.kind == SourceKind::Mailchimp) {
        return Err(NotVerified);
    }
    match source.kind {
        SourceKind::Standard => request.signed().map(drop),
        SourceKind::Mailchimp => mailchimp::verify(&source.secrets, request.secret.unwrap_or_default()),
        SourceKind::Sendgrid => request.header(sendgrid::SIGNATURE).map(drop),
        // Its signature is in the body.
        SourceKind::Ses => Ok(()),
    }
}
