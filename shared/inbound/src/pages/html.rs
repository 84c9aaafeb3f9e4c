//! The page as HTML: one heading, one sentence, one button for each thing that can be done. It works without style and
//! with a keyboard, and does not show the person's address, as links are forwarded.

use std::sync::LazyLock;

use axum::http::HeaderValue;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest as _, Sha256};

use super::{
    act::{Acted, Action, Outcome},
    person::{About, Person, Stance},
};

const STYLE: &str = "body{font:1.1rem/1.5 sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;color:#1b1b1b;\
background:#fff}button{font:inherit;padding:.5rem 1rem;margin:.25rem 0 1rem;border:2px solid #1b1b1b;\
border-radius:.25rem;background:#fff;color:#1b1b1b;cursor:pointer}button:focus-visible{outline:3px solid #0b57d0;\
outline-offset:3px}";

/// Nothing is loaded or run; the one style is named by its hash (Content Security Policy Level 3, section 6.7.3.3).
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("base64 is fit for a header")
});

/// The value of the header `Content-Security-Policy`.
pub(super) fn policy() -> HeaderValue {
    POLICY.clone()
}

/// The one page for everything that is no good.
pub(super) fn not_found() -> String {
    document(
        "This link does not work",
        "<p>The link is incomplete or out of date. Please take the link of a newer message, or write to the sender.</p>",
    )
}

/// The page of a person: how they stand, what was just done, and what they can do.
pub(super) fn of(person: &Person, acted: Option<&Acted>) -> String {
    let page = Page { person, acted };
    match person.stance {
        Stance::Open => page.open(),
        Stance::Out | Stance::OutOfAll => page.out(),
        Stance::Complained => page.complained(),
        Stance::Mandatory => page.mandatory(),
    }
}

struct Page<'a> {
    person: &'a Person,
    acted: Option<&'a Acted>,
}

impl Page<'_> {
    fn open(&self) -> String {
        let name = self.name();
        let button = form(Action::Unsubscribe, &format!("Unsubscribe from {name}"));
        match self.done() {
            Some(Action::Undo | Action::Resubscribe) => {
                let said = status(&format!("You are subscribed to {name} again."));
                document("You are subscribed", &format!("{said}{button}"))
            }
            _ => {
                let ask = format!("<p>Do you want no more messages from {name}?</p>");
                document("Unsubscribe", &format!("{ask}{button}"))
            }
        }
    }

    fn out(&self) -> String {
        let is_all = self.person.stance == Stance::OutOfAll;
        let left = if is_all { "all lists".to_owned() } else { self.name() };
        let mut body = status(&format!("You are unsubscribed from {left}. It takes effect within minutes."));
        let may_return = self.person.may_return();
        if may_return && matches!(self.done(), Some(Action::Unsubscribe | Action::UnsubscribeAll)) {
            body += &form(Action::Undo, "Undo: that was a mistake");
        }
        if !is_all {
            body += &form(Action::UnsubscribeAll, "Unsubscribe from all lists");
        }
        if may_return {
            body += &format!("<p>Do you want messages from {} again?</p>", self.name());
            body += &form(Action::Resubscribe, &format!("Subscribe to {} again", self.name()));
        }
        document("You are unsubscribed", &body)
    }

    fn complained(&self) -> String {
        let body =
            status("You are unsubscribed from all lists, because a message to you was reported as spam.");
        let ask =
            "<p>If that was a mistake, please write to the sender: only they can subscribe you again.</p>";
        document("You are unsubscribed", &format!("{body}{ask}"))
    }

    fn mandatory(&self) -> String {
        let name = self.name();
        let mut body = format!("<p>{name} is a mandatory list: nobody can unsubscribe from it.</p>");
        if self.person.holder.wants_no_list() {
            body += &status("You are unsubscribed from every list that is not mandatory.");
        } else {
            body += &form(Action::UnsubscribeAll, "Unsubscribe from every list that is not mandatory");
        }
        document("This list is mandatory", &body)
    }

    /// What was just done, or was so already.
    fn done(&self) -> Option<Action> {
        self.acted.filter(|acted| acted.outcome != Outcome::Refused).map(|acted| acted.action)
    }

    fn name(&self) -> String {
        name(&self.person.about)
    }
}

/// What a page calls it in a sentence.
pub(super) fn name(about: &About) -> String {
    match about {
        About::List(list) => format!("the list “{}”", escape(&list.name)),
        About::All => "all lists".to_owned(),
        About::Former(_) => "this list".to_owned(),
    }
}

pub(super) fn status(sentence: &str) -> String {
    format!("<p role=\"status\">{sentence}</p>")
}

/// One button, which is its own form and label. It posts to the address of the page.
fn form(action: Action, label: &str) -> String {
    let action = match action {
        Action::OneClick | Action::Unsubscribe => "unsubscribe",
        Action::UnsubscribeAll => "unsubscribe_all",
        Action::Undo => "undo",
        Action::Resubscribe => "resubscribe",
    };
    format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"action\" value=\"{action}\">\
         <button type=\"submit\">{label}</button></form>"
    )
}

pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
}

/// Text as it is safe in HTML, in elements and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            plain => escaped.push(plain),
        }
    }
    escaped
}
