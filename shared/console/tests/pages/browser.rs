//! A browser without scripts: it keeps its cookie, follows where it is sent, and sends the token of the page that it is on.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use listsync_console::session::{self, SignIn};
use listsync_core::{
    audit::Actor,
    grant::{Grant, Lists, Verb},
};
use listsync_http::{Connected, operations::Who};
use tower::ServiceExt as _;
use url::form_urlencoded;

use crate::stage::Stage;

/// The browser.
pub(crate) struct Browser<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) cookie: Option<String>,
    /// That of a sign-in that is on its way.
    pub(crate) entering: Option<String>,
    /// From where it asks.
    pub(crate) from: IpAddr,
}

/// What it shows.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Shown {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The page has this in it, or the test says what it has.
    pub(crate) fn shows(&self, text: &str) -> &Self {
        assert!(self.has(text), "{} has no {text:?}:\n{}", self.status, self.text);
        self
    }

    /// The value of the first field of that name.
    pub(crate) fn value(&self, name: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    }

    /// The first address that begins so.
    pub(crate) fn link(&self, begins: &str) -> String {
        let found = self.text.split("href=\"").skip(1).find(|rest| rest.starts_with(begins));
        let found = found.unwrap_or_else(|| panic!("no link to {begins}:\n{}", self.text));
        found.split('"').next().unwrap_or_default().replace("&amp;", "&")
    }
}

impl<'a> Browser<'a> {
    /// Not signed in, on the machine itself.
    pub(crate) fn new(stage: &'a Stage) -> Self {
        Self { stage, cookie: None, entering: None, from: Ipv4Addr::LOCALHOST.into() }
    }

    /// Signed in by a link.
    pub(crate) async fn signed_in(stage: &'a Stage) -> Self {
        let mut browser = Self::new(stage);
        let now = stage.service.ports.clock.now();
        let link = SignIn::make(stage.service.seen.as_ref(), now).await.unwrap();
        let shown = browser.send("/sign-in", &[("link", &link.token), ("to", "/")]).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.text);
        browser
    }

    /// Signed in with these verbs, on these lists.
    pub(crate) async fn with(stage: &'a Stage, verbs: &[Verb], lists: Lists) -> Self {
        let grant = Grant { verbs: verbs.iter().copied().collect(), lists };
        let who = Who { actor: Actor::Local, grant };
        let now = stage.service.ports.clock.now();
        let cookie = session::open(stage.service.seen.as_ref(), who, now).await.unwrap();
        let mut browser = Self::new(stage);
        browser.keep(&cookie);
        browser
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let kept = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        match pair.starts_with("listsync_session=") {
            true => self.cookie = kept,
            false => self.entering = kept,
        }
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let builder = Request::builder().method(method).uri(path).extension(Connected(self.from));
        let builder = builder.header("sec-fetch-site", if method == "GET" { "none" } else { "same-origin" });
        let all: Vec<&str> =
            [&self.cookie, &self.entering].into_iter().flatten().map(String::as_str).collect();
        if all.is_empty() { builder } else { builder.header(header::COOKIE, all.join("; ")) }
    }

    /// Has a request answered as it is.
    pub(crate) async fn ask(&mut self, request: Request<Body>) -> Shown {
        let response = self.stage.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for cookie in headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Shown { status, headers, text: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Opens a page, and does not follow where it is sent.
    pub(crate) async fn visit(&mut self, path: &str) -> Shown {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.ask(request).await
    }

    /// Opens a page, and follows where it is sent.
    pub(crate) async fn open(&mut self, path: &str) -> Shown {
        let mut path = path.to_owned();
        for _ in 0..5 {
            let request = self.request("GET", path.split('#').next().unwrap()).body(Body::empty()).unwrap();
            let shown = self.ask(request).await;
            if !shown.status.is_redirection() {
                return shown;
            }
            path = shown.header("location").to_owned();
        }
        panic!("{path} leads in a circle");
    }

    /// Sends a form as it is.
    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(Body::from(body)).unwrap();
        self.ask(request).await
    }

    /// The token of this session's forms.
    pub(crate) async fn token(&mut self) -> String {
        self.open("/people").await.value("token")
    }

    /// Sends a form from a page of the console, and follows where that leads.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let shown = self.submit_only(path, fields).await;
        match shown.status.is_redirection() {
            true => self.open(shown.header("location")).await,
            false => shown,
        }
    }

    /// The same, without following.
    pub(crate) async fn submit_only(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = self.token().await;
        let fields: Vec<(&str, &str)> = [("token", token.as_str())].iter().chain(fields).copied().collect();
        self.send(path, &fields).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(&mut self, fields: &[(&str, &str)], (name, content): (&str, &str)) -> Shown {
        let token = self.token().await;
        let mut body = String::new();
        for (name, value) in [("token", token.as_str())].iter().chain(fields) {
            body += &format!("--x-1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        body += &format!(
            "--x-1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n--x-1--\r\n"
        );
        let request =
            self.request("POST", "/imports").header("content-type", "multipart/form-data; boundary=x-1");
        let shown = self.ask(request.body(Body::from(body)).unwrap()).await;
        match shown.status.is_redirection() {
            true => self.open(shown.header("location")).await,
            false => shown,
        }
    }
}
