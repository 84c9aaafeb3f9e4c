use std::{process::Stdio, time::Duration};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
    time::timeout,
};

use crate::World;

/// The longest that the start of the server may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `listsync serve`, and a key for its API. Dropping it kills the process.
pub struct Served {
    /// Where it is, such as `http://127.0.0.1:41234`.
    pub url: String,
    client: Client,
    key: String,
    process: Child,
}

impl Served {
    /// Serves a world on a free port, under this public address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(world: &mut World, public_url: &str) -> Self {
        world.set("LISTSYNC_PUBLIC_URL", public_url);
        let scopes = ["--scope", "read", "--scope", "operate", "--scope", "admin"];
        let made = world.listsync(&[&["keys", "create", "test", "--json"][..], &scopes].concat()).await;
        let key = made.exits(0).json()["secret"].as_str().expect("a key").to_owned();
        let mut command = world.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("it starts");
        let said = process.stderr.take().expect("it has a standard error");
        let mut lines = BufReader::new(said).lines();
        let url = timeout(PATIENCE, async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, rest)) = line.split_once("the HTTP API at ") {
                    let end = rest.find(". ").unwrap_or(rest.len());
                    return rest[..end].to_owned();
                }
            }
            panic!("it ended without saying where it listens");
        });
        let url = url.await.expect("it says where it listens");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, client: Client::new(), key, process }
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> &Child {
        &self.process
    }

    /// Kills the process, and waits for its end.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn end(mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// A request of anybody.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// A request under the key.
    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask(method, path).bearer_auth(&self.key)
    }

    /// Sends a document under the key, and takes the document of a good answer.
    ///
    /// # Panics
    /// When the answer is none.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.call(Method::POST, path).header("content-type", "application/json");
        good(request.body(body.to_string()).send().await.expect("an answer")).await
    }
}

async fn good(response: Response) -> Value {
    let (status, text) = (response.status(), response.text().await.expect("a body"));
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).expect("a document")
}
