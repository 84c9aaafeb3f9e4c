//! Keys of the API: `lsk_ID_SECRET`, whose secret is shown once and kept as a hash.

use std::{collections::BTreeSet, fmt::Write as _};

use listsync_core::Timestamp;
use listsync_engine::ports::{AccessScope, ApiKey, Keys, PortResult};
use rand::Rng as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

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

/// Makes and saves a key with 256 random bits.
///
/// # Errors
/// When the store does not take it.
pub async fn create(
    keys: &dyn Keys,
    name: &str,
    scopes: BTreeSet<AccessScope>,
    now: Timestamp,
) -> PortResult<NewKey> {
    let (id, secret) = (hex(&random::<6>()), hex(&random::<32>()));
    let key = ApiKey { id, name: name.to_owned(), scopes, hash: hash(&secret), made: now, revoked: None };
    keys.save_api_key(&key).await?;
    let text = format!("{PREFIX}_{}_{secret}", key.id);
    Ok(NewKey { key, text })
}

/// The key that a text is, unless it is none, or revoked.
///
/// # Errors
/// When the store does not answer.
pub async fn verify(keys: &dyn Keys, text: &str) -> PortResult<Option<ApiKey>> {
    let Some((id, secret)) = parts(text) else { return Ok(None) };
    let hash = hash(secret);
    let found = keys.find_api_key(&hash).await?;
    Ok(found.filter(|key| {
        let is_same = key.hash.as_bytes().ct_eq(hash.as_bytes()) & key.id.as_bytes().ct_eq(id.as_bytes());
        bool::from(is_same) && key.revoked.is_none()
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
