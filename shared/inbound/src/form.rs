//! The fields of a submitted form, in both encodings that browsers and mail programs use.

use url::form_urlencoded;

/// RFC 2046, section 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// The fields of a form in their order; none when the body is no form. A body without a type counts as urlencoded.
pub(crate) fn read(content_type: Option<&str>, body: &[u8]) -> Option<Vec<(String, String)>> {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    match kind.trim().to_ascii_lowercase().as_str() {
        "" | "application/x-www-form-urlencoded" => Some(urlencoded(body)),
        "multipart/form-data" => multipart(content_type?, body),
        _ => None,
    }
}

/// The fields of an `application/x-www-form-urlencoded` body, which any bytes are.
pub(crate) fn urlencoded(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// The value of a field, without space around it.
pub(crate) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim())
}

/// A part of a form that may hold a file (RFC 7578).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name.
    pub name: &'a str,
    /// The name of the file that it holds; none: it holds none.
    pub file_name: Option<&'a str>,
    /// What it says of its content; none: text.
    pub content_type: Option<&'a str>,
    /// Its content, as it was sent.
    pub content: &'a [u8],
}

/// The parts of a body of the type `multipart/form-data`, in their order; none when the body is no such form, or is cut off
/// before its closing delimiter.
#[must_use]
pub fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (_, parameters) = content_type.split_once(';')?;
    let boundary = value_of(parameters, "boundary")?;
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        return None;
    }
    let (first, next) = (format!("--{boundary}"), format!("\n--{boundary}"));
    let mut rest = match body.strip_prefix(first.as_bytes()) {
        Some(rest) => rest,
        None => split_once(body, next.as_bytes())?.1,
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let (one, after) = split_once(rest, next.as_bytes())?;
        parts.push(part(one)?);
        rest = after;
    }
    Some(parts)
}

fn multipart(content_type: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = |part: Part<'_>| Some((part.name.to_owned(), str::from_utf8(part.content).ok()?.to_owned()));
    parts(content_type, body)?.into_iter().map(text).collect()
}

fn split_once<'a>(bytes: &'a [u8], by: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(by.len()).position(|window| window == by)?;
    Some((&bytes[..at], &bytes[at + by.len()..]))
}

/// One part between two delimiters: the rest of the delimiter's line, headers, an empty line, the content.
fn part(bytes: &[u8]) -> Option<Part<'_>> {
    let (_, bytes) = split_once(bytes, b"\n")?;
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let (headers, content) = split_once(bytes, b"\r\n\r\n").or_else(|| split_once(bytes, b"\n\n"))?;
    let headers = str::from_utf8(headers).ok()?;
    let header = |wanted: &str| {
        headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let (_, parameters) = header("content-disposition")?.split_once(';')?;
    Some(Part {
        name: value_of(parameters, "name")?,
        file_name: value_of(parameters, "filename"),
        content_type: header("content-type"),
        content,
    })
}

/// A parameter of a header such as `form-data; name="a"`.
fn value_of<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(';').find_map(|parameter| {
        let (known, value) = parameter.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MULTIPART: &str = "multipart/form-data; boundary=\"x-1\"";

    fn encode(fields: &[(String, String)]) -> String {
        let parts = fields.iter().map(|(name, value)| {
            format!("--x-1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        });
        parts.chain(["--x-1--\r\n".to_owned()]).collect()
    }

    #[test]
    fn bare_line_feeds_and_a_preamble_are_taken() {
        let body =
            "ignored\n--x-1\ncontent-disposition: form-data; name=a\nContent-Type: text/plain\n\nb\n--x-1--";
        let fields = read(Some(MULTIPART), body.as_bytes());
        assert_eq!(fields, Some(vec![("a".to_owned(), "b".to_owned())]));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let whole = encode(&[("a".to_owned(), "b".to_owned())]);
        assert_eq!(read(Some("application/json"), b"{}"), None);
        assert_eq!(read(Some("multipart/form-data"), whole.as_bytes()), None, "no boundary");
        assert_eq!(read(Some(MULTIPART), &whole.as_bytes()[..whole.len() - 6]), None, "cut off");
        assert_eq!(read(Some(MULTIPART), b"a=b"), None);
    }

    proptest! {
        #[test]
        fn a_form_reads_the_same_in_both_encodings(
            fields in prop::collection::vec(("[a-z]{1,8}", "[ -~&&[^-]]{0,20}"), 0..5)
        ) {
            let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            prop_assert_eq!(read(None, encoded.as_bytes()), Some(fields.clone()));
            prop_assert_eq!(read(Some(MULTIPART), encode(&fields).as_bytes()), Some(fields));
        }

        #[test]
        fn no_body_makes_it_panic(body in prop::collection::vec(any::<u8>(), 0..200), tail in "(\n--x-1)?[^\n]{0,9}") {
            let mut body = body;
            body.extend(tail.as_bytes());
            let _ = read(Some(MULTIPART), &body);
            let _ = read(None, &body);
        }
    }
}
