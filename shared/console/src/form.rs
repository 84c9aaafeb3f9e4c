//! What was typed.

use axum::{
    body::Bytes,
    http::{HeaderMap, StatusCode, header},
};
use listsync_http::Problem;
use listsync_inbound::form::parts;
use url::form_urlencoded;

use crate::edit;

/// The fields of a form, or of a query string, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    pub(crate) fn read(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    pub(crate) fn of<const N: usize>(fields: [(&str, String); N]) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// How much was sent, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    /// The first value of a field, without space around it; empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// The same; none: it is not there, or empty.
    pub(crate) fn some(&self, name: &str) -> Option<String> {
        self.given(name).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|(known, given)| known == name && given == value)
    }

    /// The lines of a field, without empty ones.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        self.get(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// Every field but the token.
    pub(crate) fn sent(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter().filter(|(name, _)| name != "token")
    }

    /// Every field that a person has filled in.
    pub(crate) fn typed(&self) -> impl Iterator<Item = &(String, String)> {
        self.sent().filter(|(name, _)| !name.starts_with(edit::WAS))
    }

    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }
}

impl FromIterator<(String, String)> for Form {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(fields: T) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// A form that holds a file.
pub(crate) struct Upload {
    pub(crate) form: Form,
    /// The file's name, without folders; empty where none was chosen.
    pub(crate) name: String,
    pub(crate) content: Bytes,
}

impl Upload {
    pub(crate) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Problem> {
        let refuse = || Problem::new(StatusCode::BAD_REQUEST, "bad_body", "the form did not arrive whole");
        let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let parts = parts(given.unwrap_or_default(), body).ok_or_else(refuse)?;
        let (mut fields, mut name, mut content) = (Vec::new(), String::new(), Bytes::new());
        for part in parts {
            match part.file_name {
                Some(file) => {
                    name = file.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
                    content = body.slice_ref(part.content);
                }
                None => {
                    let value = String::from_utf8(part.content.to_vec()).map_err(|_| refuse())?;
                    fields.push((part.name.to_owned(), value));
                }
            }
        }
        Ok(Self { form: Form(fields), name, content })
    }
}
