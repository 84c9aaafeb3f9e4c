//! What stands around every page.

use listsync_core::grant::Verb;
use listsync_http::Problem;
use maud::{DOCTYPE, Markup, html};

use crate::{
    answer::Page,
    parts::{moment, token},
    visit::Visit,
};

/// Where in the menu a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Status,
    Lists,
    Import,
    Holds,
    People,
    Runs,
    ListService,
    Keys,
    Senders,
    Notices,
    Audit,
}

/// A line of the menu.
struct Entry {
    here: Here,
    path: &'static str,
    name: &'static str,
}

const fn entry(here: Here, path: &'static str, name: &'static str) -> Entry {
    Entry { here, path, name }
}

const PAGES: [Entry; 6] = [
    entry(Here::Status, "/", "What needs me?"),
    entry(Here::Lists, "/lists", "Lists"),
    entry(Here::Import, "/imports", "Import"),
    entry(Here::Holds, "/holds", "Holds"),
    entry(Here::People, "/people", "People"),
    entry(Here::Runs, "/runs", "Runs"),
];

const SETTINGS: [Entry; 5] = [
    entry(Here::ListService, "/settings/list-service", "List Service"),
    entry(Here::Keys, "/settings/keys", "Keys"),
    entry(Here::Senders, "/settings/senders", "Senders"),
    entry(Here::Notices, "/settings/notices", "Notices"),
    entry(Here::Audit, "/settings/audit", "Audit"),
];

/// A page within its frame.
pub(crate) fn around(visit: &Visit, page: &Page) -> Markup {
    let inner = html! {
        a.skip href="#main" { "Skip to the page" }
        header.top {
            a.brand href="/" { "listsync" }
            a.button.open-menu.only-narrow href="#menu" { "Menu" }
        }
        nav.nav #menu aria-label="Pages" {
            ul { @for entry in PAGES { (item(&entry, page.here)) } }
            h2 #nav-settings { "Settings" }
            ul aria-labelledby="nav-settings" {
                @for entry in SETTINGS { @if is_shown(visit, entry.here) { (item(&entry, page.here)) } }
            }
            div.who {
                span { bdi { (visit.session.name_of_holder) } span.under { (may(visit)) } }
                form method="post" action="/sign-out" { (token(visit)) button { "Sign out" } }
                a.close-menu href="#top" { "Close menu" }
            }
        }
        main #main tabindex="-1" {
            @if let Some(problem) = &page.wrong { (notice(problem)) }
            (page.body)
        }
        footer.foot { "Times are UTC. As of " (moment(visit.console.now())) "." }
    };
    let error =
        if page.wrong.as_ref().is_some_and(|problem| !problem.status.is_success()) { "Error: " } else { "" };
    html(&format!("{error}{}", page.title), &inner)
}

/// A page for somebody who is not signed in.
pub(crate) fn bare(title: &str, body: &Markup) -> Markup {
    let inner = html! {
        header.top { span.brand { "listsync" } }
        main #main tabindex="-1" { div.head { div { h1 { (title) } (body) } } }
    };
    html(title, &inner)
}

fn html(title: &str, inner: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · listsync" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/console/style.css";
                script src="/console/script.js" defer {}
            }
            body #top { (inner) }
        }
    }
}

fn item(Entry { here, path, name }: &Entry, current: Here) -> Markup {
    let is_current = (*here == current).then_some("page");
    html! { li { a href=(path) aria-current=[is_current] { (name) } } }
}

/// Keys, senders, notices and the audit are an administrator's alone.
fn is_shown(visit: &Visit, here: Here) -> bool {
    match here {
        Here::ListService => visit.may(axum::http::Method::GET, "/v1/settings"),
        _ => visit.may(axum::http::Method::GET, "/v1/keys"),
    }
}

fn may(visit: &Visit) -> String {
    let verbs = &visit.session.holder.grant.verbs;
    if verbs.contains(&Verb::Admin) {
        return "may do everything".to_owned();
    }
    let words = verbs.iter().map(|verb| match verb {
        Verb::Read => "see",
        Verb::Sync => "sync",
        Verb::Operate => "keep lists",
        Verb::Link => "link",
        Verb::Approve => "approve",
        Verb::Admin => "administer",
        Verb::Scim => "push people",
    });
    format!("may {}", words.collect::<Vec<_>>().join(", "))
}

/// What was wrong, above the page, with a way to its field.
fn notice(problem: &Problem) -> Markup {
    // What takes longer than a page waits is no refusal.
    if problem.status.is_success() {
        return html! {
            section.notice.look role="status" aria-labelledby="going" {
                h2 #going { "It is being done" }
                p { (problem.detail) }
                p { (problem.hint) }
            }
        };
    }
    html! {
        section.notice.stop role="alert" aria-labelledby="wrong" {
            h2 #wrong { "Nothing was changed" }
            p {
                @match &problem.field {
                    Some(field) => a href={ "#" (crate::parts::anchor(field)) } { (problem.detail) },
                    None => (problem.detail),
                }
            }
            @if !problem.hint.is_empty() { p { (problem.hint) } }
        }
    }
}
