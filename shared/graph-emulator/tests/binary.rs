//! The binary, as it is started by hand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The child, which ends with the test.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself; then the test says why.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_prints_what_to_export_and_serves_with_that() {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    let (ca, env) = (directory.path().join("ca.pem"), directory.path().join("settings.env"));
    let mut child = Started(
        Command::new(env!("CARGO_BIN_EXE_listsync-graph-emulator"))
            .args(["--port", "0", "--people", "20", "--ca-out"])
            .arg(&ca)
            .arg("--env-out")
            .arg(&env)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts"),
    );
    let out = child.0.stdout.take().expect("there is an output");
    let lines: Vec<String> = BufReader::new(out)
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.contains("Ctrl-C"))
        .filter_map(|line| line.strip_prefix("export ").map(str::to_owned))
        .collect();
    let written = std::fs::read_to_string(&env).expect("the file is there");
    assert_eq!(written.lines().collect::<Vec<_>>(), lines);
    let settings: BTreeMap<&str, &str> = lines.iter().filter_map(|line| line.split_once('=')).collect();
    let names: Vec<&str> = settings.keys().copied().collect();
    assert_eq!(
        names,
        [
            "AZURE_AUTHORITY_HOST",
            "AZURE_CLIENT_ID",
            "AZURE_CLIENT_SECRET",
            "AZURE_TENANT_ID",
            "LISTSYNC_GRAPH_URL",
            "SSL_CERT_FILE"
        ]
    );

    let pem = std::fs::read(settings["SSL_CERT_FILE"]).expect("the authority is there");
    let authority = reqwest::Certificate::from_pem(&pem).expect("it is a certificate");
    let client = reqwest::Client::builder().tls_certs_only([authority]).build().expect("it is a client");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", settings["AZURE_CLIENT_ID"]),
        ("client_secret", settings["AZURE_CLIENT_SECRET"]),
        ("scope", "https://graph.microsoft.com/.default"),
    ];
    let url =
        format!("{}/{}/oauth2/v2.0/token", settings["AZURE_AUTHORITY_HOST"], settings["AZURE_TENANT_ID"]);
    let token: serde_json::Value =
        client.post(url).form(&form).send().await.expect("it answers").json().await.expect("it is JSON");
    let token = token["access_token"].as_str().expect("there is a token");
    let users = client
        .get(format!("{}/users/$count", settings["LISTSYNC_GRAPH_URL"]))
        .bearer_auth(token)
        .header("ConsistencyLevel", "eventual")
        .send()
        .await
        .expect("it answers");
    assert_eq!(users.text().await.expect("it is text"), "23");
}

#[test]
fn a_wrong_option_is_refused_with_its_name() {
    let output = Command::new(env!("CARGO_BIN_EXE_listsync-graph-emulator"))
        .args(["--lag", "soon"])
        .output()
        .expect("it starts");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("--lag"));
}
