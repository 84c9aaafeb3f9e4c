//! Who is on a list, and who joined and left it.

use axum::{extract::Path, http::Method, response::Response};
use listsync_core::{link::Side, list::Standing, member::Op};
use listsync_http::{
    Page as Part, PageQuery, Problem,
    documents::{
        history::HistoryDocument,
        list::{ListDocument, MemberDocument},
    },
};
use maud::{Markup, html};
use tokio::try_join;

use crate::{
    answer::{self, Page, again, settled},
    form::Form,
    frame::Here,
    parts::{Field, address, button, crumbs, field, moment, name_of, next, number, only, token, url},
    visit::{Posted, Visit},
};

/// People on one page.
const PAGE: u16 = 50;

pub(crate) async fn show(visit: Visit, Path(list): Path<String>) -> Response {
    let found = page(&visit, list, &Form::default(), None).await;
    settled(&visit, Here::Lists, found)
}

/// Puts somebody on the list, or takes them off it: an operator's edit, and no opt-out.
pub(crate) async fn change(Path(list): Path<String>, Posted { visit, form }: Posted) -> Response {
    let (member, name) = (form.get("address").to_owned(), form.get("name").to_owned());
    let done = match form.get("do") {
        "remove" => visit.asking.take_off(list.clone(), member).await.map(drop),
        "add" | "" => visit.asking.put_on(list.clone(), member, name).await.map(drop),
        _ => Err(Problem::invalid("do", "say whether they are put on the list or taken off")),
    };
    match done {
        Ok(()) => answer::to(&format!("/lists/{}/members", list.replace('/', ""))),
        Err(problem) => {
            let problem = named(problem);
            let found = page(&visit, list, &form, Some(problem.clone())).await;
            again(&visit, Here::Lists, problem, found)
        }
    }
}

/// A parameter of the API's path is a field here. What is no address, the API takes for the id of a contact.
fn named(mut problem: Problem) -> Problem {
    if problem.field.as_deref() == Some("member") || problem.code == "no_such_contact" {
        problem.field = Some("address".to_owned());
    }
    problem
}

async fn page(visit: &Visit, list: String, form: &Form, wrong: Option<Problem>) -> Result<Response, Problem> {
    let query = PageQuery { cursor: visit.query().some("cursor"), limit: Some(PAGE) };
    let (document, members) = try_join!(visit.asking.list(list.clone()), visit.asking.members(list, query))?;
    let id = document.list.id.to_string();
    let may_edit =
        visit.may(Method::PUT, "/v1/lists/{list}/members/{member}") && document.list.kind != "filtered";
    let body = html! {
        (crumbs(&[("/lists", "Lists"), (&format!("/lists/{id}"), &document.list.name)], "Members"))
        div.head { div {
            h1 { "Who is on " bdi { (document.list.name) } }
            p.lead { (number(document.members)) " on it, " (number(document.opted_out)) " opted out." }
        } }
        @if may_edit { (add(visit, &document, &Asked { form, wrong: wrong.as_ref() })) }
        @else if document.list.kind == "filtered" { p.quiet { "A filter decides who is on it: nobody edits it by hand." } }
        @else { (only("operate", "Putting somebody on it")) }
        (table(visit, &document, &members, may_edit))
        (next(members.next.as_deref(), &format!("/lists/{id}/members"), &[], "More of them"))
    };
    Ok(Page::new(Here::Lists, format!("Members of {}", document.list.name), body).wrong(wrong).answer(visit))
}

/// What was typed, and what was wrong with it.
struct Asked<'a> {
    form: &'a Form,
    wrong: Option<&'a Problem>,
}

fn add(visit: &Visit, document: &ListDocument, Asked { form, wrong }: &Asked<'_>) -> Markup {
    let of = |name, label, hint| Field { name, label, hint, value: form.get(name), wrong: *wrong, now: None };
    html! {
        details open[wrong.is_some()] {
            summary { h2 { "Put somebody on it" } }
            form.stack-3 method="post" action={ "/lists/" (document.list.id) "/members" } {
                (token(visit))
                (field(&of("address", "Address", "In full, such as name@contoso.com")))
                (field(&of("name", "Name (optional)", "")))
                div { button.primary name="do" value="add" { "Put on the list" } }
            }
        }
    }
}

fn table(visit: &Visit, document: &ListDocument, members: &Part<MemberDocument>, may_edit: bool) -> Markup {
    html! {
        table.stack role="table" {
            caption { (number(members.items.len() as u64)) " people on this page" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "Person" }
                th role="columnheader" scope="col" { "Address" }
                th role="columnheader" scope="col" { "Stands" }
                @if may_edit { th role="columnheader" scope="col" { "Do" } }
            } }
            tbody role="rowgroup" { @for member in &members.items { (row(visit, document, member, may_edit)) } }
        }
    }
}

