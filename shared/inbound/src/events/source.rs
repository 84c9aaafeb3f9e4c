//! Whether a sender is configured so that its events can be verified.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use listsync_engine::ports::{EventSource, Secret, SourceKind};

use super::{sendgrid, sns, standard};

/// The longest delay of a sync after an event, in seconds: what a message can stay invisible for on Amazon SQS (Amazon SQS
/// Developer Guide, "Amazon SQS delay queues").
pub const MAX_DELAY_SECONDS: u32 = 900;

/// Standard Webhooks asks for 24 to 64 bytes of key; a secret in a URL is held to the lower bound too.
const MIN_SECRET: usize = 24;
const MAX_SECRET: usize = 64;

/// Why a sender cannot be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The id is a part of a URL.
    #[error("the id must be 1 to 64 lower-case letters, digits and hyphens")]
    Id,
    /// More than [`MAX_DELAY_SECONDS`].
    #[error("the delay is at most 900 seconds")]
    Delay,
    /// There is nothing to verify by.
    #[error("a secret is missing: without it nothing can be verified")]
    NoSecret,
    /// Of Standard Webhooks.
    #[error("the secret must be whsec_ and 24 to 64 bytes in base64")]
    Standard,
    /// Of Mailchimp.
    #[error("the secret is a part of the URL: it must be 24 to 64 letters, digits, hyphens and underscores")]
    Mailchimp,
    /// Of `SendGrid`.
    #[error("the verification key must be SendGrid's public key, an ECDSA key on P-256 in base64")]
    Sendgrid,
    /// Of SES.
    #[error(
        "the topic must be an SNS topic's ARN, such as arn:aws:sns:eu-central-1:123456789012:mail-events"
    )]
    Ses,
}

impl SourceError {
    /// The field of an [`EventSource`] that is wrong.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Delay => "delay_seconds",
            Self::NoSecret | Self::Standard | Self::Mailchimp | Self::Sendgrid | Self::Ses => "secrets",
        }
    }
}

/// Checks a sender before it is saved.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(source: &EventSource) -> Result<(), SourceError> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=64).contains(&source.id.len()) || !source.id.bytes().all(is_plain) {
        return Err(SourceError::Id);
    }
    if source.delay_seconds > MAX_DELAY_SECONDS {
        return Err(SourceError::Delay);
    }
    if source.secrets.is_empty() {
        return Err(SourceError::NoSecret);
    }
    source.secrets.iter().try_for_each(|secret| check_secret(source.kind, secret))
}

fn check_secret(kind: SourceKind, secret: &Secret) -> Result<(), SourceError> {
    let (is_good, error) = match kind {
        SourceKind::Standard => (is_standard(secret), SourceError::Standard),
        SourceKind::Mailchimp => (is_path_segment(secret), SourceError::Mailchimp),
        SourceKind::Sendgrid => (is_p256(secret), SourceError::Sendgrid),
        SourceKind::Ses => (is_topic(secret), SourceError::Ses),
    };
    if is_good { Ok(()) } else { Err(error) }
}

fn is_standard(secret: &Secret) -> bool {
    let is_text = std::str::from_utf8(&secret.0).is_ok_and(|text| text.starts_with("whsec_"));
    is_text && standard::key(secret).is_some_and(|key| (MIN_SECRET..=MAX_SECRET).contains(&key.len()))
}

fn is_path_segment(secret: &Secret) -> bool {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_".contains(b);
    (MIN_SECRET..=MAX_SECRET).contains(&secret.0.len()) && secret.0.iter().all(is_plain)
}

fn is_p256(secret: &Secret) -> bool {
    sendgrid::key(secret).is_some_and(|key| ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key).is_ok())
}

fn is_topic(secret: &Secret) -> bool {
    std::str::from_utf8(&secret.0).is_ok_and(|arn| sns::endpoint(arn.trim()).is_some())
}
