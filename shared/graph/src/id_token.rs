//! An id token, and whether it proves anything (OpenID Connect Core 1.0, section 3.1.3.7; "ID token claims reference" of the
//! Microsoft identity platform).

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use listsync_core::{Timestamp, id::ObjectId};
use listsync_engine::ports::Proven;
use serde::Deserialize;

/// So many seconds the clocks of two machines may differ.
const SKEW: i64 = 300;

/// What a token has to be, to be believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The one issuer.
    pub(crate) issuer: &'a str,
    /// The one tenant.
    pub(crate) tenant: &'a str,
    /// The one audience: the app.
    pub(crate) client_id: &'a str,
    /// What the question carried.
    pub(crate) nonce: &'a str,
    pub(crate) now: Timestamp,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It is no token of the kind, or lacks what every one has.
    Form,
    /// No key of the issuer has its name: there may be a newer one.
    Key,
    Signature,
    Issuer,
    Tenant,
    Audience,
    Nonce,
    /// It has ended, or has not begun.
    Time,
}

impl Doubt {
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Form => "it is no id token of a work account",
            Self::Key => "the tenant has no such key",
            Self::Signature => "its signature is not the tenant's",
            Self::Issuer => "another issuer gave it",
            Self::Tenant => "it is of another tenant",
            Self::Audience => "it is for another app",
            Self::Nonce => "it belongs to another sign-in",
            Self::Time => "it has ended, or this machine's clock is wrong",
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    /// One, and no list of them: a token for several apps is for none.
    aud: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    nonce: String,
    tid: String,
    oid: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    preferred_username: String,
    #[serde(default)]
    roles: Vec<String>,
}

/// Whom a token proves.
pub(crate) fn verify(token: &str, keys: &JwkSet, expected: Expected<'_>) -> Result<Proven, Doubt> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| Doubt::Form)?;
    // One algorithm: a token that names another, or none, chooses how it is checked.
    if header.alg != Algorithm::RS256 {
        return Err(Doubt::Form);
    }
    let key = header.kid.as_deref().and_then(|name| keys.find(name)).ok_or(Doubt::Key)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Doubt::Key)?;
    let mut validation = Validation::new(Algorithm::RS256);
    // Each of these is judged below, by this program's clock, and told apart.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims =
        jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => Doubt::Signature,
            _ => Doubt::Form,
        })?;
    judged(claims.claims, expected)
}

fn judged(claims: Claims, expected: Expected<'_>) -> Result<Proven, Doubt> {
    let Expected { issuer, tenant, client_id, nonce, now } = expected;
    let now = now.as_second();
    let doubts = [
        (claims.iss != issuer, Doubt::Issuer),
        (!claims.tid.eq_ignore_ascii_case(tenant), Doubt::Tenant),
        (!claims.aud.eq_ignore_ascii_case(client_id), Doubt::Audience),
        (claims.nonce != nonce, Doubt::Nonce),
        (claims.exp <= now - SKEW || claims.nbf.is_some_and(|from| from > now + SKEW), Doubt::Time),
    ];
    if let Some((_, doubt)) = doubts.into_iter().find(|(is_so, _)| *is_so) {
        return Err(doubt);
    }
    let object = ObjectId::parse(&claims.oid).map_err(|_| Doubt::Form)?;
    let address = claims.preferred_username;
    let name = if claims.name.is_empty() { address.clone() } else { claims.name };
    Ok(Proven { object, name, address, roles: claims.roles })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use jsonwebtoken::{EncodingKey, Header, jwk::Jwk};
    use serde_json::{Value, json};

    use super::*;

    const TENANT: &str = "7a1f5dd4-0000-4000-8000-000000000001";
    const ISSUER: &str = "https://login.example/7a1f5dd4-0000-4000-8000-000000000001/v2.0";

    struct Keys {
        own: EncodingKey,
        strange: EncodingKey,
        set: JwkSet,
    }

    static KEYS: LazyLock<Keys> = LazyLock::new(|| {
        let key = || {
            let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
            EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).expect("an RSA key")
        };
        let own = key();
        let mut public = Jwk::from_encoding_key(&own, Algorithm::RS256).expect("a public key");
        public.common.key_id = Some("k1".to_owned());
        Keys { own, strange: key(), set: JwkSet { keys: vec![public] } }
    });

    fn claims() -> Value {
        json!({"iss": ISSUER, "aud": "app", "exp": 1_000, "nbf": 0, "nonce": "n", "tid": TENANT, "oid": "o-1",
               "name": "Anna", "preferred_username": "anna@contoso.example", "roles": ["Listsync.Read"]})
    }

    fn signed(header: &Header, claims: &Value, key: &EncodingKey) -> String {
        jsonwebtoken::encode(header, claims, key).expect("a token")
    }

    fn header() -> Header {
        Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::RS256) }
    }

    fn judge(token: &str, second: i64) -> Result<Proven, Doubt> {
        let now = Timestamp::from_second(second).expect("a moment");
        verify(
            token,
            &KEYS.set,
            Expected { issuer: ISSUER, tenant: TENANT, client_id: "APP", nonce: "n", now },
        )
    }

    #[test]
    fn a_token_of_the_tenant_for_this_app_and_this_question_proves_who_it_is() {
        let proven = judge(&signed(&header(), &claims(), &KEYS.own), 500).expect("it is good");
        assert_eq!((proven.object.as_str(), proven.name.as_str()), ("o-1", "Anna"));
        assert_eq!(proven.roles, ["Listsync.Read"]);
    }

    #[test]
    fn whatever_is_wrong_with_a_token_it_proves_nothing() {
        let cases: [(&str, Value, Doubt); 8] = [
            ("iss", json!("https://login.example/other/v2.0"), Doubt::Issuer),
            ("tid", json!("another"), Doubt::Tenant),
            ("aud", json!("another"), Doubt::Audience),
            ("aud", json!(["app", "another"]), Doubt::Form),
            ("nonce", json!("another"), Doubt::Nonce),
            ("exp", json!(100), Doubt::Time),
            ("nbf", json!(900), Doubt::Time),
            ("oid", json!(""), Doubt::Form),
        ];
        for (name, value, doubt) in cases {
            let mut claims = claims();
            claims[name] = value;
            assert_eq!(judge(&signed(&header(), &claims, &KEYS.own), 500).err(), Some(doubt), "{name}");
        }
        for name in ["nonce", "tid", "oid", "exp", "aud", "iss"] {
            let mut claims = claims();
            claims.as_object_mut().expect("claims").remove(name);
            assert_eq!(judge(&signed(&header(), &claims, &KEYS.own), 500).err(), Some(Doubt::Form), "{name}");
        }
        assert_eq!(judge(&signed(&header(), &claims(), &KEYS.strange), 500).err(), Some(Doubt::Signature));
        let unnamed = signed(&Header::new(Algorithm::RS256), &claims(), &KEYS.own);
        assert_eq!(judge(&unnamed, 500).err(), Some(Doubt::Key));
        let by_secret = EncodingKey::from_secret(b"k1");
        let symmetric = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
        assert_eq!(judge(&signed(&symmetric, &claims(), &by_secret), 500).err(), Some(Doubt::Form));
        assert_eq!(judge("no token", 500).err(), Some(Doubt::Form));
    }

    #[test]
    fn a_token_is_good_to_its_end_and_a_little_beyond() {
        let token = signed(&header(), &claims(), &KEYS.own);
        assert!(judge(&token, 1_000 + SKEW - 1).is_ok());
        assert_eq!(judge(&token, 1_000 + SKEW).err(), Some(Doubt::Time));
    }
}
