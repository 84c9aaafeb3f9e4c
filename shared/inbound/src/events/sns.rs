//! The envelope in which Amazon SNS delivers over HTTPS, and its signature (Amazon SNS Developer Guide, "Parsing Amazon SNS
//! message formats" and "Verifying the signatures of Amazon SNS messages").
//!
//! Anyone can name a certificate of their own in a message. So a certificate, and the address that confirms a
//! subscription, are visited on one host only: the SNS endpoint of the region of the topic that the source is
//! configured with.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use listsync_core::Timestamp;
use listsync_engine::ports::Secret;
use serde::Deserialize;
use url::Url;
use x509_parser::{pem::parse_x509_pem, time::ASN1Time};

use super::{NotVerified, is_remembered};

/// A message of SNS.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope {
    /// `Notification`, `SubscriptionConfirmation` or `UnsubscribeConfirmation`.
    pub r#type: String,
    /// The same at each try.
    pub message_id: String,
    /// The topic.
    pub topic_arn: String,
    /// What was published.
    pub message: String,
    /// A subject, where the publisher gave one.
    #[serde(default)]
    pub subject: Option<String>,
    /// When it was published (RFC 3339), the same at each try.
    pub timestamp: String,
    /// `1` for SHA-1, `2` for SHA-256.
    pub signature_version: String,
    /// In base64.
    pub signature: String,
    /// Where the certificate is.
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    pub signing_cert_url: String,
    /// What confirms the subscription when it is visited.
    #[serde(default, rename = "SubscribeURL", alias = "SubscribeUrl")]
    pub subscribe_url: Option<String>,
    /// The confirmation's token.
    #[serde(default)]
    pub token: Option<String>,
}

/// An envelope of one of the source's topics, whose signature is still to be verified.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What it says.
    pub envelope: Envelope,
    /// Where its certificate is: on the topic's own SNS endpoint.
    pub certificate: Url,
}

/// The region and partition's domain of a topic's ARN, such as `arn:aws:sns:eu-central-1:123456789012:mail`.
pub(super) fn endpoint(arn: &str) -> Option<String> {
    let mut parts = arn.split(':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, topic) = (parts.next()?, parts.next()?, parts.next()?);
    let is_region = !region.is_empty() && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_topic = (1..=256).contains(&topic.len()) && parts.next().is_none();
    if arn != "arn" || service != "sns" || !is_region || !is_account || !is_topic {
        return None;
    }
    match partition {
        "aws" | "aws-us-gov" => Some(format!("sns.{region}.amazonaws.com")),
        "aws-cn" => Some(format!("sns.{region}.amazonaws.com.cn")),
        _ => None,
    }
}

/// Reads an envelope of one of the topics that the source is configured with.
///
/// # Errors
/// When it is none, of another topic, too old, or names a certificate elsewhere.
pub fn claim(topics: &[Secret], body: &[u8], now: Timestamp) -> Result<Claim, NotVerified> {
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| NotVerified)?;
    let sent = envelope.timestamp.parse().map_err(|_| NotVerified)?;
    let is_ours = topics.iter().any(|topic| topic.0.trim_ascii() == envelope.topic_arn.as_bytes());
    if !is_ours || !is_remembered(sent, now) {
        return Err(NotVerified);
    }
    let certificate = on_endpoint(&envelope.topic_arn, &envelope.signing_cert_url)?;
    let is_certificate = certificate.path().starts_with("/SimpleNotificationService-")
        && certificate.path().ends_with(".pem")
        && certificate.query().is_none();
    if is_certificate { Ok(Claim { envelope, certificate }) } else { Err(NotVerified) }
}

/// An https URL on the SNS endpoint of the topic's region.
fn on_endpoint(topic: &str, url: &str) -> Result<Url, NotVerified> {
    let url = Url::parse(url).map_err(|_| NotVerified)?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    let host = endpoint(topic).ok_or(NotVerified)?;
    if url.scheme() == "https" && is_plain && url.host_str() == Some(&host) {
        Ok(url)
    } else {
        Err(NotVerified)
    }
}

impl Claim {
    /// Verifies the signature by the certificate in PEM that was found at [`Claim::certificate`].
    ///
    /// # Errors
    /// When the signature is another's, or the certificate is none or not valid now.
    pub fn verify(self, pem: &[u8], now: Timestamp) -> Result<Envelope, NotVerified> {
        let algorithm: &RsaParameters = match self.envelope.signature_version.as_str() {
            "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            "2" => &RSA_PKCS1_2048_8192_SHA256,
            _ => return Err(NotVerified),
        };
        let (_, pem) = parse_x509_pem(pem).map_err(|_| NotVerified)?;
        let certificate = pem.parse_x509().map_err(|_| NotVerified)?;
        let now = ASN1Time::from_timestamp(now.as_second()).map_err(|_| NotVerified)?;
        if !certificate.validity().is_valid_at(now) {
            return Err(NotVerified);
        }
        let signature = BASE64.decode(&self.envelope.signature).map_err(|_| NotVerified)?;
        let signed = self.envelope.signed_text().ok_or(NotVerified)?;
        UnparsedPublicKey::new(algorithm, certificate.public_key().raw)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| NotVerified)?;
        Ok(self.envelope)
    }
}

impl Envelope {
    /// What is signed: name and value of each field in turn, each with a line end. A confirmation has other fields than a
    /// notification.
    fn signed_text(&self) -> Option<String> {
        let (id, at) = (self.message_id.as_str(), self.timestamp.as_str());
        let (topic, kind) = (self.topic_arn.as_str(), self.r#type.as_str());
        let mut fields = vec![("Message", self.message.as_str()), ("MessageId", id)];
        match kind {
            "Notification" => {
                fields.extend(self.subject.as_deref().map(|subject| ("Subject", subject)));
                fields.push(("Timestamp", at));
            }
            "SubscriptionConfirmation" | "UnsubscribeConfirmation" => {
                fields.push(("SubscribeURL", self.subscribe_url.as_deref()?));
                fields.extend([("Timestamp", at), ("Token", self.token.as_deref()?)]);
            }
            _ => return None,
        }
        fields.extend([("TopicArn", topic), ("Type", kind)]);
        Some(fields.iter().map(|(name, value)| format!("{name}\n{value}\n")).collect())
    }

    /// What is to be visited to confirm the subscription.
    ///
    /// # Errors
    /// When the message names no address on the topic's SNS endpoint.
    pub fn confirmation(&self) -> Result<Url, NotVerified> {
        on_endpoint(&self.topic_arn, self.subscribe_url.as_deref().ok_or(NotVerified)?)
    }
}