fn row(visit: &Visit, document: &ListDocument, member: &MemberDocument, may_edit: bool) -> Markup {
    let why = url(&format!("/lists/{}/why", document.list.id), [("address", member.address.as_str())]);
    let (tint, word) = match member.state {
        Standing::Member => ("fine", "on the list"),
        Standing::OptedOut => ("quiet", "opted out"),
        Standing::Pending => ("wait", "yet to confirm"),
        Standing::Absent => ("quiet", "not on it"),
    };
    html! {
        tr role="row" {
            th role="rowheader" scope="row" { a href={ "/people/" (member.contact) } { (name_of(&member.name, Some(&member.address))) } }
            td role="cell" data-label="Address" { span { (address(&member.address)) " " a.small href=(why) { "why?" span.unseen { " " (member.address) } } } }
            td role="cell" data-label="Stands" { span {
                span class={ "state " (tint) } { (word) }
                @if member.undeliverable { " " span.state.look { "undeliverable" } }
                @if member.external { span.under { "external" } }
            } }
            @if may_edit { td role="cell" data-label="Do" {
                @if member.state == Standing::Member {
                    (button(visit, &format!("/lists/{}/members", document.list.id),
                        &[("address", member.address.as_str()), ("do", "remove")],
                        &html! { button { "Take off" span.unseen { " " (member.address) } } }))
                }
            } }
        }
    }
}

pub(crate) async fn history(visit: Visit, Path(list): Path<String>) -> Response {
    let found = history_page(&visit, list).await;
    settled(&visit, Here::Lists, found)
}

async fn history_page(visit: &Visit, list: String) -> Result<Response, Problem> {
    let document = visit.asking.list(list).await?;
    let id = document.list.id.to_string();
    let query = PageQuery { cursor: visit.query().some("cursor"), limit: Some(PAGE) };
    let part = visit.asking.history_of_list(id.clone(), query).await?;
    let body = html! {
        (crumbs(&[("/lists", "Lists"), (&format!("/lists/{id}"), &document.list.name)], "History"))
        div.head { div { h1 { "Who joined and left " bdi { (document.list.name) } } } }
        (happened("Newest first", &part.items))
        (next(part.next.as_deref(), &format!("/lists/{id}/history"), &[], "Earlier"))
    };
    Ok(Page::new(Here::Lists, format!("History of {}", document.list.name), body).answer(visit))
}

/// What happened, a row each.
pub(super) fn happened(caption: &str, all: &[HistoryDocument]) -> Markup {
    html! {
        table.stack role="table" {
            caption { (caption) }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "When" } th role="columnheader" scope="col" { "Who" }
                th role="columnheader" scope="col" { "What" } th role="columnheader" scope="col" { "By" }
            } }
            tbody role="rowgroup" { @for one in all { tr role="row" {
                th role="rowheader" scope="row" { (moment(one.at)) }
                td role="cell" data-label="Who" { span {
                    @match (&one.contact, &one.address) {
                        (Some(contact), known) => a href={ "/people/" (contact) } { (name_of("", known.as_deref())) },
                        (None, known) => (name_of("", known.as_deref())),
                    }
                } }
                td role="cell" data-label="What" { span {
                    (if one.op == Op::Add { "joined" } else { "left" })
                    (if one.side == Side::Group { " the group of " } else { " " })
                    a href={ "/lists/" (one.list.id) } { bdi { (one.list.name) } }
                } }
                td role="cell" data-label="By" { span { (by(one)) } }
            } } }
        }
    }
}

fn by(one: &HistoryDocument) -> Markup {
    let id = one.by.id.as_deref().unwrap_or_default();
    html! {
        @match (one.by.kind.as_str(), id) {
            ("run", id) if !id.is_empty() => a href={ "/runs/" (id) } { "a sync" },
            ("import", id) if !id.is_empty() => a href={ "/imports/" (id) } { "a file" },
            ("run_undo", id) if !id.is_empty() => { "undo of " a href={ "/runs/" (id) } { "a sync" } },
            ("import_undo", id) if !id.is_empty() => { "undo of " a href={ "/imports/" (id) } { "a file" } },
            ("self", _) => "the person",
            ("filter", _) => "the list’s filter",
            ("local", _) => "the command line, or this console",
            (kind, _) => (kind),
        }
        @if !one.by.certain { span.under { "not known to have been done" } }
    }
}
