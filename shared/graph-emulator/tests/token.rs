//! The token endpoint, and what Graph makes of its tokens.

mod support;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use listsync_graph_emulator::Federated;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::Bench;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SCOPE: &str = "https://graph.microsoft.com/.default";

fn codes(body: &Value) -> (String, u64) {
    let error = body["error"].as_str().unwrap_or_default().to_owned();
    (error, body["error_codes"][0].as_u64().unwrap_or_default())
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_app_and_an_unknown_tenant_are_told_apart() {
    let bench = Bench::new().await;
    let (tenant, client) = (bench.running.tenant_id.clone(), bench.running.client_id.clone());
    let form = |client: &str, secret: &str| {
        [("grant_type", "client_credentials"), ("scope", SCOPE)]
            .map(|(name, value)| (name, value.to_owned()))
            .into_iter()
            .chain([("client_id", client.to_owned()), ("client_secret", secret.to_owned())])
            .collect::<Vec<_>>()
    };
    for (tenant, client, status, error, code) in [
        (tenant.as_str(), client.as_str(), 401, "invalid_client", 7_000_215),
        (tenant.as_str(), "11111111-1111-4111-8111-111111111111", 400, "unauthorized_client", 700_016),
        ("nowhere.example", client.as_str(), 400, "invalid_request", 90_002),
    ] {
        let form = form(client, "wrong");
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (answered, body) = bench.token_request(tenant, &form).await;
        assert_eq!((answered, codes(&body)), (status, (error.to_owned(), code)), "{body}");
        let text = body["error_description"].as_str().unwrap_or_default();
        assert!(text.starts_with(&format!("AADSTS{code}:")), "{text}");
    }
}

#[tokio::test]
async fn a_scope_must_be_the_default_one_of_graph() {
    let bench = Bench::new().await;
    let own = format!("{}/.default", bench.running.authority_host);
    for (scope, status) in [
        (SCOPE, 200),
        (own.as_str(), 200),
        ("https://graph.microsoft.com/User.Read", 400),
        ("https://vault.azure.net/.default", 400),
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", bench.running.client_id.as_str()),
            ("client_secret", bench.running.client_secret.as_str()),
            ("scope", scope),
        ];
        let (answered, body) = bench.token_request(&bench.running.tenant_id, &form).await;
        assert_eq!(answered, status, "{scope}: {body}");
    }
}

#[tokio::test]
async fn a_registered_federated_token_is_as_good_as_a_secret() {
    let bench = Bench::new().await;
    bench.tenant.update_app(|app| app.federated.push(Federated::Token("from-elsewhere".to_owned())));
    for (assertion, status) in [("from-elsewhere", 200), ("from-nowhere", 401)] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", bench.running.client_id.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
            ("scope", SCOPE),
        ];
        let (answered, body) = bench.token_request(&bench.running.tenant_id, &form).await;
        assert_eq!(answered, status, "{body}");
    }
}

/// A certificate and the key that belongs to it, both as PEM.
fn certificate() -> (String, String, Vec<u8>) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("it makes a key");
    let params = rcgen::CertificateParams::new(Vec::new()).expect("they are valid");
    let certificate = params.self_signed(&key).expect("it signs");
    (certificate.pem(), key.serialize_pem(), certificate.der().to_vec())
}

#[tokio::test]
async fn an_assertion_signed_by_a_registered_certificate_is_as_good_as_a_secret() {
    let bench = Bench::new().await;
    let (pem, key, der) = certificate();
    let (_, stranger, _) = certificate();
    bench.tenant.update_app(|app| app.certificates.push(pem));
    let audience = format!("{}/{}/oauth2/v2.0/token", bench.running.authority_host, bench.running.tenant_id);
    let now = bench.clock.now().as_second();
    for (key, algorithm, audience, life, status) in [
        (&key, Algorithm::PS256, audience.as_str(), 300, 200),
        (&key, Algorithm::RS256, audience.as_str(), 300, 200),
        (&stranger, Algorithm::PS256, audience.as_str(), 300, 401),
        (&key, Algorithm::PS256, "https://elsewhere.example", 300, 401),
        (&key, Algorithm::PS256, audience.as_str(), -1, 401),
    ] {
        let client = bench.running.client_id.as_str();
        let claims = json!({"aud": audience, "iss": client, "sub": client, "jti": "1", "exp": now + life});
        let mut header = Header::new(algorithm);
        header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(&der)));
        let signer = EncodingKey::from_rsa_pem(key.as_bytes()).expect("it is a key");
        let assertion = jsonwebtoken::encode(&header, &claims, &signer).expect("it signs");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion.as_str()),
            ("scope", SCOPE),
        ];
        let (answered, body) = bench.token_request(&bench.running.tenant_id, &form).await;
        assert_eq!(answered, status, "{body}");
    }
}

#[tokio::test]
async fn graph_refuses_a_missing_a_foreign_and_an_expired_token() {
    let mut bench = Bench::new().await;
    let good = std::mem::take(&mut bench.token);
    bench.get("/groups").await.refused(401, "InvalidAuthenticationToken", "");
    bench.token = "a.b.c".to_owned();
    bench.get("/groups").await.refused(401, "InvalidAuthenticationToken", "");
    bench.token = good;
    assert_eq!(bench.get("/groups").await.status, 200);
    bench.clock.advance(Duration::from_secs(3_600));
    bench.get("/groups").await.refused(401, "InvalidAuthenticationToken", "expired");
}

#[tokio::test]
async fn an_answer_names_its_request_and_repeats_the_name_the_client_gave() {
    let bench = Bench::new().await;
    let answer = bench.send("GET", "/groups", &[("client-request-id", "mine")], None).await;
    assert_eq!(answer.header("client-request-id"), "mine");
    assert_eq!(answer.header("request-id").len(), 36);
    let refused = bench.send("GET", "/nothing", &[("client-request-id", "mine")], None).await;
    assert_eq!(refused.body["error"]["innerError"]["client-request-id"], "mine");
}
