//! Signed links by which a person leaves a list without signing in.
//!
//! A token is `v1.KEY.PAYLOAD.SIGNATURE`: the key's name, then payload and HMAC-SHA256 (RFC 2104) of all before it, both
//! in base64url without padding (RFC 4648, section 5). The payload names the contact, the list (or all of them) and the
//! day of issue, and no address. A token works as often as it is used, and for as long as its key is not retired: the
//! messages that hold it are read years later.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit as _, Mac as _};
use listsync_core::{
    Timestamp,
    contact::Scope,
    id::{ContactId, ListId},
};
use listsync_engine::{
    ports::{Fault, PortError, PortResult, SigningKey},
    service::Service,
};
use sha2::Sha256;

/// The name of the header that holds the link (RFC 2369, section 3.2).
pub const LIST_UNSUBSCRIBE: &str = "List-Unsubscribe";
/// The name of the header that allows one click (RFC 8058, section 3.1).
pub const LIST_UNSUBSCRIBE_POST: &str = "List-Unsubscribe-Post";

const VERSION: &str = "v1";
const DAY_SECONDS: i64 = 86_400;
/// Two ids of 128 characters make a token of about 450.
const MAX_TOKEN: usize = 600;

/// What a token says, once its signature is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOutLink {
    /// Whose link it is.
    pub contact: ContactId,
    /// What they leave by it.
    pub scope: Scope,
    /// When it was issued, in days since 1970-01-01, UTC.
    pub issued: i64,
}

impl OptOutLink {
    /// A link of today.
    #[must_use]
    pub fn new(contact: ContactId, scope: Scope, now: Timestamp) -> Self {
        Self { contact, scope, issued: now.as_second().div_euclid(DAY_SECONDS) }
    }

    /// As a token, signed with this key.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        let list = match &self.scope {
            Scope::List(list) => list.as_str(),
            Scope::All => "",
        };
        // No id is empty or holds a slash.
        signed(key, VERSION, &format!("{}/{list}/{}", self.contact, self.issued))
    }
}

/// A payload as a token of a version, signed with this key.
pub(crate) fn signed(key: &SigningKey, version: &str, payload: &str) -> String {
    let signed = format!("{version}.{}.{}", key.id, BASE64.encode(payload));
    let signature = BASE64.encode(keyed(key, &signed).finalize().into_bytes());
    format!("{signed}.{signature}")
}

/// Reads a token. None for everything that is wrong with it, so that nobody learns what: another version, an unknown
/// or retired key, a wrong signature.
#[must_use]
pub fn read(keys: &[SigningKey], token: &str, now: Timestamp) -> Option<OptOutLink> {
    let (_, payload) = verified(keys, VERSION, token, now)?;
    parse(&payload)
}

/// The payload of a token of a version, and the key that signed it.
pub(crate) fn verified<'a>(
    keys: &'a [SigningKey],
    wanted: &str,
    token: &str,
    now: Timestamp,
) -> Option<(&'a SigningKey, Vec<u8>)> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, payload) = signed.rsplit_once('.')?;
    let (version, key) = head.split_once('.')?;
    let key = keys.iter().find(|known| known.id == key)?;
    if version != wanted || is_retired(key, now) {
        return None;
    }
    let signature = BASE64.decode(signature).ok()?;
    keyed(key, signed).verify_slice(&signature).ok()?;
    Some((key, BASE64.decode(payload).ok()?))
}

/// A token for a contact under the newest key.
///
/// # Errors
/// When the store does not give the keys, or each of them is retired.
pub async fn issue(service: &Service, contact: &ContactId, scope: Scope) -> PortResult<String> {
    let key = newest_key(service).await?;
    Ok(OptOutLink::new(contact.clone(), scope, service.ports.clock.now()).sign(&key))
}

/// The key that signs links now.
pub(crate) async fn newest_key(service: &Service) -> PortResult<SigningKey> {
    let now = service.ports.clock.now();
    let keys = service.keys.signing_keys(now).await?;
    keys.into_iter().find(|key| !is_retired(key, now)).ok_or_else(|| {
        PortError::new(
            Fault::Denied,
            "no_signing_key",
            "could not sign an opt-out link: every key is retired",
        )
        .with_hint("make a new signing key")
    })
}

fn is_retired(key: &SigningKey, now: Timestamp) -> bool {
    key.retired.is_some_and(|from| from <= now)
}

/// The keyed hash of a text, before it is finished.
pub(crate) fn keyed(key: &SigningKey, signed: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.secret.0).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    mac
}

fn parse(payload: &[u8]) -> Option<OptOutLink> {
    let mut parts = std::str::from_utf8(payload).ok()?.split('/');
    let contact = ContactId::parse(parts.next()?).ok()?;
    let scope = match parts.next()? {
        "" => Scope::All,
        list => Scope::List(ListId::parse(list).ok()?),
    };
    let issued = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(OptOutLink { contact, scope, issued })
}

/// The values of the two headers that a message carries. Both must be covered by its DKIM signature (RFC 8058, section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsubscribeHeaders {
    /// Of [`LIST_UNSUBSCRIBE`].
    pub list_unsubscribe: String,
    /// Of [`LIST_UNSUBSCRIBE_POST`].
    pub list_unsubscribe_post: &'static str,
}

/// Why no headers can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// RFC 8058, section 3.1, asks for an HTTPS URI.
    #[error("the public address of listsync must be an https URL: mail programs follow no other")]
    NotHttps,
    /// It is no URL, or one with a query or a fragment.
    #[error("the public address of listsync must be a plain URL, without a query or a fragment")]
    NotPlain,
}

/// The two header values for a token; `base_url` is where [`crate::pages::router`] is mounted, as the world sees it.
///
/// # Errors
/// When the base is no plain https URL.
pub fn list_unsubscribe_headers(base_url: &str, token: &str) -> Result<UnsubscribeHeaders, BaseUrlError> {
    let base = url::Url::parse(base_url.trim()).map_err(|_| BaseUrlError::NotPlain)?;
    if base.scheme() != "https" {
        return Err(BaseUrlError::NotHttps);
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err(BaseUrlError::NotPlain);
    }
    Ok(UnsubscribeHeaders {
        list_unsubscribe: format!("<{}>", page_url(base.as_str(), token)),
        list_unsubscribe_post: "List-Unsubscribe=One-Click",
    })
}

/// The address of the page for a token.
#[must_use]
pub fn page_url(base_url: &str, token: &str) -> String {
    format!("{}/u/{token}", base_url.trim_end_matches('/'))
}
