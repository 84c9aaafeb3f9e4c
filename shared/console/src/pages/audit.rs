//! Who did what.

use axum::response::Response;
use listsync_core::audit::{Completion, ObjectKind};
use listsync_http::{
    Problem,
    documents::audit::{AuditDocument, ObjectDocument},
    operations::AuditQuery,
};
use maud::{Markup, html};

use crate::{
    answer::{Page, settled},
    frame::Here,
    parts::{Field, field, moment, next, number},
    visit::Visit,
};

const PAGE: u16 = 50;

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit).await;
    settled(&visit, Here::Audit, found)
}

async fn page(visit: &Visit) -> Result<Response, Problem> {
    let query = visit.query();
    let (actor, object) = (query.get("actor"), query.get("object"));
    let wanted = AuditQuery {
        cursor: query.some("cursor"),
        limit: Some(PAGE),
        actor: query.some("actor"),
        object: query.some("object"),
        ..AuditQuery::default()
    };
    let part = visit.asking.audit(wanted).await?;
    let of = |name, label, hint, value| Field { name, label, hint, value, wrong: None, now: None };
    let body = html! {
        div.head { div { h1 { "Who did what" } p.lead { "Each change that somebody made. What syncs did is under Runs." } } }
        form.filter method="get" action="/settings/audit" role="search" aria-label="Audit" {
            div.grow { (field(&of("object", "Done to", "The id of a list, link, person, file or key", object))) }
            div { (field(&of("actor", "By", "local, self, or the id of a key", actor))) }
            button { "Search" }
        }
        (table(&part.items))
        (next(part.next.as_deref(), "/settings/audit", &[("actor", actor), ("object", object)], "Earlier"))
    };
    Ok(Page::new(Here::Audit, "Audit", body).answer(visit))
}

fn table(entries: &[AuditDocument]) -> Markup {
    html! {
        table.stack role="table" {
            caption { (number(entries.len() as u64)) " on this page, newest first" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "When" } th role="columnheader" scope="col" { "What" }
                th role="columnheader" scope="col" { "By" } th role="columnheader" scope="col" { "To" }
            } }
            tbody role="rowgroup" { @for entry in entries { tr role="row" {
                th role="rowheader" scope="row" { (moment(entry.at)) }
                td role="cell" data-label="What" { span { code { (entry.action.to_string()) }
                    @if entry.completion == Completion::BrokenOff { span.under { "broke off: it may be done, or a part of it" } } } }
                td role="cell" data-label="By" { span { (entry.actor.kind) @if let Some(name) = &entry.actor.name { " " bdi { (name) } } } }
                td role="cell" data-label="To" { span { @for (at, object) in entry.objects.iter().enumerate() { @if at > 0 { ", " } (thing(object)) } } }
            } } }
        }
    }
}

/// What it was done to, under its name of now, with a way there.
fn thing(object: &ObjectDocument) -> Markup {
    let name = object.name.as_deref().unwrap_or(&object.id);
    let path = match object.kind {
        ObjectKind::List => Some(format!("/lists/{}", object.id)),
        ObjectKind::Contact if object.name.is_some() => Some(format!("/people/{}", object.id)),
        ObjectKind::Import => Some(format!("/imports/{}", object.id)),
        ObjectKind::Run => Some(format!("/runs/{}", object.id)),
        _ => None,
    };
    html! {
        (object.kind.to_string()) " "
        @match path { Some(path) => a href=(path) { bdi { (name) } }, None => bdi { (name) } }
    }
}
