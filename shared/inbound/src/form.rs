//! The fields of a submitted form, in both encodings that browsers and mail programs use.

use url::form_urlencoded;

/// RFC 2046, section 5.1.1.
const MAX_BOUNDARY: usize = 70;

/// The fields of a form in their order; none when the body is no form. A body without a type counts as urlencoded.
pub(crate) fn read(content_type: Option<&str>, body: &[u8]) -> Option<Vec<(String, String)>> {
    let (kind, parameters) = content_type
        .unwrap_or_default()
        .split_once(';')
        .map_or_else(|| (content_type.unwrap_or_default(), ""), |(kind, parameters)| (kind, parameters));
    match kind.trim().to_ascii_lowercase().as_str() {
        "" | "application/x-www-form-urlencoded" => Some(urlencoded(body)),
        "multipart/form-data" => multipart(&parameter(parameters, "boundary")?, body),
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

/// A body of RFC 7578. It ends with its closing delimiter, or it is cut off and no form.
fn multipart(boundary: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let (first, next) = (format!("--{boundary}"), format!("\n--{boundary}"));
    let mut rest = match text.strip_prefix(&first) {
        Some(rest) => rest,
        None => text.split_once(&next)?.1,
    };
    let mut fields = Vec::new();
    while !rest.starts_with("--") {
        let (part, after) = rest.split_once(&next)?;
        fields.push(part_field(part)?);
        rest = after;
    }
    Some(fields)
}

/// One part between two delimiters: the rest of the delimiter's line, headers, an empty line, the value.
fn part_field(part: &str) -> Option<(String, String)> {
    let (_, part) = part.split_once('\n')?;
    let part = part.strip_suffix('\r').unwrap_or(part);
    let (headers, value) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let (_, parameters) = disposition.split_once(';')?;
    Some((parameter(parameters, "name")?, value.to_owned()))
}

/// A parameter of a header such as `form-data; name="a"`.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    parameters.split(';').find_map(|parameter| {
        let (known, value) = parameter.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
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
