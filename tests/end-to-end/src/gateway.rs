use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, Response, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

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

    /// A DELETE of a path.
    #[must_use]
    pub fn delete(target: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(target) }
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

    fn event(&self) -> Value {
        let headers = self.headers.clone();
        let content = Content { body: self.body.clone(), is_base64: false };
        event(
            Line { method: self.method, target: &self.target, from: "192.0.2.1" },
            (headers, vec![]),
            content,
        )
    }
}

/// The first line of a request, and from where it came.
struct Line<'a> {
    method: &'a str,
    target: &'a str,
    from: &'a str,
}

/// A body as an event holds it.
struct Content {
    body: String,
    is_base64: bool,
}

/// The event ("Working with AWS Lambda proxy integrations for HTTP APIs" in the API Gateway developer guide, payload format
/// 2.0). The gateway decodes the path, and leaves the query as it is. Cookies are apart from the other headers.
fn event(line: Line<'_>, (headers, cookies): (Map<String, Value>, Vec<String>), content: Content) -> Value {
    let Line { method, target, from } = line;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = percent_decode_str(path).decode_utf8().expect("a path is UTF-8");
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
        "requestContext": {
            "accountId": "123456789012", "apiId": "gateway", "domainName": "lists.contoso.example",
            "domainPrefix": "lists", "requestId": "request", "routeKey": "$default", "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_u64,
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": from, "userAgent": "test",
            },
        },
        "body": content.body, "isBase64Encoded": content.is_base64,
    });
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    event
}

/// The gateway before a function, for whoever speaks HTTP. Dropping it ends it.
pub struct Gateway {
    /// Where it is, such as `http://127.0.0.1:41234`.
    pub url: String,
    serving: JoinHandle<()>,
}

impl Gateway {
    /// Before this function, on a free port.
    ///
    /// # Panics
    /// When there is none.
    pub async fn before(function: Function) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let router = Router::new().fallback(passed_on).with_state(Arc::new(function));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.expect("it serves") });
        Self { url, serving }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What Lambda takes as one request, in bytes.
const LARGEST: usize = 6 * 1024 * 1024;

async fn passed_on(
    State(function): State<Arc<Function>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST).await.expect("a request is no larger than Lambda takes");
    let content = match is_text(&parts.headers) {
        true => Content { body: String::from_utf8_lossy(&body).into_owned(), is_base64: false },
        false => Content { body: STANDARD.encode(&body), is_base64: true },
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let from = from.ip().to_string();
    let line = Line { method: parts.method.as_str(), target, from: &from };
    let answer = function.call(&event(line, headers_of(&parts.headers), content), TIME).await;
    answered(&answer.expect("the function answers"))
}

/// The headers by name, those of one name as one, and the cookies apart.
fn headers_of(all: &HeaderMap) -> (Map<String, Value>, Vec<String>) {
    let text = |name: &header::HeaderName| {
        let values = all.get_all(name).into_iter().map(|value| value.to_str().expect("text").to_owned());
        values.collect::<Vec<_>>()
    };
    let others = all.keys().filter(|name| *name != header::COOKIE);
    let headers = others.map(|name| (name.to_string(), json!(text(name).join(",")))).collect();
    let cookies = text(&header::COOKIE).iter().flat_map(|line| line.split("; ").map(str::to_owned)).collect();
    (headers, cookies)
}

/// Whether a body comes as text: of what is none, the gateway makes base64.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("text/");
    ["text/", "application/json", "application/xml", "application/javascript"]
        .iter()
        .any(|text| kind.starts_with(text))
}

fn answered(answer: &Value) -> Response<Body> {
    let status =
        answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    let mut response = Response::builder().status(status);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().expect("text"));
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response = response.header(header::SET_COOKIE, cookie.as_str().expect("text"));
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode(body).expect("base64"),
        _ => body.as_bytes().to_vec(),
    };
    response.body(Body::from(body)).expect("an answer")
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
