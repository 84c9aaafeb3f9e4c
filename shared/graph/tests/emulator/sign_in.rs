use std::{collections::BTreeSet, sync::Arc, time::Duration};

use listsync_engine::ports::{Clock, Directory, Fault, Places, PortError, ProofLife, SystemClock};
use listsync_graph::{Credential, Graph, GraphSettings};
use listsync_graph_emulator::{Emulator, Federated, LEAST_ROLES};

use crate::rig::Rig;

async fn refusal(rig: &Rig, graph: &Graph) -> PortError {
    graph.head_count(rig.call()).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_secret_tenant_or_client_is_named_and_the_secret_is_not() {
    let rig = Rig::new().await;
    let wrong_secret = rig.client(|settings| settings.credential = Credential::Secret("hunter2".to_owned()));
    let wrong_client = rig.client(|settings| settings.client_id = settings.tenant.clone());
    let wrong_tenant = rig.client(|settings| settings.tenant = "elsewhere.example".to_owned());
    for (graph, code, setting) in [
        (wrong_secret, "AADSTS7000215", "AZURE_CLIENT_SECRET"),
        (wrong_client, "AADSTS700016", "AZURE_CLIENT_ID"),
        (wrong_tenant, "AADSTS90002", "AZURE_TENANT_ID"),
    ] {
        let error = refusal(&rig, &graph).await;
        assert_eq!((error.fault, error.code.as_str()), (Fault::Denied, code));
        assert!(error.hint.contains(setting), "{}", error.hint);
        assert!(error.message.contains("tenant") && error.message.contains(code), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    assert_eq!(rig.meter.cost().requests, 0);
}

#[tokio::test]
async fn a_federated_token_is_read_anew_for_each_sign_in() {
    let rig = Rig::new().await;
    rig.tenant.update_app(|app| app.federated.push(Federated::Token("the-token".to_owned())));
    let path = rig.file("token", "stale");
    let graph = rig.client(|settings| settings.credential = Credential::FederatedTokenFile(path));
    let error = refusal(&rig, &graph).await;
    assert_eq!(error.fault, Fault::Denied);
    assert!(
        error.hint.contains("AZURE_FEDERATED_TOKEN_FILE") || error.code.starts_with("AADSTS"),
        "{error:?}"
    );

    rig.file("token", "the-token\n");
    graph.head_count(rig.call()).await.unwrap();
    let lost = rig.file("token", "");
    assert!(lost.exists());
    let other = rig.client(|settings| settings.credential = Credential::FederatedTokenFile(lost));
    assert_eq!(refusal(&rig, &other).await.code, "federated_token_file");
}

fn certificate() -> (String, String) {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["listsync".to_owned()]).unwrap().self_signed(&key).unwrap();
    (key.serialize_pem(), certificate.pem())
}

#[tokio::test]
async fn a_certificate_signs_in_without_a_secret() {
    let rig = Rig::new().await;
    let (key, certificate) = certificate();
    rig.tenant.update_app(|app| {
        app.secrets.clear();
        app.certificates.push(certificate.clone());
    });
    let path = rig.file("both.pem", &format!("{key}{certificate}"));
    let graph = rig.client(|settings| settings.credential = Credential::CertificateFile(path));
    graph.head_count(rig.call()).await.unwrap();
    let life = graph.proof_life(rig.call()).await.unwrap();
    assert!(matches!(life, ProofLife::Until(end) if end > SystemClock.now()), "{life:?}");
    let secret = rig.graph.proof_life(rig.call()).await.unwrap();
    assert!(
        matches!(secret, ProofLife::Unreadable(why) if why.contains("Application.Read.All")),
        "{secret:?}"
    );

    let (key, strange) = self::certificate();
    let path = rig.file("strange.pem", &format!("{strange}{key}"));
    let graph = rig.client(|settings| settings.credential = Credential::CertificateFile(path));
    let error = refusal(&rig, &graph).await;
    assert_eq!((error.fault, error.code.as_str()), (Fault::Denied, "AADSTS700027"));
    assert!(error.hint.contains("AZURE_CLIENT_CERTIFICATE_PATH"), "{}", error.hint);
}

#[tokio::test]
async fn a_token_that_graph_refuses_is_replaced_once() {
    let rig = Rig::new().await;
    rig.graph.head_count(rig.call()).await.unwrap();
    rig.tenant.clock().advance(Duration::from_secs(7_200));

    rig.graph.head_count(rig.call()).await.unwrap();

    assert_eq!(rig.tenant.counters().token_requests, 2);
    assert_eq!(rig.meter.cost().requests, 3);
}

#[tokio::test]
async fn one_token_serves_many_requests() {
    let rig = Rig::new().await;
    for _ in 0..5 {
        rig.graph.head_count(rig.call()).await.unwrap();
    }
    assert_eq!(rig.tenant.counters().token_requests, 1);
}

#[tokio::test]
async fn permissions_domains_and_clock_are_told_for_diagnosis() {
    let rig = Rig::of(Emulator::builder().roles(["GroupMember.Read.All", "Organization.Read.All"])).await;
    let roles = rig.graph.permissions(rig.call()).await.unwrap();
    assert_eq!(roles, BTreeSet::from(["GroupMember.Read.All", "Organization.Read.All"].map(str::to_owned)));
    let domains = rig.graph.domains(rig.call()).await.unwrap();
    assert!(domains.contains("contoso.example"), "{domains:?}");
    let skew = rig.graph.clock_skew(rig.call(), SystemClock.now()).await.unwrap();
    assert!(skew.abs() <= 2, "{skew}");

    let least = Rig::of(Emulator::builder().roles(LEAST_ROLES.iter().copied())).await;
    let error = least.graph.domains(least.call()).await.unwrap_err();
    assert_eq!(error.fault, Fault::Denied);
    assert!(error.hint.contains("Organization.Read.All"));
}

#[tokio::test]
async fn an_unreachable_directory_says_what_to_check() {
    let rig = Rig::new().await;
    rig.graph.head_count(rig.call()).await.unwrap();
    let untrusting = rig.client(|settings| settings.ca_pem = None);
    let error = refusal(&rig, &untrusting).await;
    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "sign_in_unavailable"));
    assert!(error.hint.contains("SSL_CERT_FILE"), "{}", error.hint);

    let astray = rig.client(|settings| settings.graph_url = "https://localhost:1/v1.0".to_owned());
    let error = refusal(&rig, &astray).await;
    assert_eq!((error.fault, error.code.as_str()), (Fault::Unavailable, "unreachable"));
    assert!(error.hint.contains("LISTSYNC_GRAPH_URL"), "{}", error.hint);
}

