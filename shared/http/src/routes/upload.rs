//! A file in a request, in the forms in which clients send one.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
};
use listsync_inbound::form::{self, Part};
use listsync_lists::Encoding;
use utoipa::ToSchema;

use crate::{ask, problem::Problem};

/// What is taken: a CSV file by itself, or as the part `file` of a form.
const TYPES: [&str; 4] = ["text/csv", "text/plain", "application/octet-stream", MULTIPART];
const MULTIPART: &str = "multipart/form-data";

/// A file as it was sent.
pub(crate) struct Upload {
    /// The CSV file.
    pub(crate) file: Bytes,
    /// The encoding that its type names.
    pub(crate) encoding: Option<Encoding>,
    /// The name of a profile, or an own one, as a part of the form.
    pub(crate) profile: Option<String>,
}

/// A form that holds a file.
#[derive(ToSchema)]
#[schema(as = Upload)]
#[expect(dead_code, reason = "it is the shape of a form, which is read part by part")]
pub(crate) struct UploadSchema {
    /// The CSV file.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The name of a profile, or an own one as a JSON document.
    profile: Option<String>,
}

/// Refuses what is no file. A JSON string that holds one is named for what it is: generated clients send that.
pub(crate) fn judge_type(headers: &HeaderMap) -> Result<(), Problem> {
    ask::judge_type(headers, &TYPES).map_err(|problem| match ask::judge_type(headers, &["application/json"]) {
        Ok(()) => {
            let detail = "the body is a JSON document, perhaps a JSON string that holds a CSV file: send the file itself, as text/csv";
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail).field("Content-Type")
        }
        Err(_) => problem,
    })
}

impl Upload {
    /// Reads a body whose type [`judge_type`] lets pass.
    pub(crate) fn of(headers: &HeaderMap, body: &Bytes) -> Result<Self, Problem> {
        let given =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !given.to_ascii_lowercase().starts_with(MULTIPART) {
            return Ok(Self { file: body.clone(), encoding: charset(given)?, profile: None });
        }
        let refuse = |why: &str| Problem::new(StatusCode::BAD_REQUEST, "bad_body", why);
        let parts = form::parts(given, body).ok_or_else(|| refuse("the body is no whole multipart form"))?;
        let named = |name: &str| parts.iter().find(|part| part.name == name);
        let file =
            named("file").ok_or_else(|| refuse("the form has no part 'file' that holds the CSV file"))?;
        let text = |part: &Part<'_>| {
            String::from_utf8(part.content.to_vec()).map_err(|_| refuse("the profile is no UTF-8"))
        };
        Ok(Self {
            file: body.slice_ref(file.content),
            encoding: charset(file.content_type.unwrap_or_default())?,
            profile: named("profile").map(text).transpose()?,
        })
    }
}

/// An encoding by its name on the web; none: it is not read.
pub(crate) fn encoding(name: &str) -> Option<Encoding> {
    match name.trim().to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Some(Encoding::Utf8),
        // The web reads all of these as Windows-1252 (Encoding Standard, section 4.2).
        "windows-1252" | "cp1252" | "x-cp1252" | "iso-8859-1" | "iso8859-1" | "latin1" | "l1" => {
            Some(Encoding::Windows1252)
        }
        _ => None,
    }
}

/// The encoding that a type names. UTF-16 is told by its mark, whatever is said of it.
fn charset(content_type: &str) -> Result<Option<Encoding>, Problem> {
    let parameter = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    let Some(name) = parameter else { return Ok(None) };
    if name.to_ascii_lowercase().starts_with("utf-16") {
        return Ok(None);
    }
    let detail =
        format!("the charset '{name}' is not read: utf-8, utf-16 with its mark, and windows-1252 are");
    let refused = || {
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_charset", detail).field("Content-Type")
    };
    encoding(&name).map(Some).ok_or_else(refused)
}
