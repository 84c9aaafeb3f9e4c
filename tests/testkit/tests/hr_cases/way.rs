//! The ways in which a file comes to the list service.

use std::{collections::BTreeMap, fs};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use listsync_core::{
    address::Address,
    grant::{Grant, Lists, Verb},
};
use listsync_engine::ports::{Again, ImportMode};
use listsync_http::{Options, keys, router};
use listsync_lists::{Encoding, Overrides, Profile, Taken};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    fixture::{LIST, OneListFixture, now},
    table::folder,
};

const BOUNDARY: &str = "the-end-of-a-part";

/// A way in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// By the library, as the command line and the inbox take files in.
    Library,
    /// By the HTTP API.
    Http,
}

/// A way in that is open.
pub(crate) enum Incoming<'a> {
    Library(&'a OneListFixture),
    Http(Api),
}

/// The API, asked with a key that operates.
pub(crate) struct Api {
    router: Router,
    key: String,
}

/// What was answered to a file.
pub(crate) struct Answer {
    /// The import as a document.
    pub(crate) import: Value,
    /// Why rows were refused, by their number.
    pub(crate) problems: BTreeMap<String, String>,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::Library, Self::Http];

    pub(crate) async fn open(self, fixture: &OneListFixture) -> Incoming<'_> {
        match self {
            Self::Library => Incoming::Library(fixture),
            Self::Http => {
                let grant = Grant { verbs: [Verb::Read, Verb::Operate].into(), lists: Lists::All };
                let wish = keys::Wish { name: "HR".to_owned(), grant, expires: None };
                let key = keys::create(fixture.service.keys.as_ref(), wish, now()).await.unwrap().text;
                Incoming::Http(Api { router: router(fixture.service.clone(), Options::default()), key })
            }
        }
    }
}

impl Incoming<'_> {
    /// Sends the file of a step.
    pub(crate) async fn send(&self, step: &Value, what: &str) -> Answer {
        let file = fs::read(folder().join(step["file"].as_str().unwrap())).unwrap();
        match self {
            Self::Library(fixture) => {
                let taken = fixture.take(&file, (&profile(step), mode(step), again(step))).await;
                let Taken { import, problems, .. } = taken.unwrap_or_else(|code| panic!("{what}: {code}"));
                Answer::of(json!(import), &json!(problems))
            }
            Self::Http(api) => api.send(step, &file).await,
        }
    }

    /// The local parts of who is on the list.
    pub(crate) async fn members(&self) -> Vec<String> {
        match self {
            Self::Library(fixture) => fixture.members().await,
            Self::Http(api) => {
                let page = Request::get(format!("/v1/lists/{LIST}/members?limit=500"));
                let page = api.answered(page, Vec::new()).await;
                let members = page["items"].as_array().unwrap().iter();
                let members = members.filter(|member| member["state"] == "member");
                let local = |member: &Value| {
                    member["address"].as_str().unwrap().split('@').next().unwrap().to_owned()
                };
                let mut members: Vec<String> = members.map(local).collect();
                members.sort();
                members
            }
        }
    }

    /// Somebody's contact as a document.
    pub(crate) async fn contact(&self, local: &str) -> Value {
        let address = format!("{local}@contoso.com");
        match self {
            Self::Library(fixture) => {
                let address = Address::parse(&address).unwrap();
                let contact = fixture.service.contacts.find_contact(&address).await.unwrap().unwrap();
                json!({"name": contact.name, "external_id": contact.external_id.map(String::from)})
            }
            Self::Http(api) => {
                api.answered(Request::get(format!("/v1/contacts/{address}")), Vec::new()).await
            }
        }
    }
}

impl Api {
    async fn send(&self, step: &Value, file: &[u8]) -> Answer {
        let name = step["profile"].as_str().unwrap();
        // A profile is a part of the form: the name of a built-in one, or an own one as it is.
        let profile = match Profile::named(name) {
            Some(_) => name.to_owned(),
            None => fs::read_to_string(folder().join(name)).unwrap(),
        };
        let mut path = format!("/v1/lists/{LIST}/imports?mode={}", step["mode"].as_str().unwrap());
        for (option, value) in step["options"].as_object().into_iter().flatten() {
            path += &format!("&{option}={}", value.as_str().unwrap());
        }
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let form = Request::post(path).header(header::CONTENT_TYPE, kind);
        let import = self.answered(form, form_of(&profile, file)).await;
        let problems = import["problems"].clone();
        Answer::of(import, &problems)
    }

    async fn answered(&self, request: axum::http::request::Builder, body: Vec<u8>) -> Value {
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }
}

impl Answer {
    fn of(import: Value, problems: &Value) -> Self {
        let rows = problems.as_array().unwrap().iter();
        let problems =
            rows.map(|row| (row["row"].to_string(), row["message"].as_str().unwrap().to_owned())).collect();
        Self { import, problems }
    }
}

fn mode(step: &Value) -> ImportMode {
    serde_json::from_value(step["mode"].clone()).unwrap()
}

fn again(step: &Value) -> Again {
    if step["options"]["again"] == "take_in" { Again::TakeIn } else { Again::Skip }
}

fn profile(step: &Value) -> Profile {
    let name = step["profile"].as_str().unwrap();
    let own = || Profile::from_json(&fs::read_to_string(folder().join(name)).unwrap()).unwrap();
    let encoding = (step["options"]["encoding"] == "windows-1252").then_some(Encoding::Windows1252);
    Profile::named(name).unwrap_or_else(own).with(&Overrides { encoding, ..Overrides::default() })
}

fn form_of(profile: &str, file: &[u8]) -> Vec<u8> {
    let part = |name: &str| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
    let profile = format!("{}\r\n\r\n{profile}\r\n", part("profile"));
    let head = format!("{}; filename=\"staff.csv\"\r\nContent-Type: text/csv\r\n\r\n", part("file"));
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    [profile.as_bytes(), head.as_bytes(), file, end.as_bytes()].concat()
}
