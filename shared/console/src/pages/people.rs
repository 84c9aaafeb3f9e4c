//! Finding a person.

use axum::response::Response;
use listsync_http::{Page as Part, Problem, documents::contact::ContactDocument, operations::ContactsQuery};
use maud::{Markup, html};

use super::person::{may_erase, nobodys_path};
use crate::{
    answer::{self, Page, settled},
    frame::Here,
    parts::{Field, address, field, name_of, next, number},
    visit::Visit,
};

const PAGE: u16 = 50;

pub(crate) async fn show(visit: Visit) -> Response {
    let found = page(&visit).await;
    settled(&visit, Here::People, found)
}

async fn page(visit: &Visit) -> Result<Response, Problem> {
    let query = visit.query();
    let (asked, key) = (query.get("address"), query.get("key"));
    let (found, wrong) = match found(visit, asked, key).await {
        Ok(found) => (found, None),
        Err(problem) if problem.field.is_some() => (None, Some(problem)),
        Err(problem) => return Err(problem),
    };
    if let Some(id) = found {
        return Ok(answer::to(&format!("/people/{id}")));
    }
    let is_asked = !(asked.is_empty() && key.is_empty());
    let all = all(visit, query.some("cursor")).await?;
    let body = html! {
        div.head { div {
            h1 { "People" }
            @if is_asked && wrong.is_none() { p.lead role="status" { "Nobody here is known by that." } }
            @if query.get("erased") == "address" {
                p.lead role="status" { "Nobody had the address as a contact. It is struck from what files, runs and imports tell, and is held off every list from now on." }
            }
            @if !asked.is_empty() && wrong.is_none() && may_erase(visit) {
                p { "Files that wait, runs and imports may name it. " a href={ (nobodys_path(asked.trim())) "/erase" } { "Erase this address…" } }
            }
        } }
        form.filter method="get" action="/people" role="search" aria-label="People" {
            div.grow { (field(&Field { name: "address", label: "Address", hint: "", value: asked, wrong: wrong.as_ref(), now: None })) }
            div { (field(&Field { name: "key", label: "Key of the HR system", hint: "", value: key, wrong: wrong.as_ref(), now: None })) }
            button { "Find" }
        }
        (table(&all.items))
        (next(all.next.as_deref(), "/people", &[], "More people"))
    };
    Ok(Page::new(Here::People, "People", body).wrong(wrong).answer(visit))
}

async fn found(visit: &Visit, address: &str, key: &str) -> Result<Option<String>, Problem> {
    let mut query = ContactsQuery::default();
    match (address, key) {
        ("", "") => return Ok(None),
        ("", key) => query.external_id = Some(key.to_owned()),
        (address, _) => query.address = Some(address.to_owned()),
    }
    let page = visit.asking.people(query).await.map_err(|mut problem| {
        if problem.field.as_deref() == Some("external_id") {
            problem.field = Some("key".to_owned());
        }
        problem
    })?;
    Ok(page.items.into_iter().next().map(|contact| contact.id.to_string()))
}

async fn all(visit: &Visit, cursor: Option<String>) -> Result<Part<ContactDocument>, Problem> {
    visit.asking.people(ContactsQuery { cursor, limit: Some(PAGE), ..ContactsQuery::default() }).await
}

fn table(people: &[ContactDocument]) -> Markup {
    html! {
        table.stack.people role="table" {
            caption { (number(people.len() as u64)) " people on this page" }
            thead role="rowgroup" { tr role="row" {
                th role="columnheader" scope="col" { "Name" } th role="columnheader" scope="col" { "Address" }
                th role="columnheader" scope="col" { "State" }
            } }
            tbody role="rowgroup" { @for contact in people { tr role="row" {
                th role="rowheader" scope="row" { a href={ "/people/" (contact.id) } { (name_of(&contact.name, Some(&contact.address))) } }
                td role="cell" data-label="Address" { (address(&contact.address)) }
                td role="cell" data-label="State" { span {
                    @if contact.opted_out.is_some() { span.state.quiet { "wants no list" } " " }
                    @if contact.undeliverable.is_some() { span.state.look { "undeliverable" } " " }
                    @if contact.external { span.under { "external" } }
                } }
            } } }
        }
    }
}
