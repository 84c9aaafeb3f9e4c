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

/// The versions that an edit is of, as If-Match names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Whichever there is (`*`).
    Any,
    /// One of these.
    OneOf(Vec<Version>),
}

impl Expected {
    /// The version that a store is to find: none for whichever there is. What is there by now is named where it is one of
    /// several; else any of them, which the store then refuses.
    pub(crate) fn of(&self, there: Version) -> Option<Version> {
        match self {
            Self::Any => None,
            Self::OneOf(versions) if versions.contains(&there) => Some(there),
            Self::OneOf(versions) => versions.first().copied(),
        }
    }

    /// Whether the edit is of what is there.
    pub(crate) fn admits(&self, there: Version) -> bool {
        self.of(there).is_none_or(|expected| expected == there)
    }
}

/// The versions that an edit is of. The header's lines are one list.
///
/// # Errors
/// 428 without the header, 400 when it is no list of tags, 412 when none of them is one of ours.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Expected, Problem> {
    let lines = headers.get_all(header::IF_MATCH).iter();
    // A line that is no text is no list of tags. Left out, the others would be taken for all that was said.
    let given: Result<Vec<&str>, _> = lines.map(|line| line.to_str().map(str::trim)).collect();
    let given = given.map_err(|_| no_tags())?;
    if given.is_empty() {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "an edit names the version that it is of",
        )
        .field("If-Match")
        .hint("send the ETag of what you read as If-Match, or * to overwrite whatever is there"));
    }
    if given == ["*"] {
        return Ok(Expected::Any);
    }
    let list = given.join(",");
    let tags = tags(&list).filter(|tags| !tags.is_empty()).ok_or_else(no_tags)?;
    // A weak tag is never equal to another (RFC 9110, section 8.8.3.2).
    let strong = tags.into_iter().filter(|tag| !tag.is_weak);
    let versions: Vec<Version> = strong.filter_map(|tag| tag.inner.parse().ok().map(Version)).collect();
    if versions.is_empty() {
        let refusal =
            Problem::new(StatusCode::PRECONDITION_FAILED, "version", "If-Match names no version of this");
        return Err(refusal.field("If-Match").hint("read it again, and send its ETag"));
    }
    Ok(Expected::OneOf(versions))
}

fn no_tags() -> Problem {
    let detail = "If-Match is an ETag in quotation marks, several with commas between them, or *";
    Problem::parameter("If-Match", detail)
}

/// An entity tag as it was given.
struct Tag<'a> {
    is_weak: bool,
    inner: &'a str,
}

/// The tags of a list, of which an element may be empty (RFC 9110, section 5.6.1.2); none where it is no list of tags.
fn tags(list: &str) -> Option<Vec<Tag<'_>>> {
    let (mut rest, mut found) = (list.trim(), Vec::new());
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            rest = after.trim_start();
            continue;
        }
        let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (inner, after) = quoted.strip_prefix('"')?.split_once('"')?;
        rest = after.trim_start();
        // Whatever follows a tag is parted from it by a comma.
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
        found.push(Tag { is_weak, inner });
    }
    Some(found)
}

/// The tag of a document that counts no versions: what it says.
pub(crate) fn of<T: Serialize>(document: &T) -> HeaderValue {
    tag(version_of(document))
}

/// What a document says, as a number that another document has not.
pub(crate) fn version_of<T: Serialize>(document: &T) -> Version {
    let text = serde_json::to_vec(document).unwrap_or_default();
    let hash = Sha256::digest(text);
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    Version(u64::from_be_bytes(number))
}

/// The versions that an edit is of, where the caller may leave them out.
///
/// # Errors
/// As [`expected`], but for 428.
pub(crate) fn if_given(headers: &HeaderMap) -> Result<Expected, Problem> {
    match headers.contains_key(header::IF_MATCH) {
        true => expected(headers),
        false => Ok(Expected::Any),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(lines: &[&'static str]) -> Result<Expected, u16> {
        let lines = lines.iter().map(|text| (header::IF_MATCH, HeaderValue::from_static(text)));
        let mut headers = HeaderMap::new();
        lines.for_each(|(name, value)| {
            headers.append(name, value);
        });
        expected(&headers).map_err(|problem| problem.status.as_u16())
    }

    fn one_of(versions: &[u64]) -> Result<Expected, u16> {
        Ok(Expected::OneOf(versions.iter().copied().map(Version).collect()))
    }

    #[test]
    fn a_tag_reads_back_as_its_version() {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, tag(Version(7)))]);
        assert_eq!(expected(&headers).ok(), Some(Expected::OneOf(vec![Version(7)])));
    }

    #[test]
    fn an_edit_without_a_version_is_refused_unless_it_says_any() {
        assert_eq!(given(&[]), Err(428));
        assert_eq!(given(&["*"]), Ok(Expected::Any));
        for other in ["W/\"7\"", "\"x\"", "\"\"", "\"1, 2\"", "W/\"1\", \"x\""] {
            assert_eq!(given(&[other]), Err(412), "{other}");
        }
        for odd in ["7", "{}", "", ",", "\"1\" \"2\"", "\"1\", 2", "\"1\", *", "\"1"] {
            assert_eq!(given(&[odd]), Err(400), "{odd}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_is_not_passed_over() {
        let mut headers = HeaderMap::from_iter([(header::IF_MATCH, tag(Version(7)))]);
        headers.append(header::IF_MATCH, HeaderValue::from_bytes(b"\xff").expect("a value"));
        assert_eq!(expected(&headers).map_err(|problem| problem.status.as_u16()), Err(400));
    }

    #[test]
    fn a_list_is_one_over_all_its_lines() {
        assert_eq!(given(&["\"1\", \"2\""]), one_of(&[1, 2]));
        assert_eq!(given(&["\"1\",,W/\"3\" ,\"x\"", "\"2\""]), one_of(&[1, 2]));
        assert_eq!(given(&["\"1\"", "*"]), Err(400));
    }

    #[test]
    fn of_several_versions_the_one_that_is_there_is_meant() {
        let several = Expected::OneOf(vec![Version(1), Version(2)]);
        assert_eq!(several.of(Version(2)), Some(Version(2)));
        assert_eq!(several.of(Version(3)), Some(Version(1)), "which the store refuses");
        assert_eq!(Expected::Any.of(Version(3)), None);
        assert!(
            several.admits(Version(2)) && !several.admits(Version(3)) && Expected::Any.admits(Version(3))
        );
    }
}
