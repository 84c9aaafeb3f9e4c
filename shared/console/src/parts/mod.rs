//! What pages are made of.

mod controls;
mod people;
mod state;

pub(crate) use controls::{Choice, Field, area, button, choice, field, hint, select, token};
pub(crate) use people::{Shown, address, name_of, people};
pub(crate) use state::{chip, is_idle, needs};

use listsync_core::Timestamp;
use maud::{Markup, html};
use url::form_urlencoded;

/// A moment, to the minute.
pub(crate) fn moment(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_string()) { (at.strftime("%-d %b %Y, %H:%M").to_string()) } }
}

/// A moment within a sentence that a state tells, as [`moment`] writes it.
pub(crate) fn moment_text(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M").to_string()
}

/// A number, by thousands.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 person`, `1,204 people`.
pub(crate) fn count(of: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(of), if of == 1 { one } else { many })
}

/// So many people.
pub(crate) fn persons(of: u64) -> String {
    count(of, "person", "people")
}

/// A path with parameters.
pub(crate) fn url<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let query = query.into_iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// The id of a field's control, by the field's name.
pub(crate) fn anchor(field: &str) -> String {
    field.replace(['.', '_'], "-")
}

/// The way to where a page stands.
pub(crate) fn crumbs(above: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label="Where this is" { ol {
            @for (path, name) in above { li { a href=(path) { bdi { (name) } } } }
            li aria-current="page" { bdi { (here) } }
        } }
    }
}

/// A way to the next page of a collection.
pub(crate) fn next(next: Option<&str>, path: &str, query: &[(&str, &str)], words: &str) -> Markup {
    html! {
        @if let Some(cursor) = next {
            p { a href=(url(path, query.iter().copied().chain([("cursor", cursor)]))) { (words) } }
        }
    }
}

/// That who visits may not do a thing, and who may.
pub(crate) fn only(role: &str, what: &str) -> Markup {
    html! { p.quiet.small { (what) " needs the role " strong { (role) } "." } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_by_thousands() {
        let told = [0, 7, 999, 1_000, 70_000, 1_234_567].map(number);
        assert_eq!(told, ["0", "7", "999", "1,000", "70,000", "1,234,567"]);
        assert_eq!([1, 2].map(persons), ["1 person", "2 people"]);
    }

    #[test]
    fn a_parameter_is_encoded_and_an_empty_one_left_out() {
        assert_eq!(
            url("/people", [("address", "a+b@c.example"), ("q", "")]),
            "/people?address=a%2Bb%40c.example"
        );
        assert_eq!(url("/people", [("address", "")]), "/people");
    }
}
