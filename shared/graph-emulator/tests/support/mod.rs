//! A client that speaks to a running emulator and checks each answer.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::print_stderr, reason = "what is not checked is said")]

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use listsync_graph_emulator::openapi::{Subset, Verdict};
use listsync_graph_emulator::{Care, Clock, Emulator, Group, GroupKind, ObjectId, Running, Tenant, User};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// An emulator with a clock that the test moves, and a client with a token.
pub(crate) struct Bench {
    pub(crate) running: Running,
    pub(crate) tenant: Tenant,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) token: String,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// The ids of the rows.
    pub(crate) fn ids(&self) -> Vec<String> {
        let rows = self.body["value"].as_array().expect("it is a list");
        rows.iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Asserts an error.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str, message: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        assert!(self.message().contains(message), "{} does not contain {message}", self.message());
    }
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|emulator| emulator).await
    }

    pub(crate) async fn with(change: impl FnOnce(Emulator) -> Emulator) -> Self {
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().expect("it is a time");
        let clock = Clock::manual(start);
        let running = change(Emulator::builder().care(Care::Noted).clock(clock.clone()))
            .start()
            .await
            .expect("it starts");
        let ca = reqwest::Certificate::from_pem(running.ca_pem.as_bytes()).expect("it is a certificate");
        let client = Client::builder().tls_certs_only([ca]).build().expect("it is a client");
        let mut bench = Self { tenant: running.tenant(), running, client, clock, token: String::new() };
        bench.sign_in().await;
        bench
    }

    /// Fetches a token with the roles that the app has now.
    pub(crate) async fn sign_in(&mut self) {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.running.client_id.as_str()),
            ("client_secret", self.running.client_secret.as_str()),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let tenant = self.running.tenant_id.clone();
        let (status, body) = self.token_request(&tenant, &form).await;
        assert_eq!(status, 200, "{body}");
        self.token = body["access_token"].as_str().expect("there is a token").to_owned();
    }

    pub(crate) async fn roles(&mut self, roles: &[&str]) {
        self.tenant.update_app(|app| app.roles = roles.iter().map(|role| (*role).to_owned()).collect());
        self.sign_in().await;
    }

    pub(crate) async fn token_request(&self, tenant: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.running.authority_host);
        let response = self.client.post(url).form(form).send().await.expect("it answers");
        (response.status().as_u16(), response.json().await.expect("it is JSON"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn eventual(&self, path: &str) -> Answer {
        self.send("GET", path, &[("ConsistencyLevel", "eventual")], None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, &[], Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// One request; `path` is below `/v1.0`, or a link that the emulator gave.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let response = self.try_send(method, path, headers, body).await.expect("it answers");
        let answer = read(response).await.expect("it can be read");
        check(method, path.trim_start_matches(&self.running.graph_url), &answer);
        answer
    }

    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let url = if path.starts_with("https://") {
            path.to_owned()
        } else {
            format!("{}{path}", self.running.graph_url)
        };
        let method = Method::from_bytes(method.as_bytes()).expect("it is a method");
        let mut request = self.client.request(method, url).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await
    }

    /// All pages.
    pub(crate) async fn all(&self, path: &str, headers: &[(&str, &str)]) -> Vec<Answer> {
        let mut pages = vec![self.send("GET", path, headers, None).await];
        while let Some(next) = pages.last().and_then(|page| page.body["@odata.nextLink"].as_str()) {
            let next = next.to_owned();
            pages.push(self.send("GET", &next, headers, None).await);
        }
        pages
    }

    /// Adds so many people named p0, p1, ...
    pub(crate) fn people(&self, count: usize) -> Vec<ObjectId> {
        (0..count).map(|n| self.person(&format!("p{n}"))).collect()
    }

    pub(crate) fn person(&self, local: &str) -> ObjectId {
        self.tenant.add_user(User::member(local, &format!("{local}@contoso.example")))
    }

    pub(crate) fn group(&self, kind: GroupKind, members: &[ObjectId]) -> ObjectId {
        let id = self.tenant.add_group(Group::new(kind, "Team"));
        for member in members {
            assert!(self.tenant.add_member(id, *member));
        }
        id
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) async fn read(response: Response) -> reqwest::Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body })
}

/// The URL by which bodies refer to an object.
pub(crate) fn reference(id: ObjectId) -> String {
    format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")
}

pub(crate) fn bind(ids: &[ObjectId]) -> Value {
    json!({"members@odata.bind": ids.iter().map(|id| reference(*id)).collect::<Vec<_>>()})
}

/// Paths that Microsoft's OpenAPI description lacks, with the page that documents them.
const UNDESCRIBED: &[(&str, &str)] = &[
    ("/$batch", "Combine multiple HTTP requests using JSON batching"),
    ("/users/$count", "Advanced query capabilities on Microsoft Entra ID objects: $count as a URL segment"),
    ("/mailboxSettings", "Get user mailbox settings"),
    ("/owners/$count", "Advanced query capabilities on Microsoft Entra ID objects: $count as a URL segment"),
    ("/transitiveMembers/$count", "List group transitive members"),
    ("graph.user/$count", "List group members: casts and $count"),
    ("/directory/deletedItems/*", "Get item (directory deleted items)"),
];

/// Asserts that an answer is as Microsoft's OpenAPI description says.
#[track_caller]
fn check(method: &str, path: &str, answer: &Answer) {
    static SUBSET: OnceLock<Option<Subset>> = OnceLock::new();
    let subset = SUBSET.get_or_init(|| {
        let subset = Subset::load();
        if subset.is_none() {
            eprintln!(
                "graph-v1-subset.json is absent: answers are not checked against the OpenAPI description"
            );
        }
        subset
    });
    let Some(subset) = subset else { return };
    let body = (!answer.body.is_null()).then_some(&answer.body);
    match subset.check_answer(method, path, answer.status, body) {
        Verdict::Fits => {}
        Verdict::Breaks(problems) => panic!("{method} {path}: {problems:#?} in {}", answer.body),
        Verdict::UnknownPath => {
            let plain = path.split('?').next().unwrap_or_default();
            let listed = UNDESCRIBED.iter().any(|(end, _)| match end.strip_suffix('*') {
                Some(folder) => plain.starts_with(folder),
                None => plain.ends_with(end),
            });
            // What Graph does not have is answered with 400, which no description covers.
            assert!(listed || answer.status == 400 || method == "DELETE", "{method} {path} is not described");
        }
    }
    if method == "POST" && path == "/$batch" {
        check_parts(answer);
    }
}

/// The shape of a batch answer, from the page on JSON batching.
#[track_caller]
fn check_parts(answer: &Answer) {
    for part in answer.body["responses"].as_array().into_iter().flatten() {
        assert!(part["id"].is_string() && part["status"].is_u64() && part["headers"].is_object(), "{part}");
    }
}
