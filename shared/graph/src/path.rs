//! Pieces of Graph's URLs: what comes from outside is encoded here and nowhere else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 3986 calls unreserved stays.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One path segment. A segment of dots alone would be taken for a step up the path even when it is encoded, so its dots are
/// encoded twice: then it names nothing.
pub(crate) fn segment(text: &str) -> String {
    if text.bytes().all(|byte| byte == b'.') {
        return text.replace('.', "%252E");
    }
    encoded(text)
}

/// A value in a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A string of OData: in quotes, with quotes inside doubled.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `property in ('a','b')`.
pub(crate) fn is_in<'a>(property: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.into_iter().map(quoted).collect();
    format!("{property} in ({})", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_change_a_url_is_encoded() {
        assert_eq!(segment("a/b?c#d%e f"), "a%2Fb%3Fc%23d%25e%20f");
        assert_eq!(encoded("mail eq 'a+b@x.example'"), "mail%20eq%20%27a%2Bb%40x.example%27");
        assert_eq!(segment(".."), "%252E%252E");
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(is_in("mail", ["o'neil@x.example", "b"]), "mail in ('o''neil@x.example','b')");
    }
}
