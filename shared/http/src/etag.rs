//! Versions of what people edit, as entity tags (RFC 9110, sections 8.8.3 and 13.1.1).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use listsync_core::contact::Version;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

/// The tag of a version.
pub(crate) fn tag(version: Version) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{}\"", version.0)).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// The version that an edit is of; none: of whichever there is (`*`).
///
/// # Errors
/// 428 without the header, 400 when it is no tag, 412 when it is one that is not ours.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Option<Version>, Problem> {
    let Some(given) = headers.get(header::IF_MATCH) else {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "an edit names the version that it is of",
        )
        .field("If-Match")
        .hint("send the ETag of what you read as If-Match, or * to overwrite whatever is there"));
    };
    let given = given.to_str().unwrap_or_default().trim();
    if given == "*" {
        return Ok(None);
    }
    let quoted = given.strip_prefix("W/").unwrap_or(given);
    let inner =
        quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|tag| !tag.contains('"'));
    let Some(inner) = inner else {
        return Err(Problem::parameter("If-Match", "If-Match is an ETag in quotation marks, or *"));
    };
    let number = inner.parse().ok().filter(|_| quoted == given);
    number.map(|number| Some(Version(number))).ok_or_else(|| {
        Problem::new(StatusCode::PRECONDITION_FAILED, "version", "If-Match names no version of this")
            .field("If-Match")
            .hint("read it again, and send its ETag")
    })
}

/// The tag of a document that counts no versions: what it says.
pub(crate) fn of<T: Serialize>(document: &T) -> HeaderValue {
    let text = serde_json::to_vec(document).unwrap_or_default();
    let hash = Sha256::digest(text);
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    tag(Version(u64::from_be_bytes(number)))
}

/// The tag that an edit is of, where the caller may leave it out; none: of whichever there is.
///
/// # Errors
/// As [`expected`], but for 428.
pub(crate) fn any_of(headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    match headers.contains_key(header::IF_MATCH) {
        true => Ok(expected(headers)?.map(tag)),
        false => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &'static str) -> Result<Option<Version>, u16> {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(text))]);
        expected(&headers).map_err(|problem| problem.status.as_u16())
    }

    #[test]
    fn a_tag_reads_back_as_its_version() {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, tag(Version(7)))]);
        assert_eq!(expected(&headers), Ok(Some(Version(7))));
    }

    #[test]
    fn an_edit_without_a_version_is_refused_unless_it_says_any() {
        assert_eq!(expected(&HeaderMap::new()).map_err(|problem| problem.status.as_u16()), Err(428));
        assert_eq!(given("*"), Ok(None));
        for other in ["W/\"7\"", "\"x\"", "\"\""] {
            assert_eq!(given(other), Err(412), "{other}");
        }
        for odd in ["7", "{}", "\"1\", \"2\"", ""] {
            assert_eq!(given(odd), Err(400), "{odd}");
        }
    }
}
