//! A client that speaks to a running emulator and checks each answer.
#![allow(dead_code, reason = "each test file uses a part")]

use std::time::Duration;

use jiff::Timestamp;
use listsync_graph_emulator::{Clock, Emulator, Group, GroupKind, ObjectId, Running, Tenant, User};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// An emulator with a clock that the test moves, and a client with a token.
pub struct Bench {
    pub running: Running,
    pub tenant: Tenant,
    pub client: Client,
    pub clock: Clock,
    pub token: String,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    pub fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or_default())
    }

    /// The ids of the rows.
    pub fn ids(&self) -> Vec<String> {
        let rows = self.body["value"].as_array().expect("it is a list");
        rows.iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Asserts an error.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str, message: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        assert!(self.message().contains(message), "{} does not contain {message}", self.message());
    }
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(|emulator| emulator).await
    }

    pub async fn with(change: impl FnOnce(Emulator) -> Emulator) -> Self {
        let start: Timestamp = "2026-11-23T08:00:00Z".parse().expect("it is a time");
        let clock = Clock::manual(start);
        let running = change(Emulator::builder().clock(clock.clone())).start().await.expect("it starts");
        let ca = reqwest::Certificate::from_pem(running.ca_pem.as_bytes()).expect("it is a certificate");
        let client = Client::builder().tls_certs_only([ca]).build().expect("it is a client");
        let mut bench = Self { tenant: running.tenant(), running, client, clock, token: String::new() };
        bench.sign_in().await;
        bench
    }

    /// Fetches a token with the roles that the app has now.
    pub async fn sign_in(&mut self) {
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

    pub async fn roles(&mut self, roles: &[&str]) {
        self.tenant.update_app(|app| app.roles = roles.iter().map(|role| (*role).to_owned()).collect());
        self.sign_in().await;
    }

    pub async fn token_request(&self, tenant: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.running.authority_host);
        let response = self.client.post(url).form(form).send().await.expect("it answers");
        (response.status().as_u16(), response.json().await.expect("it is JSON"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub async fn eventual(&self, path: &str) -> Answer {
        self.send("GET", path, &[("ConsistencyLevel", "eventual")], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, &[], Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, &[], Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// One request; `path` is below `/v1.0`, or a link that the emulator gave.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Answer {
        let response = self.try_send(method, path, headers, body).await.expect("it answers");
        read(response).await.expect("it can be read")
    }

    pub async fn try_send(
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
    pub async fn all(&self, path: &str, headers: &[(&str, &str)]) -> Vec<Answer> {
        let mut pages = vec![self.send("GET", path, headers, None).await];
        while let Some(next) = pages.last().and_then(|page| page.body["@odata.nextLink"].as_str()) {
            let next = next.to_owned();
            pages.push(self.send("GET", &next, headers, None).await);
        }
        pages
    }

    /// Adds so many people named p0, p1, ...
    pub fn people(&self, count: usize) -> Vec<ObjectId> {
        (0..count).map(|n| self.person(&format!("p{n}"))).collect()
    }

    pub fn person(&self, local: &str) -> ObjectId {
        self.tenant.add_user(User::member(local, &format!("{local}@contoso.example")))
    }

    pub fn group(&self, kind: GroupKind, members: &[ObjectId]) -> ObjectId {
        let id = self.tenant.add_group(Group::new(kind, "Team"));
        for member in members {
            assert!(self.tenant.add_member(id, *member));
        }
        id
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub async fn read(response: Response) -> reqwest::Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body })
}

/// The URL by which bodies refer to an object.
pub fn reference(id: ObjectId) -> String {
    format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}")
}

pub fn bind(ids: &[ObjectId]) -> Value {
    json!({"members@odata.bind": ids.iter().map(|id| reference(*id)).collect::<Vec<_>>()})
}
