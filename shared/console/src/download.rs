//! CSV files. Where the host cannot send so much at once, a file comes in parts, each of which is a whole file by itself.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use maud::html;

use crate::{
    answer::Page,
    frame::Here,
    parts::{number, url},
    visit::Visit,
};

/// A CSV file with a head.
pub(crate) struct Download {
    pub(crate) text: String,
    pub(crate) name: &'static str,
}

impl Download {
    /// The file, or the part of it that the visit asks for; where it is too large and none is asked for, a page that names its
    /// parts.
    pub(crate) fn answer(&self, visit: &Visit, here: Here) -> Response {
        let parts = parts(&self.text, visit.console.operations.largest_answer());
        match (visit.query().get("part").parse::<usize>().ok(), parts.as_slice()) {
            (_, [whole]) => file(whole.clone(), self.name),
            (Some(asked), many) if (1..=many.len()).contains(&asked) => {
                let stem = self.name.trim_end_matches(".csv");
                file(many[asked - 1].clone(), &format!("{stem}-{asked}-of-{}.csv", many.len()))
            }
            (_, many) => self.choice(visit, here, many.len()),
        }
    }

    fn choice(&self, visit: &Visit, here: Here, parts: usize) -> Response {
        let path = visit.uri.path();
        let body = html! {
            div.head { div {
                h1 { "In " (number(parts as u64)) " parts" }
                p.lead { "The file " (self.name) " is larger than can be sent at once from here. Each part has the head of its columns, and is a file by itself." }
            } }
            ul { @for part in 1..=parts {
                li { a href=(url(path, [("part", part.to_string().as_str())])) { "Part " (part) " of " (parts) } }
            } }
        };
        Page::new(here, format!("{} in parts", self.name), body).answer(visit)
    }
}

fn file(text: String, name: &str) -> Response {
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}

/// The file as it is, or cut between rows so that each part, with the head again, is no larger than may be sent.
fn parts(text: &str, most: usize) -> Vec<String> {
    if weight(text) <= most {
        return vec![text.to_owned()];
    }
    let mut rows = rows(text).into_iter();
    let head = rows.next().unwrap_or_default();
    let mut parts = Vec::new();
    let (mut part, mut heavy) = (head.to_owned(), weight(head));
    for row in rows {
        let more = weight(row);
        // A row that is too large by itself has a part of its own: to leave it out would be worse than not to be sent.
        if heavy + more > most && part.len() > head.len() {
            parts.push(std::mem::replace(&mut part, head.to_owned()));
            heavy = weight(head);
        }
        part.push_str(row);
        heavy += more;
    }
    parts.push(part);
    parts
}

/// The rows with their ends. A line break between quotes is a part of its field (RFC 4180, section 2).
fn rows(text: &str) -> Vec<&str> {
    let (mut rows, mut begin, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                rows.push(&text[begin..=at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if begin < text.len() {
        rows.push(&text[begin..]);
    }
    rows
}

/// How many bytes a text has within a JSON string (RFC 8259, section 7), in which functions send it.
fn weight(text: &str) -> usize {
    let byte = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    text.bytes().map(byte).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "address,name\r\n";

    fn table(rows: usize) -> String {
        let row = |number: usize| format!("p{number}@contoso.example,\"Öz \"\"{number}\"\"\n, Ann\"\r\n");
        HEAD.to_owned() + &(0..rows).map(row).collect::<String>()
    }

    #[test]
    fn a_file_that_can_be_sent_is_sent_as_it_is() {
        for text in ["", HEAD, &table(3)] {
            assert_eq!(parts(text, weight(text)), [text]);
        }
    }

    #[test]
    fn each_part_has_the_head_and_whole_rows_and_all_have_every_row_once() {
        let text = table(50);
        for most in [1, 100, 300, weight(&text) - 1] {
            let parts = parts(&text, most);
            let bodies: Vec<&str> =
                parts.iter().map(|part| part.strip_prefix(HEAD).expect("a head")).collect();
            assert_eq!(HEAD.to_owned() + &bodies.concat(), text);
            for (part, body) in parts.iter().zip(&bodies) {
                assert!(body.ends_with("Ann\"\r\n") && body.starts_with('p'), "{part:?}");
                assert!(weight(part) <= most || rows(body).len() == 1, "{part:?}");
            }
        }
    }

    #[test]
    fn a_text_weighs_what_it_is_in_json() {
        for text in [&table(2), "\u{1}\t\\ü", ""] {
            let sent = serde_json::to_string(text).expect("JSON");
            // Some characters have a shorter way to be written, so that what is sent is never more.
            assert!(weight(text) >= sent.len() - 2 && weight(text) <= sent.len() + 8, "{sent}");
        }
    }
}
