use super::*;

fn verified(body: &str) -> Result<sns::Envelope, NotVerified> {
    sns::claim(&[secret(TOPIC)], body.as_bytes(), at(SENT))?.verify(CERTIFICATE, at(SENT))
}

fn with(body: &str, name: &str, value: &str) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body[name] = json!(value);
    body.to_string()
}

#[test]
fn both_versions_of_the_signature_are_verified() {
    for body in [BOUNCE, COMPLAINT, CONFIRMATION] {
        assert!(verified(body).is_ok());
    }
}

#[test]
fn a_change_to_any_signed_field_is_refused() {
    for (body, name) in [
        (BOUNCE, "Message"),
        (BOUNCE, "MessageId"),
        (BOUNCE, "Subject"),
        (BOUNCE, "Type"),
        (COMPLAINT, "Subject"),
        (COMPLAINT, "SignatureVersion"),
        (COMPLAINT, "Signature"),
        (CONFIRMATION, "Token"),
        (CONFIRMATION, "SubscribeURL"),
    ] {
        assert_eq!(verified(&with(body, name, "1")).unwrap_err(), NotVerified, "{name}");
    }
    let other_time = with(BOUNCE, "Timestamp", "2027-01-15T09:30:00.001Z");
    assert_eq!(verified(&other_time).unwrap_err(), NotVerified);
}

#[test]
fn only_the_configured_topic_is_heard() {
    let claim = |topic: &str| sns::claim(&[secret(topic)], BOUNCE.as_bytes(), at(SENT));
    assert!(claim(TOPIC).is_ok());
    assert!(claim("arn:aws:sns:eu-central-1:123456789012:other").is_err());
    assert!(sns::claim(&[], BOUNCE.as_bytes(), at(SENT)).is_err());
}

#[test]
fn a_certificate_is_fetched_from_the_topics_own_endpoint_only() {
    let file = "SimpleNotificationService-0123456789abcdef0123456789abcdef.pem";
    let good = format!("https://sns.eu-central-1.amazonaws.com/{file}");
    assert!(sns::claim(&[secret(TOPIC)], with(BOUNCE, "SigningCertURL", &good).as_bytes(), at(SENT)).is_ok());
    for bad in [
        format!("http://sns.eu-central-1.amazonaws.com/{file}"),
        format!("https://sns.us-east-1.amazonaws.com/{file}"),
        format!("https://sns.eu-central-1.amazonaws.com.cn/{file}"),
        format!("https://sns.eu-central-1.amazonaws.com.evil.example/{file}"),
        format!("https://evil.example/sns.eu-central-1.amazonaws.com/{file}"),
        format!("https://sns.eu-central-1.amazonaws.com@evil.example/{file}"),
        format!("https://a:b@sns.eu-central-1.amazonaws.com/{file}"),
        format!("https://sns.eu-central-1.amazonaws.com:8443/{file}"),
        format!("https://sns.eu-central-1.amazonaws.com/{file}?Action=Publish"),
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription".to_owned(),
        "https://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let body = with(BOUNCE, "SigningCertURL", &bad);
        let claim = sns::claim(&[secret(TOPIC)], body.as_bytes(), at(SENT));
        assert_eq!(claim.map(|_| ()), Err(NotVerified), "{bad}");
    }
}

#[test]
fn a_certificate_out_of_date_or_of_somebody_else_is_refused() {
    let claim = || sns::claim(&[secret(TOPIC)], BOUNCE.as_bytes(), at(SENT)).unwrap();
    assert!(claim().verify(CERTIFICATE, at(SENT)).is_ok());
    assert!(claim().verify(CERTIFICATE, at(SENT + 200 * 365 * DAY)).is_err());
    assert!(claim().verify(CERTIFICATE, at(1_700_000_000)).is_err());
    assert!(claim().verify(b"no certificate", at(SENT)).is_err());
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let other = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
    assert!(claim().verify(other.as_bytes(), at(SENT)).is_err());
}

#[test]
fn a_confirmation_is_visited_on_the_topics_own_endpoint_only() {
    let url = verified(CONFIRMATION).unwrap().confirmation().unwrap();
    assert_eq!(url.host_str(), Some("sns.eu-central-1.amazonaws.com"));
    let mut elsewhere = verified(CONFIRMATION).unwrap();
    elsewhere.subscribe_url = Some("https://evil.example/".to_owned());
    assert_eq!(elsewhere.confirmation(), Err(NotVerified));
}

#[test]
fn a_message_is_good_for_as_long_as_repeats_are_known() {
    let claim = |second| sns::claim(&[secret(TOPIC)], BOUNCE.as_bytes(), at(second)).map(|_| ());
    assert_eq!(claim(SENT + 7 * DAY - 1), Ok(()));
    assert_eq!(claim(SENT + 7 * DAY), Err(NotVerified));
    assert_eq!(claim(SENT - 301), Err(NotVerified));
}
