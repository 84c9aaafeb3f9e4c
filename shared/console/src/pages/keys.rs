//! Keys of the API.

use axum::response::Response;
use listsync_core::grant::Verb;
use listsync_http::{PageQuery, Problem, documents::trust::KeyDocument, operations::NewKeyBody};
use maud::{Markup, html};

use crate::{
    answer::{self, Page, settled},
    form::Form,
    frame::Here,
    parts::{Field, area, button, field, moment, next, number, token},
    visit::{Posted, Visit},
};

const PAGE: u16 = 50;

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit, Shown::Asked).await;
    settled(&visit, Here::Keys, found)
}

/// Makes a key. Its text is on this page and nowhere else.
pub(crate) async fn make(Posted { visit, form }: Posted) -> Response {
    let lists = form.lines("lists");
    let new = NewKeyBody {
        name: form.get("name").to_owned(),
        scopes: Verb::ALL.into_iter().filter(|verb| form.has("scopes", verb.word())).collect(),
        lists: (!lists.is_empty()).then_some(lists),
        expires: None,
    };
    let found = match visit.asking.make_key(new).await {
        Ok(made) => page(&visit, Shown::Made(made.secret)).await,
        Err(problem) => page(&visit, Shown::Refused { form, problem }).await,
    };
    settled(&visit, Here::Keys, found)
}

pub(crate) async fn revoke(Posted { visit, form }: Posted) -> Response {
    match visit.asking.revoke_key(form.get("key").to_owned()).await {
        Ok(()) => answer::to("/settings/keys"),
        Err(problem) => answer::refusal(&visit, Here::Keys, problem),
    }
}

/// Why the page is shown.
enum Shown {
    Asked,
    /// A key was made: its text.
    Made(String),
    /// The form could not be taken.
    Refused {
        form: Form,
        problem: Problem,
    },
}

async fn page(visit: &Visit, shown: Shown) -> Result<Response, Problem> {
    let (secret, form, wrong) = match shown {
        Shown::Asked => (None, Form::default(), None),
        Shown::Made(secret) => (Some(secret), Form::default(), None),
        Shown::Refused { form, problem } => (None, form, Some(problem)),
    };
    let query = PageQuery { cursor: visit.query().some("cursor"), limit: Some(PAGE) };
    let part = visit.asking.keys(query).await?;
    let body = html! {
        div.head { div { h1 { "Keys" } p.lead { "What programs use the API with. A key’s text is shown once, when it is made." } } }
        @if let Some(secret) = secret {
            section.notice.fine role="status" aria-labelledby="made" {
                h2 #made { "The key is made. This is its text, shown this once:" }
                p { code { (secret) } }
            }
        }
        @if !part.items.is_empty() { (table(visit, &part.items)) }
        (next(part.next.as_deref(), "/settings/keys", &[], "More keys"))
        (new(visit, &form, wrong.as_ref()))
    };
    Ok(Page::new(Here::Keys, "Keys", body).wrong(wrong).answer(visit))
}

fn table(visit: &Visit, keys: &[KeyDocument]) -> Markup {
    html! {
        table.stack role="table" {
            caption { (number(keys.len() as u64)) " keys on this page" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "What it is for" } th role="columnheader" scope="col" { "May" }
                th role="columnheader" scope="col" { "Made" } th role="columnheader" scope="col" { "Used last" }
                th role="columnheader" scope="col" { "Do" }
            } }
            tbody role="rowgroup" { @for key in keys { tr role="row" {
                th role="rowheader" scope="row" { bdi { (key.name) } span.under.mono { (key.id) } }
                td role="cell" data-label="May" { span {
                    (key.scopes.iter().map(|verb| verb.word()).collect::<Vec<_>>().join(", "))
                    @if let Some(lists) = &key.lists { span.under { "on " (number(lists.len() as u64)) " lists" } }
                } }
                td role="cell" data-label="Made" { span { (moment(key.made)) } }
                td role="cell" data-label="Used last" { span { @match key.last_used { Some(at) => (moment(at)), None => span.quiet { "never" } } } }
                td role="cell" data-label="Do" { @match key.revoked {
                    Some(at) => span { span.state.quiet { "revoked" } span.under { (moment(at)) } },
                    None => (button(visit, "/settings/keys/revoke", &[("key", &key.id)], &html! { button { "Revoke" span.unseen { " " (key.name) } } })),
                } }
            } } }
        }
    }
}

fn new(visit: &Visit, form: &Form, wrong: Option<&Problem>) -> Markup {
    let of = |name, label, hint| Field { name, label, hint, value: form.get(name), wrong, now: None };
    let error = wrong.filter(|problem| problem.field.as_deref() == Some("scopes"));
    html! {
        section.rule aria-labelledby="new" {
            form.stack-3 method="post" action="/settings/keys" {
                h2 #new { "Make a key" }
                (token(visit))
                (field(&of("name", "What is it for?", "")))
                fieldset.choices #scopes tabindex="-1" {
                    legend { "What may it do?" }
                    @if let Some(problem) = error { p.error { (problem.detail) } }
                    @for verb in Verb::ALL { (scope(form, verb)) }
                }
                (area(&of("lists", "Only on these lists (optional)", "One name to a line; empty: on all.")))
                div { button.primary { "Make the key" } }
            }
        }
    }
}

fn scope(form: &Form, verb: Verb) -> Markup {
    let told = match verb {
        Verb::Read => "look at everything",
        Verb::Sync => "have a link run now",
        Verb::Operate => "members, contacts, imports, syncs",
        Verb::Link => "make, change and remove links",
        Verb::Approve => "decide on what is held",
        Verb::Admin => "everything: keys, settings, erasing people",
        Verb::Scim => "push people by SCIM",
    };
    let id = format!("scope-{}", verb.word());
    html! { div.choice {
        input type="checkbox" id=(id) name="scopes" value=(verb.word()) checked[form.has("scopes", verb.word())];
        label for=(id) { strong { (verb.word()) } span.under { (told) } }
    } }
}