#[tokio::test]
async fn a_name_a_refusal_and_a_certificate_are_told_apart_of_graph_and_of_the_sign_in() {
    let rig = Rig::new().await;
    let untrusting = rig.client(|settings| settings.ca_pem = None);
    let sign_in = |authority: &str| {
        let authority = Some(authority.to_owned());
        rig.client(|settings| settings.authority_host = authority)
    };
    let graph = |url: &str| rig.client(|settings| settings.graph_url = url.to_owned());
    // A name under "invalid" leads nowhere (RFC 6761, section 6.4), and nobody listens on the first port.
    for (client, why, hint) in [
        (untrusting, "its certificate is not trusted", "SSL_CERT_FILE"),
        (sign_in("https://localhost:1"), "the connection is refused", "port in AZURE_AUTHORITY_HOST"),
        (sign_in("https://entra.invalid"), "its name leads to no address", "DNS"),
        (graph("https://localhost:1/v1.0"), "the connection is refused", "port in LISTSYNC_GRAPH_URL"),
        (graph("https://graph.invalid/v1.0"), "its name leads to no address", "DNS"),
    ] {
        let error = refusal(&rig, &client).await;
        assert_eq!(error.fault, Fault::Unavailable, "{error}");
        assert!(error.message.contains(why), "{why}: {}", error.message);
        assert!(error.hint.contains(hint), "{hint}: {}", error.hint);
    }
}

type Spoil<'a> = Box<dyn Fn(&mut GraphSettings) + 'a>;

#[tokio::test]
async fn each_malformed_setting_is_named() {
    let rig = Rig::new().await;
    let good = || GraphSettings {
        graph_url: rig.running.graph_url.clone(),
        tenant: rig.running.tenant_id.clone(),
        client_id: rig.running.client_id.clone(),
        credential: Credential::Secret("s".to_owned()),
        authority_host: None,
        ca_pem: None,
    };
    let not_pem = rig.file("not.pem", "no certificate");
    let changes: Vec<(&str, Spoil<'_>)> = vec![
        ("LISTSYNC_GRAPH_URL", Box::new(|s| s.graph_url = "http://graph.microsoft.com/v1.0".to_owned())),
        ("LISTSYNC_GRAPH_URL", Box::new(|s| s.graph_url = "graph".to_owned())),
        ("AZURE_TENANT_ID", Box::new(|s| s.tenant = String::new())),
        ("AZURE_TENANT_ID", Box::new(|s| s.tenant = "a/b".to_owned())),
        ("AZURE_CLIENT_ID", Box::new(|s| s.client_id = " ".to_owned())),
        ("AZURE_CLIENT_SECRET", Box::new(|s| s.credential = Credential::Secret(String::new()))),
        ("AZURE_AUTHORITY_HOST", Box::new(|s| s.authority_host = Some("http://login.example".to_owned()))),
        (
            "AZURE_CLIENT_CERTIFICATE_PATH",
            Box::new(|s| s.credential = Credential::CertificateFile("/nowhere".into())),
        ),
        (
            "AZURE_CLIENT_CERTIFICATE_PATH",
            Box::new(|s| s.credential = Credential::CertificateFile(not_pem.clone())),
        ),
        (
            "AZURE_FEDERATED_TOKEN_FILE",
            Box::new(|s| s.credential = Credential::FederatedTokenFile("/nowhere".into())),
        ),
        ("SSL_CERT_FILE", Box::new(|s| s.ca_pem = Some("/nowhere".into()))),
        ("SSL_CERT_FILE", Box::new(|s| s.ca_pem = Some(not_pem.clone()))),
    ];
    for (setting, change) in changes {
        let mut settings = good();
        change(&mut settings);
        let error = Graph::connect(settings, rig.gate.clone(), Arc::new(SystemClock)).unwrap_err();
        assert_eq!(error.setting(), setting, "{error}");
        assert!(error.to_string().contains(setting), "{error}");
    }
}
