//! Keys of the API: `lsk_ID_SECRET`, whose secret is shown once and kept as a hash.

use std::fmt::Write as _;

use listsync_core::{
    Timestamp,
    grant::{Grant, Verb},
};
use listsync_engine::ports::{ApiKey, Keys, PortResult, Scopes};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

mod uses;

pub(crate) use uses::Uses;
pub use uses::last_used;

/// What every key begins with, so that scanners for leaked secrets know one.
const PREFIX: &str = "lsk";

/// A key and its text, which is shown once and cannot be had again.
#[derive(Clone)]
pub struct NewKey {
    /// The key, as it is kept.
    pub key: ApiKey,
    /// What the caller sends: `Authorization: Bearer TEXT`.
    pub text: String,
}

/// A key that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it is for, for people.
    pub name: String,
    /// What it may do, and where.
    pub grant: Grant,
    /// From when on it is worth nothing; none: it has no end.
    pub expires: Option<Timestamp>,
}

/// Why a key cannot be made so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WishError {
    /// No scope.
    #[error("a key without a scope opens nothing: give one or more")]
    Opens,
    /// Bound to an empty set.
    #[error("a key that is bound to no list at all opens nothing: name one or more, or leave them out")]
    Nowhere,
    /// `admin` is about the whole tenant.
    #[error("admin is about the whole tenant: a key with it cannot be bound to lists")]
    Admin,
    /// `scim` is about the whole tenant.
    #[error("scim is about the whole tenant: a key with it cannot be bound to lists")]
    Scim,
    /// The end is not ahead.
    #[error("the key would have ended already: give a later time")]
    Ended,
}

impl WishError {
    /// The field that is wrong.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Opens => "scopes",
            Self::Nowhere | Self::Admin | Self::Scim => "lists",
            Self::Ended => "expires",
        }
    }
}

impl Wish {
    /// Whether such a key makes sense.
    ///
    /// # Errors
    /// The first thing that does not.
    pub fn check(&self, now: Timestamp) -> Result<(), WishError> {
        match self.grant.bound_to() {
            _ if self.grant.verbs.is_empty() => Err(WishError::Opens),
            Some(lists) if lists.is_empty() => Err(WishError::Nowhere),
            Some(_) if self.grant.verbs.contains(&Verb::Admin) => Err(WishError::Admin),
            Some(_) if self.grant.verbs.contains(&Verb::Scim) => Err(WishError::Scim),
            _ if self.expires.is_some_and(|end| end <= now) => Err(WishError::Ended),
            _ => Ok(()),
        }
    }
}

/// Makes and saves a key with 256 random bits.
///
/// # Errors
/// When the store does not take it.
pub async fn create(keys: &dyn Keys, wish: Wish, now: Timestamp) -> PortResult<NewKey> {
    let (id, secret) = (hex(&random::<6>()), hex(&random::<32>()));
    let Wish { name, grant: Grant { verbs, lists }, expires } = wish;
    let hash = hash(&secret);
    let reading = Scopes::Verbs;
    let key = ApiKey { id, name, scopes: verbs, reading, lists, hash, made: now, revoked: None, expires };
    keys.save_api_key(&key).await?;
    let text = format!("{PREFIX}_{}_{secret}", key.id);
    Ok(NewKey { key, text })
}

/// The key that a text is, unless it is none, or worth nothing any more.
///
/// # Errors
/// When the store does not answer.
pub async fn verify(keys: &dyn Keys, text: &str, now: Timestamp) -> PortResult<Option<ApiKey>> {
    let Some((id, secret)) = parts(text) else { return Ok(None) };
    let hash = hash(secret);
    let found = keys.find_api_key(&hash).await?;
    Ok(found.filter(|key| {
        let is_same = key.hash.as_bytes().ct_eq(hash.as_bytes()) & key.id.as_bytes().ct_eq(id.as_bytes());
        bool::from(is_same) && key.is_good(now)
    }))
}

fn parts(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.splitn(3, '_');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(PREFIX), Some(id), Some(secret)) if !id.is_empty() && secret.len() == 64 => Some((id, secret)),
        _ => None,
    }
}

fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// 32 random bytes.
pub(crate) fn random_secret() -> [u8; 32] {
    random()
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_key_has_no_parts() {
        let secret = "a".repeat(64);
        assert_eq!(parts(&format!("lsk_1_{secret}")), Some(("1", secret.as_str())));
        for odd in
            ["", "lsk", "lsk_1", "lsk_1_", "lsk__a", &format!("lsx_1_{secret}"), &format!("lsk_1_{secret}b")]
        {
            assert_eq!(parts(odd), None, "{odd}");
        }
    }
}
