//! Versions of resources as weak entity tags (RFC 7644, section 3.14).

use axum::http::{HeaderMap, StatusCode, header};

use crate::problem::Problem;

/// The tag of a version.
pub(super) fn weak(version: &str) -> String {
    format!("W/\"{version}\"")
}

/// Refuses a change of another version than the client has read.
pub(super) fn judge(headers: &HeaderMap, tag: &str) -> Result<(), Problem> {
    match names(headers, header::IF_MATCH, tag) {
        Some(false) => Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "version",
            "the resource is at another version than If-Match names",
        )),
        Some(true) | None => Ok(()),
    }
}

/// Whether the client has this version already.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    names(headers, header::IF_NONE_MATCH, tag) == Some(true)
}

/// Whether a header names a version; none: it is not there. Tags are compared weakly, as all of them are weak.
fn names(headers: &HeaderMap, header: header::HeaderName, tag: &str) -> Option<bool> {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mut given = headers.get_all(header).iter().peekable();
    given.peek()?;
    let mut each = given.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    Some(each.any(|given| given.trim() == "*" || bare(given) == bare(tag)))
}
