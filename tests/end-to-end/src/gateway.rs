use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::Function;

/// What the API function has of time by the template.
const TIME: Duration = Duration::from_secs(29);

/// A request as it comes through the gateway.
#[derive(Debug, Clone)]
pub struct Ask {
    method: &'static str,
    target: String,
    headers: Map<String, Value>,
    body: String,
}

/// What the gateway would answer.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// Its status.
    pub status: u64,
    /// The media type of its body.
    pub kind: String,
    /// Its body.
    pub body: String,
}

impl Ask {
    /// A GET of a path, with its query.
    #[must_use]
    pub fn get(target: impl Into<String>) -> Self {
        Self { method: "GET", target: target.into(), headers: Map::new(), body: String::new() }
    }

    /// A POST of a body of this media type.
    #[must_use]
    pub fn post(target: impl Into<String>, kind: &str, body: impl Into<String>) -> Self {
        let ask = Self { method: "POST", body: body.into(), ..Self::get(target) };
        ask.header("content-type", kind)
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), json!(value));
        self
    }

    /// The same with an API key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Sends it to the API function.
    ///
    /// # Panics
    /// When the function fails.
    pub async fn of(self, api: &Function) -> HttpAnswer {
        let answer = api.call(&self.event(), TIME).await.expect("the API answers");
        let status = answer["statusCode"].as_u64().expect("a status");
        assert_ne!(answer["isBase64Encoded"], true, "text is sent as text: {answer}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        HttpAnswer { status, kind: text(&answer["headers"]["content-type"]), body: text(&answer["body"]) }
    }

    /// The event ("Working with AWS Lambda proxy integrations for HTTP APIs" in the API Gateway developer guide,
    /// payload format 2.0). The gateway decodes the path, and leaves the query as it is.
    fn event(&self) -> Value {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let path = percent_decode_str(path).decode_utf8().expect("a path is UTF-8");
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": self.headers,
            "requestContext": {
                "accountId": "123456789012", "apiId": "gateway", "domainName": "lists.contoso.example",
                "domainPrefix": "lists", "requestId": "request", "routeKey": "$default", "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
                "http": {
                    "method": self.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                    "userAgent": "test",
                },
            },
            "body": self.body, "isBase64Encoded": false,
        })
    }
}

impl HttpAnswer {
    /// The same, once the status is as expected.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    #[track_caller]
    pub fn is(self, status: u64) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The body as a document.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}
