use maud::{Markup, html};

use super::url;

/// Somebody in a table of people.
pub(crate) struct Shown {
    /// Their display name, possibly empty.
    pub(crate) name: String,
    /// Their address; none: it is not known, or their person was erased.
    pub(crate) address: Option<String>,
    /// What is said of them besides.
    pub(crate) more: Markup,
    /// Where their reasons stand; empty: nowhere.
    pub(crate) why: String,
}

/// An address that may break before its `@`.
pub(crate) fn address(text: &str) -> Markup {
    match text.rsplit_once('@') {
        Some((before, domain)) => html! { bdi { (before) wbr; "@" (domain) } },
        None => html! { bdi { (text) } },
    }
}

/// How somebody is called: by their name, else their address.
pub(crate) fn name_of(name: &str, address: Option<&str>) -> Markup {
    match (name, address) {
        ("", Some(known)) => self::address(known),
        ("", None) => html! { span.quiet { "somebody whose address is not known any more" } },
        (name, _) => html! { bdi { (name) } },
    }
}

/// A table of people, each of whom leads to their reasons. Where no name is known, the addresses stand in its place.
pub(crate) fn people(caption: &str, more: &str, all: &[Shown]) -> Markup {
    let is_named = all.iter().any(|one| !one.name.is_empty());
    html! {
        table.stack.people role="table" {
            caption { (caption) }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { @if is_named { "Name" } @else { "Address" } }
                @if is_named { th role="columnheader" scope="col" { "Address" } }
                @if !more.is_empty() { th role="columnheader" scope="col" { (more) } }
            } }
            tbody role="rowgroup" {
                @for one in all {
                    tr role="row" {
                        th role="rowheader" scope="row" {
                            @let name = name_of(&one.name, one.address.as_deref());
                            @if one.why.is_empty() { (name) } @else { a href=(one.why) { (name) } }
                        }
                        @if is_named { td role="cell" data-label="Address" {
                            @if let Some(known) = &one.address { @if !one.name.is_empty() { (address(known)) } }
                        } }
                        @if !more.is_empty() { td role="cell" data-label=(more) { span { (one.more) } } }
                    }
                }
            }
        }
    }
}

impl Shown {
    /// Somebody on a list, who leads to why they are on it or not.
    pub(crate) fn on(list: &str, address: Option<String>, more: Markup) -> Self {
        let why = address.as_deref().map(|known| url(&format!("/lists/{list}/why"), [("address", known)]));
        Self { name: String::new(), address, more, why: why.unwrap_or_default() }
    }

    pub(crate) fn called(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}
